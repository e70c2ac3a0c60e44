"""The time until the first frame: `python -m tests.bench.bench_start [--rounds N]`.

The lab beside a bare Textual application with a header and a footer, in turn, each on a terminal of
its own; from the start of the process to the first text on the screen.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile

from tests.bench.terminal import Terminal

BARE = """
from textual.app import App
from textual.widgets import Footer, Header

class Bare(App):
    TITLE = "bare application"
    BINDINGS = [("q", "quit", "Quit")]

    def compose(self):
        yield Header()
        yield Footer()

Bare().run()
"""


def first_frame(command: list[str], text: str) -> float:
    """Milliseconds until `text` has been drawn."""
    with Terminal(command) as terminal:
        return (terminal.wait_for(text, 20) - terminal.began) * 1e3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    lab: list[float] = []
    bare: list[float] = []
    whole: list[float] = []
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_STATE_HOME"] = name
        for _round in range(options.rounds + 1):
            bare.append(first_frame([sys.executable, "-c", BARE], "bare application"))
            lab.append(first_frame([sys.executable, "-m", "socklab"], "opening the lab"))
            whole.append(first_frame([sys.executable, "-m", "socklab"], "Console"))
    del lab[0], bare[0], whole[0]  # the first of each also warms the disk's cache
    ratio = statistics.median(mine / theirs for mine, theirs in zip(lab, bare, strict=True))
    print(f"{'first frame':12} {'median':>8} {'min':>8} {'max':>8}")
    for what, times in (("bare", bare), ("socklab", lab), ("whole lab", whole)):
        found = (statistics.median(times), min(times), max(times))
        print(f"{what:12}", *(f"{time:5.0f} ms" for time in found))
    print(f"socklab is {ratio:.2f}× the bare application (to hold: 1.5×)")


if __name__ == "__main__":
    main()
