"""The journal: every event of a lab, in memory, in its file, and read back from both.

Knows the order of the events (it numbers them), which of them are still in memory, and what to do
when they can't be recorded. It doesn't know what they mean, and never drops one unsaid.
"""

from __future__ import annotations

import platform
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from msgspec.structs import force_setattr

from socklab.events import AnyEvent, Header, Level, Note
from socklab.i18n import _
from socklab.journal import codec
from socklab.journal.archive import Archive
from socklab.journal.columns import Columns
from socklab.journal.file import JournalFile
from socklab.journal.store import LIMIT
from socklab.journal.times import over
from socklab.journal.writer import Piece, Writer

RECENT = 50_000
RECENT_BYTES = 32 << 20
"""Events kept decoded although the file has them, and the bytes of their lines: in a flood those of
a frame of the screen, which else would have to be decoded again."""

KEEP = 200_000
KEEP_BYTES = 64 << 20
"""Events kept where no file has them, and the bytes of their data."""

SETTLE = 4096
"""Events after which the writer is woken early, or the oldest in memory are let go."""

MOST_WAITING = 50_000
"""Events that may wait for the disk before those who append have to wait as well."""

PATIENCE = 2.0
"""Seconds to wait for the disk before it is given up."""

CLOSING = 5.0
"""Seconds that closing may take."""


class Journal:
    """An append-only sequence of events: `create` one to record, `open` one to look at.

    `recording` is "recording" (to the file at `path`), "memory" (no file wanted), "full" (the file
    has reached its limit) or "failed", and `failure` then says why in one sentence. `damage` says
    where a journal that was opened is damaged, `indexed` whether all of it has been found. `ahead`
    is what its times are ahead of the monotonic clock (ns).
    """

    def __init__(self, header: Header, *, path: Path | None = None, keep: int = KEEP) -> None:
        self.header = header
        self.path = path
        self.recording = "memory"
        self.failure: str | None = None
        self.damage: str | None = None
        self.indexed = True
        self.ahead = header.started - time.monotonic_ns()
        self._keep = keep

        # The events [_base, _base + len(_events)). The append to the list is what commits one.
        self._lock = threading.Lock()
        self._events: list[AnyEvent] = []
        self._base = 0
        # The number whose append has more to do than append; 0 while somebody watches.
        self._alarm = SETTLE
        self._wake_at = SETTLE
        self._watchers: list[Callable[[], None]] = []

        # The events that may be let go, as (number after the last, bytes), and what is kept of
        # all of them: only once somebody has asked, since it is a good part of an event's cost.
        self._settling = threading.Lock()
        self._columns: Columns | None = None
        self._settled: deque[tuple[int, int]] = deque()
        self._settled_bytes = 0

        self._archive: Archive | None = None
        self._writer: Writer | None = None
        self._to_file = False

    @classmethod
    def create(
        cls,
        path: Path | None = None,
        *,
        snap: int = 4096,
        limit: int = LIMIT,
        keep: int = KEEP,
    ) -> Journal:
        """A new journal, recorded in a new file at `path` (mode 0600), or in memory only.

        `snap` goes into the header: the most bytes of data per event, which those who append keep
        to. The file takes `limit` bytes at most. Without a file the newest `keep` events stay.
        Never raises for a file that can't be made: then the journal is in memory, and a first
        event says why.
        """
        header = Header(
            started=time.time_ns(),
            snap=snap,
            system=platform.system(),
            release=platform.release(),
            python=platform.python_version(),
        )
        journal = cls(header, path=path, keep=keep)
        if path is not None:
            journal._record(path, limit)
        return journal

    @classmethod
    def open(cls, path: Path) -> Journal:
        """A recorded journal, to read only: whole lines up to the first that is damaged.

        Returns before all events are found (`indexed`, `wait_indexed`); until then `len` grows.
        Raises JournalError, whose text says what to do, for what isn't a readable journal.
        """
        from socklab.journal.opened import OpenedJournal

        return OpenedJournal(path)

    # Writing

    def now(self) -> int:
        """The time for an event (ns since the epoch): monotonic since the journal's start."""
        return self.ahead + time.monotonic_ns()

    def append(self, event: AnyEvent) -> int:
        """Takes the event in, gives it its number `n` and returns that. From any thread.

        Waits only where the disk falls so far behind that memory is at stake.
        """
        # Not `with`, which takes as long as all the rest: this is done for every call.
        self._lock.acquire()
        try:
            events = self._events
            n = self._base + len(events)
            force_setattr(event, "n", n)
            events.append(event)
        finally:
            self._lock.release()
        if n >= self._alarm:
            self._ring()
        return n

    def extend(self, events: Sequence[AnyEvent]) -> int:
        """Takes these events in, with no other between them, and returns the first one's number.
        As `append` does."""
        with self._lock:
            first = n = self._base + len(self._events)
            for event in events:
                force_setattr(event, "n", n)
                n += 1
            self._events.extend(events)
        if n > self._alarm:
            self._ring()
        return first

    def watch(self, callback: Callable[[], None]) -> None:
        """Calls `callback` once, after the next append, on the thread that appended.

        It must return at once and raise nothing. Look at `len` after watching, not before.
        """
        with self._lock:
            self._watchers.append(callback)
            self._alarm = 0

    def flush(self) -> None:
        """Returns once every event appended before is in the file (or can't get there)."""
        writer, upto = self._writer, len(self)
        if writer is not None and writer.count < upto:
            writer.wait(lambda: writer.count >= upto, None)

    def close(self) -> None:
        """Writes what waits and closes the file. The events stay readable.

        What is appended later is kept in memory only and counted as lost.
        """
        writer = self._writer
        if writer is not None and not writer.abandoned and not writer.stop(CLOSING):
            self._give_up(writer)
        if self._archive is not None:
            self._archive.close()

    # Reading

    def __len__(self) -> int:
        with self._lock:
            return self._base + len(self._events)

    def __getitem__(self, n: int) -> AnyEvent:
        size = len(self)
        if n < 0:
            n += size
        if not self.first <= n < size:
            raise IndexError(n)
        return self.read(n, n + 1)[0]

    def __iter__(self) -> Iterator[AnyEvent]:
        size = len(self)
        for start in range(self.first, size, codec.BLOCK):
            yield from self.read(start, min(start + codec.BLOCK, size))

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        """The events [start, stop), as far as there are any and they are still kept."""
        with self._lock:
            base = self._base
            recent = self._events[max(start - base, 0) : max(stop - base, 0)]
        archive = self._archive
        if start >= base or archive is None or archive.count < base:
            return recent
        return archive.read(max(start, 0), min(stop, base)) + recent

    def pick(self, numbers: Sequence[int]) -> list[AnyEvent]:
        """The events with these numbers, ascending, as far as they are still kept."""
        with self._lock:
            base, events = self._base, self._events
            old, end = (bisect_left(numbers, n) for n in (base, base + len(events)))
            recent = [events[n - base] for n in numbers[old:end]]
        archive = self._archive
        if not old or archive is None or archive.count < base:
            return recent
        return archive.pick(numbers[:old]) + recent

    def ended(self, start: int, stop: int) -> Sequence[int]:
        """When the events [start, stop) were over (ns since the epoch), as far as they are kept."""
        return [over(event) for event in self.read(start, stop)]

    @property
    def first(self) -> int:
        """The oldest event that can still be read; all after it can."""
        base = self._base
        return 0 if self._archive is not None and self._archive.count >= base else base

    @property
    def lost(self) -> int:
        """Events that should have been recorded in the file and are not."""
        if self.path is None or self._to_file:
            return 0
        return len(self) - (self._archive.count if self._archive is not None else 0)

    @property
    def columns(self) -> Columns:
        """Kind and socket of every event up to the newest. The first time, all are read for it."""
        with self._settling:
            if self._columns is None:
                self._columns = Columns(self.first)
            self._index(self._columns, len(self))
            return self._columns

    def wait_indexed(self, timeout: float | None = None) -> bool:
        """Waits until all of an opened journal has been found; False if `timeout` (s) ran out."""
        return self.indexed

    # What an append that rings the alarm does besides

    def _ring(self) -> None:
        with self._lock:
            size = self._base + len(self._events)
            watchers, self._watchers = self._watchers, []
            due = size > self._wake_at
            if due:
                self._wake_at = size + SETTLE
            self._alarm = self._wake_at
        if due:
            if self._to_file:
                self._rouse(size)
            else:
                self._settle(size)
        for callback in watchers:
            callback()

    def _rouse(self, size: int) -> None:
        """Wakes the writer; if it is far behind, waits for it, so that memory stays bounded."""
        writer = self._writer
        assert writer is not None
        writer.wake()
        reached = size - MOST_WAITING
        if writer.count < reached and not writer.wait(lambda: writer.count >= reached, PATIENCE):
            self._give_up(writer)

    def _settle(self, upto: int) -> None:
        """Lets the oldest of the events up to `upto` go, which no file will have."""
        with self._settling:
            start = self._settled[-1][0] if self._settled else self._base
            if start < upto:
                size = sum(len(getattr(e, "data", None) or b"") for e in self.read(start, upto))
                self._let_go(upto, size, self._keep, KEEP_BYTES)
                if self._columns is not None:
                    self._columns.drop(self.first)

    def _index(self, columns: Columns, upto: int) -> None:
        while (start := columns.count) < upto:
            columns.take(self.read(start, min(start + SETTLE, upto)))

    def _let_go(self, upto: int, size: int, keep: int, keep_bytes: int) -> None:
        """Notes that the events up to `upto` (of `size` bytes) may go, and drops the oldest."""
        if self._columns is not None:
            self._index(self._columns, upto)
        self._settled.append((upto, size))
        self._settled_bytes += size
        cut = self._base
        while self._settled and (
            upto - self._settled[0][0] >= keep or self._settled_bytes > keep_bytes
        ):
            cut, gone = self._settled.popleft()
            self._settled_bytes -= gone
        with self._lock:
            dropped = self._events[: cut - self._base]
            del self._events[: cut - self._base]
            self._base = cut
        # Freed only here, outside the lock that every append needs.
        del dropped

    # Recording

    def _record(self, path: Path, limit: int) -> None:
        self._to_file = True
        try:
            file = JournalFile(path, codec.encode_header(self.header), limit)
            self._archive = Archive(path, file.size)
        except OSError as error:
            self._end("failed", _cannot_write(path, error), "error")
            return
        self.recording = "recording"
        self._alarm = self._wake_at = 0
        self._writer = Writer(file, self)
        self._writer.start()

    def on_written(self, pieces: list[Piece], idle: bool) -> None:
        """For the writer: these events are in the file now."""
        assert self._archive is not None
        assert self._writer is not None
        for count, size in pieces:
            self._archive.extend(count, size)
        if not self._to_file:
            return
        upto = self._archive.count
        with self._settling:
            self._let_go(upto, sum(size for _count, size in pieces), RECENT, RECENT_BYTES)
        if idle:
            self._sleep_or_wake(self._writer, upto)

    def _sleep_or_wake(self, writer: Writer, upto: int) -> None:
        """Has the event after `upto` wake the writer, be it here already or still to come."""
        with self._lock:
            if self._base + len(self._events) > upto:
                writer.wake()
            else:
                self._alarm = self._wake_at = upto

    def on_finished(self) -> None:
        """For the writer: the file is closed, because it takes no more or need not."""
        assert self._writer is not None
        file = self._writer.file
        if file.full:
            text = _(
                "{name} has reached its limit of {size} MB: the lab goes on, "
                "but nothing more is recorded",
                name=file.path.name,
                size=file.limit >> 20,
            )
            self._end("full", text, "warning")
        elif file.error is not None:
            self._end("failed", _cannot_write(file.path, file.error), "error")
        self._to_file = False

    def _give_up(self, writer: Writer) -> None:
        writer.abandoned = True
        text = _(
            "{name} can't be written (the disk doesn't answer): the lab goes on, "
            "but nothing more is recorded",
            name=writer.file.path.name,
        )
        self._end("failed", text, "error")

    def _end(self, recording: str, failure: str, level: Level) -> None:
        """Goes on without the file, and says so once."""
        with self._lock:
            if not self._to_file:
                return
            self._to_file = False
            self.recording, self.failure = recording, failure
        self.append(Note(t=self.now(), level=level, text=failure))


def _cannot_write(path: Path, error: OSError) -> str:
    return _(
        "{name} can't be written ({reason}): the lab goes on, but isn't recorded",
        name=path.name,
        reason=error.strerror or error,
    )
