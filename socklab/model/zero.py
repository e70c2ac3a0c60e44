"""What it means that a receive returned 0: the end of the stream is but one of the reasons.

recv(2) gives 0 for a stream that its peer has ended, for a datagram without bytes, and where none
were asked for. On Linux it gives 0 as well where it would wait but the program has shut down its
own receiving (of UDP sockets too), and once a call has told that the connection broke.
"""

from __future__ import annotations

from enum import Enum, auto

from socklab.events import Call
from socklab.model.rows import Kind
from socklab.model.transfers import RECEIVES

BREAKS = frozenset({"ECONNRESET", "ETIMEDOUT"})
"""The errors that tell that there is no connection any more."""

_FOR_RECEIVING = frozenset({"SHUT_RD", "SHUT_RDWR"})


class Zero(Enum):
    """Why a receive returned 0."""

    UNASKED = auto()
    """No bytes were asked for."""
    CUT = auto()
    """The lab ended the call."""
    DATAGRAM = auto()
    """A datagram without bytes."""
    BROKEN = auto()
    """There is no connection any more, as an earlier call has told."""
    SHUT = auto()
    """The program itself has shut down its receiving, so that a receive doesn't wait."""
    END = auto()
    """End of stream: the peer has closed its sending side."""


def zero_of(call: Call, kind: Kind, *, shut: bool, broken: bool) -> Zero | None:
    """Why `call` on a socket of that `kind` gave 0; None for what is no such receive.

    `shut`: the program had shut down its receiving before; `broken`: an earlier call on the socket
    has told that the connection is no more.
    """
    if not gave_nothing(call):
        return None
    if call.args[:1] == (0,):
        return Zero.UNASKED
    if call.cut:
        return Zero.CUT
    if kind == "udp" and not (shut and call.peer is None):
        return Zero.DATAGRAM
    if broken:
        return Zero.BROKEN
    return Zero.SHUT if shut else Zero.END


def gave_nothing(call: Call) -> bool:
    """Whether it is a receive that returned 0."""
    return call.name in RECEIVES and call.result == 0


def shuts_receiving(call: Call) -> bool:
    """Whether it is a shutdown(2) of its own side's receiving. Linux notes that on a socket without
    a connection too, though the call fails."""
    if call.name != "shutdown" or call.error not in (None, "ENOTCONN"):
        return False
    return bool(_FOR_RECEIVING.intersection(map(str, call.args[:1])))


def tells_of_break(call: Call) -> bool:
    """Whether the call told that there is no connection any more: reset, or given up."""
    return call.error in BREAKS or (call.name == "getsockopt" and call.value in BREAKS)
