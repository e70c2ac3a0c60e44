"""The Log pane, as somebody in front of it sees it."""

from __future__ import annotations

from typing import ClassVar

import pytest
from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from socklab.events import (
    EVENT_TYPES,
    AnyEvent,
    Command,
    Fate,
    Frame,
    Gauge,
    Info,
    Note,
    State,
    Wait,
)
from socklab.journal import Journal
from socklab.model.ladder_layout import STYLES
from socklab.ui.panes.cells import Part
from socklab.ui.panes.ladder_view import everything
from socklab.ui.panes.log import LogPane
from socklab.ui.panes.log_filter import KINDS, USUAL_KINDS, Choice
from socklab.ui.panes.log_filter_bar import FilterBar
from socklab.ui.panes.log_format import LogFormat
from socklab.ui.panes.log_search import SearchBar
from socklab.ui.panes.toggle import Toggle
from tests.ui.panes import NOON, PaneApp, Told, said, shown
from tests.ui.paper import until

WIDE, NARROW = (120, 20), (80, 24)


def story() -> Told:
    """One of each kind of line."""
    told = Told()
    told.journal.append(Command(t=NOON, program="server", text="socket tcp", origin="console"))
    told.call("server", "socket", "AF_INET", "SOCK_STREAM", 0, result=3, duration=12_000)
    told.call("client", "connect", ("127.0.0.1", 8081), sock=2, error="ECONNREFUSED")
    told.journal.append(State(t=NOON, sock=1, fd=3, old="CLOSE", new="LISTEN", source="kernel"))
    told.journal.append(Wait(t=NOON, program="server", name="accept", sock=1, fd=3))
    told.journal.append(Gauge(t=NOON, sock=1, fd=3, accept_queue=2, backlog=5))
    told.journal.append(Note(t=NOON, text="the disk is full", level="warning"))
    return told


def on_a_wire() -> Told:
    """A frame too, and what became of it."""
    told = story()
    told.journal.append(Frame(t=NOON, id=1, sender="one", receiver="two", size=60, data=bytes(60)))
    told.journal.append(Fate(t=NOON, id=1, verdict="delivered", delay=5_000))
    return told


def many(count: int, told: Told | None = None) -> Told:
    """So many sends, each of its own number."""
    told = told or Told()
    for _ in range(count):
        told.send(b"number %d" % len(told.journal))
    return told


async def settle(pilot: Pilot[None], pane: LogPane) -> None:
    """Let the pane take in all there is."""
    pane.renew()
    await pilot.pause()


async def test_a_line_says_when_who_what_and_how_long() -> None:
    pane = LogPane(story().journal)
    async with PaneApp(pane).run_test(size=WIDE):
        line = shown(pane.lines)[1]
    assert "00.000 001" in line
    assert "server  socket(AF_INET, SOCK_STREAM, 0) = 3" in line
    assert line.endswith("12 µs")


async def test_a_state_that_nobody_saw_has_the_sign_that_it_has_in_the_ladder() -> None:
    told = Told()
    for source in ("call", "kernel"):
        moved = State(t=NOON, sock=1, fd=3, old="CLOSE", new="SYN_SENT", source=source)
        told.journal.append(moved)
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        inferred, seen = shown(pane.lines)[:2]
    assert "◇ " in inferred
    assert "◆ " in seen


async def test_without_colours_the_kinds_of_lines_still_differ() -> None:
    pane = LogPane(story().journal)
    async with PaneApp(pane).run_test(size=WIDE):
        command, call, failure, state, wait, note = shown(pane.lines)[:6]
    assert "› " in command
    assert not set("›✗◆■!") & set(call)
    assert "✗ " in failure
    assert "ECONNREFUSED  nobody listens" in failure
    assert "◆ " in state
    assert "■" in wait
    assert "blocked" in wait
    assert "! " in note


async def test_a_program_has_the_colour_of_its_lane_in_the_ladder() -> None:
    told = Told()
    told.call("alice", "socket", "AF_INET", "SOCK_STREAM", 0, result=3)
    told.call("server2", "connect", ("127.0.0.1", 8081), sock=2)
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        assert colours(pane) == {"alice": "accent", "server2": "accent"}
        told.call("alice", "listen", 5, sock=1)
        await settle(pilot, pane)
        assert colours(pane) == {"alice": "second", "server2": "accent"}
        before, after = (pane.lines.render_line(y) for y in (0, 1))
        assert looks(before, "alice") != looks(after, "server2")  # drawn again, though not new
        lanes = everything(told.journal, 120).lanes
        assert {head.name: STYLES[head.side] for head in lanes.heads} == colours(pane)


def colours(pane: LogPane) -> dict[str, str]:
    """The style of each program's name."""
    source = pane.lines.source
    parts = (part for index in range(len(source)) for part in source.parts(index, 120))
    return {text.strip(): style for text, style in parts if text.strip() in ("alice", "server2")}


def looks(strip: Strip, word: str) -> Style | None:
    """How a word of a drawn line looks."""
    return next(segment.style for segment in strip if word in segment.text)


async def test_gauges_stay_out_until_they_are_chosen() -> None:
    pane = LogPane(story().journal)
    async with PaneApp(pane).run_test(size=WIDE):
        assert "2/5" not in said(pane.lines)
        pane.show_only(Choice(kinds=USUAL_KINDS | {"gauge"}))
        assert "accept queue 2/5" in said(pane.lines)
        assert Choice(kinds=USUAL_KINDS | {"gauge"}).summary() == "with gauges"


async def test_samples_of_tcp_info_stay_out_until_they_are_chosen() -> None:
    told = story()
    told.journal.append(Info(t=NOON, sock=1, fd=3, rtt=25, snd_cwnd=10))
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        assert "cwnd" not in said(pane.lines)
        pane.show_only(Choice(kinds=USUAL_KINDS | {"gauge", "info"}))
        assert "3 rtt 25 µs" in said(pane.lines)
        assert pane.choice.summary() == "with all samples"


async def test_frames_stay_out_until_they_are_chosen_with_their_fates() -> None:
    told = on_a_wire()
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=NARROW) as pilot:
        assert "delivered" not in said(pane.lines)
        pane.action_filter()
        await until(pilot, lambda: pane.query_one("#kind-frame").region.area)
        await pilot.click("#kind-frame")
        await until(pilot, lambda: "delivered" in said(pane.lines))
        assert pane.choice.kinds == USUAL_KINDS | {"frame", "fate"}
        assert pane.choice.summary() == "with frames"
        assert Choice(kinds=frozenset(KINDS)).summary() == "with everything"
        await pilot.click("#kind-frame")
        await until(pilot, lambda: "delivered" not in said(pane.lines))


async def test_only_the_calls() -> None:
    told = on_a_wire()
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show_only(Choice(kinds=frozenset({"call"})))
        lines = [line for line in shown(pane.lines) if line]
        assert len(lines) == 2
        assert "socket(" in lines[0]
        assert "connect(" in lines[1]


def test_every_kind_of_event_can_be_chosen() -> None:
    assert sorted(KINDS) == sorted(kind.__name__.lower() for kind in EVENT_TYPES)


async def test_the_switches_fit_a_small_terminal() -> None:
    pane = LogPane(story().journal)
    async with PaneApp(pane).run_test(size=NARROW) as pilot:
        pane.action_filter()
        await until(pilot, lambda: pane.query_one("#kind-frame").region.area)
        for toggle in pane.query(Toggle):
            assert toggle.region.right <= NARROW[0]
            assert toggle.region.width == len(str(toggle.render()))


async def test_the_tail_is_followed_until_somebody_looks_up() -> None:
    told = many(100)
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        assert "number 99" in shown(pane.lines)[-1]
        many(10, told)
        await settle(pilot, pane)
        assert "number 109" in shown(pane.lines)[-1]
        await pilot.press("up", "up")
        before = shown(pane.lines)[:-1]
        many(1234, told)
        await settle(pilot, pane)
        assert shown(pane.lines)[:-1] == before
        assert "+1,234 new" in shown(pane.lines)[-1]
        await pilot.press("end")
        assert "number 1343" in shown(pane.lines)[-1]
        assert "new" not in shown(pane.lines)[-1]


async def test_a_click_on_what_is_new_goes_there() -> None:
    told = many(100)
    pane = LogPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("home")
        many(5, told)
        await settle(pilot, pane)
        lines = pane.lines
        await pilot.click(lines, offset=(lines.size.width - 4, lines.size.height - 1))
        assert "number 104" in shown(lines)[-1]
        assert app.chosen == []


async def test_the_wheel_leaves_the_tail_and_comes_back_to_it() -> None:
    told = many(100)
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.lines.scroll_to(y=10, animate=False)
        many(3, told)
        pane.renew()
        assert "number 10" in shown(pane.lines)[0]
        pane.lines.scroll_to(y=pane.lines.max_scroll_y, animate=False)
        many(3, told)
        pane.renew()
        assert "number 105" in shown(pane.lines)[-1]


async def test_enter_or_a_click_asks_for_the_details() -> None:
    pane = LogPane(many(100).journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("up", "up", "enter")
        await pilot.click(pane.lines, offset=(20, 0))
        top = pane.lines.scroll_offset.y
        assert app.chosen == [98, top]


async def test_errors_only_and_escape() -> None:
    pane = LogPane(story().journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        assert "filter: all" in str(pane.border_title)
        await pilot.press("e")
        assert [line for line in shown(pane.lines) if line] == [
            line for line in shown(pane.lines) if "ECONNREFUSED" in line
        ]
        assert "filter: errors" in str(pane.border_title)
        await pilot.press("escape")
        assert "SOCK_STREAM" in said(pane.lines)
        assert not app.went_home
        await pilot.press("escape")
        assert app.went_home


async def test_the_bar_filters_as_one_types() -> None:
    told = many(500)
    told.recv(b"a long body, then, past what a line of the log shows, the needle")
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        await pilot.press("f", *"needle")
        assert "recv(4" in shown(pane.lines)[0]
        assert len(pane.lines.source) == 1
        await pilot.press("escape")
        assert pane.lines.has_focus
        assert not pane.query_one(FilterBar).display
        assert 'filter: "needle"' in str(pane.border_title)


async def test_the_bar_offers_what_the_journal_has() -> None:
    told = Told()
    told.connection()
    told.accept()
    told.send(b"hello")
    told.recv(b"hello")
    pane = LogPane(told.journal, lambda sock: f"number {sock}")
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        await pilot.press("f", "tab", "tab", "enter", "down", "enter")
        assert pane.choice.program == "server"
        await pilot.press("tab", "enter", *["down"] * 3, "enter")
        await pilot.pause()
        assert pane.choice.sock == 3
        assert "filter: server · number 3" in str(pane.border_title)
        lines = [line for line in shown(pane.lines) if line]
    assert len(lines) == 2  # the accept that it came from, and its recv


async def test_a_filter_that_lets_nothing_through_says_so() -> None:
    pane = LogPane(story().journal)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show_only(Choice(text="no such thing"))
        assert "matches the filter" in said(pane.lines)


async def test_an_empty_log_says_what_fills_it() -> None:
    pane = LogPane(Journal.create(None))
    async with PaneApp(pane).run_test(size=NARROW):
        assert "F2" in said(pane.lines)


async def test_search_goes_up_from_the_tail_then_round() -> None:
    told = many(10)
    told.send(b"apple 1")
    many(40, told)
    told.send(b"Apple 2")
    many(40, told)
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        await pilot.press("slash", *"APPLE")
        assert pane.lines.cursor == 51
        await pilot.press("enter", "N")
        assert pane.lines.cursor == 10
        await pilot.press("N")
        assert pane.lines.cursor == 51
        await pilot.press("n")
        assert pane.lines.cursor == 10
        await pilot.press("escape")
        assert not pane.query_one(SearchBar).display


async def test_what_is_not_there_is_not_found() -> None:
    pane = LogPane(many(300).journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        await pilot.press("slash", *"pear")
        status = pane.query_one(SearchBar).query_one(".status")
        await until(pilot, lambda: "not found" in str(status.render()))


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
async def test_the_result_is_in_sight_at_any_width(width: int) -> None:
    told = Told()
    told.send(b"x" * 3000, size=8_000_000, result=3_919_467)
    told.call("client", "connect", ("127.0.0.1", 8081), sock=2, error="ECONNREFUSED")
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=(width, 20)):
        sent, refused = shown(pane.lines)[:2]
    assert "= 3919467" in sent
    assert "ECONN" in refused


async def test_bytes_from_a_peer_are_only_data() -> None:
    told = Told()
    told.recv(b"\x1b[31m[bold red]x[/]\x07\xff\xe2\x80\xae")
    told.journal.append(Note(t=NOON, text="a\x1b]0;title\x07 [blink]b[/blink]"))
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        text = said(pane.lines)
    assert r"\x1b[31m[bold red]x[/]\x07\xff" in text
    assert "[blink]b[/blink]" in text
    assert text.replace("\n", "").isprintable()


async def test_y_copies_the_whole_line() -> None:
    pane = LogPane(story().journal)
    app = PaneApp(pane)
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.press("home", "down", "y")
        assert app.clipboard.endswith("server  socket(AF_INET, SOCK_STREAM, 0) = 3  12 µs")


async def test_selected_text_is_what_is_copied() -> None:
    pane = LogPane(many(5).journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        line = shown(pane.lines)[1]
        left = line.index("send(")
        await pilot.mouse_down(pane.lines, offset=(left, 1))
        await pilot.hover(pane.lines, offset=(line.index(" = "), 1))
        await pilot.mouse_up(pane.lines, offset=(line.index(" = "), 1))
        await pilot.press("ctrl+c")
        assert app.clipboard.startswith('send(3, "number 1")')
        assert app.chosen == []


async def test_only_what_is_on_the_screen_is_formatted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(LogFormat):
        made: ClassVar[set[int]] = set()

        def parts(self, event: AnyEvent, width: int) -> list[Part]:  # type: ignore[override]
            self.made.add(event.n)
            return super().parts(event, width)

    monkeypatch.setattr("socklab.ui.panes.log.LogFormat", Counting)
    told = many(20_000)
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        await pilot.press("home", "end", "pageup")
        assert "number" in shown(pane.lines)[0]
    assert len(Counting.made) < 200


async def test_the_line_in_sight_stays_while_the_oldest_go() -> None:
    told = Told(Journal.create(None, keep=6000))
    many(10_000, told)
    pane = LogPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        pane.reveal(9000)
        many(5000, told)
        await settle(pilot, pane)
        assert told.journal.first > 0
        cursor = pane.lines.cursor
        assert cursor is not None
        assert "number 9000" in pane.lines.render_line(cursor - pane.lines.scroll_offset.y).text
        many(20_000, told)
        await settle(pilot, pane)
        assert "number" in said(pane.lines)


async def test_another_journal_begins_an_empty_log() -> None:
    pane = LogPane(many(50).journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        await pilot.press("e", "up")
        fresh = Told()
        pane.show_journal(fresh.journal)
        assert "F2" in said(pane.lines)
        fresh.send(b"first")
        await settle(pilot, pane)
        assert "first" in said(pane.lines)
