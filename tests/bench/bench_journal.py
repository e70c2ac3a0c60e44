"""What the journal costs and how soon it shows what: `python -m tests.bench.bench_journal`.

Prints a table. Records a lab of one server and fifty connections in a temporary folder, then looks
at it in every way that the screen does. Each part runs in a process of its own, so that memory is
its own too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from socklab.events import AnyEvent, Call, Gauge, State
from socklab.journal import Filter, History, Journal, Selection
from socklab.journal.codec import decode, encode
from socklab.model.notation import event_text
from socklab.model.sockets import SocketTable

CONNECTIONS = 50
PAGE = 40
Row = tuple[str, float, str, str]
"""What, how much, its unit, and the number to hold."""


def lab(count: int, data: bytes = b"x" * 64) -> Iterator[AnyEvent]:
    """A server that echoes: `count` events, nearly all of them recv and send."""
    at = 1_790_000_000_000_000_000
    yield Call(t=at, program="server", name="socket", sock=0, fd=3, result=3, args=("AF_INET",))
    yield Call(t=at, program="server", name="listen", sock=0, fd=3, result=0, args=(50,))
    for sock in range(1, CONNECTIONS + 1):
        yield Call(
            t=at, program="server", name="accept", sock=0, fd=3, result=3 + sock, new_sock=sock
        )
        yield State(t=at, sock=sock, fd=3 + sock, old="CLOSE", new="ESTABLISHED", source="kernel")
    for i in range(count - 2 - 2 * CONNECTIONS):
        sock = i // 2 % CONNECTIONS + 1
        t, fd = at + i * 7_000, 3 + sock
        if i % 100 == 99:
            yield Gauge(t=t, sock=sock, fd=fd, recv_queue=i % 4096, send_queue=0)
        elif i % 1_000 == 0:
            yield Call(t=t, program="server", name="recv", sock=sock, fd=fd, error="EAGAIN")
        else:
            yield Call(
                t=t,
                program="server",
                name="send" if i % 2 else "recv",
                sock=sock,
                fd=fd,
                args=("0",) if i % 2 else (4096, "0"),
                result=len(data),
                duration=9_000 + i % 5_000,
                data=data,
                size=len(data),
            )


def resident() -> float:
    """This process's memory (MB)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def timed(work: Callable[[], object]) -> float:
    """How long that takes (s)."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def append_all(journal: Journal, events: list[AnyEvent]) -> None:
    """As fast as it goes."""
    append = journal.append
    for event in events:
        append(event)


def batches(events: Iterator[AnyEvent], size: int) -> Iterator[list[AnyEvent]]:
    """The events in lists of `size`, so that making them needn't be timed."""
    batch = []
    for event in events:
        batch.append(event)
        if len(batch) == size:
            yield batch
            batch = []
    yield batch


def appending(_path: Path, count: int) -> Iterator[Row]:
    """The append alone, while nothing is indexed or written, and what is done to each event."""
    events = list(lab(4_000))
    best = min(timed(partial(append_all, Journal.create(), events)) for _ in range(50))
    yield "append alone (best of 50 runs of 4,000)", best / 4_000 * 1e6, "µs/event", "0.5"
    lines = list(batches(lab(count // 10), 256))
    yield "encoding", timed(lambda: [encode(b) for b in lines]) / count * 1e7, "µs/event", ""
    blocks = [(encode(b), len(b)) for b in lines]
    cost = timed(lambda: [decode(text, -1, n) for text, n in blocks]) / count * 1e7
    yield "decoding", cost, "µs/event", ""


def recording(path: Path, count: int) -> Iterator[Row]:
    """All of it into a file, as fast as it can be appended."""
    before = resident()
    journal = Journal.create(path)
    spent = slowest = 0.0
    for batch in batches(lab(count), 1_000):
        took = timed(partial(append_all, journal, batch))
        spent += took
        slowest = max(slowest, took)
    left = timed(journal.flush)
    yield "appended and written", count / (spent + left), "events/s", "150,000"
    yield "the slowest 1,000 appends", slowest * 1e3, "ms", ""
    yield "left to write at the end", left * 1e3, "ms", "100"
    yield "not recorded", journal.lost, "events", "0"
    yield "memory above an empty lab", resident() - before, "MB", "150"
    yield from selecting(journal)
    yield from moments(journal)
    yield "memory with selections and history", resident() - before, "MB", "150"
    journal.close()
    yield "file", path.stat().st_size / 1e6, "MB", ""


def opening(path: Path, _count: int) -> Iterator[Row]:
    """The recorded journal, opened anew."""
    before = resident()
    begun = time.perf_counter()
    journal = Journal.open(path)
    while len(journal.read(0, PAGE)) < PAGE:
        time.sleep(0)
    yield "opened, first screen", (time.perf_counter() - begun) * 1e3, "ms", "1,000"
    journal.wait_indexed()
    yield "opened, all found", (time.perf_counter() - begun) * 1e3, "ms", ""
    journal.read(len(journal) - PAGE, len(journal))
    yield from selecting(journal)
    yield from moments(journal)
    yield "memory with selections and history", resident() - before, "MB", "150"
    journal.close()


def selecting(journal: Journal) -> Iterator[Row]:
    """Filters: the first page of each, and all of it."""
    filters = {
        "errors": Filter(errors_only=True),
        "one socket": Filter(socks=frozenset([7])),
        "a call that is rare": Filter(calls=frozenset(["listen"])),
        "nothing matches": Filter(programs=frozenset(["nobody"])),
        "text": Filter(text="EAGAIN"),
    }
    for name, criteria in filters.items():
        selection = Selection(journal, criteria, event_text)
        page = timed(partial(show_page, journal, selection))
        rest = timed(partial(selection.extend_back, 1e9))
        yield f"filter, first page: {name}", page * 1e3, "ms", "200"
        yield f"filter, all: {name}", (page + rest) * 1e3, "ms", ""


def show_page(journal: Journal, selection: Selection) -> list[AnyEvent]:
    """What a screen shows first."""
    selection.extend_back(1e9, rows=PAGE)
    return [journal[selection[i]] for i in range(max(-PAGE, -len(selection)), 0)]


def moments(journal: Journal) -> Iterator[Row]:
    """Any moment of the socket table."""
    history = History(journal, SocketTable)
    yield "history, all of it", timed(partial(history.advance, 1e9)), "s", ""
    random.seed(7)
    took = sorted(timed(partial(history.at, random.randrange(len(journal)))) for _ in range(200))
    yield "any moment, median of 200", took[100] * 1e3, "ms", ""
    yield "any moment, slowest of 200", took[-1] * 1e3, "ms", "50"


PARTS = {"append": appending, "record": recording, "open": opening}


def main() -> None:
    """Runs every part and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(list(PARTS[options.part](options.path, options.events))))
        return
    print(f"{options.events:,} events\n")
    print(f"{'':52}{'measured':>12}  {'unit':10}{'to hold':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for part in PARTS:
            print(f"{part}:")
            for row in run(part, Path(folder) / "lab.jsonl", options.events):
                what, value, unit, hold = row
                print(f"  {what:50}{value:12,.{2 if value < 100 else 0}f}  {unit:10}{hold:>10}")


def run(part: str, path: Path, count: int) -> list[Row]:
    """The rows of one part, measured in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.bench_journal", "--part", part]
    done = subprocess.run(
        [*command, "--path", str(path), "--events", str(count)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows: list[Row] = json.loads(done.stdout)
    return rows


if __name__ == "__main__":
    main()
