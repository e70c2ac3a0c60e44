"""One connection's bytes as a conversation: what each call handed over or got, call by call.

Each call's share stands apart from the next, because that is the lesson: three sends may be one
recv, and one send several. A socket's datagrams make a conversation as well.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from socklab.events import Address, Call, Event
from socklab.model.rows import Kind
from socklab.model.zero import Zero, shuts_receiving, tells_of_break, zero_of

Direction = Literal["out", "in"]

_DIRECTIONS: dict[str, Direction] = {"send": "out", "sendto": "out", "recv": "in", "recvfrom": "in"}

_KEPT = 4096
"""How many shares a conversation keeps unless told otherwise."""


class Share(NamedTuple):
    """What one call sent or received.

    `sock` and `program` made the call; `direction` is theirs: "out" for a send, "in" for a
    receive. `data` is at most the journal's snap length of it, `size` the true number of bytes:
    those handed over for a send, those that came for a receive. `taken` is how many bytes the
    kernel took of a send, None where it failed and for a receive.

    `zero` says why a receive from a stream returned 0. `peeked`: the bytes stay in the queue, a
    later call gets them again. `flags` as in the call, "" for none. `address` is the other side of
    a datagram. `cut`: the lab ended the call.
    """

    n: int
    t: int
    sock: int
    program: str | None
    direction: Direction
    call: str
    fd: int | None
    data: bytes
    size: int
    taken: int | None = None
    zero: Zero | None = None
    error: str | None = None
    flags: str = ""
    address: Address | None = None
    cut: bool = False

    @property
    def peeked(self) -> bool:
        """Whether the bytes stayed in the receive queue (MSG_PEEK)."""
        return "MSG_PEEK" in self.flags

    @property
    def partial(self) -> bool:
        """Whether the kernel took only a part of what a send handed over."""
        return self.taken is not None and self.taken < self.size


class Conversation:
    """The shares of a socket, and of its peer where that is in the lab, in order of completion.

    `shares` has the latest `keep` to twice `keep` of them and `dropped` counts the earlier ones,
    so that a conversation of any length takes bounded memory. `sent` and `received` are the bytes
    that `sock`'s own calls moved, peeks not counted.
    """

    def __init__(
        self, sock: int, peer: int | None = None, *, kind: Kind = "tcp", keep: int = _KEPT
    ) -> None:
        self.sock = sock
        self.peer = peer
        self.kind = kind
        self.shares: list[Share] = []
        self.dropped = 0
        self.sent = 0
        self.received = 0
        self._keep = keep
        self._shut: dict[int, int] = {}
        self._broken: dict[int, int] = {}

    @property
    def revision(self) -> int:
        """Grows with each share."""
        return self.dropped + len(self.shares)

    def apply(self, event: Event) -> None:
        """Take in the journal's next event; those of other sockets are passed over."""
        if type(event) is not Call or event.sock is None:
            return
        if event.sock != self.sock and event.sock != self.peer:
            return
        self.note(event)
        direction = _DIRECTIONS.get(event.name)
        if direction is not None:
            self._add(self._share(event, event.sock, direction))

    def note(self, call: Call) -> None:
        """Remember the call if receives may give 0 because of it, which isn't the stream's end."""
        sock = call.sock
        if sock is not None and shuts_receiving(call):
            self._shut[sock] = min(call.t, self._shut.get(sock, call.t))
        if sock is not None and tells_of_break(call):
            self._broken[sock] = min(call.n, self._broken.get(sock, call.n))

    def _add(self, share: Share) -> None:
        self.shares.append(share)
        if len(self.shares) >= 2 * self._keep:
            del self.shares[: self._keep]
            self.dropped += self._keep
        if share.sock == self.sock and share.error is None:
            self.sent += share.taken or 0
            if share.direction == "in" and not share.peeked:
                self.received += share.size

    def _share(self, call: Call, sock: int, direction: Direction) -> Share:
        data = call.data or b""
        out = direction == "out"
        flags = flags_of(call)
        return Share(
            n=call.n,
            t=call.t,
            sock=sock,
            program=call.program,
            direction=direction,
            call=call.name,
            fd=call.fd,
            data=data,
            size=len(data) if call.size is None else call.size,
            taken=call.result if out and not call.error else None,
            zero=None if self.kind == "udp" else self._zero(call, sock),
            error=call.error,
            flags=flags,
            address=destination_of(call) if out else call.peer,
            cut=call.cut,
        )

    def _zero(self, call: Call, sock: int) -> Zero | None:
        over = call.t + call.duration
        shut = self._shut.get(sock, over + 1) <= over  # it may have woken the receive
        broken = self._broken.get(sock, call.n) < call.n
        return zero_of(call, self.kind, shut=shut, broken=broken)


def flags_of(call: Call) -> str:
    """The flags of a send or a receive (`MSG_PEEK`), "" for none."""
    place = 0 if _DIRECTIONS.get(call.name) == "out" else 1
    flags = call.args[place] if len(call.args) > place else None
    return flags if isinstance(flags, str) and flags != "0" else ""


def asked_of(call: Call) -> int:
    """How many bytes a receive asked for at most; 0 where that isn't known."""
    asked = call.args[0] if call.args else 0
    return asked if isinstance(asked, int) else 0


def destination_of(call: Call) -> Address | None:
    """The address that a call was given: where a datagram goes, what connect(2) calls."""
    last = call.args[-1] if call.args else None
    return call.peer or (last if isinstance(last, tuple) else None)
