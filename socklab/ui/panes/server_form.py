"""The form that starts a server."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, Vertical
from textual.widgets import Input

from socklab.events import Address
from socklab.i18n import _
from socklab.lab.behaviours import BEHAVIOURS
from socklab.model.addresses import address_text, takes
from socklab.ui.engine import Engine, Ticket
from socklab.ui.follower import Follower
from socklab.ui.naming import Names
from socklab.ui.panes.drop_down import DropDown
from socklab.ui.panes.form import Form, choice, field, label, words
from socklab.ui.ports import free_port
from socklab.ui.values import host, port, seconds, whole_number

FIRST_PORT = 8080
_LOOPBACK = ("127.", "::1", "localhost")
_MOST_BACKLOG = 65535
_IPV4 = "ipv4"
_FAMILIES = {
    "*": [("IPv4", _IPV4), (_("both"), "off"), ("IPv6", "on")],
    "::": [(_("both"), "off"), ("IPv6", "on")],
}
"""For an address that takes every family's: what to choose from, and which v6only that is."""


class ServerForm(Form):
    """Transport, address, behaviour, and what is done by hand."""

    submit = _("Start")

    def __init__(self, lab: Engine, follower: Follower, names: Names) -> None:
        super().__init__("server", _("Server"))
        self._lab = lab
        self._follower = follower
        self._names = names

    def rows(self) -> ComposeResult:
        """Where and what; how connections are taken; limits."""
        with HorizontalGroup(classes="row"):
            yield choice("transport", words("tcp", "udp"), tooltip=_("TCP or UDP"))
            yield field(
                "host",
                "127.0.0.1",
                tooltip=_("the address to bind: 127.0.0.1, ::1, a name, or * for any"),
            )
            yield choice(
                "family",
                _FAMILIES["*"],
                tooltip=_("who gets in by any address: IPv4, IPv6 (v6only=on) or both (off)"),
            )
            yield label(":")
            yield field("port", tooltip=_("the port to bind; 0 lets the kernel choose"))
            yield choice(
                "behaviour", words(*BEHAVIOURS), tooltip=_("what the server does with its clients")
            )
        with Vertical(classes="pair"):
            with HorizontalGroup(classes="row"):
                yield label(_("accept"))
                yield choice("accept", _hands(), tooltip=_("who calls accept: the lab, or you"))
                yield label(_("read"))
                yield choice("read", _hands(), tooltip=_("who reads and answers: the lab, or you"))
                yield label(_("backlog"))
                yield field(
                    "backlog",
                    placeholder="128",
                    tooltip=_("how many connections may wait for accept (Linux lets one more)"),
                )
            with HorizontalGroup(classes="row"):
                yield label(_("clients"))
                yield field(
                    "clients",
                    placeholder="∞",
                    tooltip=_("clients at once; one more is accepted and turned away"),
                )
                yield label(_("timeout"))
                yield field(
                    "timeout",
                    placeholder="–",
                    tooltip=_("seconds of silence, then a client is closed"),
                )
                yield label(_("s"))

    def suggest(self) -> None:
        """Offer the first free port, and loopback where this machine has it to itself; unless
        somebody has typed others."""
        self.default("host", "*" if self._lab.hosts else "127.0.0.1")
        self.default("port", str(free_port(self._lab, self._follower.table, FIRST_PORT)))
        self.check()

    def on_descendant_focus(self) -> None:
        """Somebody is about to start a server: the port must be free now."""
        if not self.query_one("#port", Input).has_focus:
            self.suggest()

    @on(Input.Changed, "#host")
    def _host_changed(self) -> None:
        families = _FAMILIES.get(self.text("host").strip())
        self.set_class(families is not None, "-any")
        if families is not None:
            self.query_one("#family", DropDown).offer(families)

    @on(DropDown.Changed, "#transport")
    def _transport_changed(self) -> None:
        transport = self.chosen("transport")
        for id in ("#accept", "#backlog", "#clients"):
            self.query_one(id).disabled = transport == "udp"
        known = [name for name, one in BEHAVIOURS.items() if transport in one.transports]
        self.query_one("#behaviour", DropDown).offer(words(*known))

    @on(DropDown.Changed)
    def _anything_changed(self) -> None:
        self.query_one("#timeout").disabled = not self._hears_silence()

    def _hears_silence(self) -> bool:
        """Whether it has connections to close, and hears by itself what comes on them."""
        by_hand = "manual" in (self.chosen("read"), self.chosen("behaviour"))
        return self.chosen("transport") == "tcp" and not by_hand

    def command(self) -> str:
        """`server: serve tcp 127.0.0.1 8080 echo`, and the options that aren't the default."""
        transport = self.chosen("transport")
        name = self._names.next("server")
        place = f"{host('host', self.text('host'))} {port('port', self.text('port'))}"
        said = [f"{name}: serve {transport} {place} {self.chosen('behaviour')}"]
        if transport == "tcp":
            said += self._of_connections()
        if self.chosen("read") == "manual":
            said.append("read=manual")
        if self.text("host").strip() in _FAMILIES and (only := self.chosen("family")) != _IPV4:
            said.append(f"v6only={only}")
        timeout = self.text("timeout").strip()
        if timeout and self._hears_silence():
            said.append(f"timeout={seconds('timeout', timeout, _('timeout'))}")
        return " ".join(said)

    def _of_connections(self) -> list[str]:
        said = []
        if backlog := self.text("backlog").strip():
            number = whole_number("backlog", backlog, 0, _MOST_BACKLOG, _("backlog"))
            said.append(f"backlog={number}")
        if self.chosen("accept") == "manual":
            said.append("accept=manual")
        if clients := self.text("clients").strip():
            said.append(f"max-clients={whole_number('clients', clients, 1, 1 << 20, _('clients'))}")
        return said

    def warning(self) -> str | None:
        """Who else can call a server that isn't bound to loopback; among private hosts nobody who
        isn't meant to."""
        where = self.text("host").strip()
        if self._lab.hosts or where.startswith(_LOOPBACK):
            return None
        if where not in ("*", "0.0.0.0", "::"):
            return _("not loopback: whoever reaches {host} can call it", host=where)
        number = int(self.text("port"))
        own = ((each, number) for each in self._lab.own_addresses(self._names.next("server")))
        bound = self._bound(where), number
        reach = ", ".join(address_text(address) for address in own if self._takes(bound, address))
        return _("not loopback only: others call {where}", where=reach)

    def _bound(self, where: str) -> str:
        return "::" if where in _FAMILIES and self.chosen("family") != _IPV4 else "0.0.0.0"

    def _takes(self, bound: Address, address: Address) -> bool:
        only6 = self.chosen("family") == "on" and bound[0] == "::"
        return bool(takes(bound, address)) and not (only6 and ":" not in address[0])

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The name is in use now; the next server gets another, and another port."""
        self._names.give(line.partition(":")[0])
        super().taken(line, ticket)


def _hands() -> list[tuple[str, str]]:
    return [(_("auto"), "auto"), (_("manual"), "manual")]
