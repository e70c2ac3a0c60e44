"""A frame's bytes in hex and as text, coloured by layer, those of one field lit up."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from socklab.i18n import _
from socklab.model.frames import Layer
from socklab.ui.panes.cells import Part
from socklab.ui.panes.hexdump import NARROW, WIDE, letter, rows_of
from socklab.ui.panes.listing import Listing
from socklab.ui.panes.tail import NoLines
from socklab.ui.panes.wire_tree import layer_style

WIDE_FROM = 73
"""The width (cells) from which a row has WIDE bytes."""

_OFFSET = 6
LIT, CHANGED = "lit", "error"


class HexLines:
    """The rows of `data`, `per_row` bytes each. `changed` are the bytes that arrived otherwise."""

    origin = 0

    def __init__(
        self, data: bytes, outside: Layer | None, per_row: int, changed: frozenset[int]
    ) -> None:
        self.data = data
        self.per_row = per_row
        self.lit = range(0)
        self._styles = _styles(data, outside)
        self._changed = changed

    def __len__(self) -> int:
        return rows_of(self.data, self.per_row)

    def key(self, index: int) -> Hashable:
        """The row, and what of it is lit."""
        start = index * self.per_row
        low, high = max(self.lit.start, start), min(self.lit.stop, start + self.per_row)
        return id(self), index, (low, high) if low < high else None

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """`0010  45 00 00 3c ...  E..<`."""
        start = index * self.per_row
        stop = min(start + self.per_row, len(self.data))
        cells: list[Part] = []
        letters: list[Part] = []
        for at in range(start, stop):
            style = self._style(at)
            cells.append((f"{self.data[at]:02x}", style))
            if at + 1 < stop:
                joined = style == self._style(at + 1) == LIT
                cells.append((_gap(at), LIT if joined else ""))
            letters.append((letter(self.data[at]), style))
        missing = self.per_row * 3 + self.per_row // 8 - 2 - sum(len(text) for text, _s in cells)
        blanks = (" " * (missing + 2), "")
        return [(f"{start:04x}  ", "dim"), *_joined([*cells, blanks, *letters])]

    def _style(self, at: int) -> str:
        if at in self.lit:
            return LIT
        return CHANGED if at in self._changed else self._styles[at]

    def byte_at(self, x: int, row: int) -> int | None:
        """The byte at a cell of the screen, be it in hex or as text."""
        start = row * self.per_row
        text = _OFFSET + self.per_row * 3 + self.per_row // 8
        if x >= text:
            place = x - text
        else:
            place = next(
                (p for p in range(self.per_row) if 0 <= x - _OFFSET - p * 3 - p // 8 < 3), -1
            )
        within = 0 <= place < self.per_row and start + place < len(self.data)
        return start + place if within else None


def _gap(at: int) -> str:
    return "  " if at % 8 == 7 else " "


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Neighbours of one look as one part."""
    return [
        ("".join(text for text, _style in group), style)
        for style, group in groupby(parts, key=lambda part: part[1])
    ]


def _styles(data: bytes, outside: Layer | None) -> list[str]:
    """The look of each byte: that of the innermost layer that it belongs to."""
    styles = [""] * len(data)
    for layer in outside.chain() if outside else ():
        for at in range(layer.start, min(layer.stop, len(data))):
            styles[at] = layer_style(layer)
    return styles


class HexView(Listing):
    """The bytes; a click on one chooses it, and so do the arrow keys."""

    HAS_CURSOR = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"lines--lit"}
    DEFAULT_CSS = """
    HexView {
        & > .lines--lit { background: $primary 45%; color: $foreground; text-style: bold; }
        &:nocolor > .lines--lit { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "byte(-1)", _("Byte before"), show=False),
        Binding("right", "byte(1)", _("Next byte"), show=False),
        Binding("up", "row(-1)", _("Row before"), show=False),
        Binding("down", "row(1)", _("Next row"), show=False),
    ]

    def __init__(self, chosen: Callable[[int], None], resized: Callable[[], None]) -> None:
        super().__init__(NoLines(), id="wire-hex")
        self._chosen = chosen
        self._resized = resized
        self._byte = 0

    @property
    def per_row(self) -> int:
        """How many bytes a row has room for."""
        return WIDE if self.room.width >= WIDE_FROM else NARROW

    def reflow(self, width: int) -> None:
        """Rows of another length."""
        source = self.source
        if isinstance(source, HexLines) and source.per_row != self.per_row:
            self.call_later(self._resized)

    def light(self, start: int, stop: int, byte: int | None = None) -> None:
        """Light up the bytes from `start` up to `stop`, and bring the first into view."""
        source = self.source
        if not isinstance(source, HexLines):
            return
        source.lit = range(start, stop)
        self._byte = start if byte is None else byte
        if start < stop:
            self._bring(self._byte // source.per_row)
        self.refresh()

    def _bring(self, row: int) -> None:
        top, height = self.scroll_offset.y, max(1, self.room.height)
        if not top <= row < top + height:
            self._scroll(min(max(0, row - height // 3), self.max_scroll_y))

    def action_byte(self, by: int) -> None:
        """To the byte so many further on."""
        source = self.source
        if isinstance(source, HexLines) and source.data:
            self._chosen(max(0, min(self._byte + by, len(source.data) - 1)))

    def action_row(self, by: int) -> None:
        """So many rows further down."""
        if isinstance(self.source, HexLines):
            self.action_byte(by * self.source.per_row)

    def on_click(self, event: events.Click) -> None:
        """The byte under the mouse."""
        source = self.source
        if isinstance(source, HexLines) and self.text_selection is None:
            byte = source.byte_at(event.x, event.y - self.gutter.top + self.scroll_offset.y)
            if byte is not None:
                self._chosen(byte)
