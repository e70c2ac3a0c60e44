"""Hints in exports: at the text's end."""

from __future__ import annotations

from socklab.events import AnyEvent, Call
from socklab.export.text import write_text
from tests.export.journal import HOME, ListJournal, T

THERE = ("127.0.0.1", 41822)


def call(program: str, name: str, sock: int, *args: object, **fields: object) -> Call:
    known: dict[str, object] = {"result": 0, "fd": 3, **fields}
    return Call(t=T, program=program, name=name, sock=sock, args=args, **known)  # type: ignore[arg-type]


def merges(count: int) -> list[AnyEvent]:
    """As many connections to a server; on each two sends are received as one."""
    tcp = ("AF_INET", "SOCK_STREAM", 0)
    events: list[AnyEvent] = [
        call("server", "socket", 1, *tcp, result=3),
        call("server", "bind", 1, HOME, local=HOME),
        call("server", "listen", 1, 5),
    ]
    for index in range(count):
        sock, there = 10 + 2 * index, ("127.0.0.1", 10_000 + index)
        events += [
            call("client", "socket", sock, *tcp, result=3),
            call("client", "connect", sock, HOME, local=there, remote=HOME),
            call("server", "accept", 1, new_sock=sock + 1, local=HOME, remote=there, result=4),
            call("client", "send", sock, "0", result=2, size=2),
            call("client", "send", sock, "0", result=2, size=2),
            call("server", "recv", sock + 1, 99, "0", result=4, size=4, fd=4),
        ]
    return events


def test_the_text_ends_with_the_hints() -> None:
    lines = "".join(write_text(ListJournal(merges(2)))).splitlines()
    assert [line.startswith("# hint: ") for line in lines[-3:]] == [False, True, True]
    assert lines[-2].endswith("boundaries. (events 6, 8)")
    assert lines[-1].endswith("boundaries. (events 12, 14)")


def test_without_hints_there_is_nothing_more() -> None:
    assert "hint" not in "".join(write_text(ListJournal(merges(0))))


def test_a_long_journal() -> None:
    journal = ListJournal(merges(2000))
    text = "".join(write_text(journal))
    assert journal.most < 5000
    kept = text.count("# hint: recv(4) = 4")
    assert 0 < kept < 1000
    assert f"# hint: {2000 - kept:,} earlier ones were too many to keep\n" in text
