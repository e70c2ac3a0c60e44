"""How sends and receives of one stream are matched, byte by byte."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.model.ladder_streams import MOST_RUNS, Span, Stream


def test_three_sends_and_one_receive() -> None:
    stream = Stream()
    assert [stream.send(3) for _ in range(3)] == [
        Span(0, 3, 1, 1, True),
        Span(3, 6, 2, 2, True),
        Span(6, 9, 3, 3, True),
    ]
    assert stream.take(9) == Span(0, 9, 1, 3, True)


def test_one_send_and_three_receives() -> None:
    stream = Stream()
    stream.send(10)
    assert [stream.take(n) for n in (4, 4, 2)] == [
        Span(0, 4, 1, 1, False),
        Span(4, 8, 1, 1, False),
        Span(8, 10, 1, 1, False),
    ]
    stream.send(2)
    assert stream.take(2) == Span(10, 12, 2, 2, True)


def test_a_peek_takes_nothing() -> None:
    stream = Stream()
    stream.send(5)
    assert stream.peek(3) == stream.peek(3) == Span(0, 3, 1, 1, False)
    assert stream.take(5) == Span(0, 5, 1, 1, True)


def test_a_send_that_returns_after_its_bytes_were_received() -> None:
    stream = Stream()
    assert stream.take(4) == Span(0, 4, 1, 1, False)
    assert stream.take(4) == Span(4, 8, 1, 1, False)
    assert stream.send(10) == Span(0, 10, 1, 1, True)
    assert stream.take(2) == Span(8, 10, 1, 1, False)
    stream.send(1)
    assert stream.take(1) == Span(10, 11, 2, 2, True)


def test_more_sends_wait_than_are_kept() -> None:
    stream = Stream()
    for number in range(MOST_RUNS + 1):
        stream.send(1 + number % 2)
    assert stream.take(1) == Span(0, 1, 0, 0, False)
    stream.take(stream.sent - 1)
    stream.send(7)
    assert stream.take(7).first == MOST_RUNS + 2


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=60))
def test_every_byte_belongs_to_the_send_that_carried_it(moves: list[tuple[bool, int]]) -> None:
    stream, taken, sends = Stream(), 0, 0
    owner: list[int] = []
    for is_send, size in moves:
        if is_send:
            sends += 1
            assert stream.copy().send(size).start == len(owner)
            stream.send(size)
            owner += [sends] * size
            continue
        size = min(size, len(owner) - taken)
        if not size:
            continue
        span = stream.copy().take(size)
        assert stream.take(size) == span
        assert (span.start, span.stop) == (taken, taken + size)
        taken += size
        assert (span.first, span.last) == (owner[span.start], owner[span.stop - 1])
        begins = span.start == 0 or owner[span.start - 1] != span.first
        ends = span.stop == len(owner) or owner[span.stop] != span.last
        assert span.whole == (begins and ends)
