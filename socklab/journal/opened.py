"""A recorded journal, opened to be looked at.

Knows how to recognise a journal, where it is damaged, and how to find its events in the background
while the first are already shown. Never writes.
"""

from __future__ import annotations

import stat
import threading
import time
from array import array
from collections.abc import Sequence
from pathlib import Path

from socklab.events import AnyEvent
from socklab.i18n import _
from socklab.journal import codec
from socklab.journal.archive import Archive
from socklab.journal.codec import BLOCK
from socklab.journal.columns import Columns
from socklab.journal.errors import JournalError
from socklab.journal.journal import Journal
from socklab.journal.times import LATEST

CHUNK = 1 << 20
BREATH = 0.000_05
"""Seconds for which the search lets go of the interpreter after each block: a screen that wants it
would else wait for Python to take it away (sys.getswitchinterval), each time that it has drawn."""

LONGEST_HEADER = 1 << 16
LONGEST_LINE = 64 << 20
"""Bytes. A frame of 64 KiB takes 90 kB in base64, so longer lines are no work of ours."""


class OpenedJournal(Journal):
    """The events in the file at `path`, as far as its lines are whole and undamaged.

    A thread named "index" finds them; each time it has found more, `len` grows and those who
    watch are told.
    """

    def __init__(self, path: Path) -> None:
        start = 0
        try:
            line = _first_line(path)
            header = codec.decode_header(line, path.name)
            start = len(line)
            archive = Archive(path, start)
        except OSError as error:
            raise JournalError(_why_not(path, error)) from None
        super().__init__(header, path=path)
        self._archive = self._file = archive
        self._columns = self._outlined = Columns()
        self.indexed = False
        self._ended = array("q")
        self._stopped = False
        self._found_all = threading.Event()
        self._thread = threading.Thread(
            target=self._find_all, args=(path, start), name="index", daemon=True
        )
        self._thread.start()

    def append(self, event: AnyEvent) -> int:
        """Refuses: what has been recorded doesn't change. Raises JournalError."""
        raise JournalError(_("a recorded journal takes no more events"))

    def wait_indexed(self, timeout: float | None = None) -> bool:
        """Waits until all events have been found; False if `timeout` (s) ran out."""
        return self._found_all.wait(timeout)

    def ended(self, start: int, stop: int) -> Sequence[int]:
        """When the events [start, stop) were over (ns since the epoch): no event is read."""
        return self._ended[max(start, 0) : max(stop, 0)]

    def close(self) -> None:
        """Ends the search for more events and closes the file."""
        self._stopped = True
        self._thread.join()
        super().close()

    def _find_all(self, path: Path, start: int) -> None:
        try:
            self._find(path, start)
        except OSError as error:
            self.damage = _(
                "the journal can't be read beyond event {n}: {reason}",
                n=len(self) - 1,
                reason=error.strerror or error,
            )
        self.indexed = True
        self._found_all.set()
        self._grow()

    def _find(self, path: Path, start: int) -> None:
        rest = b""
        with path.open("rb") as file:
            file.seek(start)
            while not self._stopped and (chunk := file.read(CHUNK)):
                rest += chunk
                end = rest.rfind(b"\n") + 1
                if not self._take(rest, end) or len(rest) - end > LONGEST_LINE:
                    self.damage = _(
                        "the journal is damaged after {n} events: what follows can't be shown",
                        n=self._file.count,
                    )
                    return
                rest = rest[end:]
                self._grow()

    def _take(self, lines: bytes, end: int) -> bool:
        """Takes in the whole lines up to `end`, a block at a time; False at a damaged one."""
        begin = 0
        while begin < end and not self._stopped:
            count = self._file.count
            stop = _skip_lines(lines, begin, end, BLOCK - count % BLOCK)
            piece = lines[begin:stop]
            found = codec.outlines(piece, count)
            if len(found) < piece.count(b"\n"):
                piece = piece[: _skip_lines(piece, 0, len(piece), len(found))]
                self._extend(found, len(piece))
                return False
            self._extend(found, len(piece))
            begin = stop
            time.sleep(BREATH)
        return True

    def _extend(self, found: list[codec.Outline], size: int) -> None:
        if not found:
            return
        self._outlined.take_outlines(found)
        self._ended.extend(map(_over, found))
        self._file.extend(len(found), size)
        with self._lock:
            self._base = self._file.count

    def _grow(self) -> None:
        with self._lock:
            watchers, self._watchers = self._watchers, []
        for callback in watchers:
            callback()


def _over(outline: codec.Outline) -> int:
    """When the event was over, as `times.over` has it."""
    ended = outline.t + outline.duration if outline.type == "call" else outline.t
    return ended if 0 <= ended <= LATEST else min(max(ended, 0), LATEST)


def _skip_lines(lines: bytes, begin: int, end: int, count: int) -> int:
    """Where, in `lines` from `begin` on, `count` lines end, at most `end`."""
    find = lines.find
    for _line in range(count):
        if begin >= end:
            break
        begin = find(b"\n", begin) + 1
    return begin


def _first_line(path: Path) -> bytes:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise JournalError(_("{name} is a directory: name the journal in it", name=path))
    if not stat.S_ISREG(mode):
        # A pipe or a terminal would be waited for, and can't be searched.
        raise JournalError(_("{name} isn't a regular file: name a journal", name=path.name))
    with path.open("rb") as file:
        line = file.readline(LONGEST_HEADER)
    if not line:
        raise JournalError(
            _("{name} is empty: nothing was recorded in it, choose another", name=path.name)
        )
    if not line.endswith(b"\n") and line.startswith(b'{"type":"socklab-journal"'):
        raise JournalError(
            _("{name} is cut off in its first line: nothing in it can be read", name=path.name)
        )
    return line


def _why_not(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return _("there is no file {name}: check the path", name=path)
    if isinstance(error, PermissionError):
        return _("{name} may not be read: ask its owner for leave, or for a copy", name=path)
    return _("{name} can't be read: {reason}", name=path, reason=error.strerror or error)
