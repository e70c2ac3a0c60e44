"""The form that starts a relay between a client and a server."""

from __future__ import annotations

from contextlib import suppress

from textual.app import ComposeResult
from textual.containers import HorizontalGroup, Vertical
from textual.css.query import NoMatches

from socklab.i18n import _
from socklab.lab import quantities
from socklab.model.sockets import SocketRow
from socklab.ui.engine import Engine, Ticket
from socklab.ui.follower import Follower
from socklab.ui.naming import Names
from socklab.ui.panes.form import Form, choice, field, label, words
from socklab.ui.panes.server_form import FIRST_PORT as SERVED_PORT
from socklab.ui.ports import free_port
from socklab.ui.values import FieldError, host, port, whole_number

FIRST_PORT = 9000
_NAME = "relay"
_MOST_BYTES = 1 << 30


class RelayForm(Form):
    """Where it can be called, whom it calls, and what it does to what passes."""

    submit = _("Start")

    def __init__(self, lab: Engine, follower: Follower, names: Names) -> None:
        super().__init__("relay", _("Relay"))
        self._lab = lab
        self._follower = follower
        self._names = names

    def rows(self) -> ComposeResult:
        """Where, whom, and how: of each transport something else."""
        with Vertical(classes="pair"):
            with HorizontalGroup(classes="row"):
                yield choice(
                    "transport",
                    words("tcp", "udp"),
                    tooltip=_("TCP: two connections of the relay's own for each client; or UDP"),
                )
                yield field("host", "127.0.0.1", tooltip=_("the address to bind; * for any"))
                yield label(":")
                yield field("port", str(FIRST_PORT), tooltip=_("the port that clients call"))
            with HorizontalGroup(classes="row"):
                yield label(_("to"))
                yield field("to-host", "127.0.0.1", tooltip=_("the server: a name or an address"))
                yield label(":")
                yield field("to-port", str(SERVED_PORT), tooltip=_("the server's port"))
        with HorizontalGroup(classes="row"):
            yield label(_("delay"))
            yield field(
                "delay", placeholder="–", tooltip=_("how long all takes each way: 0.2, or 200ms")
            )
            with HorizontalGroup(classes="row of-tcp"):
                yield from _option("slice", _("slice"), _("the most bytes that go on at once"))
                yield from _option("rate", _("rate"), _("bytes per second, each way: 100k"))
                yield from _option(
                    "reset-after", _("reset"), _("a RST both ways after so many bytes of a client")
                )
            with HorizontalGroup(classes="row of-udp"):
                yield from _option("loss", _("loss"), _("the share that is lost: 10%"))
                yield from _option("duplicate", _("duplicate"), _("the share that comes twice"))
                yield from _option("reorder", _("reorder"), _("the share that others overtake"))

    def check(self) -> str | None:
        """Each transport has options of its own, too."""
        with suppress(NoMatches):  # not all fields are there yet
            self.set_class(self.chosen("transport") == "udp", "-udp")
        return super().check()

    def command(self) -> str:
        """`relay: forward tcp 127.0.0.1 9000 127.0.0.1 8080 delay=0.2`."""
        transport = self.chosen("transport")
        said = f"{self._names.next(_NAME)}: forward {transport}"
        said += f" {host('host', self.text('host'))} {port('port', self.text('port'))}"
        target = host("to-host", self.text("to-host"))
        if target == "*":
            raise FieldError("to-host", _("to: a relay needs one address to call"))
        if not self.text("to-port").strip():
            raise FieldError("to-port", _("to: the port of the server that is to be called"))
        number = whole_number("to-port", self.text("to-port"), 1, 65535, _("port"))
        return " ".join([f"{said} {target} {number}", *self._options(transport)])

    def _options(self, transport: str) -> list[str]:
        said = []
        for name, read in _OPTIONS[transport].items():
            text = self.text(name).strip()
            if text and (problem := read(text)):
                raise FieldError(name, f"{name}: {problem}")
            said += [f"{name}={text}"] if text else []
        return said

    def suggest(self) -> None:
        """Offer the first free port, and the newest server as the one to be called."""
        hosts = self._lab.hosts
        self.default("host", "*" if hosts else "127.0.0.1")
        self.default("port", str(free_port(self._lab, self._follower.table, FIRST_PORT)))
        self.default("to-host", hosts[-1] if hosts else "127.0.0.1")
        servers = [row for row in self._follower.table.sockets.values() if _serves(row)]
        newest = max(servers, key=lambda row: row.sock, default=None)
        if newest is not None and newest.local is not None:
            self.default("to-port", str(newest.local[1]))
        self.check()

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The name is in use now; the next relay gets another."""
        self._names.give(line.partition(":")[0])
        super().taken(line, ticket)


def _option(id: str, name: str, tooltip: str) -> ComposeResult:
    yield label(name)
    yield field(id, placeholder="–", tooltip=tooltip)


def _serves(row: SocketRow) -> bool:
    """Whether a relay may be put before it: another relay is none of those."""
    if row.local is None or row.fd is None or (row.program or "").startswith(_NAME):
        return False
    return row.listening or (row.kind == "udp" and row.remote is None)


def _time(text: str) -> str:
    return "" if quantities.delay(text) is not None else _("seconds, or 200ms")


def _rate(text: str) -> str:
    return "" if (quantities.rate(text) or 0) >= 1 else _("bytes per second, such as 100k")


def _share(text: str) -> str:
    return "" if quantities.share(text) is not None else _("a share, such as 10%")


def _count(text: str) -> str:
    good = text.isascii() and text.isdecimal() and 1 <= int(text[:12]) <= _MOST_BYTES
    return "" if good else _("a number of bytes")


_OPTIONS = {
    "tcp": {"delay": _time, "slice": _count, "rate": _rate, "reset-after": _count},
    "udp": {"delay": _time, "loss": _share, "duplicate": _share, "reorder": _share},
}
"""What each transport's relay can do, in the order of the language; each says what is wrong."""
