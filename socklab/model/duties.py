"""Who must act next on a connection, and who can only wait: said in words.

Pure: from what is known of both ends, one sentence an end. What the sentences claim was measured
(facts E05, E08, E10, E17 to E23, E28, E29): a connection is established before anybody accepts it,
CLOSE_WAIT never ends by itself, FIN_WAIT2 ends by itself only where no descriptor is left.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from socklab.i18n import _
from socklab.model.ends import End
from socklab.model.rows import SocketRow
from socklab.model.tcp_machine import (
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    FIN_WAIT2,
    LAST_ACK,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
)
from socklab.model.units import size_text

_SECOND = 1_000_000_000
_TAKES = ("recv", "recvfrom")


class Weight(IntEnum):
    """How much depends on it: nothing goes on until an end has acted that must."""

    OVER = 0
    WAITS = 1
    MAY = 2
    MUST = 3


class Duty(NamedTuple):
    """What there is to do, or to wait for. `end`: 0 for the opener's, 1 for the other one's, None
    where it is up to either."""

    end: int | None
    weight: Weight
    text: str


def duties(opener: End, other: End | None, now: int) -> list[Duty]:
    """What each end has to do or waits for at `now` (ns since the epoch), the weightiest first."""
    if other is None:
        return [duty for duty in (_duty(0, opener, None, now),) if duty.text]
    if opener.call in _TAKES and other.call in _TAKES and not (opener.unread or other.unread):
        text = _(
            "{one} and {two} both wait in recv(): one of them must send()",
            one=opener.name,
            two=other.name,
        )
        return [Duty(None, Weight.MUST, text)]
    both = _duty(0, opener, other, now), _duty(1, other, opener, now)
    found = [duty for duty in both if duty.text]
    if all(duty.weight == Weight.MAY for duty in both) and opener.state == ESTABLISHED:
        text = _("either end may send(), or close(): who closes first gets TIME_WAIT")
        return [Duty(None, Weight.MAY, text)]
    return sorted(found, key=lambda duty: -duty.weight)


def listener_duty(listener: SocketRow, name: str, waiting: int, call: str | None) -> Duty:
    """What a listening socket waits for. `waiting` connections are in its accept queue, `call` is
    what its program is blocked in on it."""
    places = (listener.backlog or 0) + 1  # listen(N) has room for N + 1
    if waiting >= places:
        text = _(
            "{name} must accept(): all {places} places of its accept queue are taken, "
            "so the kernel drops every further SYN",
            name=name,
            places=places,
        )
        return Duty(0, Weight.MUST, text)
    if waiting:
        text = _(
            "{name} must accept(): {waiting} of {places} places in its accept queue are taken",
            name=name,
            waiting=waiting,
            places=places,
        )
        return Duty(0, Weight.MUST, text)
    if call == "accept":
        return Duty(0, Weight.WAITS, _("{name} waits in accept() for a client", name=name))
    text = _(
        "a client may connect(): the kernel answers for {name}, which may accept() later", name=name
    )
    return Duty(None, Weight.MAY, text)


def _duty(end: int, me: End, peer: End | None, now: int) -> Duty:
    if me.frozen:
        text = _("{name} is frozen: only its kernel still answers", name=me.name)
        return Duty(end, Weight.WAITS, text)
    weight, text = _SAYS[me.state](me, peer, now) if me.state in _SAYS else (Weight.OVER, "")
    return Duty(end, weight, text)


_Said = tuple[Weight, str]


def _named(peer: End | None) -> str:
    return peer.name if peer is not None else _("its peer")


def _closed(me: End, peer: End | None, now: int) -> _Said:
    if me.fd is None:
        return Weight.OVER, _("{name}: the connection is over", name=me.name)
    if me.before is None:
        text = _("{name} must connect(), or bind() and listen()", name=me.name)
    elif me.before in (SYN_SENT, LISTEN):
        text = _("{name} may connect() again, or close({fd})", name=me.name, fd=me.fd)
        return Weight.MAY, text
    else:
        text = _(
            "{name} must close({fd}): the connection is over, the descriptor isn't",
            name=me.name,
            fd=me.fd,
        )
    return Weight.MUST, text


def _listening(me: End, peer: End | None, now: int) -> _Said:
    return Weight.MAY, _("a client may connect(): the kernel answers for {name}", name=me.name)


def _syn_sent(me: End, peer: End | None, now: int) -> _Said:
    if me.full is not None:
        text = _(
            "{server} must accept(): its accept queue is full, so the SYN of {name} is dropped",
            server=me.full,
            name=me.name,
        )
        return Weight.MUST, text
    if me.unseen:  # nothing tells whether the SYN has left its host by now
        text = _(
            "{name} waits for an answer: to its SYN or, before that, to who has the address "
            "(ARP, ICMPv6)",
            name=me.name,
        )
    else:
        text = _("{name} waits for an answer to its SYN; the kernel repeats it", name=me.name)
    return Weight.WAITS, text


def _syn_recv(me: End, peer: End | None, now: int) -> _Said:
    text = _(
        "{name} waits for the ACK of its SYN; the kernel repeats it, accept() comes later",
        name=me.name,
    )
    return Weight.WAITS, text


def _established(me: End, peer: End | None, now: int) -> _Said:
    if me.acceptor is not None:
        text = _("{name} must accept(): the connection waits in its accept queue", name=me.acceptor)
        return Weight.MUST, text
    if me.call == "send":
        text = _(
            "{name} waits in send() until {peer} has made room with recv()",
            name=me.name,
            peer=_named(peer),
        )
        return Weight.WAITS, text
    if me.unread:
        text = _(
            "{name} must recv(): {size} wait in its receive queue",
            name=me.name,
            size=size_text(me.unread),
        )
        return Weight.MUST, text
    if me.call is not None:
        text = _(
            "{name} waits in {call}() for {peer} to send() or close()",
            name=me.name,
            call=me.call,
            peer=_named(peer),
        )
        return Weight.WAITS, text
    return Weight.MAY, _("{name} may send(), or close()", name=me.name)


def _fin_wait1(me: End, peer: End | None, now: int) -> _Said:
    return Weight.WAITS, _("{name} waits for the ACK of its FIN", name=me.name)


def _fin_wait2(me: End, peer: End | None, now: int) -> _Said:
    values = {"name": me.name, "peer": _named(peer), "fd": me.fd}
    if me.fd is not None:
        text = _("{name} waits for the FIN of {peer}, as long as it keeps {fd}; it may recv()")
    elif me.expires is not None:
        values["left"] = _left(me.expires, now)
        text = _("{name} waits for the FIN of {peer}, {left} at most: it has closed")
    else:
        text = _("{name} waits for the FIN of {peer}, not for long: it has closed")
    return Weight.WAITS, text.format(**values)


def _close_wait(me: End, peer: End | None, now: int) -> _Said:
    if me.acceptor is not None:
        text = _("{name} must accept() and close(): the client has closed", name=me.acceptor)
        return Weight.MUST, text
    values = {"name": me.name, "fd": "" if me.fd is None else me.fd, "peer": _named(peer)}
    if me.unread:
        values["size"] = size_text(me.unread)
        text = _(
            "{name} must recv() {size}, then close({fd}): it holds the connection in CLOSE_WAIT"
        )
    elif peer is not None and peer.state == CLOSE:
        text = _("{name} must close({fd}): it holds CLOSE_WAIT, the end of {peer} is gone")
    elif peer is not None and peer.fd is not None:
        text = _(
            "{name} must close({fd}): it holds the connection in CLOSE_WAIT; "
            "until then it may send()"
        )
    else:
        text = _("{name} must close({fd}): it holds the connection in CLOSE_WAIT")
    return Weight.MUST, text.format(**values)


def _closing(me: End, peer: End | None, now: int) -> _Said:
    text = _("{name} waits for the ACK of its FIN: both ends closed at once", name=me.name)
    return Weight.WAITS, text


def _last_ack(me: End, peer: End | None, now: int) -> _Said:
    return Weight.WAITS, _("{name} waits for the ACK of its FIN, the last segment", name=me.name)


def _time_wait(me: End, peer: End | None, now: int) -> _Said:
    if me.expires is None:
        text = _("{name}: nothing to do, TIME_WAIT ends by itself", name=me.name)
    else:
        left = _left(me.expires, now)
        text = _("{name}: nothing to do, TIME_WAIT ends in {left}", name=me.name, left=left)
    if me.fd is None:
        return Weight.OVER, text
    return Weight.MAY, text + _("; close({fd}) is left", fd=me.fd)


def _left(expires: int, now: int) -> str:
    return _("{n} s", n=max(0, -((now - expires) // _SECOND)))


_SAYS: dict[str, Callable[[End, End | None, int], _Said]] = {
    CLOSE: _closed,
    LISTEN: _listening,
    SYN_SENT: _syn_sent,
    SYN_RECV: _syn_recv,
    ESTABLISHED: _established,
    FIN_WAIT1: _fin_wait1,
    FIN_WAIT2: _fin_wait2,
    CLOSE_WAIT: _close_wait,
    CLOSING: _closing,
    LAST_ACK: _last_ack,
    TIME_WAIT: _time_wait,
}
