"""Going on with the past: what a pane didn't get to within a frame it reads between two."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Protocol, runtime_checkable

from textual.widget import Widget

PAUSE = 0.02
"""Seconds from one bit of it to the next, in which keys are heard."""

DRAWING = 0.015
"""Seconds from a frame that asks for more until that is drawn and on its way to the terminal."""


ANSWERING = 0.06
"""Seconds from what somebody does until what comes of it is drawn."""


@runtime_checkable
class Heard(Protocol):
    """An application that keeps when somebody has last done something (monotonic, seconds)."""

    heard: float


class Background:
    """Has `go_on` called a while later, and neither while the screen still has something to draw
    nor between a key and what comes of it."""

    def __init__(self, pane: Widget, go_on: Callable[[], None]) -> None:
        self._pane = pane
        self._go_on = go_on
        self._waits = False
        self._asked = 0.0

    def later(self, seconds: float = PAUSE) -> None:
        """Once, however often this is asked for until then."""
        self._asked = monotonic()
        if not self._waits:
            self._waits = True
            self._pane.set_timer(seconds, self._rested)

    def _rested(self) -> None:
        app = self._pane.app
        busy = app.heard + ANSWERING if isinstance(app, Heard) else 0.0
        if monotonic() < max(busy, self._asked + DRAWING):
            self._pane.set_timer(PAUSE, self._rested)
        else:
            self._pane.call_after_refresh(self._due)

    def _due(self) -> None:
        self._waits = False
        self._go_on()
