"""The journal in its file: all of it, in order, private, and what happens when it can't be."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socklab.events import AnyEvent, Note
from socklab.journal import Journal
from socklab.journal import journal as journal_module
from tests.journal.samples import any_event, call, fill, recorded

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs POSIX modes and limits")


def lines(path: Path) -> list[dict[str, object]]:
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def wait_written(journal: Journal, upto: int) -> None:
    """Waits for the writer to get so far, without asking it to hurry as `flush` does."""
    writer = journal._writer
    assert writer is not None
    with writer._progress:
        while writer.count < upto:
            assert writer._progress.wait(30)


def test_close_leaves_the_header_and_every_event_in_order(path: Path) -> None:
    events = recorded(path, 2_000)
    header, *rest = lines(path)
    assert header["type"] == "socklab-journal"
    assert [line["n"] for line in rest] == list(range(len(events)))
    assert path.read_bytes().endswith(b"\n")


def test_flush_brings_what_was_appended_into_the_file(path: Path, journal: Journal) -> None:
    journal.append(call(0))
    journal.flush()
    assert len(lines(path)) == 2
    assert journal.recording == "recording"
    assert journal.failure is None


def test_events_get_there_without_being_asked_for(path: Path, journal: Journal) -> None:
    for upto in range(1, 4):  # each after the writer has gone to rest
        journal.append(call(upto))
        wait_written(journal, upto)
    assert len(lines(path)) == 4


@posix_only
def test_only_the_user_may_read_the_file(path: Path, journal: Journal) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@given(st.lists(any_event, min_size=1, max_size=30), st.integers(1, 300))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_old_events_come_back_equal(
    tmp_path_factory: pytest.TempPathFactory, events: list[AnyEvent], batch: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "lab.jsonl"
    journal = Journal.create(path)
    given_events = [msgspec.structs.replace(e) for e in events * (1_000 // len(events))]
    for i, event in enumerate(given_events):
        journal.append(event)
        if i % batch == 0:
            journal.flush()
    journal.close()
    opened = Journal.open(path)
    assert opened.wait_indexed(60)
    assert opened.damage is None
    assert list(opened) == given_events
    opened.close()


@pytest.mark.usefixtures("small_memory")
def test_what_has_left_memory_is_read_from_the_file(journal: Journal) -> None:
    events = fill(journal, 3_000)
    journal.flush()
    assert len(journal._events) < 3_000
    assert journal.first == 0
    assert journal.read(0, len(events)) == events
    for n in (0, 1, 255, 256, 257, 511, 1_000, len(events) - 1):
        assert journal[n] == events[n]
        assert journal.read(n, n + 300) == events[n : n + 300]


@pytest.mark.usefixtures("small_memory")
def test_reading_while_writing(journal: Journal) -> None:
    wrong: list[int] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            size = len(journal)
            for start in (0, size // 2, size - 300):
                start = max(start, 0)
                numbers = [event.n for event in journal.read(start, start + 300)]
                if numbers != list(range(start, start + len(numbers))):
                    wrong.append(start)
                if len(numbers) < min(300, size - start):
                    wrong.append(-start)

    reader = threading.Thread(target=look)
    reader.start()
    for i in range(30_000):
        journal.append(call(i))
    done.set()
    reader.join()
    assert not wrong


@pytest.mark.usefixtures("small_memory")
def test_the_file_has_the_order_of_the_numbers(path: Path) -> None:
    journal = Journal.create(path)
    threads = [
        threading.Thread(target=lambda: [journal.append(call(i)) for i in range(3_000)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    assert [line["n"] for line in lines(path)[1:]] == list(range(12_000))


def test_events_stay_readable_after_close(path: Path) -> None:
    journal = Journal.create(path)
    events = fill(journal, 100)
    journal.close()
    assert list(journal) == events
    journal.append(call(0))
    assert journal.lost == 1
    assert journal[-1].n == len(events)
    journal.close()


def test_an_event_that_cannot_be_written_leaves_a_note(path: Path) -> None:
    journal = Journal.create(path)
    journal.append(call(0))
    journal.append(Note(t=7, text="\udcff"))
    journal.append(call(2))
    journal.close()
    numbers = [(line["n"], line["type"]) for line in lines(path)[1:]]
    assert numbers == [(0, "call"), (1, "note"), (2, "call")]


# When the file can't take it


def only_failure(journal: Journal) -> Note:
    """The one note in which a journal says that it is no longer recorded."""
    notes = [event for event in journal if isinstance(event, Note) and event.level != "info"]
    assert len(notes) == 1
    assert notes[0].text == journal.failure
    return notes[0]


def test_an_unwritable_path_leaves_a_journal_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a folder")
    journal = Journal.create(file / "lab.jsonl")
    assert journal.recording == "failed"
    assert only_failure(journal).level == "error"
    assert "lab.jsonl" in only_failure(journal).text
    assert os.strerror(20) in only_failure(journal).text
    journal.append(call(0))
    assert journal.lost == len(journal) == 2
    journal.close()


def test_a_file_that_is_there_is_not_overwritten(path: Path) -> None:
    path.write_text("precious")
    journal = Journal.create(path)
    assert journal.recording == "failed"
    journal.close()
    assert path.read_text() == "precious"


def test_the_limit_ends_the_recording_and_not_the_lab(path: Path) -> None:
    journal = Journal.create(path, limit=10_000)
    for i in range(1_000):
        journal.append(call(i))
    journal.close()
    assert journal.recording == "full"
    assert only_failure(journal).level == "warning"
    recorded_lines = len(lines(path)) - 1
    assert 10_000 - 500 < path.stat().st_size <= 10_000
    assert journal.lost == len(journal) - recorded_lines
    assert len(journal) == 1_001
    assert [event.n for event in journal.read(0, 1_001)] == list(range(1_001))


@pytest.mark.parametrize("room", [0, 1, 150, 10_000, 10_001, 10_137, 60_000])
def test_a_full_disk_leaves_whole_lines(path: Path, disk: Callable[[int], None], room: int) -> None:
    disk(room)
    journal = Journal.create(path)
    for i in range(1_000):
        journal.append(call(i))
    journal.close()
    assert journal.recording == "failed"
    assert os.strerror(28) in only_failure(journal).text
    assert len(journal) == 1_001
    assert journal.first == 0
    if not path.exists():  # no room for so much as the header
        assert room < 150
        assert journal.lost == 1_001
        return
    assert path.read_bytes().endswith(b"\n")
    assert [line["n"] for line in lines(path)[1:]] == list(range(1_001 - journal.lost))
    assert path.stat().st_size > room - 500


@pytest.mark.usefixtures("small_memory")
def test_what_was_recorded_before_the_disk_was_full_stays(
    path: Path, disk: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk(100_000)
    journal = Journal.create(path, keep=2_000)
    for i in range(1_500):
        journal.append(call(i))
    journal.close()
    assert journal.recording == "failed"
    assert [event.n for event in journal] == list(range(1_501))
    for i in range(20_000):
        journal.append(call(i))
    # What lay between the file's last and memory's oldest is gone, so reading begins after it.
    assert journal.first > 0
    assert [event.n for event in journal] == list(range(journal.first, 21_501))
    assert journal.read(0, 30_000)[0].n == journal.first
    assert journal.lost > 20_000
    journal.close()


@posix_only
def test_a_file_size_limit_is_a_full_disk() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["failed", "1", "True", "True"]


LIMITED = """
import resource, tempfile
from pathlib import Path
from socklab.events import Note
from socklab.journal import Journal

resource.setrlimit(resource.RLIMIT_FSIZE, (20_001, 20_001))
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "lab.jsonl"
    journal = Journal.create(path)
    for i in range(1000):
        journal.append(Note(t=i, text="some words"))
    journal.close()
    print(journal.recording, sum(e.level == "error" for e in journal))
    print(path.read_bytes().endswith(b"\\n"), 19_900 < path.stat().st_size <= 20_001)
"""


class HangingDisk:
    """Writes to the file at `path` wait until `go` is set, and then fail with `error` if given."""

    def __init__(self, path: Path, error: OSError | None = None) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self._path, self._error, self._write = path, error, os.write

    def write(self, fd: int, data: bytes) -> int:
        if os.path.samestat(os.fstat(fd), self._path.stat()):
            self.begun.set()
            self.go.wait()
            if self._error is not None:
                raise self._error
        return self._write(fd, data)


def test_what_comes_during_a_write_is_written_too(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = HangingDisk(path)
    monkeypatch.setattr(os, "write", disk.write)
    journal.append(call(0))
    assert disk.begun.wait(30)
    journal.append(call(1))
    disk.go.set()
    wait_written(journal, 2)


@pytest.mark.parametrize("error", [None, OSError(28, "No space left on device")])
def test_a_disk_that_hangs_is_given_up(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError | None
) -> None:
    monkeypatch.setattr(journal_module, "PATIENCE", 0.01)
    monkeypatch.setattr(journal_module, "MOST_WAITING", 1_000)
    journal = Journal.create(path)
    disk = HangingDisk(path, error)
    monkeypatch.setattr(os, "write", disk.write)
    for i in range(20_000):
        journal.append(call(i))
    assert journal.recording == "failed"
    assert only_failure(journal).level == "error"
    assert len(journal) == 20_001
    assert journal.lost > 0
    journal.close()  # doesn't wait for the disk
    disk.go.set()
    writer = journal._writer
    assert writer is not None
    writer._thread.join(30)
    assert only_failure(journal)
    assert [line["n"] for line in lines(path)[1:]] == list(range(20_001 - journal.lost))


def test_a_slow_writer_holds_those_back_who_append(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_module, "MOST_WAITING", 10)
    journal = Journal.create(path)
    most = 0
    for i in range(30_000):
        journal.append(call(i))
        writer = journal._writer
        assert writer is not None
        most = max(most, len(journal) - writer.count)
    journal.close()
    assert journal.recording == "recording"
    assert journal.lost == 0
    assert most <= 2 * journal_module.SETTLE
