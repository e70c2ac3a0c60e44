"""The journal in memory: numbers, reading, watching, and what it drops."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from socklab.events import UNNUMBERED, AnyEvent
from socklab.journal import Journal
from socklab.journal import journal as journal_module
from tests.journal.samples import call, fill


def test_append_numbers_events_without_a_gap() -> None:
    journal = Journal.create()
    events = [call(i) for i in range(10)]
    assert {event.n for event in events} == {UNNUMBERED}
    assert [journal.append(event) for event in events] == list(range(10))
    assert [event.n for event in events] == list(range(10))
    assert len(journal) == 10


def test_read_clips_to_what_there_is() -> None:
    journal = Journal.create()
    events = fill(journal, 5)
    assert journal.read(0, 3) == events[:3]
    assert journal.read(-5, 10_000) == events
    assert journal.read(3, 3) == []
    assert journal.read(4, 2) == []
    assert journal.read(10_000, 10_001) == []
    assert Journal.create().read(0, 10) == []


def test_indexing_and_iteration() -> None:
    journal = Journal.create()
    events = fill(journal, 700)
    assert journal[0] == events[0]
    assert journal[-1] == events[-1]
    assert list(journal) == events
    for n in (len(events), -len(events) - 1):
        with pytest.raises(IndexError):
            journal[n]


def test_now_goes_on_from_the_start_and_never_back() -> None:
    journal = Journal.create()
    times = [journal.header.started] + [journal.now() for _ in range(100)]
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_the_header_names_the_clock_and_the_kernel() -> None:
    header = Journal.create(snap=64).header
    assert header.snap == 64
    assert header.system
    assert header.python.count(".") >= 2


def test_a_watcher_is_called_once_on_the_appending_thread() -> None:
    journal = Journal.create()
    threads: list[threading.Thread] = []
    journal.watch(lambda: threads.append(threading.current_thread()))
    journal.append(call(0))
    journal.append(call(1))
    assert threads == [threading.current_thread()]


def test_a_watcher_sees_the_event_and_may_watch_again() -> None:
    journal = Journal.create()
    seen: list[int] = []

    def look() -> None:
        seen.append(len(journal))
        journal.watch(look)

    journal.watch(look)
    for i in range(3):
        journal.append(call(i))
    assert seen == [1, 2, 3]


def test_every_watcher_is_called() -> None:
    journal = Journal.create()
    called: list[str] = []
    journal.watch(lambda: called.append("a"))
    journal.watch(lambda: called.append("b"))
    journal.append(call(0))
    assert called == ["a", "b"]


def test_appends_from_many_threads_leave_no_gap() -> None:
    journal = Journal.create()
    start = threading.Barrier(4)
    given: list[list[int]] = [[], [], [], []]

    def work(numbers: list[int]) -> None:
        start.wait()
        numbers.extend(journal.append(call(i)) for i in range(5_000))

    threads = [threading.Thread(target=work, args=(numbers,)) for numbers in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(n for numbers in given for n in numbers) == list(range(20_000))
    assert [event.n for event in journal.read(0, 20_000)] == list(range(20_000))


def test_what_comes_together_stays_together() -> None:
    journal = Journal.create()
    start = threading.Barrier(4)
    firsts: list[int] = []

    def work() -> None:
        start.wait()
        for _time in range(500):
            firsts.append(journal.extend([call(i) for i in range(3)]))
            journal.append(call(9))

    threads = [threading.Thread(target=work) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = journal.read(0, len(journal))
    assert [event.n for event in events] == list(range(4 * 500 * 4))
    for first in firsts:
        assert [event.t for event in events[first : first + 3]] == [call(i).t for i in range(3)]


def test_memory_keeps_the_newest_and_says_where_it_begins() -> None:
    journal = Journal.create(keep=1_000)
    for i in range(20_000):
        journal.append(call(i))
    first = journal.first
    assert 20_000 - 1_000 - 2 * journal_module.SETTLE <= first <= 20_000 - 1_000
    assert [event.n for event in journal.read(0, 20_000)] == list(range(first, 20_000))
    assert next(iter(journal)).n == first
    with pytest.raises(IndexError):
        journal[first - 1]
    assert journal[first].n == first
    assert journal.columns.count == 20_000
    assert journal.recording == "memory"
    assert journal.lost == 0


def test_memory_is_bounded_by_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_module, "KEEP_BYTES", 1 << 20)
    journal = Journal.create()
    data = bytes(4096)
    for i in range(20_000):
        journal.append(call(i, data=data))
    kept = journal.read(0, 20_000)
    assert len(kept) <= journal_module.SETTLE + 256
    assert kept[-1].n == 19_999


def test_a_reader_meets_only_whole_prefixes() -> None:
    journal = Journal.create()
    wrong: list[list[AnyEvent]] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            size = len(journal)
            events = journal.read(0, size)
            if [event.n for event in events] != list(range(size)):
                wrong.append(events)

    reader = threading.Thread(target=look)
    reader.start()
    for i in range(10_000):
        journal.append(call(i))
    done.set()
    reader.join()
    assert not wrong
