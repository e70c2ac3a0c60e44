"""What a filter of frames asks of one: tests, and tests made of them, that hold or don't.

Knows neither how a filter is written (`frame_filter_reader`) nor where a frame's fields come from:
it asks `Facts`. As in Wireshark a field may have several values in one frame (`ip.addr` has two): a
comparison holds if it does for any of them, `!=` if it does for all, and neither where the frame
has no such field.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal, Protocol

Value = int | float | str | bytes
Sign = Literal["==", "!=", "<", "<=", ">", ">=", "contains", "in"]


class Facts(Protocol):
    """A frame, as a filter sees it."""

    def values(self, name: str, /) -> Sequence[Value]:
        """The values of the field of that name, none where the frame hasn't got it; a protocol that
        it has gives one."""
        ...


class Test(Protocol):
    """Something that a frame is or isn't."""

    def holds(self, facts: Facts, /) -> bool: ...


@dataclass(frozen=True, slots=True)
class Span:
    """The numbers from `low` to `high`, both included."""

    low: float
    high: float


Wanted = Span | IPv4Network | IPv6Network | str | bytes
"""What a value is compared with; a single number is a span of one."""


@dataclass(frozen=True, slots=True)
class Has:
    """The frame has this field or protocol."""

    name: str

    def holds(self, facts: Facts) -> bool:
        """Whether it has."""
        return bool(facts.values(self.name))


@dataclass(frozen=True, slots=True)
class Compare:
    """A field's value is one of `wanted`, is not, is less, ...; only the bits of `mask` count."""

    name: str
    sign: Sign
    wanted: tuple[Wanted, ...]
    mask: int | None = None

    def holds(self, facts: Facts) -> bool:
        """Whether it is, for any of the field's values; "!=" for all."""
        values = facts.values(self.name)
        if self.mask is not None:
            values = [value & self.mask for value in values if isinstance(value, int)]
        if self.sign == "!=":
            return bool(values) and not any(map(self._fits, values))
        return any(map(self._fits, values))

    def _fits(self, value: Value) -> bool:
        return any(_fits(value, self.sign, wanted) for wanted in self.wanted)


@dataclass(frozen=True, slots=True)
class Not:
    """`test` doesn't hold."""

    test: Test

    def holds(self, facts: Facts) -> bool:
        """Whether it doesn't."""
        return not self.test.holds(facts)


@dataclass(frozen=True, slots=True)
class All:
    """All of `tests` hold."""

    tests: tuple[Test, ...]

    def holds(self, facts: Facts) -> bool:
        """Whether they do."""
        return all(test.holds(facts) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Any:
    """One of `tests` holds."""

    tests: tuple[Test, ...]

    def holds(self, facts: Facts) -> bool:
        """Whether one does."""
        return any(test.holds(facts) for test in self.tests)


def names(test: Test) -> frozenset[str]:
    """The names of the fields that the test asks for."""
    if isinstance(test, Has | Compare):
        return frozenset({test.name})
    if isinstance(test, Not):
        return names(test.test)
    inner = test.tests if isinstance(test, All | Any) else ()
    return frozenset[str]().union(*map(names, inner))


def _fits(value: Value, sign: Sign, wanted: Wanted) -> bool:
    if isinstance(wanted, Span):
        return isinstance(value, int | float) and _compares(value, sign, wanted)
    if isinstance(wanted, IPv4Network | IPv6Network):
        return isinstance(value, str) and _within(value, wanted)
    if sign == "contains":
        if isinstance(value, bytes) and isinstance(wanted, bytes):
            return wanted in value
        return isinstance(value, str) and isinstance(wanted, str) and wanted in value
    return value == wanted


def _compares(value: float, sign: Sign, wanted: Span) -> bool:
    if sign == "<":
        return value < wanted.low
    if sign == "<=":
        return value <= wanted.low
    if sign == ">":
        return value > wanted.high
    if sign == ">=":
        return value >= wanted.high
    return wanted.low <= value <= wanted.high


@lru_cache(4096)
def _within(value: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(value) in network
    except ValueError:
        return False
