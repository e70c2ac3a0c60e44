from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Note, Program, Wait
from socklab.export.ladder import WIDTH, write_ladder
from socklab.model.cells import width_of
from tests.export.journal import ListJournal, T, session
from tests.journal.samples import any_event
from tests.model.ladder_wires import PSH_ACK, handshake
from tests.model.ladders import MS, Session, connected


def exported(events: list[AnyEvent], first: int = 0) -> list[str]:
    return "".join(write_ladder(ListJournal(events, first))).splitlines()


def talk() -> Session:
    """A connection on which three sends become one receive."""
    told = connected()
    for size in (3, 3, 3):
        told.send(size, t=30)
    told.recv(9, t=31)
    return told


def test_both_sides_and_one_time_axis() -> None:
    lines = exported(talk().events)
    assert lines[0].startswith("# socklab journal, begun ")
    assert lines[2].startswith("# ┄ inferred from the calls")
    assert lines[4].split() == ["client", "server"]
    body = lines[5:]
    assert body[0].endswith("socket(AF_INET, SOCK_STREAM, 0) = 3")
    assert body[0].startswith("  +0.000 000 ")
    assert "┄ SYN ┄" in body[6]
    assert "┄ #2 · 3 B · 3–5 ┄" in body[12]
    assert body[14].split("│")[1].split() == ["0–8", "=", "#1–#3", "║", *body[14].split()[-5:]]
    times = [line[:12] for line in body if line[:12].strip()]
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_a_pause_leaves_a_line_free() -> None:
    told = talk()
    told.send(1, t=5000)
    lines = exported(told.events)
    assert lines[-2].split() == ["│", "║"]
    assert lines[-1].startswith("  +5.000 000  send(3, ")


def test_many_programs_have_lanes_or_share_one() -> None:
    events: list[AnyEvent] = [
        Call(t=T + n, program=f"p{n}", name="socket", fd=3, sock=n, result=3) for n in range(40)
    ]
    lines = exported(events)
    assert lines[4].split() == ["p0", "p1", "p2", "p3", "36", "others"]
    assert any("p39: socket() = 3" in line for line in lines)
    assert len(lines) == 5 + 40


def test_nothing_to_draw() -> None:
    for events in (
        [],
        [Note(t=T, text="hello")],
        [Program(t=T, program="a", change="started", host="h")],
    ):
        lines = exported(list(events))
        assert lines[-1] == "# no program has made a call"
        assert all(line.startswith("# ") for line in lines)


def test_what_memory_no_longer_holds_is_said_and_not_counted() -> None:
    events = talk().events
    lines = exported(events, first=len(events) - 2)
    assert "no longer in memory" in lines[2]
    assert len(lines) == 6 + 2
    assert "#" not in lines[-1]


def test_a_call_that_never_returned_is_a_bar_to_the_end() -> None:
    told = talk()
    told.wait("client", "recv", t=40, sock=2, fd=3, args=(9, "0"))
    told.call("server", "getsockname", sock=3, fd=4, t=90)
    lines = exported(told.events)
    assert "recv(3, 9) ... blocked" in lines[-2]
    assert "█" in lines[-1]


def test_a_flood_is_drawn_in_order_whatever_its_length() -> None:
    told = connected()
    for number in range(3000):
        told.recv(4, t=100 + number, duration=MS // 2)  # recorded before what it took was sent
        told.send(4, t=100 + number - 0.1, duration=MS)
    lines = exported(told.events)
    wrong = [
        (before, after)
        for before, after in pairwise(lines[-6000:])
        if ("send(" in before) == ("send(" in after)
    ]
    assert len(wrong) <= 2 * (6000 // 1024 + 1)  # at most where two portions meet
    assert any("11,996–11,999 = #3000" in line for line in lines[-3:])


@given(st.lists(any_event, max_size=20))
def test_any_journal_is_safe_to_print_and_narrow_enough(events: list[AnyEvent]) -> None:
    lines = "".join(write_ladder(ListJournal(events))).split("\n")
    assert all(line.isprintable() for line in lines)
    drawn = [line for line in lines if not line.startswith("# ")]
    assert all(width_of(line) <= WIDTH for line in drawn)
    assert sum(isinstance(event, Call | Wait) for event in events) <= len(drawn) - 1


def test_an_ordinary_session() -> None:
    lines = exported(session())
    assert any("✗ connect(3, 127.0.0.1:8080) = -1 ECONNREFUSED" in line for line in lines)


def test_frames_are_drawn_where_they_were_seen() -> None:
    told = handshake()
    told.fate(told.frame(PSH_ACK, b"hi", t=30), "dropped", why="rule")
    told.fate(told.frame(PSH_ACK, b"hi", t=230), after=400)
    lines = exported(told.events)
    assert lines[2].startswith("# ── seen on the wire  ┄ inferred")
    assert "┄" not in "".join(lines[3:])
    assert "seq=1 ack=1 win=502 len=2" in lines[-3]
    assert lines[-3].rstrip().endswith("├─ PSH,ACK 2 B ──✗ rule   ║")
    assert "╲" in lines[-2]
    assert lines[-1].rstrip().endswith("seq=1 · after 400 ms")
    assert "▶║" in lines[-1]


def test_a_flood_of_frames_far_apart_from_their_fates() -> None:
    told = handshake()
    ids = [told.frame(PSH_ACK, b"x", seq=1000 + n, t=30 + n / 100) for n in range(1500)]
    for id in ids:
        told.fate(id, after=40)
    lines = exported(told.events)
    assert sum("╲─" in line for line in lines) == 1500
    assert sum("─╲" in line for line in lines) == 1500
    assert f"seq={1500}" in lines[-1]
