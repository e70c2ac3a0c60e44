"""A connection played by hand: each line a segment, with what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from socklab.events import Fate, Frame, Verdict
from socklab.model.frames.tcp import ACK, FIN, RST, SYN
from tests.model.frames import build

CLIENT, SERVER = "client", "server"
CLIENT_END, SERVER_END = (build.CLIENT, 41822), (build.SERVER, 48080)
FLAGS = {"S": SYN, "A": ACK, "F": FIN, "R": RST}
SCALE_7 = b"\x03\x03\x07\x00"
MS = 1_000_000


class Play:
    """Plays segments, a millisecond apart, into a fold; `said` is what it answered, by frame.

    A segment is written `client("SA", seq, ack, size)`: numbers count from each side's first. What
    comes from it is given at once, or with `fate=None` later, by `ends`.
    """

    def __init__(self, fold: Any, *, first: tuple[int, int] = (999, 0xFFFFFFF0)) -> None:
        self.fold = fold
        self.first = first
        self.t = 0
        self.n = 0
        self.frames = 0
        self.said: list[tuple[int, Any]] = []
        self._begun: dict[int, int] = {}

    def client(self, flags: str, seq: int, ack: int = 0, size: int = 0, **how: Any) -> int:
        """The client sends; the number of the frame."""
        return self._send(CLIENT, flags, seq, ack, size, **how)

    def server(self, flags: str, seq: int, ack: int = 0, size: int = 0, **how: Any) -> int:
        """The server sends; the number of the frame."""
        return self._send(SERVER, flags, seq, ack, size, **how)

    def handshake(self) -> None:
        """Three segments, of which frame 3 is the last."""
        self.client("S", 0, options=SCALE_7)
        self.server("SA", 0, 1, options=SCALE_7)
        self.client("A", 1, 1)

    def passes(self, ms: float) -> None:
        """Time passes."""
        self.t += round(ms * MS)

    def _send(
        self,
        host: str,
        flags: str,
        seq: int,
        ack: int,
        size: int,
        *,
        fate: Verdict | None = "delivered",
        why: str | None = None,
        cause: int | None = None,
        window: int = 1000,
        options: bytes = b"",
    ) -> int:
        mine, other = self.first if host == CLIENT else self.first[::-1]
        ports = (41822, 48080) if host == CLIENT else (48080, 41822)
        hosts = (build.CLIENT, build.SERVER) if host == CLIENT else (build.SERVER, build.CLIENT)
        segment = build.tcp(
            bytes(size),
            sum(FLAGS[flag] for flag in flags),
            source_port=ports[0],
            target_port=ports[1],
            seq=(mine + seq) % 2**32,
            ack=(other + ack) % 2**32 if "A" in flags else 0,
            window=window,
            options=options,
            ends=hosts,
        )
        data = build.ethernet(build.ipv4(segment, source=hosts[0], target=hosts[1]))
        self.passes(1)
        self.frames += 1
        frame = self.frames
        receiver = SERVER if host == CLIENT else CLIENT
        self._begun[frame] = self.t
        self._take(
            Frame(
                n=self.n,
                t=self.t,
                id=frame,
                sender=host,
                receiver=receiver,
                size=len(data),
                data=data,
                cause=cause,
            )
        )
        if fate is not None:
            self.ends(frame, fate, why)
        return frame

    def ends(
        self, frame: int, fate: Verdict = "delivered", why: str | None = None, **more: Any
    ) -> None:
        """What becomes of a frame."""
        delay = self.t - self._begun[frame]
        self._take(Fate(n=self.n, t=self.t, id=frame, verdict=fate, delay=delay, why=why, **more))

    def _take(self, event: Frame | Fate) -> None:
        self.n += 1
        answer = self.fold.apply(event)
        if answer:
            self.said.append((event.id, answer))

    def answers(self) -> Iterator[Any]:
        """What the fold has answered."""
        for _frame, answer in self.said:
            yield answer
