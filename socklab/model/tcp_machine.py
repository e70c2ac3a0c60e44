"""The TCP state machine: which state may follow which, what brings it about and what is sent.

One literal table, `MOVES`: every arrow of RFC 9293, figure 5, with its notes, and every change of
state in the event processing of section 3.10, each with its clause. Everything else that knows
about states is drawn from it.

A move is of one connection. The RFC's passive OPEN turns into the connection that answers it;
Linux, as every system with accept(2), leaves the listening socket in LISTEN and makes a new one
for each connection, which so begins its life in LISTEN here (`LISTEN` to `SYN_RECV`). The rows
marked with `only` are those in which Linux and the RFC differ: what the RFC knows and Linux never
does, and what Linux does on its own (a time limit of tcp(7), a socket that nobody can use any
more).

Which end of the connection a socket is, and how anybody comes to know its state, isn't known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Literal

from socklab.model.tcp_states import TcpState


class Segment(StrEnum):
    """What goes out with a move, by its control bits. A FIN or RST carries an ACK as well."""

    SYN = "SYN"
    SYN_ACK = "SYN,ACK"
    ACK = "ACK"
    FIN = "FIN"
    RST = "RST"


class IllegalMove(ValueError):
    """The state machine knows no such move."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the table: in state `old`, `event` leads to `new`, and `sends` goes out.

    `event` is a program's call by its name, `receive` with a segment, or a time that ran out; no
    two rows have the same `old` and `event`. `clause` is where it is written. `only` is empty
    where Linux does what the RFC says.
    """

    old: TcpState
    new: TcpState
    event: str
    sends: Segment | None
    clause: str
    only: Literal["", "RFC 9293", "Linux"] = ""


# The RFC's names for states and Linux's differ in spelling alone, CLOSED and CLOSE excepted.
CLOSE, LISTEN = TcpState.CLOSE, TcpState.LISTEN
SYN_SENT, SYN_RECV = TcpState.SYN_SENT, TcpState.SYN_RECV
ESTABLISHED = TcpState.ESTABLISHED
FIN_WAIT1, FIN_WAIT2, CLOSING = TcpState.FIN_WAIT1, TcpState.FIN_WAIT2, TcpState.CLOSING
TIME_WAIT = TcpState.TIME_WAIT
CLOSE_WAIT, LAST_ACK = TcpState.CLOSE_WAIT, TcpState.LAST_ACK

SYN, SYN_ACK, ACK, FIN, RST = Segment

# fmt: off
MOVES: tuple[Move, ...] = (
    # Opening. An active open stands before a passive one: `path` takes the first of equals.
    Move(CLOSE, SYN_SENT, "connect", SYN, "RFC 9293, 3.10.1"),
    Move(CLOSE, LISTEN, "listen", None, "RFC 9293, 3.10.1"),
    Move(LISTEN, SYN_RECV, "receive SYN", SYN_ACK, "RFC 9293, 3.10.7.2"),
    Move(SYN_SENT, ESTABLISHED, "receive SYN,ACK", ACK, "RFC 9293, 3.10.7.3"),
    Move(SYN_SENT, SYN_RECV, "receive SYN", SYN_ACK, "RFC 9293, 3.10.7.3"),  # both at once
    Move(SYN_RECV, ESTABLISHED, "receive ACK of SYN", None, "RFC 9293, 3.10.7.4"),
    # A passive open that turns active. Linux: EISCONN and EPIPE.
    Move(LISTEN, SYN_SENT, "connect", SYN, "RFC 9293, 3.10.1", "RFC 9293"),
    Move(LISTEN, SYN_SENT, "send", SYN, "RFC 9293, 3.10.2", "RFC 9293"),

    # Closing actively: our FIN goes out first, or at the same time.
    Move(ESTABLISHED, FIN_WAIT1, "close", FIN, "RFC 9293, 3.10.4"),
    Move(ESTABLISHED, FIN_WAIT1, "shutdown", FIN, "RFC 9293, 3.10.4"),
    Move(SYN_RECV, FIN_WAIT1, "close", FIN, "RFC 9293, 3.10.4"),
    Move(SYN_RECV, FIN_WAIT1, "shutdown", FIN, "RFC 9293, 3.10.4"),
    Move(FIN_WAIT1, FIN_WAIT2, "receive ACK of FIN", None, "RFC 9293, 3.10.7.4"),
    Move(FIN_WAIT1, CLOSING, "receive FIN", ACK, "RFC 9293, 3.10.7.4"),
    Move(FIN_WAIT1, TIME_WAIT, "receive FIN, ACK of FIN", ACK, "RFC 9293, figure 5, note 2"),
    Move(FIN_WAIT2, TIME_WAIT, "receive FIN", ACK, "RFC 9293, 3.10.7.4"),
    Move(CLOSING, TIME_WAIT, "receive ACK of FIN", None, "RFC 9293, 3.10.7.4"),
    Move(TIME_WAIT, CLOSE, "timeout", None, "RFC 9293, 3.10.8"),

    # Closing passively: the peer's FIN came first.
    Move(ESTABLISHED, CLOSE_WAIT, "receive FIN", ACK, "RFC 9293, 3.10.7.4"),
    Move(CLOSE_WAIT, LAST_ACK, "close", FIN, "RFC 9293, 3.10.4"),
    Move(CLOSE_WAIT, LAST_ACK, "shutdown", FIN, "RFC 9293, 3.10.4"),
    Move(LAST_ACK, CLOSE, "receive ACK of FIN", None, "RFC 9293, 3.10.7.4"),
    # The ACK of our SYN in the same segment has made Linux ESTABLISHED before it sees the FIN.
    Move(SYN_RECV, CLOSE_WAIT, "receive FIN", ACK, "RFC 9293, 3.10.7.4", "RFC 9293"),

    # Closing what is no connection yet.
    Move(LISTEN, CLOSE, "close", None, "RFC 9293, 3.10.4"),
    Move(SYN_SENT, CLOSE, "close", None, "RFC 9293, 3.10.4"),
    Move(LISTEN, CLOSE, "shutdown", None, "shutdown(2)", "Linux"),
    Move(SYN_SENT, CLOSE, "shutdown", None, "shutdown(2)", "Linux"),

    # The peer's RST.
    Move(SYN_SENT, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.3"),
    Move(SYN_RECV, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.4"),
    Move(ESTABLISHED, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.4"),
    Move(FIN_WAIT1, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.4"),
    Move(FIN_WAIT2, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.4"),
    Move(CLOSE_WAIT, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.4"),
    Move(CLOSING, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.4"),
    Move(LAST_ACK, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.4"),
    Move(TIME_WAIT, CLOSE, "receive RST", None, "RFC 9293, 3.10.7.4"),

    # Abort: close(2) with SO_LINGER 0.
    Move(LISTEN, CLOSE, "abort", None, "RFC 9293, 3.10.5"),
    Move(SYN_SENT, CLOSE, "abort", None, "RFC 9293, 3.10.5"),
    Move(SYN_RECV, CLOSE, "abort", RST, "RFC 9293, 3.10.5"),
    Move(ESTABLISHED, CLOSE, "abort", RST, "RFC 9293, 3.10.5"),
    Move(FIN_WAIT1, CLOSE, "abort", RST, "RFC 9293, 3.10.5"),
    Move(FIN_WAIT2, CLOSE, "abort", RST, "RFC 9293, 3.10.5"),
    Move(CLOSE_WAIT, CLOSE, "abort", RST, "RFC 9293, 3.10.5"),
    Move(CLOSING, CLOSE, "abort", None, "RFC 9293, 3.10.5"),
    Move(LAST_ACK, CLOSE, "abort", None, "RFC 9293, 3.10.5"),
    Move(TIME_WAIT, CLOSE, "abort", None, "RFC 9293, 3.10.5"),

    # Data that nobody will read: what waited at close, and what comes after it.
    Move(ESTABLISHED, CLOSE, "close with unread data", RST, "RFC 9293, 3.6.1"),
    Move(FIN_WAIT1, CLOSE, "close with unread data", RST, "RFC 9293, 3.6.1"),
    Move(FIN_WAIT2, CLOSE, "close with unread data", RST, "RFC 9293, 3.6.1"),
    Move(CLOSE_WAIT, CLOSE, "close with unread data", RST, "RFC 9293, 3.6.1"),
    Move(CLOSING, CLOSE, "close with unread data", RST, "RFC 9293, 3.6.1"),
    Move(LAST_ACK, CLOSE, "close with unread data", RST, "RFC 9293, 3.6.1"),
    Move(FIN_WAIT1, CLOSE, "receive data after close", RST, "RFC 9293, 3.6.1"),
    Move(FIN_WAIT2, CLOSE, "receive data after close", RST, "RFC 9293, 3.6.1"),

    # No answer. Linux counts retransmissions: tcp_syn_retries, tcp_synack_retries, tcp_retries2,
    # and tcp_orphan_retries where no descriptor is left (tcp(7)).
    Move(SYN_SENT, CLOSE, "timeout", None, "RFC 9293, 3.10.8"),
    Move(SYN_RECV, CLOSE, "timeout", None, "RFC 9293, 3.10.8"),
    Move(ESTABLISHED, CLOSE, "timeout", None, "RFC 9293, 3.10.8"),
    Move(FIN_WAIT1, CLOSE, "timeout", None, "RFC 9293, 3.10.8"),
    Move(CLOSE_WAIT, CLOSE, "timeout", None, "RFC 9293, 3.10.8"),
    Move(CLOSING, CLOSE, "timeout", None, "RFC 9293, 3.10.8"),
    Move(LAST_ACK, CLOSE, "timeout", None, "RFC 9293, 3.10.8"),
    # The peer's FIN never came, and no descriptor is left to wait for it.
    Move(FIN_WAIT2, CLOSE, "timeout", None, "tcp(7), tcp_fin_timeout", "Linux"),
    Move(ESTABLISHED, CLOSE, "keepalive timeout", RST, "RFC 9293, 3.8.4"),
    Move(FIN_WAIT2, CLOSE, "keepalive timeout", RST, "RFC 9293, 3.8.4"),
    Move(CLOSE_WAIT, CLOSE, "keepalive timeout", RST, "RFC 9293, 3.8.4"),
    Move(SYN_SENT, CLOSE, "receive ICMP error", None, "RFC 9293, 3.9.2.2"),
    Move(SYN_RECV, CLOSE, "receive ICMP error", None, "RFC 9293, 3.9.2.2"),

    # The listening socket was closed before anybody accepted: the connections are aborted.
    Move(SYN_RECV, CLOSE, "close of listener", None, "RFC 9293, 3.10.5", "Linux"),
    Move(ESTABLISHED, CLOSE, "close of listener", RST, "RFC 9293, 3.10.5", "Linux"),
    Move(CLOSE_WAIT, CLOSE, "close of listener", RST, "RFC 9293, 3.10.5", "Linux"),

    # A passive open starts anew. On Linux the listening socket never left LISTEN, and each
    # connection is a socket of its own.
    Move(SYN_RECV, LISTEN, "receive RST (passive open)", None, "RFC 9293, 3.10.7.4", "RFC 9293"),
    Move(SYN_RECV, LISTEN, "receive SYN (passive open)", None, "RFC 9293, 3.10.7.4", "RFC 9293"),
    Move(TIME_WAIT, SYN_RECV, "receive SYN", SYN_ACK, "RFC 9293, 3.6.1", "RFC 9293"),
    Move(TIME_WAIT, CLOSE, "reuse", None, "tcp(7), tcp_tw_reuse", "Linux"),
)
# fmt: on

_BY_EVENT: dict[tuple[str, str], Move] = {(row.old, row.event): row for row in MOVES}
_BY_STATES: dict[tuple[str, str], tuple[Move, ...]] = {}
_LINUX_LEAVING: dict[str, list[Move]] = {}
for _row in MOVES:
    _BY_STATES[_row.old, _row.new] = (*_BY_STATES.get((_row.old, _row.new), ()), _row)
    if _row.only != "RFC 9293":
        _LINUX_LEAVING.setdefault(_row.old, []).append(_row)


def moves(old: str, new: str) -> tuple[Move, ...]:
    """All rows that lead from `old` to `new`; none where no move does."""
    return _BY_STATES.get((old, new), ())


def move(old: str, event: str) -> Move:
    """What `event` does in the state `old`. Raises IllegalMove where it can't happen there."""
    found = _BY_EVENT.get((old, event))
    if found is None:
        raise IllegalMove(f"{event} in {old}")
    return found


@cache
def path(old: str, new: str) -> tuple[Move, ...]:
    """The shortest way from `old` to `new` that Linux goes: what lies between two looks.

    Empty where both are the same. A connection is over in CLOSE, so no way leads through it.
    Raises IllegalMove where there is no way. Of several rows between two states it gives the
    first one of the table, so it is the states of a path that count, not their events.
    """
    ways: list[tuple[str, tuple[Move, ...]]] = [(old, ())]
    seen = {old}
    for state, way in ways:  # grows while it is walked: the nearer states come first
        if state == new:
            return way
        if state == CLOSE and way:
            continue
        for row in _LINUX_LEAVING.get(state, ()):
            if row.new not in seen:
                seen.add(row.new)
                ways.append((row.new, (*way, row)))
    raise IllegalMove(f"{old} to {new}")
