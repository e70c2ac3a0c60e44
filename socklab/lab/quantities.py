"""Amounts as a line writes them behind a `=`: `10%`, `100ms`, `1M`."""

from __future__ import annotations

import math
import re

MOST_DELAY = 60.0
"""The longest delay of a frame or a byte, in seconds."""

_AMOUNT = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)([a-zA-Z%]*)")
_RATES = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9}
_TIMES = {"": 1.0, "s": 1.0, "ms": 1e-3}


def share(text: str) -> float | None:
    """A share from 0 to 1, written so or in percent; None for what is none."""
    return _amount(text, {"": 1.0, "%": 0.01}, 1.0)


def delay(text: str) -> float | None:
    """Seconds, or milliseconds with `ms`; None for what is none or is more than MOST_DELAY."""
    return _amount(text, _TIMES, MOST_DELAY)


def rate(text: str) -> float | None:
    """So much per second, with k, M or G for thousands; None for what is none, and for 0."""
    return _amount(text, _RATES, math.inf) or None


def _amount(text: str, units: dict[str, float], most: float) -> float | None:
    match = _AMOUNT.fullmatch(text)
    if match is None or match[2] not in units:
        return None
    amount = float(match[1]) * units[match[2]]
    return amount if amount <= most else None
