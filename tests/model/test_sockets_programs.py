"""The socket table: programs, what they are blocked in, and how they stop."""

from __future__ import annotations

from socklab.events import Note
from tests.model.story import connected, listening


def test_blocked_until_the_call_returns() -> None:
    story = listening()
    story.wait("server", "accept", 3, 1, t=77)
    waiting = story.table.programs["server"].blocked
    assert waiting is not None
    assert (waiting.name, waiting.fd) == ("accept", 3)
    assert story.table.now_blocked == {"server": waiting}
    before = story.table.revision
    story.accept("server", 3, 1, 4, 7)
    assert story.table.programs["server"].blocked is None
    assert story.table.now_blocked == {}
    assert story.table.revision > before


def test_a_receive_that_was_blocked_changes_the_table_when_it_returns() -> None:
    story = connected()
    story.wait("server", "recv", 4, 7, t=77)
    before = story.table.revision
    story.call("server", "recv", 4, 7, t=77, args=(9, "0"), data=b"x", size=1, result=1)
    assert story.table.now_blocked == {}
    assert story.table.revision > before


def test_other_calls_do_not_wake_it() -> None:
    story = connected()
    story.wait("server", "recv", 4, 7, t=77)
    story.call("client", "recv", 4, 2, t=77, args=(9, "0"), result=0)  # another program's
    story.call("server", "accept", 3, 1, error="EAGAIN")  # made by its event loop
    story.call("server", "shutdown", 4, 7, args=("SHUT_RDWR",))  # acts at once, queues never
    story.call("server", "recv", 5, 8, args=(9, "0"), result=0)  # another descriptor's
    assert list(story.table.now_blocked) == ["server"]
    story.call("server", "recv", 4, 7, t=77, result=0, cut=True)
    assert story.table.now_blocked == {}


def test_a_wait_may_be_the_first_that_is_heard_of_a_program() -> None:
    story = listening()
    story.wait("lonely", "recv", 3, 9, t=5)
    assert list(story.table.now_blocked) == ["lonely"]
    assert story.table.programs["lonely"].running


def test_a_stopped_program_has_nothing() -> None:
    story = connected()
    story.wait("server", "recv", 4, 7, t=77)
    story.tell(Note(t=78, program="server", cause=1, text="a ...", waits="a"))
    story.program("server", "stopped")
    program = story.table.programs["server"]
    assert (program.running, program.blocked, program.descriptors) == (False, None, {})
    assert program.asking is None
    assert story.table.now_blocked == {}
    assert 1 not in story.table.sockets  # the listener
    assert story.table.sockets[7].fd is None  # the connection has yet to end
    story.state(7, "ESTABLISHED", "CLOSE")
    assert list(story.table.sockets) == [2]


def test_a_program_may_start_again() -> None:
    story = connected()
    story.program("server", "stopped")
    story.program("server")
    story.socket("server", 3, 11)
    assert story.table.programs["server"].running
    assert story.table.programs["server"].descriptors == {3: 11}


def test_a_frozen_program_still_runs_and_keeps_what_it_has() -> None:
    story = connected()
    story.program("server", "frozen")
    program = story.table.programs["server"]
    assert (program.frozen, program.running) == (True, True)
    assert program.descriptors == {3: 1, 4: 7}
    story.program("server", "thawed")
    assert not story.table.programs["server"].frozen
