"""What an automatic server does with its connections: from received bytes to replies.

A behaviour knows no socket, no thread and no time but the clock it is given: the event loop hands
it what came and sends what it answers. So it can be tested with no network, and the same one runs
over TCP and UDP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

Clock = Callable[[], datetime]
"""The time of day, with its zone."""


def local_time() -> datetime:
    """Now, in this machine's time zone."""
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply that plain bytes can't say.

    `data` goes back to the sender and `others` to everybody else whom the server knows (its other
    connections; over UDP every address that a datagram came from); empty means nothing is sent.
    With `close` the connection ends once `data` has gone.
    """

    data: bytes = b""
    others: bytes = b""
    close: bool = False


class Behaviour:
    """The base: accepts, says nothing, and leaves when the peer has.

    One instance for each TCP connection, one for a whole UDP server. No method raises, whatever
    bytes come.
    """

    name: ClassVar[str] = ""
    """The word for it in the command language."""

    summary: ClassVar[str] = ""
    """One line for a form or a help page."""

    transports: ClassVar[frozenset[str]] = frozenset({"tcp", "udp"})
    """Where it makes sense."""

    refusal: ClassVar[bytes] = b"busy: this server takes no more clients now\r\n"
    """What a client beyond the server's limit is told before its connection is closed."""

    def __init__(self, clock: Clock = local_time) -> None:
        self.clock = clock

    def opened(self) -> bytes | Answer:
        """A TCP client came: what it is greeted with."""
        return b""

    def received(self, data: bytes) -> bytes | Answer:
        """The next bytes of a TCP connection came, cut wherever recv happened to cut them."""
        return b""

    def more(self) -> bytes:
        """What to send unasked, each time the TCP connection can take more."""
        return b""

    def finished(self) -> bytes | Answer:
        """The TCP peer has sent its FIN: it sends no more, but may still read."""
        return Answer(close=True)

    def datagram(self, data: bytes) -> bytes | Answer | None:
        """The reply to one UDP datagram: None is none at all, b"" is an empty datagram."""
        return None
