"""What has happened to one socket, as far as a hint may ask: the last event of each sort.

The socket table says how things are; this says which events brought them about.
"""

from __future__ import annotations

from collections import deque

from socklab.events import Address, Call, Event, Gauge, State
from socklab.model.hints.inbox import Inbox
from socklab.model.hints.stream import Stream
from socklab.model.messages import asked_of
from socklab.model.rows import Kind, SocketRow
from socklab.model.stacks import Stack
from socklab.model.transfers import MOVES

_MOST_KNOWN = 32
_SIDES = {"SHUT_RD": ("SHUT_RD",), "SHUT_WR": ("SHUT_WR",), "SHUT_RDWR": ("SHUT_RD", "SHUT_WR")}


class Story:
    """One socket, from the event `made` on by which it became known.

    `row` is the last that the socket table had of it, and stays when the table has forgotten it.
    `calls` are the last that succeeded and `failures` the last that failed, by name, of those that
    move no data (under `SHUT_RD` and `SHUT_WR` stands the first shutdown(2) of that side);
    `options` the last setsockopt(2) of each option; `states` the last move into each state.
    `accept` is the call that took it from its listener's queue, `stack` the network stack that it
    is in.

    `watched`: its sends and receives are followed, and none was missed. `moves` counts them.
    `out` is the stream that it sends, `inbox` the datagrams that it was sent.
    """

    __slots__ = (
        "accept",
        "calls",
        "ended",
        "failures",
        "gauge",
        "inbox",
        "kind",
        "known",
        "last_received",
        "last_sent",
        "made",
        "moves",
        "options",
        "out",
        "peer",
        "reset",
        "row",
        "stack",
        "states",
        "unread",
        "watched",
    )

    def __init__(self, made: Event, kind: Kind, stack: Stack) -> None:
        self.made = made
        self.kind: Kind = kind
        self.stack = stack
        self.row: SocketRow | None = None
        self.peer: int | None = None
        self.accept: Call | None = None
        self.calls: dict[str, Call] = {}
        self.failures: dict[str, Call] = {}
        self.options: dict[str, Call] = {}
        self.states: dict[str, State] = {}
        self.gauge: Gauge | None = None
        self.watched = True
        self.moves = 0
        self.out = Stream()
        self.inbox = Inbox()
        self.known: deque[Address] = deque(maxlen=_MOST_KNOWN)
        """Who has sent datagrams lately: each has the port that it sent from."""
        self.last_sent: int | None = None
        self.last_received: int | None = None
        self.ended: Call | None = None
        """The first receive that gave 0: the end of the stream."""
        self.reset: Call | None = None
        """The first call that told of a reset."""
        self.unread: int = 0
        """Bytes that were thrown away unread by close(2)."""

    def copy(self) -> Story:
        """One that goes on by itself."""
        other = Story(self.made, self.kind, self.stack)
        for name in Story.__slots__:
            value = getattr(self, name)
            shared = not isinstance(value, dict | deque | Stream | Inbox)
            setattr(other, name, value if shared else value.copy())
        return other

    def lose(self) -> None:
        """A send or a receive was missed: nothing that counts them is said any more."""
        self.watched = False
        self.out.lose()
        self.inbox.lose()

    def heard(self, sender: Address) -> None:
        """A datagram came from there."""
        if sender not in self.known:
            self.known.append(sender)

    def note_call(self, call: Call) -> None:
        """A call on this socket returned, other than a send or receive that succeeded."""
        if call.error == "ECONNRESET" and self.reset is None:
            self.reset = call
        if call.name in MOVES:
            return
        if call.error:
            self.failures[call.name] = call
            return
        self.calls[call.name] = call
        if call.name == "setsockopt" and len(call.args) > 1:
            self.options[str(call.args[1])] = call
        elif call.name == "shutdown" and call.args:
            for side in _SIDES.get(str(call.args[0]), ()):
                self.calls.setdefault(side, call)

    def received(self, call: Call) -> None:
        """A receive has succeeded, and the rules have been asked about it."""
        self.last_received = call.n
        if call.result == 0 and not call.cut and self.ended is None and asked_of(call):
            self.ended = call

    # What rules ask.

    def option(self, symbol: str) -> Call | None:
        """The call that set this option, if it is set to anything but 0 or off."""
        call = self.options.get(symbol)
        value = None if call is None or len(call.args) < 3 else call.args[2]
        return call if value not in (None, 0, "off") else None

    @property
    def lingers_not(self) -> bool:
        """Whether SO_LINGER is 0: close(2) then sends RST (ABORT in section 3.10.5 of
        RFC 9293)."""
        call = self.options.get("SO_LINGER")
        value = call.args[2] if call is not None and len(call.args) > 2 else None
        return value == 0

    @property
    def nonblocking(self) -> Call | None:
        """The call that made it non-blocking, if it still is."""
        call = self.calls.get("ioctl")
        return call if call is not None and call.args[:2] == ("FIONBIO", 1) else None

    @property
    def shut_writing(self) -> Call | None:
        """The program's own shutdown(2) of its sending side."""
        return self.calls.get("SHUT_WR")

    @property
    def shut_reading(self) -> Call | None:
        """The program's own shutdown(2) of its receiving side."""
        return self.calls.get("SHUT_RD")

    @property
    def closing(self) -> Call | None:
        """The call that sends this side's FIN: the first of shutdown(2) and close(2)."""
        return self.shut_writing or self.calls.get("close")

    @property
    def connecting(self) -> Call | None:
        """The connect(2) that made it a connection, or is about to."""
        under_way = self.failures.get("connect")
        if under_way is not None and under_way.error != "EINPROGRESS":
            under_way = None
        return self.calls.get("connect") or under_way
