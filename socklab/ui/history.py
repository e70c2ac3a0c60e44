"""What was typed before, to go through with ↑ and ↓, and kept from one start to the next."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 1000
"""Lines kept in the file; up to twice as many while it grows."""

_LONGEST = 4096  # characters of a line that is kept


class History(Generic[T]):
    """The oldest first. Going back keeps what was being typed, to come back to.

    A line is what was typed into one field or more. `keep` is told of each that is new.
    """

    def __init__(
        self, lines: Iterable[T] = (), keep: Callable[[T], None] = lambda _line: None
    ) -> None:
        self._lines = list(lines)
        self._keep = keep
        self._back = 0
        self._draft: T | None = None

    def add(self, line: T) -> None:
        """A line was handed in; the same one twice in a row is kept once."""
        if not self._lines or self._lines[-1] != line:
            self._lines.append(line)
            self._keep(line)
        self._back = 0

    def older(self, typed: T) -> T | None:
        """The line before; `typed` is what stands there now. None where there is none."""
        if self._back == len(self._lines):
            return None
        if self._back == 0:
            self._draft = typed
        self._back += 1
        return self._lines[-self._back]

    def newer(self) -> T | None:
        """The line after, at last what was being typed. None where there is none."""
        if self._back == 0:
            return None
        self._back -= 1
        return self._lines[-self._back] if self._back else self._draft


class HistoryFile:
    """Lines in a file that only its user can read. Where it can't be read or written there is
    nothing to remember, and that is all. Several labs may write to it at once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def lines(self) -> list[str]:
        """The last ones, the oldest first."""
        with contextlib.suppress(OSError):
            if self._path.is_file():
                lines = self._path.read_bytes().decode("utf-8", "replace").splitlines()
                if len(lines) > 2 * MOST:
                    self._shorten(lines[-MOST:])
                return lines[-MOST:]
        return []

    def add(self, line: str) -> None:
        """One more."""
        if len(line) > _LONGEST or not line.isprintable():
            return
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            out = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            with os.fdopen(out, "ab") as file:
                file.write(f"{line}\n".encode())

    def _shorten(self, lines: list[str]) -> None:
        draft = self._path.with_name(f".{self._path.name}-{secrets.token_hex(4)}")
        out = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(out, "wb") as file:
                file.write("".join(f"{line}\n" for line in lines).encode())
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)
