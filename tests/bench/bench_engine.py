"""Echo round trips per second: the lab beside what one would write instead.

`python -m tests.bench.bench_engine [--seconds S] [--rounds N]` builds the C programs with cc, runs
every server against the same load (32 connections of 64 bytes) in turn, N times round, and prints
a table of medians. The lab journals every call to disk.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
CONNECTIONS, SIZE = 32, 64
BASE = "bare selectors"


def build(folder: Path, name: str) -> Path:
    """Compile one of the C programs beside this file."""
    program = folder / name
    source = HERE / f"{name}.c"
    subprocess.run(["cc", "-O2", "-Wall", "-Wextra", "-o", program, source], check=True)
    return program


@contextmanager
def serving(command: list[str | Path]) -> Iterator[int]:
    """A server process that prints its port first; ended afterwards."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # strace alone would leave its server behind
        process.wait()


@contextmanager
def serving_lab(journal: Path) -> Iterator[int]:
    """`socklab run ... --hold`, the port read from its journal."""
    command = [sys.executable, "-m", "socklab", "run", "-c"]
    command += ["server: serve tcp 127.0.0.1 0 echo", "--hold", "--format", "none"]
    process = subprocess.Popen(
        [*command, "--journal", str(journal)], stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield _port(journal, process)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _port(journal: Path, process: subprocess.Popen[str]) -> int:
    waited = threading.Event()
    for _attempt in range(100):
        waited.wait(0.1)
        lines = journal.read_text().splitlines() if journal.exists() else []
        for line in lines:
            event = json.loads(line)
            if event.get("name") == "bind":
                return int(event["local"][1])
        if process.poll() is not None:
            break
    raise RuntimeError("the lab did not start")


def round_trips(load: Path, port: int, seconds: float) -> float:
    """Round trips per second of one load."""
    words: list[str | Path] = [load, str(port), str(CONNECTIONS), str(SIZE), str(seconds), "0"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    trips, took, _wrong = done.stdout.split()
    return int(trips) / float(took)


def measure(seconds: float, rounds: int) -> dict[str, list[float]]:
    """Every server in turn, `rounds` times."""
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load, epoll = build(folder, "load"), build(folder, "epoll_server")
        peers: list[str | Path] = [sys.executable, HERE / "peers.py"]
        bare: list[str | Path] = [*peers, "selectors"]
        servers: dict[str, list[str | Path]] = {
            "C epoll": [epoll],
            BASE: bare,
            "asyncio streams": [*peers, "streams"],
            "uvloop": [*peers, "uvloop"],
        }
        if shutil.which("strace"):
            traced: list[str | Path] = [
                "strace",
                "-f",
                "-e",
                "trace=network",
                "-o",
                folder / "strace",
            ]
            servers["bare selectors under strace"] = [*traced, *bare]
        for _round in range(rounds):
            for what, command in servers.items():
                with serving(command) as port:
                    rates.setdefault(what, []).append(round_trips(load, port, seconds))
            journal = folder / "journal"
            with serving_lab(journal) as port:
                rates.setdefault("socklab", []).append(round_trips(load, port, seconds))
            journal.unlink()
    return rates


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rates = measure(options.seconds, options.rounds)
    lab = rates["socklab"]
    print(f"{'server':32} {'round trips/s':>14} {'min':>9} {'max':>9} {'socklab is':>11}")
    for what, found in sorted(rates.items(), key=lambda item: -statistics.median(item[1])):
        ratio = statistics.median(mine / theirs for mine, theirs in zip(lab, found, strict=True))
        print(
            f"{what:32} {statistics.median(found):14,.0f} {min(found):9,.0f} {max(found):9,.0f}"
            f" {ratio:10.2f}×"
        )


if __name__ == "__main__":
    main()
