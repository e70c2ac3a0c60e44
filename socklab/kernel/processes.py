"""Which process has a socket open: as far as this user may look (proc(5): /proc/PID/fd).

A look that changes nothing. Elsewhere than on Linux nobody is found.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

_PROC = Path("/proc")


class Process(NamedTuple):
    """A process by its number and the name of its program, as ps(1) shows it."""

    pid: int
    name: str


def owners(inodes: Collection[int], proc: Path = _PROC) -> dict[int, Process]:
    """Who has the sockets with these inodes open, by inode; one process each.

    Another user's processes can't be seen without privileges: those are left out.
    """
    wanted = {f"socket:[{inode}]": inode for inode in inodes if inode}
    found: dict[int, Process] = {}
    for pid in _pids(proc):
        if len(found) == len(wanted):
            break
        for link in _links(proc / pid / "fd"):
            inode = wanted.get(link)
            if inode is not None and inode not in found:
                found[inode] = Process(int(pid), _name(proc / pid))
    return found


def _pids(proc: Path) -> Iterator[str]:
    try:
        with os.scandir(proc) as entries:
            yield from [entry.name for entry in entries if entry.name.isdecimal()]
    except OSError:
        return


def _links(folder: Path) -> Iterator[str]:
    """What the descriptors of a process name; nothing where it is gone or another user's."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.path for entry in entries]
    except OSError:
        return
    for name in names:
        try:
            yield os.readlink(name)
        except OSError:
            continue


def _name(folder: Path) -> str:
    try:
        return (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "?"
