from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.model.units import clock_text, date_text, duration_text, size_text


@pytest.fixture
def seoul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, "tzset"):
        pytest.skip("this system's time zone can't be set for a process")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "KST-9")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize(
    ("ns", "shown"),
    [
        (0, "0 ns"),
        (999, "999 ns"),
        (12_400, "12 µs"),
        (88_000, "88 µs"),
        (999_400, "999 µs"),
        (999_600, "1.0 ms"),
        (1_250_000, "1.2 ms"),
        (9_960_000, "10 ms"),
        (44_000_000, "44 ms"),
        (999_700_000, "1.00 s"),
        (3_070_000_000, "3.07 s"),
        (9_999_000_000, "10.0 s"),
        (134_500_000_000, "134.5 s"),
        (725_000_000_000, "12 min 5 s"),
    ],
)
def test_duration_text(ns: int, shown: str) -> None:
    assert duration_text(ns) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (12, "12 B"),
        (4096, "4096 B"),
        (9_999, "9999 B"),
        (10_000, "9.8 KiB"),
        (131_072, "128 KiB"),
        (1_048_575, "1.0 MiB"),
        (3_919_467, "3.7 MiB"),
        (1 << 30, "1.0 GiB"),
        (5000 << 30, "5000 GiB"),
    ],
)
def test_size_text(size: int, shown: str) -> None:
    assert size_text(size) == shown


@pytest.mark.usefixtures("seoul")
def test_clock_is_local_to_the_microsecond() -> None:
    assert clock_text(1_709_262_001_123_456_789) == "12:00:01.123 456"
    assert clock_text(1_709_262_001_000_000_999) == "12:00:01.000 000"
    assert date_text(1_709_262_001_123_456_789) == "2024-03-01 12:00:01 +0900"


@given(st.integers())
def test_any_number_in_a_damaged_journal_is_shown(t: int) -> None:
    assert clock_text(t)
    assert date_text(t)
