"""Events to fill journals with: a plain run of calls, and hypothesis strategies for any event."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st

from socklab.events import (
    AnyEvent,
    Call,
    Command,
    Fate,
    Frame,
    Gauge,
    Info,
    Note,
    Program,
    State,
    Wait,
)
from socklab.journal import Journal
from socklab.model.tcp_states import TcpState


def call(i: int, **fields: object) -> Call:
    """The i-th of a run of calls by two programs on seven sockets; every tenth fails."""
    failed = i % 10 == 9
    values: dict[str, object] = {
        "t": 1_000 + i,
        "program": "server" if i % 2 else "client",
        "name": ("send", "recv", "connect")[i % 3],
        "sock": i % 7,
        "fd": 3 + i % 7,
        "args": ("0",),
        "result": None if failed else 5,
        "error": "ECONNRESET" if failed else None,
        "data": b"hello",
        "size": 5,
    }
    return Call(**(values | fields))  # type: ignore[arg-type]


def mixed(count: int) -> Iterator[AnyEvent]:
    """A run in which every type of event comes up, accepts among them."""
    for i in range(count):
        if i % 5 == 4:
            yield from _others(i)
        elif i % 13 == 12:
            yield call(i, name="accept", result=4, error=None, data=None, new_sock=1000 + i)
        else:
            yield call(i)


def _others(i: int) -> Iterator[AnyEvent]:
    yield Command(t=i, program="client", text='send 3 "hi"', origin="script")
    yield Program(t=i, program="client", change="started", host="this machine")
    yield Wait(t=i, program="server", name="accept", sock=i % 7, fd=3)
    yield State(t=i, sock=i % 7, old="LISTEN", new="CLOSE", source="kernel")
    yield Gauge(t=i, sock=i % 7, recv_queue=i)
    yield Info(t=i, sock=i % 7, rtt=i, snd_cwnd=10, bytes_acked=i)
    yield Frame(t=i, id=i, sender="a", receiver="b", size=60, data=b"\x00" * 60)
    yield Fate(t=i, id=i, verdict="delivered")
    yield Note(t=i, text="all is well", level=("info", "warning", "error")[i % 3])


def fill(journal: Journal, count: int) -> list[AnyEvent]:
    """Appends a mixed run to the journal and returns what it consists of."""
    events = list(mixed(count))
    for event in events:
        journal.append(event)
    return events


def recorded(path: Path, count: int) -> list[AnyEvent]:
    """Records a mixed run in a file, whole and closed."""
    journal = Journal.create(path)
    events = fill(journal, count)
    journal.close()
    return events


_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_numbers = st.integers(min_value=-(2**63), max_value=2**63 - 1)
_maybe_number = st.none() | _numbers
_socks = st.integers(min_value=0, max_value=2**31 - 1)
_address = st.tuples(_text, st.integers(min_value=0, max_value=65535))
_floats = st.floats(allow_nan=False, allow_infinity=False)
_arg = st.none() | st.booleans() | _numbers | _floats | _text | _address
_common = {"t": _numbers, "program": st.none() | _text, "cause": _maybe_number}

_states = st.sampled_from(TcpState).map(str)

any_call = st.builds(
    Call,
    **_common,
    name=_text,
    sock=st.none() | _socks,
    fd=_maybe_number,
    args=st.lists(_arg, max_size=3).map(tuple),
    result=_maybe_number,
    error=st.none() | _text,
    duration=_numbers,
    local=st.none() | _address,
    data=st.none() | st.binary(max_size=30),
    size=_maybe_number,
    value=_arg,
    new_sock=st.none() | _socks,
    cut=st.booleans(),
)

any_event: st.SearchStrategy[AnyEvent] = (
    any_call
    | st.builds(Command, **_common, text=_text, origin=st.sampled_from(["form", "script"]))
    | st.builds(Program, **_common, change=st.sampled_from(["started", "frozen"]), host=_text)
    | st.builds(Wait, **_common, name=_text, sock=st.none() | _socks)
    | st.builds(State, **_common, sock=_socks, old=_states, new=_states, source=st.just("wire"))
    | st.builds(Gauge, **_common, sock=_socks, recv_queue=_maybe_number)
    | st.builds(Info, **_common, sock=_socks, rtt=_numbers, bytes_acked=_maybe_number)
    | st.builds(
        Frame, **_common, id=_numbers, sender=_text, receiver=_text, size=_numbers, data=st.binary()
    )
    | st.builds(Fate, **_common, id=_numbers, verdict=st.just("dropped"), delay=_numbers)
    | st.builds(Note, **_common, text=_text, level=st.sampled_from(["info", "error"]))
)
