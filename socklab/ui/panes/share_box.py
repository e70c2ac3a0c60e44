"""One call's share of a conversation, drawn: a box with what the call was, its size, its bytes.

What flows to the right has its arrow to the right. A send has whole lines around it, a receive
broken ones, so that both can be told apart without colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from socklab.events import Address
from socklab.explain import errno_advice
from socklab.i18n import _
from socklab.model.messages import Share
from socklab.model.notation import address_text, clock_text
from socklab.model.zero import Zero
from socklab.ui.panes.body_text import is_short, text_rows
from socklab.ui.panes.cells import Part, cut, fit_measured, pad, width_of
from socklab.ui.panes.hexdump import WIDE, bytes_a_row, hex_row, rows_of

Look = Literal["text", "hex"]
Side = Literal["left", "right"]
Lines = list[list[Part]]

BODY_ROWS = 10
"""So many rows of bytes are shown at most; the details of the call have them all."""

MOST_ROWS = 16
"""No share takes more rows than that."""

_CLOCK = 12
_HEX_WIDTH = {8: 41, WIDE: 73}


@dataclass(frozen=True, slots=True)
class View:
    """How to draw. With `peer` (a `sock`) each end of the connection has its own side; without,
    what `sock` sent is on the left and what it received on the right."""

    sock: int
    peer: int | None
    look: Look
    width: int

    def side(self, share: Share) -> Side:
        """The side on which a share stands."""
        if self.peer is None:
            return "left" if share.direction == "out" else "right"
        return "left" if share.sock == self.sock else "right"

    def flows_right(self, share: Share) -> bool:
        """Whether the bytes went from the left side to the right one."""
        return (share.direction == "out") == (share.sock == self.sock)

    @property
    def inner(self) -> int:
        """The most cells inside a box: sides overlap, so that long lines have room."""
        return max(20, self.width * 5 // 8 - 4)


def rows_taken(share: Share, view: View) -> int:
    """How many lines `draw` gives, found out without drawing where that is easy."""
    if _is_remark(share):
        return 1
    if view.look == "text" and share.size == len(share.data) and is_short(share.data, view.inner):
        return 3
    return len(_body(share, view)) + 2


def draw(share: Share, view: View) -> Lines:
    """The lines of one share, at most MOST_ROWS."""
    side = view.side(share)
    if _is_remark(share):
        return [_placed(_remark(share), side, view.width)]
    style = "accent" if side == "left" else "second"
    body = _body(share, view)
    head, clock = _head(share), clock_text(share.t)[:_CLOCK]
    widest = max(sum(width_of(text) for text, _style in line) for line in body)
    inner = min(view.inner, max(widest, width_of(head) + _CLOCK + 6))
    box = _box(share, view, head, clock, inner, style)
    edge = "│" if share.direction == "out" else "┆"
    lines = [[box[0]]]
    for line in body:
        fitted, used = fit_measured(line, inner)
        lines.append([(f"{edge} ", style), *fitted, (" " * (inner - used) + f" {edge}", style)])
    return [_placed(line, side, view.width) for line in [*lines, [box[1]]]]


def _box(
    share: Share, view: View, head: str, clock: str, inner: int, style: str
) -> tuple[Part, Part]:
    """The box's upper and lower edge; the arrow stands on the side towards the other lane."""
    line = "─" if share.direction == "out" else "┄"
    right = view.flows_right(share)
    outward = "right" if view.side(share) == "left" else "left"
    arrow = "▶" if right else "◀"
    first, last = ("╭", arrow) if outward == "right" else (arrow, "╮")
    head = cut(head, inner - 2)
    rest = inner - width_of(head) - 2
    tail = f" {clock} {line}" if rest >= _CLOCK + 4 else ""
    upper = f"{first}{line} {head} " + line * (inner - width_of(head) - 1 - len(tail)) + tail + last
    return (upper, style), ("╰" + line * (inner + 2) + "╯", style)


def _head(share: Share) -> str:
    words = [share.call, _size(share)]
    if share.address is not None:
        words.append(_addressed(share, share.address))
    if share.peeked:
        words.append(_("· MSG_PEEK: the bytes stay"))
    elif share.flags:
        words.append("· " + share.flags)
    if share.cut:
        words.append(_("· ended by the lab"))
    return " ".join(words)


def _size(share: Share) -> str:
    if share.partial:
        return _("{taken} of {size} B taken", taken=f"{share.taken:,}", size=f"{share.size:,}")
    return _("{size} B", size=f"{share.size:,}")


def _addressed(share: Share, address: Address) -> str:
    sign = _("to {address}") if share.direction == "out" else _("from {address}")
    return sign.format(address=address_text(address))


_ENDS = {
    Zero.END: _("end of stream"),
    Zero.SHUT: _("its own receiving is shut down"),
    Zero.BROKEN: _("the connection is no more"),
}


def _is_remark(share: Share) -> bool:
    return share.error is not None or share.zero in _ENDS


def _remark(share: Share) -> list[Part]:
    clock = clock_text(share.t)[:_CLOCK]
    if share.error is not None:
        return [
            (f"✗ {share.call} = -1 {share.error}", "error"),
            (f"  {errno_advice(share.error, share.call).meaning}", ""),
            (f"  {clock}", "dim"),
        ]
    said = "" if share.zero is None else _ENDS[share.zero]
    return [(f"■ {share.call} = 0  ", "strong"), (said, ""), (f"  {clock}", "dim")]


def _body(share: Share, view: View) -> Lines:
    if not share.data:
        return [[(_("(no bytes)"), "dim")]]
    if view.look == "hex":
        lines, shown = _hex_body(share.data, view.inner)
    else:
        rows, shown = text_rows(share.data, view.inner, BODY_ROWS)
        lines = [[(row, "")] for row in rows]
    left = share.size - shown
    if left > 0:
        lines.append([(_left_out(left, share), "dim")])
    return lines


def _hex_body(data: bytes, inner: int) -> tuple[Lines, int]:
    per_row = WIDE if bytes_a_row(inner + 3) == WIDE and inner >= _HEX_WIDTH[WIDE] else 8
    count = min(BODY_ROWS, rows_of(data, per_row))
    rows: Lines = [hex_row(data, row, per_row) for row in range(count)]
    return rows, min(len(data), count * per_row)


def _left_out(left: int, share: Share) -> str:
    kept = len(share.data)
    if kept < share.size:
        text = _("… {left} B more; {kept} of {size} kept")
        return text.format(left=f"{left:,}", kept=f"{kept:,}", size=f"{share.size:,}")
    return _("… {left} B more: Enter shows them", left=f"{left:,}")


def _placed(line: list[Part], side: Side, width: int) -> list[Part]:
    """`line` at its side of a screen of `width` cells, with a margin of one."""
    fitted, used = fit_measured(line, width - 2)
    margin = 1 if side == "left" else width - 1 - used
    return [(pad("", margin), ""), *fitted]
