"""The follower: what it reads, what it may leave unread, and that it misses nothing that counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Command, Note, Wait
from socklab.journal import Journal
from socklab.model.sockets import SocketTable
from socklab.ui.follower import CHUNK, Follower
from tests.ui.panes import NOON, Told

PLENTY = 60.0


class Bench:
    """Whoever has the journal of now."""

    def __init__(self) -> None:
        self.journal = Journal.create(None)


def followed(told: Told) -> Follower:
    bench = Bench()
    bench.journal = told.journal
    follower = Follower(bench)
    follower.advance(PLENTY)
    return follower


def test_the_table_is_that_of_all_events_though_most_are_left_unread() -> None:
    told = Told()
    told.connection()
    told.accept()
    for _round in range(3 * CHUNK):
        told.send(b"x")
        told.recv(b"x")
    told.call("client", "close", sock=2)
    follower = followed(told)
    assert follower.behind == 0
    assert follower.table.sockets == told.table().sockets
    assert follower.table.at("client", 3) is None


EVENTS: list[AnyEvent] = [
    Wait(t=NOON, program="server", name="recv", sock=3, fd=4),
    Call(t=NOON, program="server", name="recv", sock=3, fd=4, result=1),
    Call(t=NOON, program="server", name="send", sock=3, fd=4, result=1),
    Wait(t=NOON, program="client", name="send", sock=2, fd=3),
    Call(t=NOON, program="client", name="send", sock=2, fd=3, result=9),
    Call(t=NOON, program="client", name="recv", sock=2, fd=3, result=None, error="EAGAIN"),
]


@given(st.lists(st.sampled_from(EVENTS), max_size=30), st.integers(1, 40))
def test_a_blocked_program_is_seen_to_go_on(events: list[AnyEvent], unread: int) -> None:
    told = Told()
    told.connection()
    told.accept()
    for _each in range(unread):
        told.send(b"x")
    for event in events:
        told.journal.append(event)
    whole = SocketTable()
    for event in told.journal:
        whole.apply(event)
    assert followed(told).table.now_blocked == whole.now_blocked


def test_a_frame_reads_no_longer_than_it_may() -> None:
    told = Told()
    for _each in range(2 * CHUNK):
        told.journal.append(Note(t=NOON, text="much"))
    bench = Bench()
    bench.journal = told.journal
    follower = Follower(bench)
    follower.advance(0.0)
    assert follower.position == CHUNK
    assert follower.behind == CHUNK


def test_it_moves_on_to_a_new_journal() -> None:
    told = Told()
    told.connection()
    bench = Bench()
    bench.journal = told.journal
    follower = Follower(bench)
    follower.advance(PLENTY)
    assert follower.table.programs
    bench.journal = Journal.create(None)
    assert follower.advance(PLENTY)
    assert not follower.table.programs
    assert follower.position == 0


def test_the_program_named_last_is_the_one_to_type_for() -> None:
    told = Told()
    told.journal.append(Command(t=NOON, program="server", text="listen 3", origin="console"))
    told.journal.append(Command(t=NOON, text="pace full", origin="form"))
    assert followed(told).program == "server"


def test_what_went_wrong_with_a_form_s_command_is_kept_for_it() -> None:
    told = Told()
    n = told.journal.append(
        Command(t=NOON, program="server", text="serve tcp * 80 echo", origin="form")
    )
    told.call("server", "bind", error="EACCES", cause=n)
    told.call("server", "recv", error="ECONNRESET", cause=n)
    failure = followed(told).failures[n]
    assert isinstance(failure, Call)
    assert failure.error == "EACCES"


def test_a_script_s_failures_concern_no_form() -> None:
    told = Told()
    n = told.journal.append(Command(t=NOON, program="a", text="bind 3 ::1 1", origin="script"))
    told.call("a", "bind", error="EACCES", cause=n)
    assert not followed(told).failures


def test_a_stop_has_not_failed_where_the_shutdown_that_wakes_says_so() -> None:
    failed = {}
    for text in ("c: stop", "c: shutdown 3 both"):
        told = Told()
        n = told.journal.append(Command(t=NOON, program="c", text=text, origin="console"))
        told.call("c", "shutdown", "SHUT_RDWR", result=None, error="ENOTCONN", cause=n)
        failed[text] = list(followed(told).failures)
    assert failed == {"c: stop": [], "c: shutdown 3 both": [0]}
