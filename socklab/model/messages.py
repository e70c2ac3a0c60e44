"""One connection's bytes as a conversation: what each call handed over or got, call by call.

Each call's share stands apart from the next, because that is the lesson: three sends may be one
recv, and one send several. A socket's datagrams make a conversation as well.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from socklab.events import Address, Call, Event
from socklab.model.rows import Kind

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

    `eof`: the receive returned 0, the end of the stream. `peeked`: the bytes stay in the queue, a
    later call gets them again. `flags` as in the call, "" for none. `address` is the other side
    of a datagram. `cut`: the lab ended the call.
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
    eof: bool = False
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
        direction = _DIRECTIONS.get(event.name)
        if direction is not None:
            self._add(self._share(event, event.sock, direction))

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
            eof=not out and self._ends(call),
            error=call.error,
            flags=flags,
            address=destination_of(call) if out else call.peer,
            cut=call.cut,
        )

    def _ends(self, call: Call) -> bool:
        # A datagram may be empty, and so may a receive that asked for nothing.
        asked = call.args[0] if call.args else None
        return self.kind == "tcp" and call.result == 0 and not call.cut and asked != 0


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
