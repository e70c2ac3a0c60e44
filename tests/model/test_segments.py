"""What is said of segments is what Wireshark would say, and why it came to that what the wire
knows."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Fate, Frame, Verdict
from socklab.model.analysis import MOST_STREAMS, Analysis, Seen
from socklab.model.analysis_remarks import Kind, Remark, Role, Why
from socklab.model.analysis_sendings import MOST_SPANS, Made, Sendings, Span
from tests.model.frames import build
from tests.model.on_the_wire import Play


@pytest.fixture
def play() -> Play:
    """A connection that has shaken hands in frames 1 to 3."""
    play = Play(Analysis())
    play.handshake()
    return play


def remarks(play: Play) -> list[Remark]:
    return [remark for seen in play.answers() for remark in seen.remarks]


def said(play: Play) -> list[tuple[int, str]]:
    return [(remark.frame, remark.text) for remark in remarks(play)]


def kinds(play: Play) -> list[tuple[int, Kind]]:
    return [(remark.frame, remark.kind) for remark in remarks(play)]


# Numbers.


def test_numbers_are_counted_from_the_first_and_past_the_largest() -> None:
    play = Play(Analysis())
    play.handshake()
    play.server("A", 1, 1, 100)  # the server's first number is 16 before the largest
    play.client("A", 1, 101)
    numbers = [(seen.seq, seen.end, seen.ack, seen.window) for seen in play.answers()]
    assert numbers == [
        (0, 1, None, 1000),
        (0, 1, 1, 1000),
        (1, 1, 1, 128_000),
        (1, 101, 1, 128_000),
        (1, 1, 101, 128_000),
    ]
    assert list(play.answers())[-1].relative == (999, 0xFFFFFFF0, 7)


def test_without_the_beginning_counting_begins_at_1() -> None:
    play = Play(Analysis())
    play.client("A", 5000, 700, 10)
    play.server("A", 700, 5010)
    assert [(seen.seq, seen.ack) for seen in play.answers()] == [(1, 1), (1, 11)]
    assert said(play) == []


def test_another_syn_between_the_same_addresses_is_another_stream(play: Play) -> None:
    play.first = (77_000, 5)
    play.client("S", 0)
    play.server("SA", 0, 1)
    assert [seen.stream for seen in play.answers()] == [0, 0, 0, 1, 1]
    assert said(play) == []


# What was sent again, and why.


@pytest.mark.parametrize(
    ("why", "because"),
    [
        ("by hand", "because you dropped frame 4"),
        ("rule", "because your rule dropped frame 4"),
        ("loss", "because frame 4 was lost by chance"),
        ("queue full", "because the wire's queue was full when frame 4 came"),
        ("unplugged", "because frame 4 came while a host was unplugged"),
        ("Message too long", "because frame 4 was dropped (Message too long)"),
        (None, "because frame 4 was dropped"),
    ],
)
def test_what_was_dropped_is_retransmitted(play: Play, why: str | None, because: str) -> None:
    play.client("A", 1, 1, 100, fate="dropped", why=why)
    play.passes(200)
    play.client("A", 1, 1, 100)
    assert said(play) == [(5, f"retransmitted {because}")]
    assert remarks(play)[0].of == 4


def test_the_last_sending_is_the_one_that_counts(play: Play) -> None:
    play.client("A", 1, 1, 100, fate="dropped", why="rule")
    for _again in range(2):
        play.passes(200)
        play.client("A", 1, 1, 100, fate="dropped", why="loss")
    assert said(play) == [
        (5, "retransmitted because your rule dropped frame 4"),
        (6, "retransmitted because frame 5 was lost by chance"),
    ]


def test_chance_is_told_as_it_was_set(play: Play) -> None:
    lost = (play.client, 0.1), (play.server, 0.125)
    for sends, share in lost:
        play.ends(sends("A", 1, 1, 100, fate=None), "dropped", "loss", share=share)
    play.passes(200)
    play.client("A", 1, 1, 100)
    play.server("A", 1, 1, 100)
    assert said(play) == [
        (6, "retransmitted because frame 4 was lost by chance (loss=10%)"),
        (7, "retransmitted because frame 5 was lost by chance (loss=12.5%)"),
    ]


def test_what_is_held_is_retransmitted(play: Play) -> None:
    play.client("A", 1, 1, 100, fate="held", why="by hand")
    play.passes(200)
    play.client("A", 1, 1, 100)
    assert said(play) == [(5, "retransmitted because frame 4 is still held")]


def test_what_was_corrupted_is_retransmitted(play: Play) -> None:
    frame = play.client("A", 1, 1, 100, fate=None)
    play.ends(frame, "corrupted", "corrupt", data=b"whatever")
    play.passes(200)
    play.client("A", 1, 1, 100)
    assert said(play) == [
        (5, "retransmitted because frame 4 was corrupted: its receiver's checksum found out")
    ]


def test_a_frame_that_takes_too_long(play: Play) -> None:
    first = play.client("A", 1, 1, 100, fate=None)
    play.passes(300)
    play.client("A", 1, 1, 100)
    play.ends(first)
    play.passes(300)
    play.client("A", 1, 1, 100)
    assert said(play) == [
        (5, "retransmitted because frame 4 is still on its way, for 301 ms by now"),
        (6, "retransmitted because frame 5 came, and has not been acknowledged"),
    ]


def test_a_frame_that_came_too_late(play: Play) -> None:
    first = play.client("A", 1, 1, 100, fate=None)
    play.passes(500)
    play.ends(first)
    play.client("A", 1, 1, 100)
    assert said(play) == [
        (
            5,
            "retransmitted because frame 4 was delayed by 500 ms, longer than the sender waits",
        )
    ]


def test_an_acknowledgement_that_was_dropped(play: Play) -> None:
    play.client("A", 1, 1, 100)
    play.server("A", 1, 101, fate="dropped", why="by hand")
    play.passes(200)
    play.client("A", 1, 1, 100)
    assert said(play) == [
        (6, "retransmitted in vain because you dropped the ACK in frame 5"),
    ]
    cause = remarks(play)[0].cause
    assert cause is not None
    assert (cause.why, cause.role, cause.frame) == (Why.DROPPED, Role.ACK, 5)


def test_what_was_sent_again_while_its_acknowledgement_was_about_to_come(play: Play) -> None:
    play.client("A", 1, 1, 100)
    play.server("A", 1, 101)
    play.client("A", 1, 1, 100)
    crossed = "retransmitted in vain and crossed the acknowledgement of frame 4 on its way"
    assert said(play) == [(6, crossed)]


def test_a_syn_ack_that_was_dropped() -> None:
    play = Play(Analysis())
    play.client("S", 0)
    play.server("SA", 0, 1, fate="dropped", why="rule")
    play.passes(1000)
    play.client("S", 0)
    assert said(play) == [
        (3, "retransmitted because your rule dropped the ACK in frame 2"),
    ]


def test_what_came_and_got_no_answer() -> None:
    play = Play(Analysis())
    play.client("S", 0)
    play.passes(1000)
    play.client("S", 0)
    assert said(play) == [(2, "retransmitted because frame 1 came, and has not been acknowledged")]


def test_what_came_behind_something_that_did_not(play: Play) -> None:
    play.client("A", 1, 1, 100, fate="dropped", why="rule")
    play.client("A", 101, 1, 100)
    play.passes(200)
    play.client("A", 101, 1, 100)  # a tail loss probe: RFC 8985, section 7.3
    assert said(play) == [
        (
            6,
            "retransmitted because your rule dropped frame 4, "
            "and nothing after it can be acknowledged",
        )
    ]


def test_what_is_sent_again_along_with_what_was_lost(play: Play) -> None:
    play.client("A", 1, 1, 100, fate="dropped", why="rule")
    play.client("A", 101, 1, 100)
    play.passes(200)
    play.client("A", 1, 1, 100)
    play.client("A", 101, 1, 100)
    assert [text for _frame, text in said(play)] == [
        "retransmitted because your rule dropped frame 4",
        "retransmitted because your rule dropped frame 4, and nothing after it can be acknowledged",
    ]


def test_three_duplicate_acks_and_a_fast_retransmission(play: Play) -> None:
    play.client("A", 1, 1, 100)
    play.server("A", 1, 101)
    play.client("A", 101, 1, 100, fate="dropped", why="loss")
    for number in range(3):
        play.client("A", 201 + 100 * number, 1, 100)
        play.server("A", 1, 101)
    play.client("A", 101, 1, 100)
    because = "because frame 6 was lost by chance"
    assert said(play) == [
        (8, f"the same ACK again (#1) {because}"),
        (10, f"the same ACK again (#2) {because}"),
        (12, f"the same ACK again (#3) {because}"),
        (13, f"retransmitted at once, after duplicate ACKs, {because}"),
    ]
    assert [remark.of for remark in remarks(play)] == [5, 5, 5, 6]


def test_a_fast_retransmission_over_a_slow_wire(play: Play) -> None:
    """It answers duplicate ACKs that were sent 50 ms ago and have only now arrived."""
    play.client("A", 1, 1, 100)
    play.server("A", 1, 101)
    play.client("A", 101, 1, 100, fate="dropped", why="loss")
    answers = []
    for number in range(3):
        play.client("A", 201 + 100 * number, 1, 100)
        answers.append(play.server("A", 1, 101, fate=None))
    play.passes(50)
    for answer in answers:
        play.ends(answer)
    play.client("A", 101, 1, 100)
    assert kinds(play)[-1] == (13, Kind.FAST_RETRANSMISSION)


def test_the_wires_own_copies(play: Play) -> None:
    n = play.n
    play.client("A", 1, 1, 100, fate="duplicated")
    play.client("A", 1, 1, 100, cause=n)
    play.server("A", 1, 101)
    play.server("A", 1, 101)
    assert said(play) == [
        (5, "retransmitted because the wire made a copy of frame 4"),
        (7, "the same ACK again (#1) because frame 5 brought what had come before"),
    ]


# What came in another order.


def test_what_was_overtaken_came_out_of_order(play: Play) -> None:
    late = play.client("A", 1, 1, 100, fate="held")
    play.client("A", 101, 1, 100)
    play.server("A", 1, 1)
    play.ends(late)
    assert said(play) == [
        (6, "the same ACK again (#1) because frame 4 is still held"),
        (4, "came out of order because frame 5 overtook it"),
    ]


def test_a_retransmission_that_comes_late_is_not_out_of_order(play: Play) -> None:
    play.client("A", 1, 1, 100, fate="dropped")
    play.client("A", 101, 1, 100)
    play.client("A", 1, 1, 100)
    assert kinds(play) == [(6, Kind.RETRANSMISSION)]


# Windows and waiting.


def test_a_window_that_closes_is_asked_about_and_opens(play: Play) -> None:
    play.server("A", 1, 1, window=4)
    play.client("A", 1, 1, 512)
    play.server("A", 1, 513, window=0)
    play.passes(200)
    play.client("A", 512, 1)
    play.server("A", 1, 513, window=0)
    play.passes(200)
    play.server("A", 1, 513, window=900)
    closed = "because the window in frame 6 was 0: is it still? (Linux asks as if to keep the "
    assert said(play) == [
        (4, "window update"),
        (5, "window full"),
        (6, "zero window"),
        (7, f"keep-alive {closed}connection alive)"),
        (8, "zero window"),
        (9, "window update"),
    ]


def test_a_probe_of_one_byte(play: Play) -> None:
    play.server("A", 1, 1, window=0)
    play.client("A", 1, 1, 1)
    play.server("A", 1, 1, window=0)
    play.client("A", 1, 1, 100)
    assert kinds(play) == [
        (4, Kind.ZERO_WINDOW),
        (5, Kind.ZERO_WINDOW_PROBE),
        (6, Kind.ZERO_WINDOW),
        (6, Kind.ZERO_WINDOW_PROBE_ACK),
    ]


def test_keeping_alive(play: Play) -> None:
    play.client("A", 0, 1)
    play.server("A", 1, 1)
    play.client("A", 0, 1)
    play.server("A", 1, 1)
    assert said(play) == [
        (4, "keep-alive"),
        (5, "answer to a keep-alive"),
        (6, "keep-alive"),
        (7, "answer to a keep-alive"),
    ]


def test_one_byte_sent_again_is_no_keep_alive_until_it_has_been_acknowledged(play: Play) -> None:
    play.client("A", 1, 1, 1, fate="dropped", why="rule")
    play.client("A", 1, 1, 1)
    play.server("A", 1, 2)
    play.client("A", 1, 1, 1)
    assert kinds(play) == [(5, Kind.RETRANSMISSION), (7, Kind.KEEP_ALIVE)]


def test_what_the_journal_missed(play: Play) -> None:
    play.client("A", 1001, 1, 100)
    play.server("A", 1, 5001)
    assert said(play) == [
        (4, "previous segment not captured"),
        (5, "acknowledges a segment that was not captured"),
    ]


def test_every_kind_has_a_title_and_wiresharks_name() -> None:
    for kind in Kind:
        assert Remark(kind, 1).text
        assert kind.fields[0].startswith("tcp.analysis.")
    assert "tcp.analysis.retransmission" in Kind.FAST_RETRANSMISSION.fields


# As a fold.


def test_a_copy_goes_its_own_way(play: Play) -> None:
    play.client("A", 1, 1, 100, fate="dropped", why="rule")
    kept = play.fold.copy()
    other = Play(kept)
    other.t, other.n, other.frames = play.t, play.n, play.frames
    play.server("A", 1, 1)
    other.client("A", 1, 1, 100)
    play.client("A", 1, 1, 100)
    rule = "retransmitted because your rule dropped frame 4"
    assert said(other) == [(5, rule)]
    assert said(play)[-1] == (6, rule)


def test_memory_is_bounded() -> None:
    analysis = Analysis()
    play = Play(analysis)
    for number in range(MOST_STREAMS + 50):
        play.first = (number * 10_000, 0)
        play.client("S", 0, fate=None)
        segment = build.tcp(b"", 2, source_port=1000 + number, seq=5)
        frame = build.ethernet(build.ipv4(segment))
        analysis.apply(
            Frame(t=0, id=10**6 + number, sender="a", receiver="b", size=len(frame), data=frame)
        )
    assert len(analysis._streams) <= MOST_STREAMS
    assert len(analysis._places) <= 2 * MOST_STREAMS
    sendings = Sendings()
    for number in range(3 * MOST_SPANS):
        sendings.sent(Span(number, number + 1, number, 0))
        sendings.acknowledged(Made(number, number, 0))
    assert len(sendings.spans) <= MOST_SPANS
    assert sendings.carrying(3 * MOST_SPANS - 1) is not None


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=40), st.integers(0, 80))
def test_who_carried_a_byte_last_is_known(sent: list[tuple[int, int]], known: int) -> None:
    sendings = Sendings()
    last: dict[int, int] = {}
    for frame, (seq, size) in enumerate(sent):
        sendings.sent(Span(seq, seq + size, frame, 0))
        last.update(dict.fromkeys(range(seq, seq + size), frame))
    spans = sendings.spans
    assert all(one.end <= two.seq for one, two in pairwise(spans))
    for byte in range(90):
        span = sendings.carrying(byte)
        assert (span.frame if span else None) == last.get(byte)
    sendings.known_up_to(known)
    assert all(span.end > known for span in sendings.spans)


segments = st.builds(
    build.tcp,
    st.binary(max_size=3),
    st.integers(0, 0x3F),
    source_port=st.sampled_from([1, 2]),
    target_port=st.sampled_from([1, 2]),
    seq=st.integers(0, 5) | st.integers(0, 2**32 - 1),
    ack=st.integers(0, 5) | st.integers(0, 2**32 - 1),
    window=st.sampled_from([0, 1, 1000]),
    options=st.sampled_from([b"", b"\x03\x03\x0e\x00"]),
)
frames = st.builds(
    Frame,
    t=st.integers(0, 10**9),
    n=st.integers(0, 9),
    cause=st.none() | st.integers(0, 9),
    id=st.integers(0, 9),
    sender=st.just("a"),
    receiver=st.just("b"),
    size=st.integers(0, 2000),
    data=segments.map(lambda segment: build.ethernet(build.ipv4(segment))) | st.binary(),
)
VERDICTS: list[Verdict] = ["delivered", "dropped", "held", "duplicated", "corrupted"]
fates = st.builds(
    Fate,
    t=st.integers(0, 10**9),
    id=st.integers(0, 9),
    verdict=st.sampled_from(VERDICTS),
    delay=st.integers(0, 10**9),
    why=st.none() | st.text(),
    data=st.none() | st.binary(),
)


@given(st.lists(frames | fates, max_size=60), st.integers(0, 60))
def test_whatever_comes_it_says_something_or_nothing_and_so_does_a_copy(
    events: list[AnyEvent], cut: int
) -> None:
    analysis = Analysis()
    copies = [analysis]
    for at, event in enumerate(events):
        if at == cut:
            copies.append(analysis.copy())
        answers = [one.apply(event) for one in copies]
        assert all(answer == answers[0] for answer in answers)
        seen = answers[0]
        assert seen is None or isinstance(seen, Seen)
        for remark in seen.remarks if seen else ():
            assert remark.text
