"""The whole screen over a real lab: the main job by keys and by mouse, scripts, saving, paces."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from socklab.events import Call, State, Wait
from socklab.lab.lab import Lab
from socklab.lab.language import parse_script
from socklab.ui.app import SocklabApp
from socklab.ui.demo import demo_script
from socklab.ui.engine import Script
from socklab.ui.help import TOPICS
from socklab.ui.panes.console import ConsolePane
from socklab.ui.panes.form import Form
from socklab.ui.panes.hints import HintStrip
from socklab.ui.panes.inspect import InspectPane
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.messages import MessagesPane
from socklab.ui.panes.script import ScriptPane
from socklab.ui.panes.send_form import SendForm
from socklab.ui.panes.status import StatusLine
from socklab.ui.screens import session
from socklab.ui.screens.confirm import ConfirmScreen
from socklab.ui.screens.help import HelpScreen
from socklab.ui.screens.save import SaveScreen
from tests.ui.panes import HERE, Told
from tests.ui.paper import (
    NARROW,
    WIDE,
    PaperLab,
    lab_screen,
    rows,
    started,
    text_of,
    the,
    until,
)
from tests.ui.test_hint_reader import connected, merged
from tests.watching import calls_of

LIST = "#socket-list"

Size = tuple[int, int]

pytestmark = pytest.mark.xdist_group("from 8080")
"""Who takes the first free port that a form offers mustn't meet another who does so."""


def echoed(lab: Lab) -> bool:
    """The client has back what it sent."""
    return any(call.data == b"hello\n" for call in calls_of(lab, "client", "recv"))


def on_screen(app: SocklabApp, pane: str) -> bool:
    return bool(lab_screen(app).query_one(pane).region.area)


def position_is(script: Script, position: int) -> bool:
    return script.position == position


def is_over(app: SocklabApp) -> bool:
    return not app.is_running


def listed(app: SocklabApp, part: str) -> bool:
    return any(part in row for row in rows(app, LIST))


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_offered_keys_in_order_make_an_exchange(lab: Lab, size: Size) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await pilot.press("f2", "enter")
        await until(pilot, lambda: listed(app, "LISTEN"))
        await pilot.press("f3", "enter")
        await until(pilot, lambda: the(app, SendForm).target is not None)
        await pilot.press("f4", "enter")
        await until(pilot, lambda: echoed(lab))


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_main_job_goes_by_mouse_alone(lab: Lab, size: Size) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await click_footer(app, pilot, "F2")
        await pilot.click("#server #do")
        await until(pilot, lambda: listed(app, "LISTEN"))
        await click_footer(app, pilot, "F3")
        await until(pilot, lambda: lab_screen(app).query_one("#client #do").region.area)
        await pilot.click("#client #do")
        await until(pilot, lambda: the(app, SendForm).target is not None)
        await click_footer(app, pilot, "F4")
        await until(pilot, lambda: lab_screen(app).query_one("#send #do").region.area)
        await pilot.click("#send #do")
        await until(pilot, lambda: echoed(lab))
        await pilot.click("#send #close")
        await until(pilot, lambda: calls_of(lab, "client", "close"))


async def click_footer(app: SocklabApp, pilot: Pilot[None], key: str) -> None:
    at = text_of(app, "#footer").index(key)
    await pilot.click("#footer", offset=(at + 1, 0))


async def test_the_narrowest_screen_cuts_no_key_and_keeps_help_and_quit() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=(60, 16)) as pilot:
        await started(app, pilot)
        footer = text_of(app, "#footer")
        assert footer.split()[:2] == ["F1", "Help"]
        assert footer.split()[-2:] == ["^Q", "Quit"]
        assert {"Server", "Client", "Send"} <= {*footer.split()}
        await click_footer(app, pilot, "^Q")
        await until(pilot, lambda: is_over(app))


async def test_accept_and_recv_by_hand(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        port = lab.free_port()
        for line in (
            f"server: serve tcp 127.0.0.1 {port} manual",
            f"client: client tcp 127.0.0.1 {port}",
        ):
            lab.submit(line, "console")
        await until(pilot, lambda: listed(app, "waits"))
        await pilot.press("a")
        await until(pilot, lambda: calls_of(lab, "server", "accept"))
        await until(pilot, lambda: not listed(app, "waits"))
        lab.submit('client: send 3 "hi"', "console")
        await pilot.press("down", "r")
        await until(pilot, lambda: [c.data for c in calls_of(lab, "server", "recv")] == [b"hi"])


async def test_a_taken_port_is_explained_in_the_form(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        port = lab.free_port()
        lab.submit(f"other: serve tcp 127.0.0.1 {port} echo", "console")
        await until(pilot, lambda: listed(app, "LISTEN"))
        await pilot.press("f2")
        the(app, SendForm).screen.query_one("#server #port", Input).value = str(port)
        await pilot.press("enter")
        await until(pilot, lambda: "EADDRINUSE" in text_of(app, "#server .message"))


async def test_escape_goes_home_and_never_quits(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        screen = lab_screen(app)
        for way in (["f2"], ["ctrl+l"], ["4"], ["3"], ["z"], ["f1"], ["ctrl+n"], []):
            await pilot.press(*way)
            await pilot.press("escape", "escape", "escape")
            await until(pilot, lambda: app.screen is screen)
            await until(pilot, lambda: screen.focused and screen.focused.id == "socket-list")
            assert screen.shown == "sockets"
            assert screen.maximized is None
        assert app.is_running


async def test_a_small_terminal_shows_one_pane_at_a_time(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        panes = {"1": "#sockets", "2": "#ladder", "3": "#states", "4": "#messages"}
        panes |= {"5": "#inspect", "6": "#numbers"}
        for key, pane in panes.items():
            await pilot.press(key)
            await until(pilot, partial(on_screen, app, pane))
            assert [pane for pane in panes.values() if on_screen(app, pane)] == [pane]
        await pilot.press("7")
        await until(pilot, lambda: the(app, LogPane).region.height > 12)


async def test_the_panes_come_back_when_the_terminal_grows(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        await pilot.press("2")
        await pilot.resize_terminal(*WIDE)
        for pane in ("#sockets", "#ladder", "#log", "#console", "#server"):
            await until(pilot, partial(on_screen, app, pane))
        await pilot.resize_terminal(*NARROW)
        await until(pilot, lambda: not lab_screen(app).query_one("#sockets").region.area)


async def test_what_pops_up_leaves_the_buttons_of_a_dialog_free(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=NARROW, notifications=True) as pilot:
        await started(app, pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SaveScreen) and app.screen.query(Button))
        for number in range(2):
            app.notify(f"line {number}: expect client recv = 2: not so: no such call")
        await until(pilot, lambda: len(app.screen.query(".-information")) == 2)
        await until(pilot, lambda: all(each.region.area for each in app.screen.query("Toast")))
        toasts = [each.region for each in app.screen.query("Toast")]
        for button in app.screen.query(Button):
            assert not any(map(button.region.overlaps, toasts))


async def test_where_forms_stand_below_each_other_their_titles_name_the_keys(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=(200, 60)) as pilot:
        await started(app, pilot)
        titles = [form.border_title for form in lab_screen(app).query(Form)]
        assert titles == [" F2 Server ", " F3 Client ", " F4 Send ", " F12 Relay "]


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (20, 5)])
async def test_a_terminal_too_small_is_said_in_one_sentence(lab: Lab, size: Size) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: lab_screen(app).query_one("#too-small").region.area)
        assert "60 columns and 16 lines" in text_of(app, "#too-small")
        shown = [widget.id for widget in lab_screen(app).children if widget.region.area]
        assert shown == ["too-small"]
        assert not lab_screen(app).query_one("#sockets").region.area


async def test_help_is_about_the_pane_that_has_the_focus(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        for key, topic in (("1", "Sockets"), ("f2", "Server"), ("7", "Log"), ("4", "Messages")):
            await pilot.press("escape", key, "f1")
            await until(pilot, lambda: isinstance(app.screen, HelpScreen))
            title = app.screen.query_one(".help").border_title
            assert topic in str(title)
            await pilot.press("escape")
        await pilot.press("escape", "question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))


async def test_help_where_no_topic_is_has_the_keys_of_the_screen_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(TOPICS, "hints")
    told = connected()
    merged(told)
    app = SocklabApp(PaperLab(told))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        strip = the(app, HintStrip)
        await until(pilot, lambda: strip.display)
        strip.focus()
        await pilot.press("f1")
        await until(pilot, lambda: app.screen.query(".name"))
        names = [str(name.render()) for name in app.screen.query(".name")]
        assert names.count("Server") == 1


async def test_help_in_the_hints_is_about_them_and_has_their_keys_alone() -> None:
    told = connected()
    merged(told)
    app = SocklabApp(PaperLab(told))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        strip = the(app, HintStrip)
        await until(pilot, lambda: strip.display)
        strip.focus()
        await pilot.press("f1")
        await until(pilot, lambda: app.screen.query(".name"))
        assert "Hint" in str(app.screen.query_one(".help").border_title)
        names = [str(name.render()) for name in app.screen.query(".name")]
        assert {"Previous", "Dismiss all"} <= set(names)
        assert names.count("Server") == 1  # among the keys that work everywhere


async def test_a_pane_fills_the_screen_and_gives_it_back(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        pane = lab_screen(app).query_one("#sockets")
        before = pane.region
        await pilot.press("z")
        await until(pilot, lambda: pane.region.width == WIDE[0])
        await pilot.press("f10")
        await until(pilot, lambda: pane.region == before)


@pytest.mark.parametrize(
    ("keys", "says"),
    [(["9"], "No script is at hand"), (["f2", "f10"], "Only a pane can fill the screen")],
)
async def test_a_key_that_can_do_nothing_here_says_so(keys: list[str], says: str) -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press(*keys)
        await until(pilot, lambda: any(says in said for said in told(app)))


async def test_the_theme_changes_and_changes_back(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        assert app.current_theme.dark
        await pilot.press("ctrl+t")
        assert not app.current_theme.dark
        await pilot.press("ctrl+t")
        assert app.current_theme.dark


async def test_the_palette_runs_what_acts_on_the_selected_socket(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        lab.submit("main: socket tcp", "console")
        await until(pilot, lambda: listed(app, "TCP"))
        await pilot.press("ctrl+p", *"reset")
        await until(pilot, lambda: getattr(app.screen, "_hit_count", 0) == 1)
        await pilot.press("enter")
        await until(pilot, lambda: calls_of(lab, "main", "close"))


async def test_the_log_leads_to_the_details_of_an_event(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        lab.submit("main: socket tcp", "console")
        await until(pilot, lambda: calls_of(lab, "main", "socket"))
        await pilot.press("7")
        await until(pilot, lambda: len(the(app, LogPane).lines.source) >= 2)
        await pilot.press("end", "up", "enter")
        await until(pilot, lambda: the(app, InspectPane).event is not None)
        await until(pilot, lambda: on_screen(app, "#inspect"))


async def test_the_conversation_is_that_of_the_newest_connection(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("4", "1")
        port = lab.free_port()
        lab.submit(f"server: serve tcp 127.0.0.1 {port} echo", "console")
        await until(pilot, lambda: listed(app, "LISTEN"))
        lab.submit(f"client: client tcp 127.0.0.1 {port} read=auto", "console")
        await until(pilot, lambda: the(app, SendForm).target is not None)
        lab.submit(r'client: send 3 "\x1b[31m[b]"', "console")
        lines = the(app, MessagesPane).lines
        await until(
            pilot,
            lambda: any(r"\x1b[31m[b]" in lines.render_line(y).text for y in range(12)),
        )


@pytest.mark.parametrize("key", ["2", "3", "4", "6", "8"])
async def test_from_one_connection_to_another_in_all_panes_at_once(key: str) -> None:
    told = Told()
    told.connection()
    told.accept()
    there = ("127.0.0.1", 41999)
    told.call("other", "socket", "AF_INET", "SOCK_STREAM", 0, sock=20, result=3)
    told.call("other", "connect", HERE, sock=20, local=there, remote=HERE)
    app = SocklabApp(PaperLab(told))
    async with app.run_test(size=(160, 50)) as pilot:
        await started(app, pilot)
        for step, before, name in (("left", 20, "client"), ("right", 2, "other")):
            lab_screen(app).show_socket(before)
            await pilot.press(key, step)
            for pane, head in HEADS.items():
                await pilot.press(pane)
                await until(pilot, partial(says, app, head, name))


async def test_who_waits_for_an_answer_to_its_syn_is_shown_until_there_is_a_connection() -> None:
    told = Told()
    told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    own: dict[str, Any] = {"t": told.now(), "program": "client", "sock": 2, "fd": 3}
    told.journal.append(Wait(name="connect", args=(HERE,), **own))
    told.journal.append(State(old="CLOSE", new="SYN_SENT", source="kernel", **own))
    app = SocklabApp(PaperLab(told))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("3")
        await until(pilot, partial(says, app, "#states-head", "client"))
        await until(pilot, partial(says, app, "#states-duty", "waits for an answer to its SYN"))


HEADS = {
    "2": "#ladder-heads",
    "3": "#states-head",
    "4": "#talk-ends",
    "6": "#number-end-0",
}
"""Where a pane says whose connection it shows, by the pane's key."""


def says(app: SocklabApp, head: str, name: str) -> bool:
    return name in text_of(app, head)


async def test_a_repetition_goes_on_until_it_is_stopped(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        port = lab.free_port()
        lab.submit(f"server: serve tcp 127.0.0.1 {port} discard", "console")
        await until(pilot, lambda: listed(app, "LISTEN"))
        lab.submit(f"client: client tcp 127.0.0.1 {port}", "console")
        form = the(app, SendForm)
        await until(pilot, lambda: form.target is not None)
        form.query_one("#every", Input).value = "0.01"
        await pilot.press("f4", "enter")
        await until(pilot, lambda: len(calls_of(lab, "client", "send")) > 2)
        (ticket,) = form.repetitions
        await until(pilot, lambda: form.query_one("#stop-repeat").region.area)
        await pilot.click("#stop-repeat")
        await until(pilot, lambda: not ticket.open)
        await until(pilot, lambda: not form.query_one("#stop-repeat").region.area)


# Scripts


async def test_a_script_is_run_line_by_line_and_then_to_its_end(lab: Lab) -> None:
    text = demo_script(lab.free_port())
    app = SocklabApp(lab, (Path("handshake.lab"), text))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: the(app, ScriptPane).script is not None)
        script = the(app, ScriptPane).script
        assert script is not None
        await until(pilot, lambda: "server: socket tcp" in text_of(app, "#hint"))
        for done in (1, 2):
            await pilot.press("f8")
            await until(pilot, partial(position_is, script, done))
        await until(pilot, lambda: any(row.startswith("▶ 4") for row in rows(app, "#script-lines")))
        await pilot.press("f9")
        await until(pilot, lambda: script.result == "done")
        await until(pilot, lambda: "all lines have run" in text_of(app, "#script .offers"))


async def test_a_script_with_a_mistake_shows_where(lab: Lab) -> None:
    text = "# seven\nserver: socket tcp\nserver: lisen 3\n"
    app = SocklabApp(lab, (Path("wrong.lab"), text))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: "line 3, column 9" in text_of(app, "#script .offers"))
        await until(pilot, lambda: "✗ 3 server: lisen 3" in rows(app, "#script-lines"))
        await pilot.press("f8")
        await pilot.pause()
        assert not calls_of(lab, "server")


async def test_a_line_that_fails_is_marked(lab: Lab) -> None:
    text = "main: socket tcp\nexpect main 3 LISTEN within 0.01\nmain: close 3\n"
    app = SocklabApp(lab, (Path("failing.lab"), text))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: the(app, ScriptPane).script is not None)
        await pilot.press("f9")
        await until(pilot, lambda: "line 2" in text_of(app, "#script .offers"))
        assert any(row.startswith("✗ 2 expect main 3 LISTEN") for row in rows(app, "#script-lines"))
        assert not calls_of(lab, "main", "close")


def told(app: SocklabApp) -> list[str]:
    """What was said in passing."""
    return [note.message for note in app._notifications]


@pytest.mark.parametrize("key", ["ctrl+n", "f5"])
async def test_a_script_that_makes_room_says_nothing(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(session, "BREATH", 0.01)
    app = SocklabApp(lab, (Path("long.lab"), "main: socket tcp\nsleep 600\nmain: close 3\n"))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: the(app, ScriptPane).script is not None)
        script = the(app, ScriptPane).script
        assert script is not None
        await pilot.press("f9")
        await until(pilot, lambda: script.position == 1)
        journal = lab.journal
        await pilot.press(key, "y")
        await until(pilot, lambda: script.done and lab.journal is not journal)
        if key == "f5":
            await until(pilot, lambda: calls_of(lab, "server", "socket"))
        await until(pilot, lambda: the(app, ScriptPane).script is not script)
        await pilot.pause()
        assert told(app) == []


async def test_a_demonstration_that_fails_says_why(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "BREATH", 0.01)
    failing = "main: socket tcp\nexpect main 3 LISTEN within 0.01\n"
    monkeypatch.setattr(session, "demo_script", lambda _port: failing)
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f5")
        await until(
            pilot, lambda: any("line 2: expect main 3 LISTEN" in said for said in told(app))
        )
        await until(pilot, lambda: lab.pace.mode == "full")


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_the_demonstration_runs_to_its_end_before_the_ladder(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, size: Size
) -> None:
    monkeypatch.setattr(session, "BREATH", 0.01)
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await pilot.press("f5")
        await until(pilot, lambda: the(app, ScriptPane).script is not None)
        script = the(app, ScriptPane).script
        await until(pilot, lambda: script is not None and script.result == "done")
        await until(pilot, lambda: lab.pace.mode == "full")
        assert on_screen(app, "#ladder")
        await until(pilot, lambda: any("CLOSE_WAIT" in row for row in rows(app, "#ladder-lines")))


@pytest.mark.parametrize("size", [(60, 16), (80, 20), NARROW])
async def test_a_small_terminal_shows_a_form_down_to_its_button(lab: Lab, size: Size) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        for form in ("server", "client", "send"):
            lab_screen(app).action_go(form)
            await pilot.pause()
            button = lab_screen(app).query_one(f"#{form} #do", Button)
            assert lab_screen(app).query_one("#upper").region.contains_region(button.region)
        assert lab_screen(app).query_one("#log-lines").region.height >= 2


@pytest.mark.parametrize("size", [(60, 16), NARROW, WIDE, (200, 60)])
async def test_what_is_said_in_passing_covers_no_line_that_one_types_on(
    lab: Lab, size: Size
) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=size, notifications=True) as pilot:
        await started(app, pilot)
        app.notify("a sentence that takes more than one line where there is little room for it")
        await until(pilot, lambda: lab_screen(app).query("Toast"))
        await pilot.pause()
        toast = lab_screen(app).query_one("Toast")
        assert toast.region.area
        console = lab_screen(app).query_one("#console")
        assert not toast.region.overlaps(console.region)


# Paces


async def test_step_by_step_a_call_waits_for_its_key(lab: Lab) -> None:
    app = SocklabApp(lab, (Path("one.lab"), "main: socket tcp\n"))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: the(app, ScriptPane).script is not None)
        await pilot.press("f6", "f6")
        await until(pilot, lambda: lab.pace.mode == "step")
        await pilot.press("f8")
        await until(
            pilot, lambda: "F7 lets through: main: socket" in the(app, StatusLine).texts()[1]
        )
        assert not calls_of(lab, "main")
        await pilot.press("f7")
        await until(pilot, lambda: calls_of(lab, "main", "socket"))
        await until(pilot, lambda: the(app, StatusLine).texts()[1] == "")
        await pilot.press("f6")
        await until(pilot, lambda: lab.pace.mode == "full")


# A queue behind a blocked program


async def test_a_line_behind_a_blocked_program_is_queued_and_can_be_withdrawn(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        lab.submit("main: socket tcp", "console")
        lab.submit("main: listen 3 5", "console")
        lab.submit("main: accept 3", "console")
        await until(pilot, lambda: listed(app, "blocked in accept(3)"))
        await pilot.press("ctrl+l", *"main: close 3", "enter")
        echo = the(app, ConsolePane).echo
        await until(pilot, lambda: "queued" in str(echo.render()))
        await pilot.press("ctrl+z")
        await until(pilot, lambda: "withdrawn" in str(echo.render()))
        assert not lab.queued


# New, save, quit


async def test_a_new_lab_begins_only_after_a_yes(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        lab.submit("main: socket tcp", "console")
        await until(pilot, lambda: listed(app, "TCP"))
        journal = lab.journal
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("enter")  # on Cancel
        await until(pilot, lambda: not isinstance(app.screen, ConfirmScreen))
        assert lab.journal is journal
        await pilot.press("ctrl+n", "y")
        await until(pilot, lambda: lab.journal is not journal)
        await until(pilot, lambda: listed(app, "No program runs yet."))
        assert calls_of(lab, "main") == []


async def test_new_typed_in_the_console_clears_the_screen_too(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        lab.submit("main: socket tcp", "console")
        await until(pilot, lambda: listed(app, "TCP"))
        await pilot.press("ctrl+l", *"new", "enter")
        await until(pilot, lambda: listed(app, "No program runs yet."))


async def test_what_was_done_is_saved_as_a_script_that_runs(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "session.lab"
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        lab.submit("main: socket tcp", "console")
        lab.submit("main: close 3", "console")
        await until(pilot, lambda: calls_of(lab, "main", "close"))
        await save(app, pilot, path)
        await until(pilot, lambda: not isinstance(app.screen, SaveScreen))
    lines = [line.line.text for line in parse_script(path.read_text())]
    assert lines == ["main: socket tcp", "main: close 3"]


async def test_a_file_that_is_there_is_replaced_only_when_asked_twice(
    lab: Lab, tmp_path: Path
) -> None:
    path = tmp_path / "precious.lab"
    path.write_text("precious")
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await save(app, pilot, path)
        await until(pilot, lambda: "there already" in verdict(app))
        assert path.read_text() == "precious"
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, SaveScreen))
    assert path.read_text() != "precious"


async def test_where_nothing_can_be_written_is_said_in_place(lab: Lab, tmp_path: Path) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await save(app, pilot, tmp_path / "nowhere" / "session.lab")
        await until(pilot, lambda: "No such file or directory" in verdict(app))
        app.screen.query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await until(pilot, lambda: "directory" in verdict(app))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, SaveScreen))


async def save(app: SocklabApp, pilot: Pilot[None], path: Path) -> None:
    await pilot.press("ctrl+s")
    await until(pilot, lambda: isinstance(app.screen, SaveScreen) and app.screen.query(Input))
    app.screen.query_one(Input).value = str(path)
    await pilot.pause()
    app.screen.query_one("#save", Button).press()


def verdict(app: SocklabApp) -> str:
    return str(app.screen.query_one(".message").render())


@pytest.mark.parametrize("size", [WIDE, NARROW, (200, 60)])
async def test_a_pane_that_is_maximised_fills_the_screen(size: tuple[int, int], lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        screen = lab_screen(app)
        for key in "1234567":
            await pilot.press(key)
            await pilot.press("z")
            await until(pilot, lambda: screen.maximized is not None)
            await pilot.pause()
            assert screen.maximized is not None
            assert screen.maximized.outer_size == (size[0], size[1] - 2)
            await pilot.press("z")
            await until(pilot, lambda: screen.maximized is None)


async def test_ctrl_q_quits_and_so_does_ctrl_c_twice(lab: Lab) -> None:
    for keys in (["ctrl+q"], ["ctrl+c", "ctrl+c"]):
        app = SocklabApp(lab)
        async with app.run_test(size=WIDE) as pilot:
            await started(app, pilot)
            await pilot.press(*keys[:1])
            assert app.is_running == (len(keys) == 2)
            await pilot.press(*keys[1:])
            await until(pilot, partial(is_over, app))


async def test_failed_calls_never_end_the_screen(lab: Lab) -> None:
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        for line in ("main: close 9", "main: recv 3", "main: socket udp", "main: listen 3"):
            lab.submit(line, "console")
        await until(pilot, lambda: any(call.error == "EOPNOTSUPP" for call in calls(lab)))
        assert app.is_running


def calls(lab: Lab) -> list[Call]:
    return calls_of(lab, "main")
