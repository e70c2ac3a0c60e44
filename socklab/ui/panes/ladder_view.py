"""What a ladder is of: which events it shows, and whose lifelines it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from socklab.events import Address
from socklab.i18n import _
from socklab.journal import Filter, Readable
from socklab.model.addresses import address_text, is_any, takes, unmapped
from socklab.model.ends import connection_of, row_of
from socklab.model.ladder import SHOWN, destination
from socklab.model.ladder_carried import ANYWHERE, NOWHERE, Carried
from socklab.model.ladder_lanes import Head, Lanes, of_connection, of_programs, servers
from socklab.model.ladder_layout import most_lanes
from socklab.model.rows import SocketRow
from socklab.model.sockets import SocketTable
from socklab.model.stacks import Stack
from socklab.ui.panes.ends import short_end_text

_MOST_OTHERS = 256


@dataclass(frozen=True, slots=True)
class View:
    """The events that are shown, and the lanes. `socks` are the sockets that it was chosen by,
    `carried` the frames between them (None: all)."""

    criteria: Filter
    lanes: Lanes
    socks: frozenset[int] = frozenset()
    carried: Carried | None = None

    def shows_as(self, other: View) -> bool:
        """Whether another view has the same events."""
        return (self.criteria, self.carried) == (other.criteria, other.carried)


def everything(
    journal: Readable, width: int, first: Iterable[str] = (), table: SocketTable | None = None
) -> View:
    """All programs, those in `first` before others where there isn't room for all. `table` knows
    which hosts they run on."""
    columns = journal.columns
    serving = servers((kind.program, kind.call) for kind in columns.table)
    lanes = of_programs(columns.programs(), serving, most_lanes(width), first)
    return View(Filter(types=SHOWN), replace(lanes, stacks=_stacks(table)))


def _stacks(table: SocketTable | None) -> dict[str, Stack]:
    programs = {} if table is None else table.programs
    return {row.name: row.stack for row in programs.values()}


def around(
    sock: int, table: SocketTable, known: Mapping[int, SocketRow], width: int
) -> View | None:
    """The connection of a socket, with what made its listening socket listen; or the datagrams of
    a UDP socket. `known` are rows that the table may have forgotten.

    None for a socket that nothing is known of.
    """
    row = row_of(table, sock) or known.get(sock)
    if row is None:
        return None
    return _datagrams(row, table, width) if row.kind == "udp" else _connection(row, table, known)


def _connection(row: SocketRow, table: SocketTable, known: Mapping[int, SocketRow]) -> View:
    ends = connection_of(table, row.sock, known)
    left = row_of(table, ends.sock) or known.get(ends.sock, row)
    right = None if ends.peer is None else row_of(table, ends.peer) or known.get(ends.peer)
    carried = _carried(left, right, table)
    if right is None and left.listener is not None:
        return _called_from_outside(left, carried, table)
    host = _listener(left, table) if right is None else right.listener
    socks = frozenset(end.sock for end in (left, right) if end is not None)
    hosts = frozenset() if host is None else frozenset({host})
    if right is not None:
        other = _head(right, "right")
    else:
        other = _outside(left, table) if host is None else _head(table.sockets[host], "right")
    lanes = of_connection(_head(left, "left"), other, {left.sock}, (socks - {left.sock}) | hosts)
    lanes = replace(lanes, ends={carried.there: 1, carried.here: 0}, stacks=_stacks(table))
    return View(Filter(types=SHOWN, socks=socks, listeners=hosts), lanes, socks, carried)


def _carried(left: SocketRow, right: SocketRow | None, table: SocketTable) -> Carried:
    """The frames of the connection; as long as connect(2) hasn't returned, one end isn't known."""
    far = left.remote or (right.local if right is not None else None) or _called(left, table)
    if far is None:
        return Carried("tcp", NOWHERE, NOWHERE)
    near = left.local
    if near is not None and near[1] and not is_any(near):
        return Carried("tcp", unmapped(near), unmapped(far))
    ends = (
        unmapped(other.local)
        for other in table.sockets.values()
        if other.local is not None and other.remote == far
    )
    return Carried("tcp", ANYWHERE, unmapped(far), frozenset(islice(ends, _MOST_OTHERS)))


def _called(row: SocketRow, table: SocketTable) -> Address | None:
    """Where to the call goes in which the socket's program is blocked."""
    wait = table.now_blocked.get(row.program or "")
    if wait is None or wait.sock != row.sock:
        return None
    return destination(wait)


def _listener(row: SocketRow, table: SocketTable) -> int | None:
    """The listening socket of the lab that a connection goes to whose other end isn't known yet."""
    if row.remote is None:
        return None
    here = table.stack_of(row)
    fits = [
        (fit, -other.sock)
        for other in table.sockets.values()
        if other.listening
        and other.local is not None
        and (fit := takes(other.local, row.remote))
        and here.reaches(table.stack_of(other), row.remote)
    ]
    return -max(fits)[1] if fits else None


def _called_from_outside(row: SocketRow, carried: Carried, table: SocketTable) -> View:
    """Somebody who isn't of this lab opened the connection, and stands on the left."""
    hosts = frozenset() if row.listener is None else frozenset({row.listener})
    socks = frozenset({row.sock})
    outside = _outside(row, table)
    caller = Head(outside.name, "left", outside.detail)
    lanes = of_connection(caller, _head(row, "right"), (), socks | hosts)
    lanes = replace(lanes, ends={carried.there: 0, carried.here: 1}, stacks=_stacks(table))
    return View(Filter(types=SHOWN, socks=socks, listeners=hosts), lanes, socks, carried)


def _head(row: SocketRow, side: str) -> Head:
    detail = "" if row.local is None else address_text(row.local)
    return Head(short_end_text(row), "left" if side == "left" else "right", detail)


def _outside(row: SocketRow, table: SocketTable) -> Head:
    if row.remote is None:
        return Head(_("the other end"), "right")
    return Head(address_text(row.remote), "right", _whose(row.remote, row, table))


def _whose(address: Address, row: SocketRow, table: SocketTable) -> str:
    """Whose an address is that no socket of the lab has: a private host's is still the lab's."""
    if not table.stack_of(row).addresses:
        return _("not of this lab")
    host = unmapped(address)[0]
    names = (each.host for each in table.programs.values() if host in each.addresses)
    return next((_("host {name}", name=name) for name in names), _("private network"))


def _datagrams(row: SocketRow, table: SocketTable, width: int) -> View:
    """The socket and those that it may exchange datagrams with; one connected elsewhere doesn't."""
    rows = [row, *(other for other in table.sockets.values() if _may_talk(row, other))]
    programs = dict.fromkeys(other.program for other in rows if other.program is not None)
    # Who was there first is called by the others.
    first = min(rows, key=lambda other: (other.remote is not None, other.sock))
    serving = [] if first.program is None or len(programs) < 2 else [first.program]
    lanes = of_programs(programs, serving, most_lanes(width), [row.program or "", *serving])
    socks = frozenset(other.sock for other in rows)
    here = NOWHERE if row.local is None else unmapped(row.local)
    there = ANYWHERE if row.remote is None else unmapped(row.remote)
    lanes = replace(lanes, stacks=_stacks(table))
    return View(Filter(types=SHOWN, socks=socks), lanes, socks, Carried("udp", here, there))


def _may_talk(row: SocketRow, other: SocketRow) -> bool:
    if other.kind != "udp" or other.sock == row.sock:
        return False
    return _takes_from(row, other) and _takes_from(other, row)


def _takes_from(row: SocketRow, sender: SocketRow) -> bool:
    """Whether a UDP socket takes datagrams of `sender`: from anybody, if it isn't connected."""
    if row.remote is None:
        return True
    if sender.local is None or sender.local[1] != row.remote[1]:
        return False
    return is_any(sender.local) or unmapped(sender.local)[0] == unmapped(row.remote)[0]
