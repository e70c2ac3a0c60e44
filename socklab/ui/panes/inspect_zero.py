"""Why a receive returned 0, in words: what the Inspect pane says of its result."""

from __future__ import annotations

from socklab.events import Call
from socklab.i18n import _
from socklab.model.rows import Kind
from socklab.model.zero import Zero, zero_of
from socklab.ui.panes.inspect_around import Around, Doubts

_WORDS = {
    Zero.UNASKED: _("no bytes were asked for; it says nothing of the peer"),
    Zero.CUT: _("nothing had come when the lab ended the call"),
    Zero.DATAGRAM: _("an empty datagram; UDP has no end of stream"),
    Zero.SHUT: _(
        "no bytes: the program itself has shut down its receiving, so that the call doesn't wait. "
        "It says nothing of the peer"
    ),
    Zero.BROKEN: _("no bytes: the connection is no more, as an earlier call has told"),
    Zero.END: _("end of stream: the peer has closed its sending side"),
}


def kind_at(call: Call, around: Around) -> Kind | None:
    """What the call was made on; None where that isn't known (yet)."""
    row = None if around.before is None else around.before.sockets.get(call.sock or 0)
    if row is not None:
        return row.kind
    return None if call.peer is None else "udp"  # over TCP nobody is named


def why_nothing(call: Call, around: Around) -> tuple[str, int | None]:
    """Why a receive gave 0, and the event that proves it, if there is one."""
    doubts = around.doubts or Doubts(complete=False)
    shut, broken = doubts.shut, doubts.broken
    kind = kind_at(call, around)
    why = zero_of(call, kind or "tcp", shut=shut is not None, broken=broken is not None)
    if why in (None, Zero.UNASKED, Zero.CUT):
        return _WORDS[why or Zero.UNASKED], None
    if kind is None:
        return _("no bytes"), None
    if why is Zero.END and not doubts.complete:
        said = _("no bytes: the end of the stream, unless the program shut down its own receiving")
        return said, None
    proof = {Zero.SHUT: shut, Zero.BROKEN: broken}.get(why)
    return _WORDS[why], None if proof is None else proof.n
