"""A name that takes its time is a blocked program's affair, and nobody else's."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from socklab.events import Note, Program
from socklab.lab.lab import Lab
from socklab.model.sockets import SocketTable
from tests.watching import PATIENCE, calls_of, comes_to, events_of, submit


class Resolver:
    """A getaddrinfo(3) that answers when the test says so, and waits in poll(2) as the real one."""

    def __init__(self) -> None:
        self._server, self._asker = socket.socketpair()
        self._asker.settimeout(PATIENCE)
        self.answered = False
        self.fails = False

    def answer(self) -> None:
        """From now on there are answers."""
        self.answered = True
        self._server.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Nobody asks any more."""
        self._server.close()
        self._asker.close()

    def __call__(self, host: str, port: int, _family: int, kind: int) -> list[tuple[Any, ...]]:
        self._asker.recv(1)
        if self.fails:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [(socket.AF_INET, kind, 6, "", ("127.0.0.1", port))]


@pytest.fixture
def resolver(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    made = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", made)
    yield made
    made.answer()
    lab.close()
    made.close()


def asked(lab: Lab) -> bool:
    return bool(events_of(lab, Note, text='getaddrinfo("slow.test") ...'))


def waits_in(lab: Lab, program: str) -> str | None:
    """What the program is blocked in that is no system call."""
    table = SocketTable()
    for event in lab.journal:
        table.apply(event)
    asking = table.programs[program].asking
    return None if asking is None else asking.waits


def test_it_holds_up_no_line_of_another_program(lab: Lab, resolver: Resolver) -> None:
    slow = submit(lab, "client: client tcp slow.test 9")
    behind = submit(lab, "client: socket udp")
    other = submit(lab, "server: socket udp")
    assert comes_to(lab, lambda: other.status == "done")
    assert asked(lab)
    assert (slow.status, behind.status) == ("blocked", "queued")
    assert waits_in(lab, "client") == 'getaddrinfo("slow.test")'
    resolver.fails = True
    resolver.answer()
    assert comes_to(lab, lambda: behind.status == "done")
    assert waits_in(lab, "client") is None
    assert [note.text for note in events_of(lab, Note, program="client")][1:] == [
        'getaddrinfo("slow.test") = EAI_AGAIN (Temporary failure in name resolution)',
        "slow.test doesn't resolve: check the name's spelling, or use an address",
    ]


def test_a_scripts_end_waits_for_the_answer_and_for_what_is_queued_behind_it(
    lab: Lab, resolver: Resolver
) -> None:
    running = lab.run(lab.script("a: socket tcp\na: bind 3 slow.test 0\na: listen 3 5"))
    assert comes_to(lab, lambda: asked(lab))
    assert not running.done()
    resolver.answer()
    assert running.result(PATIENCE) == "done"
    assert [call.name for call in calls_of(lab, "a")] == ["socket", "bind", "listen"]


def test_the_time_of_an_expectation_begins_with_the_answer(lab: Lab, resolver: Resolver) -> None:
    text = "a: socket udp\na: bind 3 slow.test 0\nexpect a bind 3 = 0 within 0"
    running = lab.run(lab.script(text))
    assert comes_to(lab, lambda: len(events_of(lab, Note)) == 1)
    resolver.answer()
    assert running.result(PATIENCE) == "done"


def test_stop_does_not_wait_for_the_answer(lab: Lab, resolver: Resolver) -> None:
    submit(lab, "a: client tcp slow.test 9")
    assert comes_to(lab, lambda: asked(lab))
    submit(lab, "a: stop")
    assert comes_to(lab, lambda: events_of(lab, Program, program="a", change="stopped") != [])
    assert not resolver.answered
    resolver.answer()
    submit(lab, "b: socket udp")
    assert comes_to(lab, lambda: calls_of(lab, "b") != [])
    assert calls_of(lab, "a") == []
