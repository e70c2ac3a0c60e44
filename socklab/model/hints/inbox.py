"""What one UDP socket was sent and has received: which datagram came of which send.

Datagrams are told apart by their sender, their size and how they begin. On their way from one
socket of the lab to another they may be lost, but don't overtake each other. A receive may be told
of before its send, as calls are recorded when they return.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from socklab.events import Address, Call
from socklab.model.addresses import unmapped
from socklab.model.stacks import Stack, is_local

_MOST = 64
"""Datagrams under way that are kept in mind."""

_HEAD = 64
"""Bytes by which a datagram is known again."""

_UNKNOWN = Stack()


class Sent(NamedTuple):
    """A datagram as it was handed over at `t` (ns): its sender's stack and port, its size in bytes,
    and how it begins."""

    n: int
    t: int
    stack: Stack
    port: int
    size: int
    head: bytes


class Got(NamedTuple):
    """A receive, over at `t` (ns): it asked for at most `asked` bytes of a datagram and was given
    `size` of them."""

    n: int
    t: int
    sock: int | None
    name: str
    fd: int | None
    peer: Address | None
    asked: int
    size: int
    head: bytes


def sent_by(call: Call, port: int, stack: Stack = _UNKNOWN) -> Sent:
    """What a send from that port handed over."""
    return Sent(call.n, call.t, stack, port, call.size or 0, (call.data or b"")[:_HEAD])


class Delivery(NamedTuple):
    """A receive, and the send of its datagram. `sure`: the send can be no other."""

    sent: Sent
    got: Got
    sure: bool


class Inbox:
    """`last` is the `n` of the latest send to this socket, None if none is known."""

    __slots__ = ("_got", "_sent", "_whole", "last")

    def __init__(self) -> None:
        self.last: int | None = None
        self._whole = True
        self._sent: deque[Sent] = deque()
        self._got: deque[Got] = deque()

    def copy(self) -> Inbox:
        """One that goes on by itself."""
        other = Inbox()
        other.last, other._whole = self.last, self._whole
        other._sent, other._got = self._sent.copy(), self._got.copy()
        return other

    def lose(self) -> None:
        """A send or a receive was missed: nothing is sure any more."""
        self._whole = False
        self._sent.clear()
        self._got.clear()

    def send(self, sent: Sent) -> Delivery | None:
        """A datagram was sent; the receive that it explains, if that has been told of before."""
        self.last = sent.n
        for got in self._got:
            if _fits(sent, got):
                self._got.remove(got)
                return Delivery(sent, got, self._whole and not self._before(sent))
        self._sent.append(sent)
        if len(self._sent) > _MOST:
            self.lose()
        return None

    def receive(self, call: Call, asked: int) -> Delivery | None:
        """A datagram was received; the send that explains it, if that has been told of."""
        size = (call.result or 0) if call.size is None else call.size
        head = (call.data or b"")[:_HEAD]
        ended = call.t + call.duration
        got = Got(call.n, ended, call.sock, call.name, call.fd, call.peer, asked, size, head)
        for sent in self._sent:
            if _fits(sent, got):
                sure = self._whole and not self._before(sent)
                self._forget(sent)
                return Delivery(sent, got, sure)
        self._got.append(got)
        if len(self._got) > _MOST:
            self.lose()
        return None

    def _before(self, sent: Sent) -> bool:
        """Whether an earlier datagram of the same sender has not been seen to arrive."""
        return any(_same_sender(one, sent) and one.n < sent.n for one in self._sent)

    def _forget(self, arrived: Sent) -> None:
        """It has arrived: what the same sender sent before is lost."""
        self._sent = deque(
            sent for sent in self._sent if not _same_sender(sent, arrived) or sent.n > arrived.n
        )


def _same_sender(one: Sent, other: Sent) -> bool:
    return one.port == other.port and one.stack == other.stack


def _is_from(sent: Sent, peer: Address) -> bool:
    """Whether a receive that names this sender may have got it."""
    host, port = unmapped(peer)
    addresses = sent.stack.addresses
    return port == sent.port and (not addresses or is_local(host) or host in addresses)


def _fits(sent: Sent, got: Got) -> bool:
    if sent.t > got.t or (got.peer is not None and not _is_from(sent, got.peer)):
        return False
    if got.size != sent.size and not got.size == got.asked < sent.size:
        return False
    length = min(len(sent.head), len(got.head))
    return sent.head[:length] == got.head[:length]
