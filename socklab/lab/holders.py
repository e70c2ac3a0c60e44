"""Who has the port that bind or listen was refused: looked up at that moment, said in a note.

The lab's own sockets are known; of the machine's others the kernel's tables tell, and of the
process behind them as much as this user may see. The look is the observer's: it is no call of the
program's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from socklab.events import Address, Arg
from socklab.i18n import _
from socklab.kernel.look import KNOWS_STATES
from socklab.kernel.proc_net import Row, rows
from socklab.kernel.processes import Process, owners
from socklab.lab.environment import Environment
from socklab.lab.traced import TracedSocket
from socklab.model.addresses import address_text, overlap

_NAMED = 3
"""Holders that a note names; the others it counts."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who has the port. `rank`: 0 listens on it, 1 is bound to it, 2 is a connection;
    beside one of a lower rank the others go without saying."""

    text: str
    rank: int


def tell_holders(env: Environment, sock: TracedSocket, args: tuple[Arg, ...], cause: int) -> None:
    """Note who holds the address that the call `cause` on `sock` wanted: bind's argument, or the
    one that listen's socket has already. Says nothing where that can't be known."""
    given = args[0] if args else None
    wanted = given if isinstance(given, tuple) else sock.local
    if wanted is None or not wanted[1]:
        return
    found: list[Holder] = []
    env.observer.consult(lambda: found.extend(_holders(env, sock, wanted)))
    if not found and not KNOWS_STATES:
        return
    env.note(_text(wanted, found), program=sock.program, cause=cause)


def _text(wanted: Address, found: list[Holder]) -> str:
    if not found:
        return _(
            "port {port} is taken by a socket that stands in none of the kernel's tables, as one "
            "that is bound and doesn't listen",
            port=wanted[1],
        )
    first = min(holder.rank for holder in found)
    foremost = [holder.text for holder in found if holder.rank == first]
    named = "; ".join(foremost[:_NAMED])
    more = len(foremost) - _NAMED
    if more > 0:
        named += _("; and {n} more", n=more)
    return _("port {port} is taken: {holders}", port=wanted[1], holders=named)


def _holders(env: Environment, sock: TracedSocket, wanted: Address) -> Iterator[Holder]:
    """Raises OSError where the tables can't be read."""
    table = [
        row
        for name in (("tcp", "tcp6") if sock.is_tcp else ("udp", "udp6"))
        for row in rows(_read(env, name), {wanted[1]})
        if overlap(row.local, wanted)
    ]
    states: dict[tuple[Address | None, Address | None], str]
    states = {(row.local, row.remote): row.state for row in table}
    inodes, left_over = set(), set()
    for other in env.registry.open_sockets():
        inodes.add(_inode(other))
        if other is not sock and other.kind == sock.kind and _in_the_way(other.local, wanted):
            yield _of_lab(other, states.get((other.local, other.remote), other.state))
    inodes.discard(0)
    for left in env.registry.unowned():
        if left.program is not None and left.pair in states:
            left_over.add(left.pair)
            owner = _("a connection that {program} has closed", program=left.program)
            yield _connection(owner, states[left.pair], *left.pair)
    others = [
        row for row in table if row.inode not in inodes and (row.local, row.remote) not in left_over
    ]
    processes = owners({row.inode for row in others})
    yield from (_of_machine(row, processes.get(row.inode), sock.is_tcp) for row in others)


def _in_the_way(local: Address | None, wanted: Address) -> bool:
    return local is not None and overlap(local, wanted)


def _inode(sock: TracedSocket) -> int:
    with sock.still:
        return 0 if sock.closed else os.fstat(sock.os_fd).st_ino


def _read(env: Environment, name: str) -> str:
    path = env.host.net / name
    return path.read_text(encoding="ascii") if path.exists() else ""


def _of_lab(sock: TracedSocket, state: str) -> Holder:
    assert sock.local is not None
    who = f"{sock.program} {sock.fd}"
    if sock.listening:
        return Holder(_listens(who, sock.local), 0)
    if sock.is_tcp and sock.remote is not None:
        owner = _("the connection {who}", who=who)
        return _connection(owner, state, sock.local, sock.remote)
    return Holder(_is_bound(who, sock.local), 1)


def _of_machine(row: Row, process: Process | None, tcp: bool) -> Holder:
    if process is not None:
        who = _("{name} (process {pid})", name=process.name, pid=process.pid)
    elif row.inode:
        who = _("a process that can't be seen from here")
    else:
        who = _("a connection that no process holds")
    if row.state == "LISTEN":
        return Holder(_listens(who, row.local), 0)
    if not tcp:
        return Holder(_is_bound(who, row.local), 1)
    return _connection(who, row.state, row.local, row.remote)


def _listens(who: str, address: Address) -> str:
    return _("{who} listens on {address}", who=who, address=address_text(address))


def _is_bound(who: str, address: Address) -> str:
    return _("{who} is bound to {address}", who=who, address=address_text(address))


def _connection(who: str, state: str, local: Address, remote: Address) -> Holder:
    text = _(
        "{who} is in {state}, {local} ⇄ {remote}",
        who=who,
        state=state or "?",
        local=address_text(local),
        remote=address_text(remote),
    )
    return Holder(text, 2)
