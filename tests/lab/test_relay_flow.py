"""What a relay does to one direction of a stream, without a socket and without a clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.lab.relay_flow import Flow

SECOND = 1_000_000_000


def run(flow: Flow, pieces: list[bytes], takes: list[int]) -> list[tuple[int, bytes]]:
    """Everything that goes through `flow` and when: `pieces` come at once, and the kernel takes at
    most `takes` bytes of each send in turn."""
    for number, piece in enumerate(pieces):
        flow.came(piece, 0, number)
    flow.finish(0)
    now = 0
    sent: list[tuple[int, bytes]] = []
    while not flow.ended(now):
        piece = bytes(flow.due(now))
        if piece:
            size = min(len(piece), takes[len(sent) % len(takes)])
            sent.append((now, piece[:size]))
            flow.went(size, now)
        else:
            at = flow.next_at
            assert at is not None
            assert at > now
            now = at
    sent.append((now, b""))
    return sent


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=300), max_size=6),
    takes=st.lists(st.integers(1, 400), min_size=1, max_size=4),
    delay=st.sampled_from([0.0, 0.25]),
    rate=st.none() | st.floats(1, 1e9),
    most=st.none() | st.integers(1, 100),
)
def test_what_comes_goes_on_whole_and_in_order(
    pieces: list[bytes], takes: list[int], delay: float, rate: float | None, most: int | None
) -> None:
    flow = Flow(delay, rate, most)
    sent = run(flow, pieces, takes)
    assert b"".join(data for _at, data in sent) == b"".join(pieces)
    assert all(len(data) <= (most or 1 << 30) for _at, data in sent)
    assert all(at >= delay * SECOND for at, _data in sent)
    assert flow.held == 0


@given(st.floats(1, 1e6), st.integers(1, 2000))
def test_a_rate_is_never_exceeded_by_more_than_a_burst(rate: float, size: int) -> None:
    sent = run(Flow(rate=rate), [bytes(size)], [1 << 20])
    before = 0
    for at, data in sent[:-1]:
        before += len(data)
        # Two bursts' worth may be ahead of the rate, and a byte, for it can't be cut.
        assert before <= rate * (at / SECOND + 0.04) + 1


def test_the_end_comes_after_the_last_byte() -> None:
    flow = Flow(delay=1.0)
    flow.came(b"ab", 0, 7)
    flow.finish(SECOND // 2)
    assert (bytes(flow.due(SECOND - 1)), flow.next_at) == (b"", SECOND)
    assert (bytes(flow.due(SECOND)), flow.cause) == (b"ab", 7)
    assert not flow.ended(2 * SECOND)
    flow.went(2, SECOND)
    assert not flow.ended(SECOND)
    assert flow.ended(SECOND + SECOND // 2)


def test_without_a_delay_nothing_is_read_ahead() -> None:
    flow = Flow()
    assert flow.has_room
    flow.came(b"x", 0, 1)
    assert not flow.has_room
    flow.went(1, 0)
    assert flow.has_room


def test_with_a_delay_what_is_on_its_way_is_bounded() -> None:
    flow = Flow(delay=60.0)
    sizes = 0
    while flow.has_room:
        flow.came(bytes(65536), 0, 1)
        sizes += 65536
    assert sizes == 1 << 20
