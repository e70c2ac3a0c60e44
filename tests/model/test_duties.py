"""Who must act next: the sentences, and what they are made from."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from socklab.events import Source, State, Wait
from socklab.model.duties import Weight, duties, listener_duty
from socklab.model.ends import End, connection_of, ends_of
from socklab.model.rows import SocketRow
from socklab.model.tcp_states import TcpState
from socklab.model.walks import Walk
from tests.model.story import CLIENT, SERVER, Story, connected, listening, queued

SECOND = 1_000_000_000
NOW = 1_000 * SECOND


def client(state: str, **fields: Any) -> End:
    known: dict[str, Any] = {"fd": 3, "before": "SYN_SENT"}
    return End("client", state, **(known | fields))


def server(state: str, **fields: Any) -> End:
    known: dict[str, Any] = {"fd": 4, "before": "SYN_RECV"}
    return End("server", state, **(known | fields))


def said(opener: End, other: End | None = None) -> list[str]:
    return [duty.text for duty in duties(opener, other, NOW)]


def weights(opener: End, other: End | None = None) -> list[Weight]:
    return [duty.weight for duty in duties(opener, other, NOW)]


# The sentences


def test_who_holds_the_connection_in_close_wait_must_close() -> None:
    closed = client("FIN_WAIT2", fd=None, expires=NOW + 42 * SECOND)
    assert said(closed, server("CLOSE_WAIT")) == [
        "server must close(4): it holds the connection in CLOSE_WAIT",
        "client waits for the FIN of server, 42 s at most: it has closed",
    ]
    assert weights(closed, server("CLOSE_WAIT")) == [Weight.MUST, Weight.WAITS]


def test_a_half_closed_connection_still_carries_data_back() -> None:
    texts = said(client("FIN_WAIT2"), server("CLOSE_WAIT"))
    assert texts == [
        "server must close(4): it holds the connection in CLOSE_WAIT; until then it may send()",
        "client waits for the FIN of server, as long as it keeps 3; it may recv()",
    ]


def test_close_wait_outlives_the_other_end() -> None:
    texts = said(client("CLOSE", fd=None, before="FIN_WAIT2"), server("CLOSE_WAIT"))
    assert texts[0] == "server must close(4): it holds CLOSE_WAIT, the end of client is gone"


def test_what_has_come_is_to_be_read_before_the_close() -> None:
    texts = said(client("FIN_WAIT2", fd=None), server("CLOSE_WAIT", unread=14))
    assert texts[0].startswith("server must recv() 14 B, then close(4)")


def test_a_connection_that_waits_to_be_accepted() -> None:
    waiting = server("ESTABLISHED", fd=None, acceptor="server")
    assert said(client("ESTABLISHED"), waiting) == [
        "server must accept(): the connection waits in its accept queue",
        "client may send(), or close()",
    ]
    closed = server("CLOSE_WAIT", fd=None, acceptor="server")
    assert said(client("FIN_WAIT2"), closed)[0] == (
        "server must accept() and close(): the client has closed"
    )


def test_nobody_must() -> None:
    (duty,) = duties(client("ESTABLISHED"), server("ESTABLISHED"), NOW)
    assert (duty.end, duty.weight) == (None, Weight.MAY)
    assert duty.text == "either end may send(), or close(): who closes first gets TIME_WAIT"


def test_bytes_that_nobody_has_read() -> None:
    texts = said(client("ESTABLISHED"), server("ESTABLISHED", unread=6))
    assert texts[0] == "server must recv(): 6 B wait in its receive queue"


def test_a_program_that_is_blocked() -> None:
    texts = said(client("ESTABLISHED"), server("ESTABLISHED", call="recv"))
    assert texts == [
        "client may send(), or close()",
        "server waits in recv() for client to send() or close()",
    ]
    full = said(client("ESTABLISHED", call="send"), server("ESTABLISHED", unread=200_000))
    assert full == [
        "server must recv(): 195 KiB wait in its receive queue",
        "client waits in send() until server has made room with recv()",
    ]


def test_both_wait_for_the_other() -> None:
    (duty,) = duties(client("ESTABLISHED", call="recv"), server("ESTABLISHED", call="recv"), NOW)
    assert (duty.end, duty.weight) == (None, Weight.MUST)
    assert duty.text == "client and server both wait in recv(): one of them must send()"


def test_time_wait_counts_down() -> None:
    waiting = client("TIME_WAIT", fd=None, expires=NOW + 42 * SECOND - 1)
    assert said(waiting) == ["client: nothing to do, TIME_WAIT ends in 42 s"]
    late = client("TIME_WAIT", fd=None, expires=NOW - 3 * SECOND)
    assert said(late) == ["client: nothing to do, TIME_WAIT ends in 0 s"]
    kept = client("TIME_WAIT", expires=NOW + 42 * SECOND)
    assert said(kept) == ["client: nothing to do, TIME_WAIT ends in 42 s; close(3) is left"]
    assert said(client("TIME_WAIT", fd=None)) == ["client: nothing to do, TIME_WAIT ends by itself"]


def test_a_full_accept_queue() -> None:
    assert said(client("SYN_SENT", full="server")) == [
        "server must accept(): its accept queue is full, so the SYN of client is dropped"
    ]
    assert weights(client("SYN_SENT")) == [Weight.WAITS]


@pytest.mark.parametrize("state", ["SYN_SENT", "SYN_RECV", "FIN_WAIT1", "CLOSING", "LAST_ACK"])
def test_only_the_kernel_can_act(state: str) -> None:
    assert weights(client(state)) == [Weight.WAITS]


def test_close() -> None:
    assert said(client("CLOSE", before=None)) == ["client must connect(), or bind() and listen()"]
    assert said(client("CLOSE")) == ["client may connect() again, or close(3)"]
    assert said(client("CLOSE", before="ESTABLISHED")) == [
        "client must close(3): the connection is over, the descriptor isn't"
    ]
    assert said(client("CLOSE", fd=None)) == ["client: the connection is over"]


def test_a_frozen_program() -> None:
    assert said(client("ESTABLISHED"), server("ESTABLISHED", frozen=True))[1] == (
        "server is frozen: only its kernel still answers"
    )


def test_a_peer_outside_the_lab() -> None:
    assert said(client("ESTABLISHED", call="recv")) == [
        "client waits in recv() for its peer to send() or close()"
    ]
    assert said(client("CLOSE_WAIT")) == [
        "client must close(3): it holds the connection in CLOSE_WAIT"
    ]


@pytest.mark.parametrize("one", list(TcpState))
@pytest.mark.parametrize("two", list(TcpState))
def test_there_is_something_to_say_of_any_two_states(one: str, two: str) -> None:
    for fd in (None, 3):
        found = duties(client(one, fd=fd), server(two, fd=fd), NOW)
        assert found
        assert all(duty.text for duty in found)
        assert [duty.weight for duty in found] == sorted((d.weight for d in found), reverse=True)


def listener(backlog: int = 5) -> SocketRow:
    return SocketRow(sock=1, program="server", fd=3, state="LISTEN", backlog=backlog)


def test_a_listener() -> None:
    def say(waiting: int, call: str | None = None) -> str:
        return listener_duty(listener(), "server", waiting, call).text

    assert (
        say(0) == "a client may connect(): the kernel answers for server, which may accept() later"
    )
    assert say(0, "accept") == "server waits in accept() for a client"
    assert say(2) == "server must accept(): 2 of 6 places in its accept queue are taken"
    assert say(6) == (
        "server must accept(): all 6 places of its accept queue are taken, "
        "so the kernel drops every further SYN"
    )


# What they are made from


def walk(sock: int, *states: str, program: str | None = None, **fields: Any) -> Walk:
    made = Walk(sock)
    fields = {"source": "kernel", **fields}
    for n, (old, new) in enumerate(pairwise(states)):
        made.add(State(n=n, t=n, sock=sock, program=program, old=old, new=new, **fields))
    return made


def ends(story: Story, opener: Walk, other: Walk | None = None) -> tuple[End, End | None]:
    return ends_of(story.table, opener, other, {})


def test_the_opener_stands_first_from_wherever_one_looks() -> None:
    story = connected()
    assert connection_of(story.table, 2) == connection_of(story.table, 7) == (2, 7)
    assert connection_of(story.table, 1) == (1, None)
    assert connection_of(story.table, 99) == (99, None)


def test_a_connection_outlives_its_ends_here() -> None:
    story = connected()
    story.close("client", 3, 2)
    story.state(2, "ESTABLISHED", "CLOSE", program="client")
    assert 2 not in story.table.sockets
    assert connection_of(story.table, 7) == (2, 7)
    assert connection_of(story.table, 2) == (2, 7)
    story.close("server", 4, 7)
    story.state(7, "ESTABLISHED", "CLOSE", program="server")
    assert connection_of(story.table, 7) == (2, 7)


def test_addresses_that_are_used_again_belong_to_the_newer_connection() -> None:
    story = connected()
    for program, fd, sock in (("server", 4, 7), ("client", 3, 2)):
        story.close(program, fd, sock)
        story.state(sock, "ESTABLISHED", "CLOSE", program=program)
    story.socket("client", 3, 8)
    story.connect("client", 3, 8, CLIENT, SERVER)
    assert connection_of(story.table, 8) == (8, None)


def test_nothing_is_said_of_a_state_that_nobody_has_looked_at() -> None:
    story = listening()
    story.socket("client", 3, 2)
    new, _other = ends(story, walk(2))
    assert (new.state, new.before) == ("CLOSE", None)
    story.call("client", "connect", 3, 2, args=(SERVER,), local=CLIENT, remote=SERVER)
    called, _other = ends(story, walk(2))
    assert called.state == ""


def test_what_the_table_knows_of_the_ends() -> None:
    story = connected()
    story.gauge(7, recv_queue=6)
    story.tell(Wait(t=5, program="client", name="recv", fd=3, sock=2))
    opener, other = ends(
        story,
        walk(2, "CLOSE", "SYN_SENT", "ESTABLISHED"),
        walk(7, "LISTEN", "SYN_RECV", "ESTABLISHED", expires=9),
    )
    assert opener == End("client", "ESTABLISHED", "SYN_SENT", fd=3, call="recv")
    assert other == End("server", "ESTABLISHED", "SYN_RECV", fd=4, unread=6, expires=9)


def test_when_an_end_is_forgotten_may_be_known_later_than_its_state() -> None:
    story = connected()
    story.close("client", 3, 2)
    story.state(2, "FIN_WAIT1", "FIN_WAIT2", "wire", program="client")
    way = walk(2, "SYN_SENT", "ESTABLISHED", "FIN_WAIT1", "FIN_WAIT2")
    assert ends(story, way)[0].expires is None
    story.gauge(2, expires=9)
    assert ends(story, way)[0].expires == 9
    story.gauge(2)
    assert ends(story, way)[0].expires == 9
    story.state(2, "FIN_WAIT2", "TIME_WAIT", "wire", program="client")
    assert ends(story, way)[0].expires is None


def test_an_end_that_waits_to_be_accepted_is_its_listeners() -> None:
    (_opener, other) = ends(queued(), walk(2), walk(7, "LISTEN", "SYN_RECV", "ESTABLISHED"))
    assert other is not None
    assert (other.name, other.acceptor, other.fd) == ("server", "server", None)


def test_two_ends_in_one_program_are_told_apart() -> None:
    story = listening()
    story.socket("server", 5, 2)
    story.connect("server", 5, 2, CLIENT, SERVER)
    story.state(7, "CLOSE", "ESTABLISHED", local=SERVER, remote=CLIENT)
    story.accept("server", 3, 1, 6, 7)
    opener, other = ends(story, walk(2), walk(7))
    assert other is not None
    assert (opener.name, other.name) == ("server 5", "server 6")


def test_a_full_queue_of_the_labs_is_named() -> None:
    story = listening()
    story.gauge(1, accept_queue=6, backlog=5)
    story.socket("client", 3, 2)
    story.call("client", "connect", 3, 2, args=(SERVER,), local=CLIENT, remote=SERVER)
    opener, _other = ends(story, walk(2, "CLOSE", "SYN_SENT"))
    assert opener.full == "server"
    story.gauge(1, accept_queue=5, backlog=5)
    opener, _other = ends(story, walk(2, "CLOSE", "SYN_SENT"))
    assert opener.full is None


@pytest.mark.parametrize(
    ("addresses", "source", "unseen"),
    [
        (("10.0.0.1",), "kernel", True),
        (("10.0.0.1",), "wire", False),
        ((), "kernel", False),
    ],
)
def test_a_syn_that_the_wire_has_not_seen(
    addresses: tuple[str, ...], source: Source, unseen: bool
) -> None:
    story = Story()
    story.program("client", addresses=addresses)
    story.socket("client", 3, 2)
    story.call("client", "connect", 3, 2, args=(SERVER,), local=CLIENT, remote=SERVER)
    opener, _other = ends(story, walk(2, "CLOSE", "SYN_SENT", source=source))
    assert opener.unseen is unseen
    asks = "to its SYN or, before that, to who has the address (ARP, ICMPv6)"
    (duty,) = duties(opener, None, NOW)
    assert (asks in duty.text) is unseen


def test_a_socket_that_is_long_gone() -> None:
    opener, other = ends(Story(), walk(2, "ESTABLISHED", "CLOSE", program="client"))
    assert (opener, other) == (End("client", "CLOSE", "ESTABLISHED"), None)
    nameless, _other = ends(Story(), walk(9))
    assert (nameless.name, nameless.state) == ("socket 9", "")
    assert duties(nameless, None, NOW) == []
