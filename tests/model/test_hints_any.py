"""The hint finder against any journal at all, and in floods."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from socklab.events import Address, Call, Event, Gauge, Note, Program, State, Wait
from socklab.model.hints import HintFinder
from socklab.model.hints.finder import MOST_HINTS
from socklab.model.hints.scene import MOST_STORIES, WATCHED
from socklab.model.tcp_states import TcpState
from tests.model.story import CLIENT, SERVER, connected

few = st.integers(0, 4)
maybe_few = st.none() | few
programs = st.sampled_from(["server", "client", "cl\x1b[2J", None])
addresses = st.tuples(
    st.sampled_from(["127.0.0.1", "127.0.0.2", "::ffff:127.0.0.1", "0.0.0.0", "::", "?"]),
    st.sampled_from([0, 1, 256, 70_000]),
)
WORDS = [
    "AF_INET",
    "SOCK_DGRAM",
    "0",
    "MSG_PEEK",
    "MSG_OOB",
    "MSG_TRUNC",
    "SHUT_WR",
    "SHUT_RDWR",
    "FIONBIO",
    "SOL_SOCKET",
    "SO_REUSEADDR",
    "SO_LINGER",
    "SO_RCVTIMEO",
    "off",
]
CALLS = [
    "socket",
    "bind",
    "listen",
    "accept",
    "connect",
    "send",
    "sendto",
    "recv",
    "recvfrom",
    "shutdown",
    "close",
    "setsockopt",
    "getsockopt",
    "ioctl",
]
ERRORS = [
    *[None] * 8,
    "EPIPE",
    "ECONNRESET",
    "ECONNREFUSED",
    "EADDRINUSE",
    "EAGAIN",
    "EINPROGRESS",
    "ENOTCONN",
]
args = st.lists(
    st.sampled_from(WORDS) | st.integers(-1, 4) | st.none() | addresses, max_size=3
).map(tuple)
names = st.sampled_from(CALLS)
states = st.sampled_from([state.value for state in TcpState])
at: dict[str, Any] = {"t": st.integers(0, 20).map(lambda s: s * 10**9), "program": programs}

events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        Call,
        **at,
        sock=maybe_few,
        fd=maybe_few,
        name=names,
        args=args,
        result=maybe_few,
        error=st.sampled_from(ERRORS),
        duration=few,
        local=st.none() | addresses,
        remote=st.none() | addresses,
        peer=st.none() | addresses,
        data=st.none() | st.binary(max_size=3),
        size=maybe_few,
        value=st.sampled_from([None, 0, "ECONNREFUSED"]),
        new_sock=maybe_few,
        cut=st.booleans(),
    ),
    st.builds(Wait, **at, sock=maybe_few, fd=maybe_few, name=names, args=args),
    st.builds(
        State,
        **at,
        sock=few,
        fd=maybe_few,
        old=states,
        new=states,
        source=st.just("kernel"),
        local=st.none() | addresses,
        remote=st.none() | addresses,
    ),
    st.builds(
        Gauge,
        **at,
        sock=few,
        fd=maybe_few,
        recv_queue=maybe_few,
        send_queue=maybe_few,
        accept_queue=maybe_few,
        backlog=maybe_few,
        drops=maybe_few,
    ),
    st.builds(Program, **at, change=st.sampled_from(["started", "stopped"]), host=st.just("here")),
    st.builds(Note, **at, text=st.text(max_size=3)),
)


@given(st.lists(events, max_size=60), st.integers(0, 60))
def test_any_journal_at_all(story: list[Event], middle: int) -> None:
    numbered = [replace(event, n=n) for n, event in enumerate(story)]
    finder = HintFinder()
    copy = finder.copy()
    for event in numbered:
        if event.n == middle:
            copy = finder.copy()
        if event.n >= middle:
            copy.apply(event)
        finder.apply(event)
    finder.tick(10**12)
    copy.tick(10**12)
    assert middle >= len(story) or copy.hints == finder.hints
    said = [(hint.rule, hint.sock) for hint in finder.hints]
    assert len(said) == len(set(said)) == finder.found
    for hint in finder.hints:
        assert 0 <= hint.events[0] < hint.events[1] < len(story)
        assert hint.text.isprintable()


def test_a_copy_goes_on_by_itself() -> None:
    finder = HintFinder()
    for event in connected().events:
        finder.apply(event)
    copy = finder.copy()
    for n, size in enumerate((1, 2, 3), start=100):
        copy.apply(send(n, 2, size))
    copy.apply(recv(103, 7, 6))
    finder.apply(recv(103, 7, 6))
    assert [hint.rule for hint in copy.hints] == ["merged"]
    assert not finder.hints


def send(n: int, sock: int, size: int) -> Call:
    return Call(n=n, t=n, program="client", name="send", sock=sock, fd=3, result=size, size=size)


def recv(n: int, sock: int, size: int) -> Call:
    return Call(
        n=n, t=n, program="server", name="recv", sock=sock, fd=4, args=(99,), result=size, size=size
    )


# Floods


def connections(count: int) -> list[Event]:
    """As many connections one after another; each sends twice, and receives once."""
    story = connected().events[:5]  # a server that listens
    told: list[Event] = list(story)
    tcp = ("AF_INET", "SOCK_STREAM", 0)
    for index in range(count):
        client, server = 1000 + 2 * index, 1001 + 2 * index
        here: Address = ("127.0.0.1", 1024 + index)
        made = Call(t=0, program="client", name="socket", sock=client, fd=3, result=3, args=tcp)
        told += [
            made,
            Call(
                t=0,
                program="client",
                name="connect",
                sock=client,
                fd=3,
                result=0,
                local=here,
                remote=SERVER,
            ),
            Call(
                t=0,
                program="server",
                name="accept",
                sock=1,
                fd=3,
                result=4,
                new_sock=server,
                local=SERVER,
                remote=here,
            ),
            send(0, client, 5),
            send(0, client, 5),
            recv(0, server, 10),
        ]
        for program, fd, sock in (("client", 3, client), ("server", 4, server)):
            told.append(Call(t=0, program=program, name="close", sock=sock, fd=fd, result=0))
            told.append(State(t=0, sock=sock, old="LAST_ACK", new="CLOSE", source="kernel"))
    return [replace(event, n=n) for n, event in enumerate(told)]


def test_a_flood_takes_bounded_memory() -> None:
    finder = HintFinder()
    for event in connections(2000):
        finder.apply(event)
    assert finder.counts["merged"] == 2000
    assert len(finder.hints) < 2 * MOST_HINTS
    assert finder.hints[-1].sock == 1001 + 2 * 1999
    assert sum(map(finder.watches, range(6000))) <= MOST_STORIES
    assert finder.watches(1)  # the server


def test_a_socket_that_never_stops_is_let_go() -> None:
    finder = HintFinder()
    for event in connected().events:
        finder.apply(event)
    for n in range(100, 100 + WATCHED + 1):
        assert finder.watches(2)
        finder.apply(send(n, 2, 1))
        finder.apply(recv(n, 7, 1))
    assert not finder.watches(2)
    finder.apply(recv(9000, 7, 2))
    assert not finder.hints


def test_what_was_passed_over_is_not_counted() -> None:
    finder = HintFinder()
    for event in connected().events:
        finder.apply(event)
    finder.apply(send(100, 2, 3))
    finder.miss([7, 2, 99])
    finder.apply(send(102, 2, 3))
    finder.apply(recv(103, 7, 6))
    assert not finder.hints
    assert not finder.watches(2)


def test_what_begins_after_a_gap_is_known_again() -> None:
    finder = HintFinder()
    for event in connected().events:
        finder.apply(event)
    finder.lose()
    for event in (send(100, 2, 3), send(101, 2, 3), recv(102, 7, 6)):
        finder.apply(event)
    assert not finder.hints
    for event in connections(1)[5:]:
        finder.apply(replace(event, n=event.n + 200))
    assert [hint.rule for hint in finder.hints] == ["merged"]


def test_nobody_is_only_said_where_everybody_is_known() -> None:
    udp = ("AF_INET", "SOCK_DGRAM", 0)
    made = Call(n=7, t=0, program="client", name="socket", sock=2, fd=3, result=3, args=udp)
    sent = Call(
        n=8,
        t=0,
        program="client",
        name="sendto",
        sock=2,
        fd=3,
        args=("0", SERVER),
        peer=SERVER,
        local=CLIENT,
        size=1,
        result=1,
    )
    for complete, rules in ((True, ["udp-nobody"]), (False, [])):
        finder = HintFinder(complete)
        finder.apply(made)
        finder.apply(sent)
        assert [hint.rule for hint in finder.hints] == rules
