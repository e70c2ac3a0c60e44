"""What the States pane says in words: whose states these are, and who must act next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.content import Content

from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.duties import Duty, Weight, duties, listener_duty
from socklab.model.ends import blocked_in, ends_of
from socklab.model.escaping import plain
from socklab.model.rows import SocketRow
from socklab.model.sockets import SocketTable
from socklab.model.state_diagram import SIGNS
from socklab.model.tcp_machine import SYN_RECV
from socklab.model.walks import Walk
from socklab.ui.panes.ends import end_text
from socklab.ui.panes.gauges import queue_boxes
from socklab.ui.panes.painting import literal

_SIDES = ("$text-primary", "$text-secondary")
_LOOKS = {
    Weight.MUST: ("▶", "bold $text-warning"),
    Weight.MAY: ("▷", ""),
    Weight.WAITS: ("…", ""),
    Weight.OVER: ("·", ""),
}


def whose(walks: Sequence[Walk], rows: Mapping[int, SocketRow]) -> Content:
    """The ends, each with its sign; what is outside the lab by its address."""
    parts = []
    for walk, signs, style in zip(walks, SIGNS, _SIDES, strict=False):
        row = rows.get(walk.sock)
        said = _gone_text(walk) if row is None else end_text(row)
        parts.append(Content.styled(f"{signs[0]} {said}", style))
    row = rows.get(walks[0].sock)
    if len(parts) == 1 and row is not None and row.remote is not None:
        parts.append(literal(address_text(row.remote)))
    return Content("  ⇄  ").join(parts)


def _gone_text(walk: Walk) -> str:
    """A socket of which nothing is left but its walk."""
    name = walk.program or _("socket {sock}", sock=walk.sock)
    return plain(name if walk.fd is None else f"{name} {walk.fd}")


def who_must_act(
    table: SocketTable, walks: Sequence[Walk], rows: Mapping[int, SocketRow], now: int, most: int
) -> Content:
    """At most `most` sentences on a connection's ends at `now` (ns since the epoch)."""
    opener, other = ends_of(table, walks[0], walks[1] if len(walks) > 1 else None, rows)
    return Content("\n").join(_line(duty) for duty in duties(opener, other, now)[:most])


def what_listens(table: SocketTable, row: SocketRow) -> Content:
    """What a listening socket waits for, and the connections that wait in it, counted."""
    pending = table.waiting(row.sock)
    half_open = sum(one.state == SYN_RECV for one in pending)
    waiting = len(pending) - half_open if row.accept_queue is None else row.accept_queue
    backlog = row.backlog or 0
    queue = _(
        "accept queue {boxes} {waiting}/{backlog}",
        boxes=queue_boxes(waiting, backlog),
        waiting=waiting,
        backlog=backlog,
    )
    duty = listener_duty(row, plain(row.program or "?"), waiting, blocked_in(table, row))
    lines = [_line(duty), Content(queue)]
    if half_open:
        lines.append(Content(_("half open, in SYN_RECV: {count}", count=half_open)))
    return Content("\n").join(lines)


def _line(duty: Duty) -> Content:
    sign, style = _LOOKS[duty.weight]
    return Content.assemble((f"{sign} ", style), (plain(duty.text), "bold" if style else ""))


def why_no_states(row: SocketRow) -> list[str]:
    """Why a UDP socket has none."""
    said = [
        _("UDP has no connections, so a UDP socket has no states."),
        "",
        _("Each datagram stands for itself: nobody shakes hands, nobody says goodbye."),
    ]
    if row.remote is not None:
        said += ["", _("Its connect() sent nothing: it only set whom send() goes to.")]
    return said
