"""What an export needs of a journal, and how it walks through one of any length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from socklab.events import AnyEvent, Header

_BLOCK = 4096
"""Events decoded at a time: enough to be quick, few enough to cost no memory."""


class Record(Protocol):
    """A journal, as far as it is read here."""

    @property
    def header(self) -> Header: ...

    @property
    def first(self) -> int:
        """The oldest `n` that can still be read."""

    def __len__(self) -> int:
        """The `n` that the next event will have."""

    def read(self, start: int, stop: int) -> Sequence[AnyEvent]:
        """The events from `start` up to, not including, `stop`."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """One format: its name for `--to`, what it is in a few words, the suffix of its files (with
    the dot), and `write`, which yields the export's text piece by piece."""

    name: str
    summary: str
    suffix: str
    write: Callable[[Record], Iterator[str]]


def blocks(record: Record) -> Iterator[Sequence[AnyEvent]]:
    """The events that the record has now, oldest first, a block at a time.

    A journal that goes on growing meanwhile is read up to where it was.
    """
    end = len(record)
    for start in range(record.first, end, _BLOCK):
        yield record.read(start, min(start + _BLOCK, end))
