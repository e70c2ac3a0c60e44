"""A private host's end of the wire, as the host's observer needs it."""

from __future__ import annotations

from collections.abc import Callable

from socklab.model.wire_end import WireMove


class HostWire:
    """`settle` carries what has come onto the wire, so that all that it shows has been told.

    `told` is called, on the wire's thread, with each move of a TCP end on this host that a segment
    shows; the journal has the segment by then. `only_cookies` says that the host answers every SYN
    with a cookie and keeps nothing of it (tcp(7): tcp_syncookies is 2).
    """

    def __init__(self, settle: Callable[[], None]) -> None:
        self.settle = settle
        self.told: Callable[[WireMove], None] = lambda _move: None
        self.only_cookies = False
