"""Sequence numbers wrap around at 2**32, and the nearer way tells which comes first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.model.frames.sequence import MODULUS, ahead, before

NUMBERS = st.integers(0, MODULUS - 1)


@given(NUMBERS, st.integers(-(2**31) + 1, 2**31 - 1))
def test_the_way_from_one_to_another(one: int, way: int) -> None:
    other = (one + way) % MODULUS
    assert ahead(one, other) == way
    assert before(one, other) == (way > 0)
    assert before(other, one) == (way < 0)
