"""The verbs that make several calls, or hand a socket to the loop: one function each, on the
program's thread."""

from __future__ import annotations

import select
import socket

from socklab.events import Address
from socklab.i18n import _
from socklab.lab import commands
from socklab.lab.behaviours import BEHAVIOURS
from socklab.lab.caller import Named
from socklab.lab.driven import AutomaticReader, DatagramServer, Listener
from socklab.lab.options import OPTIONS
from socklab.lab.relay import Relay, Terms, check_for_circle
from socklab.lab.relay_datagrams import DatagramRelay
from socklab.lab.resolve import Found, addresses, bound_address, family_of
from socklab.lab.run import Run
from socklab.lab.service import Service
from socklab.lab.traced import Driven, TracedSocket
from socklab.lab.verbs import KINDS
from socklab.model.tcp_life import BEGUN

_TRY_EACH = 5.0  # seconds for each address of a name that has several


def serve(command: commands.Serve, run: Run) -> None:
    behaviour = BEHAVIOURS[command.behaviour]
    kind = KINDS[command.transport]
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


def forward(command: commands.Forward, run: Run) -> None:
    kind = KINDS[command.transport]
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


def client(command: commands.Client, run: Run) -> None:
    kind = KINDS[command.transport]
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
                _("{address} didn't answer within {limit:g} s", address=address[0], limit=limit),
                failed=True,
            )
            return False
        outcome = run.calls.getsockopt(at, OPTIONS["error"])
        if outcome.value not in (0, "0"):
            return False
    if outcome.ok:
        run.calls.nonblock(at, False)
    return outcome.ok
