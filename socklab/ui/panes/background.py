"""Going on with the past: what a pane didn't get to within a frame it reads between two."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic

from textual.widget import Widget

from socklab.ui.attention import answering

PAUSE = 0.02
"""Seconds from one bit of it to the next, in which keys are heard."""

DRAWING = 0.015
"""Seconds from a frame that asks for more until that is drawn and on its way to the terminal."""


class Background:
    """Has `go_on` called a while later, and neither while the screen still has something to draw
    nor, the first time that it comes to it, between a key and what comes of that."""

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

    def _rested(self, gave_way: bool = False) -> None:
        if monotonic() < self._asked + DRAWING:
            self._pane.set_timer(PAUSE, partial(self._rested, gave_way))
        elif not gave_way and (left := answering(self._pane.app)) > 0:
            self._pane.set_timer(left, partial(self._rested, True))
        else:
            self._pane.call_after_refresh(self._due)

    def _due(self) -> None:
        self._waits = False
        self._go_on()
