"""A virtual list of lines: what stays in view when the window changes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from socklab.ui.panes.cells import Part
from socklab.ui.panes.lines import VirtualLines
from tests.ui.panes import PaneApp, shown


class Numbered:
    """A hundred lines, each its number."""

    origin = 0

    def __len__(self) -> int:
        return 100

    def key(self, index: int) -> Hashable:
        return index

    def parts(self, index: int, width: int) -> Sequence[Part]:
        return [(f"line {index}", "")]


async def test_a_lower_window_keeps_the_cursor_in_view() -> None:
    lines = VirtualLines(Numbered())
    async with PaneApp(lines).run_test(size=(40, 20)) as pilot:
        await pilot.press("up", "up")
        await pilot.resize_terminal(40, 6)
        await pilot.pause()
        assert shown(lines)[-1] == "line 98"
        await pilot.press("home")
        await pilot.resize_terminal(40, 4)
        await pilot.pause()
        assert shown(lines)[0] == "line 0"


async def test_a_lower_window_stays_where_the_cursor_was_not_in_view() -> None:
    lines = VirtualLines(Numbered())
    async with PaneApp(lines).run_test(size=(40, 20)) as pilot:
        await pilot.press("up")
        lines.scroll_to(y=10, animate=False)
        await pilot.pause()
        await pilot.resize_terminal(40, 6)
        await pilot.pause()
        assert shown(lines)[0] == "line 10"
