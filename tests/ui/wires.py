"""A wire told by hand: commands, frames and what became of them, for the Wire pane."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

from socklab.events import Command, Fate, Frame, Note, Verdict
from socklab.journal import Journal
from tests.model.frames.build import CLIENT, SERVER, ethernet, ipv4, tcp
from tests.ui.panes import NOON, Told

MS = 1_000_000
PORT = 41822


def segment(
    flags: int,
    data: bytes = b"",
    back: bool = False,
    port: int = PORT,
    *,
    seq: int = 1000,
    ack: int = 0,
) -> bytes:
    """A segment from the client to the server's port 80, or back."""
    ends = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    here, there = (80, port) if back else (port, 80)
    made = tcp(data, flags, source_port=here, target_port=there, ends=ends, seq=seq, ack=ack)
    return ethernet(ipv4(made, source=ends[0], target=ends[1]))


SYN, SYN_ACK, ACK, PSH_ACK, FIN_ACK = 0x02, 0x12, 0x10, 0x18, 0x11


class WireTold(Told):
    """Numbers the frames, and lets a millisecond pass with each event."""

    def __init__(self, journal: Journal | None = None) -> None:
        super().__init__(journal)
        self.frames = 0
        self.time: int | None = None
        self.journal.now = lambda: self.now()  # type: ignore[method-assign]

    def now(self) -> int:
        return NOON + MS * len(self.journal) if self.time is None else self.time

    def command(self, text: str, why_not: str = "", said: str = "") -> int:
        """Somebody asked for this; it was refused, if `why_not`; the lab said something."""
        n = self.journal.append(Command(t=self.now(), text=text, origin="console"))
        if why_not:
            self.journal.append(Note(t=self.now(), cause=n, level="error", text=why_not))
        if said:
            self.journal.append(Note(t=self.now(), cause=n, text=said))
        return n

    def up(self) -> None:
        """The private network."""
        self.command("network private", said="private network: client 10.0.0.1, server 10.0.0.2")

    def frame(
        self, data: bytes, sender: str = "client", receiver: str = "server", **more: Any
    ) -> int:
        """A frame comes onto the wire; its id."""
        self.frames += 1
        t = self.now()
        known: dict[str, Any] = {"size": len(data), "data": data} | more
        self.journal.append(Frame(t=t, id=self.frames, sender=sender, receiver=receiver, **known))
        return self.frames

    def fate(self, id: int, verdict: Verdict = "delivered", **more: Any) -> None:
        """What became of it."""
        t = self.now()
        self.journal.append(Fate(t=t, id=id, verdict=verdict, **({"delay": 5_000} | more)))

    def passes(self, frame: bytes, **more: Any) -> int:
        """A frame that goes on at once, if `more` doesn't say otherwise of its fate."""
        back = frame[26:30] == IPv4Address(SERVER).packed
        id = self.frame(frame, *(("server", "client") if back else ("client", "server")))
        self.fate(id, **more)
        return id

    def held(self, frame: bytes) -> int:
        """A frame that waits."""
        return self.passes(frame, verdict="held", why="by hand")


def handshake(told: WireTold) -> None:
    """Three segments cross."""
    told.passes(segment(SYN, seq=1000))
    told.passes(segment(SYN_ACK, back=True, seq=5000, ack=1001))
    told.passes(segment(ACK, seq=1001, ack=5001))
