"""Where the state diagram's boxes and lines lie, for each size in which it is drawn.

Three forms. The large one has the shape of RFC 9293, figure 5. The others put LISTEN beside CLOSE,
so that a server's way lies on the left and a client's on the right, and leave out the way from
LISTEN to SYN_SENT, which Linux never goes. CLOSE stands twice, as in the figure: at the top where a
connection begins, at the bottom where it ends.

Only geometry is known here, in cells from the upper left corner. What a line stands for is the
state machine's business, and what is drawn on it the walks'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from socklab.model.tcp_machine import (
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
)
from socklab.model.tcp_states import TcpState

Direction = Literal["up", "down", "left", "right"]
Point = tuple[int, int]


class Box(NamedTuple):
    """A state's box. `end`: the CLOSE at the bottom."""

    state: TcpState
    x: int
    y: int
    width: int
    end: bool = False


class Slot(NamedTuple):
    """Room for `width` cells of text at (`x`, `y`).

    `says` is what stands there: the `event` that makes the move, what it `sends`, the `numbers` of
    the steps that went this way; `any`: the numbers, or else the event; `all` of them, as far as
    there is room. `align` is the side towards which the text lies.
    """

    x: int
    y: int
    width: int
    says: Literal["event", "sends", "numbers", "any", "all"]
    align: Literal["left", "centre", "right"] = "centre"


class Line(NamedTuple):
    """The way from one box to another: out of the first one in the direction `leaves`, through
    `corners`, and into the other one in the direction `arrives`."""

    old: TcpState
    new: TcpState
    leaves: Direction
    corners: tuple[Point, ...]
    arrives: Direction
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """A size of the diagram: `width` × `height` cells, boxes of `box_height` rows."""

    name: str
    width: int
    height: int
    box_height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def _beside(name: str, pitch: int) -> Form:
    """LISTEN beside CLOSE; `pitch` rows from one level of states to the next."""
    top, syn, open_, fin, last, end = (level * pitch for level in range(6))
    left, centre, right = (0, 11), (14, 13), (31, 12)
    return Form(
        name,
        width=43,
        height=end + 1,
        box_height=1,
        boxes=(
            Box(LISTEN, left[0], top, left[1]),
            Box(CLOSE, centre[0], top, centre[1]),
            Box(SYN_RECV, left[0], syn, left[1]),
            Box(SYN_SENT, right[0], syn, right[1]),
            Box(ESTABLISHED, centre[0], open_, centre[1]),
            Box(FIN_WAIT1, left[0], fin, left[1]),
            Box(CLOSE_WAIT, right[0], fin, right[1]),
            Box(FIN_WAIT2, left[0], last, left[1]),
            Box(CLOSING, centre[0], last, centre[1]),
            Box(LAST_ACK, right[0], last, right[1]),
            Box(TIME_WAIT, centre[0], end, centre[1]),
            Box(CLOSE, right[0], end, right[1], end=True),
        ),
        lines=(
            Line(CLOSE, LISTEN, "left", ((13, top), (11, top)), "left",
                 (Slot(12, top, 2, "numbers"),)),
            Line(LISTEN, CLOSE, "down", ((9, top + 1), (17, top + 1)), "up",
                 (Slot(10, top + 1, 7, "any"),)),
            Line(CLOSE, SYN_SENT, "right", ((27, top), (40, top), (40, syn - 1)), "down",
                 (Slot(29, top, 10, "any"),)),
            Line(SYN_SENT, CLOSE, "up", ((36, syn - 1), (36, top + 1), (23, top + 1)), "up",
                 (Slot(25, top + 1, 10, "any"),)),
            Line(LISTEN, SYN_RECV, "down", ((3, top + 1), (3, syn - 1)), "down",
                 (Slot(4, syn - 1, 3, "numbers", "left"),)),
            Line(SYN_RECV, LISTEN, "up", ((7, syn - 1), (7, top + 1)), "up", ()),
            Line(SYN_SENT, SYN_RECV, "left", ((30, syn), (11, syn)), "left",
                 (Slot(14, syn, 13, "any"),)),
            Line(SYN_RECV, ESTABLISHED, "down",
                 ((8, syn + 1), (17, syn + 1), (17, open_ - 1)), "down",
                 (Slot(9, syn + 1, 8, "any"),)),
            Line(SYN_SENT, ESTABLISHED, "down",
                 ((36, syn + 1), (23, syn + 1), (23, open_ - 1)), "down",
                 (Slot(24, syn + 1, 12, "any"),)),
            Line(SYN_RECV, FIN_WAIT1, "down", ((2, syn + 1), (2, fin - 1)), "down",
                 (Slot(3, open_, 8, "any", "left"),)),
            Line(ESTABLISHED, FIN_WAIT1, "down",
                 ((17, open_ + 1), (8, open_ + 1), (8, fin - 1)), "down",
                 (Slot(9, open_ + 1, 8, "any"),)),
            Line(ESTABLISHED, CLOSE_WAIT, "down",
                 ((23, open_ + 1), (36, open_ + 1), (36, fin - 1)), "down",
                 (Slot(24, open_ + 1, 12, "any"),)),
            Line(FIN_WAIT1, FIN_WAIT2, "down", ((3, fin + 1), (3, last - 1)), "down",
                 (Slot(4, last - 1, 4, "any", "left"),)),
            Line(FIN_WAIT1, CLOSING, "right", ((11, fin), (21, fin), (21, last - 1)), "down",
                 (Slot(12, fin, 8, "any"),)),
            Line(FIN_WAIT1, TIME_WAIT, "down",
                 ((8, fin + 1), (12, fin + 1), (12, end - 1), (17, end - 1)), "down",
                 (Slot(13, end - 1, 4, "numbers"),)),
            Line(FIN_WAIT2, TIME_WAIT, "down", ((3, last + 1), (3, end), (13, end)), "right",
                 (Slot(4, end, 9, "any"),)),
            Line(CLOSING, TIME_WAIT, "down", ((21, last + 1), (21, end - 1)), "down",
                 (Slot(22, end - 1, 5, "any", "left"),)),
            Line(CLOSE_WAIT, LAST_ACK, "down", ((37, fin + 1), (37, last - 1)), "down",
                 (Slot(38, last - 1, 5, "any", "left"),)),
            Line(LAST_ACK, CLOSE, "down", ((37, last + 1), (37, end - 1)), "down",
                 (Slot(38, end - 1, 5, "any", "left"),)),
            Line(TIME_WAIT, CLOSE, "right", ((27, end), (30, end)), "right",
                 (Slot(27, end, 3, "numbers"),)),
        ),
    )  # fmt: skip


def _figure() -> Form:
    """The figure of the RFC."""
    left, centre, right = (0, 13), (31, 15), (64, 14)
    return Form(
        "large",
        width=78,
        height=27,
        box_height=3,
        boxes=(
            Box(CLOSE, centre[0], 0, centre[1]),
            Box(LISTEN, centre[0], 4, centre[1]),
            Box(SYN_RECV, left[0], 8, left[1]),
            Box(SYN_SENT, right[0], 8, right[1]),
            Box(ESTABLISHED, centre[0], 12, centre[1]),
            Box(FIN_WAIT1, left[0], 16, left[1]),
            Box(CLOSE_WAIT, right[0], 16, right[1]),
            Box(FIN_WAIT2, left[0], 20, left[1]),
            Box(CLOSING, centre[0], 20, centre[1]),
            Box(LAST_ACK, right[0], 20, right[1]),
            Box(TIME_WAIT, centre[0], 24, centre[1]),
            Box(CLOSE, right[0], 24, right[1], end=True),
        ),
        lines=(
            Line(CLOSE, LISTEN, "down", ((33, 3), (33, 3)), "down",
                 (Slot(20, 3, 12, "all", "right"),)),
            Line(LISTEN, CLOSE, "up", ((41, 3), (41, 3)), "up",
                 (Slot(35, 3, 5, "all", "right"),)),
            Line(CLOSE, SYN_SENT, "right", ((46, 1), (75, 1), (75, 7)), "down",
                 (Slot(49, 0, 24, "event"), Slot(49, 2, 24, "sends"), Slot(53, 1, 16, "numbers"))),
            Line(SYN_SENT, CLOSE, "up", ((71, 7), (71, 3), (44, 3)), "up",
                 (Slot(46, 3, 24, "all"),)),
            Line(LISTEN, SYN_SENT, "right", ((46, 5), (67, 5), (67, 7)), "down",
                 (Slot(48, 4, 18, "event"), Slot(48, 6, 18, "sends"), Slot(50, 5, 14, "numbers"))),
            Line(LISTEN, SYN_RECV, "left", ((30, 5), (4, 5), (4, 7)), "down",
                 (Slot(8, 4, 20, "event"), Slot(8, 6, 20, "sends"), Slot(12, 5, 12, "numbers"))),
            Line(SYN_RECV, LISTEN, "up", ((9, 7), (36, 7)), "up",
                 (Slot(11, 7, 24, "all"),)),
            Line(SYN_SENT, SYN_RECV, "left", ((63, 9), (13, 9)), "left",
                 (Slot(38, 8, 20, "event"), Slot(38, 10, 20, "sends"), Slot(30, 9, 16, "numbers"))),
            Line(SYN_RECV, ESTABLISHED, "down", ((9, 11), (34, 11)), "down",
                 (Slot(11, 11, 22, "all"),)),
            Line(SYN_SENT, ESTABLISHED, "down", ((68, 11), (42, 11)), "down",
                 (Slot(44, 11, 23, "all"),)),
            Line(SYN_RECV, FIN_WAIT1, "down", ((2, 11), (2, 15)), "down",
                 (Slot(4, 12, 5, "event", "left"), Slot(3, 14, 5, "numbers", "left"))),
            Line(ESTABLISHED, FIN_WAIT1, "left", ((30, 13), (10, 13), (10, 15)), "down",
                 (Slot(13, 12, 17, "event"), Slot(13, 14, 17, "sends"),
                  Slot(15, 13, 13, "numbers"))),
            Line(ESTABLISHED, CLOSE_WAIT, "right", ((46, 13), (70, 13), (70, 15)), "down",
                 (Slot(48, 12, 19, "event"), Slot(48, 14, 19, "sends"),
                  Slot(50, 13, 15, "numbers"))),
            Line(FIN_WAIT1, FIN_WAIT2, "down", ((3, 19), (3, 19)), "down",
                 (Slot(5, 19, 22, "all", "left"),)),
            Line(FIN_WAIT1, CLOSING, "right", ((13, 17), (39, 17), (39, 19)), "down",
                 (Slot(16, 16, 20, "event"), Slot(31, 18, 7, "sends", "right"),
                  Slot(19, 17, 14, "numbers"))),
            Line(FIN_WAIT1, TIME_WAIT, "right", ((13, 18), (29, 18), (29, 23), (33, 23)), "down",
                 (Slot(13, 20, 15, "event", "right"), Slot(13, 21, 15, "sends", "right"),
                  Slot(17, 18, 9, "numbers"))),
            Line(FIN_WAIT2, TIME_WAIT, "down", ((4, 23), (4, 25), (30, 25)), "right",
                 (Slot(7, 24, 18, "event"), Slot(7, 26, 18, "sends"), Slot(9, 25, 14, "numbers"))),
            Line(CLOSING, TIME_WAIT, "down", ((36, 23), (36, 23)), "down",
                 (Slot(38, 23, 17, "all", "left"),)),
            Line(CLOSE_WAIT, LAST_ACK, "down", ((72, 19), (72, 19)), "down",
                 (Slot(46, 19, 25, "all", "right"),)),
            Line(LAST_ACK, CLOSE, "down", ((72, 23), (72, 23)), "down",
                 (Slot(56, 23, 15, "event", "right"), Slot(73, 23, 5, "numbers", "left"))),
            Line(TIME_WAIT, CLOSE, "right", ((46, 25), (63, 25)), "right",
                 (Slot(47, 24, 16, "event"), Slot(48, 25, 12, "numbers"))),
        ),
    )  # fmt: skip


SMALL = _beside("small", 2)
MEDIUM = _beside("medium", 3)
LARGE = _figure()
FORMS = (LARGE, MEDIUM, SMALL)
"""The largest first."""
