from __future__ import annotations

from socklab.events import AnyEvent, Command, Note
from socklab.export.script import write_script
from socklab.lab.language import parse_script
from socklab.model.units import date_text
from tests.export.journal import ListJournal, T, session


def script(events: list[AnyEvent]) -> list[str]:
    return "".join(write_script(ListJournal(events))).splitlines()


def test_the_commands_with_their_programs_and_what_was_refused() -> None:
    assert script(session()) == [
        f"# socklab session of {date_text(T)}",
        "server: socket tcp",
        r"# client: connect 3 @server    # not done: client has no\ndescriptor",
        "server: connect 3 127.0.0.1 8080",  # the kernel refused it, not the lab
        "expect server connect = 0",  # it failed, and will again
        "pace slow",
    ]


def test_a_command_stays_one_line() -> None:
    events: list[AnyEvent] = [
        Command(t=T, program="a", text='send 3 "x"\nb: stop\u2028c: stop', origin="script"),
        Command(t=T, program="a", text="close 3\r", origin="script"),
    ]
    assert len(script(events)) == 3
    assert script(events)[2] == "a: close 3"


def test_an_expectation_stays_though_it_failed() -> None:
    text = "a: expect a close 3 = 0"
    events: list[AnyEvent] = [
        Command(t=T, text=text, origin="script"),
        Note(t=T, cause=0, text="a made no such call", level="error"),
    ]
    assert script(events)[1:] == [text]


def test_the_script_can_be_read_again() -> None:
    lines = parse_script("".join(write_script(ListJournal(session()))))
    assert [line.line.program for line in lines] == ["server", "server", None, None]
    assert [line.number for line in lines] == [2, 4, 5, 6]
