"""The screen while the wire is full: `python -m tests.bench.bench_wire_ui [--seconds S]`.

Runs the lab on a terminal of its own with two private hosts, one of which sends to the other as
fast as it can, types all the while and takes the time until each key is on the screen, for each
pane that is to be in view (`--pane`); then the same with frames held on the wire, and steps them by
hand. Prints tables beside the numbers that are to be held.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from socklab.events import Frame, Note
from socklab.journal import Journal
from socklab.journal.store import LIMIT
from tests.bench.bench_ui import typed
from tests.bench.terminal import Terminal

PANES = {"wire": "8", "ladder": "2", "states": "3"}
FULL = """\
network private
server: serve tcp * 9000 discard
client: socket tcp
client: connect 3 server 9000
client: every 0 x100000 send 3 bytes:10000000
"""
HELD = """\
network private
server: serve udp * 9000 discard
client: socket udp
client: connect 3 server 9000
client: send 3 "first"
wire hold on
client: every 0 x{count} send 3 "held"
"""
SCRIPT_KEY, END_KEY = "\x1b[20~", "\x11"
STEPS = 20
MOST = LIMIT * 9 // 10
"""Bytes of a journal after which the measuring ends: all of it is to be recorded."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--held", type=int, default=500)
    parser.add_argument("--pane", choices=PANES, action="append", help="all, if none is named")
    options = parser.parse_args()
    for pane in options.pane or PANES:
        print(f"With the {pane} in view and the wire full\n", flush=True)
        _full(PANES[pane], options.seconds)
    print(f"With {options.held} frames held\n", flush=True)
    _held(options.held)


@contextmanager
def _lab(script: str) -> Iterator[tuple[Terminal, Path]]:
    """The lab that has run a script, and where its journal will be."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_STATE_HOME"] = name
        path = Path(name) / "wire.lab"
        path.write_text(script)
        with Terminal([sys.executable, "-m", "socklab", str(path)]) as terminal:
            terminal.wait_for("Console", 10)
            terminal.drain(1.0)
            terminal.press(SCRIPT_KEY)
            terminal.drain(1.0)
            yield terminal, Path(name) / "socklab" / "journals"


def _full(key: str, seconds: float) -> None:
    with _lab(FULL) as (terminal, journals):
        terminal.press(key)
        terminal.drain(1.0)
        began = time.time_ns()
        journal_file = next(journals.glob("*.jsonl"))
        time_left = _for(seconds)
        lags = typed(terminal, lambda: time_left() and journal_file.stat().st_size < MOST)
        ended = time.time_ns()
        terminal.press("\x15client: stop\r")
        terminal.drain(2.0)
        terminal.press(END_KEY)
        terminal.wait()
        journal = Journal.open(journal_file)
        journal.wait_indexed()
        frames = unseen = gaps = 0
        for n, event in enumerate(journal):
            gaps += event.n != n
            frames += isinstance(event, Frame) and began < event.t < ended
            unseen += isinstance(event, Note) and event.text.endswith("they are in no list")
        journal.close()
    _print(
        ("frames/s, all journaled", f"{frames / (ended - began) * 1e9:,.0f}", ""),
        ("times that some were lost unseen", f"{unseen}", "0"),
        ("gaps in n", f"{gaps}", "0"),
        *_about(lags),
    )


def _held(count: int) -> None:
    with _lab(HELD.format(count=count)) as (terminal, _journals):
        terminal.drain(2.0)
        terminal.press(PANES["wire"])
        terminal.drain(1.5)
        lags = typed(terminal, _for(10.0))
        terminal.press("\x1b")
        terminal.drain(0.3)
        terminal.press(PANES["wire"])
        terminal.drain(0.5)
        steps = [_step(terminal) for _time in range(STEPS)]
        terminal.press(END_KEY)
    _print(*_about(lags), *_about(steps, "step"))


def _step(terminal: Terminal) -> float:
    """How long it takes (s) until the next frame has gone on, once its key is pressed."""
    pressed = time.monotonic()
    terminal.press(" ")
    took = terminal.wait_for_match(r"\d+ held", 3.0) - pressed
    terminal.drain(0.2)
    return took


def _for(seconds: float) -> Callable[[], bool]:
    """Whether so much time is left."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until


def _about(lags: Sequence[float], what: str = "key") -> list[tuple[str, str, str]]:
    lags = sorted(lags)
    return [
        (f"{what} to screen, median of {len(lags)}", f"{statistics.median(lags) * 1e3:.0f} ms", ""),
        (f"{what} to screen, p95", f"{lags[int(len(lags) * 0.95)] * 1e3:.0f} ms", "50 ms"),
    ]


def _print(*rows: tuple[str, str, str]) -> None:
    for what, found, wanted in rows:
        print(f"{what:36} {found:>14}   {wanted}")
    print(flush=True)


if __name__ == "__main__":
    main()
