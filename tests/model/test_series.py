"""A quantity over time keeps its peaks, whatever the order and the number of its samples."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from socklab.model.series import MOST_BINS, Series, Span

SECOND = 1_000_000_000

samples = st.lists(
    st.tuples(st.integers(0, 10**13), st.integers(0, 10**6)), min_size=1, unique_by=lambda s: s[0]
)


def series(*points: tuple[int, int], before: int | None = None) -> Series:
    made = Series(before=before)
    for t, value in points:
        made.add(t, value)
    return made


def test_a_value_counts_until_the_next_one() -> None:
    made = series((2 * SECOND, 5), (6 * SECOND, 1))
    assert made.spans(0, 8 * SECOND, 8) == [
        None,
        None,
        Span(5, 5),
        Span(5, 5),
        Span(5, 5),
        Span(5, 5),
        Span(1, 5),
        Span(1, 1),
    ]
    assert (made.now, made.first, made.last) == (1, 2 * SECOND, 6 * SECOND)


def test_what_it_was_before_the_first_sample_may_be_known() -> None:
    made = series((2 * SECOND, 5), before=0)
    assert made.spans(0, 4 * SECOND, 4) == [Span(0, 0), Span(0, 0), Span(0, 5), Span(5, 5)]
    assert Series(before=0).spans(0, 2, 2) == [Span(0, 0)] * 2
    assert Series(before=0).now == 0


def test_nothing_is_known_without_a_sample() -> None:
    made = Series()
    assert made.spans(0, 3, 3) == [None] * 3
    assert (made.now, made.first, made.last) == (None, None, None)


def test_what_was_before_the_window_still_holds_in_it_and_what_comes_after_does_not() -> None:
    made = series((1 * SECOND, 7), (9 * SECOND, 100))
    assert made.spans(2 * SECOND, 4 * SECOND, 2) == [Span(7, 7)] * 2


def test_no_peak_is_lost_in_a_stretch_of_many_samples() -> None:
    made = series(*((i * SECOND // 100, 1000 if i == 333 else i % 7) for i in range(1000)))
    spans = made.spans(0, 10 * SECOND, 5)
    assert [span is not None and span.high for span in spans] == [6, 1000, 6, 6, 6]
    assert all(span is not None and span.low == 0 for span in spans)


def test_hours_of_samples_take_bounded_memory_and_keep_their_extremes() -> None:
    made = Series()
    for i in range(72_000):
        made.add(i * SECOND // 10, 9999 if i == 40_000 else 10 + i % 3)
    assert len(made._bins) <= MOST_BINS
    spans = [span for span in made.spans(0, 7200 * SECOND, 72) if span is not None]
    assert [place for place, span in enumerate(spans) if span.high == 9999] == [40]
    assert {span.low for span in spans} == {10}
    assert made.now == 10 + 71_999 % 3


def test_a_horizon_forgets_what_is_older() -> None:
    made = Series(horizon=60 * SECOND)
    for i in range(6000):
        made.add(i * SECOND // 10, i)
    made.add(1, 10**9)
    first, last = made.first, made.last
    assert (first, last) == (first, 5999 * SECOND // 10)
    assert first is not None
    assert last is not None
    assert 60 * SECOND <= last - first + SECOND <= 130 * SECOND
    assert all(span is not None and span.high < 6000 for span in made.spans(first, last, 10))


@given(samples, st.randoms())
def test_the_order_of_the_samples_does_not_matter(
    points: list[tuple[int, int]], random: Random
) -> None:
    shuffled = list(points)
    random.shuffle(shuffled)
    one, other = series(*points), series(*shuffled)
    end = max(t for t, _value in points)
    assert one.now == other.now == dict(points)[end]
    spans = one.spans(0, end, 7)
    if len(points) <= MOST_BINS:
        assert spans == other.spans(0, end, 7)
    known = [span for span in spans if span is not None]
    assert max(span.high for span in known) == max(value for _t, value in points)
    assert min(span.low for span in known) == min(value for _t, value in points)
