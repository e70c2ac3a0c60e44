"""Names for the programs that the forms start."""

from __future__ import annotations

from socklab.events import Program
from socklab.ui.follower import Follower
from socklab.ui.naming import Names
from tests.ui.panes import NOON, Told


def changed(told: Told, program: str, change: str) -> None:
    told.journal.append(
        Program(t=NOON, program=program, change=change, host="this machine")  # type: ignore[arg-type]
    )


class Lab:
    """Whoever has the journal of now."""

    def __init__(self, told: Told) -> None:
        self.journal = told.journal


def test_a_name_is_taken_from_the_moment_it_was_given() -> None:
    told = Told()
    follower = Follower(Lab(told))
    names = Names(follower)
    assert names.next("server") == "server"
    names.give("server")
    assert names.next("server") == "server-2"
    assert names.next("client") == "client"


def test_a_stopped_program_s_name_is_free_again() -> None:
    told = Told()
    follower = Follower(Lab(told))
    names = Names(follower)
    names.give("server")
    changed(told, "server", "started")
    follower.advance(1.0)
    assert names.next("server") == "server-2"
    changed(told, "server", "stopped")
    follower.advance(1.0)
    assert names.next("server") == "server"


def test_a_new_lab_begins_again() -> None:
    told = Told()
    lab = Lab(told)
    follower = Follower(lab)
    names = Names(follower)
    names.give("server")
    lab.journal = Told().journal
    follower.advance(1.0)
    assert names.next("server") == "server"
