"""Stop at any moment: what is blocked is woken and marked as cut, and nothing keeps the lab."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from socklab.events import Call, Program
from socklab.journal import Journal
from socklab.lab.lab import Lab
from tests import peers
from tests.watching import (
    address_of,
    begin,
    blocked,
    calls_of,
    do,
    events_of,
    noted,
    returned,
    submit,
    wait_event,
    wait_for,
)

LISTENING = ("p: socket tcp", "p: bind 3 127.0.0.1 0", "p: listen 3 5")
CONNECTED = (*LISTENING, "q: socket tcp", "q: connect 3 @p", "p: accept 3")


def full_server(stack: contextlib.ExitStack) -> str:
    """HOST PORT of a server whose accept queue takes nobody any more."""
    server = stack.enter_context(peers.listener(backlog=0))
    host, port = peers.address(server)
    stack.enter_context(peers.connect((host, port)))
    return f"{host} {port}"


BLOCKING = {
    "accept": [*LISTENING, "p: accept 3"],
    "recv": [*CONNECTED, "p: recv 4"],
    "recvfrom": ["p: socket udp", "p: bind 3 127.0.0.1 0", "p: recvfrom 3"],
    "connected recv": ["p: socket udp", "p: connect 3 127.0.0.1 9", "p: recv 3"],
    "send": [*CONNECTED, "p: send 4 bytes:50000000"],
    "connect": ["p: socket tcp", "p: connect 3 {full}"],
    "poll": [*CONNECTED, "p: poll 4 in"],
    "poll udp": ["p: socket udp", "p: poll 3 in"],
    "poll listener": [*LISTENING, "p: poll 3 in 3600"],
    "waitall": [*CONNECTED, 'q: send 3 "some"', "p: recv 4 100 waitall"],
}


@pytest.fixture
def blocked_in(lab: Lab, request: pytest.FixtureRequest) -> Iterator[str]:
    """A program `p` that is blocked in a call of this kind; the call's name."""
    with contextlib.ExitStack() as stack:
        lines = [
            line.format(full=full_server(stack)) if "{full}" in line else line
            for line in BLOCKING[request.param]
        ]
        begin(lab, *lines)
        name = lines[-1].split()[1]
        blocked(lab, "p", name)
        yield name


@pytest.mark.parametrize("blocked_in", BLOCKING, indirect=True)
def test_stop_wakes_what_is_blocked(lab: Lab, blocked_in: str) -> None:
    do(lab, "p: stop")
    (call,) = [call for call in calls_of(lab, "p", blocked_in) if call.cut]
    stopped = wait_event(lab, Program, program="p", change="stopped")
    assert call.n < stopped.n
    woken_by = returned(lab, "p", "shutdown", cause=stopped.cause)
    assert (woken_by.fd, woken_by.args) == (call.fd, ("SHUT_RDWR",))
    opened = {c.fd for c in calls_of(lab, "p", "socket")}
    opened |= {c.result for c in calls_of(lab, "p", "accept") if c.result is not None}
    assert {c.fd for c in calls_of(lab, "p", "close")} == opened


@pytest.mark.parametrize("blocked_in", BLOCKING, indirect=True)
def test_closing_the_lab_wakes_what_is_blocked(lab: Lab, blocked_in: str) -> None:
    lab.close()
    assert [call.cut for call in calls_of(lab, "p", blocked_in) if call.cut] == [True]
    assert len(events_of(lab, Program, change="stopped")) == len(
        events_of(lab, Program, change="started")
    )


def test_what_one_programs_end_wakes_in_another_is_cut_too(lab: Lab) -> None:
    clients = [f"client-{number}" for number in range(5)]
    begin(
        lab,
        "server: serve tcp 127.0.0.1 0 echo",
        *(line for name in clients for line in (f"{name}: client tcp @server", f"{name}: recv")),
    )
    lab.close()
    assert [call.cut for name in clients for call in calls_of(lab, name, "recv")] == [True] * 5


def test_only_the_call_that_was_cut_is_marked(lab: Lab) -> None:
    begin(lab, *CONNECTED, "p: recv 4")
    do(lab, "q: stop")  # its close ends p's recv, which is the network's doing
    call = returned(lab, "p", "recv")
    assert (call.result, call.cut) == (0, False)
    do(lab, "p: stop")
    assert [c for c in events_of(lab, Call) if c.cut] == []


def test_a_repeated_call_is_stopped_too(lab: Lab) -> None:
    do(lab, *LISTENING, "p: every 0 accept 3")
    blocked(lab, "p", "accept")
    do(lab, "p: stop")
    assert calls_of(lab, "p", "accept")[-1].cut


def test_stop_at_the_gate_makes_no_call(lab: Lab) -> None:
    lab.pace.set("step")
    submit(lab, "p: serve tcp 127.0.0.1 0 echo")
    wait_event(lab, Program, program="p", change="started")
    submit(lab, "p: stop")
    wait_event(lab, Program, program="p", change="stopped")
    assert calls_of(lab, "p") == []
    assert lab.pace.held is None


def test_stop_during_the_breath_of_the_slow_pace(lab: Lab) -> None:
    lab.pace.set("slow", 3600)
    ticket = submit(lab, "p: serve tcp 127.0.0.1 0 echo")
    wait_event(lab, Program, program="p", change="started")
    lab.close()
    assert calls_of(lab, "p") == []
    assert ticket.status == "withdrawn"


def test_the_lab_does_not_wait_for_a_script(lab: Lab) -> None:
    script = lab.script("note on\nsleep 3600\nnote never")
    running = lab.run(script)
    noted(lab, "on")
    lab.close()
    assert running.result(peers.PATIENCE) == "failed"
    assert script.failure == "the lab ended before the script did"


@pytest.mark.parametrize("what", ["sleep 3600", "expect nobody 3 LISTEN within 3600"])
def test_the_lab_does_not_wait_for_a_line_of_its_own(lab: Lab, what: str) -> None:
    ticket = submit(lab, what)
    noted_before = submit(lab, "note go on")
    noted(lab, "go on")
    lab.close()
    assert (ticket.status, noted_before.status) == ("withdrawn", "done")


def test_close_twice_is_close_once(lab: Lab) -> None:
    do(lab, "p: socket tcp")
    lab.close()
    size = len(lab.journal)
    lab.close()
    assert len(lab.journal) == size


# A close that lingers: nothing wakes it.


@pytest.fixture
def lingering(lab: Lab) -> Iterator[Callable[[str], None]]:
    """`lingering("p")`: descriptor 3 of that program is a connection whose close blocks: its peer
    doesn't read, and there is data under way."""
    with contextlib.ExitStack() as stack:

        def make(program: str) -> None:
            server = stack.enter_context(peers.listener())
            host, port = peers.address(server)
            do(
                lab,
                f"{program}: socket tcp",
                f"{program}: setsockopt 3 sndbuf 65536",
                f"{program}: connect 3 {host} {port}",
                f"{program}: nonblock 3 on",
                *[f"{program}: send 3 bytes:20000000"] * 5,
                f"{program}: nonblock 3 off",
                f"{program}: setsockopt 3 linger 30",
            )
            accepted = server.accept()[0]
            # When the test is over its peer goes, and with it the close returns.
            stack.callback(peers.reset, accepted)

        yield make


def test_a_lingering_close_is_left_behind_with_a_note(
    lab: Lab, lingering: Callable[[str], None]
) -> None:
    lingering("p")
    begin(lab, "p: close 3")
    blocked(lab, "p", "close")
    do(lab, "p: stop")
    note = noted(lab, "p is stuck in a call that nothing wakes")
    assert note.level == "warning"
    assert [call for call in events_of(lab, Call) if call.cut] == []


def test_what_else_the_program_has_is_closed_all_the_same(
    lab: Lab, lingering: Callable[[str], None]
) -> None:
    lingering("p")
    do(lab, "p: serve tcp 127.0.0.1 0 echo", "p: socket udp")
    server = address_of(lab, "p")
    do(lab, "p: stop")
    noted(lab, "stuck")
    assert {call.fd for call in calls_of(lab, "p", "close")} == {4, 5}
    with pytest.raises(ConnectionRefusedError):
        peers.connect(server)


# Nothing is left.


def open_descriptors() -> set[str]:
    """This process's own."""
    return {
        f"{path.name} {os.readlink(path)}"
        for path in Path("/proc/self/fd").iterdir()
        if os.path.lexists(path)
    }


@pytest.mark.parametrize("journaled", [False, True])
def test_a_closed_lab_leaves_no_thread_and_no_descriptor(tmp_path: Path, journaled: bool) -> None:
    path = tmp_path / "journal" if journaled else None
    before = open_descriptors(), set(threading.enumerate())
    with Lab(lambda: Journal.create(path)) as lab, peers.listener() as other:
        host, port = peers.address(other)
        begin(
            lab,
            *CONNECTED,
            "p: recv 4",
            "s: serve tcp 127.0.0.1 0 echo timeout=60 max-clients=1",
            "c: client tcp @s read=auto",
            "d: client tcp @s",
            "u: serve udp 127.0.0.1 0 echo",
            "late: socket tcp",
            f"late: connect 3 {host} {port}",
            "w: every 1 getsockname 3",
            "expect s 4 ESTABLISHED",
        )
        submit(lab, "sleep 3600")
        lab.journal.flush()
    for thread in set(threading.enumerate()) - before[1]:
        thread.join(peers.PATIENCE)
    assert open_descriptors() - before[0] == set()
    assert set(threading.enumerate()) - before[1] == set()


def test_new_leaves_none_either(lab: Lab) -> None:
    do(lab, *CONNECTED, "s: serve tcp 127.0.0.1 0 echo timeout=60", "c: client tcp @s")
    lab.new()
    do(lab, "note the first is over")
    after_one = len(open_descriptors()), threading.active_count()
    for _ in range(3):
        do(lab, *CONNECTED, "s: serve tcp 127.0.0.1 0 echo timeout=60", "c: client tcp @s")
        lab.new()
    assert len(open_descriptors()) <= after_one[0]
    assert threading.active_count() <= after_one[1]


def test_what_a_closed_lab_is_asked_does_not_hang(lab: Lab) -> None:
    do(lab, "p: socket tcp")
    lab.close()
    size = len(lab.journal)
    late = submit(lab, "p: socket tcp")
    assert late.status == "withdrawn"
    assert lab.withdraw(late) is False
    assert lab.queued == []
    lab.in_view([1])
    assert len(lab.journal) == size


def test_the_lab_ends_in_the_middle_of_a_flood() -> None:
    flood = [
        "server: serve udp 127.0.0.1 0 echo",
        "client: client udp @server read=auto",
        'client: every 0 send "x"',
        "expect nobody 3 LISTEN within 3600",
    ]
    for events in range(40, 120, 4):
        with Lab() as lab:
            script = lab.script("\n".join(flood))
            running = lab.run(script)
            wait_for(lab, lambda event, last=events: event.n >= last)  # type: ignore[misc]
        assert running.result(peers.PATIENCE) == "failed"
