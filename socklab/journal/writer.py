"""The thread that brings a journal's events into its file.

Knows when to write (at most 100 ms after an event came, in batches) and in what portions, so that
encoding never keeps the interpreter's lock for long. What an event is for it doesn't know, nor
what to do when the file takes no more: it tells the journal and ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from socklab.events import AnyEvent
from socklab.journal import codec
from socklab.journal.codec import BLOCK
from socklab.journal.file import JournalFile

GATHER = 0.05
"""Seconds that the writer lets events gather before it writes them."""

PORTION_BLOCKS = 8
PORTION_BYTES = 1 << 20
"""The most that one write takes. Encoding it takes 1 to 2 ms, and the interpreter may switch
threads between two blocks; the write itself lets the others run."""

Piece = tuple[int, int]
"""How many events were written, all of one block, and their size in bytes."""


class Source(Protocol):
    """What the writer asks of a journal and tells it, on the writer's own thread."""

    def __len__(self) -> int: ...
    def read(self, start: int, stop: int) -> list[AnyEvent]: ...

    def on_written(self, pieces: list[Piece], idle: bool) -> None:
        """These pieces, which come next, are in the file; `idle`: nothing more waited then."""

    def on_finished(self) -> None:
        """The file is closed; nothing more will be written."""


class Writer:
    """Writes the events of `source` to `file`, from number 0 on, until stopped or refused."""

    def __init__(self, file: JournalFile, source: Source) -> None:
        self.file = file
        self.count = 0
        self.abandoned = False
        self._source = source
        # Kept: to give the megabyte back and have it filled with zeros again, each time, took a
        # quarter of this thread's time.
        self._portion = bytearray()
        self._awake = threading.Event()
        self._hurried = False
        self._stopped = False
        self._ended = False
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    def start(self) -> None:
        """Starts the thread. Apart from making the writer, which the source may want to hold."""
        self._thread.start()

    def wake(self) -> None:
        """There is something to write. A second call ends the time given to gather more."""
        self._awake.set()

    def wait(self, reached: Callable[[], bool], timeout: float | None) -> bool:
        """Has the writer hurry, and waits until `reached` holds or nothing more gets written.

        False where `timeout` (seconds) ran out.
        """
        self._hurried = True
        self._awake.set()
        with self._progress:
            return self._progress.wait_for(lambda: self._ended or reached(), timeout)

    def stop(self, timeout: float) -> bool:
        """Writes what waits and ends the thread. False if it took longer than `timeout` (s)."""
        self._stopped = True
        self._awake.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped and self._willing():
            self._awake.wait()
            self._awake.clear()
            if not (self._hurried or self._stopped):
                self._awake.wait(GATHER)
            self._hurried = False
            self._drain()
        self._drain()
        self.file.close()
        self._source.on_finished()
        self._ended = True
        self._tell()

    def _willing(self) -> bool:
        return not (self.file.full or self.file.error or self.abandoned)

    def _drain(self) -> None:
        # Only what is there now: else, under a flood, it would never be time to gather again.
        upto = len(self._source)
        while self.count < upto and self._willing():
            pieces = self._write(upto)
            self._source.on_written(pieces, idle=self.count == upto)
            self._tell()

    def _write(self, upto: int) -> list[Piece]:
        pieces: list[Piece] = []
        n, size = self.count, 0
        while n < upto and len(pieces) < PORTION_BLOCKS and size < PORTION_BYTES:
            stop = min(n - n % BLOCK + BLOCK, upto)
            lines = codec.encode(self._source.read(n, stop))
            pieces.append((stop - n, len(lines)))
            self._portion[size : size + len(lines)] = lines
            size += len(lines)
            n = stop
        with memoryview(self._portion) as portion:
            taken = self.file.write(portion[:size])
        if taken < size:
            pieces = _cut(pieces, self._portion, taken)
        self.count += sum(count for count, _size in pieces)
        return pieces

    def _tell(self) -> None:
        with self._progress:
            self._progress.notify_all()


def _cut(pieces: list[Piece], portion: bytearray, taken: int) -> list[Piece]:
    """The pieces as far as they lie in the first `taken` bytes, which end with a whole line."""
    kept: list[Piece] = []
    begin = 0
    for count, size in pieces:
        if taken < begin + size:
            kept.append((portion.count(b"\n", begin, taken), taken - begin))
            break
        kept.append((count, size))
        begin += size
    return [piece for piece in kept if piece[0]]
