"""What is read between two frames keeps nobody waiting."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.widget import Widget

from socklab.ui import attention
from socklab.ui.attention import ANSWERING
from socklab.ui.panes import background
from socklab.ui.panes.background import Background
from tests.ui.paper import until


class Hearing(App[None]):
    heard = 0.0


async def test_between_a_key_and_what_comes_of_it_nothing_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    asked = 0

    def clock() -> float:
        nonlocal asked
        asked += 1
        return now

    monkeypatch.setattr(background, "monotonic", clock)
    monkeypatch.setattr(attention, "monotonic", clock)
    app, pane, read = Hearing(), Widget(), list[bool]()
    past = Background(pane, lambda: read.append(True))
    async with app.run_test() as pilot:
        await app.mount(pane)
        past.later()
        now += ANSWERING
        app.heard = now
        await until(pilot, lambda: asked > 3)  # it has come to it several times
        assert not read
        now += ANSWERING
        await until(pilot, lambda: read)
    assert read == [True]
