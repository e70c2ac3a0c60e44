"""Where journals are kept if nobody says otherwise, and which old ones go.

Knows the user's state directory on each system and the bounds of what it may hold. Touches only
files that bear a name of its own making, and none that a living lab still writes.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

if os.name == "posix":
    from fcntl import LOCK_NB, LOCK_SH, flock

KEEP_FILES = 20
KEEP_BYTES = 2 << 30
"""The most files, and bytes in all, with the journal that is about to be written."""

LIMIT = 1 << 30
"""The most bytes that one journal takes, if nothing else is said."""

_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d{6}-\d+(-\d+)?\.jsonl")
_STILL_FRESH = 60.0  # seconds since the last write


def new_path() -> Path:
    """A path for a new journal, named after the time and this process.

    Makes the directory (mode 0700) and removes the oldest journals. Raises nothing: where the
    directory can't be made, creating the journal will say so.
    """
    folder = directory()
    with suppress(OSError):
        _make(folder)
        prune(folder)
    stem = f"{datetime.now():%Y-%m-%dT%H%M%S}-{os.getpid()}"
    path = folder / f"{stem}.jsonl"
    again = 2
    while path.exists():
        path = folder / f"{stem}-{again}.jsonl"
        again += 1
    return path


def directory() -> Path:
    """The directory in which this user's journals are kept; it need not exist.

    $XDG_STATE_HOME/socklab/journals or its default (XDG Base Directory Specification 0.8),
    ~/Library/Application Support on macOS, %LOCALAPPDATA% on Windows.
    """
    return _state_home() / "socklab" / "journals"


def _state_home() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else _home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support"
    state = os.environ.get("XDG_STATE_HOME", "")
    # The specification has relative paths ignored.
    return Path(state) if os.path.isabs(state) else _home() / ".local" / "state"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # a user number without an account, as containers have it
        return Path(tempfile.gettempdir()) / f"home-{os.getuid()}"


def _make(folder: Path) -> None:
    missing = [folder, *folder.parents]
    for parent in reversed(missing):
        if not parent.exists():
            parent.mkdir(mode=0o700, exist_ok=True)


def prune(folder: Path, room: int = LIMIT) -> None:
    """Removes the oldest journals in `folder`, so that one more of `room` bytes keeps the bounds.

    A journal that a lab still writes stays, whatever the bounds say. Raises OSError where the
    folder can't be read.
    """
    files = 1
    total = room
    for path, status in _newest_first(folder):
        files += 1
        total += status.st_size
        if (files > KEEP_FILES or total > KEEP_BYTES) and not _in_use(path, status):
            with suppress(OSError):
                path.unlink()
            files -= 1
            total -= status.st_size


def _newest_first(folder: Path) -> list[tuple[Path, os.stat_result]]:
    found = []
    for path in folder.iterdir():
        if _NAME.fullmatch(path.name):
            with suppress(OSError):  # another lab may have removed it just now
                found.append((path, path.lstat()))
    return sorted(found, key=lambda entry: (entry[1].st_mtime_ns, entry[0].name), reverse=True)


def _in_use(path: Path, status: os.stat_result) -> bool:
    if os.name != "posix":
        return time.time() - status.st_mtime < _STILL_FRESH
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return True
    try:
        flock(fd, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # no locks on this file system: go by the time
        return time.time() - status.st_mtime < _STILL_FRESH
    finally:
        os.close(fd)
    return False
