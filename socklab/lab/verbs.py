"""How each command of a program is carried out: one function a verb, on the program's thread."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import singledispatch
from pathlib import Path

from socklab.events import Address
from socklab.i18n import _ as tr
from socklab.lab import commands
from socklab.lab.behaviours import BEHAVIOURS
from socklab.lab.caller import Caller, Named, Outcome
from socklab.lab.calls import Calls
from socklab.lab.driven import AutomaticReader, DatagramServer, DrivenSocket, Listener, release
from socklab.lab.environment import Environment
from socklab.lab.interfaces import index_of
from socklab.lab.options import OPTIONS
from socklab.lab.program import Program, Stopped
from socklab.lab.refusal import Refusal, Unresolved
from socklab.lab.relay import Relay, Terms, check_for_circle
from socklab.lab.relay_datagrams import DatagramRelay
from socklab.lab.resolve import Found, addresses, bound_address, family_of, to_address
from socklab.lab.service import Service
from socklab.lab.ticket import Ticket
from socklab.lab.traced import Driven, TracedSocket
from socklab.model.tcp_life import BEGUN

_LARGEST_FILE = 64 << 20
_PATTERN = bytes(range(256))
_TRY_EACH = 5.0  # seconds for each address of a name that has several
_KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}
_LOOPS_OWN = {
    Driven.ACCEPTING: {"accept", "poll", "nonblock", "listen"},
    Driven.SERVING: {"recv", "recvfrom", "send", "sendto", "poll", "nonblock", "accept"},
    Driven.RELAYING: {"recv", "recvfrom", "send", "sendto", "poll", "nonblock", "accept"},
    Driven.READING: {"recv", "recvfrom", "poll", "nonblock", "accept"},
}


@dataclass(slots=True)
class Run:
    """One ticket being carried out by its program."""

    program: Program
    ticket: Ticket
    calls: Calls

    @property
    def env(self) -> Environment:
        return self.program.env

    def say(self, text: str, failed: bool = False) -> None:
        """A note that belongs to this command."""
        self.env.note(
            text,
            level="error" if failed else "info",
            program=self.program.name,
            cause=self.ticket.n,
        )

    def interface(self, name: str) -> int:
        """The number of an interface of the program's host. Raises Refusal."""
        return index_of(self.env.host, name)

    def waiting(self, what: str) -> AbstractContextManager[None]:
        """In here the program waits for something that is no system call."""
        return self.program.waiting(what, self.ticket.n)

    def named(self, fd: int | None, verb: str) -> Named:
        """The descriptor that the line means. Raises Refusal: none or several fit, or the loop
        makes this call on it."""
        at = self._only(verb) if fd is None else Named(fd, self.program.descriptors.get(fd))
        if at.sock is not None and at.sock.driven and verb in _LOOPS_OWN[at.sock.driven]:
            raise Refusal(
                tr(
                    "the lab's loop drives descriptor {fd}: it {what}, so no {verb} by hand;"
                    " choose manual to do it yourself",
                    fd=at.fd,
                    what=tr(at.sock.driven.value),
                    verb=verb,
                )
            )
        return at

    def _only(self, verb: str) -> Named:
        everything = list(self.program.descriptors)
        fits = [sock for sock in everything if _fits(sock, verb)] or everything
        if len(fits) != 1:
            text = (
                tr("{program} has no descriptor: make one with `socket`", program=self.program.name)
                if not fits
                else tr(
                    "{program} has several descriptors that fit ({fds}): name one",
                    program=self.program.name,
                    fds=", ".join(str(sock.fd) for sock in fits),
                )
            )
            raise Refusal(text)
        return Named(fits[0].fd, fits[0])

    def address(self, at: Named, place: commands.Place) -> Address:
        """The address that `place` means for a call on this descriptor. Raises Refusal."""
        return to_address(place, at.sock, self.env.network, self.env.find, self)

    def drive(self, make: Callable[[], DrivenSocket]) -> None:
        """Hand a socket to the engine's loop, and wait until it is driven."""
        self.on_loop(lambda: make().start())

    def on_loop(self, what: Callable[[], None]) -> None:
        """Do it on the engine's thread, and wait for that."""

        async def done() -> None:
            what()

        asyncio.run_coroutine_threadsafe(done(), self.env.loop).result()


def _fits(sock: TracedSocket, verb: str) -> bool:
    return sock.listening if verb == "accept" else sock.remote is not None


def carry_out(program: Program, ticket: Ticket) -> None:
    """Do what the ticket asks, on the program's thread. A refusal is noted in the journal and kept
    in the ticket. Raises Stopped between two calls of a program that is to stop."""
    composite = isinstance(
        ticket.command, commands.Serve | commands.Client | commands.Forward | commands.Reset
    )
    paced = composite or ticket.origin in ("script", "lesson")

    def gate(what: str) -> None:
        if paced and not program.ended.is_set():
            program.env.pace.admit(what, program.ended)
        if program.ended.is_set():
            raise Stopped

    program.caller.gate = gate
    program.caller.cause = ticket.n
    _attempt(Run(program, ticket, program.calls))


def carry_out_aside(program: Program, ticket: Ticket) -> None:
    """Do it at once, beside the call that the program is blocked in: for what can wake it."""
    caller = Caller(program.env, program.name, cause=ticket.n)
    _attempt(Run(program, ticket, Calls(caller, program.descriptors)))
    ticket.status = "refused" if ticket.why else "done"


def _attempt(run: Run) -> None:
    try:
        perform(run.ticket.command, run)
    except Unresolved as unresolved:
        run.say(str(unresolved), failed=True)
    except Refusal as refusal:
        _refuse(run, str(refusal))
    except (OverflowError, ValueError, MemoryError) as error:
        _refuse(run, tr("Python can't put this into a call: {error}", error=error))
    except Stopped:
        raise
    except Exception as error:  # the lab's own mistake: its program goes on all the same
        fault = f"{type(error).__name__}: {error}"
        _refuse(run, tr("the lab itself failed at this: {fault}", fault=fault))


def _refuse(run: Run, text: str) -> None:
    run.ticket.why = text
    run.say(text, failed=True)


@singledispatch
def perform(command: object, run: Run) -> None:
    """Make the calls that `command` stands for. Raises Refusal."""
    raise Refusal(tr("a program can't do that: {command}", command=type(command).__name__))


@perform.register
def make_socket(command: commands.Socket, run: Run) -> None:
    family = socket.AF_INET6 if command.ipv6 else socket.AF_INET
    run.calls.socket(family, _KINDS[command.transport])


@perform.register
def bind(command: commands.Bind, run: Run) -> None:
    at = run.named(command.fd, "bind")
    run.calls.bind(at, run.address(at, command.place))


@perform.register
def listen(command: commands.Listen, run: Run) -> None:
    run.calls.listen(run.named(command.fd, "listen"), command.backlog)


@perform.register
def accept(command: commands.Accept, run: Run) -> None:
    at = run.named(command.fd, "accept")
    outcome = run.calls.accept(at)
    service = run.program.services.get(at.sock.number) if at.sock else None
    if service is not None and outcome.made is not None:
        made = outcome.made
        run.on_loop(lambda: service.took(made, run.ticket.n))


@perform.register
def connect(command: commands.Connect, run: Run) -> None:
    at = run.named(command.fd, "connect")
    run.calls.connect(at, run.address(at, command.place))


@perform.register
def getsockname(command: commands.GetSockName, run: Run) -> None:
    run.calls.getsockname(run.named(command.fd, "getsockname"))


@perform.register
def getpeername(command: commands.GetPeerName, run: Run) -> None:
    run.calls.getpeername(run.named(command.fd, "getpeername"))


@perform.register
def send(command: commands.Send, run: Run) -> None:
    data = content(command.data, run.ticket.base)
    run.calls.send(run.named(command.fd, "send"), data, command.flags)


@perform.register
def sendto(command: commands.SendTo, run: Run) -> None:
    at = run.named(command.fd, "sendto")
    data = content(command.data, run.ticket.base)
    if not isinstance(command.place, commands.Peer):
        place = run.address(at, command.place)
    elif at.sock is not None and at.sock.peer is not None:
        place = at.sock.peer
    else:
        raise Refusal(
            tr(
                "descriptor {fd} has received no datagram yet, so it has no peer to answer",
                fd=at.fd,
            )
        )
    run.calls.sendto(at, place, data)


@perform.register
def recv(command: commands.Recv, run: Run) -> None:
    at = run.named(command.fd, "recv")
    _serve_by_hand(run, at, run.calls.recv(at, command.size, command.flags), command.flags)


@perform.register
def recvfrom(command: commands.RecvFrom, run: Run) -> None:
    at = run.named(command.fd, "recvfrom")
    _serve_by_hand(run, at, run.calls.recvfrom(at, command.size, command.flags), command.flags)


def _serve_by_hand(run: Run, at: Named, outcome: Outcome, flags: frozenset[str]) -> None:
    """With read=manual the server answers what it was told to receive."""
    service = run.program.services.get(at.sock.number) if at.sock else None
    if service is not None and outcome.ok and "peek" not in flags:
        service.answer_by_hand(run.calls, at, outcome.data or b"")


@perform.register
def shutdown(command: commands.Shutdown, run: Run) -> None:
    run.calls.shutdown(run.named(command.fd, "shutdown"), command.how)


@perform.register
def close(command: commands.Close, run: Run) -> None:
    _close(run, run.named(command.fd, "close"))


def _close(run: Run, at: Named) -> None:
    sock = at.sock
    if sock is not None and sock.driven:
        run.on_loop(lambda: release(run.env, sock))
    run.calls.close(at)
    if sock is None:
        return
    service = run.program.services.get(sock.number)
    if service is not None:
        service.lost(sock)
    on_close = run.program.on_close.pop(sock.number, None)
    if on_close is not None:
        run.on_loop(on_close)


@perform.register
def reset(command: commands.Reset, run: Run) -> None:
    at = run.named(command.fd, "reset")
    run.calls.setsockopt(at, OPTIONS["linger"], 0)
    _close(run, at)


@perform.register
def setsockopt(command: commands.SetSockOpt, run: Run) -> None:
    at = run.named(command.fd, "setsockopt")
    run.calls.setsockopt(at, OPTIONS[command.option], command.value)


@perform.register
def getsockopt(command: commands.GetSockOpt, run: Run) -> None:
    run.calls.getsockopt(run.named(command.fd, "getsockopt"), OPTIONS[command.option])


@perform.register
def nonblock(command: commands.NonBlock, run: Run) -> None:
    run.calls.nonblock(run.named(command.fd, "nonblock"), command.on)


@perform.register
def poll(command: commands.Poll, run: Run) -> None:
    if not hasattr(select, "poll"):
        raise Refusal(tr("this system has no poll(2)"))
    run.calls.poll(run.named(command.fd, "poll"), command.wants, command.seconds)


@perform.register
def serve(command: commands.Serve, run: Run) -> None:
    behaviour = BEHAVIOURS[command.behaviour]
    kind = _KINDS[command.transport]
    family = None if command.v6only is None else socket.AF_INET6
    family, place = addresses(command.place, kind, run.env.network, run, family)[0]
    sock = _serving_socket(run, family, kind, place, command.backlog, command.v6only)
    if sock is None:
        return
    program, n = run.program, run.ticket.n
    manual = command.behaviour == "manual"
    if command.transport == "udp":
        if not (manual or command.manual_read):
            answering = behaviour()
            run.drive(lambda: DatagramServer(run.env, program.descriptors, sock, answering, n))
        return
    service = Service(
        run.env,
        program.descriptors,
        behaviour,
        sock,
        program.services,
        manual_read=manual or command.manual_read,
        most=command.max_clients,
        timeout=command.timeout,
    )
    run.on_loop(service.begin)
    if not (manual or command.manual_accept):
        run.drive(lambda: Listener(run.env, program.descriptors, sock, service.took, n))


def _serving_socket(
    run: Run,
    family: socket.AddressFamily,
    kind: socket.SocketKind,
    place: Address,
    backlog: int = commands.BACKLOG,
    v6only: bool | None = None,
) -> TracedSocket | None:
    """socket, options, bind and, for TCP, listen; None where one failed (the socket is closed)."""
    made = run.calls.socket(family, kind).made
    if made is None:
        return None
    at = Named(made.fd, made)
    if kind == socket.SOCK_STREAM:
        run.calls.setsockopt(at, OPTIONS["reuseaddr"], 1)
    if v6only is not None:
        run.calls.setsockopt(at, OPTIONS["v6only"], int(v6only))
    if run.calls.bind(at, place).ok and (
        kind != socket.SOCK_STREAM or run.calls.listen(at, backlog).ok
    ):
        return made
    run.calls.close(at)
    return None


@perform.register
def forward(command: commands.Forward, run: Run) -> None:
    kind = _KINDS[command.transport]
    targets = _targets(run, command.target, kind)
    family, place = addresses(command.place, kind, run.env.network, run)[0]
    check_for_circle(place, targets)
    sock = _serving_socket(run, family, kind, place)
    if sock is None:
        return
    env, program, n = run.env, run.program, run.ticket.n
    terms = Terms(env, program.descriptors, command, targets, program.on_close)
    if command.transport == "udp":
        run.drive(lambda: DatagramRelay(terms, sock, n))
    else:
        relay = Relay(terms)
        run.drive(lambda: Listener(env, program.descriptors, sock, relay.took, n))


def _targets(run: Run, place: commands.Place, kind: socket.SocketKind) -> list[Found]:
    """Every address that may be connected to for `place`."""
    if isinstance(place, commands.AddressOf):
        sock = run.env.find(place.program, place.fd)
        address = bound_address(sock, run.env.network)
        return [(family_of(address[0]) or socket.AF_INET, address)]
    return addresses(place, kind, run.env.network, run)


@perform.register
def client(command: commands.Client, run: Run) -> None:
    kind = _KINDS[command.transport]
    targets = _targets(run, command.place, kind)
    limit = command.timeout or (_TRY_EACH if len(targets) > 1 else None)
    for family, address in targets:
        made = run.calls.socket(family, kind).made
        if made is None:
            return
        at = Named(made.fd, made)
        if _connected(run, at, address, limit):
            if command.automatic_read:
                descriptors, n = run.program.descriptors, run.ticket.n
                run.drive(lambda: AutomaticReader(run.env, descriptors, made, Driven.READING, n))  # noqa: B023
            return
        run.calls.close(at)


def _decided(run: Run, at: Named, limit: float) -> bool:
    """Wait until a connect that goes on in the kernel has come to its end; whether it has."""
    if hasattr(select, "poll"):
        return bool(run.calls.poll(at, frozenset({"out"}), limit).result)
    return bool(run.calls.select(at, limit).result)


def _connected(run: Run, at: Named, address: Address, limit: float | None) -> bool:
    """Connect, within `limit` seconds where there is one: non-blocking, a wait, SO_ERROR."""
    if limit is None or at.sock is None or not at.sock.is_tcp:
        return run.calls.connect(at, address).ok
    run.calls.nonblock(at, True)
    outcome = run.calls.connect(at, address)
    if outcome.error in BEGUN:
        if not _decided(run, at, limit):
            run.say(
                tr("{address} didn't answer within {limit:g} s", address=address[0], limit=limit),
                failed=True,
            )
            return False
        outcome = run.calls.getsockopt(at, OPTIONS["error"])
        if outcome.value not in (0, "0"):
            return False
    if outcome.ok:
        run.calls.nonblock(at, False)
    return outcome.ok


def content(data: commands.Data, base: Path) -> bytes:
    """The bytes that a line's DATA means; `file:` paths count from `base`. Raises Refusal."""
    if isinstance(data, commands.Literally):
        return data.data
    if isinstance(data, commands.Pattern):
        return _PATTERN * (data.size // 256) + _PATTERN[: data.size % 256]
    try:
        path = base / Path(data.path).expanduser()
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise Refusal(
                tr(
                    "{path} has {size:,} bytes: a file of at most {most:,} can be sent at once",
                    path=data.path,
                    size=size,
                    most=_LARGEST_FILE,
                )
            )
        if not path.is_file():
            raise Refusal(tr("{path} is no file", path=data.path))
        return path.read_bytes()
    except OSError as error:
        raise Refusal(
            tr("{path} can't be read: {why}", path=data.path, why=os.strerror(error.errno or 0))
        ) from None
    except RuntimeError:  # expanduser's
        why = tr("nobody has that name here")
        raise Refusal(tr("{path} can't be read: {why}", path=data.path, why=why)) from None
