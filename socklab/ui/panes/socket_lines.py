"""What the list of sockets says, line by line: a pure view of the socket table.

A program's line comes first, then its descriptors by number, then what it has closed and the
kernel still knows. What belongs to a socket (its queues, its accept queue, who waits in it) stands
below it, or beside it where there is room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from socklab.events import Address
from socklab.i18n import _
from socklab.model.addresses import address_text, is_any, takes
from socklab.model.sockets import ProgramRow, SocketRow, SocketTable
from socklab.model.units import size_text
from socklab.ui.panes.cells import Part, cut, fit, width_of
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
    """How to draw: `now` in ns since the epoch, `width` in cells, `addresses` gives those
    at which others can call a program."""

    now: int
    width: int
    addresses: Callable[[str | None], Sequence[str]] = lambda _program: ()

    @property
    def roomy(self) -> bool:
        return self.width >= ROOMY


def outline(table: SocketTable, roomy: bool) -> list[Line]:
    """Which lines there are. A socket that once had something queued keeps its line of queues, so
    that the list doesn't jump with each message."""
    closed, waiting = _without_descriptor(table)
    found: list[Line] = []
    for program in table.programs.values():
        loose = closed.pop(program.name, [])
        if program.running or program.descriptors or loose:
            found.append(Line("program", program.name))
            for _fd, sock in sorted(program.descriptors.items()):
                row = table.sockets.get(sock)
                if row is None:
                    continue
                found.append(_line_of(program.name, sock))
                if row.remote is None or row.queued:  # of thousands, most have nothing below them
                    found.extend(_lines_below(row, program.name, waiting.get(sock, []), roomy))
            found.extend(_line_of(program.name, sock) for sock in loose)
    for name, loose in closed.items():
        found.extend(_line_of(name, sock) for sock in loose)
    return found


@lru_cache(16_384)
def _line_of(program: str, sock: int) -> Line:
    """A socket's own line: of thousands, nearly all are the same in the next frame."""
    return Line("socket", program, sock)


def _lines_below(
    row: SocketRow, program: str, waiting: Sequence[int], roomy: bool
) -> Iterator[Line]:
    if row.state == "LISTEN":
        yield from _listening(row, program, waiting, roomy)
    elif not roomy and row.queued:
        yield Line("queues", program, row.sock)
    if row.local is not None and is_any(row.local) and row.remote is None:
        yield Line("reach", program, row.sock)


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
    if program.blocked is not None:
        fd = program.blocked.fd
        call, since = f"{program.blocked.name}({'' if fd is None else fd})", program.blocked.t
    elif program.asking is not None:
        call, since = program.asking.waits or "", program.asking.t
    else:
        return name
    seconds = max(0, view.now - since) // 1_000_000_000
    said, lasted = _("blocked in {call}", call=call), f" {seconds} s"
    room = view.width - _width(name) - width_of(lasted) - 4  # a name that is looked up may be long
    return _spread(name, [(f"■ {cut(said, room)}", "warning"), (lasted, "warning")], view.width)


def _socket(row: SocketRow, view: View) -> list[Part]:
    style = "dim" if row.fd is None else ""
    fd = "–" if row.fd is None else str(row.fd)
    left = [(f" {fd:>3} ", style or "accent"), (f"{row.kind.upper()} ", "dim")]
    state = _state(row, style, view.now)
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


def _state(row: SocketRow, style: str, now: int) -> list[Part]:
    if row.state is None:
        return []
    look = style or ("good" if row.state in ("ESTABLISHED", "LISTEN") else "second")
    known = {"kernel": _("kernel"), "wire": _("wire"), "call": _("call")}.get(row.source or "")
    return [(_state_text(row, now), look), *([(f" {known}", "dim")] if known else [])]


def _state_text(row: SocketRow, now: int) -> str:
    """The state's name, in brackets where nobody saw the socket in it, and how long the kernel
    will still remember the socket where that is all that it waits for."""
    text = row.state or ""
    if row.source == "call":
        text = f"({text})"
    if row.expires is None:
        return text
    seconds = -(-max(0, row.expires - now) // 1_000_000_000)
    return _("{state} {seconds} s", state=text, seconds=seconds)


def _beside(row: SocketRow) -> list[Part]:
    if row.state == "LISTEN":
        return [*_accept_queue(row), ("   ", "")]
    return [*_byte_queues(row), ("   ", "")] if _has_queues(row) else []


def _has_queues(row: SocketRow) -> bool:
    return row.fd is not None and (row.remote is not None or row.kind == "udp")


def _below(line: Line, row: SocketRow, view: View) -> list[Part]:
    if line.kind == "queues":
        whole = [("     ", ""), *_byte_queues(row, limits=True)]
        return whole if _width(whole) <= view.width else [("     ", ""), *_byte_queues(row)]
    if line.kind == "backlog":
        return [("     ", ""), *_accept_queue(row)]
    if line.kind == "more":
        return [("     ", ""), (_("and {count} more wait", count=line.more), "dim")]
    if line.kind == "reach":
        port = row.local[1] if row.local else 0
        bound = row.local or ("", 0)
        own = ((host, port) for host in view.addresses(row.program))
        where = ", ".join(address_text(address) for address in own if takes(bound, address))
        if not where:  # a recording: which ones the machine had isn't in it
            where = _("any of its addresses, port {port}", port=port)
        return [("     ", ""), (_("others call {where}", where=where), "second")]
    who = address_text(row.remote) if row.remote else "?"
    said = _("◦ {who} waits", who=who)
    return [("     ", ""), (said, "second"), (f" {_state_text(row, view.now)}", "dim")]


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


def _byte_queues(row: SocketRow, *, limits: bool = False) -> list[Part]:
    parts = _queue(_("recv"), row.recv_queue or 0, row.recv_limit, 6, limits)
    if row.kind == "tcp":
        send = _queue(_("send"), row.send_queue or 0, row.send_limit, 4, limits)
        parts = [*parts, ("  ", ""), *send]
    if row.drops:
        parts.append(("  " + _("{drops} lost", drops=row.drops), "error"))
    return parts


def _queue(name: str, size: int, limit: int | None, boxes: int, with_limit: bool) -> list[Part]:
    """Of an empty queue the limit isn't said: that would be a number too many."""
    style = "second" if size else "dim"
    said = size_text(size)
    if with_limit and size and limit:
        said = _of(said, size_text(limit))
    return [(f"{name} ", "dim"), (byte_boxes(size, limit, boxes), style), (f" {said}", style)]


def _of(size: str, limit: str) -> str:
    """`64.0/128 KiB`: the unit once where it is the same."""
    number, unit = size.rsplit(" ", 1)
    return f"{number}/{limit}" if limit.endswith(f" {unit}") else f"{size}/{limit}"


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
