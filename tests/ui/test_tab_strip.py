"""Tabs on one line: whole where there is room, and legible where there is not."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset

from socklab.ui.panes.tab_strip import TabStrip, labels
from socklab.ui.screens.places import PLACES, tabs

NINE = tabs((*PLACES, "script"))


def written(active: str, width: int) -> str:
    """The strip as text, blanks for the rule."""
    line = ""
    for label in labels(NINE, active, width):
        line = line.ljust(label.start) + label.key + label.title
    return line


def test_nine_tabs_have_their_whole_names_on_eighty_columns() -> None:
    assert written("ladder", 80) == (
        "1 Sockets 2 Ladder 3 States 4 Messages 5 Inspect 6 Numbers 7 Log 8 Wire 9 Script"
    )


@pytest.mark.parametrize("active", [name for name, _key, _title in NINE])
def test_names_are_cut_short_where_they_do_not_fit_but_for_the_active_one(active: str) -> None:
    for width in range(60, 82):
        found = labels(NINE, active, width)
        assert found[-1].stop <= width
        for label, (name, key, title) in zip(found, NINE, strict=True):
            assert label.key.strip() == key
            assert title.startswith(label.title)
            assert len(label.title) >= 3
            assert name != active or label.title == title


class StripApp(App[None]):
    """A strip of tabs, and what was chosen on it."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str] = []

    def compose(self) -> ComposeResult:
        yield TabStrip(NINE, "sockets", id="strip")

    def on_tab_strip_chosen(self, message: TabStrip.Chosen) -> None:
        self.chosen.append(message.name)


@pytest.mark.parametrize("width", [60, 80, 120])
async def test_a_click_on_either_end_of_a_name_chooses_it(width: int) -> None:
    app = StripApp()
    async with app.run_test(size=(width, 5)) as pilot:
        for label in labels(NINE, "sockets", width):
            for x in (label.start, label.stop - 1):
                await pilot.click("#strip", offset=Offset(x, 0))
        await pilot.pause()
    assert app.chosen == [name for name, _key, _title in NINE for _end in range(2)]


async def test_the_rule_is_drawn_anew_when_the_focus_comes_and_goes() -> None:
    app = StripApp()
    async with app.run_test(size=(120, 5)) as pilot:
        strip = app.query_one(TabStrip)
        strip.lit = True
        await pilot.pause()
        assert "━" in strip.render_line(0).text
        strip.lit = False
        await pilot.pause()
        assert "━" not in strip.render_line(0).text
