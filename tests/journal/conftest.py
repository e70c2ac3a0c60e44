"""What the tests of the journal share: a small memory, and a disk that runs full."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from socklab.journal import Journal
from socklab.journal import journal as journal_module


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few events stay in memory, so that most are read back from the file."""
    monkeypatch.setattr(journal_module, "RECENT", 100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lab.jsonl"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """A journal that is being recorded at `path`."""
    made = Journal.create(path)
    yield made
    made.close()


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch, path: Path) -> Callable[[int], None]:
    """`disk(room)`: the disk takes `room` bytes of the file at `path`, then it is full."""
    write = os.write

    def bound(room: int) -> None:
        def bounded(fd: int, data: bytes) -> int:
            status = os.fstat(fd)
            if not (path.exists() and os.path.samestat(status, path.stat())):
                return write(fd, data)
            left = room - status.st_size
            if left <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(fd, data[:left])  # as write(2) does it: first less, then the error

        monkeypatch.setattr(os, "write", bounded)

    return bound
