"""Exported programs as they run: started by their run.sh under strace, and read back.

What is compared with the journal, for each program: the calls on its sockets in the order in which
they were entered, with descriptor, result and errno. Python's own calls are left out as in
`strace.py`, and so are those of an event loop (epoll) and of the turns (read, write), which are on
no socket. A descriptor that names nothing is -1 or a number of no socket: then the errno counts.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from socklab.events import Call
from socklab.export.record import Piece, Record
from tests.oracles import strace

_STRACE = "strace -f --seccomp-bpf -e trace=network,close,ioctl,poll"
"""Stops at these calls only: Python makes a thousand others before it begins."""
_SIZED = frozenset({"send", "sendto", "recv", "recvfrom"})


class Key(NamedTuple):
    """A call: its descriptor (None where it names nothing), its result, its errno."""

    name: str
    fd: int | None
    result: int | None
    error: str | None


def write(record: Record, exporter: Callable[[Record], Iterator[Piece]], folder: Path) -> Path:
    """The exported folder."""
    folder.mkdir()
    for path, text, runs in exporter(record):
        assert "/" not in path
        with (folder / path).open("a", encoding="utf-8") as file:
            file.write(text)
        if runs:
            (folder / path).chmod(0o755)
    return folder


def run(folder: Path, seconds: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run it, each program under strace."""
    return subprocess.run(
        [folder / "run.sh", "--strace"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env={**os.environ, "STRACE": _STRACE},
    )


def recorded(record: Record) -> dict[str, list[Key]]:
    """What the journal holds, by program."""
    calls = [event for event in record.read(0, len(record)) if isinstance(event, Call)]
    found: dict[str, list[Key]] = {}
    for call in sorted(calls, key=lambda call: call.t):
        on_nothing = call.os_fd == -1 and call.name != "socket"
        fd = None if on_nothing else call.fd if call.name != "socket" else call.result
        found.setdefault(call.program or "", []).append(Key(call.name, fd, call.result, call.error))
    return found


def seen(folder: Path) -> dict[str, list[Key]]:
    """What strace saw, by program."""
    return {
        log.stem: list(
            _students(
                strace.calls(log.read_text(errors="replace").splitlines()),
                in_c=log.with_suffix(".c").exists(),
            )
        )
        for log in sorted(folder.glob("*.strace"))
    }


def _students(calls: list[strace.Seen], *, in_c: bool) -> Iterator[Key]:
    live: set[int] = set()
    fresh: int | None = None
    for call in calls:
        if call.name == "getsockname" and call.fd == fresh:
            fresh = None
            continue  # Python's own, after accept4
        if call.name == "socket":
            yield Key(call.name, call.result, call.result, call.error)
        elif call.fd in live:
            yield Key(call.name, call.fd, call.result, call.error)
        elif call.error == "EBADF" or (call.name == "poll" and call.fd is not None):
            yield Key(call.name, None, call.result, call.error)
        else:
            continue
        if call.name in ("socket", "accept") and call.result is not None:
            live.add(call.result)
            fresh = call.result if call.name == "accept" and not in_c else None
        if call.name == "close" and call.error is None and call.fd is not None:
            live.discard(call.fd)


def without_sizes(calls: dict[str, list[Key]]) -> dict[str, list[Key]]:
    """The same with sizes that are accidental as 1: how many bytes there were is chance."""
    return {
        program: [
            key._replace(result=min(1, key.result))
            if key.name in _SIZED and key.result is not None
            else key
            for key in keys
        ]
        for program, keys in calls.items()
    }
