"""What can be typed to name a moment of a recording."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Note
from socklab.journal import Journal, Times
from socklab.ui.screens.moment import MomentError, read_moment

SECOND = 1_000_000_000
BEGIN = 1_790_000_000 * SECOND
SIZE = 5_000


@pytest.fixture(scope="module")
def times() -> Times:
    """Of a recording with an event a second."""
    journal = Journal.create()
    for n in range(SIZE):
        journal.append(Note(t=BEGIN + n * SECOND, text="now"))
    times = Times(journal)
    assert times.advance(60)
    return times


@pytest.mark.parametrize(
    ("text", "count", "after"),
    [
        ("0", 1, None),
        (" 1234 ", 1_235, None),
        ("1,234", 1_235, None),
        ("4999", 5_000, None),
        ("0:12.5", 13, 12 * SECOND + SECOND // 2),
        ("12.5 s", 13, 12 * SECOND + SECOND // 2),
        ("12s", 13, 12 * SECOND),
        ("1:00:00", 3_601, 3_600 * SECOND),
        ("0.000000001", 1, 1),
    ],
)
def test_a_number_or_a_time(times: Times, text: str, count: int, after: int | None) -> None:
    expected = None if after is None else BEGIN + after
    assert read_moment(text, times, SIZE) == (count, expected)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "number"),
        ("soon", "number"),
        ("-1", "number"),
        ("1:2:3:4", "number"),
        ("٣", "number"),
        ("5000", "the last one is 4,999"),
        ("99,999,999,999,999", "the last one is 4,999"),
        ("9" * 5000, "number"),
        ("9" * 5000 + " s", "number"),
        (f"{'9' * 5000}:00:12.5", "number"),
        (f"0:{'9' * 5000}:12.5", "number"),
        ("999999999:0:0", "lasts 1:23:19.000"),
        ("2:00:00", "lasts 1:23:19.000"),
    ],
)
def test_what_names_none_is_refused_with_a_reason(times: Times, text: str, says: str) -> None:
    with pytest.raises(MomentError, match=says):
        read_moment(text, times, SIZE)


def test_an_empty_recording_has_no_moments() -> None:
    with pytest.raises(MomentError, match="no events"):
        read_moment("0", Times(Journal.create()), 0)


@given(st.text(max_size=12) | st.from_regex(r"[0-9:., s]{0,12}", fullmatch=True))
def test_whatever_is_typed_is_understood_or_refused(times: Times, text: str) -> None:
    moment, refusal = None, ""
    try:
        moment = read_moment(text, times, SIZE)
    except MomentError as error:
        refusal = str(error)
    assert (moment is None) == bool(refusal)
    if moment is not None:
        assert 0 < moment[0] <= SIZE
        assert moment[1] is None or BEGIN <= moment[1] <= times.end
