"""Exports as files: the one place here that opens any.

What is written is private to the user, as everything that the lab keeps.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

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

    A folder is made if it isn't there; in it, files of the same names are replaced. Raises OSError
    (ValueError for a path that can't be one) where that can't be done; what was written until
    then stays.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(exporter, FolderExporter):
            pieces = _into_folder(exporter, record, path, stack)
        elif isinstance(exporter, BytesExporter):
            pieces = _into_binary_file(exporter, record, path, stack)
        else:
            pieces = _into_file(exporter, record, path, stack)
        size = 0
        for count in pieces:
            size += count
            if told is not None:
                told(size)


def _into_file(
    exporter: Exporter, record: Record, path: Path, stack: contextlib.ExitStack
) -> Iterator[int]:
    out = stack.enter_context(_private(path, 0o600))
    for text in exporter.write(record):
        yield out.write(text)


def _into_binary_file(
    exporter: BytesExporter, record: Record, path: Path, stack: contextlib.ExitStack
) -> Iterator[int]:
    out: BinaryIO = stack.enter_context(os.fdopen(_opened(path, 0o600), "wb"))
    for data in exporter.write(record):
        yield out.write(data)


def _into_folder(
    exporter: FolderExporter, record: Record, folder: Path, stack: contextlib.ExitStack
) -> Iterator[int]:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError:  # true, and it doesn't say what is wrong with it
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), folder) from None
    files: dict[str, TextIO] = {}
    for piece in exporter.write(record):
        if piece.path not in files:
            mode = 0o700 if piece.runs else 0o600
            files[piece.path] = stack.enter_context(_private(folder / piece.path, mode))
        yield files[piece.path].write(piece.text)


def _private(path: Path, mode: int) -> TextIO:
    return os.fdopen(_opened(path, mode), "w", encoding="utf-8", newline="")


def _opened(path: Path, mode: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY, mode)
