"""The verbs that make one call: one function each, on the program's thread."""

from __future__ import annotations

import select
import socket
from functools import singledispatch

from socklab.i18n import _
from socklab.lab import commands
from socklab.lab.caller import Named, Outcome
from socklab.lab.content import content
from socklab.lab.driven import release
from socklab.lab.options import OPTIONS
from socklab.lab.refusal import Refusal
from socklab.lab.run import Run

KINDS = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}


@singledispatch
def perform(command: object, run: Run) -> None:
    """Make the calls that `command` stands for. Raises Refusal."""
    raise Refusal(_("a program can't do that: {command}", command=type(command).__name__))


@perform.register
def make_socket(command: commands.Socket, run: Run) -> None:
    family = socket.AF_INET6 if command.ipv6 else socket.AF_INET
    run.calls.socket(family, KINDS[command.transport])


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
            _(
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
        raise Refusal(_("this system has no poll(2)"))
    run.calls.poll(run.named(command.fd, "poll"), command.wants, command.seconds)
