"""The Inspect pane: what one event means, and what surrounds it."""

from __future__ import annotations

import sys

import pytest

from socklab.events import (
    AnyEvent,
    Arg,
    Call,
    Command,
    Fate,
    Frame,
    Gauge,
    Note,
    Program,
    State,
    Wait,
)
from socklab.journal import Excerpt, Journal
from socklab.lab.lab import Lab
from socklab.model.sockets import SocketTable
from socklab.model.tcp_machine import MOVES, Move
from socklab.ui.panes.inspect import InspectPane
from socklab.ui.panes.inspect_around import Around
from socklab.ui.panes.inspect_drawings import MOST_DESCRIPTORS
from socklab.ui.panes.inspect_events import sections_of
from socklab.ui.panes.inspect_sections import Field
from socklab.ui.panes.messages import MessagesPane
from tests.ui.panes import HERE, NOON, PaneApp, Told, said, shown
from tests.ui.paper import until
from tests.watching import do, events_of

WIDE, NARROW = (120, 40), (80, 40)


async def inspected(event: AnyEvent, size: tuple[int, int] = WIDE, told: Told | None = None) -> str:
    """What the pane says of one event: of a journal of its own, or of one that is told already."""
    journal = Journal.create(None) if told is None else told.journal
    pane = InspectPane(journal)
    async with PaneApp(pane).run_test(size=size):
        pane.show(journal.append(event) if told is None else event.n)
        return said(pane.view)


async def test_a_failed_call_is_explained() -> None:
    text = await inspected(
        Call(
            t=NOON,
            program="client",
            name="connect",
            args=(("127.0.0.1", 8081),),
            sock=2,
            fd=3,
            os_fd=9,
            error="ECONNREFUSED",
            duration=88_000,
        )
    )
    assert "connect(3, 127.0.0.1:8081) = -1 ECONNREFUSED" in text
    assert "nobody listens on that port" in text
    assert "Is the server running" in text
    assert "88 µs" in text
    assert "(9 in this process)" in text
    assert "connect(2)" in text


async def test_arguments_have_the_names_of_the_man_page() -> None:
    text = await inspected(
        Call(
            t=NOON,
            program="server",
            name="setsockopt",
            args=("SOL_SOCKET", "SO_REUSEADDR", 1),
            fd=3,
            sock=1,
            result=0,
        )
    )
    lines = [line.split() for line in text.splitlines()]
    assert ["level", "SOL_SOCKET", "=", "1"] in lines
    assert ["optname", "SO_REUSEADDR", "=", "2"] in lines
    assert ["optval", "1"] in lines


async def test_a_backlog_is_what_was_asked_for_and_may_be_cut() -> None:
    text = await inspected(
        Call(t=NOON, program="server", name="listen", args=(100_000,), fd=3, sock=1, result=0)
    )
    assert "up to 100001 connections may wait, one more; fewer if somaxconn is below" in text


async def test_a_partial_send_and_what_was_kept_of_it() -> None:
    data = bytes(4096)
    text = await inspected(
        Call(t=NOON, name="send", args=("0",), data=data, size=8_000_000, result=3_919_467, fd=3)
    )
    assert "3,919,467 of 8,000,000 bytes taken" in text
    assert "4,096 of 8,000,000 bytes kept" in text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "recv", "args": (100, "0"), "result": 0, "data": b"", "size": 0}, "0: no bytes"),
        (
            {
                "name": "recvfrom",
                "args": (100, "0"),
                "result": 0,
                "data": b"",
                "size": 0,
                "peer": HERE,
            },
            "empty datagram",
        ),
        (
            {"name": "recv", "args": (100, "MSG_PEEK"), "result": 2, "data": b"ab", "size": 2},
            "stay in the queue",
        ),
        (
            {"name": "recvfrom", "args": (4, "MSG_TRUNC"), "result": 9, "data": b"abcd", "size": 4},
            "4 bytes were copied",
        ),
        ({"name": "accept", "result": 4, "remote": HERE}, "4: the new descriptor"),
        ({"name": "poll", "args": ("POLLIN", 100), "result": 0}, "nothing happened"),
        ({"name": "recv", "error": "EINTR", "cut": True}, "says nothing about the network"),
    ],
)
async def test_results_in_words(fields: dict[str, object], words: str) -> None:
    text = await inspected(Call(t=NOON, fd=3, sock=1, **fields))  # type: ignore[arg-type]
    assert words in text


CONNECTED = (
    "server: socket tcp",
    "server: bind 3 127.0.0.1 0",
    "server: listen 3 5",
    "client: socket tcp",
    "client: connect 3 @server",
    "server: accept 3",
)
UDP = ("one: socket udp", "two: socket udp", "two: bind 3 127.0.0.1 0")
OWN = "the program itself has shut down its receiving"
OWN_BRIEFLY = "its own receiving is shut down"


@pytest.mark.parametrize(
    ("lines", "words", "briefly"),
    [
        ([*CONNECTED, "client: close 3", "server: recv 4"], "end of stream: the", "end of stream"),
        ([*CONNECTED, "client: close 3", "server: recvfrom 4"], "end of stream: the", "end of st"),
        ([*CONNECTED, "server: shutdown 4 out", "client: recv 3"], "end of stream: the", "end of"),
        ([*CONNECTED, "client: shutdown 3 in", "client: recv 3"], OWN, OWN_BRIEFLY),
        ([*CONNECTED, "client: shutdown 3 both", "client: recvfrom 3"], OWN, OWN_BRIEFLY),
        ([*CONNECTED, "client: recv 3", "client: shutdown 3 in"], OWN, OWN_BRIEFLY),
        (
            [*CONNECTED, "client: reset 3", "server: recv 4", "server: recv 4"],
            "the connection is no more",
            "the connection is no more",
        ),
        ([*UDP, 'one: sendto 3 @two ""', "two: recv 3"], "an empty datagram", "(no bytes)"),
        ([*UDP, "two: shutdown 3 in", "two: recvfrom 3"], OWN, "(no bytes)"),
        ([*CONNECTED, "client: recv 3", "client: stop"], "when the lab ended", "ended by the lab"),
    ],
)
async def test_why_a_receive_gave_0(lab: Lab, lines: list[str], words: str, briefly: str) -> None:
    do(lab, *lines)
    got = events_of(lab, Call, result=0)
    call = [call for call in got if call.name in ("recv", "recvfrom")][-1]
    table = SocketTable()
    for event in lab.journal:
        table.apply(event)
    pane = InspectPane(lab.journal)
    async with PaneApp(pane).run_test(size=(160, 50)) as pilot:
        pane.show(call.n)
        await until(pilot, lambda: words in said(pane.view))
        assert ("the peer has closed" in said(pane.view)) == words.startswith("end of stream")
    talk = MessagesPane(lab.journal, lambda: table)
    async with PaneApp(talk).run_test(size=(160, 50)) as pilot:
        talk.show(call.sock or 0)
        await until(pilot, lambda: briefly in said(talk.lines))
        assert ("end of stream" in said(talk.lines)) == words.startswith("end of stream")


async def test_a_shutdown_that_wakes_a_receive_may_be_recorded_after_it() -> None:
    told = Told()
    told.connection()
    began = told.now()
    n = told.call("client", "recv", 100, "0", sock=2, t=began, duration=9_000, data=b"", size=0)
    told.call("client", "shutdown", "SHUT_RD", sock=2, t=began + 8_000)
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=(160, 50)) as pilot:
        pane.show(n)
        await until(pilot, lambda: OWN in said(pane.view))
    talk = MessagesPane(told.journal, told.table)
    async with PaneApp(talk).run_test(size=(160, 50)) as pilot:
        talk.show(2)
        await until(pilot, lambda: OWN_BRIEFLY in said(talk.lines))


async def test_what_trunc_threw_away_from_a_stream(lab: Lab) -> None:
    thrown = do(lab, *CONNECTED, 'client: send 3 "0123456789"', "server: recv 4 4 trunc")[-1]
    pane = InspectPane(lab.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        pane.show(thrown.n)
        await until(pilot, lambda: "4: bytes thrown away" in said(pane.view))


async def test_bytes_stand_in_hex_and_text() -> None:
    told = Told()
    told.send(bytes(range(65, 97)))
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        pane.show(0)
        assert "41 42 43 44 45 46 47 48  49 4a 4b 4c 4d 4e 4f 50  ABCDEFGHIJKLMNOP" in said(
            pane.view
        )
        await pilot.resize_terminal(70, 40)
        await pilot.pause()
        assert "0018  59 5a 5b 5c 5d 5e 5f 60  YZ[\\]^_`" in said(pane.view)


async def test_all_of_4096_bytes_can_be_reached() -> None:
    told = Told()
    told.recv(bytes(range(256)) * 16)
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=(80, 24)) as pilot:
        pane.show(0)
        await pilot.press("end")
        assert shown(pane.view)[-1].startswith(" 0ff0  f0 f1")
        await pilot.press("up", "home")
        assert shown(pane.view)[0].startswith(" recv(4")


async def test_the_cause_is_a_step_away() -> None:
    told = Told()
    cause = told.journal.append(Command(t=NOON, program="client", text="close 3", origin="console"))
    n = told.call("client", "close", sock=2, cause=cause)
    pane = InspectPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(n)
        row = next(at for at, line in enumerate(shown(pane.view)) if "client: close 3" in line)
        await pilot.click(pane.view, offset=(20, row))
        await pilot.press("c", "p")
        assert app.chosen == [cause, cause, cause]


async def test_y_copies_all_of_it() -> None:
    told = Told()
    told.send(b"hello")
    pane = InspectPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(0)
        await pilot.press("y")
        assert app.clipboard.startswith(' send(3, "hello") = 5\n')
        assert app.clipboard.endswith("68 65 6c 6c 6f                                    hello")


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Command(t=NOON, program="a", text="socket tcp", origin="form"), "a form"),
        (Program(t=NOON, program="a", change="started", host="this machine"), "this machine"),
        (Wait(t=NOON, program="a", name="accept", fd=3, sock=1), "blocked in this call"),
        (
            State(t=NOON, sock=1, old="SYN_SENT", new="ESTABLISHED", source="wire"),
            "seen on the wire",
        ),
        (Gauge(t=NOON, sock=1, fd=3, recv_queue=1234), "1,234 B in the receive queue"),
        (Frame(t=NOON, id=7, sender="a", receiver="b", size=3, data=b"abc"), "61 62 63"),
        (Fate(t=NOON, id=7, verdict="dropped"), "dropped"),
        (Note(t=NOON, text="the disk is full", level="warning"), "the disk is full"),
        (Call(t=NOON, name="gettimeofday", result=0), "gettimeofday() = 0"),
    ],
)
async def test_every_kind_of_event_has_its_details(event: AnyEvent, words: str) -> None:
    assert words in await inspected(event)


async def test_what_comes_from_outside_is_only_text() -> None:
    text = await inspected(Note(t=NOON, program="[red]x", text="\x1b[2J [bold]b[/bold]\u202e"))
    assert r"\x1b[2J [bold]b[/bold]" in text
    assert "[red]x" in text
    assert text.replace("\n", "").isprintable()


async def test_what_was_chosen_while_hidden_fits_once_it_is_seen() -> None:
    told = Told()
    told.call("client", "connect", HERE, sock=2, error="ETIMEDOUT")
    pane = InspectPane(told.journal)
    pane.display = False
    async with PaneApp(pane).run_test(size=(60, 40)) as pilot:
        pane.show(0)
        pane.display = True
        await pilot.pause()
        assert "…" not in said(pane.view)
        assert "ETIMEDOUT" in said(pane.view)


async def test_nothing_chosen_says_how_to_choose() -> None:
    pane = InspectPane(Journal.create(None))
    async with PaneApp(pane).run_test(size=NARROW):
        assert "Enter" in said(pane.view)
        pane.show(12)
        assert "Enter" in said(pane.view)


async def test_another_journal_empties_the_pane() -> None:
    told = Told()
    told.send(b"old")
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=NARROW):
        pane.show(0)
        pane.show_journal(Journal.create(None))
        assert "old" not in said(pane.view)
        assert "Enter" in said(pane.view)


# Why it failed


async def inspected_last(told: Told, size: tuple[int, int] = WIDE, *keys: str) -> str:
    """What the pane says of the last event of a story."""
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=size) as pilot:
        pane.show(len(told.journal) - 1)
        await pilot.press(*keys)
        await pilot.pause()
        return said(pane.view)


async def test_what_the_lab_knows_comes_before_what_is_so_in_general() -> None:
    told = Told()
    told.connection()
    told.call("other", "connect", ("127.0.0.2", 8080), sock=9, error="ECONNREFUSED")
    text = await inspected_last(told)
    here = text.index("server's descriptor 3 listens on port 8080, but at 127.0.0.1 only")
    mend = text.index("Connect to 127.0.0.1:8080")
    assert here < mend < text.index("What ECONNREFUSED comes from in general")
    assert "1. No server runs there" in text


async def test_where_nothing_is_known_the_likely_causes_come_first() -> None:
    told = Told()
    told.call("other", "connect", ("127.0.0.2", 8080), sock=9, error="ETIMEDOUT")
    text = await inspected_last(told)
    assert "likely   1. A firewall drops the SYN in silence" in text
    assert text.index("likely") < text.index("to mend")
    assert "in general" not in text


async def test_a_finding_leads_to_the_event_that_proves_it() -> None:
    told = Told()
    told.connection()
    closed = told.call("client", "close", sock=2)
    told.call("client", "send", "0", sock=2, error="EBADF", data=b"x", size=1)
    pane = InspectPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(len(told.journal) - 1)
        row = next(
            at for at, line in enumerate(shown(pane.view)) if "client closed descriptor 3" in line
        )
        await pilot.click(pane.view, offset=(20, row))
        assert app.chosen == [closed]


async def test_the_note_about_the_holder_of_a_port_is_the_finding() -> None:
    told = Told()
    told.connection()
    n = told.call("other", "bind", HERE, sock=9, error="EADDRINUSE")
    text = "port 8080 is taken: server 3 listens on 127.0.0.1:8080"
    told.journal.append(Note(t=NOON, program="other", cause=n, text=text))
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(n)
        words = said(pane.view)
        assert words.count("is taken: server 3 listens on 127.0.0.1:8080.") == 1
        assert "Noticed" not in words


async def test_what_comes_of_an_event_later_is_shown_as_well() -> None:
    told = Told()
    n = told.journal.append(Command(t=NOON, program="client", text="socket tcp", origin="form"))
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(n)
        assert "What it led to" not in said(pane.view)
        told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3, cause=n)
        pane.renew()
        assert "socket(AF_INET, SOCK_STREAM, 0) = 3" in said(pane.view)


async def test_a_long_list_of_consequences_is_cut() -> None:
    told = Told()
    n = told.journal.append(Command(t=NOON, program="server", text="serve", origin="form"))
    for number in range(40):
        told.call("server", "recv", 100, "0", sock=3, fd=number, result=0, cause=n)
    text = await inspected(told.journal[n], told=told)
    assert text.count("recv(") == 8
    assert "..." in text


async def test_hints_and_notes_stand_where_they_belong() -> None:
    told = Told()
    n = told.call("server", "accept", error="EMFILE")
    told.journal.append(Note(t=NOON, cause=n, text="trying again each second", level="warning"))
    pane = InspectPane(told.journal, hints=lambda event: ["a hint"] if event == n else [])
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(n)
        words = said(pane.view)
        assert words.index("a hint") < words.index("trying again") < words.index("What accept does")


# What it is in other words


async def test_the_call_in_python_and_in_c() -> None:
    told = Told()
    told.connection()
    text = await inspected_last(told)
    assert 'Python  sock3.connect(("127.0.0.1", 8080))' in text
    assert "C       struct sockaddr_in addr = {.sin_family = AF_INET};" in text
    assert "addr.sin_port = htons(8080);" in text
    assert "connect(3, (struct sockaddr *)&addr, sizeof addr)" in text


async def test_a_failure_names_python_s_exception() -> None:
    told = Told()
    told.call("client", "connect", HERE, sock=2, error="ECONNREFUSED")
    assert "# ConnectionRefusedError: ECONNREFUSED" in await inspected_last(told, (120, 60))


async def test_an_address_is_drawn_byte_by_byte() -> None:
    told = Told()
    told.connection()
    lines = (await inspected_last(told, (120, 60))).splitlines()
    bare = [" ".join(line.split()) for line in lines]
    assert " struct sockaddr_in, 16 bytes" in lines
    assert "2 sin_port 1f 90 htons(8080) network byte order: 0x1f90, the high byte first" in bare
    assert any(line.startswith("4 sin_addr 7f 00 00 01 127.0.0.1") for line in bare)
    assert "passes 90 1f: the kernel reads 36895" in " ".join(bare)


async def test_an_address_that_the_kernel_filled_in_is_drawn_too() -> None:
    told = Told()
    told.connection()
    peer = ("::ffff:127.0.0.1", 41822)
    told.call("server", "accept", result=4, new_sock=3, local=HERE, remote=peer)
    text = await inspected_last(told, (120, 60))
    assert "The peer's address, byte by byte" in text
    assert "struct sockaddr_in6, 28 bytes" in text
    assert "00 00 ff ff 7f 00 00 01" in text
    assert "an IPv4 peer of an IPv6 socket" in text


@pytest.mark.parametrize(
    ("symbol", "value", "words"),
    [
        ("SO_LINGER", 0, ["struct linger, 8 bytes", "l_onoff   01 00 00 00", "sends RST"]),
        ("SO_RCVTIMEO", 0.25, ["struct timeval, 16 bytes", "90 d0 03 00 00 00 00 00"]),
        ("SO_REUSEADDR", 1, ["01 00 00 00", "Lets bind succeed although"]),
    ],
)
@pytest.mark.skipif(sys.byteorder == "big", reason="there the bytes lie the other way round")
async def test_an_option_is_explained_and_its_value_drawn(
    symbol: str, value: Arg, words: list[str]
) -> None:
    told = Told()
    told.call("client", "setsockopt", "SOL_SOCKET", symbol, value, sock=2)
    text = await inspected_last(told, (120, 60))
    for word in words:
        assert word in text


@pytest.mark.parametrize("width", [60, 71, 80, 119])
async def test_nothing_is_wider_than_the_pane(width: int) -> None:
    told = Told()
    told.connection()
    peer = ("fe80::1:2:3:4%eth0", 41822)
    told.call("server", "accept", result=4, new_sock=3, local=peer, remote=peer)
    text = await inspected_last(told, (width, 70))
    # A descriptor's addresses are cut where the table has no room for them.
    assert not [line for line in text.splitlines() if "…" in line and "│" not in line]


# The descriptor table


def table_lines(text: str) -> list[list[str]]:
    """The cells of the descriptor table, row by row."""
    return [
        [cell.strip() for cell in line.strip()[1:-1].split("│")]
        for line in text.splitlines()
        if line.lstrip().startswith("│")
    ]


async def test_the_descriptors_at_that_moment_from_0() -> None:
    told = Told()
    told.connection()
    told.accept()
    n = len(told.journal)
    told.call("server", "close", sock=1, fd=3)
    told.call("server", "close", sock=3, fd=4)
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=(120, 60)):
        pane.show(n)
        text = said(pane.view)
        assert "Descriptors of server after this call" in text
        assert table_lines(text) == [
            ["0", "stdin: the terminal", ""],
            ["1", "stdout: the terminal", ""],
            ["2", "stderr: the terminal", ""],
            ["× 3", "free: the next one gets this number", ""],
            ["4", "TCP 127.0.0.1:8080 ⇄ 127.0.0.1:41822", ""],
        ]
        assert "× closed by this call" in text
        pane.show(n - 1)
        assert table_lines(said(pane.view))[3:] == [
            ["▸ 3", "TCP 127.0.0.1:8080", "CLOSE"],
            ["+ 4", "TCP 127.0.0.1:8080 ⇄ 127.0.0.1:41822", ""],
            ["5", "free: the next one gets this number", ""],
        ]


async def test_a_program_without_sockets_has_the_terminal_and_3_is_next() -> None:
    told = Told()
    told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, fd=3, error="EMFILE")
    text = await inspected_last(told)
    assert table_lines(text)[3] == ["3", "free: the next one gets this number", ""]


async def test_hundreds_of_descriptors_are_abridged() -> None:
    told = Told()
    for number in range(300):
        told.call("server", "socket", "AF_INET", "SOCK_DGRAM", 0, sock=number, fd=3 + number)
    told.call("server", "bind", HERE, sock=200, fd=203, local=HERE)
    told.call("client", "socket", "AF_INET", "SOCK_DGRAM", 0, sock=900, fd=3)
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=(120, 80)):
        pane.show(300)
        rows = table_lines(said(pane.view))
        assert len(rows) <= MOST_DESCRIPTORS + 2
        assert ["▸ 203", "UDP 127.0.0.1:8080", ""] in rows
        assert rows[-1][0] == "303"


async def test_the_descriptors_are_those_of_a_long_journal_s_moment() -> None:
    told = Told()
    told.connection()
    told.accept()
    for _number in range(10_000):
        told.send(b"x")
    n = told.call("client", "close", sock=2)
    told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=8, result=3)
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=(120, 60)) as pilot:
        pane.show(n)
        await until(pilot, lambda: "× closed by this call" in said(pane.view))
        pane.show(5)
        await until(pilot, lambda: "TCP 127.0.0.1:8080" in said(pane.view))
        assert "+ new" in said(pane.view)


# States and waits


async def test_a_state_says_what_led_to_it_and_where_that_is_written() -> None:
    text = await inspected(
        State(t=NOON, sock=1, old="ESTABLISHED", new="CLOSE_WAIT", source="kernel")
    )
    assert "the peer's FIN came, and ACK goes out  (RFC 9293, 3.10.7.4)" in text
    assert "It never ends by itself" in text
    assert "read from the kernel" in text


async def test_a_state_that_nobody_saw_says_so() -> None:
    told = Told()
    n = told.call("client", "connect", HERE, sock=2)
    told.journal.append(
        State(t=NOON, sock=2, fd=3, old="CLOSE", new="SYN_SENT", source="call", cause=n)
    )
    text = await inspected_last(told)
    assert "the program called connect, and SYN goes out" in text
    assert "nobody saw it, but it must have been so" in text


async def test_a_state_that_ends_by_itself_says_when() -> None:
    text = await inspected(
        State(
            t=NOON,
            sock=2,
            old="FIN_WAIT2",
            new="TIME_WAIT",
            source="kernel",
            expires=NOON + 60_000_000_000,
        )
    )
    assert "by itself, 60.0 s later" in text


async def test_the_state_before_tells_a_time_that_ran_out_from_a_reset() -> None:
    told = Told()
    end = NOON + 60_000_000_000
    told.journal.append(
        State(t=NOON, sock=2, old="FIN_WAIT2", new="TIME_WAIT", source="kernel", expires=end)
    )
    told.journal.append(State(t=end, sock=2, old="TIME_WAIT", new="CLOSE", source="kernel"))
    text = await inspected_last(told)
    assert "a time ran out" in text
    assert "RST" not in text


@pytest.mark.parametrize("move", MOVES, ids=lambda move: f"{move.old}-{move.new}-{move.event}")
def test_every_move_of_the_state_machine_has_words(move: Move) -> None:
    state = State(t=NOON, sock=1, old=move.old, new=move.new, source="kernel")
    rows = [row for section in sections_of(state, Around()) for row in section.rows]
    because = [
        row.text for row in rows if isinstance(row, Field) and row.label in ("because", "or")
    ]
    assert because
    assert not any(text.startswith("receive") for text in because)


@pytest.mark.parametrize("name", ["accept", "connect", "recv", "recvfrom", "send", "poll", "close"])
async def test_a_wait_says_what_it_waits_for_and_how_it_ended(name: str) -> None:
    told = Told()
    told.journal.append(Wait(t=NOON, program="server", name=name, sock=1, fd=3))
    told.call("other", name, sock=9)
    answer = Call(t=NOON, program="server", name=name, sock=1, fd=3, result=4, duration=2_000_000)
    told.journal.append(answer)
    pane = InspectPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(0)
        assert "waits for" in said(pane.view)
        row = next(at for at, line in enumerate(shown(pane.view)) if "returned" in line)
        assert "event 2, after 2.0 ms" in shown(pane.view)[row]
        await pilot.click(pane.view, offset=(20, row))
        assert app.chosen == [2]


async def test_a_wait_that_still_lasts_has_no_end() -> None:
    text = await inspected(Wait(t=NOON, program="server", name="accept", sock=1, fd=3))
    assert "returned" not in text.replace("until it returns", "")


# Going about


async def test_left_and_right_keep_to_the_socket() -> None:
    told = Told()
    told.connection()  # 0 to 4: the server's three calls, the client's two
    told.accept()
    told.journal.append(Gauge(t=NOON, sock=3, recv_queue=5))
    told.send(b"hello")
    received = told.recv(b"hello")
    pane = InspectPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(received)
        await pilot.press("left")
        assert app.chosen == [5]  # the accept that it came from, past the sample
        pane.show(5)
        await pilot.press("right", "left")
        assert app.chosen == [5, received]  # still along the connection, not the listener
        pane.show(5)  # chosen anew: now along the listener
        await pilot.press("left")
        assert app.chosen[2:] == [2]


async def test_at_either_end_left_and_right_lead_nowhere() -> None:
    told = Told()
    n = told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, result=3)
    pane = InspectPane(told.journal)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(n)
        await pilot.press("left", "right", "p", "n", "c")
        assert app.chosen == []


async def test_s_goes_from_heading_to_heading_and_back_to_the_top() -> None:
    told = Told()
    told.connection()
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=(80, 12)) as pilot:
        pane.show(len(told.journal) - 1)
        tops = []
        for _press in range(7):
            await pilot.press("s")
            tops.append(shown(pane.view)[0].strip(" ─"))
        assert tops[:3] == ["What connect does", "In Python and in C", "Arguments and addresses"]
        assert "connect(3, 127.0.0.1:8080) = 0" in tops


# Other journals


async def test_a_replay_that_goes_back_keeps_the_event_as_long_as_it_is_there() -> None:
    told = Told()
    told.connection()
    pane = InspectPane(Excerpt(told.journal, 5))
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(1)
        pane.show_journal(Excerpt(told.journal, 3))
        assert "bind(3, 127.0.0.1:8080) = 0" in said(pane.view)
        pane.show_journal(Excerpt(told.journal, 1))
        assert "Enter" in said(pane.view)


async def test_an_event_that_memory_has_let_go_of_changes_nothing() -> None:
    told = Told(Journal.create(None, keep=10))
    for _number in range(20_000):
        told.send(b"x")
    pane = InspectPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(0)
        assert "Enter" in said(pane.view)
        pane.show(len(told.journal) - 1)
        assert "send(3" in said(pane.view)
