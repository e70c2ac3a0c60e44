"""Searching the Log for a text, a bit for each frame, in one direction and once around."""

from __future__ import annotations

from time import perf_counter

from socklab.ui.panes.log_format import whole_text
from socklab.ui.panes.log_source import LogSource

_BLOCK = 64


class Finder:
    """Looks for `needle` in the lines of `source` from index `start` on (`direction` 1 or -1).

    `found` is the position (index plus the source's origin: it stays the same) of the first line
    that has it, `over` tells that every line has been looked at.
    """

    def __init__(self, source: LogSource, needle: str, start: int, direction: int) -> None:
        self.needle = needle
        self.found: int | None = None
        self._source = source
        self._wanted = needle.casefold()
        self._forward = direction > 0
        self._at = start + source.origin
        self._total = self._left = len(source)

    @property
    def over(self) -> bool:
        """Whether there is nothing more to look at."""
        return self.found is not None or self._left <= 0

    @property
    def share_done(self) -> float:
        """How much has been looked at: 0 to 1."""
        return 1 - self._left / self._total if self._total else 1.0

    def advance(self, seconds: float) -> None:
        """Go on looking for about `seconds`."""
        deadline = perf_counter() + seconds
        while not self.over:
            self._look()
            if perf_counter() >= deadline:
                return

    def _look(self) -> None:
        """Look through the next block, which ends at the list's end at the latest."""
        size, at = len(self._source), self._at - self._source.origin
        if self._forward:
            start = at if at < size else 0
            stop = min(size, start + min(_BLOCK, self._left))
            self._at = stop + self._source.origin
        else:
            stop = at + 1 if at >= 0 else size
            start = max(0, stop - min(_BLOCK, self._left))
            self._at = start - 1 + self._source.origin
        self._left -= max(1, stop - start)
        self._examine(start, stop)

    def _examine(self, start: int, stop: int) -> None:
        hits = [index for index in range(start, stop) if self._wanted in self._text(index)]
        if hits:
            self.found = (hits[0] if self._forward else hits[-1]) + self._source.origin

    def _text(self, index: int) -> str:
        event = self._source.event(index)
        return "" if event is None else whole_text(event).casefold()
