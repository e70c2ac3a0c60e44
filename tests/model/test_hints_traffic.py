"""Which bytes came in which receive, against a stream and a mailbox that are simply simulated."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Call
from socklab.model.hints.inbox import Inbox, sent_by
from socklab.model.hints.stream import Match, Stream

sizes = st.integers(1, 9)


def send(n: int, size: int, data: bytes = b"", **fields: object) -> Call:
    return Call(n=n, t=n, name="send", fd=3, size=size, result=size, data=data, **fields)  # type: ignore[arg-type]


def recv(n: int, size: int, asked: int = 99, data: bytes = b"", port: int | None = None) -> Call:
    peer = None if port is None else ("127.0.0.1", port)
    return Call(
        n=n, t=n, name="recv", fd=4, args=(asked,), size=size, result=size, data=data, peer=peer
    )


@given(st.lists(st.tuples(st.booleans(), sizes), max_size=60), st.booleans())
def test_a_stream(calls: list[tuple[bool, int]], late: bool) -> None:
    """Each byte remembers its send; a match must name just the sends of the bytes received."""
    stream = Stream()
    line: list[int] = []  # for each byte sent, the n of its send
    taken = 0
    expected: list[tuple[int, list[int]]] = []
    found: list[Match] = []
    waiting: Call | None = None
    for n, (sends, size) in enumerate(calls):
        if sends:
            line += [n] * size
            call = send(n, size)
            if late and waiting is None:
                waiting = call  # told of only after the next receive
                continue
            if waiting is not None:
                found += stream.send(waiting, waiting.result or 0)
                waiting = None
            found += stream.send(call, size)
        elif taken < len(line):
            got = line[taken : taken + size]
            taken += len(got)
            expected.append((n, sorted(set(got))))
            found += stream.receive(recv(n, len(got)), len(got))
            if waiting is not None:
                found += stream.send(waiting, waiting.result or 0)
                waiting = None
    if waiting is not None:
        found += stream.send(waiting, waiting.result or 0)
    assert [(match.got.n, [piece.n for piece in match.sent]) for match in found] == expected
    assert stream.unread == len(line) - taken


def test_a_stream_that_nobody_reads_is_only_counted() -> None:
    stream = Stream()
    for n in range(1000):
        stream.send(send(n, 1), 1)
    assert stream.receive(recv(1000, 900), 900) == ()
    assert stream.unread == 100
    stream.lose()
    assert stream.unread == 0


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=40))
def test_an_inbox(datagrams: list[tuple[int, bool]]) -> None:
    """Datagrams are sent, some of them lost, and the rest received in their order."""
    inbox = Inbox()
    queue = []
    for n, (size, arrives) in enumerate(datagrams):
        data = bytes([n]) * size
        assert inbox.send(sent_by(send(n, size, data), 1000)) is None
        if arrives:
            queue.append((n, data))
    for index, (n, data) in enumerate(queue):
        found = inbox.receive(recv(100 + index, len(data), data=data, port=1000), 99)
        assert found is not None
        if data:  # empty ones look alike
            assert found.sent.n == n
        else:
            assert found.sent.size == 0


def test_a_datagram_may_be_received_before_its_send_is_told_of() -> None:
    inbox = Inbox()
    assert inbox.receive(recv(4, 4, 4, b"0123", port=1000), 4) is None
    assert inbox.send(sent_by(send(2, 10, b"other"), 1000)) is None
    found = inbox.send(sent_by(send(3, 10, b"0123456789"), 1000))
    assert found is not None
    assert (found.sent.n, found.got.n, found.sure) == (3, 4, False)


def test_where_one_may_be_lost_nothing_is_sure() -> None:
    inbox = Inbox()
    inbox.send(sent_by(send(1, 3, b"abc"), 1000))
    inbox.send(sent_by(send(2, 4, b"0123"), 1000))
    found = inbox.receive(recv(3, 2, 2, b"01", port=1000), 2)
    assert found is not None
    assert not found.sure
    assert inbox.receive(recv(4, 3, 99, b"abc", port=1000), 99) is None  # it can't come late


def test_senders_are_told_apart() -> None:
    inbox = Inbox()
    inbox.send(sent_by(send(1, 4, b"0123"), 1000))
    inbox.send(sent_by(send(2, 4, b"0123"), 2000))
    found = inbox.receive(recv(3, 2, 2, b"01", port=2000), 2)
    assert found is not None
    assert (found.sent.n, found.sure) == (2, True)


def test_an_inbox_that_nobody_reads_is_given_up() -> None:
    inbox = Inbox()
    for n in range(200):
        inbox.send(sent_by(send(n, 1, b"x"), 1000))
    found = inbox.receive(recv(200, 1, 1, b"x", port=1000), 1)
    assert found is None or not found.sure
    assert inbox.last == 199


def test_a_datagram_is_not_received_before_it_is_sent() -> None:
    inbox = Inbox()
    assert inbox.receive(recv(1, 4, 4, b"0123", port=1000), 4) is None  # from who knows where
    assert inbox.send(sent_by(send(2, 10, b"0123456789"), 1000)) is None
