"""A virtual list of lines: only what is on the screen is formatted.

`VirtualLines` draws the lines of a `LineSource`, moves a cursor over them, lets one be chosen, text
be selected and copied. The work of a frame depends on the height of the screen alone, whatever
the number of lines.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.actions import parse
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.geometry import Offset, Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from socklab.i18n import _
from socklab.ui.actions import Action, action
from socklab.ui.panes.cells import Part, fit_measured, width_of
from socklab.ui.panes.lately import Lately
from socklab.ui.panes.segments import restyle, spans_of
from socklab.ui.panes.tail import LineSource, TailView

MOST_LINES_COPIED = 20_000
"""A selection of everything copies at most so many lines."""


class VirtualLines(TailView, can_focus=True):
    """The lines of a source, with a cursor."""

    ALLOW_SELECT = True
    HAS_CURSOR: ClassVar[bool] = True
    """Whether the keys move a cursor; else they scroll."""
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--cursor",
        "lines--badge",
        "lines--match",
        "lines--error",
        "lines--warning",
        "lines--good",
        "lines--dim",
        "lines--strong",
        "lines--accent",
        "lines--second",
    }
    DEFAULT_CSS = """
    VirtualLines {
        background: $surface;
        color: $foreground;
        & > .lines--cursor { background: $primary 30%; text-style: bold; }
        & > .lines--badge { background: $text-accent; color: $background; text-style: bold; }
        & > .lines--match { text-style: bold underline reverse; }
        & > .lines--error { color: $text-error; text-style: bold; }
        & > .lines--warning { color: $text-warning; }
        & > .lines--good { color: $text-success; }
        & > .lines--dim { color: $foreground 62%; }
        & > .lines--strong { text-style: bold; }
        & > .lines--accent { color: $text-primary; }
        & > .lines--second { color: $text-secondary; }
        &:nocolor > .lines--cursor, &:nocolor > .lines--badge { text-style: reverse; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", _("Up"), show=False, id="lines.up"),
        Binding("down", "move(1)", _("Down"), show=False, id="lines.down"),
        Binding("pageup", "page(-1)", _("Page up"), show=False, id="lines.page-up"),
        Binding("pagedown", "page(1)", _("Page down"), show=False, id="lines.page-down"),
        Binding("home", "first", _("First line"), show=False, id="lines.first"),
        Binding("end", "tail", _("Last line"), show=False, id="lines.tail"),
        Binding("enter", "choose", _("Details"), show=False, id="lines.choose"),
        Binding("y", "copy", _("Copy"), show=False, id="lines.copy"),
    ]

    class Pointed(Message):
        """The cursor was moved to a line, by hand."""

        def __init__(self, lines: VirtualLines, index: int) -> None:
            super().__init__()
            self.lines = lines
            self.index = index

        @property
        def control(self) -> VirtualLines:
            """Where it happened."""
            return self.lines

    class Chosen(Message):
        """A line was clicked, or Enter pressed on it."""

        def __init__(self, lines: VirtualLines, index: int) -> None:
            super().__init__()
            self.lines = lines
            self.index = index

        @property
        def control(self) -> VirtualLines:
            """Where it happened."""
            return self.lines

    def __init__(
        self,
        source: LineSource,
        *,
        follow: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(source, follow=follow, id=id, classes=classes)
        self._cursor: int | None = None  # a position
        self._strips: Lately[tuple[Hashable, int], Strip] = Lately(192)
        self._styles_made: dict[str, Style] = {}
        self._needle = ""
        self._painting = False
        self._height_seen = 0
        self._ways: dict[str, tuple[Action, DOMNode]] = {}

    # What it shows

    def show_source(self, source: LineSource) -> None:
        """Show other lines, from their tail (or their start if this list follows none)."""
        self._cursor = None
        self.forget_strips()
        if self in self.screen.selections:
            self.screen.clear_selection()
        super().show_source(source)

    def forget_strips(self) -> None:
        """Format every line anew."""
        self._strips.clear()
        self.refresh()

    def mark(self, needle: str) -> None:
        """Highlight `needle` (in whatever case) wherever it is shown."""
        if needle != self._needle:
            self._needle = needle
            self.forget_strips()

    def reflow(self, width: int) -> None:
        """The lines are now `width` cells wide: a source whose lines depend on it is told here."""

    def nothing(self) -> Sequence[Sequence[Part]]:
        """The lines to show where the source has none: what this is for, and which key fills it."""
        return ()

    def on_resize(self) -> None:
        """Everything is as wide as the window."""
        self.reflow(self.room.width)
        self.forget_strips()
        height, self._height_seen = self._height_seen, self.room.height
        here, top = self.cursor, self.scroll_offset.y
        if here is not None and top + self.room.height <= here < top + height:
            self._scroll(here - self.room.height + 1)  # a lower window keeps the cursor in view
        # TailView's own on_resize follows

    def notify_style_update(self) -> None:
        """The theme or the focus changed: every strip has the old colours."""
        super().notify_style_update()
        self._styles_made.clear()
        self._strips.clear()

    def ways(self, *offers: tuple[str, str]) -> list[Sequence[Part]]:
        """A line for each action, by its id, that there is here: its key, and what it does."""
        can = [(action(id), said) for id, said in offers if self._is_possible(action(id))]
        return [self.way(each, said, self.screen) for each, said in can]

    def way(self, each: Action, said: str, owner: DOMNode) -> Sequence[Part]:
        """A line for one action, which `owner` carries out: its key, and what it does. A click on
        it does it too."""
        self._ways[each.key] = (each, owner)
        return [(f"   {each.key:<4}", "accent"), (said, "dim")]

    def _is_possible(self, each: Action) -> bool:
        """On a recording nothing acts."""
        _namespace, name, parameters = parse(each.run)
        return bool(self.screen.check_action(name, parameters))

    # Where one is

    @property
    def cursor(self) -> int | None:
        """The index of the line under the cursor, None while the tail is followed."""
        if self._cursor is None:
            return None
        return max(0, min(self._cursor - self._source.origin, len(self._source) - 1))

    def _follow(self, following: bool) -> None:
        back = following and not self.following
        super()._follow(following)
        if back and self.following:
            self._cursor = None

    def go_to(self, index: int) -> None:
        """Put the cursor on line `index` and bring it into view."""
        if not len(self._source):
            return
        index = max(0, min(index, len(self._source) - 1))
        self._cursor = self._source.origin + index
        height, top = max(1, self.room.height), self.scroll_offset.y
        if not top <= index < top + height:
            centred = index - (height - 1 if index == top + height else height // 2)
            self._scroll(index if index == top - 1 else min(centred, self.max_scroll_y))
        self._follow(False)
        self.refresh()

    def point_to(self, index: int) -> None:
        """Go to line `index` as if by a key: whoever listens goes along."""
        self.go_to(index)
        if self.cursor is not None:
            self.post_message(self.Pointed(self, self.cursor))

    def action_move(self, lines: int) -> None:
        """Move the cursor by so many lines; down from the last one follows the tail."""
        here = self.cursor
        if not self.HAS_CURSOR:
            self._scroll_by(lines)
        elif here is None:
            self.point_to(self._last_in_view)
        elif here + lines >= len(self._source) and self._follows:
            self.action_tail()
        else:
            self.point_to(here + lines)

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many screens."""
        height = max(1, self.room.height - 1)
        if not self.HAS_CURSOR:
            self._scroll_by(pages * height)
            return
        here = self._last_in_view if self.cursor is None else self.cursor
        if here + pages * height >= len(self._source) - 1 and self._follows:
            self.action_tail()
            return
        self._scroll(self.scroll_y + pages * height)
        self.point_to(here + pages * height)

    def action_first(self) -> None:
        """Go to the first line."""
        if self.HAS_CURSOR:
            self.point_to(0)
        else:
            self._scroll_by(-len(self._source))

    def action_tail(self) -> None:
        """Go to the last line, and follow what comes."""
        self._scroll(self.max_scroll_y)
        if self._follows or not self.HAS_CURSOR:
            self._follow(True)
        else:
            self.point_to(len(self._source) - 1)
        self.refresh()

    # Choosing and copying

    def action_choose(self) -> None:
        """Open the line under the cursor, or the last one in view."""
        index = self._last_in_view if self.cursor is None else self.cursor
        if 0 <= index < len(self._source):
            self.post_message(self.Chosen(self, index))

    def on_click(self, event: events.Click) -> None:
        """A click chooses a line, unless it ended the selecting of text."""
        y = event.y - self.gutter.top
        index = y + self.scroll_offset.y
        badge = self.badge()
        if badge and y == self.room.height - 1 and event.x >= self.room.width - len(badge):
            self.action_tail()
            return
        if not len(self._source):
            self._way_clicked(y)
        if self.text_selection is not None or not 0 <= index < len(self._source):
            return
        if self.HAS_CURSOR:
            self.go_to(index)
        self.post_message(self.Chosen(self, index))

    def _way_clicked(self, y: int) -> None:
        parts = self._said_at(y)
        found = self._ways.get(parts[0][0].strip()) if parts else None
        if found is not None:
            each, owner = found
            self.call_later(self.app.run_action, each.run, owner)

    def action_copy(self) -> None:
        """Copy the selected text, or else what the cursor is on."""
        text = self.screen.get_selected_text() or self.text_to_copy()
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(_("copied"), timeout=1.5)

    def text_to_copy(self) -> str:
        """What a press of the copy key takes while nothing is selected."""
        index = self._last_in_view if self.cursor is None else self.cursor
        return self._line_text(index) if 0 <= index < len(self._source) else ""

    def _line_text(self, index: int) -> str:
        return self._strip(index).text.rstrip()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, of at most MOST_LINES_COPIED lines."""
        origin, count = self._source.origin, len(self._source)
        first = 0 if selection.start is None else max(0, selection.start.y - origin)
        last = count - 1 if selection.end is None else min(count - 1, selection.end.y - origin)
        first = max(first, last - MOST_LINES_COPIED + 1)
        lines = [self._selected(selection, index) for index in range(first, last + 1)]
        return ("\n".join(lines), "\n") if lines else None

    def _selected(self, selection: Selection, index: int) -> str:
        text = self._strip(index).text
        start, end = selection.get_span(index + self._source.origin) or (0, 0)
        return (text[start:] if end == -1 else text[start:end]).rstrip()

    def selection_updated(self, selection: Selection | None) -> None:
        """Show what is selected."""
        self.refresh()

    def text_select_all(self) -> None:
        """A double click selects the line, not a million of them."""
        index = self.cursor
        if index is not None:
            y = index + self._source.origin
            end = len(self._strip(index).text.rstrip())
            self.screen.selections = {self: Selection(Offset(0, y), Offset(end, y))}

    # Drawing

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines for the screen."""
        self._painting = True
        try:
            return super().render_lines(crop)
        finally:
            self._painting = False

    def render_line(self, y: int) -> Strip:
        """One line of the screen.

        Asked for otherwise than to be painted, it tells for each segment which text that is: so the
        screen finds out what the mouse selects. Painted lines go without, for every segment would
        then have a style of its own, which no cache holds.
        """
        index = y + self.scroll_offset.y
        if index >= len(self._source):
            return self._blank_line(y)
        position = index + self._source.origin
        strip = self._strip(index)
        if position == self._cursor:
            strip = self._with_style(strip, 0, -1, "lines--cursor")
        if y == self.room.height - 1 and (badge := self.badge()):
            strip = self._with_badge(strip, badge)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(position)) is not None:
            strip = self._with_style(strip, *span, "screen--selection")
        return strip if self._painting else strip.apply_offsets(0, position)

    def _blank_line(self, y: int) -> Strip:
        return self._make_strip(self._said_at(y), self.room.width)

    def _said_at(self, y: int) -> Sequence[Part]:
        """What stands in a row where the source has no line."""
        said = () if len(self._source) else self.nothing()
        row = y - max(0, (self.room.height - len(said)) // 2)
        return said[row] if 0 <= row < len(said) else ()

    def _strip(self, index: int) -> Strip:
        width = self.room.width
        key = (self._source.key(index), width)
        strip = self._strips.get(key)
        if strip is None:
            strip = self._strips[key] = self._make_strip(self._source.parts(index, width), width)
        return strip

    def _make_strip(self, parts: Sequence[Part], width: int) -> Strip:
        fitted, used = fit_measured(parts, width)
        segments = [Segment(text, self._style(name)) for text, name in fitted]
        segments.append(Segment(" " * (width - used), self._style("")))
        for start, end in spans_of(self._needle, segments):
            segments = restyle(segments, start, end, self._overlay("lines--match"))
        return Strip(segments, width)

    def _with_style(self, strip: Strip, start: int, end: int, name: str) -> Strip:
        stop = len(strip.text) if end == -1 else end
        return Strip(
            restyle(list(strip), start, stop, self._overlay(name)),
            strip.cell_length,
        )

    def _with_badge(self, strip: Strip, badge: str) -> Strip:
        style = self.get_component_rich_style("lines--badge")
        left = strip.crop(0, max(0, strip.cell_length - width_of(badge)))
        return Strip.join([left, Strip([Segment(badge, style)])])

    def _style(self, name: str) -> Style:
        style = self._styles_made.get(name)
        if style is None:
            style = self.get_component_rich_style(f"lines--{name}") if name else self.rich_style
            self._styles_made[name] = style
        return style

    def _overlay(self, name: str) -> Style:
        if name.startswith("screen--"):
            return self.screen.get_component_rich_style(name)
        blended = Style(bgcolor=self.get_component_rich_style(name).bgcolor)
        return blended + self.get_component_rich_style(name, partial=True).without_color
