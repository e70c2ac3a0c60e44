"""A list that scrolls over more lines than anybody could lay out, and follows its end.

`TailView` knows how many lines there are, which of them are on the screen, whether the tail is
followed and how much of it is new. What the lines say and how they look it doesn't know.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Protocol

from textual.geometry import Size
from textual.scroll_view import ScrollView

from socklab.i18n import _
from socklab.ui.panes.cells import Part


class LineSource(Protocol):
    """What the lines say."""

    @property
    def origin(self) -> int:
        """The position of line 0: a line's index plus the origin stays the same.

        It falls when lines are put before the first, and grows when the first ones go.
        """
        ...

    def __len__(self) -> int: ...

    def key(self, index: int) -> Hashable:
        """What tells line `index` from others, and from itself once it says something else."""
        ...

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """Line `index` for a screen of `width` cells; what is too long will be cut."""
        ...


class NoLines:
    """Where nothing has been chosen yet."""

    origin = 0

    def __len__(self) -> int:
        return 0

    def key(self, index: int) -> Hashable:
        """There is none. Raises IndexError."""
        raise IndexError(index)

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """There is none. Raises IndexError."""
        raise IndexError(index)


class TailView(ScrollView):
    """Scrolls over the lines of a source; with `follow` its tail is followed until someone looks
    further up, and again from the end on."""

    DEFAULT_CSS = """
    TailView {
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        height: 1fr;
    }
    """

    def __init__(
        self,
        source: LineSource,
        *,
        follow: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._source = source
        self._follows = follow
        self._size_seen = (0, 0)
        self._read_to = 0  # the position after the last line that was in view
        self._syncing = False
        self.following = follow

    @property
    def source(self) -> LineSource:
        """Where the lines come from."""
        return self._source

    @property
    def room(self) -> Size:
        """The cells that lines can take: without the scroll bar."""
        return Size(max(0, self.size.width - self.scrollbar_size_vertical), self.size.height)

    @property
    def unread(self) -> int:
        """How many lines came below what was in view since the tail was left."""
        if self.following or not self._follows:
            return 0
        return max(0, self._end - self._read_to)

    def badge(self) -> str:
        """What stands at the end of the last line on the screen; a click on it goes to the tail."""
        return _(" +{count} new ", count=f"{self.unread:,}") if self.unread else ""

    @property
    def _end(self) -> int:
        """The position after the last line."""
        return self._source.origin + len(self._source)

    @property
    def _last_in_view(self) -> int:
        return min(len(self._source), self.scroll_offset.y + self.room.height) - 1

    # What has changed

    def show_source(self, source: LineSource) -> None:
        """Show other lines, from their tail (or their start if this list follows none)."""
        self._source = source
        self.following = self._follows
        self._size_seen = (0, source.origin)
        self._set_extent(len(source))
        self._scroll(self.max_scroll_y if self.following else 0)
        self.sync()
        self.refresh()

    def sync(self) -> None:
        """Take over what has changed in the source: its length, and lines put before the first."""
        count, origin = len(self._source), self._source.origin
        seen_count, seen_origin = self._size_seen
        if (count, origin) == (seen_count, seen_origin):
            return
        self._size_seen = (count, origin)
        self._set_extent(count)
        bottom = self.scroll_offset.y + self.room.height
        if self.following:
            self._scroll(self.max_scroll_y)
            self.refresh()
        elif origin != seen_origin:
            self._scroll(self.scroll_y + seen_origin - origin)
            self.refresh()
        elif seen_count < bottom:
            self.refresh()
        else:
            self.refresh_line(bottom - 1)  # it has the badge

    def _set_extent(self, count: int) -> None:
        # Not through the reactive attribute, which would lay out the whole screen for each frame.
        self.set_reactive(TailView.virtual_size, Size(self.room.width, count))
        self.vertical_scrollbar.window_virtual_size = count

    def on_resize(self) -> None:
        """Keep to the tail when the window changes."""
        self._set_extent(len(self._source))
        if self.following:
            self._scroll(self.max_scroll_y)

    # Scrolling

    def _scroll(self, y: float) -> None:
        self._syncing = True
        self.scroll_target_y = y
        self.scroll_y = y
        self._syncing = False

    def _scroll_by(self, lines: int) -> None:
        self._scroll(self.scroll_y + lines)
        self._follow(self.scroll_y >= self.max_scroll_y)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scrolling up leaves the tail, scrolling to the end returns to it."""
        super().watch_scroll_y(old_value, new_value)
        if not self._syncing:
            dragged = self.is_vertical_scrollbar_grabbed
            self._follow(new_value >= self.max_scroll_y and not dragged)

    def _follow(self, following: bool) -> None:
        """Follow the tail from now on, or stay with what is in view."""
        in_view = self._source.origin + self._last_in_view + 1
        self._read_to = self._end if self.following else max(in_view, self._read_to)
        self.following = following and self._follows
