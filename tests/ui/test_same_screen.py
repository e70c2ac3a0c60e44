"""A recorded session replays to the same final screen as the live one.

Each pane is compared as text, cell by cell. What differs on purpose is left out: the line at the
top, what acts (forms, console), the time line, and the footer.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from socklab.journal import Journal
from socklab.journal.times import over
from socklab.lab.lab import Lab
from socklab.ui.actions import action
from socklab.ui.app import SocklabApp
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.recording import Recording
from tests.ui.paper import NARROW, WIDE, lab_screen, started, until

Screen = dict[str, list[str]]

PATIENT = 10
"""Looks at the replay's panes, some of which read the past between frames."""

TABS = {
    "2": "ladder",
    "3": "states",
    "4": "messages",
    "5": "inspect",
    "6": "numbers",
    "7": "log",
}

ACTING = [[action(id).key] for id in ("server", "client", "send", "demo")]

CONVERSATION = (
    "server: socket tcp",
    "server: bind 3 127.0.0.1 0",
    "server: listen 3 5",
    "client: socket tcp",
    "client: connect 3 @server",
    "server: accept 3",
    'client: send 3 "GET / "',
    'client: send 3 "HTTP/1.0"',
    "server: recv 4 100",
    'server: send 4 "no"',
    "late: client tcp 127.0.0.1 1",
)

ENDINGS = {
    "open": (
        "echo: socket udp",
        "echo: bind 3 127.0.0.1 0",
        "asker: socket udp",
        "asker: connect 3 @echo",
        'asker: send 3 "anybody?"',
        "echo: recvfrom 3",
        "client: recv 3 100",
        "client: recv 3 100",  # blocks
    ),
    "reset": ("client: reset 3", "server: recv 4 100", "server: close 4"),
    "stopped": ("server: stop", "client: stop", "late: stop"),
}


@asynccontextmanager
async def shown(app: SocklabApp, size: tuple[int, int]) -> AsyncIterator[Pilot[None]]:
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        yield pilot


async def screen_of(app: SocklabApp, pilot: Pilot[None]) -> Screen:
    """What every pane shows."""
    seen: Screen = {}
    for key, name in TABS.items():
        await pilot.press(key)
        await drawn(app, pilot)
        seen[name] = cells(app, f"#{name}")
    seen["sockets"] = all_lines(app, "#socket-list")
    return seen


async def drawn(app: SocklabApp, pilot: Pilot[None]) -> None:
    """A frame that was asked for now has been drawn."""
    screen = lab_screen(app)
    pulse = screen._pulse
    assert pulse is not None
    last = pulse._last
    screen.beat()
    await until(pilot, lambda: pulse._last != last and not screen.follower.behind)
    await pilot.pause()


def cells(app: SocklabApp, selector: str) -> list[str]:
    """The cells of a pane without its border."""
    screen = lab_screen(app)
    region = screen.query_one(selector).content_region
    strips = screen._compositor.render_strips(screen.size)
    rows = [strips[y].crop(region.x, region.right).text for y in range(region.y, region.bottom)]
    return [row.rstrip() for row in rows]


def all_lines(app: SocklabApp, selector: str) -> list[str]:
    """A list that is as high as there is room beside what acts: all its lines."""
    lines = lab_screen(app).query_one(selector, VirtualLines)
    return [lines._line_text(index) for index in range(len(lines.source))]


async def live(folder: Path, ending: str, size: tuple[int, int]) -> Screen:
    """The screen of a lab in which that has just happened, at the time of its last event; and what
    is recorded by then, in a file of its own, for leaving a lab is recorded too."""
    path = folder / "live.jsonl"
    with Lab(lambda: Journal.create(path)) as lab:
        app = SocklabApp(lab)
        async with shown(app, size) as pilot:
            # Each line of the ending as by hand: what is shown follows what is still there.
            for lines in ("\n".join(CONVERSATION), *ENDINGS[ending]):
                running = lab.run(lab.script(lines))
                await until(pilot, running.done)
                await drawn(app, pilot)
            end = over(lab.journal[-1])
            lab.journal.now = lambda: end  # type: ignore[method-assign]
            count, before, seen = 0, None, await screen_of(app, pilot)
            while seen != before or len(lab.journal) != count:  # the kernel may say more yet
                count = len(lab.journal)
                before, seen = seen, await screen_of(app, pilot)
                lab.journal.flush()
                shutil.copy(path, folder / "recorded.jsonl")
            return seen


@pytest.mark.parametrize(
    ("ending", "size"),
    [("open", WIDE), ("reset", WIDE), ("stopped", WIDE), ("open", NARROW)],
    ids=["open", "reset", "stopped", "narrow"],
)
async def test_a_recorded_session_replays_to_the_same_final_screen(
    tmp_path: Path, ending: str, size: tuple[int, int]
) -> None:
    expected = await live(tmp_path, ending, size)
    recorded = Journal.open(tmp_path / "recorded.jsonl")
    recorded.wait_indexed()
    app = SocklabApp(Recording(recorded))
    async with shown(app, size) as pilot:
        for _again in range(PATIENT):
            replayed = await screen_of(app, pilot)
            if all(alike(replayed[name], rows) for name, rows in expected.items()):
                break
    recorded.close()
    for name, rows in expected.items():
        assert alike(replayed[name], rows), name


def alike(replayed: list[str], live: list[str]) -> bool:
    """Whether they are the same, but that nothing is offered where nobody acts."""
    if not any(map(is_offer, live)):
        return replayed == live
    said = [row.strip() for row in live if row and not is_offer(row)]
    return [row.strip() for row in replayed if row] == said


def is_offer(row: str) -> bool:
    """Whether it is the line of an action's key in a pane with nothing to show."""
    return row.split()[:1] in ACTING
