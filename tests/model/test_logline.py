from __future__ import annotations

import pytest

from socklab.events import Call, Event, Note, State, Wait
from socklab.model.logline import RowLevel, log_row, row_text
from socklab.model.units import clock_text

T = 1_709_262_001_123_456_789


def meaning(error: str, call: str) -> str:
    return f"what {error} says of {call}"


def refused() -> Call:
    return Call(
        n=7,
        t=T,
        program="client",
        name="connect",
        fd=3,
        args=(("127.0.0.1", 8081),),
        error="ECONNREFUSED",
        duration=88_000,
    )


def test_a_failed_call_says_what_its_errno_means() -> None:
    row = log_row(refused(), meaning)
    assert row == (
        7,
        clock_text(T),
        "client",
        "connect(3, 127.0.0.1:8081) = -1 ECONNREFUSED",
        "what ECONNREFUSED says of connect",
        "88 µs",
        "call",
        "error",
    )
    assert row_text(row) == (
        f"{clock_text(T)}  client    connect(3, 127.0.0.1:8081) = -1 ECONNREFUSED"
        "  <88 µs>  what ECONNREFUSED says of connect"
    )


def test_a_cut_call_is_not_explained_by_its_errno() -> None:
    row = log_row(Call(t=T, name="accept", fd=3, error="EINVAL", cut=True), meaning)
    assert row.text == "accept(3) = -1 EINVAL (cut)"
    assert "EINVAL" not in row.meaning
    assert "lab" in row.meaning


def test_only_calls_have_a_duration() -> None:
    row = log_row(State(t=T, program="server", sock=1, fd=3, old="A", new="B", source="kernel"))
    assert row.duration == ""
    assert row_text(row) == f"{clock_text(T)}  server    3 A → B (kernel)"


@pytest.mark.parametrize(
    ("event", "kind", "level"),
    [
        (refused(), "call", "error"),
        (Call(t=0, name="close", fd=3, result=0), "call", "info"),
        (Call(t=0, name="recv", fd=3, error="EAGAIN"), "call", "warning"),
        (Call(t=0, name="connect", fd=3, error="EINPROGRESS"), "call", "warning"),
        (Call(t=0, name="recv", fd=3, result=0, cut=True), "call", "warning"),
        (Wait(t=0, name="accept", fd=3), "wait", "info"),
        (Note(t=0, text="no", level="error"), "note", "error"),
        (Note(t=0, text="hm", level="warning"), "note", "warning"),
    ],
)
def test_kind_and_level(event: Event, kind: str, level: RowLevel) -> None:
    row = log_row(event)
    assert (row.kind, row.level) == (kind, level)


def test_a_row_is_one_safe_line_whatever_is_in_it() -> None:
    def hostile(error: str, call: str) -> str:
        return "\x1b[31m\n"

    call = Call(t=0, program="a\nb", name="recv", fd=3, error="E\x07")
    assert row_text(log_row(call, hostile)).isprintable()


def test_data_is_shown_up_to_the_limit() -> None:
    call = Call(t=0, name="recv", fd=3, args=(9, "0"), result=5, data=b"hello", size=5)
    assert log_row(call).text == 'recv(3, 9) = 5 "hello"'
    assert log_row(call, limit=4).text == 'recv(3, 9) = 5 "hell"...'
