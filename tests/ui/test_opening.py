"""The first showing of the lab's screen: it has its looks, and garbage is collected again."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from textual.css.styles import RulesMap
from textual.widget import Widget

from socklab.ui.app import SocklabApp
from socklab.ui.screens.lab import LabScreen
from tests.ui.paper import NARROW, WIDE, PaperLab, conversation, lab_screen, started, until


@pytest.fixture
def collector() -> Iterator[None]:
    """Rests, as it does from the program's start; afterwards it is as it was."""
    threshold = gc.get_threshold()
    gc.disable()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    gc.enable()


def looks(screen: LabScreen) -> dict[Widget, RulesMap]:
    return {
        widget: widget.styles.get_rules()
        for widget in screen.walk_children(Widget)
        if widget.is_mounted
    }


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_what_is_styled_once_looks_as_if_it_were_styled_again(size: tuple[int, int]) -> None:
    app = SocklabApp(PaperLab(conversation()))
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await pilot.pause()
        screen = lab_screen(app)
        before = looks(screen)
        screen.update_node_styles(animate=False)
        assert before == looks(screen)


@pytest.mark.usefixtures("collector")
async def test_once_the_screen_stands_garbage_is_collected_again() -> None:
    app = SocklabApp(PaperLab)
    async with app.run_test(size=WIDE) as pilot:
        await until(pilot, lambda: isinstance(app.screen, LabScreen) and gc.isenabled())
        assert gc.get_freeze_count()
