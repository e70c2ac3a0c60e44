"""Sessions whose frames were seen, and ladders of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace as with_other
from itertools import count
from typing import Any

from socklab.events import Address, AnyEvent, Fate, Frame, Verdict
from socklab.model.cells import width_of
from socklab.model.ladder import Course, Row, rows
from socklab.model.ladder_lanes import Lanes
from socklab.model.ladder_layout import grid, row_line
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_order import in_order
from tests.model.frames import build
from tests.model.ladders import CLIENT, CONNECTION, SERVER, Session, connected

SYN, ACK, PSH_ACK, SYN_ACK, FIN_ACK = 0x02, 0x10, 0x18, 0x12, 0x11
WIRED = with_other(CONNECTION, ends={CLIENT: 0, SERVER: 1})


class WireSession(Session):
    """A session between `CLIENT` and `SERVER`, with frames."""

    def __init__(self, events: Sequence[AnyEvent] = ()) -> None:
        super().__init__()
        self.events = list(events)
        self._ids = count(1)

    def frame(
        self,
        flags: int = ACK,
        payload: bytes = b"",
        seq: int = 1000,
        ack: int = 5000,
        back: bool = False,
        t: float | None = None,
        ends: tuple[Address, Address] = (CLIENT, SERVER),
        cause: int | None = None,
    ) -> int:
        """A segment from the client, or `back` from the server; its number."""
        one, other = reversed(ends) if back else ends
        hosts = (one[0], other[0])
        segment = build.tcp(
            payload,
            flags,
            source_port=one[1],
            target_port=other[1],
            seq=seq,
            ack=ack if flags & ACK else 0,
            window=502,
            ends=hosts,
        )
        data = build.ethernet(build.ipv4(segment, source=one[0], target=other[0]))
        return self.raw(data, "server" if back else "client", t, cause)

    def raw(
        self, data: bytes, sender: str = "client", t: float | None = None, cause: int | None = None
    ) -> int:
        """Any frame; its number."""
        id, receiver = next(self._ids), "client" if sender == "server" else "server"
        self.tell(
            Frame(
                t=self._time(t),
                id=id,
                sender=sender,
                receiver=receiver,
                size=len(data),
                data=data,
                cause=cause,
            )
        )
        return id

    def fate(
        self, id: int, verdict: Verdict = "delivered", after: float = 0.01, why: str | None = None
    ) -> None:
        """What became of the frame, so many ms after it came."""
        frame = next(e for e in self.events if isinstance(e, Frame) and e.id == id)
        delay = self._time(after)
        self.tell(Fate(t=frame.t + delay, id=id, verdict=verdict, delay=delay, why=why))

    def passes(self, flags: int = ACK, payload: bytes = b"", **fields: Any) -> int:
        """A segment that goes on at once; its number."""
        id = self.frame(flags, payload, **fields)
        self.fate(id)
        return id


def handshake() -> WireSession:
    """A connection whose three segments were seen."""
    session = WireSession(connected().events)
    session.passes(SYN, t=5, seq=999)
    session.passes(SYN_ACK, t=5.02, seq=4999, ack=1000, back=True)
    session.passes(ACK, t=5.04)
    return session


def courses(session: Session) -> dict[int, Course]:
    """What became of each frame, by its event and those of its fates."""
    frames = {event.id: event for event in session.events if isinstance(event, Frame)}
    fates: dict[int, list[Fate]] = {id: [] for id in frames}
    for event in session.events:
        if isinstance(event, Fate) and event.id in fates:
            fates[event.id].append(event)
    found = {}
    for id, frame in frames.items():
        course = Course(frame, tuple(fates[id]))
        found.update(dict.fromkeys((frame.n, *(fate.n for fate in fates[id])), course))
    return found


def wired(session: Session, lanes: Lanes = WIRED, moment: Moment | None = None) -> list[Row]:
    """The rows."""
    moment = Moment() if moment is None else moment
    placed = in_order(session.events, moment.peer)
    return list(rows(placed, moment, lanes, courses(session)))


def drawn(session: Session, lanes: Lanes = WIRED, width: int = 70, long: bool = False) -> list[str]:
    """The ladder as text."""
    where = grid(lanes, width, width_of, long=long)
    return [
        "".join(text for text, _style in row_line(row, where)).rstrip()
        for row in wired(session, lanes)
    ]
