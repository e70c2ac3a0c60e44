"""Programs: descriptor tables of their own, blocked for real, lines queueing behind."""

from __future__ import annotations

import contextlib
import os
import socket

import pytest

from socklab.events import Call, Program, State, Wait
from socklab.lab.lab import Lab
from tests import peers
from tests.watching import (
    PATIENCE,
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
)

LISTENING = ("server: socket tcp", "server: bind 3 127.0.0.1 0", "server: listen 3 5")
CONNECTED = (*LISTENING, "client: socket tcp", "client: connect 3 @server", "server: accept 3")


def test_descriptors_start_at_3_and_take_the_lowest_free(lab: Lab) -> None:
    made = do(lab, *["main: socket tcp"] * 4, "main: close 4", "main: close 3")
    assert [call.result for call in made[:4]] == [3, 4, 5, 6]
    again = do(lab, "main: socket udp", "main: socket tcp ipv6", "main: socket tcp")
    assert [call.result for call in again] == [3, 4, 7]


def test_each_program_has_its_own_table(lab: Lab) -> None:
    made = do(lab, "one: socket tcp", "two: socket tcp", "one: socket tcp")
    assert [(call.program, call.fd) for call in made] == [("one", 3), ("two", 3), ("one", 4)]
    assert [call.sock for call in made] == [1, 2, 3]
    assert len({call.os_fd for call in made}) == 3


def test_accept_takes_the_lowest_free_number_too(lab: Lab) -> None:
    do(lab, *LISTENING, "server: socket udp", "server: socket udp", "server: close 4")
    do(lab, "client: socket tcp", "client: connect 3 @server.3", "server: accept 3")
    assert calls_of(lab, "server", "accept")[0].result == 4


def test_a_program_comes_with_its_first_line_and_goes_with_stop(lab: Lab) -> None:
    do(lab, "one: socket tcp", "one: socket tcp", "one: stop")
    changes = [event.change for event in events_of(lab, Program, program="one")]
    assert changes == ["started", "stopped"]
    assert [call.fd for call in calls_of(lab, "one", "close")] == [3, 4]


def test_stop_of_a_program_that_never_was_does_nothing(lab: Lab) -> None:
    assert do(lab, "nobody: stop") == []
    assert events_of(lab, Program) == []


def test_a_stopped_program_starts_afresh(lab: Lab) -> None:
    do(lab, "one: socket tcp", "one: stop", "one: socket udp")
    assert [call.fd for call in calls_of(lab, "one", "socket")] == [3, 3]
    assert [call.sock for call in calls_of(lab, "one", "socket")] == [1, 2]


def test_a_line_typed_while_its_program_stops_goes_to_a_new_one(lab: Lab) -> None:
    begin(lab, *LISTENING, "server: accept 3")
    submit(lab, "server: stop")
    submit(lab, "server: socket udp")
    made = returned(lab, "server", "socket", args=("AF_INET", "SOCK_DGRAM", 0))
    changes = [event.change for event in events_of(lab, Program, program="server")]
    assert changes == ["started", "stopped", "started"]
    assert made.fd == 3


def test_stop_asked_twice_at_once_is_one_stop(lab: Lab) -> None:
    begin(lab, *LISTENING, "server: accept 3")
    submit(lab, "server: stop")
    submit(lab, "server: stop")
    lab.close()
    changes = [event.change for event in events_of(lab, Program, program="server")]
    assert changes == ["started", "stopped"]


# Blocked calls.


def test_a_blocked_accept_is_recorded_while_it_waits(lab: Lab) -> None:
    begin(lab, *LISTENING, "server: accept 3")
    wait = blocked(lab, "server", "accept")
    assert (wait.fd, wait.args, wait.sock) == (3, (), 1)
    assert calls_of(lab, "server", "accept") == []
    with peers.connect(address_of(lab, "server")) as peer:
        call = returned(lab, "server", "accept")
        assert call.remote == peer.getsockname()
    assert call.result == 4
    assert not call.cut
    assert call.n > wait.n
    assert call.t == wait.t
    assert call.duration >= 20_000_000  # it was recorded as blocked after 20 ms in it


def test_a_call_that_returns_at_once_has_no_wait_event(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: send 3 bytes:10", "server: recv 4")
    assert [wait.name for wait in events_of(lab, Wait)] == []


def test_a_blocked_recv_and_what_comes_to_it(lab: Lab) -> None:
    begin(lab, *CONNECTED, "server: recv 4 100")
    wait = blocked(lab, "server", "recv")
    assert wait.args == (100, "0")
    do(lab, 'client: send 3 "hello"')
    assert returned(lab, "server", "recv").data == b"hello"


def test_a_blocked_recvfrom(lab: Lab) -> None:
    begin(lab, "one: socket udp", "one: bind 3 127.0.0.1 0", "one: recvfrom 3")
    blocked(lab, "one", "recvfrom")
    with peers.datagrams() as peer:
        peer.sendto(b"", address_of(lab, "one"))
        call = returned(lab, "one", "recvfrom")
        assert (call.result, call.data, call.peer) == (0, b"", peer.getsockname())


def test_a_connect_to_a_full_queue_is_blocked_in_syn_sent(lab: Lab) -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(peers.listener(backlog=0))
        host, port = peers.address(server)
        stack.enter_context(peers.connect((host, port)))
        begin(lab, "client: socket tcp", f"client: connect 3 {host} {port}")
        blocked(lab, "client", "connect")
        wait_event(lab, State, program="client", new="SYN_SENT")
        do(lab, "client: stop")
    call = returned(lab, "client", "connect")
    assert call.cut
    assert call.error is not None


def test_a_blocked_poll(lab: Lab) -> None:
    begin(lab, *CONNECTED, "server: poll 4 in")
    assert blocked(lab, "server", "poll").args == ("POLLIN", -1)
    do(lab, "client: send 3 bytes:1")
    call = returned(lab, "server", "poll")
    assert (call.result, call.value) == (1, "POLLIN")


def test_a_blocked_send(lab: Lab) -> None:
    begin(lab, *CONNECTED, "client: send 3 bytes:20000000")
    wait = blocked(lab, "client", "send")
    received = 0
    while received < 20_000_000:
        start = len(lab.journal)
        do(lab, "server: recv 4 10000000")
        received += returned(lab, "server", "recv", start).result or 0
    call = returned(lab, "client", "send")
    assert (call.result, call.size) == (20_000_000, 20_000_000)
    assert call.n > wait.n


def test_other_programs_go_on_while_one_is_blocked(lab: Lab) -> None:
    begin(lab, *LISTENING, "server: accept 3", "other: socket udp", "other: close 3")
    assert [call.name for call in calls_of(lab, "other")] == ["socket", "close"]
    assert calls_of(lab, "server", "accept") == []


# Lines that queue.


def test_a_line_for_a_blocked_program_waits_its_turn(lab: Lab) -> None:
    do(lab, *LISTENING)
    first = submit(lab, "server: accept 3")
    second = submit(lab, "server: getsockname 3")
    blocked(lab, "server", "accept")
    submit(lab, "other: socket udp")
    returned(lab, "other", "socket")  # by now the second line has been handed in
    assert first.status == "blocked"
    assert second.status == "queued"
    assert lab.queued == [second]
    with peers.connect(address_of(lab, "server")):
        assert returned(lab, "server", "getsockname").n > returned(lab, "server", "accept").n
    assert lab.queued == []


def test_a_queued_line_can_be_withdrawn(lab: Lab) -> None:
    do(lab, *LISTENING)
    running = submit(lab, "server: accept 3")
    taken_back = submit(lab, "server: getsockname 3")
    stays = submit(lab, "server: getpeername 3")
    blocked(lab, "server", "accept")
    submit(lab, "other: socket udp")
    returned(lab, "other", "socket")
    assert lab.withdraw(taken_back)
    assert taken_back.status == "withdrawn"
    assert not lab.withdraw(taken_back)
    assert not lab.withdraw(running)
    with peers.connect(address_of(lab, "server")):
        returned(lab, "server", "getpeername")
    assert calls_of(lab, "server", "getsockname") == []
    assert not lab.withdraw(stays)


def test_a_line_that_waits_for_the_one_before_can_be_withdrawn(lab: Lab) -> None:
    waits_for = submit(lab, "expect nobody 3 LISTEN within 3600")
    waiting = submit(lab, "server: socket tcp")
    assert lab.queued[-1] is waiting
    assert lab.withdraw(waiting)
    assert waiting.status == "withdrawn"
    lab.close()
    assert not waits_for.open
    assert calls_of(lab, "server") == []


def test_lines_handed_in_at_once_keep_their_order_across_programs(lab: Lab) -> None:
    submit(lab, "server: serve tcp 127.0.0.1 0 echo")
    submit(lab, "client: client tcp @server")
    last = submit(lab, 'client: send "hello"')
    submit(lab, "client: recv")
    assert returned(lab, "client", "recv").data == b"hello"
    assert last.status == "done"


def test_shutdown_acts_at_once_and_wakes(lab: Lab) -> None:
    do(lab, *CONNECTED)
    submit(lab, "server: recv 4")
    submit(lab, "server: shutdown 4 in")
    call = returned(lab, "server", "recv")
    assert (call.result, call.cut) == (0, False)
    assert returned(lab, "server", "shutdown").t < call.t + call.duration


def test_shutdown_wakes_accept_with_einval(lab: Lab) -> None:
    do(lab, *LISTENING, "server: accept 3", "server: shutdown 3 in")
    call = returned(lab, "server", "accept")
    assert (call.error, call.cut) == ("EINVAL", False)


def test_a_queue_goes_with_its_program(lab: Lab) -> None:
    do(lab, *LISTENING)
    submit(lab, "server: accept 3")
    waiting = submit(lab, "server: getsockname 3")
    blocked(lab, "server", "accept")
    submit(lab, "server: stop")
    wait_event(lab, Program, program="server", change="stopped")
    assert waiting.status == "withdrawn"
    assert calls_of(lab, "server", "getsockname") == []


# Lines that can't be put into a call.


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        (["main: recv"], "main has no descriptor"),
        (["main: socket tcp", "main: socket udp", "main: recv"], "several descriptors that fit"),
        (["main: socket tcp", "main: socket tcp", "main: accept"], "(3, 4)"),
        (["main: socket tcp", "main: connect 3 @nobody"], "there is no program nobody"),
        (["main: socket tcp", "main: connect 3 @main"], "main has no bound socket yet"),
        (["main: socket tcp", "main: connect 3 @main.7"], "main has no bound socket 7"),
        (["main: socket udp", 'main: sendto 3 peer "x"'], "has received no datagram yet"),
        (["main: socket udp", "main: send 3 file:nowhere"], "nowhere can't be read"),
        (["main: socket udp", "main: send 3 file:~nosuchuser/x"], "nobody has that name"),
        (["main: socket udp", "main: send 3 file:."], ". is no file"),
    ],
)
def test_a_refused_line_says_why_and_makes_no_call(lab: Lab, lines: list[str], part: str) -> None:
    *before, last = lines
    do(lab, *before)
    made = len(events_of(lab, Call))
    ticket = submit(lab, last)
    note = noted(lab, part)
    assert note.level == "error"
    assert note.cause == ticket.n
    do(lab, "note the program is idle again")
    assert ticket.status == "refused"
    assert ticket.why == note.text
    assert len(events_of(lab, Call)) == made


def test_the_only_descriptor_that_fits_is_meant(lab: Lab) -> None:
    do(lab, *LISTENING, "client: socket tcp", "client: connect @server", "server: accept")
    do(lab, "server: socket udp", 'client: send "hi"', "server: recv", "server: getpeername")
    recv = calls_of(lab, "server", "recv")[0]
    assert (recv.fd, recv.data) == (4, b"hi")


# The engine's own sockets are not to be taken by hand.


@pytest.mark.parametrize("verb", ["recv 4", 'send 4 "x"', "accept 3", "listen 3", "nonblock 4 off"])
def test_a_driven_socket_refuses_calls_by_hand(lab: Lab, verb: str) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo", "client: client tcp @server")
    returned(lab, "server", "accept")
    do(lab, "note served")
    ticket = submit(lab, f"server: {verb}")
    note = noted(lab, "drives descriptor")
    assert "choose manual" in note.text
    lab.close()
    assert ticket.status == "refused"


def test_a_driven_reader_refuses_recv_but_sends_by_hand(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo", "client: client tcp @server read=auto")
    do(lab, 'client: send "by hand"')
    assert returned(lab, "client", "recv").data == b"by hand"
    submit(lab, "client: recv")
    noted(lab, "drives descriptor 3: it receives on it")


# Repetition.


def test_every_repeats_so_many_times(lab: Lab) -> None:
    do(lab, "one: socket udp", "one: bind 3 127.0.0.1 0")
    with peers.datagrams() as peer:
        host, port = peers.address(peer)
        ticket = submit(lab, f'one: every 0.001 x3 sendto 3 {host} {port} "tick"')
        assert [peer.recv(10) for _ in range(3)] == [b"tick"] * 3
        for _ in range(3):
            returned(lab, "one", "sendto")
    do(lab, "one: getsockname 3")
    assert len(calls_of(lab, "one", "sendto")) == 3
    assert {call.cause for call in calls_of(lab, "one", "sendto")} == {ticket.n}


def test_every_adds_nothing_behind_a_blocked_call(lab: Lab) -> None:
    do(lab, "one: socket udp", "one: bind 3 127.0.0.1 0")
    ticket = submit(lab, "one: every 0 recvfrom 3")
    blocked(lab, "one", "recvfrom")
    with peers.datagrams() as peer:
        for part in (b"a", b"b"):
            start = len(lab.journal)
            peer.sendto(part, address_of(lab, "one"))
            assert returned(lab, "one", "recvfrom", start).data == part
            blocked(lab, "one", "recvfrom", start)
        assert lab.queued == []
        assert lab.withdraw(ticket)
        start = len(lab.journal)
        peer.sendto(b"c", address_of(lab, "one"))
        assert returned(lab, "one", "recvfrom", start).data == b"c"
    do(lab, "one: close 3")


def test_every_ends_with_its_program(lab: Lab) -> None:
    do(lab, "one: socket udp", "one: every 0 getsockname 3")
    returned(lab, "one", "getsockname")
    do(lab, "one: stop")
    stopped = wait_event(lab, Program, program="one", change="stopped")
    do(lab, "one: socket udp", "one: stop")
    assert [c.n for c in calls_of(lab, "one", "getsockname") if c.n > stopped.n] == []


def test_a_repetition_that_makes_no_sense_ends(lab: Lab) -> None:
    ticket = submit(lab, "one: every 0 recv")
    noted(lab, "one has no descriptor")
    do(lab, "sleep 0.02")  # in the lab: its next turn would have come after 1 ms
    assert ticket.status == "refused"


def test_a_repetition_whose_last_turn_makes_no_sense_is_refused(lab: Lab) -> None:
    script = lab.script("one: every 0 x1 close")
    assert lab.run(script).result(PATIENCE) == "senseless"
    assert script.failure is not None
    assert "one has no descriptor" in script.failure


def test_a_fault_of_the_labs_own_is_said_and_the_program_goes_on(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object) -> bytes:
        raise RuntimeError("oh")

    do(lab, "one: socket udp")
    with monkeypatch.context() as patched:
        patched.setattr("socklab.lab.verbs.content", fails)
        submit(lab, 'one: sendto 3 127.0.0.1 9 "x"')
        noted(lab, "the lab itself failed at this: RuntimeError: oh")
    assert [call.name for call in do(lab, "one: getsockname 3")] == ["getsockname"]


# The whole.


def test_the_events_of_a_lab_have_no_gaps_and_a_cause_that_came_before(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "hello"', "server: recv 4", "client: close 3")
    lab.close()
    events = list(lab.journal)
    assert [event.n for event in events] == list(range(len(events)))
    assert all(event.cause is None or event.cause < event.n for event in events)


def test_the_process_has_the_descriptors_that_the_events_name(lab: Lab) -> None:
    do(lab, *CONNECTED)
    for call in events_of(lab, Call):
        os_fd = {"listen": call.os_fd, "connect": call.os_fd}.get(call.name, call.new_os_fd)
        if os_fd is None:
            continue
        with socket.socket(fileno=os.dup(os_fd)) as twin:
            if call.name == "listen":
                assert twin.getsockname() == address_of(lab, "server")
            else:
                assert (twin.getsockname(), twin.getpeername()) == (call.local, call.remote)
