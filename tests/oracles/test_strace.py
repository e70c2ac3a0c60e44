"""For the same run the journal and strace hold the same calls, in the same order, with the same
results and errnos. How the two are mapped is written down in `strace.py`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.oracles import strace
from tests.test_scripts import SCRIPTS

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")

Journal = list[dict[str, Any]]
Key = tuple[str, int | None, str | None]
"""Name, result and errno of a call."""

_BESIDE = "shutdown"
"""The engine's thread makes it where its program is blocked: then strace can't tell whose it is."""


@pytest.mark.parametrize("script", SCRIPTS)
def test_journal_equals_strace(script: Path, tmp_path: Path) -> None:
    log = tmp_path / "strace"
    run = subprocess.run(
        ["strace", *strace.OPTIONS, "-o", log, sys.executable, "-m", "socklab", "run", script,
         "--format", "json", "--journal", tmp_path / "journal"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    events = [json.loads(line) for line in run.stdout.splitlines()[1:]]
    assert [event["n"] for event in events] == list(range(len(events)))
    recorded = [event for event in events if event["type"] == "call"]
    recorded.sort(key=lambda call: call["t"])
    seen = strace.calls(log.read_text(errors="replace").splitlines())
    assert _by_socket(recorded, _of_journal) == _by_socket(_students(seen, recorded), _of_strace)
    assert _on_nothing_recorded(recorded) == _on_nothing_seen(seen, recorded)


def _of_journal(call: dict[str, Any]) -> tuple[str, int | None, int | None, str | None]:
    made = call.get("os_fd") if call["name"] == "socket" else call.get("new_os_fd")
    result = call.get("result")
    if call["name"] in ("socket", "accept") and result is not None:
        result = made
    return call["name"], call.get("os_fd"), result, call.get("error")


def _of_strace(seen: strace.Seen) -> tuple[str, int | None, int | None, str | None]:
    return seen.name, seen.fd if seen.name != "socket" else seen.result, seen.result, seen.error


def _by_socket(calls: list[Any], read: Any) -> dict[tuple[int, int], list[Key]]:
    """The calls of each socket in order: by descriptor, and which use of that number it is."""
    uses: dict[int, int] = defaultdict(int)
    found: dict[tuple[int, int], list[Key]] = defaultdict(list)
    for call in calls:
        name, fd, result, error = read(call)
        if fd is None or fd < 0:
            continue
        found[fd, uses[fd]].append((name, result, error))
        if name == "close" and error is None:
            uses[fd] += 1
    return dict(found)


def _students(seen: list[strace.Seen], recorded: list[dict[str, Any]]) -> list[strace.Seen]:
    """The calls on descriptors that the journal knows, from socket or accept to close."""
    wanted = [_of_journal(call)[2] for call in recorded if call["name"] == "socket"]
    programs = {call["program"][:15] for call in recorded}
    live: set[int] = set()
    kept = []
    fresh: set[int] = set()  # accepted, and Python hasn't asked for its family yet
    for call in seen:
        if call.name == "socket":
            # The loop makes a relay's sockets, once there is a program that has some.
            makers = programs | {strace.LOOP} if live else programs
            ours = call.thread in makers and call.result in wanted
            if not ours or call.result is None:
                continue
            wanted.remove(call.result)
            live.add(call.result)
        elif call.fd not in live:
            continue
        if call.name == "getsockname" and call.fd in fresh:
            fresh.remove(call.fd)
            continue  # Python's own, after accept4
        kept.append(call)
        if call.name == "accept" and call.result is not None:
            live.add(call.result)
            fresh.add(call.result)
        if call.name == "close" and call.fd is not None and call.error is None:
            live.discard(call.fd)
    return kept


def _on_nothing_recorded(recorded: list[dict[str, Any]]) -> dict[str, list[Key]]:
    found: dict[str, list[Key]] = defaultdict(list)
    for call in recorded:
        if call.get("os_fd") == -1:
            whose = "" if call["name"] == _BESIDE else call["program"]
            found[whose].append((call["name"], call.get("result"), call.get("error")))
    return dict(found)


def _on_nothing_seen(
    seen: list[strace.Seen], recorded: list[dict[str, Any]]
) -> dict[str, list[Key]]:
    """Calls with a descriptor that names nothing: -1, for poll the largest number."""
    programs = {call["program"] for call in recorded}
    found: dict[str, list[Key]] = defaultdict(list)
    for call in seen:
        if call.fd in (-1, 0x7FFFFFFF) and (call.thread in programs or call.name == _BESIDE):
            whose = "" if call.name == _BESIDE else call.thread
            found[whose].append((call.name, call.result, call.error))
    return dict(found)
