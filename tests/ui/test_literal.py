"""What isn't ours, wherever it is shown: never markup, never a terminal's command."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, Tooltip

from socklab.events import Note
from socklab.journal import Journal
from socklab.lab.lab import Lab
from socklab.ui.app import SocklabApp
from socklab.ui.panes.drop_down import DropDown
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.log_filter import Choice
from socklab.ui.panes.log_filter_bar import FilterBar
from socklab.ui.panes.painting import as_content, literal
from socklab.ui.panes.script import ScriptPane
from socklab.ui.panes.send_form import SendForm
from socklab.ui.recording import Recording
from tests.ui.panes import Told
from tests.ui.paper import (
    NARROW,
    WIDE,
    PaperLab,
    conversation,
    lab_screen,
    started,
    text_of,
    the,
    until,
)

EVIL = "a\x1b]0;title\x07[/nope]"
SHOWN = r"a\x1b]0;title\x07[/nope]"


def everything(app: App[None]) -> str:
    """Every cell of the screen, as the terminal gets it."""
    strips = app.screen._compositor.render_strips(app.screen.size)
    return "\n".join(strip.text for strip in strips)


async def shows_harmless(app: App[None], pilot: Pilot[None], said: str = SHOWN) -> None:
    await until(pilot, lambda: said in everything(app))
    assert "\x1b" not in everything(app)


def test_a_text_is_one_line_that_says_what_is_in_it() -> None:
    assert literal(f"{EVIL}\n").plain == SHOWN + r"\n"
    assert as_content([[(EVIL, "strong")], [(EVIL, "")]]).plain == f"{SHOWN}\n{SHOWN}"


async def test_the_preview_of_what_looks_like_markup_can_be_hovered_over() -> None:
    app = SocklabApp(PaperLab(conversation()))
    async with app.run_test(size=WIDE, tooltips=True) as pilot:
        await started(app, pilot)
        await pilot.press("f4")
        the(app, SendForm).query_one("#data", Input).value = "[/nope] [bold]"
        await until(pilot, lambda: "[/nope]" in text_of(app, "#send .message"))
        await pilot.hover("#send .message")
        shown = app.screen.query_one(Tooltip)
        await until(pilot, lambda: shown.display)
        await until(pilot, lambda: '"[/nope] [bold]"' in str(shown.render()))
        assert app.is_running


async def test_the_name_of_a_journal_s_file(tmp_path: Path) -> None:
    path = tmp_path / f"{EVIL.replace('/', '')}.jsonl"
    written = Journal.create(path)
    written.append(Note(t=0, text="one"))
    written.close()
    journal = Journal.open(path)
    app = SocklabApp(Recording(journal))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await shows_harmless(app, pilot, SHOWN.replace("/", ""))
    journal.close()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_a_stranger_s_program_in_every_pane(size: tuple[int, int]) -> None:
    told = Told()
    told.connection()
    told.call(EVIL, "socket", "AF_INET", "SOCK_STREAM", 0, sock=9, result=3)
    told.call(EVIL, "connect", ("127.0.0.1", 8080), sock=9, remote=(EVIL, 8080))
    told.send(b"hello", sock=9, program=EVIL)
    app = SocklabApp(PaperLab(told))
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        lab_screen(app).show_socket(9)
        for key in "12345678":
            await pilot.press(key)
            await pilot.pause()
            assert "\x1b" not in everything(app)
        the(app, LogPane).show_only(Choice(program=EVIL))
        await pilot.press("7")
        await shows_harmless(app, pilot, r"a\x1b]0;")
        the(app, LogPane).action_filter()
        await until(pilot, lambda: the(app, FilterBar).region.area)
        lab_screen(app).query_one("#filter-program", DropDown).focus()
        await pilot.press("enter")
        await shows_harmless(app, pilot, r"a\x1b]0;")


async def test_a_script_s_comment_and_why_it_stopped(lab: Lab) -> None:
    text = f"main: socket tcp # {EVIL}\nmain: close 3 # {EVIL}\n"
    app = SocklabApp(lab, (Path("evil.lab"), text))
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: "F8 runs:" in text_of(app, "#hint"))
        await shows_harmless(app, pilot)
        script = the(app, ScriptPane).script
        assert script is not None
        script.failure = EVIL
        app.notify(EVIL, title=EVIL)
        await until(pilot, lambda: lab_screen(app).query("Toast"))
        await shows_harmless(app, pilot)


async def test_what_is_pasted() -> None:
    app = SocklabApp(PaperLab(conversation()))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f4")
        app.post_message(events.Paste(f"{EVIL}\nanother line"))
        await shows_harmless(app, pilot)
        assert text_of(app, "#send .message") == f'client: send 3 "{SHOWN}"'
