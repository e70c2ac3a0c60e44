"""The Messages pane: a connection as a conversation."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import State
from socklab.journal import Journal
from socklab.model.sockets import SocketTable
from socklab.ui.panes.body_text import is_short, text_rows
from socklab.ui.panes.cells import width_of
from socklab.ui.panes.messages import MessagesPane
from tests.ui.panes import HERE, PaneApp, Told, said, shown

WIDE, NARROW = (100, 40), (80, 24)


def pane_of(told: Told) -> MessagesPane:
    """A pane that knows the sockets of the story."""
    return MessagesPane(told.journal, told.table)


def talk() -> Told:
    """Client and server connected."""
    told = Told()
    told.connection()
    told.accept()
    return told


async def test_three_sends_and_one_recv_are_plain_to_see() -> None:
    told = talk()
    for data in (b"AAA", b"BBB", b"CCC"):
        told.send(data)
    told.recv(b"AAABBBCCC")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(3)
        lines = shown(pane.lines)
        head = str(pane.query_one("#talk-ends").render())
    assert head == "client 3 127.0.0.1:41822  ⇄  server 4 127.0.0.1:8080"
    assert [line.startswith(" ╭─ send 3 B ") for line in lines[:9]].count(True) == 3
    assert [line for line in lines if "recv 9 B" in line] == [lines[9]]
    assert lines[9].index("recv 9 B") > 50
    assert lines[9].strip().startswith("▶┄")
    assert lines[0].rstrip().endswith("▶")
    assert lines[10].split() == ["┆", "AAABBBCCC", "┆"]


async def test_it_is_the_same_conversation_from_either_end() -> None:
    told = talk()
    told.send(b"hello")
    told.recv(b"hello")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(2)
        from_client = said(pane.lines)
        pane.show(3)
        assert said(pane.lines) == from_client


async def test_a_peer_outside_the_lab() -> None:
    told = talk()
    told.recv(b"hello")
    told.send(b"HELLO", sock=3, program="server", fd=4)
    told.recv(b"")
    pane = MessagesPane(told.journal)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(3)
        lines = shown(pane.lines)
    received, sent = lines[0], lines[3]
    assert received.strip().startswith("◀┄ recv 5 B")
    assert received.index("recv") > 50
    assert sent.startswith(" ╭─ send 5 B")
    assert "recv = 0  end of stream" in lines[6]


async def test_what_is_special_about_a_share_is_said() -> None:
    told = talk()
    told.send(b"x" * 4096, size=8_000_000, result=3_919_467)
    told.recv(b"xx", flags="MSG_PEEK")
    told.recv(b"", flags="MSG_DONTWAIT", result=None, error="EAGAIN")
    told.send(b"late", result=None, error="EPIPE")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=(120, 40)):
        pane.show(2)
        text = said(pane.lines)
    assert "send 3,919,467 of 8,000,000 B taken" in text
    assert "4,096 of 8,000,000 kept" in text
    assert "recv 2 B · MSG_PEEK: the bytes stay" in text
    assert "✗ recv = -1 EAGAIN  nothing has come yet" in text
    assert "✗ send = -1 EPIPE" in text


async def test_datagrams_have_their_addresses() -> None:
    told = Told()
    told.call("server", "socket", "AF_INET", "SOCK_DGRAM", 0, sock=1, result=3)
    told.call("server", "bind", HERE, sock=1, local=HERE)
    for data in (b"AAA", b""):
        told.call(
            "server",
            "recvfrom",
            4096,
            "0",
            data=data,
            size=len(data),
            result=len(data),
            peer=("127.0.0.1", 5000),
        )
    told.call("server", "sendto", "0", ("127.0.0.1", 5000), data=b"B", size=1, result=1)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(1)
        text = said(pane.lines)
        head = str(pane.query_one("#talk-ends").render())
    assert "recvfrom 3 B from 127.0.0.1:5000" in text
    assert "recvfrom 0 B from 127.0.0.1:5000" in text
    assert "(no bytes)" in text
    assert "end of stream" not in text
    assert "sendto 1 B to 127.0.0.1:5000" in text
    assert "whoever sends to it" in head


async def test_the_other_side_appears_once_it_is_accepted() -> None:
    told = Told()
    told.connection()
    told.send(b"early")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        pane.show(2)
        assert "send 5 B" in said(pane.lines)
        told.accept()
        told.recv(b"early")
        pane.renew()
        await pilot.pause()
        assert "send 5 B" in shown(pane.lines)[0]
        assert "recv 5 B" in shown(pane.lines)[3]


async def test_a_connection_that_is_over_is_still_one_of_both_its_ends() -> None:
    told = talk()
    told.send(b"hello")
    told.recv(b"hello")
    for program, sock, fd in (("client", 2, 3), ("server", 3, 4)):
        told.call(program, "close", sock=sock, fd=fd)
        gone = State(t=told.now(), sock=sock, old="TIME_WAIT", new="CLOSE", source="kernel")
        told.journal.append(gone)
    assert not {2, 3} & told.table().sockets.keys()
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(2)
        head = str(pane.query_one("#talk-ends").render())
        assert head == "client 3 127.0.0.1:41822  ⇄  server 4 127.0.0.1:8080"
        assert "recv 5 B" in said(pane.lines)


async def test_hex_and_text() -> None:
    told = talk()
    told.send(b"hello\x00")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        assert r"hello\x00" in said(pane.lines)
        await pilot.press("h")
        assert "0000  68 65 6c 6c 6f 00        hello·" in said(pane.lines)
        await pilot.click("#talk-hex")
        assert r"hello\x00" in said(pane.lines)


async def test_bytes_are_data() -> None:
    told = talk()
    told.recv("\x1b[31m[bold]굵게[/bold]\u202e\n\r\x07".encode() + b"\xff")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(2)
        text = said(pane.lines)
    assert r"\x1b[31m[bold]굵게[/bold]\xe2\x80\xae\n" in text
    assert r"\r\x07\xff" in text
    assert text.replace("\n", "").isprintable()


async def test_a_long_body_shows_its_beginning_and_leads_to_the_rest() -> None:
    told = talk()
    n = told.send(b"line\n" * 500)
    pane = pane_of(told)
    app = PaneApp(pane)
    async with app.run_test(size=WIDE) as pilot:
        pane.show(2)
        await pilot.pause()
        assert "… 2,450 B more" in said(pane.lines)
        assert len(pane.lines.source) == 13
        await pilot.press("enter")
        assert app.chosen == [n]


async def test_a_long_conversation_is_followed_and_can_be_gone_back() -> None:
    told = talk()
    for number in range(3000):
        told.send(b"number %d" % number)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=NARROW) as pilot:
        pane.show(2)
        assert "number 2999" in said(pane.lines)
        while len(pane.lines.source) < 9000:
            pane.renew()
        await pilot.press("home")
        assert "number 0 " in shown(pane.lines)[1]
        told.send(b"and another")
        while not pane.lines.unread:  # a frame's time may be too short for it
            pane.renew()
        assert "+3 new" in said(pane.lines)
        assert "number 0 " in shown(pane.lines)[1]
        await pilot.press("end")
        assert "and another" in said(pane.lines)


async def test_another_width_lays_the_boxes_out_anew() -> None:
    told = talk()
    told.send(b"w" * 120)
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=(240, 30)) as pilot:
        pane.show(2)
        assert "w" * 120 in said(pane.lines)
        await pilot.resize_terminal(80, 30)
        await pilot.pause()
        assert len(pane.lines.source) == 5


async def test_a_listening_socket_says_nothing() -> None:
    told = talk()
    told.send(b"hello")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(1)
        assert "F3" in said(pane.lines)
        pane.show(2)
        pane.show(1)
        assert "hello" in said(pane.lines)


async def test_a_connection_chosen_while_hidden_is_there_once_it_is_seen() -> None:
    told = talk()
    told.send(b"hello")
    pane = pane_of(told)
    pane.display = False
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        pane.show(2)
        pane.renew()
        pane.display = True
        await pilot.pause()
        assert "hello" in said(pane.lines)


async def test_a_silent_connection_says_what_fills_it() -> None:
    told = talk()
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(2)
        assert "F4" in said(pane.lines)


async def test_the_arrows_go_through_the_connections() -> None:
    told = talk()
    told.send(b"first")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE) as pilot:
        await pilot.press("right")
        assert "first" in said(pane.lines)


async def test_another_journal_begins_in_silence() -> None:
    told = talk()
    told.send(b"old")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(2)
        pane.show_journal(Journal.create(None))
        pane.renew()
        assert "F3" in said(pane.lines)


@given(st.binary(max_size=300), st.integers(min_value=4, max_value=80))
def test_rows_hold_all_bytes_and_keep_to_their_width(data: bytes, cells: int) -> None:
    rows, size = text_rows(data, cells, limit=10_000)
    assert size == len(data)
    for row in rows:
        assert row.isprintable()
        assert width_of(row) <= max(cells, 12)  # an escaped character is never torn
    if is_short(data, cells):
        assert len(rows) == 1


async def test_a_tcp_socket_without_a_peer_is_not_called_by_whoever_likes() -> None:
    told = Told()
    told.call("client", "socket", "AF_INET", "SOCK_STREAM", 0, sock=2, fd=3, result=3)
    told.call("client", "connect", ("127.0.0.1", 9), sock=2, fd=3, error="ECONNREFUSED")
    pane = pane_of(told)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(2)
        assert str(pane.query_one("#talk-ends").render()) == "client 3  ⇄  not connected"


async def test_a_socket_that_nobody_remembers() -> None:
    pane = MessagesPane(talk().journal, SocketTable)
    async with PaneApp(pane).run_test(size=WIDE):
        pane.show(77)
        assert "socket 77: no longer known" in str(pane.query_one("#talk-ends").render())
        assert "Nothing was sent or received here yet" in said(pane.lines)
