"""A journal that is a list, for what only reads one."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from socklab.events import AnyEvent, Call, Command, Header, Note, Program, State

T = 1_709_262_001_123_456_789
HOME = ("127.0.0.1", 8080)


class ListJournal:
    """The events given, numbered; `most` is the largest number that was read at a time."""

    def __init__(self, events: Sequence[AnyEvent], first: int = 0) -> None:
        self.header = Header(started=T, system="Linux", release="6.18", python="3.11.7")
        self.first = first
        self.most = 0
        self._events = [replace(event, n=n) for n, event in enumerate(events)]

    def __len__(self) -> int:
        return len(self._events)

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        self.most = max(self.most, stop - start)
        return self._events[max(start, self.first) : stop]


def session() -> list[AnyEvent]:
    """A short session by hand: two lines that were carried out, two that the lab refused."""
    return [
        Command(t=T, program="server", text="socket tcp", origin="form"),
        Program(t=T, program="server", cause=0, change="started", host="here"),
        Call(
            t=T,
            program="server",
            cause=0,
            name="socket",
            fd=3,
            sock=1,
            args=("AF_INET", "SOCK_STREAM", 0),
            result=3,
            duration=12_000,
        ),
        Command(t=T, program="client", text="client: connect 3 @server", origin="console"),
        Note(t=T, program="client", cause=3, text="client has no\ndescriptor", level="error"),
        Command(t=T, program="server", text="connect 3 127.0.0.1 8080", origin="console"),
        Call(
            t=T,
            program="server",
            cause=5,
            name="connect",
            fd=3,
            sock=1,
            args=(HOME,),
            error="ECONNREFUSED",
            duration=88_000,
        ),
        Note(t=T, program="server", cause=5, text="a word on a call that was made", level="error"),
        Command(t=T, text="expect server connect = 0", origin="script"),
        Note(t=T, cause=8, text="expected 0, came ECONNREFUSED", level="error"),
        Call(
            t=T,
            program="server",
            name="recv",
            fd=3,
            sock=1,
            args=(9, "0"),
            result=3,
            data=b"=1+\xff",
            size=3,
            peer=HOME,
        ),
        State(t=T, sock=1, fd=3, old="CLOSE", new="LISTEN", source="kernel", local=HOME),
        Command(t=T, text="pace slow", origin="console"),
        Note(t=T, cause=12, text="only a remark"),
    ]
