"""Sequence numbers: 32 bits that wrap around, so that order is a matter of nearness (RFC 9293,
section 3.4)."""

from __future__ import annotations

MODULUS = 1 << 32
_HALF = 1 << 31


def ahead(one: int, other: int) -> int:
    """From one number to the other, forwards or (negative) backwards, whichever is shorter."""
    way = (other - one) % MODULUS
    return way if way < _HALF else way - MODULUS


def before(one: int, other: int) -> bool:
    """Whether one number comes before the other."""
    return 0 < (other - one) % MODULUS < _HALF
