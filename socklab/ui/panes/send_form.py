"""The form that sends: on which socket, what, and how often; and how a connection is ended."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, Vertical
from textual.message import Message
from textual.widgets import Button, Input, Label

from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.sockets import SocketRow, SocketTable
from socklab.model.tcp_machine import SYN_SENT
from socklab.ui.actions import action
from socklab.ui.asking import Asked
from socklab.ui.engine import Engine, Ticket
from socklab.ui.follower import Follower
from socklab.ui.history import History
from socklab.ui.panes.drop_down import DropDown
from socklab.ui.panes.form import Form, choice, field
from socklab.ui.values import DataKind, FieldError, data, seconds

MOST_OFFERED = 200
"""How many sockets the list to choose from holds; the list of sockets can reach all."""

_ENDINGS = {"shutdown": "shutdown {fd} out", "close": "close {fd}", "reset": "reset {fd}"}
_HINTS = {
    "text": r"hello\n",
    "hex": "48 65 6c 6c 6f",
    "file": _("path/to/file"),
    "bytes": "1000",
}


class SendForm(Form):
    """Data for one socket: text with escapes, hex, a file, or so many bytes."""

    submit = _("Send")

    class Targeted(Message):
        """Another socket is the one to send on."""

        def __init__(self, sock: int) -> None:
            super().__init__()
            self.sock = sock

    def __init__(self, lab: Engine, follower: Follower) -> None:
        super().__init__("send", _("Send"))
        self._lab = lab
        self._follower = follower
        self._history: History[tuple[str, str]] = History()
        self._offered: list[tuple[str, str]] = []
        self.repetitions: list[Ticket] = []
        self._sock: int | None = None
        self._by_hand = False  # the socket was chosen by somebody, not by default

    def rows(self) -> ComposeResult:
        """To whom, what, and the endings."""
        with Vertical(classes="pair"):
            with HorizontalGroup(classes="row"):
                yield DropDown(
                    prompt=_("no connection yet"),
                    id="target",
                    tooltip=_("the socket to send on; follows the list of sockets"),
                    classes="choice",
                )
                kinds = [
                    (_("text"), "text"),
                    ("hex", "hex"),
                    (_("file"), "file"),
                    (_("bytes"), "bytes"),
                ]
                yield choice("kind", kinds, tooltip=_("how to read what is typed"))
            with HorizontalGroup(classes="row"):
                yield field(
                    "data",
                    _HINTS["text"],
                    tooltip=_("what to send; ↑ and ↓ bring back what was sent"),
                )
        with HorizontalGroup(classes="row"):
            yield Label(_("every"), classes="label repeat")
            yield field(
                "every", placeholder="–", tooltip=_("send again every so many seconds")
            ).add_class("repeat")
            yield Label(_("s"), classes="label repeat")
            yield Button(_("Stop repeating"), compact=True, id="stop-repeat", variant="warning")
            yield _ending("shutdown", _("Shutdown"), _("no more to send: FIN, you can still read"))
            yield _ending(
                "close", _("Close"), _("give the descriptor back: FIN, or RST if data is unread")
            )
            yield _ending("reset", _("Reset"), _("linger 0 and close: RST"))

    # To whom

    def renew(self) -> None:
        """Offer the sockets that one can send on now."""
        offered = list(islice(self._targets(), MOST_OFFERED))
        if offered != self._offered and not self._choice.is_open:
            self._offer(offered)
        self.repetitions = [ticket for ticket in self.repetitions if ticket.open]
        self.set_class(bool(self.repetitions), "-repeating")
        self._tell()

    def _tell(self) -> None:
        row = self._row()
        if row is not None and row.sock != self._sock:
            self._sock = row.sock
            self.post_message(self.Targeted(row.sock))

    def _row(self) -> SocketRow | None:
        chosen = self.target
        if chosen is None:
            return None
        program, _colon, fd = chosen.partition(": ")
        return self._follower.table.at(program, int(fd))

    def _offer(self, offered: list[tuple[str, str]]) -> None:
        values = [value for _label, value in offered]
        self._offered = offered
        self._by_hand = self._by_hand and self.target in values
        with self.prevent(DropDown.Changed):
            self._choice.offer(offered)
            if values and not self._by_hand:
                self._choice.value = self._likely(values)
        self.check()

    def _targets(self) -> Iterator[tuple[str, str]]:
        for row in targets(self._follower.table):
            who = "peer" if row.remote is None else address_text(row.remote)
            yield f"{row.program} {row.fd} → {who}", _value(row)

    def _likely(self, values: list[str]) -> str:
        row = likely_target(self._follower.table)
        value = "" if row is None else _value(row)
        return value if value in values else values[-1]

    def choose(self, row: SocketRow) -> None:
        """Send on this socket from now on, if one can."""
        value = _value(row)
        self.renew()
        if any(value == offered for _label, offered in self._offered):
            self._choice.value = value
            self._tell()

    @on(DropDown.Changed, "#target")
    def _target_changed(self) -> None:
        self._by_hand = True
        self._tell()

    @property
    def target(self) -> str | None:
        """The socket to send on, as `client: 3`."""
        return self._choice.value

    @property
    def _choice(self) -> DropDown:
        return self.query_one("#target", DropDown)

    def _target(self) -> tuple[str, int]:
        chosen = self.target
        if chosen is None:
            raise FieldError("target", _no_connection())
        program, _colon, fd = chosen.partition(": ")
        return program, int(fd)

    # What

    def command(self) -> str:
        r"""`client: send 3 "hello\n"`."""
        program, fd = self._target()
        word = data(cast(DataKind, self.chosen("kind")), self.text("data"))
        row = self._follower.table.at(program, fd)
        alone = row is not None and row.kind == "udp" and row.remote is None
        said = f"sendto {fd} peer {word}" if alone else f"send {fd} {word}"
        if every := self.text("every").strip():
            said = f"every {seconds('every', every, _('every'))} {said}"
        return f"{program}: {said}"

    @on(DropDown.Changed, "#kind")
    def _kind_changed(self) -> None:
        kind = self.chosen("kind")
        input = self.query_one("#data", Input)
        input.placeholder = _HINTS[kind]
        if input.value in _HINTS.values():
            input.value = _HINTS[kind] if kind != "file" else ""

    def on_key(self, event: events.Key) -> None:
        """Walk through what was sent before."""
        if event.key not in ("up", "down") or not self.query_one("#data", Input).has_focus:
            return
        event.stop()
        event.prevent_default()
        history = self._history
        found = history.older(self._typed) if event.key == "up" else history.newer()
        if found is None:
            self.app.bell()
            return
        kind, text = found
        with self.prevent(DropDown.Changed):  # which would put an example into the field
            self.query_one("#kind", DropDown).value = kind
        input = self.query_one("#data", Input)
        input.placeholder = _HINTS[kind]
        input.value = text
        input.cursor_position = len(text)
        self._changed()

    @property
    def _typed(self) -> tuple[str, str]:
        return self.chosen("kind"), self.text("data")

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """Keep what was sent, and a repetition so that it can be ended."""
        if " send" in line:
            self._history.add(self._typed)
        self._by_hand = True
        if ": every " in line and ticket is not None:
            self.repetitions.append(ticket)
        super().taken(line, ticket)
        self.renew()

    # Ending

    @on(Button.Pressed, ".ending")
    def _end(self, event: Button.Pressed) -> None:
        event.stop()
        try:
            program, fd = self._target()
        except FieldError as error:
            self.failed(error.text)
            return
        line = f"{program}: {_ENDINGS[event.button.id or 'close'].format(fd=fd)}"
        self.post_message(Asked(self, line, "form"))

    @on(Button.Pressed, "#stop-repeat")
    def _stop_repeating(self, event: Button.Pressed) -> None:
        event.stop()
        for ticket in self.repetitions:
            self._lab.withdraw(ticket)
        self.renew()


def targets(table: SocketTable) -> Iterator[SocketRow]:
    """The sockets that one can send on, in the order in which they became known."""
    for row in table.sockets.values():
        if row.fd is None or row.program is None or row.listening:
            continue
        if row.remote is not None or (row.kind == "udp" and row.local is not None):
            yield row


def likely_target(table: SocketTable) -> SocketRow | None:
    """The newest that a client opened: what a server accepted is mostly the lab's to answer."""
    found = list(targets(table))
    opened = (row for row in reversed(found) if row.listener is None and row.remote is not None)
    return next(opened, found[-1] if found else None)


def likely_view(table: SocketTable) -> SocketRow | None:
    """Whose connection to show where nobody has chosen one: before there is any, that of the newest
    who waits for an answer to its SYN."""
    target = likely_target(table)
    if target is not None:
        return target
    return next((row for row in reversed(table.sockets.values()) if row.state == SYN_SENT), None)


def _value(row: SocketRow) -> str:
    """How the list to choose from calls a socket."""
    return f"{row.program}: {row.fd}"


def _no_connection() -> str:
    key = action("client").key
    return _("no connection yet: open a client first ({key})", key=key)


def _ending(id: str, text: str, tooltip: str) -> Button:
    return Button(text, compact=True, id=id, classes="ending", tooltip=tooltip)
