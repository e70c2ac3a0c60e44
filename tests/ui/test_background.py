"""What is read between two frames keeps nobody waiting, and nobody keeps it away."""

from __future__ import annotations

from time import monotonic

from textual.app import App
from textual.widget import Widget

from socklab.ui.attention import ANSWERING
from socklab.ui.panes.background import Background
from tests.ui.paper import until


class Hearing(App[None]):
    heard = 0.0


class KeyHeld(App[None]):
    @property
    def heard(self) -> float:
        return monotonic()


async def read_at(app: App[None]) -> float:
    """When it is read what was asked for at once (monotonic, seconds)."""
    pane, read = Widget(), list[float]()
    past = Background(pane, lambda: read.append(monotonic()))
    async with app.run_test() as pilot:
        await app.mount(pane)
        if isinstance(app, Hearing):
            app.heard = monotonic()
        past.later()
        await until(pilot, lambda: read)
    return read[0]


async def test_between_a_key_and_what_comes_of_it_nothing_is_read() -> None:
    app = Hearing()
    assert await read_at(app) >= app.heard + ANSWERING


async def test_it_goes_on_while_a_key_is_held_down() -> None:
    assert await read_at(KeyHeld())
