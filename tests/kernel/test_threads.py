"""What the kernel says of a thread: its name, and whether it is in a system call."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from socklab.kernel.threads import in_a_call, start_named

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has /proc")


def comm(thread: threading.Thread) -> str:
    return Path(f"/proc/self/task/{thread.native_id}/comm").read_text().strip()


def until(thread: threading.Thread, state: str) -> None:
    """Wait until the kernel has a thread in this state (proc(5): R running, S sleeping)."""
    stat = Path(f"/proc/self/task/{thread.native_id}/stat")
    while stat.read_text().rpartition(")")[2].split()[0] != state:
        pass


def started(what: Callable[[], object], name: str = "student") -> threading.Thread:
    thread = threading.Thread(target=what, name=name, daemon=True)
    start_named(thread)
    return thread


def test_a_thread_bears_its_name_from_the_start_and_its_maker_keeps_its_own() -> None:
    mine = Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text()
    seen: list[str] = []
    thread = started(lambda: seen.append(comm(threading.current_thread())), "a-name-that-is-long")
    thread.join()
    assert seen == ["a-name-that-is-"]
    assert Path(f"/proc/self/task/{threading.get_native_id()}/comm").read_text() == mine


def test_a_thread_that_waits_for_the_network_is_in_a_call() -> None:
    one, two = socket.socketpair()
    with one, two:
        thread = started(lambda: one.recv(1))
        until(thread, "S")
        while in_a_call(thread) is False:  # it may have waited for this one at first
            pass
        assert in_a_call(thread) in (True, None)
        two.send(b"x")
        thread.join()


def test_a_thread_that_waits_for_another_thread_is_in_none() -> None:
    go = threading.Event()
    thread = started(go.wait)
    until(thread, "S")
    assert in_a_call(thread) in (False, None)
    go.set()
    thread.join()


def test_of_a_thread_that_is_over_nothing_is_known() -> None:
    thread = started(int)
    thread.join()
    while Path(f"/proc/self/task/{thread.native_id}").exists():  # the kernel's end of it
        pass
    assert in_a_call(thread) is None
