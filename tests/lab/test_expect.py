"""`expect`: what holds, what it uses up, and what it says came instead."""

from __future__ import annotations

import pytest

from socklab.events import Call, Note, Program, State
from socklab.journal import Journal
from socklab.lab import commands
from socklab.lab.commands import ExpectCall, ExpectQueue, ExpectState
from socklab.lab.expectations import Expectations, Verdict
from socklab.lab.lab import Lab
from socklab.lab.language import parse_line
from tests import peers
from tests.watching import address_of, begin, do, events_of, returned, submit

T = 1_700_000_000_000_000_000

CONNECTED = (
    "server: socket tcp",
    "server: bind 3 127.0.0.1 0",
    "server: listen 3 5",
    "client: socket tcp",
    "client: connect 3 @server",
    "server: accept 3",
)


def parsed(text: str) -> ExpectCall | ExpectState | ExpectQueue:
    line = parse_line(f"expect {text}")
    assert line is not None
    assert isinstance(line.command, ExpectCall | ExpectState | ExpectQueue)
    return line.command


def recv(journal: Journal, result: int | None, **fields: object) -> None:
    """Record a return of recv by `main` on descriptor 3."""
    known: dict[str, object] = {"program": "main", "name": "recv", "fd": 3, "sock": 1, **fields}
    journal.append(Call(t=T, result=result, **known))  # type: ignore[arg-type]


# What a call's return is compared with.


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("main recv = 5", True),
        ("main recv 3 = 5", True),
        ("main recv = 6", False),
        ("main recv 4 = 5", False),
        ("other recv = 5", False),
        ("main send = 5", False),
        ("main recv = *", True),
        ("main recv = <6", True),
        ("main recv = <5", False),
        ("main recv = >4", True),
        ("main recv = >5", False),
        ("main recv = ECONNRESET", False),
        ('main recv = 5 "hello"', True),
        ('main recv = 5 "hell"', False),
        ('main recv = 5 "hello!"', False),
        ('main recv = 5 "hel"...', True),
        ('main recv = 5 ""...', True),
        ('main recv = * "hello"', True),
        ('main recv = 4 "hello"', False),
    ],
)
def test_a_return_that_gave_5(text: str, holds: bool) -> None:
    journal = Journal.create()
    recv(journal, 5, data=b"hello", size=5)
    assert Expectations(journal).check(parsed(text)).holds == holds


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("main recv = ECONNRESET", True),
        ("main recv = ECONNREFUSED", False),
        ("main recv = *", True),
        ("main recv = <5", False),
        ("main recv = 0", False),
    ],
)
def test_a_return_that_failed(text: str, holds: bool) -> None:
    journal = Journal.create()
    recv(journal, None, error="ECONNRESET")
    assert Expectations(journal).check(parsed(text)).holds == holds


def test_another_name_of_the_same_errno() -> None:
    journal = Journal.create()
    recv(journal, None, error="EAGAIN")
    assert Expectations(journal).check(parsed("main recv = EWOULDBLOCK")).holds


def test_cut_calls_never_match() -> None:
    journal = Journal.create()
    recv(journal, 0, cut=True)
    verdict = Expectations(journal).check(parsed("main recv = 0"))
    assert verdict == Verdict(False, "there is no program main")


# What is used up.


def results(journal: Journal, *texts: str) -> list[bool]:
    expectations = Expectations(journal)
    return [expectations.check(parsed(text)).holds for text in texts]


def test_a_return_is_used_up_with_those_before_it() -> None:
    journal = Journal.create()
    for size in (1, 2, 3):
        recv(journal, size)
    asked = ["main recv = 2", "main recv = 1", "main recv = 2", "main recv = 3", "main recv = 3"]
    assert results(journal, *asked) == [True, False, False, True, False]


def test_of_several_that_fit_the_first_is_used_up() -> None:
    journal = Journal.create()
    for data in (b"a", b"b"):
        recv(journal, 1, data=data)
    assert results(journal, "main recv = 1", 'main recv = 1 "b"') == [True, True]


def test_what_does_not_hold_uses_nothing_up() -> None:
    journal = Journal.create()
    recv(journal, 1)
    assert results(journal, "main recv = 2", "main recv = 1") == [False, True]


def test_each_program_call_and_descriptor_counts_for_itself() -> None:
    journal = Journal.create()
    recv(journal, 1)
    recv(journal, 1, program="other")
    recv(journal, 1, name="send")
    recv(journal, 1, fd=4)
    asked = ["main recv 3 = 1", "other recv 3 = 1", "main send 3 = 1", "main recv 4 = 1"]
    assert results(journal, *asked) == [True] * 4
    # Without a descriptor it is an expectation of its own, which has used nothing up yet.
    assert results(journal, "main recv 3 = 1", "main recv = 1", "main recv = 1") == [True] * 3
    assert results(journal, *["main recv = 1"] * 3) == [True, True, False]


def test_states_and_queues_are_never_used_up(lab: Lab) -> None:
    do(
        lab,
        *CONNECTED,
        *["expect server 4 ESTABLISHED"] * 2,
        *["expect server 4 recv_queue = 0"] * 2,
    )


def test_what_was_recorded_before_the_first_expectation_counts(lab: Lab) -> None:
    do(lab, "one: socket udp", "one: close 3")
    do(lab, "expect one socket = 3", "expect one close 3 = 0")


def test_events_that_a_journal_in_memory_had_to_drop_do_not_stop_it() -> None:
    journal = Journal.create(keep=10)
    expectations = Expectations(journal)
    for _ in range(20_000):
        recv(journal, 1)
    recv(journal, 2)
    assert journal.first > 0
    assert expectations.check(parsed("main recv = 2")).holds


# What came instead.


def instead(lab: Lab, text: str) -> str:
    """How a script ends on this expectation."""
    script = lab.script(f"expect {text} within 0")
    assert lab.run(script).result(peers.PATIENCE) == "failed"
    assert script.failure is not None
    return script.failure.partition("not so: ")[2]


def test_the_last_returns_are_what_came_instead(lab: Lab) -> None:
    do(lab, *["main: socket tcp"] * 4)
    made = "socket(AF_INET, SOCK_STREAM, 0) = "
    assert instead(lab, "main socket = 9") == "; ".join(f"{made}{fd}" for fd in (4, 5, 6))
    do(lab, "expect main socket = 5")
    assert instead(lab, "main socket = 9") == f"{made}6"
    do(lab, "expect main socket = 6")
    assert instead(lab, "main socket = 9") == "main made no such call"


def test_what_there_is_instead_where_nothing_came(lab: Lab) -> None:
    assert instead(lab, "main recv = 1") == "there is no program main"
    do(lab, "main: socket udp")
    assert instead(lab, "main recv = 1") == "main made no such call"
    begin(lab, "main: recv 3")
    assert instead(lab, "main recv = 1") == "no recv returned: main is blocked in recv"
    assert instead(lab, "main 4 LISTEN") == "main never had a descriptor 4"
    assert instead(lab, "main 3 LISTEN") == "a UDP socket, which has no state"
    assert instead(lab, "main 3 recv_queue = 5") == "0"


def test_the_state_that_there_is_instead(lab: Lab) -> None:
    do(lab, *CONNECTED)
    assert instead(lab, "server 3 ESTABLISHED") == "LISTEN"
    do(lab, "client: close 3", "expect server 4 CLOSE_WAIT")
    assert instead(lab, "client 3 CLOSE_WAIT") == "FIN_WAIT2"


def test_a_failure_is_a_note_that_its_command_caused(lab: Lab) -> None:
    instead(lab, "main recv = 1")
    note = events_of(lab, Note)[-1]
    assert (note.level, note.cause) == ("error", 0)
    assert note.text.startswith("not so")


def test_from_the_console_it_says_so_too(lab: Lab) -> None:
    ticket = submit(lab, "expect main recv = 1 within 0")
    do(lab, "note next")
    lab.close()
    assert ticket.status == "failed"
    assert ticket.why == "not so: there is no program main"


# Waiting.


def test_it_waits_for_a_return(lab: Lab) -> None:
    begin(lab, "one: socket udp", "one: bind 3 127.0.0.1 0", "one: recv 3")
    running = lab.run(lab.script("expect one recv = 5 within 3600"))
    with peers.datagrams() as peer:
        peer.sendto(b"four", address_of(lab, "one"))
        returned(lab, "one", "recv", result=4)
        begin(lab, "one: recv 3")
        assert not running.done()
        peer.sendto(b"hello", address_of(lab, "one"))
        assert running.result(peers.PATIENCE) == "done"


def test_it_waits_for_a_state(lab: Lab) -> None:
    do(lab, *CONNECTED)
    running = lab.run(lab.script("expect server 4 CLOSE_WAIT within 3600"))
    do(lab, "client: close 3")
    assert running.result(peers.PATIENCE) == "done"


def test_it_waits_for_a_queue(lab: Lab) -> None:
    do(lab, *CONNECTED)
    running = lab.run(lab.script("expect server 4 recv_queue = >6 within 3600"))
    do(lab, "client: send 3 bytes:7")
    assert running.result(peers.PATIENCE) == "done"


def test_a_queue_may_be_compared(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: send 3 bytes:7", "expect server 4 recv_queue = >6")
    do(lab, "expect server 4 recv_queue = <8", "expect server 3 accept_queue = 0")
    assert instead(lab, "server 4 recv_queue = <7") == "7"


# Whose state it is.


def test_the_latest_socket_that_had_the_descriptor_is_meant(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: close 3", "expect client 3 FIN_WAIT2")
    do(lab, "client: socket tcp", "expect client 3 CLOSE")
    assert instead(lab, "client 3 FIN_WAIT2") == "CLOSE"


def test_a_stopped_programs_sockets_may_still_be_asked_for(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: stop", "expect client 3 FIN_WAIT2", "expect server 4 CLOSE_WAIT")


def test_the_fold_needs_no_engine() -> None:
    journal = Journal.create()
    journal.append(Program(t=T, program="p", change="started", host="h"))
    journal.append(
        Call(
            t=T,
            program="p",
            name="socket",
            fd=3,
            sock=1,
            args=("AF_INET", "SOCK_STREAM", 0),
            result=3,
        )
    )
    expectations = Expectations(journal)
    assert expectations.check(commands.ExpectState("p", 3, "CLOSE")).holds
    journal.append(
        State(t=T, program="p", sock=1, fd=3, old="CLOSE", new="LISTEN", source="kernel")
    )
    assert expectations.check(commands.ExpectState("p", 3, "CLOSE")) == Verdict(False, "LISTEN")
    assert expectations.check(commands.ExpectState("p", 3, "LISTEN")).holds
