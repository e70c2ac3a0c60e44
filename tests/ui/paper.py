"""A lab on paper: it answers as the engine does and does nothing, so that a test decides what
happens and when; and how a test waits for the screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from textual.app import App
from textual.content import Content
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from socklab.events import Gauge, Origin, Program, State
from socklab.journal import Journal
from socklab.lab.language import parse_line
from socklab.lab.pace import Pace
from socklab.lab.ticket import Status
from socklab.ui.app import SocklabApp
from socklab.ui.engine import Result, Script, Ticket
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.screens.lab import LabScreen
from tests.ui.panes import HERE, NOON, Told
from tests.watching import PATIENCE

WIDE, NARROW = (120, 36), (80, 24)
FREE_PORT = 8080

W = TypeVar("W", bound=Widget)


class PaperLab:
    """Keeps what it was asked. `submitted` are the lines, `shown` the sockets last in view.
    `status` is what becomes of a line at once."""

    def __init__(self, told: Told | None = None) -> None:
        self.told = told or Told()
        self.journal: Journal = self.told.journal
        self.journal.now = lambda: NOON + 3_000_000_000  # type: ignore[method-assign]
        self.pace = Pace()
        self.host = "this machine"
        self.queued: list[Ticket] = []
        self.submitted: list[tuple[str, Origin]] = []
        self.withdrawn: list[Ticket] = []
        self.shown: list[int] = []
        self.status: Status = "done"

    @property
    def lines(self) -> list[str]:
        """The lines handed in."""
        return [line for line, _origin in self.submitted]

    def submit(self, text: str, origin: Origin, base: Path | None = None) -> Ticket | None:
        """Keeps the line if it makes sense; a `pace` is obeyed."""
        line = parse_line(text, "main")
        if line is None:
            return None
        self.submitted.append((text, origin))
        if text.startswith("pace "):
            self.pace.set(text.split()[1])  # type: ignore[arg-type]
        return Ticket(line, origin, Path(), n=len(self.submitted) + 1_000_000, status=self.status)

    def withdraw(self, ticket: Ticket) -> bool:
        """Takes it back."""
        self.withdrawn.append(ticket)
        ticket.status = "withdrawn"
        return True

    def in_view(self, numbers: Iterable[int]) -> None:
        """Keeps them."""
        self.shown = list(numbers)

    def script(self, text: str, base: Path | None = None) -> Script:
        """There is nobody to run it."""
        raise NotImplementedError

    def run(self, script: Script) -> Future[Result]:
        """There is nobody to run it."""
        raise NotImplementedError

    def step(self, script: Script) -> Future[Result]:
        """There is nobody to run it."""
        raise NotImplementedError

    def new(self) -> None:
        """Another journal."""
        self.told = Told()
        self.journal = self.told.journal

    def free_port(self, first: int = 8080, *, reusing: bool = True) -> int:
        """Always the same one."""
        return FREE_PORT

    @property
    def hosts(self) -> tuple[str, ...]:
        """It has no private ones."""
        return ()

    def own_addresses(self, program: str | None) -> list[str]:
        """One of those for documentation (RFC 5737)."""
        return ["192.0.2.7"]


def conversation() -> Told:
    """A server with one accepted client, another one waiting, and a few bytes sent."""
    told = Told()
    for program in ("server", "client"):
        told.journal.append(
            Program(t=told.now(), program=program, change="started", host="this machine")
        )
    told.connection()
    for sock, old, new in ((1, "CLOSE", "LISTEN"), (2, "CLOSE", "ESTABLISHED")):
        told.journal.append(State(t=told.now(), sock=sock, fd=3, old=old, new=new, source="kernel"))
    told.accept()
    told.journal.append(
        State(t=told.now(), sock=3, fd=4, old="CLOSE", new="ESTABLISHED", source="kernel")
    )
    told.journal.append(
        State(
            t=told.now(),
            sock=7,
            old="CLOSE",
            new="ESTABLISHED",
            source="kernel",
            local=HERE,
            remote=("127.0.0.1", 41900),
        )
    )
    told.journal.append(Gauge(t=told.now(), sock=1, fd=3, accept_queue=1, backlog=5))
    told.send(b"hello\n")
    told.journal.append(Gauge(t=told.now(), sock=3, fd=4, recv_queue=6, send_queue=0))
    return told


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Let the screen go on until `holds`; a test that would wait for ever fails."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, "it didn't come to that"
        await pilot.pause(0.01)


def lab_screen(app: App[None]) -> LabScreen:
    """The lab's screen, whatever dialog stands before it."""
    return next(screen for screen in app.screen_stack if isinstance(screen, LabScreen))


def the(app: App[None], kind: type[W]) -> W:
    """The one widget of that kind on the lab's screen."""
    return lab_screen(app).query_one(kind)


def text_of(app: App[None], selector: str) -> str:
    """What a widget with a text says."""
    content = lab_screen(app).query_one(selector, Static).content
    assert isinstance(content, Content | str)
    return str(content)


def rows(app: App[None], selector: str) -> Iterator[str]:
    """The lines of a list that are on the screen, their blanks taken together."""
    lines = lab_screen(app).query_one(selector, VirtualLines)
    for y in range(lines.size.height):
        yield " ".join(lines.render_line(y).text.split())


async def started(app: SocklabApp, pilot: Pilot[None]) -> None:
    """The first frame has been drawn."""
    screen = lab_screen(app)
    await until(pilot, lambda: screen.follower.behind == 0 and screen.focused is not None)
