"""All the numbers that are to be held, one table after another: `python -m tests.bench`.

Takes about twelve minutes; the parts can be run alone, as `python -m tests.bench.bench_ui`.
"""

from __future__ import annotations

import subprocess
import sys

PARTS = (
    ("The engine beside its peers", ["bench_engine"]),
    ("The journal with a million events", ["bench_journal"]),
    ("A recording of a million events in every view", ["bench_views"]),
    ("The screen under flood", ["bench_ui"]),
    (
        "2,000 clients at once, 100 messages each",
        [
            *("bench_ui", "--seconds", "100", "--connections", "2000", "--rounds", "100"),
            *("--pane", "ladder"),
        ],
    ),
    ("The start", ["bench_start"]),
    ("The wire", ["bench_wire"]),
    ("The screen while the wire is full", ["bench_wire_ui"]),
)


def main() -> None:
    """Run every part."""
    for title, (module, *words) in PARTS:
        print(f"\n{title}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.bench.{module}", *words], check=True)


if __name__ == "__main__":
    main()
