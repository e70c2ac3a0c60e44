"""A recording on the screen: any moment of it, forwards and back, and nothing that acts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from textual.actions import parse
from textual.pilot import Pilot

from socklab.events import AnyEvent, Gauge, Note, State
from socklab.journal import Journal, Readable
from socklab.lab.refusal import Refusal
from socklab.ui import pulse as pulse_module
from socklab.ui import recording as recording_module
from socklab.ui.actions import APP, REPLAY, SCREEN, SOCKETS, Action
from socklab.ui.app import SocklabApp
from socklab.ui.panes.hints import HINTS
from socklab.ui.panes.inspect import INSPECT
from socklab.ui.panes.ladder import LADDER, LadderPane
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.log_filter import Choice
from socklab.ui.panes.log_lines import LOG as LOG_ACTIONS
from socklab.ui.panes.messages import MESSAGES, MessagesPane
from socklab.ui.panes.numbers import NUMBERS
from socklab.ui.panes.states import STATES, StatesPane
from socklab.ui.panes.status import StatusLine
from socklab.ui.panes.timeline import TIMELINE, Timeline
from socklab.ui.recording import Recording
from socklab.ui.screens import replay as replay_module
from socklab.ui.screens.replay import ReplayScreen
from tests.ui.panes import HERE, NOON, Told
from tests.ui.paper import (
    NARROW,
    WIDE,
    conversation,
    lab_screen,
    rows,
    started,
    text_of,
    the,
    until,
)

LIST, LOG = "#socket-list", "#log-lines"
SECOND = 1_000_000_000


@contextmanager
def opened(path: Path, events: list[AnyEvent]) -> Iterator[Journal]:
    """A journal of these events, recorded and opened again."""
    written = Journal.create(path)
    for event in events:
        written.append(event)
    written.close()
    journal = Journal.open(path)
    journal.wait_indexed()
    try:
        yield journal
    finally:
        journal.close()


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Journal]:
    """The conversation, at whose end the client closes and another one is refused."""
    told = conversation()
    told.call("client", "close", sock=2)
    told.call("late", "connect", sock=9, error="ECONNREFUSED")
    with opened(tmp_path / "recorded.jsonl", list(told.journal)) as journal:
        yield journal


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Journal]:
    """Five notes, ten seconds between each and the next."""
    notes = [Note(t=NOON + 10 * n * SECOND, text=f"note {n}") for n in range(5)]
    with opened(tmp_path / "slow.jsonl", list(notes)) as journal:
        yield journal


class Clock:
    """Stands still unless it is set (s)."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(replay_module, "monotonic", clock)
    return clock


def said(app: SocklabApp) -> str:
    """The status line's left."""
    return the(app, StatusLine).texts()[0]


def line(app: SocklabApp) -> str:
    """The time line, as text."""
    return str(the(app, Timeline).render())


def log(app: SocklabApp) -> list[str]:
    return [row for row in rows(app, LOG) if row]


async def at(app: SocklabApp, pilot: Pilot[None], n: int) -> None:
    """The screen has come to event `n`."""
    await until(pilot, lambda: f"event {n:,} /" in line(app) and len(the_journal(app)) == n + 1)


def the_journal(app: SocklabApp) -> Readable:
    return lab_screen(app).follower.journal


async def test_it_opens_at_its_end(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: any(row.startswith("– TCP") for row in rows(app, LIST)))
        assert "recorded.jsonl · at its end" in said(app)
        assert "at its end" in line(app)
        assert "ECONNREFUSED" in log(app)[-1]


async def test_going_back_every_pane_shows_what_there_was(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("home")
        await until(pilot, lambda: "before its first event" in said(app))
        await until(pilot, lambda: not any("TCP" in row for row in rows(app, LIST)))
        assert not len(the(app, LogPane).lines.source)
        await pilot.press("full_stop", "right")
        await at(app, pilot, 1)
        await until(pilot, lambda: log(app)[-1].endswith("client program started on this machine"))
        await pilot.press("end")
        await until(pilot, lambda: any("TCP" in row for row in rows(app, LIST)))
        await until(pilot, lambda: "at its end" in said(app))
        assert "ECONNREFUSED" in log(app)[-1]


async def test_step_by_event_from_wherever_the_focus_is(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    last = len(recorded) - 1
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        for focus in (LIST, LOG, "#timeline"):
            lab_screen(app).set_focus(lab_screen(app).query_one(focus))
            await pilot.press("comma", "comma")
            await at(app, pilot, last - 2)
            await pilot.press("full_stop")
            await at(app, pilot, last - 1)
            await pilot.press("w")
            await at(app, pilot, last)


async def test_to_the_errors_and_the_changes_of_state(recorded: Journal) -> None:
    states = [event.n for event in recorded if isinstance(event, State)]
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        for n in reversed(states):
            await pilot.press("M")
            await at(app, pilot, n)
            assert "→" in log(app)[-1]
        await pilot.press("M")
        await until(pilot, lambda: "No change of state comes before" in notified(app))
        await pilot.press("m")
        await at(app, pilot, states[1])
        await pilot.press("w")
        await at(app, pilot, len(recorded) - 1)
        await pilot.press("w")
        await until(pilot, lambda: "No error comes after" in notified(app))


def notified(app: SocklabApp) -> str:
    return " ".join(notification.message for notification in app._notifications)


async def test_to_an_event_by_its_number(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("g", *"999", "enter")
        await until(pilot, lambda: "There is no event 999" in message(app))
        await pilot.press(*["backspace"] * 3, *"soon", "enter")
        await until(pilot, lambda: "An event's number" in message(app))
        await pilot.press(*["backspace"] * 4, "4", "enter")
        await at(app, pilot, 4)
        assert app.screen is lab_screen(app)
        await pilot.press("g", "escape")
        await at(app, pilot, 4)


def message(app: SocklabApp) -> str:
    return str(app.screen.query_one(".message").render())


async def test_back_to_the_line_under_the_log_s_cursor(recorded: Journal) -> None:
    in_the_log = [event.n for event in recorded if not isinstance(event, Gauge)]
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("j")
        await until(pilot, lambda: "put the cursor on a line" in notified(app))
        lab_screen(app).set_focus(lab_screen(app).query_one(LOG))
        await pilot.press("up", "up", "up", "j")
        await at(app, pilot, in_the_log[-3])


async def test_what_was_chosen_stays_so_when_time_goes_back(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        the(app, LogPane).show_only(Choice(program="server"))
        lab_screen(app).show_pane("messages")
        talk = the(app, MessagesPane).lines
        await pilot.press("comma", "comma", "comma")
        await until(pilot, lambda: len(talk.source))
        assert all(" server " in row for row in log(app))
        await pilot.press("home")
        await until(pilot, lambda: not len(talk.source))
        await pilot.press("end", "comma", "comma")
        await until(pilot, lambda: len(talk.source))


async def test_a_pane_that_comes_to_the_screen_is_at_the_same_moment(recorded: Journal) -> None:
    said_hello = next(event.n for event in recorded if getattr(event, "name", "") == "send")
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        for key in ("4", "3", "2"):
            await pilot.press(key)
        await pilot.press("g", *str(said_hello - 1), "enter")
        await at(app, pilot, said_hello - 1)
        await pilot.press("4")
        await until(pilot, lambda: any(rows(app, "#talk-lines")))
        assert not any("hello" in row for row in rows(app, "#talk-lines"))
        await pilot.press("full_stop")
        await until(pilot, lambda: any("hello" in row for row in rows(app, "#talk-lines")))
        lab_screen(app).set_focus(the(app, Timeline))
        await pilot.press("home")
        await until(pilot, lambda: len(the_journal(app)) == 0)
        await pilot.press("2")
        await until(pilot, lambda: not any("connect" in row for row in rows(app, "#ladder-lines")))


@pytest.fixture
def passing(tmp_path: Path) -> Iterator[Journal]:
    """Three connections, one after the other, and much between them."""
    told = Told()
    told.call("server", "socket", "AF_INET", "SOCK_STREAM", 0, sock=1, result=3)
    for sock in (2, 4, 6):
        there = ("127.0.0.1", 40000 + sock)
        told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=sock, result=3)
        told.call("client", "connect", HERE, sock=sock, local=there, remote=HERE)
        for _ in range(3000):
            told.journal.append(Note(t=told.now(), text="much"))
        if sock != 6:
            told.call("client", "close", sock=sock)
            told.journal.append(
                State(t=told.now(), sock=sock, old="FIN_WAIT1", new="CLOSE", source="kernel")
            )
    with opened(tmp_path / "passing.jsonl", list(told.journal)) as journal:
        yield journal


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sockets that the panes are told to show."""
    told: list[int] = []
    monkeypatch.setattr(StatesPane, "show", lambda _pane, sock: told.append(sock))
    return told


async def test_while_it_is_read_the_panes_stay_with_one_connection(
    passing: Journal, shown: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_module, "GLIMPSE", 0.0)
    monkeypatch.setattr(pulse_module, "BUDGET", 0.0)
    monkeypatch.setattr(replay_module, "AGAIN", 1e6)
    app = SocklabApp(Recording(passing))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: shown and shown[-1] == 6)
        assert shown == [2, 6]
        await pilot.press("g", *"2000", "enter")
        await at(app, pilot, 2000)
        assert shown == [2, 6, 2]


async def test_a_connection_that_somebody_has_chosen_stays(
    passing: Journal, shown: list[int]
) -> None:
    app = SocklabApp(Recording(passing))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await until(pilot, lambda: shown and shown[-1] == 6)
        lab_screen(app).show_socket(6)
        shown.clear()
        for n in (2000, 4000, len(passing) - 1):
            await pilot.press("g", *str(n), "enter")
            await at(app, pilot, n)
        assert shown == []


async def test_it_plays_as_recorded(slow: Journal, clock: Clock) -> None:
    app = SocklabApp(Recording(slow))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("space")
        await at(app, pilot, 0)
        assert "playing" in line(app)
        clock.now = 9.9
        await until(pilot, lambda: "0:09.900 / 0:40.000" in line(app))
        assert "event 0 /" in line(app)
        clock.now = 20.5
        await at(app, pilot, 2)
        await pilot.press("space")
        clock.now = 99.0
        await until(pilot, lambda: "paused" in line(app))
        assert "event 2 /" in line(app)
        await pilot.press("space")
        clock.now = 200.0
        await until(pilot, lambda: "at its end" in line(app))
        assert "event 4 /" in line(app)


async def test_faster_slower_and_without_its_pauses(slow: Journal, clock: Clock) -> None:
    app = SocklabApp(Recording(slow))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("space", "greater_than_sign", "plus")
        assert "4×" in line(app)
        clock.now = 5.0
        await at(app, pilot, 2)
        await pilot.press(*["less_than_sign"] * 9)
        assert "1 event/s" in line(app)
        clock.now = 6.0
        await at(app, pilot, 3)
        await pilot.press("home", "plus", "plus", "plus", "i", "space")
        assert "pauses cut" in line(app)
        clock.now = 10.5
        await at(app, pilot, 2)


async def test_the_mouse_on_the_bar_and_on_the_buttons(slow: Journal) -> None:
    app = SocklabApp(Recording(slow))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        bar = the(app, Timeline)
        middle = bar.content_region.width // 2 + 2
        await pilot.mouse_down(bar, offset=(middle, 2))
        await at(app, pilot, 2)
        await pilot.hover(bar, offset=(3, 2))
        await at(app, pilot, 0)
        await pilot.mouse_up(bar, offset=(3, 2))
        await pilot.hover(bar, offset=(middle, 2))
        for button, expected in (("▸│", 4), ("◂ ", 3), ("▸ ", 4)):
            buttons = line(app).splitlines()[-1]
            at_x = buttons.index(button, buttons.index("▶" if "▸" in button else "◂") + 2)
            await pilot.click(bar, offset=(at_x + 1, bar.size.height))
            await at(app, pilot, expected)


async def test_a_click_on_a_mark_goes_to_what_it_stands_for(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        bar = the(app, Timeline)
        marks = line(app).splitlines()[0]
        states = [event.n for event in recorded if isinstance(event, State)]
        await pilot.click(bar, offset=(marks.index("┃") + 1, 1))
        await at(app, pilot, states[0])
        legend = line(app).splitlines()[-1].index("state")
        await pilot.click(bar, offset=(legend + 1, bar.size.height))
        await at(app, pilot, states[1])


async def test_nothing_can_be_done_in_it(recorded: Journal) -> None:
    recording = Recording(recorded)
    app = SocklabApp(recording)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        screen = lab_screen(app)
        assert "Server" not in text_of(app, "#footer")
        assert "Play" in text_of(app, "#footer")
        for pane in ("#forms", "#console"):
            assert not screen.query_one(pane).region.area
        size = len(recorded)
        await pilot.press("f2", "f5", "ctrl+n", "1", "a", "c")
        await pilot.pause()
        assert app.screen is screen
        assert len(recorded) == size
    with pytest.raises(Refusal, match="recording"):
        recording.submit("main: socket tcp", "console")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
async def test_an_empty_recording_says_so(tmp_path: Path, size: tuple[int, int]) -> None:
    with opened(tmp_path / "empty.jsonl", []) as journal:
        app = SocklabApp(Recording(journal))
        async with app.run_test(size=size) as pilot:
            await started(app, pilot)
            assert "no events" in line(app)
            await pilot.press("space", "comma", "w", "home", "end", "g", "0", "enter")
            await until(pilot, lambda: "There are no events." in message(app))
            await pilot.press("escape")
            assert isinstance(app.screen, ReplayScreen)


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
        await pilot.press("comma")
        await at(app, pilot, 1)
    journal.close()


PANES = (SOCKETS, LADDER, STATES, MESSAGES, INSPECT, NUMBERS, HINTS, LOG_ACTIONS, TIMELINE)


def keys_of(actions: Iterable[Action]) -> list[str]:
    return [key for action in actions for key in action.keys.split(",")]


def test_its_keys_mean_nothing_else_in_any_pane() -> None:
    keys = keys_of(REPLAY)
    assert len(keys) == len(set(keys))
    for others in (APP, SCREEN, *(pane for pane in PANES if pane is not SOCKETS)):
        assert not set(keys) & set(keys_of(others))


@pytest.mark.parametrize("action", REPLAY, ids=lambda action: action.id)
def test_each_of_its_actions_exists_and_is_explained(action: Action) -> None:
    _namespace, name, _parameters = parse(action.run)
    assert callable(getattr(ReplayScreen, f"action_{name}"))
    assert action.label
    assert action.help.endswith(".")


async def test_the_help_and_the_palette_have_what_works_here(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        offered = [command.title for command in app.get_system_commands(app.screen)]
        assert "Play" in offered
        assert not {"Server", "Demo", "accept"} & set(offered)
        await pilot.press("f1")
        await until(pilot, lambda: app.screen.query(".name"))
        explained = {str(name.render()) for name in app.screen.query(".name")}
        assert {"Play", "Slower", "Beginning"} <= explained
        assert "Server" not in explained


async def test_before_its_first_event_no_pane_offers_what_acts(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("home")
        await until(pilot, lambda: len(the_journal(app)) == 0)
        for key, list_of_pane in (
            ("1", LIST),
            ("2", "#ladder-lines"),
            ("3", "#states-steps"),
            ("4", "#talk-lines"),
            ("6", "#number-lines"),
            ("7", LOG),
        ):
            await pilot.press(key)
            await until(pilot, lambda at=list_of_pane: any(rows(app, at)))  # type: ignore[misc]
            text = " ".join(rows(app, list_of_pane))
            assert not any(acting in text.split() for acting in ("F2", "F3", "F4", "F5"))


async def test_where_nothing_was_sent_nothing_is_offered(tmp_path: Path) -> None:
    told = Told()
    told.connection()
    told.accept()
    with opened(tmp_path / "silent.jsonl", list(told.journal)) as journal:
        app = SocklabApp(Recording(journal))
        async with app.run_test(size=WIDE) as pilot:
            await started(app, pilot)
            lab_screen(app).show_socket(2)
            await pilot.press("4")
            await until(pilot, lambda: "Nothing was sent" in " ".join(rows(app, "#talk-lines")))
            assert "F4" not in " ".join(rows(app, "#talk-lines"))


async def test_every_key_of_the_screen_is_safe(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        screen = lab_screen(app)
        for action in screen.own_actions:
            await pilot.press(action.keys.split(",")[0])
            while app.screen is not screen:
                await pilot.press("escape")
            assert app.is_running, action.id


async def test_a_key_leads_to_the_time_line_and_the_panes_stay(recorded: Journal) -> None:
    app = SocklabApp(Recording(recorded))
    async with app.run_test(size=NARROW) as pilot:
        await started(app, pilot)
        await pilot.press("2", "l")
        assert app.focused is the(app, Timeline)
        assert the(app, LadderPane).region.area
        await pilot.press("home")
        await until(pilot, lambda: "at its end" not in said(app))
