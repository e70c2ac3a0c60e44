"""The screen under flood: `python -m tests.bench.bench_ui [--seconds S] [--connections N]`.

Runs the lab on a terminal of its own with an echo server, puts the load on it (from C), types all
the while and takes the time until each key is on the screen; then stops the server and reads the
journal. Prints a table beside the numbers that are to be held, for each pane that is to be in view
(`--pane`).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from socklab.events import Call, Command, Program
from socklab.journal import Journal
from tests.bench.bench_engine import SIZE, build
from tests.bench.terminal import Terminal

PORT = 24200
PANES = {"ladder": "2", "states": "3"}
"""What is in view, and the key that brings it there."""

KEYS = "äöüßéèêëàâçñõåøæþðłśźżćńāēīōūģķļņšžčřďťňůýíáóúőűąę"
"""Letters that nothing on the screen has."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=0, help="messages each, 0: until the time")
    parser.add_argument("--pane", choices=PANES, action="append", help="all, if none is named")
    options = parser.parse_args()
    for pane in options.pane or PANES:
        print(f"With the {pane} in view\n", flush=True)
        with tempfile.TemporaryDirectory() as name:
            _measure(Path(name), pane, options)
        print(flush=True)


def _measure(folder: Path, pane: str, options: argparse.Namespace) -> None:
    os.environ["XDG_STATE_HOME"] = str(folder)
    script = folder / "flood.lab"
    script.write_text(f"server: serve tcp 127.0.0.1 {PORT} echo\n")
    load = build(folder, "load")
    with Terminal([sys.executable, "-m", "socklab", str(script)]) as terminal:
        terminal.wait_for("Console", 10)
        terminal.drain(1.0)
        terminal.press("\x1b[20~")  # F9: run the script
        terminal.drain(1.0)
        terminal.press(PANES[pane])
        command = [load, PORT, options.connections, SIZE, options.seconds, options.rounds]
        before = _held(terminal.pid)
        running = subprocess.Popen(
            [str(word) for word in command], stdout=subprocess.PIPE, text=True
        )
        lags = typed(terminal, lambda: running.poll() is None)
        trips, took, wrong = running.communicate()[0].split()
        terminal.drain(2.0)
        held = [before, _held(terminal.pid)]
        terminal.press("\x15server: stop\r")
        terminal.drain(1.5)
        terminal.press("\x11")
        status = terminal.wait()
    journal = Journal.open(next((folder / "socklab" / "journals").glob("*.jsonl")))
    journal.wait_indexed()
    _report(journal, lags, int(trips), float(took), int(wrong), status)
    journal.close()
    for what, (then, now) in zip(
        ("descriptors", "MB resident"), zip(*held, strict=True), strict=True
    ):
        print(f"{what + ', before and after':28} {then:>30,} {now:,}")


def _held(pid: int) -> tuple[int, int]:
    """Descriptors, and megabytes of memory, that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return len(os.listdir(f"/proc/{pid}/fd")), int(resident.split()[1]) // 1024


def typed(terminal: Terminal, goes_on: Callable[[], bool]) -> list[float]:
    """Types into the console as long as it `goes_on`: how long it took until each key was on the
    screen (s)."""
    terminal.press(":")  # the console
    terminal.drain(0.5)
    lags = []
    number = 0
    while goes_on():
        key = KEYS[number % len(KEYS)]
        number += 1
        pressed = time.monotonic()
        terminal.press(key)
        try:
            lags.append(terminal.wait_for(key, 2.0) - pressed)
        except TimeoutError:
            lags.append(2.0)
        terminal.press("\x7f")
        terminal.drain(0.15)
    return lags


def _report(
    journal: Journal, lags: list[float], trips: int, took: float, wrong: int, status: int
) -> None:
    received = sent = gaps = 0
    stop = stopped = 0
    for n, event in enumerate(journal):
        gaps += event.n != n
        if isinstance(event, Call):
            received += (event.result or 0) if event.name == "recv" else 0
            sent += (event.result or 0) if event.name == "send" else 0
        elif isinstance(event, Command) and event.text.endswith("stop"):
            stop = event.t
        elif isinstance(event, Program) and event.change == "stopped" and not stopped:
            stopped = event.t
    lags.sort()
    rows = [
        ("events/s", f"{len(journal) / took:,.0f}", "150,000"),
        ("round trips", f"{trips:,} in {took:.1f} s, {wrong} wrong", ""),
        ("gaps in n", str(gaps), "0"),
        ("bytes received, sent back", f"{received:,} {sent:,}", "equal"),
        ("key to screen, median", f"{statistics.median(lags) * 1e3:.0f} ms", ""),
        ("key to screen, p95", f"{lags[int(len(lags) * 0.95)] * 1e3:.0f} ms", "50 ms"),
        ("keys", str(len(lags)), ""),
        ("stop", f"{(stopped - stop) / 1e6:.0f} ms", "200 ms"),
        ("exit status", str(status), "0"),
    ]
    for what, found, wanted in rows:
        print(f"{what:28} {found:>34}   {wanted}")


if __name__ == "__main__":
    main()
