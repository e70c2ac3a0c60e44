"""The form that opens a client."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import HorizontalGroup

from socklab.i18n import _
from socklab.model.sockets import SocketRow
from socklab.ui.engine import Engine, Ticket
from socklab.ui.follower import Follower
from socklab.ui.naming import Names
from socklab.ui.panes.form import Form, choice, field, label, words
from socklab.ui.panes.server_form import FIRST_PORT
from socklab.ui.values import FieldError, host, port

_PATIENCE = 60
"""Seconds for each address of a private host: who holds the wire and steps it by hand takes longer
than the few that `client` gives an address if the name has others."""


class ClientForm(Form):
    """Whom to call, and who reads what comes back."""

    submit = _("Open")

    def __init__(self, lab: Engine, follower: Follower, names: Names) -> None:
        super().__init__("client", _("Client"))
        self._lab = lab
        self._follower = follower
        self._names = names

    def rows(self) -> ComposeResult:
        """Whom to call."""
        with HorizontalGroup(classes="row"):
            yield choice("transport", words("tcp", "udp"), tooltip=_("TCP or UDP"))
            yield field("host", "127.0.0.1", tooltip=_("whom to call: a name or an address"))
            yield label(":")
            yield field("port", str(FIRST_PORT), tooltip=_("the server's port"))
            yield label(_("read"))
            yield choice(
                "read",
                [(_("auto"), "auto"), (_("manual"), "manual")],
                tooltip=_("who reads what comes: the lab, or you"),
            )

    def command(self) -> str:
        """`client: client tcp 127.0.0.1 8080 read=auto`."""
        where = host("host", self.text("host"))
        if where == "*":
            raise FieldError("host", _("host: a client needs one address to call"))
        said = f"{self._names.next('client')}: client {self.chosen('transport')}"
        said += f" {where} {port('port', self.text('port'))}"
        if where in self._lab.hosts and self.chosen("transport") == "tcp":
            said += f" timeout={_PATIENCE}"
        return said + (" read=auto" if self.chosen("read") == "auto" else "")

    def suggest(self) -> None:
        """Offer the port of the newest server and, among private hosts, the last one's name; unless
        somebody has typed others."""
        hosts = self._lab.hosts
        self.default("host", hosts[-1] if hosts else "127.0.0.1")
        newest = _newest_server(self._follower)
        if newest is not None and newest.local is not None:
            self.default("port", str(newest.local[1]))
        self.check()

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The name is in use now; the next client gets another."""
        self._names.give(line.partition(":")[0])
        super().taken(line, ticket)


def _newest_server(follower: Follower) -> SocketRow | None:
    rows = follower.table.sockets.values()
    servers = [row for row in rows if row.local is not None and row.fd is not None and _serves(row)]
    return max(servers, key=lambda row: row.sock, default=None)


def _serves(row: SocketRow) -> bool:
    return row.listening or (row.kind == "udp" and row.remote is None)
