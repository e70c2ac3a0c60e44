"""What the list of sockets says, line by line: a pure view of the socket table.

A program's line comes first, then its descriptors by number, then what it has closed and the
kernel still knows. What belongs to a socket (its queues, its accept queue, who waits in it) stands
below it, or beside it where there is room.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from socklab.events import Address
from socklab.i18n import _
from socklab.model.addresses import address_text, is_any
from socklab.model.sockets import ProgramRow, SocketRow, SocketTable
from socklab.ui.panes.cells import Part, fit, width_of
from socklab.ui.panes.gauges import byte_boxes, queue_boxes

Kind = Literal["program", "socket", "queues", "backlog", "pending", "more", "reach"]
ROOMY = 76
"""From this width on (cells) whole addresses are shown, and queues beside their socket."""

SHOWN_PENDING = 4
"""How many of the connections that wait to be accepted are listed."""

_NO_PROGRAM = ""


class Line(NamedTuple):
    """What one line of the list is about. For the kind `more` it is how many more wait."""

    kind: Kind
    program: str
    sock: int | None = None
    more: int = 0

    @property
    def selectable(self) -> bool:
        """Whether the cursor rests on it."""
        return self.kind in ("program", "socket")


@dataclass(frozen=True, slots=True)
class View:
    """How to draw: `now` in ns since the epoch, `width` in cells, `addresses` this machine's."""

    now: int
    width: int
    addresses: Sequence[str] = ()

    @property
    def roomy(self) -> bool:
        return self.width >= ROOMY


class Outline:
    """Which lines there are. A socket that once had something queued keeps its line of queues, so
    that the list doesn't jump with each message."""

    def __init__(self) -> None:
        self._had_queues: set[int] = set()

    def lines(self, table: SocketTable, roomy: bool) -> list[Line]:
        """The lines for the table as it is now."""
        closed, waiting = _without_descriptor(table)
        found: list[Line] = []
        for program in table.programs.values():
            loose = closed.pop(program.name, [])
            if program.running or program.descriptors or loose:
                found.append(Line("program", program.name))
                for _fd, sock in sorted(program.descriptors.items()):
                    found.extend(self._socket(table, sock, program.name, waiting, roomy))
                found.extend(Line("socket", program.name, sock) for sock in loose)
        for name, loose in closed.items():
            found.extend(Line("socket", name, sock) for sock in loose)
        self._had_queues &= table.sockets.keys()
        return found

    def _socket(
        self,
        table: SocketTable,
        sock: int,
        program: str,
        waiting: dict[int, list[int]],
        roomy: bool,
    ) -> Iterator[Line]:
        row = table.sockets.get(sock)
        if row is None:
            return
        yield Line("socket", program, sock)
        if row.state == "LISTEN":
            yield from _listening(row, program, waiting.get(sock, []), roomy)
        elif not roomy and self._queues_wanted(row):
            yield Line("queues", program, sock)
        if row.local is not None and is_any(row.local) and row.remote is None:
            yield Line("reach", program, sock)

    def _queues_wanted(self, row: SocketRow) -> bool:
        if row.recv_queue or row.send_queue or row.drops:
            self._had_queues.add(row.sock)
        return row.sock in self._had_queues


def _without_descriptor(table: SocketTable) -> tuple[dict[str, list[int]], dict[int, list[int]]]:
    """Sockets that no descriptor names: by program, and by the listener they wait at."""
    closed: dict[str, list[int]] = {}
    waiting: dict[int, list[int]] = {}
    for sock, row in table.sockets.items():
        if row.pending_of is not None:
            waiting.setdefault(row.pending_of, []).append(sock)
        elif row.fd is None:
            closed.setdefault(row.program or _NO_PROGRAM, []).append(sock)
    return closed, waiting


def _listening(row: SocketRow, program: str, waiting: Sequence[int], roomy: bool) -> Iterator[Line]:
    if not roomy:
        yield Line("backlog", program, row.sock)
    for sock in waiting[:SHOWN_PENDING]:
        yield Line("pending", program, sock)
    if len(waiting) > SHOWN_PENDING:
        yield Line("more", program, row.sock, len(waiting) - SHOWN_PENDING)


def draw(line: Line, table: SocketTable, view: View) -> list[Part]:
    """One line in at most `view.width` cells."""
    if line.kind == "program":
        program = table.programs.get(line.program)
        return fit(_program(program, view), view.width) if program else []
    row = table.sockets.get(line.sock) if line.sock is not None else None
    if row is None:
        return []
    if line.kind == "socket":
        return _socket(row, view)
    return fit(_below(line, row, view), view.width)


def _program(program: ProgramRow, view: View) -> list[Part]:
    name = [(f" {program.name}", "strong")]
    if not program.running:
        return _spread(name, [(_("stopped"), "dim")], view.width)
    if program.blocked is None:
        return name
    wait = program.blocked
    call = f"{wait.name}({'' if wait.fd is None else wait.fd})"
    seconds = max(0, view.now - wait.t) // 1_000_000_000
    said = _("blocked in {call}", call=call)
    return _spread(name, [(f"■ {said} ", "warning"), (f"{seconds} s", "warning")], view.width)


def _socket(row: SocketRow, view: View) -> list[Part]:
    style = "dim" if row.fd is None else ""
    fd = "–" if row.fd is None else str(row.fd)
    left = [(f" {fd:>3} ", style or "accent"), (f"{row.kind.upper()} ", "dim")]
    state = _state(row, style)
    beside = _beside(row) if view.roomy else []
    whole = _addresses(row, whole=True)
    room = view.width - 2 - _width(left) - _width(beside)
    if width_of(whole) + _width(state) <= room:
        return _spread([*left, (whole, style)], [*beside, *state], view.width)
    short = _addresses(row, whole=False)
    if width_of(short) + _width(state) > room:
        state = state[:1]
    return _spread([*left, (short, style)], [*beside, *state], view.width)


def _width(parts: Sequence[Part]) -> int:
    return sum(width_of(text) for text, _style in parts)


def _state(row: SocketRow, style: str) -> list[Part]:
    if row.state is None:
        return []
    look = style or ("good" if row.state in ("ESTABLISHED", "LISTEN") else "second")
    known = {"kernel": _("kernel"), "wire": _("wire"), "call": _("call")}.get(row.source or "")
    return [(row.state, look), *([(f" {known}", "dim")] if known else [])]


def _beside(row: SocketRow) -> list[Part]:
    if row.state == "LISTEN":
        return [*_accept_queue(row), ("   ", "")]
    return [*_byte_queues(row), ("   ", "")] if _has_queues(row) else []


def _has_queues(row: SocketRow) -> bool:
    return row.fd is not None and (row.remote is not None or row.kind == "udp")


def _below(line: Line, row: SocketRow, view: View) -> list[Part]:
    if line.kind == "queues":
        return [("     ", ""), *_byte_queues(row)]
    if line.kind == "backlog":
        return [("     ", ""), *_accept_queue(row)]
    if line.kind == "more":
        return [("     ", ""), (_("and {count} more wait", count=line.more), "dim")]
    if line.kind == "reach":
        port = row.local[1] if row.local else 0
        where = ", ".join(address_text((host, port)) for host in view.addresses)
        return [("     ", ""), (_("others call {where}", where=where), "second")]
    who = address_text(row.remote) if row.remote else "?"
    said = _("◦ {who} waits", who=who)
    return [("     ", ""), (said, "second"), (f" {row.state or ''}", "dim")]


def _accept_queue(row: SocketRow) -> list[Part]:
    waiting, backlog = row.accept_queue or 0, row.backlog or 0
    full = waiting > backlog
    label = _("accept queue")
    return [
        (f"{label} ", "dim"),
        (queue_boxes(waiting, backlog), "error" if full else "second" if waiting else "dim"),
        (f" {waiting}/{backlog}", "strong" if waiting else "dim"),
        *([(" " + _("full"), "error")] if full else []),
    ]


def _byte_queues(row: SocketRow) -> list[Part]:
    parts = _queue(_("recv"), row.recv_queue or 0, 6)
    if row.kind == "tcp":
        parts = [*parts, ("  ", ""), *_queue(_("send"), row.send_queue or 0, 4)]
    if row.drops:
        parts.append(("  " + _("{drops} lost", drops=row.drops), "error"))
    return parts


def _queue(name: str, size: int, boxes: int) -> list[Part]:
    style = "second" if size else "dim"
    return [
        (f"{name} ", "dim"),
        (byte_boxes(size, boxes), style),
        (f" {size} B", style),
    ]


def _addresses(row: SocketRow, whole: bool) -> str:
    if row.local is None:
        return ""
    if row.remote is None:
        return address_text(row.local)
    if whole:
        return f"{address_text(row.local)} ⇄ {address_text(row.remote)}"
    return f"{_port(row.local)} ⇄ {_short(row.remote, row.local)}"


def _port(address: Address) -> str:
    return f":{address[1]}"


def _short(remote: Address, local: Address) -> str:
    """Only the port where both ends are on one address: the usual case in a lab."""
    return _port(remote) if remote[0] == local[0] else address_text(remote)


def _spread(left: Sequence[Part], right: Sequence[Part], width: int) -> list[Part]:
    """`left` at the left edge, `right` at the right one; `left` is cut if both don't fit."""
    taken = sum(width_of(text) for text, _style in right)
    shown = fit(left, max(0, width - taken - 2))
    gap = width - taken - 1 - sum(width_of(text) for text, _style in shown)
    return fit([*shown, (" " * max(1, gap), ""), *right], width)
