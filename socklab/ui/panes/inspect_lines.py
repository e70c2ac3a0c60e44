"""The Inspect pane's lines for one event, at a given width: sections wrapped, bytes row by row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Sequence

from socklab.events import AnyEvent, Call, Event, Frame
from socklab.i18n import _
from socklab.model.notation import event_text
from socklab.model.transfers import RECEIVES
from socklab.ui.panes.cells import Part, width_of, wrap
from socklab.ui.panes.hexdump import bytes_a_row, hex_row, rows_of
from socklab.ui.panes.inspect_sections import Drawing, Field, Section

_MARGIN = 1
_USUAL_WIDTH = 80
_LEAST_TEXT = 16
"""Cells that a text has at least, however long the labels beside it."""


class EventLines:
    """One event as lines. The rows of its bytes are made only when they are looked at."""

    origin = 0

    def __init__(self, event: AnyEvent, sections: Sequence[Section], width: int) -> None:
        self.event = event
        self.data = _data(event)
        self.headings: list[int] = []
        self._sections = sections
        self._goes_to: dict[int, int] = {}
        self._head: list[Sequence[Part]] = []
        self._per_row = 0
        self._width = 0
        self.resize(width if width > 0 else _USUAL_WIDTH)

    def resize(self, width: int) -> None:
        """Lay the lines out for `width` cells."""
        if width == self._width or width <= 0:
            return
        self._width = width
        self._per_row = bytes_a_row(width)
        self._goes_to.clear()
        self.headings = [0]
        self._head = [*self._title()]
        for section in self._sections:
            self._add_section(section)
        if caption := data_caption(self.event):
            self._add_heading(caption)

    def _title(self) -> list[list[Part]]:
        failed = isinstance(self.event, Call) and self.event.error is not None
        style = "error" if failed else "strong"
        lines = wrap(event_text(self.event), self._width - 2 * _MARGIN)
        return [[(" " * _MARGIN + line, style)] for line in lines]

    def _add_section(self, section: Section) -> None:
        if section.title:
            self._add_heading(section.title)
        fields = [row for row in section.rows if isinstance(row, Field)]
        labels = max((width_of(field.label) for field in fields), default=0)
        for row in section.rows:
            if isinstance(row, Drawing):
                self._head += row.draw(self._width - _MARGIN)
            else:
                self._add_field(row, labels + 2 if labels else 0)

    def _add_heading(self, title: str) -> None:
        self._head.append([("", "")])
        self.headings.append(len(self._head))
        rule = "─" * (self._width - width_of(title) - 2 * _MARGIN - 1)
        self._head.append([(" " * _MARGIN + title, "strong"), (f" {rule}", "dim")])

    def _add_field(self, field: Field, label_width: int) -> None:
        room = max(_LEAST_TEXT, self._width - label_width - 2 * _MARGIN)
        for number, line in enumerate(wrap(field.text, room)):
            label = field.label if number == 0 else ""
            if field.goes_to is not None:
                self._goes_to[len(self._head)] = field.goes_to
            blanks = " " * (label_width - width_of(label))
            self._head.append([(" " * _MARGIN + label + blanks, "dim"), (line, field.style)])

    def __len__(self) -> int:
        return len(self._head) + rows_of(self.data, self._per_row)

    def key(self, index: int) -> Hashable:
        """A line's number, of these lines: others may take their place."""
        return id(self), index

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """Line `index`."""
        if index < len(self._head):
            return self._head[index]
        row = hex_row(self.data, index - len(self._head), self._per_row)
        return [(" " * _MARGIN, ""), *row]

    def goes_to(self, index: int) -> int | None:
        """The event that line `index` leads to."""
        return self._goes_to.get(index)

    def next_heading(self, index: int) -> int:
        """The line of the first heading after line `index`; the first line behind the last."""
        place = bisect_right(self.headings, index)
        return self.headings[place % len(self.headings)]


def data_caption(event: Event) -> str:
    """What the bytes below are, and whether they are all: "4,096 of 100,000 bytes kept"."""
    data = _data(event)
    if isinstance(event, Frame):
        return _("the frame: {n} B", n=f"{len(data):,}")
    if not isinstance(event, Call) or event.data is None:
        return ""
    size = len(data) if event.size is None else event.size
    if size == 0:
        return ""
    received = event.name in RECEIVES
    words = _("received: {size} B") if received else _("handed over: {size} B")
    caption = words.format(size=f"{size:,}")
    if len(data) < size:
        kept = _("{kept} of {size} bytes kept", kept=f"{len(data):,}", size=f"{size:,}")
        caption += f" · {kept}"
    return caption


def _data(event: Event) -> bytes:
    if isinstance(event, (Call, Frame)):
        return event.data or b""
    return b""
