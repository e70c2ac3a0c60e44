"""The names of the TCP states, and the numbers by which the kernel gives them.

Names are those of /proc/net/tcp's documentation and of ss(8), with underscores. Which state may
follow which is not known here.
"""

from __future__ import annotations

from enum import StrEnum


class TcpState(StrEnum):
    """A state of RFC 9293, section 3.3.2, under Linux's name (include/net/tcp_states.h)."""

    ESTABLISHED = "ESTABLISHED"
    SYN_SENT = "SYN_SENT"
    SYN_RECV = "SYN_RECV"
    FIN_WAIT1 = "FIN_WAIT1"
    FIN_WAIT2 = "FIN_WAIT2"
    TIME_WAIT = "TIME_WAIT"
    CLOSE = "CLOSE"
    CLOSE_WAIT = "CLOSE_WAIT"
    LAST_ACK = "LAST_ACK"
    LISTEN = "LISTEN"
    CLOSING = "CLOSING"


_NEW_SYN_RECV = 12
"""A SYN_RECV that has no full socket yet; netlink may report it, ss calls it SYN-RECV."""

BY_CODE: dict[int, TcpState] = {
    **dict(enumerate(TcpState, start=1)),
    _NEW_SYN_RECV: TcpState.SYN_RECV,
}
"""The state for the kernel's number: `tcpi_state` of TCP_INFO, `st` of /proc/net/tcp."""


def state_of_hex(text: str) -> TcpState:
    """The state that /proc/net/tcp's column `st` names, `0A` for instance.

    Raises ValueError where it is no hexadecimal number, KeyError where the kernel has no such
    state.
    """
    return BY_CODE[int(text, 16)]
