"""The file that a journal is written to: whole lines or nothing.

Knows what a full disk, a limit and a partial write leave behind, and sees to it that the file ends
with a whole line. Knows no events and no threads.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from socklab.i18n import _

if os.name == "posix":
    from fcntl import LOCK_EX, LOCK_NB, flock

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


class JournalFile:
    """A new file at `path` (mode 0600) that begins with the line `header`.

    Takes at most `limit` bytes; `size` is what it holds. Raises OSError where the file can't be
    made, FileExistsError among them: a journal never overwrites anything.
    """

    def __init__(self, path: Path, header: bytes, limit: int) -> None:
        self.path = path
        self.size = 0
        self.full = False
        self.error: OSError | None = None
        self.limit = limit
        self._fd = os.open(path, _FLAGS, 0o600)
        self._lock()
        self.write(header)
        if not self.size:
            self.close()
            with suppress(OSError):
                path.unlink()
            raise self.error or OSError(0, _("the limit of {limit} bytes is too low", limit=limit))

    def write(self, lines: bytes | memoryview) -> int:
        """Writes whole lines and returns how many bytes of `lines` the file took.

        Fewer than all means that the file takes no more: it is `full` (the limit), or `error` says
        why. What it took ends with a whole line.
        """
        wanted = lines
        if self.size + len(lines) > self.limit:
            self.full = True
            wanted = lines[: _whole(lines, max(self.limit - self.size, 0))]
        taken = self._write(wanted)
        self.size += taken
        return taken

    def _write(self, lines: bytes | memoryview) -> int:
        done = 0
        try:
            # A write comes back short where the disk runs full or RLIMIT_FSIZE is met; the next
            # one then says why.
            while done < len(lines):
                done += os.write(self._fd, lines[done:] if done else lines)
        except OSError as error:
            self.error = error
            done = _whole(lines, done)
            with suppress(OSError):
                os.ftruncate(self._fd, self.size + done)
        return done

    def close(self) -> None:
        """Closes the file. Some file systems say only now that the disk is full (`error`)."""
        try:
            os.close(self._fd)
        except OSError as error:
            self.error = error

    def _lock(self) -> None:
        # Held as long as the file is open: it tells the pruning of other labs that this one lives.
        # Some network file systems have no locks; the journal is worth more than the lock.
        if os.name == "posix":
            with suppress(OSError):
                flock(self._fd, LOCK_EX | LOCK_NB)


def _whole(lines: bytes | memoryview, size: int) -> int:
    """How many of the first `size` bytes are whole lines."""
    return bytes(lines[:size]).rfind(b"\n") + 1
