"""The terminal as Textual writes to it, made safe against its own end."""

from __future__ import annotations

import contextlib
import io
from typing import TextIO


class Lasting(io.TextIOBase):
    """What is written after the terminal was closed is lost, and nobody hears of it.

    Textual writes from a thread of its own, through a short queue. Without this the thread would
    die of EIO, the queue would fill, and whoever wanted to end the application in order (the
    journal written, every program stopped) would wait for ever.
    """

    def __init__(self, terminal: TextIO) -> None:
        super().__init__()
        self._terminal = terminal

    def write(self, text: str) -> int:
        """As much as there is somebody to read it."""
        with contextlib.suppress(OSError):
            self._terminal.write(text)
        return len(text)

    def flush(self) -> None:
        """What has been written, if it can be."""
        with contextlib.suppress(OSError):
            self._terminal.flush()

    def fileno(self) -> int:
        """The terminal's descriptor."""
        return self._terminal.fileno()

    def isatty(self) -> bool:
        """It was one at least."""
        return self._terminal.isatty()
