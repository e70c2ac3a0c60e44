"""The socket table against any journal at all, and copies against their originals."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Call, Command, Event, Fate, Frame, Gauge, Note, Program, State, Wait
from socklab.model.messages import Conversation
from socklab.model.notation import event_text
from socklab.model.sockets import SocketTable
from socklab.model.tcp_states import TcpState
from tests.model.story import CLIENT, SERVER, connected

maybe = st.none()
few = st.integers(0, 4)
programs = st.sampled_from(["server", "client", None])
addresses = st.tuples(
    st.sampled_from(["127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "::", "::1"]), st.integers(1, 3)
)
states = st.sampled_from([state.value for state in TcpState])
args = st.lists(
    st.one_of(st.sampled_from(["AF_INET6", "SOCK_DGRAM", "0", "MSG_PEEK"]), few, maybe, addresses),
    max_size=3,
).map(tuple)
names = st.sampled_from(
    [
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
        "getsockname",
    ]
)


def events() -> st.SearchStrategy[Event]:
    common: dict[str, Any] = {"t": few, "program": programs}
    at: dict[str, Any] = {"sock": maybe | few, "fd": maybe | few}
    calls = st.builds(
        Call,
        **common,
        **at,
        name=names,
        args=args,
        result=maybe | few,
        error=st.sampled_from([None, None, None, "EBADF", "EAGAIN"]),
        local=maybe | addresses,
        remote=maybe | addresses,
        peer=maybe | addresses,
        data=maybe | st.binary(max_size=3),
        size=maybe | few,
        new_sock=maybe | few,
        cut=st.booleans(),
    )
    others = [
        st.builds(Wait, **common, **at, name=names, args=args),
        st.builds(
            State,
            **common,
            sock=few,
            fd=maybe | few,
            old=states,
            new=states,
            source=st.just("kernel"),
            local=maybe | addresses,
            remote=maybe | addresses,
        ),
        st.builds(Gauge, **common, sock=few, recv_queue=maybe | few, backlog=maybe | few),
        st.builds(
            Program,
            **common,
            change=st.sampled_from(["started", "stopped", "frozen", "thawed"]),
            host=st.just("here"),
        ),
        st.builds(Command, **common, text=st.text(), origin=st.just("form")),
        st.builds(Note, **common, text=st.text()),
        st.builds(
            Frame, t=few, id=few, sender=st.text(), receiver=st.text(), size=few, data=st.binary()
        ),
        st.builds(Fate, t=few, id=few, verdict=st.just("dropped")),
    ]
    return st.one_of(calls, calls, calls, *others)


def seen(table: SocketTable) -> object:
    """All that a table says, apart from the table."""
    keys = [(program, fd) for program in ("server", "client") for fd in range(5)]
    return copy.deepcopy(
        (
            table.programs,
            table.sockets,
            table.now_blocked,
            table.revision,
            [table.latest(*key) for key in keys],
            [table.peer_of(sock) for sock in range(13)],
            table.connections(),
        )
    )


@given(st.lists(events(), max_size=40))
def test_any_journal_can_be_read(journal: list[Event]) -> None:
    table, conversation = SocketTable(), Conversation(1, 2)
    for event in journal:
        before, rows = table.revision, dict(table.sockets)
        table.apply(event)
        conversation.apply(event)
        assert table.revision >= before
        assert table.revision > before or rows == table.sockets
        assert event_text(event).isprintable()
        assert all(row.sock == sock for sock, row in table.sockets.items())
        assert not any(row.forgotten for row in table.sockets.values())
        seen(table)


@given(st.lists(events(), max_size=20), st.lists(events(), max_size=20))
def test_a_copy_goes_its_own_way(past: list[Event], future: list[Event]) -> None:
    original, straight = SocketTable(), SocketTable()
    for event in past:
        original.apply(event)
        straight.apply(event)
    twin = original.copy()
    then = seen(original)
    assert seen(twin) == then
    for event in future:
        twin.apply(event)
    assert seen(original) == then
    for event in future:
        original.apply(event)
        straight.apply(event)
    assert seen(original) == seen(twin) == seen(straight)


def life() -> list[Event]:
    """All that can happen to a connection, an older one of the same addresses, and a listener."""
    story = connected()
    story.state(8, "CLOSE", "ESTABLISHED", local=SERVER, remote=("127.0.0.1", 5))
    story.wait("server", "recv", 4, 7, t=1)
    story.call("server", "recv", 4, 7, t=1, args=(9, "0"), result=0)
    story.close("client", 3, 2)
    story.state(2, "ESTABLISHED", "TIME_WAIT")
    story.socket("client", 3, 9)
    story.call("client", "connect", 3, 9, args=(SERVER,), local=CLIENT, remote=SERVER)
    story.close("client", 3, 9)
    story.state(9, "CLOSE", "FIN_WAIT2")
    story.state(2, "TIME_WAIT", "CLOSE")
    story.state(10, "CLOSE", "SYN_RECV", local=SERVER, remote=("127.0.0.1", 6))
    story.close("server", 3, 1)
    story.state(11, "CLOSE", "ESTABLISHED", local=SERVER, remote=("127.0.0.1", 7))
    story.socket("server", 3, 12, kind="udp")
    story.program("server", "stopped")
    return story.events


def test_a_copy_made_at_any_moment_goes_its_own_way() -> None:
    journal = life()
    straight = fold(journal)
    for moment in range(len(journal)):
        original = fold(journal[:moment])
        twin, then = original.copy(), seen(original)
        for event in journal[moment:]:
            twin.apply(event)
        assert seen(twin) == seen(straight)
        assert seen(original) == then
        for event in journal[moment:]:
            original.apply(event)
        assert seen(original) == seen(straight)


def fold(journal: list[Event]) -> SocketTable:
    table = SocketTable()
    for event in journal:
        table.apply(event)
    return table


def test_the_original_leaves_its_copy_alone_too() -> None:
    story = connected()
    twin = story.table.copy()
    then = seen(twin)
    story.close("server", 4, 7)
    story.program("client", "stopped")
    story.wait("server", "accept", 3, 1, t=1)
    assert seen(twin) == then


def test_what_did_not_change_is_the_same_row() -> None:
    story = connected()
    twin = story.table.copy()
    story.gauge(7, recv_queue=1)
    assert twin.sockets[2] is story.table.sockets[2]
    assert twin.sockets[7] is not story.table.sockets[7]
