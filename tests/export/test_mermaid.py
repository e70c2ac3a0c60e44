from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Note, Program
from socklab.export.mermaid import MOST_CHARACTERS, MOST_LANES, escaped, write_mermaid
from tests.export.journal import ListJournal, T, session
from tests.export.test_ladder import talk
from tests.journal.samples import any_event
from tests.model.ladder_wires import PSH_ACK, handshake
from tests.model.ladders import MS

STATEMENT = re.compile(
    r"    (%% .+|participant p\d+ as .+|(de)?activate p\d+"
    r"|Note (left of|right of|over) p\d+(,p\d+)?: .+|p\d+(-->>|--\)|->>|-\)|-x)p\d+: .+)"
)


def exported(events: list[AnyEvent]) -> list[str]:
    return "".join(write_mermaid(ListJournal(events))).splitlines()


def test_a_connection() -> None:
    told = talk()
    told.wait("server", "recv", t=40, sock=3, fd=4, args=(9, "0"))
    told.send(2, t=50)
    told.recv(2, t=40, duration=20 * MS)
    lines = [line.strip() for line in exported(told.events)]
    assert lines[0] == "sequenceDiagram"
    assert lines[2:4] == ["participant p0 as client", "participant p1 as server"]
    assert "inferred" in lines[4]
    here = lines.index("p0-->>p1: SYN")
    assert lines[here + 1 : here + 6] == [
        "Note left of p0: ◇ 3 (SYN_SENT)",
        "p1-->>p0: SYN,ACK",
        "Note right of p1: ◇ #58;41822 (SYN_RECV)",
        "p0-->>p1: ACK",
        "Note left of p0: ◆ 3 ESTABLISHED",
    ]
    assert lines[-6:] == [
        "Note over p1: recv(4, 100) = 9 #34;xxxxxxxx#34;... · 0–8 = #35;1–#35;3",
        "Note over p1: recv(4, 9) ... blocked",
        "activate p1",
        "p0-->>p1: send(3, #34;xx#34;) = 2 · #35;4 · 2 B · 9–10",
        "deactivate p1",
        "Note over p1: recv(4, 100) = 2 #34;xx#34; after 20 ms · 9–10 = #35;4",
    ]


def test_frames_have_solid_arrows() -> None:
    told = handshake()
    told.fate(told.frame(PSH_ACK, b"hi", t=30), "dropped", why="rule")
    slow = told.frame(PSH_ACK, b"hi", t=230)
    told.fate(slow, "held", why="by hand")
    told.fate(slow, after=400)
    program = Program(t=0, program="client", change="started", host="client")
    other = Program(t=0, program="server", change="started", host="server")
    lines = [line.strip() for line in exported([*told.events, program, other])]
    assert "seen on the wire" in lines[4]
    assert "p0->>p1: SYN · seq=0 win=502 len=0" in lines
    assert not any("-->>" in line for line in lines)
    assert lines[-3] == "p0-xp1: PSH,ACK 2 B · seq=1 ack=1 win=502 len=2 · ✗ rule"
    assert lines[-2].startswith("p0-)p1: PSH,ACK 2 B · seq=1 ack=1 win=502 len=2 · retransmitted ")
    assert lines[-2].endswith(" · held")
    assert lines[-1] == "p0->>p1: PSH,ACK 2 B · seq=1 · after 400 ms"


def test_a_datagram_has_an_open_arrow() -> None:
    here, there = ("127.0.0.1", 5000), ("127.0.0.1", 6000)
    udp = ("AF_INET", "SOCK_DGRAM", 0)
    events: list[AnyEvent] = [
        Call(t=T, program="server", name="socket", fd=3, sock=1, args=udp, result=3),
        Call(t=T, program="server", name="bind", fd=3, sock=1, args=(here,), local=here, result=0),
        Call(t=T, program="client", name="socket", fd=3, sock=2, args=udp, result=3),
        Call(
            t=T,
            program="client",
            name="sendto",
            fd=3,
            sock=2,
            args=("0", here),
            local=there,
            result=1,
            size=1,
            data=b";",
        ),
    ]
    last = exported(events)[-1].strip()
    assert last == "p0--)p1: sendto(3, #34;#59;#34;, 127.0.0.1#58;5000) = 1 · 1 B"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a;b#c", "a#59;b#35;c"),
        ("<br>", "#60;br#62;"),
        ("%%{init}%%", "#37;#37;#123;init#125;#37;#37;"),
        ('"it\'s"', "#34;it#39;s#34;"),
        ("end", "end"),
        ("굵게 😀", "굵게 😀"),
        ("two\nlines\x1b[2J", "two#92;nlines#92;x1b#91;2J"),
        ("ﬂ°°35¶ß", "#64258;#176;#176;35#182;#223;"),
        ("   ", ""),
    ],
)
def test_nothing_in_a_text_means_anything(text: str, written: str) -> None:
    assert escaped(text) == written


def test_it_ends_where_mermaid_would_refuse_it() -> None:
    events: list[AnyEvent] = [
        Call(t=T + n, program="main", name="close", fd=3, sock=1, result=0) for n in range(5000)
    ]
    lines = exported(events)
    assert sum(map(len, lines)) + len(lines) < MOST_CHARACTERS + 200
    drawn = sum("close(3) = 0" in line for line in lines)
    assert drawn > 1000
    assert f"{5000 - drawn:,} more rows" in lines[-1].replace("#58;", ":")
    assert "--to ladder" in lines[-1]


def test_nothing_to_draw() -> None:
    lines = exported([Note(t=T, text="hello")])
    assert lines[0] == "sequenceDiagram"
    assert lines[-1].strip() == "participant p0 as no program has made a call"


def test_participants_are_bounded() -> None:
    events: list[AnyEvent] = [
        Call(t=T, program=f"p-{n}", name="socket", fd=3, sock=n, result=3) for n in range(100)
    ]
    lines = exported([*events, *session()])
    assert sum("participant" in line for line in lines) == MOST_LANES


@given(st.lists(any_event, max_size=25))
def test_every_line_is_a_statement(events: list[AnyEvent]) -> None:
    lines = "".join(write_mermaid(ListJournal(events))).split("\n")
    assert (lines[0], lines[-1]) == ("sequenceDiagram", "")
    for line in lines[1:-1]:
        assert STATEMENT.fullmatch(line), line
        assert line.isprintable()
    active = [
        line.split() for line in lines if "activate" in line.split()[:1] or "deactivate" in line
    ]
    assert sum(1 if words[0] == "activate" else -1 for words in active if len(words) == 2) == 0
