"""The wire, drawn: two hosts, what waits between them, and what is on its way. Nothing but text.

What goes from left to right waits above the wire, the rest below it, the oldest nearest to its
receiver.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, NamedTuple

from socklab.i18n import _
from socklab.model.frames import Outline, flag_names
from socklab.ui.panes.cells import Part, harmless, pad, width_of

LOW, HIGH = 3, 5
"""Rows that a drawing takes: where there is little room, and where there is more."""

_LEAST_LANE = 12
_PSH = 8
_NAMES = {"arp": "ARP", "icmp": "ICMP", "icmpv6": "ICMPv6", "udp": "UDP", "ip": "IP", "other": "?"}


def short_name(look: Outline) -> str:
    """A frame in a word or two: `SYN`, `ACK`, `5 B`, `UDP 12 B`, `ARP`."""
    size = f"{look.length} B" if look.length else ""
    if look.kind != "tcp":
        name = _NAMES[look.kind]
        return f"{name} {size}" if look.kind == "udp" and size else name
    flags = flag_names(look.flags & ~_PSH)
    if not size:
        return flags or "TCP"
    return size if flags in ("", "ACK") else f"{flags.removesuffix(',ACK')} {size}"


@dataclass(frozen=True, slots=True)
class Token:
    """A frame on the wire: its event's number, and its name. `forth`: from left to right."""

    n: int
    name: str
    forth: bool


@dataclass(frozen=True, slots=True)
class Moving:
    """A frame on its way, `place` of it behind it (0 to 1). `sign` stands for what becomes of it,
    "" while that isn't known."""

    token: Token
    place: float
    sign: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be drawn. `hosts` stand left and right, `details` below their names. Of `held`,
    which are in their order, there are `more` than these. `rate` is said where the frames are too
    many to be drawn."""

    hosts: tuple[str, str]
    details: tuple[str, str] = ("", "")
    unplugged: frozenset[str] = frozenset()
    holding: bool = False
    held: Sequence[Token] = ()
    more: int = 0
    moving: Sequence[Moving] = ()
    chosen: int | None = None
    rate: str = ""


class Spot(NamedTuple):
    """Cells that can be clicked: in row `y`, from `start` up to `stop`. `what` is the number of a
    frame's event, or what else is meant."""

    y: int
    start: int
    stop: int
    what: int | Literal["hold"]


class Drawing(NamedTuple):
    """The rows, of exactly the width asked for, and where they can be clicked."""

    rows: list[list[Part]]
    spots: list[Spot]

    def at(self, x: int, y: int) -> int | Literal["hold"] | None:
        """What is meant by a click there."""
        for spot in self.spots:
            if spot.y == y and spot.start <= x < spot.stop:
                return spot.what
        return None


def draw(scene: Scene, width: int, height: int = LOW) -> Drawing:
    """The scene in rows of `width` cells, LOW or HIGH of them."""
    high = height >= HIGH
    boxes = [
        _box(host, detail, width, right=side == 1, high=high, plugged=host not in scene.unplugged)
        for side, (host, detail) in enumerate(zip(scene.hosts, scene.details, strict=True))
    ]
    left, right = (width_of(box[0]) for box in boxes)
    lane = max(0, width - left - right)
    middle = HIGH // 2 if high else 1
    above, below = _Cells(lane), _Cells(lane)
    more = scene.more
    more += _waiting(above, [t for t in scene.held if t.forth], scene.chosen, forth=True)
    more += _waiting(below, [t for t in scene.held if not t.forth], scene.chosen, forth=False)
    if more:
        (above if above.used >= below.used else below).hint(_("+{n} more", n=more))
    wire = _wire(scene, lane)
    rows: list[list[Part]] = []
    spots: list[Spot] = []
    for y in range(HIGH if high else LOW):
        cells = {middle - 1: above, middle: wire, middle + 1: below}.get(y, _Cells(lane))
        rows.append([(boxes[0][y], "accent"), *cells.parts(), (boxes[1][y], "second")])
        spots += [Spot(y, left + start, left + stop, what) for start, stop, what in cells.spots]
    return Drawing(rows, spots)


def _box(
    host: str, detail: str, width: int, *, right: bool, high: bool, plugged: bool
) -> list[str]:
    """A host, with the socket for the wire in its side."""
    host, detail = harmless(host), harmless(detail)
    room = max(4, (width - _LEAST_LANE) // 2 - 4)
    inner = min(max(width_of(host), width_of(detail)) + 2, room)
    top = f"╭{'─' * inner}╮"
    socket = ("╡" if right else "╞") if plugged else "│"
    name = _side(_centred(host, inner), "│" if high else socket, right)
    if high:
        gap = _side(" " * inner, socket, right)
        address = f"│{_centred(detail, inner)}│"
        return [top, name, gap, address, f"╰{'─' * inner}╯"]
    bottom = f"╰{_centred(detail, inner, '─')}╯" if detail else f"╰{'─' * inner}╯"
    return [top, name, bottom]


def _side(text: str, socket: str, right: bool) -> str:
    return f"{socket}{text}│" if right else f"│{text}{socket}"


def _centred(text: str, cells: int, fill: str = " ") -> str:
    text = text if width_of(text) <= cells else pad(text, cells)
    before = (cells - width_of(text)) // 2
    return fill * before + text + fill * (cells - width_of(text) - before)


class _Cells:
    """A row of so many cells to write into; what is written first stays."""

    def __init__(self, width: int, fill: str = " ", style: str = "") -> None:
        self.width = width
        self.spots: list[tuple[int, int, int | Literal["hold"]]] = []
        self.used = 0
        self._cells: list[Part] = [(fill, style)] * width
        self._taken = [False] * width

    def write(
        self, at: int, text: str, style: str, what: int | Literal["hold"] | None = None
    ) -> bool:
        """Whether there was room for it. The text has but narrow characters."""
        stop = at + len(text)
        if at < 0 or stop > self.width or any(self._taken[at:stop]):
            return False
        for place, char in enumerate(text, at):
            self._cells[place] = (char, style)
            self._taken[place] = True
        self.used += len(text)
        if what is not None:
            self.spots.append((at, stop, what))
        return True

    def hint(self, text: str) -> None:
        """Write something where there is room, at the ends first."""
        for at in (0, self.width - len(text)):
            if self.write(at, text, "dim"):
                return

    def parts(self) -> Iterator[Part]:
        """The cells, those of one look together."""
        for style, cells in groupby(self._cells, key=lambda cell: cell[1]):
            yield "".join(char for char, _style in cells), style


_MARGIN = 1
_QUEUE = 24  # cells that a frame may be behind its place for others
_RESERVED = 11  # for how many there are more


def _waiting(cells: _Cells, tokens: Sequence[Token], chosen: int | None, *, forth: bool) -> int:
    """The held frames in a row, from the receiver's end on; how many found no room."""
    at = cells.width - _MARGIN if forth else _MARGIN
    for place, token in enumerate(tokens):
        text = _bracketed(token)
        last = place == len(tokens) - 1
        room = (at if forth else cells.width - at) - (0 if last else _RESERVED)
        if len(text) > room:
            return len(tokens) - place
        start = at - len(text) if forth else at
        style = "chosen" if token.n == chosen else "warning"
        cells.write(start, text, style, token.n)
        at = start - 1 if forth else start + len(text) + 1
    return 0


def _bracketed(token: Token) -> str:
    return f"[{token.name} ▶]" if token.forth else f"[◀ {token.name}]"


def _wire(scene: Scene, lane: int) -> _Cells:
    """The wire itself, with what is on its way on it."""
    cells = _Cells(lane, "═", "dim")
    for host, at in zip(scene.hosts, (0, lane - 4), strict=True):
        if host in scene.unplugged:
            cells.write(at, "   ╳" if at == 0 else "╳   ", "error")
    if scene.holding:
        text = f"╡ ‖ {_('hold')} ‖ ╞"
        cells.write((lane - len(text)) // 2, text, "warning", "hold")
    elif scene.rate:
        text = f" {scene.rate} "
        cells.write((lane - len(text)) // 2, text, "strong")
    for moving in scene.moving:
        _move(cells, moving, lane)
    return cells


def _move(cells: _Cells, moving: Moving, lane: int) -> None:
    token = moving.token
    text = f"{moving.sign}{token.name}▶" if token.forth else f"◀{token.name}{moving.sign}"
    room = lane - len(text)
    here = round(moving.place * room)
    style = moving.style or ("accent" if token.forth else "second")
    # Behind those that went before it, if they aren't far enough on yet.
    for at in range(here, max(-1, here - _QUEUE), -1):
        if cells.write(at if token.forth else room - at, text, style, token.n):
            return
