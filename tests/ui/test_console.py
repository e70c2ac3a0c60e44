"""The console: typing, completing, mistakes, and what became of a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from socklab.lab.lab import Lab
from socklab.lab.language import parse_line
from socklab.lab.ticket import Status, Ticket
from socklab.ui.app import SocklabApp
from socklab.ui.panes.console import ConsolePane
from socklab.ui.panes.echo import Echo
from socklab.ui.screens.help import HelpScreen
from tests.ui.paper import NARROW, WIDE, PaperLab, conversation, started, text_of, the, until


def echoed(app: SocklabApp) -> str:
    return str(the(app, Echo).render())


def ticket(line: str, status: Status, why: str | None = None) -> Ticket:
    parsed = parse_line(line)
    assert parsed is not None
    return Ticket(parsed, "console", Path(), status=status, why=why)


async def test_a_line_is_handed_in_and_echoed() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *"server: socket tcp", "enter")
        await until(pilot, lambda: lab.submitted)
        assert lab.submitted == [("server: socket tcp", "console")]
        assert the(app, ConsolePane).line.value == ""
        await until(pilot, lambda: "server: socket tcp" in echoed(app))


async def test_a_mistake_is_shown_where_it_is_and_the_line_stays() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *"server: lisen 3", "enter")
        await until(pilot, lambda: "listen" in text_of(app, "#hint"))
        hint = text_of(app, "#hint")
        assert hint.index("^") == len("main> server: ")
        assert "not 'lisen' (did you mean 'listen'?)" in hint
        assert lab.submitted == []
        assert the(app, ConsolePane).line.value == "server: lisen 3"
        assert the(app, ConsolePane).line.cursor_position == len("server: ")


async def test_what_is_wrong_is_said_whole_where_a_caret_leaves_no_room() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *"client: wire next drop sny", "enter")
        await until(pilot, lambda: "sny" in text_of(app, "#hint"))
        said = text_of(app, "#hint").strip()
        assert said == "expected a kind of frame, not 'sny' (did you mean 'syn'?)"


@pytest.mark.parametrize("word", ["quit", "exit"])
async def test_who_wants_to_leave_is_told_how(word: str) -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *word, "enter")
        await until(pilot, lambda: "^Q leaves" in text_of(app, "#hint"))
        assert lab.submitted == []


async def test_a_line_with_a_mistake_is_not_lost_where_another_has_been_begun() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l")
        line, console = the(app, ConsolePane).line, the(app, ConsolePane)
        line.value = "note"
        line.cursor_position = 2
        console.refused("server: lisen 3", "no such verb", 9)
        assert (line.value, line.cursor_position) == ("note", 2)
        assert text_of(app, "#hint") == "no such verb"
        await pilot.press("up")
        assert line.value == "server: lisen 3"
        await pilot.press("down")
        assert line.value == "note"


async def test_a_line_with_a_mistake_is_the_newest_to_go_back_to() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *"a: stop", "enter", *"b: stpo", "enter")
        line = the(app, ConsolePane).line
        await until(pilot, lambda: line.value == "b: stpo")
        await pilot.press("up")
        assert line.value == "a: stop"
        await pilot.press("down")
        assert line.value == "b: stpo"


async def test_after_a_mistake_one_key_clears_the_line() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *"client: recvv 3", "enter")
        line = the(app, ConsolePane).line
        await until(pilot, lambda: line.cursor_position < len(line.value))
        await pilot.press("ctrl+u")
        assert line.value == ""


async def test_a_mistake_far_to_the_right_is_told_to_the_left_of_it() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        line = f'client: send 3 "{"x" * 45}" urgent'
        await pilot.press("ctrl+l")
        the(app, ConsolePane).line.value = line
        await pilot.press("enter")
        await until(pilot, lambda: "^" in text_of(app, "#hint"))
        hint = text_of(app, "#hint")
        assert hint.rstrip().endswith("^")
        assert hint.index("^") == len("main> ") + line.index("urgent")


async def test_what_is_typed_is_never_markup() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l")
        the(app, ConsolePane).line.value = "[bold]"
        await pilot.press("enter")
        await until(pilot, lambda: "'[bold]'" in text_of(app, "#hint"))


async def test_tab_completes_a_verb_a_program_and_a_descriptor() -> None:
    app = SocklabApp(PaperLab(conversation()))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        line = the(app, ConsolePane).line
        await pilot.press("ctrl+l", *"ser", "tab")
        await until(pilot, lambda: line.value.startswith("serve"))
        line.value = ""
        await pilot.press(*"server: shut", "tab")
        assert line.value == "server: shutdown "
        await until(pilot, lambda: "3" in text_of(app, "#hint"))
        assert "4" in text_of(app, "#hint")
        await pilot.press("4", "space", *"o", "tab")
        assert line.value == "server: shutdown 4 out "


async def test_tab_leaves_an_empty_line() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l")
        line = the(app, ConsolePane).line
        await until(pilot, lambda: line.has_focus)
        await pilot.press("tab")
        await until(pilot, lambda: not line.has_focus)


async def test_lines_come_back_with_the_arrow_keys() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *"a: stop", "enter", *"b: stop", "enter", *"c:")
        line = the(app, ConsolePane).line
        await pilot.press("up", "up")
        assert line.value == "a: stop"
        await pilot.press("down", "down")
        assert line.value == "c:"


@pytest.mark.parametrize("line", ["help", "help wire"])
async def test_help_lists_every_command(line: str) -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *line, "enter")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        said = [str(widget.render()) for widget in app.screen.query(".syntax")]
        assert any(syntax.startswith("setsockopt") for syntax in said)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, HelpScreen))


@pytest.mark.parametrize(
    ("status", "mark"),
    [("queued", "◷"), ("running", "▸"), ("blocked", "■"), ("done", "✓"), ("withdrawn", "–")],
)
async def test_how_a_line_stands_is_said_with_a_mark(status: Status, mark: str) -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        the(app, Echo).add(ticket("server: accept 3", status))
        assert f"{mark} server: accept 3" in echoed(app)


async def test_a_refused_line_says_why() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        the(app, Echo).add(ticket("server: accept", "refused", "server has no descriptor"))
        assert "✗ server: accept  server has no descriptor" in echoed(app)


async def test_a_line_whose_call_failed_says_so(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+l", *"c: client tcp 127.0.0.1 1", "enter")
        await until(pilot, lambda: "✗ c: client tcp" in echoed(app))
        assert "connect: ECONNREFUSED" in echoed(app)


async def test_a_queued_line_is_withdrawn_by_a_click_or_a_key() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        first, second = ticket("a: recv 3", "queued"), ticket("a: recv 4", "queued")
        the(app, Echo).add(first)
        await pilot.pause()
        await pilot.click(Echo, offset=(2, the(app, Echo).size.height - 1))
        await until(pilot, lambda: lab.withdrawn == [first])
        lab.queued = [second]
        await pilot.press("ctrl+z")
        await until(pilot, lambda: lab.withdrawn == [first, second])
        await until(pilot, lambda: "withdrawn" in echoed(app))
