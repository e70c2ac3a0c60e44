"""A recording of 1,000,000 events in every view: `python -m tests.bench.bench_views`.

Opens each of the recordings on a terminal of its own, presses the key of every view while the
recording is still being read and again afterwards, and goes to moments all over the time line with
each view on the screen. What counts is the time from the key or the click until what it asks for is
drawn. Prints a table beside the numbers that are to be held.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.recordings import TALES, write
from tests.bench.terminal import Terminal

COLUMNS, ROWS = 120, 36
BAR = range(3, COLUMNS - 2)
"""The columns of the time line, from 1."""

BAR_ROW = ROWS - 3
END = "\x1b[F"
PATIENCE = 20.0
GAP = 0.4
"""Seconds between one key and the next."""


class View(NamedTuple):
    """The key that brings it to the screen, and what it then shows of the recording."""

    name: str
    key: str
    shows: str


VIEWS = (
    View("States", "3", r"\d (LISTEN|SYN_RECV|SYN_SENT|ESTABLISHED) "),
    View("Messages", "4", r"(send|recv) \d+ B [─┄]"),
    View("Numbers", "6", r"snd_cwnd +•?\d+ segments"),
    View("Ladder", "2", r"[─┄]▶[│║]|[│║]◀[─┄]|[─┄]╢"),
    View("Inspect", "5", r"\w ─{9,} +\x1b\["),
    View("Wire", "8", r"\[PSH,ACK\]"),
)
_MOMENT = r"event ([\d,]+) / "


class Took(NamedTuple):
    """How long something took (s): by the clock, and of the time of the thread that draws."""

    clock: float
    thread: float


class Screen(Terminal):
    """The screen of a recording. `moment` is the event that it was at last, as it says so."""

    moment = ""

    def reach(self, view: View) -> Took:
        """Goes to a view, and waits for its contents."""
        return self._ask(view.key, view.shows)

    def jump(self, column: int) -> Took:
        """A click on the time line, and waits for the moment to be shown."""
        click = f"\x1b[<0;{column};{BAR_ROW}M\x1b[<0;{column};{BAR_ROW}m"
        took = self._ask(click, rf"event (?!{self.moment} )[\d,]+ / ")
        self.moment = re.findall(_MOMENT, self.drawn)[-1]
        return took

    def _ask(self, keys: str, shows: str) -> Took:
        pressed, spent = time.monotonic(), self._spent()
        self.press(keys)
        return Took(self.wait_for_match(shows, PATIENCE) - pressed, self._spent() - spent)

    def _spent(self) -> float:
        """What its main thread has had of a processor (s)."""
        stat = Path(f"/proc/{self.pid}/task/{self.pid}/schedstat")
        return int(stat.read_text().split()[0]) / 1e9

    @property
    def is_reading(self) -> bool:
        """Whether it says so."""
        said = self.drawn
        return said.rfind("reading …") >= max(map(said.rfind, ("  at its end", "  paused")))

    def resident(self) -> float:
        """Its memory (MB)."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def opened(path: Path) -> tuple[Screen, float]:
    """The screen on a recording, and after how long (s) its first page stood."""
    screen = Screen([sys.executable, "-m", "socklab", "replay", str(path)], COLUMNS, ROWS)
    return screen, screen.wait_for_match(r"│◂ ", PATIENCE) - screen.began


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--jumps", type=int, default=20, help="in each view")
    parser.add_argument("--only", choices=TALES)
    parser.add_argument("--path", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["XDG_STATE_HOME"] = name
        empty = _empty(Path(name) / "empty.jsonl")
        for tale in TALES if options.only is None else [options.only]:
            path = options.path or Path(name) / "long.jsonl"
            if options.path is None:
                write(path, TALES[tale](options.events), options.events)
            _measure(tale, path, empty, options.jumps)
            if options.path is None:
                path.unlink()


def _empty(path: Path) -> float:
    """The memory of a screen on a recording of next to nothing (MB)."""
    write(path, TALES["one connection"](100), 100)
    with opened(path)[0] as screen:
        screen.drain(2.0)
        for view in VIEWS[:4]:
            screen.reach(view)
        screen.drain(1.0)
        return screen.resident()


def _measure(tale: str, path: Path, empty: float, jumps: int) -> None:
    views = [view for view in VIEWS if view.name != "Wire" or tale == "mostly frames"]
    screen, first = opened(path)
    with screen:
        early = _while_reading(screen, views)
        read = time.monotonic() - screen.began
        screen.drain(5.0)
        late, moments = {}, {}
        for at, view in enumerate(views):
            other = views[(at + 1) % len(views)]
            late[view.name] = [_return(screen, other, view) for _time in range(3)]
            moments[view.name] = _jumps(screen, jumps)
        memory = screen.resident()
    print(f"\n{tale}\n")
    print(f"  {'first screen':30}{first * 1e3:12,.0f} ms {'1,000':>40}")
    print(f"  {'all of it read':30}{read:12,.1f} s")
    print(f"  {'memory above an empty one':30}{memory - empty:12,.0f} MB {'150':>40}")
    for what, took, most in (
        ("while it is read", early, 200),
        ("afterwards", late, 200),
        ("any moment", moments, 50),
    ):
        for name, times in took.items():
            print(f"  {f'{name}, {what}':30}{_text(times)} {most:>10}")


def _while_reading(screen: Screen, views: Sequence[View]) -> dict[str, list[Took]]:
    """To one view after the other until all is read."""
    took: dict[str, list[Took]] = {view.name: [] for view in views}
    screen.wait_for_match(r"\d,\d\d\d events", PATIENCE)
    screen.press("7\x1b[A")  # a line of the log is what Inspect will show
    while screen.is_reading:
        for view in views:
            took[view.name].append(screen.reach(view))
            screen.drain(GAP)
    return took


def _return(screen: Screen, other: View, view: View) -> Took:
    screen.reach(other)
    screen.drain(GAP)
    took = screen.reach(view)
    screen.drain(GAP)
    return took


def _jumps(screen: Screen, times: int) -> list[Took]:
    """To moments all over the time line, never twice to the same."""
    columns = random.Random(7).sample(BAR, times + 1)
    screen.jump(columns.pop())
    screen.drain(GAP)
    took = []
    for column in columns:
        took.append(screen.jump(column))
        screen.drain(GAP)
    screen.press(END)
    screen.drain(2 * GAP)
    return took


def _text(took: Sequence[Took]) -> str:
    """The middle one, and the longest; and of the thread's time."""
    clock, thread = (sorted(times) for times in zip(*took, strict=True))
    return (
        f"{statistics.median(clock) * 1e3:12,.0f} ms, at most {clock[-1] * 1e3:6,.0f}"
        f"  ({statistics.median(thread) * 1e3:4,.0f}, {thread[-1] * 1e3:5,.0f})"
    )


if __name__ == "__main__":
    main()
