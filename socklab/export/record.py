"""What an export needs of a journal, and how it walks through one of any length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

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


@dataclass(frozen=True, slots=True)
class BytesExporter:
    """One format that isn't text: as an `Exporter`, but that `write` yields bytes. `lacks` says in
    a sentence why a record has nothing for it; "" for one that has something."""

    name: str
    summary: str
    suffix: str
    write: Callable[[Record], Iterator[bytes]]
    lacks: Callable[[Record], str]


class Piece(NamedTuple):
    """A piece of one file of a folder: `path` is relative and has no folder of its own, `runs` says
    that the file is to be executable. A path that has come before goes on where it ended."""

    path: str
    text: str
    runs: bool = False


@dataclass(frozen=True, slots=True)
class FolderExporter:
    """One format of several files: its name for `--to`, what it is in a few words, and `write`,
    which yields the files piece by piece, those of several files in turns."""

    name: str
    summary: str
    write: Callable[[Record], Iterator[Piece]]


AnyExporter = Exporter | BytesExporter | FolderExporter


def blocks(record: Record, end: int | None = None) -> Iterator[Sequence[AnyEvent]]:
    """The events that the record has now, oldest first, a block at a time; those before number
    `end`, where it is given.

    A journal that goes on growing meanwhile is read up to where it was.
    """
    end = len(record) if end is None else end
    for start in range(record.first, end, _BLOCK):
        yield record.read(start, min(start + _BLOCK, end))
