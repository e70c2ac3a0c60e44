"""A few pictures of the whole screen, to be looked at when they change.

`pytest --snapshot-update` makes them anew; fixed ports, a fixed clock, nothing that blinks.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from textual.pilot import Pilot

from socklab.ui.app import SocklabApp
from socklab.ui.panes.messages import MessagesPane
from tests.ui.paper import NARROW, WIDE, PaperLab, conversation, started, the, until

Compare = Callable[..., bool]

pytestmark = pytest.mark.skipif(not hasattr(time, "tzset"), reason="needs a settable time zone")


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The log shows local time."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def after(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """Everything has been drawn, then keys were pressed."""

    async def prepare(pilot: Pilot[Any]) -> None:
        app = pilot.app
        assert isinstance(app, SocklabApp)
        await started(app, pilot)
        lines = the(app, MessagesPane).lines
        await until(pilot, lambda: len(lines.source) > 0 or not lines.size.height)
        await pilot.press(*keys)
        await pilot.pause()

    return prepare


def test_the_screen_it_was_designed_for(snap_compare: Compare) -> None:
    app = SocklabApp(PaperLab(conversation()))
    assert snap_compare(app, terminal_size=WIDE, run_before=after())


def test_a_small_terminal(snap_compare: Compare) -> None:
    app = SocklabApp(PaperLab(conversation()))
    assert snap_compare(app, terminal_size=NARROW, run_before=after())


def test_the_light_theme(snap_compare: Compare) -> None:
    app = SocklabApp(PaperLab(conversation()))
    assert snap_compare(app, terminal_size=WIDE, run_before=after("ctrl+t"))


def test_without_colours(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = SocklabApp(PaperLab(conversation()))
    assert snap_compare(app, terminal_size=WIDE, run_before=after())
