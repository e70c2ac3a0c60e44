"""The Ladder pane: the chosen connection, or everything, as it grows."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from textual import on

from socklab.events import Program
from socklab.journal import Excerpt, FrameIndex, Journal
from socklab.model.sockets import SocketTable
from socklab.ui.panes import ladder_past, ladder_source
from socklab.ui.panes.chosen import EventPointed
from socklab.ui.panes.ladder import LadderPane
from socklab.ui.panes.ladder_source import BLOCK, LadderSource
from socklab.ui.panes.ladder_view import around, everything
from socklab.ui.panes.toggle import Toggle
from tests.model.frames import build
from tests.model.ladder_wires import ACK, PSH_ACK, SYN, WireSession, handshake
from tests.model.ladders import MS, connected
from tests.model.ladders import Session as Ladder
from tests.ui.panes import HERE, NOON, THERE, PaneApp, Told, said, shown

WIDE, NARROW = (119, 30), (71, 24)


class LadderApp(PaneApp):
    """Keeps where the cursor has been as well."""

    def __init__(self, pane: LadderPane) -> None:
        super().__init__(pane)
        self.pointed: list[int] = []

    @on(EventPointed)
    def keep_pointed(self, message: EventPointed) -> None:
        self.pointed.append(message.n)


def pane_of(told: Told) -> LadderPane:
    """A pane that knows the sockets of the story."""
    return LadderPane(told.journal, told.table)


class ToldOn(Told):
    """What is told comes after the session that it goes on with."""

    def now(self) -> int:
        return NOON + 1000 * MS + super().now() - NOON


def told_of(session: Ladder) -> Told:
    """The session in a journal."""
    told = ToldOn()
    for event in session.events:
        told.journal.append(replace(event, t=NOON + event.t))
    return told


def talk() -> Told:
    """Client and server connected, with the states on the way."""
    return told_of(connected())


def heads(pane: LadderPane) -> list[str]:
    """What stands above the lanes."""
    return str(pane.query_one("#ladder-heads").render()).split()


async def test_without_a_choice_everything_is_shown() -> None:
    told = talk()
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.renew()
        await pilot.pause()
        assert heads(pane) == ["client", "server"]
        text = said(pane.lines)
    assert "┄┄ SYN ┄┄" in text
    assert "◇ 3 (SYN_SENT)" in text
    assert "accept(3) = 4" in text


async def test_the_chosen_connection_and_its_listener() -> None:
    told = talk()
    told.call("other", "socket", "AF_INET", "SOCK_STREAM", 0, sock=9, fd=3, result=3)
    told.call("server", "accept", sock=1, result=5, new_sock=8, local=HERE, remote=("::1", 9))
    told.send(b"hello")
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(3)
        await pilot.pause()
        assert heads(pane) == ["client", "3", "127.0.0.1:41822", "127.0.0.1:8080", "server", "4"]
        text = said(pane.lines)
        assert "◇ (SYN_SENT)" in text
        assert "listen(3, 5) = 0" in text
        assert "accept(3) = 4" in text
        assert "accept(3) = 5" not in text
        assert text.count("socket(") == 2
        pane.show(2)  # the same from the other end
        assert said(pane.lines) == text


async def test_three_sends_and_one_receive_as_they_come() -> None:
    told = talk()
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=WIDE) as pilot:
        pane.show(2)
        for data in (b"AAA", b"BBB", b"CCC"):
            told.send(data)
        told.recv(b"AAABBBCCC")
        pane.renew()
        await pilot.pause()
        lines = [line for line in shown(pane.lines) if line]
    assert "┄ #1 · 3 B · 0–2 ┄" in lines[-4]
    assert "┄ #3 · 3 B · 6–8 ┄" in lines[-2]
    assert lines[-1].split("║")[0].endswith(" 0–8 = #1–#3 ")
    assert lines[-1].endswith(' recv(4, 4096) = 9 "AAABBBCCC"')


async def test_it_grows_row_by_row() -> None:
    told = talk()
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        for number in range(5):
            told.send(b"%d" % number)
            pane.renew()
            await pilot.pause()
            last = [line for line in shown(pane.lines) if line][-1]
            assert last.startswith(f' send(3, "{number}") = 1')


async def test_a_blocked_call_while_it_lasts() -> None:
    session = connected()
    session.wait("server", "recv", t=30, sock=3, fd=4, args=(100, "0"))
    session.send(5, t=50)
    told = told_of(session)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        lines = [line for line in shown(pane.lines) if line]
        assert lines[-2].endswith("█ recv(4, 100) ... blocked")
        assert lines[-1].endswith("▶█")
        session.recv(5, t=30, duration=1300 * MS)
        returned = session.events[-1]
        told.journal.append(replace(returned, t=NOON + returned.t))
        pane.renew()
        await pilot.pause()
        lines = [line for line in shown(pane.lines) if line]
        assert lines[-1].endswith('recv = 5 "xxxxx" after 1.30 s')
        assert "█" not in lines[-1]


async def test_the_other_end_is_named_once_it_is_known() -> None:
    session = connected()
    accept = session.events.pop()
    told = told_of(session)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=WIDE) as pilot:
        pane.show(2)
        assert "accepted" in heads(pane)
        told.journal.append(accept)
        pane.renew()
        await pilot.pause()
        assert heads(pane)[-2:] == ["server", "4"]


async def test_an_end_outside_the_lab() -> None:
    told = Told()
    there = ("192.0.2.1", 80)
    told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    told.call("client", "connect", there, sock=2, local=THERE, remote=there)
    told.send(b"GET")
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW):
        pane.show(2)
        assert heads(pane)[-5:] == ["not", "of", "this", "lab", "192.0.2.1:80"]
        assert "┄ #1 0–2 ┄" in said(pane.lines)


async def test_a_caller_outside_the_lab_stands_on_the_left() -> None:
    told = Told()
    told.call("server", "socket", "AF_INET", "SOCK_STREAM", 0, sock=1, result=3)
    told.call("server", "listen", 5, sock=1, local=HERE)
    told.accept()
    told.recv(b"hello")
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW):
        pane.show(3)
        assert heads(pane)[0] == "127.0.0.1:41822"
        assert heads(pane)[-2:] == ["server", "4"]
        assert shown(pane.lines)[0].rstrip().endswith("socket(AF_INET, SOCK_STREAM, 0) = 3")


async def test_one_server_and_its_datagram_clients() -> None:
    told = Told()
    udp = ("AF_INET", "SOCK_DGRAM", 0)
    told.call("server", "socket", *udp, sock=1, result=3)
    told.call("server", "bind", HERE, sock=1, local=HERE)
    for number, program in enumerate(("anna", "ben"), 2):
        me = ("127.0.0.1", 5000 + number)
        told.call(program, "socket", *udp, sock=number, result=3)
        told.call(program, "sendto", "0", HERE, sock=number, local=me, result=2, size=2, data=b"hi")
    told.call("tcp", "socket", "AF_INET", "SOCK_STREAM", 0, sock=9, result=3)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=WIDE):
        pane.show(1)
        assert heads(pane) == ["anna", "ben", "server"]
        text = said(pane.lines)
    assert text.count("▷║") == 2
    assert "SOCK_STREAM" not in text


async def test_all_and_back() -> None:
    told = talk()
    told.call("idle", "socket", "AF_INET", "SOCK_STREAM", 0, sock=9, fd=3, result=3)
    pane = pane_of(told)
    app = LadderApp(pane)
    async with app.run_test(size=NARROW) as pilot:
        pane.show(2)
        await pilot.press("a")
        assert heads(pane) == ["client", "idle", "server"]
        await pilot.press("a")
        assert heads(pane)[:2] == ["client", "3"]
        assert not pane.query_one(Toggle).value


async def test_one_connection_asked_for_before_any_was_chosen() -> None:
    pane = pane_of(talk())
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.renew()
        await pilot.press("a")
        assert heads(pane)[:2] == ["client", "3"]
    empty = pane_of(Told())
    async with LadderApp(empty).run_test(size=NARROW) as pilot:
        await pilot.press("a")
        assert empty.query_one(Toggle).value


async def test_an_empty_ladder_says_what_it_is_for() -> None:
    pane = pane_of(Told())
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.renew()
        await pilot.pause()
        text = said(pane.lines)
        assert "What each program calls" in text
        assert "F5" in text
        assert not pane.query_one("#ladder-legend").display or pane.has_class("-nothing")


async def test_while_nothing_has_been_found_yet_it_does_not_say_that_there_is_nothing() -> None:
    told = talk()
    pane = pane_of(told)
    async with LadderApp(pane).run_test():
        view = everything(told.journal, 80)
        pane.lines.show_source(LadderSource(told.journal, view, SocketTable()))
        assert [text for line in pane.lines.nothing() for text, _style in line] == ["   reading …"]


async def test_more_programs_than_there_is_room_for() -> None:
    told = talk()
    for number in range(30):
        told.call(f"p-{number}", "socket", "AF_INET", "SOCK_STREAM", 0, sock=50 + number, result=3)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.renew()
        await pilot.pause()
        assert heads(pane)[-3:] == ["30", "others", "server"] or "others" in heads(pane)
        assert "p-29: socket(" in said(pane.lines)
        pane.show(2)
        await pilot.press("a")
        assert heads(pane) == ["client", "30", "others", "server"]


async def test_a_row_is_pointed_at_and_chosen_by_hand_and_revealed_without_a_word() -> None:
    told = talk()
    n = told.send(b"hello")
    pane = pane_of(told)
    app = LadderApp(pane)
    async with app.run_test(size=NARROW) as pilot:
        pane.show(2)
        await pilot.pause()
        await pilot.press("up", "enter")
        assert app.pointed == [n]
        assert app.chosen == [n]
        pane.reveal(8)  # the state of the other end: recorded eighth, drawn before others
        await pilot.pause()
        assert pane.lines.cursor is not None
        source = pane.lines.source
        assert isinstance(source, LadderSource)
        assert source.event_at(pane.lines.cursor) == 8
        assert app.pointed == [n]
        pane.reveal(10_000)
        assert pane.lines.cursor == len(source) - 1


async def test_an_event_of_another_connection_reveals_the_next_one() -> None:
    told = talk()
    elsewhere = told.call("x", "socket", "AF_INET", "SOCK_STREAM", 0, sock=9, result=3)
    n = told.send(b"hello")
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW):
        pane.show(2)
        pane.reveal(elsewhere)
        source = pane.lines.source
        assert isinstance(source, LadderSource)
        assert source.event_at(pane.lines.cursor or 0) == n


async def test_bytes_are_data() -> None:
    told = talk()
    told.send("\x1b[b]굵게[/b]\u202e".encode() + b"\xff")
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=WIDE):
        pane.show(2)
        text = said(pane.lines)
    assert r"\x1b[b]굵게" in text
    assert text.replace("\n", "").isprintable()


async def test_a_long_ladder_is_followed_and_can_be_gone_back() -> None:
    told = talk()
    for number in range(1000):
        told.send(b"%04d" % number)
        told.recv(b"%04d" % number)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        while (source := pane.lines.source) and isinstance(source, LadderSource) and source.reading:
            pane.renew()
        await pilot.pause()
        assert '#1000 ║ recv(4, 4096) = 4 "0999"' in said(pane.lines)
        await pilot.press("home")
        assert "socket(AF_INET" in shown(pane.lines)[0]
        told.send(b"another")
        pane.renew()
        assert "+1 new" in said(pane.lines)
        await pilot.press("end")
        assert "another" in said(pane.lines)


async def test_at_another_moment_what_was_before_is_known_already(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ladder_source, "_WITH_FIRST", 0)
    told = talk()
    for number in range(1500):
        told.send(b"%04d" % number)
        told.recv(b"%04d" % number)
    recording = Excerpt(told.journal, len(told.journal))
    pane = LadderPane(recording, told.table)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        assert "#1500" not in said(pane.lines)
        while (source := pane.lines.source) and isinstance(source, LadderSource) and source.reading:
            pane.renew()
        await pilot.pause()
        assert '#1500 ║ recv(4, 4096) = 4 "1499"' in said(pane.lines)
        pane.show_journal(recording.until(len(told.journal) - 1000))
        pane.renew()
        assert '#1000 ║ recv(4, 4096) = 4 "0999"' in said(pane.lines)


async def test_what_would_take_long_to_find_out_is_told_a_little_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ladder_source, "_SOON", 0)
    monkeypatch.setattr(ladder_past, "_SPACING", 1 << 20)
    told = talk()
    for number in range(1500):
        told.send(b"%04d" % number)
        told.recv(b"%04d" % number)
    source = LadderSource(told.journal, everything(told.journal, 80), told.table())
    while source.reading:
        source.advance(1)
    here = len(source) - 1001  # a receive
    early = source.row(here)
    assert early is not None
    assert early.notes == ()
    assert not source.outdated(here, here)
    source.advance(0.01)
    while source.reading:
        source.advance(0.01)
    assert source.outdated(here, here)
    late = source.row(here)
    assert late is not None
    assert late.event == early.event
    assert late.notes[0].endswith("= #1000")


@pytest.mark.parametrize("shown_before", [True, False])
async def test_a_connection_that_the_table_has_forgotten(shown_before: bool) -> None:
    told = talk()
    told.send(b"hello")
    tables = [told.table()]
    pane = LadderPane(told.journal, lambda: tables[0])
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.display = shown_before
        await pilot.pause()
        pane.show(3)
        tables[0] = SocketTable()
        told.call("other", "socket", "AF_INET", "SOCK_STREAM", 0, sock=9, fd=3, result=3)
        pane.display = True
        await pilot.pause()
        pane.renew()
        await pilot.pause()
        assert not pane.query_one(Toggle).value
        assert heads(pane)[::4] == ["client", "server"]
        assert 'send(3, "hello")' in said(pane.lines)
        assert "other" not in said(pane.lines)


async def test_where_nothing_is_known_of_a_socket_all_is_shown_and_said_so() -> None:
    told = talk()
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(99)
        await pilot.pause()
        assert pane.query_one(Toggle).value
        assert "accept(3) = 4" in said(pane.lines)


async def test_every_event_has_one_row_however_long_the_journal(tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    told = Told(Journal.create(path))
    told.connection()
    told.accept()
    for number in range(3000):
        told.send(b"%d" % number)
        told.recv(b"%d" % number)
    told.journal.close()
    table = told.table()
    journal = Journal.open(path)
    journal.wait_indexed(10)
    for view in (everything(journal, 80), around(2, table, {}, 80)):
        assert view is not None
        source = LadderSource(journal, view, table)
        source.advance(0.05, rows=60)
        tail = [source.row(index) for index in range(len(source) - 30, len(source))]
        assert all(row is not None for row in tail)  # at once, whatever came before
        while source.reading:
            source.advance(0.05)
        numbers = [source.event_at(index) for index in range(len(source))]
        assert sorted(numbers) == list(source.numbers)
        assert len(numbers) == 6000 + 6
        here = source.index_of(numbers[BLOCK + 7])
        assert here == BLOCK + 7
        last = source.row(len(source) - 1)
        assert last is not None
        assert last.notes[0].endswith("= #3000")
    journal.close()


async def test_a_journal_in_memory_that_lets_go_of_its_beginning() -> None:
    told = Told(Journal.create(None, keep=1000))
    told.connection()
    told.accept()
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        for number in range(20_000):
            told.send(b"%d" % number)
            if number % 1000 == 0:
                pane.renew()
                await pilot.pause()
        pane.renew()
        await pilot.pause()
        assert "19999" in said(pane.lines)
        await pilot.press("home")
        first = shown(pane.lines)[0]
        assert "send(3" in first or "no longer" in first


async def test_another_width_has_room_for_other_lanes() -> None:
    told = talk()
    for number in range(3):
        told.call(f"p{number}", "socket", "AF_INET", "SOCK_STREAM", 0, sock=50 + number, result=3)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=WIDE) as pilot:
        pane.renew()
        await pilot.pause()
        assert heads(pane) == ["client", "p0", "p1", "p2", "server"]
        await pilot.resize_terminal(71, 24)
        await pilot.pause()
        assert "others" in heads(pane)
        await pilot.resize_terminal(30, 6)
        await pilot.pause()
        assert said(pane.lines)


async def test_another_journal_begins() -> None:
    told, other = talk(), Told()
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        pane.show_journal(other.journal)
        await pilot.pause()
        assert "F5" in said(pane.lines)
        assert pane.query_one(Toggle).value


async def test_another_moment_of_a_recording_keeps_the_choice() -> None:
    told = talk()
    told.send(b"hello")
    pane = LadderPane(told.journal, told.table)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        assert "hello" in said(pane.lines)
        pane.show_journal(Excerpt(told.journal, 9))
        await pilot.pause()
        assert heads(pane)[:2] == ["client", "3"]
        assert "hello" not in said(pane.lines)
        assert "connect(" in said(pane.lines)


async def test_the_next_connection() -> None:
    told = talk()
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.renew()
        await pilot.press("right")
        assert heads(pane)[:2] == ["client", "3"]


async def test_a_socket_that_nobody_knows() -> None:
    pane = pane_of(talk())
    async with LadderApp(pane).run_test(size=NARROW):
        pane.show(4711)
        assert heads(pane) == ["client", "server"]
        assert around(4711, SocketTable(), {}, 80) is None


@pytest.mark.parametrize("key", ["Y", "y"])
async def test_it_is_copied_as_text(key: str) -> None:
    told = talk()
    told.send(b"hello")
    pane = pane_of(told)
    app = LadderApp(pane)
    async with app.run_test(size=NARROW) as pilot:
        pane.show(2)
        await pilot.press(key)
        lines = app.clipboard.splitlines()
    assert lines[-1 if key == "y" else -3].startswith(' send(3, "hello") = 5')
    assert len(lines) == (1 if key == "y" else 1 + 12 + 2)


# What was seen on the wire


def seen(session: WireSession) -> Told:
    """The session in a journal, with its programs on hosts of their own."""
    told = told_of(session)
    for name in ("client", "server"):
        told.journal.append(Program(t=NOON, program=name, change="started", host=name))
    return told


def tell(told: Told, session: WireSession, after: int) -> None:
    """What has happened in the session since it had `after` events."""
    for event in session.events[after:]:
        told.journal.append(replace(event, t=NOON + event.t))


async def test_segments_come_as_they_are_seen() -> None:
    session = handshake()
    other = ("10.0.0.9", 5), ("10.0.0.8", 6)
    session.passes(SYN, t=25, ends=other)
    told = seen(session)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        await pilot.pause()
        text = said(pane.lines)
        assert text.count("─ SYN ─") == 1
        assert "┄" not in text
        assert "seen on the wire" in str(pane.query_one("#ladder-legend").render())
        count = len(session.events)
        id = session.frame(PSH_ACK, b"hello", t=30)
        tell(told, session, count)
        pane.renew()
        assert "├─ 5 B ─╲" in [line for line in shown(pane.lines) if line][-1]
        count = len(session.events)
        session.fate(id, "dropped", why="rule")
        tell(told, session, count)
        pane.renew()
        assert "├── 5 B ──✗ rule ║" in [line for line in shown(pane.lines) if line][-1]


async def test_a_frame_that_is_under_way_arrives_later() -> None:
    session = handshake()
    id = session.frame(PSH_ACK, b"hello", t=30)
    told = seen(session)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        await pilot.pause()
        count = len(session.events)
        session.frame(PSH_ACK, b"world!", seq=1005, t=31)
        session.fate(id, after=200)
        tell(told, session, count)
        pane.renew()
        lines = [line for line in shown(pane.lines) if line]
        assert [line.split("│")[-1].split("├")[-1] for line in lines[-3:-1]] == [
            "─ 5 B ─╲        ║",
            "─ 6 B ─╲        ║",
        ]
        assert lines[-1].endswith("╲─ 5 B ─▶║             after 200 ms")


@pytest.mark.parametrize(("addresses", "arrows"), [(("10.0.0.1",), 0), ((), 1)])
async def test_of_one_connection_too_a_private_hosts_syn_is_the_wires_to_show(
    addresses: tuple[str, ...], arrows: int
) -> None:
    session = WireSession()
    session.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    n = session.wait("client", "connect", sock=2, fd=3, args=(("10.0.0.2", 80),))
    session.state(2, "CLOSE", "SYN_SENT", fd=3, program="client", cause=n)
    told = Told()
    begun = Program(t=NOON, program="client", change="started", host="client", addresses=addresses)
    told.journal.append(begun)
    tell(told, session, 0)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        await pilot.pause()
        lines = said(pane.lines)
        assert "SYN_SENT" in lines
        assert lines.count("┄ SYN ┄") == arrows


async def test_the_numbers_of_segments_on_demand() -> None:
    told = seen(handshake())
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        await pilot.press("d")
        assert " seq=1 ack=1 win=502      ├───── ACK" in said(pane.lines)
        await pilot.press("d")
        assert "seq=" not in said(pane.lines)


async def test_all_frames_have_the_lanes_of_their_hosts() -> None:
    session = handshake()
    asked = session.raw(build.ethernet(build.arp(), 0x0806), t=25)
    session.fate(asked)
    told = seen(session)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.renew()
        await pilot.pause()
        assert "├───── ARP ─────▶║" in said(pane.lines)
        pane.show(2)
        assert "ARP" not in said(pane.lines)


async def test_datagrams_that_were_seen() -> None:
    told = Told()
    to, sender = (build.SERVER, 53), (build.CLIENT, 41822)
    for program, sock, at in (("server", 1, to), ("client", 2, sender)):
        told.call(program, "socket", "AF_INET", "SOCK_DGRAM", 0, sock=sock, result=3)
        told.call(program, "bind", at, sock=sock, local=at)
        told.journal.append(Program(t=NOON, program=program, change="started", host=program))
    session = WireSession()
    for target in (53, 54):
        data = build.udp(b"hello", target_port=target)
        session.fate(session.raw(build.ethernet(build.ipv4(data, 17)), t=1))
    tell(told, session, 0)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(1)
        await pilot.pause()
        assert said(pane.lines).count("─ UDP 5 B ─") == 1


def test_a_frame_far_from_its_fate() -> None:
    session = handshake()
    first = session.frame(PSH_ACK, b"first", t=30)
    for number in range(6000):
        session.passes(ACK, t=31 + number / 1000, ends=(("10.0.0.9", 5), ("10.0.0.8", 6)))
    session.fate(first, after=900)
    told = seen(session)
    view = around(2, told.table(), {}, 70)
    assert view is not None
    source = LadderSource(told.journal, view, told.table())
    while source.reading:
        source.advance(0.01)
    last = source.row(len(source) - 1)
    assert last is not None
    assert last.remarks == ("after 900 ms",)
    assert last.numbers == ("seq=1",)
    whole = LadderSource(told.journal, everything(told.journal, 70, (), told.table()), told.table())
    while whole.reading:
        whole.advance(0.01)
    assert len(whole) == len(source) + 6000
    found = FrameIndex(told.journal)
    assert found.frame(first, before=len(session.events)) == last.event.n - 12_001
    assert found.frame(99_999, before=len(session.events)) is None
    assert found.fates(first, after=last.event.n - 12_001) == []


def test_any_part_of_a_journal_has_the_frames_of_the_whole() -> None:
    session = handshake()
    for number in range(600):
        id = session.frame(PSH_ACK, b"x", seq=1000 + number, t=30 + number / 10)
        if number % 3:
            session.fate(id)
        elif number % 2:
            session.fate(id, after=4)
    session.events.sort(key=lambda event: event.t)  # as the wire tells of them
    told = seen(session)
    view = around(2, told.table(), {}, 70)
    assert view is not None
    backwards = LadderSource(told.journal, view, told.table())
    while backwards.reading:
        backwards.advance(0, rows=1)
    empty = Journal.create(None)
    forwards = LadderSource(empty, view, told.table())
    for event in told.journal:
        empty.append(event)
        if event.n % 50 == 0:
            forwards.advance(0)
    forwards.advance(0.1)
    while forwards.reading:
        forwards.advance(0.1)
    assert list(backwards.numbers) == list(forwards.numbers)
    texts = [
        ["".join(text for text, _style in source.parts(at, 80)) for at in range(len(source))]
        for source in (backwards, forwards)
    ]
    assert texts[0] == texts[1]
    assert sum("╲─" in text for text in texts[0]) == 100


def calls_the_server(told: Told) -> None:
    """The client's socket 2 is connected to the private host `server`."""
    there = ("10.0.0.2", 80)
    told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    told.call("client", "connect", there, sock=2, local=("10.0.0.1", 5), remote=there)


async def test_an_address_of_the_private_network_is_of_this_lab() -> None:
    for own, said_of_it in (((), "not of this lab"), (("10.0.0.1",), "private network")):
        told = Told()
        told.journal.append(
            Program(t=NOON, program="client", change="started", host="client", addresses=own)
        )
        calls_the_server(told)
        pane = pane_of(told)
        async with LadderApp(pane).run_test(size=NARROW) as pilot:
            pane.show(2)
            await pilot.pause()
            assert said_of_it in " ".join(heads(pane))


async def test_a_host_whose_program_has_no_such_socket_is_named() -> None:
    told = Told()
    for name, address in (("client", "10.0.0.1"), ("server", "10.0.0.2")):
        told.journal.append(
            Program(t=NOON, program=name, change="started", host=name, addresses=(address,))
        )
    calls_the_server(told)
    pane = pane_of(told)
    async with LadderApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        await pilot.pause()
        assert "host server" in " ".join(heads(pane))
