"""Exports as files: the one place here that opens any.

What is written is private to the user, as everything that the lab keeps, and it is whole or not
there: a file gets its name when all of it has been written, so that a full disk, or somebody who
gives up, costs nobody the file that had this name before.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, NamedTuple, TextIO

from socklab.export.record import (
    AnyExporter,
    BytesExporter,
    Exporter,
    FolderExporter,
    Record,
)

_BINARY: int = getattr(os, "O_BINARY", 0)

Told = Callable[[int], None]
"""Called now and then with the number of characters or bytes written so far; what it raises ends
the writing."""


def write_out(exporter: AnyExporter, record: Record, path: Path, told: Told | None = None) -> None:
    """Writes the export to the file `path`, or into the folder `path` where it is several files.

    A folder is made if it isn't there; in it, files of the same names are replaced. Into what is
    no file (a pipe, a device) is written straight. Raises OSError (ValueError for a path that
    can't be one) where that can't be done; every file is then as it was before.
    """
    with _Drafts() as drafts:
        if isinstance(exporter, FolderExporter):
            pieces = _into_folder(exporter, record, path, drafts)
        elif isinstance(exporter, BytesExporter):
            pieces = _into_binary_file(exporter, record, drafts.binary(path))
        else:
            pieces = _into_file(exporter, record, drafts.text(path))
        size = 0
        for count in pieces:
            size += count
            if told is not None:
                told(size)


def _into_file(exporter: Exporter, record: Record, out: TextIO) -> Iterator[int]:
    for text in exporter.write(record):
        yield out.write(text)


def _into_binary_file(exporter: BytesExporter, record: Record, out: BinaryIO) -> Iterator[int]:
    for data in exporter.write(record):
        yield out.write(data)


def _into_folder(
    exporter: FolderExporter, record: Record, folder: Path, drafts: _Drafts
) -> Iterator[int]:
    drafts.folder(folder)
    files: dict[str, TextIO] = {}
    for piece in exporter.write(record):
        if piece.path not in files:
            files[piece.path] = drafts.text(folder / piece.path, 0o700 if piece.runs else 0o600)
        yield files[piece.path].write(piece.text)


class _Draft(NamedTuple):
    """A file being written beside the one that it will be."""

    path: Path
    place: Path


class _Drafts:
    """Files that get their names together when all are whole, and none of them where one fails."""

    def __init__(self) -> None:
        self._open: list[IO[str] | IO[bytes]] = []
        self._drafts: list[_Draft] = []
        self._made: Path | None = None

    def __enter__(self) -> _Drafts:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            with contextlib.ExitStack() as closing:
                for file in self._open:
                    closing.callback(file.close)  # writes what is left: the disk may be full here
            if error is None:
                self._name()
        finally:
            self._discard()

    def text(self, place: Path, mode: int = 0o600) -> TextIO:
        """A file of text that is to be at `place`."""
        file = os.fdopen(self._begin(place, mode), "w", encoding="utf-8", newline="")
        self._open.append(file)
        return file

    def binary(self, place: Path, mode: int = 0o600) -> BinaryIO:
        """A file of bytes that is to be at `place`."""
        file = os.fdopen(self._begin(place, mode), "wb")
        self._open.append(file)
        return file

    def folder(self, place: Path) -> None:
        """A folder for files; it goes again where they do."""
        known = place.exists()
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        except FileExistsError:  # true, and it doesn't say what is wrong with it
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), place) from None
        if not known:
            self._made = place

    def _begin(self, place: Path, mode: int) -> int:
        """The descriptor to write to."""
        try:
            before: int | None = place.stat().st_mode
        except FileNotFoundError:
            before = None
        if before is not None and not (stat.S_ISREG(before) and os.access(place, os.W_OK)):
            return _straight(place)
        place = place.resolve()  # what a link leads to is written, not the link
        draft = _Draft(place.with_name(f".socklab-{secrets.token_hex(4)}.part"), place)
        try:
            out = os.open(draft.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        except PermissionError:  # a folder that takes no new file, though this one may be written
            if before is None:
                raise
            return _straight(place)
        self._drafts.append(draft)
        if before is not None:
            draft.path.chmod(stat.S_IMODE(before) | mode)
        return out

    def _name(self) -> None:
        """Give each its name."""
        while self._drafts:
            path, place = self._drafts[-1]
            os.replace(path, place)
            self._drafts.pop()
        self._made = None

    def _discard(self) -> None:
        """What has no name by now gets none."""
        for path, _place in self._drafts:
            with contextlib.suppress(OSError):
                path.unlink()
        if self._made is not None:
            with contextlib.suppress(OSError):
                self._made.rmdir()


def _straight(place: Path) -> int:
    """The descriptor of what is there already; OSError says why it can't be written."""
    return os.open(place, os.O_WRONLY | os.O_TRUNC | _BINARY)
