"""Going on with the past: what a pane didn't get to within a frame it reads between two."""

from __future__ import annotations

from collections.abc import Callable

from textual.widget import Widget

PAUSE = 0.02
"""Seconds from one bit of it to the next, in which keys are heard."""


class Background:
    """Has `go_on` called a while later, and not while the screen still has something to draw."""

    def __init__(self, pane: Widget, go_on: Callable[[], None]) -> None:
        self._pane = pane
        self._go_on = go_on
        self._waits = False

    def later(self, seconds: float = PAUSE) -> None:
        """Once, however often this is asked for until then."""
        if not self._waits:
            self._waits = True
            self._pane.set_timer(seconds, self._rested)

    def _rested(self) -> None:
        self._pane.call_after_refresh(self._due)

    def _due(self) -> None:
        self._waits = False
        self._go_on()
