"""The pace: which calls pass the gate, and how it lets them through."""

from __future__ import annotations

import threading
import time

from socklab.events import Call, Program
from socklab.lab.lab import Lab
from socklab.lab.pace import Pace
from tests import peers
from tests.watching import calls_of, do, events_of, returned, submit, wait_event

NEVER = threading.Event()

CALLS_OF_SERVE = ["socket", "setsockopt", "bind", "listen", "ioctl"]


class Walker(threading.Thread):
    """Walks through the gate so many times; `passed` is released each time."""

    def __init__(self, pace: Pace, name: str, times: int, ended: threading.Event = NEVER) -> None:
        super().__init__(name=name, daemon=True)
        self.passed = threading.Semaphore(0)
        self._pace, self._times, self._ended = pace, times, ended

    def run(self) -> None:
        for number in range(self._times):
            self._pace.admit(f"{self.name} {number}", self._ended)
            self.passed.release()

    def has_passed(self) -> bool:
        return self.passed.acquire(timeout=peers.PATIENCE)


def wait_held(pace: Pace, *texts: str) -> None:
    """Until one of these calls is the one that is held."""
    until = time.monotonic() + peers.PATIENCE
    while pace.held not in texts:
        assert time.monotonic() < until, pace.held


def test_full_speed_holds_nobody() -> None:
    pace = Pace()
    pace.admit("socket", NEVER)
    assert (pace.mode, pace.held) == ("full", None)


def test_slow_is_a_breath_before_each() -> None:
    pace = Pace()
    pace.set("slow", 0.0)
    pace.admit("socket", NEVER)
    pace.set("slow")
    assert pace.breath == 0.0
    pace.set("full")
    assert pace.breath == 0.0


def test_step_lets_one_through() -> None:
    pace = Pace()
    pace.set("step")
    walker = Walker(pace, "call", 2)
    walker.start()
    for number in range(2):
        wait_held(pace, f"call {number}")
        assert not walker.passed.acquire(blocking=False)
        pace.step()
        assert walker.has_passed()
    walker.join(peers.PATIENCE)
    assert pace.held is None


def test_of_two_that_wait_one_step_lets_one_through() -> None:
    pace = Pace()
    pace.set("step")
    walkers = [Walker(pace, name, 1) for name in ("one", "two")]
    for walker in walkers:
        walker.start()
        wait_held(pace, "one 0")
    pace.step()
    wait_held(pace, "one 0", "two 0")
    passed = [walker.passed.acquire(blocking=False) for walker in walkers]
    assert passed != [True, True]
    wait_held(pace, "one 0", "two 0")
    pace.step()
    for walker, already in zip(walkers, passed, strict=True):
        assert already or walker.has_passed()
    assert pace.held is None


def test_full_speed_frees_all_that_wait() -> None:
    pace = Pace()
    pace.set("step")
    walkers = [Walker(pace, name, 10) for name in ("one", "two")]
    for walker in walkers:
        walker.start()
    pace.set("full")
    for walker in walkers:
        walker.join(peers.PATIENCE)
        assert not walker.is_alive()


def test_full_speed_ends_a_long_breath() -> None:
    pace = Pace()
    pace.set("slow", 3600)
    walker = Walker(pace, "call", 1)
    walker.start()
    pace.set("full")
    assert walker.has_passed()


def test_a_breath_becomes_a_step_where_the_pace_changes() -> None:
    pace = Pace()
    pace.set("slow", 3600)
    walker = Walker(pace, "call", 1)
    walker.start()
    pace.set("step")
    wait_held(pace, "call 0")
    assert not walker.passed.acquire(blocking=False)
    pace.step()
    assert walker.has_passed()


def test_who_is_to_stop_is_not_held() -> None:
    pace = Pace()
    pace.set("step")
    ended = threading.Event()
    walker = Walker(pace, "call", 1, ended)
    walker.start()
    ended.set()
    pace.wake()
    assert walker.has_passed()
    assert pace.held is None


# In a lab.


def test_the_calls_of_a_composite_command_are_held_one_by_one(lab: Lab) -> None:
    lab.pace.set("step")
    submit(lab, "server: serve tcp 127.0.0.1 0 echo")
    for made, name in enumerate(CALLS_OF_SERVE[:4]):
        wait_held(lab.pace, f"server: {name}")
        assert [call.name for call in calls_of(lab, "server")] == CALLS_OF_SERVE[:made]
        lab.pace.step()
    returned(lab, "server", "ioctl")
    assert [call.name for call in calls_of(lab, "server")] == CALLS_OF_SERVE
    assert lab.pace.held is None


def test_a_single_call_by_hand_is_not_held(lab: Lab) -> None:
    lab.pace.set("step")
    submit(lab, "main: socket tcp")
    returned(lab, "main", "socket")


def test_a_line_behind_a_held_call_waits_and_stop_does_not(lab: Lab) -> None:
    lab.pace.set("step")
    submit(lab, "server: serve tcp 127.0.0.1 0 echo")
    wait_held(lab.pace, "server: socket")
    waiting = submit(lab, "client: socket tcp")
    assert waiting in lab.queued
    submit(lab, "server: stop")
    wait_event(lab, Program, program="server", change="stopped")
    returned(lab, "client", "socket")
    assert lab.queued == []


def test_the_pace_can_be_changed_while_a_call_is_held(lab: Lab) -> None:
    submit(lab, "pace step")
    submit(lab, "server: serve tcp 127.0.0.1 0 echo")
    wait_held(lab.pace, "server: socket")
    submit(lab, "pace full")
    returned(lab, "server", "ioctl")


def test_each_call_of_a_script_is_held(lab: Lab) -> None:
    running = lab.run(lab.script("pace step\nmain: socket tcp\nmain: close 3\npace full"))
    for name in ("socket", "close"):
        wait_held(lab.pace, f"main: {name}")
        assert calls_of(lab, "main", name) == []
        lab.pace.step()
    assert running.result(peers.PATIENCE) == "done"
    assert lab.pace.mode == "full"


def test_a_slow_script_takes_a_breath_before_each_call(lab: Lab) -> None:
    do(lab, "pace slow 0.03", "main: socket tcp", "main: socket tcp", "note end")
    first, second = events_of(lab, Call)
    assert second.t - first.t >= 30_000_000
    assert lab.pace.breath == 0.03


def test_what_the_loop_does_is_not_held(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo", "client: client tcp @server")
    lab.pace.set("step")
    submit(lab, 'client: send "hello"')
    assert returned(lab, "server", "send").data == b"hello"
