"""A recording on the screen: any moment of it, and nothing that acts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from socklab.journal import Journal
from socklab.lab.refusal import Refusal
from socklab.ui.app import SocklabApp
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.status import StatusLine
from socklab.ui.recording import Recording
from tests.ui.panes import Told
from tests.ui.paper import WIDE, conversation, lab_screen, rows, started, text_of, the, until

LIST = "#socket-list"


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Journal]:
    """The conversation, from a file."""
    path = tmp_path / "recorded.jsonl"
    written = Journal.create(path)
    for event in conversation().journal:
        written.append(event)
    Told(written).call("client", "close", sock=2)
    written.close()
    journal = Journal.open(path)
    journal.wait_indexed()
    yield journal
    journal.close()


async def test_it_opens_at_its_end(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: any(row.startswith("– TCP") for row in rows(app, LIST)))
        assert "recorded.jsonl · at its end" in the(app, StatusLine).texts()[0]


async def test_the_list_is_that_of_the_moment_where_one_is_in_the_log(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        log = the(app, LogPane)
        await until(pilot, lambda: len(log.lines.source) > 5)
        await pilot.press("home")
        await until(pilot, lambda: "at event 0," in the(app, StatusLine).texts()[0])
        await until(pilot, lambda: not any("TCP" in row for row in rows(app, LIST)))
        await pilot.press("end")
        await until(pilot, lambda: any("TCP" in row for row in rows(app, LIST)))
        await until(pilot, lambda: "at its end" in the(app, StatusLine).texts()[0])


async def test_nothing_can_be_done_in_it(recorded: Journal) -> None:
    recording = Recording(recorded)
    app = SocklabApp(recording)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        screen = lab_screen(app)
        assert "Server" not in text_of(app, "#footer")
        for pane in ("#forms", "#console"):
            assert not screen.query_one(pane).region.area
        size = len(recorded)
        await pilot.press("f2", "f5", "ctrl+n", "1", "a", "c")
        await pilot.pause()
        assert app.screen is screen
        assert len(recorded) == size
    with pytest.raises(Refusal, match="recording"):
        recording.submit("main: socket tcp", "console")


async def test_a_damaged_recording_says_so(tmp_path: Path, recorded: Journal) -> None:
    assert recorded.path is not None
    damaged = tmp_path / "damaged.jsonl"
    lines = recorded.path.read_bytes().splitlines(keepends=True)
    damaged.write_bytes(b"".join([*lines[:4], b"{broken\n", *lines[4:]]))
    journal = Journal.open(damaged)
    journal.wait_indexed()
    app = SocklabApp(Recording(journal))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: "damaged" in the(app, StatusLine).texts()[2])
    journal.close()
