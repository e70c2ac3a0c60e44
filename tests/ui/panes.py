"""One pane on a screen of its own, and a journal of things to show in it."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from socklab.events import Arg, Call
from socklab.journal import Journal
from socklab.model.sockets import SocketTable
from socklab.ui.panes.chosen import ConnectionChosen, EventSelected
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.view import ConnectionView

NOON = 1_772_366_400_000_000_000
"""2026-03-01 12:00:00 UTC, in ns."""

HERE, THERE = ("127.0.0.1", 8080), ("127.0.0.1", 41822)


class PaneApp(App[None]):
    """Shows one pane, keeps what it says to others, and has it show what it asks all to show."""

    AUTO_FOCUS = "VirtualLines"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "home", "")]

    def __init__(self, pane: Widget) -> None:
        super().__init__()
        self._pane = pane
        self.chosen: list[int] = []
        self.went_home = False

    def compose(self) -> ComposeResult:
        yield self._pane

    @on(EventSelected)
    def keep(self, message: EventSelected) -> None:
        self.chosen.append(message.n)

    @on(ConnectionChosen)
    def follow(self, message: ConnectionChosen) -> None:
        assert isinstance(self._pane, ConnectionView)
        self._pane.show(message.sock)

    def action_home(self) -> None:
        self.went_home = True


def shown(lines: VirtualLines) -> list[str]:
    """The lines on the screen, as text."""
    return [lines.render_line(y).text.rstrip() for y in range(lines.size.height)]


def said(lines: VirtualLines) -> str:
    """All that is on the screen."""
    return "\n".join(shown(lines))


class Told:
    """A journal that is told a story, a microsecond an event."""

    def __init__(self, journal: Journal | None = None) -> None:
        self.journal = Journal.create(None) if journal is None else journal

    def now(self) -> int:
        return NOON + 1000 * len(self.journal)

    def call(
        self,
        program: str,
        name: str,
        *args: Arg,
        sock: int = 1,
        fd: int = 3,
        **fields: Any,
    ) -> int:
        """A call that returned 0, unless `fields` say otherwise."""
        if "error" not in fields:
            fields.setdefault("result", 0)
        fields.setdefault("t", self.now())
        event = Call(program=program, name=name, args=args, sock=sock, fd=fd, **fields)
        return self.journal.append(event)

    def send(self, data: bytes, sock: int = 2, program: str = "client", **fields: Any) -> int:
        """A send that the kernel took whole, unless `fields` say otherwise."""
        known: dict[str, Any] = {"size": len(data), "result": len(data), "data": data} | fields
        return self.call(program, "send", "0", sock=sock, **known)

    def recv(self, data: bytes, flags: str = "0", **fields: Any) -> int:
        """A receive of `data` by the server, on socket 3."""
        known: dict[str, Any] = {"size": len(data), "result": len(data), "data": data} | fields
        return self.call("server", "recv", 4096, flags, sock=3, fd=4, **known)

    def connection(self) -> None:
        """The client's socket 2 connects to the server's listening socket 1, which accepts 3."""
        tcp = ("AF_INET", "SOCK_STREAM", 0)
        self.call("server", "socket", *tcp, sock=1, result=3)
        self.call("server", "bind", HERE, sock=1, local=HERE)
        self.call("server", "listen", 5, sock=1)
        self.call("client", "socket", *tcp, sock=2, result=3)
        self.call("client", "connect", HERE, sock=2, local=THERE, remote=HERE)

    def accept(self) -> None:
        """The server takes the connection: socket 3, its descriptor 4."""
        self.call("server", "accept", result=4, new_sock=3, local=HERE, remote=THERE)

    def table(self) -> SocketTable:
        """The sockets as they are now."""
        table = SocketTable()
        for event in self.journal:
            table.apply(event)
        return table
