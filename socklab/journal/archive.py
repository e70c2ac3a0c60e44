"""The events in a journal's file, found again by offset and decoded a block at a time.

Knows where each block of events begins and keeps the few blocks decoded last. Never writes, and
never raises for a disk that fails: an event that can't be read back is a note that says so.
"""

from __future__ import annotations

import os
import threading
from array import array
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path

from socklab.events import AnyEvent
from socklab.journal import codec
from socklab.journal.codec import BLOCK

DECODED_BLOCKS = 32
"""Blocks kept decoded: 8,192 events, some 5 MB of calls with 64 bytes of data."""

_FEW = BLOCK // 4
"""So many events of a block are decoded without the others."""

_BINARY: int = getattr(os, "O_BINARY", 0)


class Archive:
    """The events [0, count) of the file at `path`, whose first line begins at `start` (bytes).

    Opens the file at once and keeps it open, because a lab that has run out of descriptors must
    still be able to show its past. Raises OSError where it can't be opened.
    """

    def __init__(self, path: Path, start: int) -> None:
        self.count = 0
        self.end = start
        self._path = path
        self._starts = array("Q")
        self._decoded: OrderedDict[int, list[AnyEvent]] = OrderedDict()
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._fd = self._open()

    def __del__(self) -> None:
        self.close()

    def extend(self, count: int, size: int) -> None:
        """`count` more events, of one block, take the next `size` bytes of the file."""
        if self.count % BLOCK == 0:
            self._starts.append(self.end)
        # A reader trusts `count`, so that the bytes must be known before.
        self.end += size
        self.count += count

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """The events [start, stop), which must lie in [0, count]."""
        events: list[AnyEvent] = []
        while start < stop:
            block, skip = divmod(start, BLOCK)
            upto = min(stop - block * BLOCK, BLOCK)
            events += self._block(block, upto)[skip:upto]
            start = block * BLOCK + upto
        return events

    def pick(self, numbers: Sequence[int]) -> list[AnyEvent]:
        """The events with these numbers, ascending, which must lie in [0, count)."""
        events: list[AnyEvent] = []
        for block, its in groupby(numbers, BLOCK.__rfloordiv__):
            events += self._pick(block, list(its))
        return events

    def _pick(self, block: int, numbers: Sequence[int]) -> list[AnyEvent]:
        first, least = block * BLOCK, numbers[-1] % BLOCK + 1
        events = self._kept(block, least)
        if events is None and len(numbers) < _FEW:
            return codec.decode_some(self._lines(block), first, numbers)
        events = events or self._block(block, least)
        return [events[n - first] for n in numbers]

    def close(self) -> None:
        """Closes the file; a later read opens it again."""
        with self._lock:
            fd, self._fd = self._fd, None
            if fd is not None:
                os.close(fd)

    def _block(self, block: int, least: int) -> list[AnyEvent]:
        """The events of a block, at least its first `least` (the file's last block may grow)."""
        events = self._kept(block, least)
        if events is not None:
            return events
        first = block * BLOCK
        count = min(self.count - first, BLOCK)
        events = codec.decode(self._lines(block), first, count)
        with self._lock:
            self._decoded[block] = events
            self._decoded.move_to_end(block)
            if len(self._decoded) > DECODED_BLOCKS:
                self._decoded.popitem(last=False)
        return events

    def _kept(self, block: int, least: int) -> list[AnyEvent] | None:
        """A block that is still decoded."""
        with self._lock:
            events = self._decoded.get(block)
            if events is None or len(events) < least:
                return None
            self._decoded.move_to_end(block)
            return events

    def _lines(self, block: int) -> bytes:
        begin = self._starts[block]
        end = self._starts[block + 1] if block + 1 < len(self._starts) else self.end
        return self._bytes(begin, end - begin)

    def _bytes(self, offset: int, size: int) -> bytes:
        """The file's bytes from `offset` on, fewer than `size` where it doesn't give more."""
        parts = []
        # Windows has no pread(), so that the position is shared and needs the lock.
        with self._lock, suppress(OSError):
            if self._fd is None:
                self._fd = self._open()
            os.lseek(self._fd, offset, os.SEEK_SET)
            while size and (part := os.read(self._fd, size)):
                parts.append(part)
                size -= len(part)
        return b"".join(parts)

    def _open(self) -> int:
        return os.open(self._path, os.O_RDONLY | _BINARY)
