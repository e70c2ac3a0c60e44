"""How fast calls follow one another: at full speed, with a breath before each, or one by one."""

from __future__ import annotations

import threading
from typing import Literal

Mode = Literal["full", "slow", "step"]

BREATH = 1.0
"""Seconds before each call at the slow pace, if nobody says otherwise."""


class Pace:
    """The gate that calls of scripts and of composite commands pass. Any thread may call."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._steps = 0
        self.mode: Mode = "full"
        self.breath = BREATH
        self._held: list[str] = []

    @property
    def held(self) -> str | None:
        """The call that waits at the gate in step mode, the longest-waiting one; None for none."""
        held = self._held
        return held[0] if held else None

    def set(self, mode: Mode, breath: float | None = None) -> None:
        """From now on go at this pace; `breath` in seconds, None for as before."""
        with self._changed:
            self.mode = mode
            if breath is not None:
                self.breath = breath
            self._steps = 0
            self._changed.notify_all()

    def step(self) -> None:
        """Let the next call through."""
        with self._changed:
            self._steps += 1
            self._changed.notify_all()

    def admit(self, what: str, ended: threading.Event) -> None:
        """Wait until the call `what` may be made. Returns at once when `ended` is set and
        `wake` called: its program is to stop."""
        with self._changed:
            if self.mode == "slow":
                self._changed.wait_for(
                    lambda: ended.is_set() or self.mode != "slow", timeout=self.breath
                )
            if self.mode == "step":
                self._held = [*self._held, what]
                self._changed.wait_for(
                    lambda: ended.is_set() or self.mode != "step" or self._steps > 0
                )
                self._steps = max(0, self._steps - 1)
                held = list(self._held)
                held.remove(what)
                self._held = held

    def wake(self) -> None:
        """Let those who wait see that their program is to stop."""
        with self._changed:
            self._changed.notify_all()
