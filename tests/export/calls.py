"""Journals for the exports to code, written call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from socklab.events import AnyEvent, Arg, Call, Command, Wait
from socklab.export.record import Piece, Record
from tests.export.journal import ListJournal, T

HOME = ("127.0.0.1", 8080)


@dataclass
class Story:
    """What happened: each call a microsecond after the one before, unless it says otherwise."""

    events: list[AnyEvent] = field(default_factory=list)
    now: int = T

    def command(self, program: str | None, text: str) -> int:
        """A command's `n`."""
        self.now += 1000
        self.events.append(Command(t=self.now, program=program, text=text, origin="script"))
        return len(self.events) - 1

    def call(self, program: str, name: str, *args: Arg, fd: int = 3, **more: object) -> int:
        """A call's `n`. The socket's number follows from the program's first letter and `fd`."""
        self.now += 1000
        known = {"sock": fd + ord(program[0]) * 100, "os_fd": fd, "result": 0, "duration": 500}
        if more.get("error"):
            known["result"] = None  # type: ignore[assignment]
        event = Call(
            t=more.pop("t", self.now),  # type: ignore[arg-type]
            program=program,
            name=name,
            fd=fd,
            args=args,
            **{**known, **more},  # type: ignore[arg-type]
        )
        self.events.append(event)
        return len(self.events) - 1

    def wait(self, program: str, name: str, *args: Arg, fd: int = 3) -> int:
        """A call is entered, and blocks: when, to give to its `call`."""
        self.now += 1000
        self.events.append(
            Wait(t=self.now, program=program, name=name, sock=fd + ord(program[0]) * 100, fd=fd,
                 args=args)
        )  # fmt: skip
        return self.now

    def socket(self, program: str, kind: str = "SOCK_STREAM", fd: int = 3, **more: object) -> int:
        return self.call(program, "socket", "AF_INET", kind, 0, fd=fd, result=fd, **more)

    @property
    def journal(self) -> ListJournal:
        return ListJournal(self.events)


def folder(exporter: Callable[[Record], Iterator[Piece]], journal: Record) -> dict[str, str]:
    """The files of an export, whole."""
    files: dict[str, str] = {}
    for path, text, runs in exporter(journal):
        files[path] = files.get(path, "") + text
        assert runs == (path == "run.sh")
    return files
