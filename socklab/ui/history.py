"""What was typed before, to go through with ↑ and ↓."""

from __future__ import annotations


class History:
    """The oldest first. Going back keeps what was being typed, to come back to."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._back = 0
        self._draft = ""

    def add(self, line: str) -> None:
        """A line was handed in; the same one twice in a row is kept once."""
        if not self._lines or self._lines[-1] != line:
            self._lines.append(line)
        self._back = 0

    def older(self, typed: str) -> str | None:
        """The line before; `typed` is what stands there now. None where there is none."""
        if self._back == len(self._lines):
            return None
        if self._back == 0:
            self._draft = typed
        self._back += 1
        return self._lines[-self._back]

    def newer(self) -> str | None:
        """The line after, at last what was being typed. None where there is none."""
        if self._back == 0:
            return None
        self._back -= 1
        return self._lines[-self._back] if self._back else self._draft
