"""The states as a part of the page: the diagram with the ways of both ends, and every step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from socklab.events import Call, Event, State
from socklab.export.html_log import Shown
from socklab.export.markup import Markup, joined, tag
from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.ends import connection_of, row_of
from socklab.model.rows import SocketRow
from socklab.model.sockets import SocketTable
from socklab.model.state_diagram import SIGNS, Ink, Run, draw
from socklab.model.state_forms import LARGE
from socklab.model.step_words import cause_text
from socklab.model.tcp_machine import LISTEN
from socklab.model.units import duration_text
from socklab.model.walks import Step, Walk, Walks

MOST_CONNECTIONS = 20
"""Connections that are drawn: the first ones."""

_ROOM = 200
"""Cells for the words of a step: enough for the longest."""

_LOOKS = {
    Ink.PLAIN: "",
    Ink.OPENER_HERE: "accent here",
    Ink.OTHER_HERE: "second here",
    Ink.BOTH_HERE: "strong here",
}


class Connections:
    """The connections of a lab by their two ends, a fold over the events: as long as there are
    few, each socket's walk and who was at the other end."""

    def __init__(self) -> None:
        self.rows: dict[int, SocketRow] = {}
        self.peers: dict[int, int] = {}
        self.more = False
        self._table = SocketTable()
        self._walks = Walks()

    def apply(self, event: Event) -> None:
        """Take in the journal's next event."""
        before = self._table.revision
        self._table.apply(event)
        if isinstance(event, Call):
            sock = event.sock if event.new_sock is None else event.new_sock
            self._walks.apply(event)
        elif isinstance(event, State):
            sock = event.sock
        else:
            return
        if self._table.revision != before and sock is not None:
            self._look(sock)
        if isinstance(event, State) and event.sock in self.rows:
            self._walks.apply(event)

    def _look(self, sock: int) -> None:
        if sock not in self.rows and len(self.rows) >= 4 * MOST_CONNECTIONS:
            self.more = True
            return
        row = row_of(self._table, sock)
        if row is None or row.kind == "udp":
            return
        self.rows[sock] = row
        ends = connection_of(self._table, sock)
        if ends.peer is not None:
            self.peers[ends.sock], self.peers[ends.peer] = ends.peer, ends.sock

    def walk(self, sock: int) -> Walk:
        """The steps of a socket."""
        return self._walks.of(sock)

    def pairs(self) -> Iterator[tuple[int, int | None]]:
        """Each connection that has moved, the end that opened it first."""
        done: set[int] = set()
        for sock, row in self.rows.items():
            walk = self.walk(sock)
            if sock in done or not len(walk) or LISTEN in (step.new for step in walk):
                continue
            peer = self.peers.get(sock)
            done.update({sock} if peer is None else {sock, peer})
            if peer is not None and row.listener is not None:
                yield peer, sock
            else:
                yield sock, peer


def states_section(connections: Connections, shown: Shown) -> Markup:
    """A diagram and the steps for each connection."""
    pairs = list(connections.pairs())
    if not pairs:
        return tag("p", _("No TCP connection has changed its state."))
    made = [_connection(connections, *ends, shown) for ends in pairs[:MOST_CONNECTIONS]]
    if connections.more or len(pairs) > MOST_CONNECTIONS:
        said = _("There were more connections than these.")
        made.append(tag("p", said, class_="left-out"))
    return joined(made, "\n")


def _connection(connections: Connections, opener: int, other: int | None, shown: Shown) -> Markup:
    walks = [connections.walk(opener), None if other is None else connections.walk(other)]
    names = [_name(connections, sock) for sock in (opener, other) if sock is not None]
    title = " ⇄ ".join(f"{SIGNS[end][0]} {name}" for end, name in enumerate(names))
    diagram = joined((_cells(row) for row in draw(LARGE, *walks)), "\n")
    steps = [(step, end) for end, walk in enumerate(walks) if walk is not None for step in walk]
    steps.sort(key=lambda one: (one[0].t, one[0].n))
    items = joined(_step(step, end, walks, steps[0][0].t, shown) for step, end in steps)
    drawing = tag("div", tag("pre", diagram), class_="scroll")
    told = tag("table", tag("tbody", items))
    return joined([tag("h3", title), tag("div", drawing, told, class_="pair")])


def _cells(runs: Iterable[Run]) -> Markup:
    """One row of the diagram."""
    looks = ((text, _LOOKS.get(ink, ink.value)) for text, ink in runs)
    return joined(tag("span", text, class_=look) if look else text for text, look in looks)


def _step(step: Step, end: int, walks: list[Walk | None], begun: int, shown: Shown) -> Markup:
    sign = f"{SIGNS[end][step.inferred]}{step.number}"
    look = ("accent", "second")[end]
    when = "+" + duration_text(max(0, step.t - begun))
    return tag(
        "tr",
        tag("td", sign, class_=look),
        tag("td", shown.link(step.n, step.new), class_="dim" if step.inferred else "strong"),
        tag("td", cause_text(step, walks[1 - end], _ROOM)),
        tag("td", when, class_="quiet number"),
    )


def _name(connections: Connections, sock: int) -> str:
    row = connections.rows.get(sock)
    if row is None:
        return _("socket {sock}", sock=sock)
    held = "" if row.held is None else f" {row.held}"
    local = "" if row.local is None else f" {address_text(row.local)}"
    return f"{row.program or _('never accepted')}{held}{local}"
