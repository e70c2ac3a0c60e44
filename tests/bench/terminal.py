"""A program on a terminal of its own, for the benchmarks: keys in, what it draws out."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Self

_STYLES = re.compile(rb"\x1b\[[\d;:]*m")
_KEPT = 1 << 18  # bytes


class Terminal:
    """Runs `command` on a pseudo-terminal. Times are in seconds (monotonic clock)."""

    def __init__(self, command: Sequence[str], columns: int = 120, rows: int = 36) -> None:
        self.began = time.monotonic()
        self._drawn = bytearray()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled once, as at any user's
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            os.execvp(command[0], list(command))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self._fd)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._fd, keys.encode())

    def drain(self, seconds: float) -> None:
        """Let it draw for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._read(left)

    def wait_for(self, text: str, seconds: float) -> float:
        """The time at which `text` had been drawn. Raises TimeoutError."""
        wanted, seen = text.encode(), b""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            seen = seen[-len(wanted) :] + self._read(left)
            if wanted in seen:
                return time.monotonic()
        raise TimeoutError(f"{text!r} never came to the screen")

    def wait_for_match(self, pattern: str, seconds: float) -> float:
        """The time at which something that matches had been drawn, whatever its colours. Raises
        TimeoutError."""
        wanted = re.compile(pattern)
        self._drawn.clear()
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._read(left) and wanted.search(self.drawn):
                return time.monotonic()
        raise TimeoutError(f"{pattern!r} never came to the screen")

    @property
    def drawn(self) -> str:
        """What was drawn last, without colours: some thousand lines of it, or what came since the
        last `wait_for_match` began."""
        return _STYLES.sub(b"", self._drawn).decode(errors="replace")

    def wait(self) -> int:
        """Drain until it has ended; its exit status."""
        while self._read(60.0):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, seconds: float) -> bytes:
        ready, _write, _error = select.select([self._fd], [], [], seconds)
        if not ready:
            return b""
        try:
            read = os.read(self._fd, 1 << 16)
        except OSError:  # EIO: the last program on it has gone
            return b""
        self._drawn += read
        del self._drawn[:-_KEPT]
        return read
