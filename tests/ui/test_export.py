"""The dialog that takes a session home: formats, paths, and giving up while it is written."""

from __future__ import annotations

import errno
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from socklab.events import AnyEvent
from socklab.export.record import Record
from socklab.journal import Journal
from socklab.ui.app import SocklabApp
from socklab.ui.panes.drop_down import DropDown
from socklab.ui.screens.export import ExportScreen
from tests.journal.samples import call
from tests.ui.paper import WIDE, PaperLab, conversation, lab_screen, started, until
from tests.watching import PATIENCE


class Slow:
    """A record of which one block after another is handed out as a test lets it."""

    def __init__(self, blocks: int) -> None:
        self._journal = Journal.create()
        for i in range(blocks * 4096):
            self._journal.append(call(i))
        self.header, self.first = self._journal.header, 0
        self.reads = 0
        self.go_on = threading.Semaphore(0)

    def __len__(self) -> int:
        return len(self._journal)

    def read(self, start: int, stop: int) -> Sequence[AnyEvent]:
        self.reads += 1
        assert self.go_on.acquire(timeout=PATIENCE)
        return self._journal.read(start, stop)


async def asked(
    app: SocklabApp, pilot: Pilot[None], record: Record, form: str, path: Path
) -> ExportScreen:
    """The dialog, filled in, Save pressed."""
    await started(app, pilot)
    screen = ExportScreen(record)
    await app.push_screen(screen)
    await until(pilot, lambda: screen.query("#path"))
    screen.query_one("#format", DropDown).value = form
    await pilot.pause()
    screen.query_one("#path", Input).value = str(path)
    await pilot.pause()
    await pilot.press("enter")
    return screen


def said(screen: ExportScreen) -> str:
    return str(screen.query_one(".message").render())


def forbidden(_folder: Path) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


async def test_the_name_takes_the_suffix_of_the_format() -> None:
    app = SocklabApp(PaperLab(conversation()))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+e")
        await until(pilot, lambda: isinstance(app.screen, ExportScreen) and app.screen.query(Input))
        for form, name in (
            ("csv", "session.csv"),
            ("python", "session-python"),
            ("c", "session-c"),
            ("mermaid", "session.mmd"),
        ):
            app.screen.query_one("#format", DropDown).value = form
            await until(pilot, lambda name=name: app.screen.query_one(Input).value == name)  # type: ignore[misc]
        for given, form, name in (
            ("", "html", "session.html"),
            (".", "csv", "session.csv"),
            ("/", "c", "/session"),
            ("mine/it", "python", "mine/it"),
            ("mine/it", "csv", "mine/it.csv"),
        ):
            app.screen.query_one(Input).value = given
            await pilot.pause()
            app.screen.query_one("#format", DropDown).value = form
            await until(pilot, lambda name=name: app.screen.query_one(Input).value == name)  # type: ignore[misc]
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is lab_screen(app))


async def test_its_key_works_while_one_types_too() -> None:
    app = SocklabApp(PaperLab(conversation()))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *"note", "ctrl+e")
        await until(pilot, lambda: isinstance(app.screen, ExportScreen))


async def test_it_is_written_and_the_dialog_goes(tmp_path: Path) -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await asked(app, pilot, lab.journal, "text", tmp_path / "it.txt")
        await until(pilot, lambda: app.screen is lab_screen(app))
    assert "send(3, " in (tmp_path / "it.txt").read_text()


TOO_LONG = "x" * 300


@pytest.mark.parametrize(
    ("where", "form"),
    [
        *((where, "text") for where in ("no/such/it.txt", ".", "\0", TOO_LONG, "~nosuchuser/x")),
        *((where, "python") for where in ("\0", TOO_LONG, "~nosuchuser/x", "closed")),
    ],
)
async def test_a_path_that_cannot_be_is_said_and_can_be_mended(
    tmp_path: Path, where: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "closed").mkdir()
    path = Path(where) if where.startswith("~") else tmp_path / where
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "iterdir", forbidden)  # root may look into any folder
            screen = await asked(app, pilot, lab.journal, form, path)
            await until(pilot, lambda: "Can't write" in said(screen))
        screen.query_one(Input).value = str(tmp_path / "it.txt")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is lab_screen(app))
    assert (tmp_path / "it.txt").exists()


@pytest.mark.parametrize("form", ["html", "python", "text"])
async def test_esc_gives_up_even_before_anything_is_written(tmp_path: Path, form: str) -> None:
    app = SocklabApp(PaperLab(conversation()))
    record = Slow(blocks=3)
    async with app.run_test(size=WIDE) as pilot:
        screen = await asked(app, pilot, record, form, tmp_path / "it")
        await until(pilot, lambda: record.reads == 1)
        assert "Esc gives up" in said(screen)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is lab_screen(app))
        record.go_on.release()
        await app.workers.wait_for_complete()
    assert record.reads == 1


@pytest.mark.parametrize("reads", [1, 4, 7], ids=["is there a frame", "first walk", "second walk"])
async def test_esc_gives_up_whatever_the_reading_is_for(tmp_path: Path, reads: int) -> None:
    app = SocklabApp(PaperLab(conversation()))
    record = Slow(blocks=3)
    record.go_on = threading.Semaphore(reads - 1)
    async with app.run_test(size=WIDE) as pilot:
        await asked(app, pilot, record, "pcapng", tmp_path / "it.pcapng")
        await until(pilot, lambda: record.reads == reads)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is lab_screen(app))
        record.go_on.release(9)
        # The worker is over at once; its thread, when it has put away what it had begun.
        await until(pilot, lambda: not list(tmp_path.iterdir()))
    assert record.reads == reads


async def test_it_is_written_once_however_often_one_asks(tmp_path: Path) -> None:
    app = SocklabApp(PaperLab(conversation()))
    record = Slow(blocks=1)
    async with app.run_test(size=WIDE) as pilot:
        screen = await asked(app, pilot, record, "csv", tmp_path / "it.csv")
        await until(pilot, lambda: record.reads == 1)
        await pilot.press("enter", "enter", "enter")
        await pilot.pause()
        assert screen.query_one("#save", Button).disabled
        assert record.reads == 1
        record.go_on.release(4)
        await until(pilot, lambda: app.screen is lab_screen(app))
    assert record.reads == 1
