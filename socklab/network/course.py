"""What becomes of the frames on the wire: done to each, and recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from socklab.events import Fate, Frame, Verdict
from socklab.model.impairments import FULL, PERFECT, Delivery, Direction
from socklab.model.wire_waiting import Passing, Waiting
from socklab.network.links import End
from socklab.network.wire_record import WireRecord

_SECOND = 1_000_000_000


class Course:
    """Each frame appears, and meets its fate at once or after it has waited.

    `ends` are what to write to, by the receivers' names. `ids` numbers the frames. `directions`, by
    sender and receiver, decide what chance and slowness do to a frame. Of one thread at a time.
    """

    def __init__(self, record: WireRecord, ends: Mapping[str, End], ids: Iterator[int]) -> None:
        self.directions: dict[tuple[str, str], Direction] = {}
        self.waiting = Waiting()
        self._record = record
        self._ends = ends
        self._ids = ids

    def appear(
        self, sender: str, receiver: str, t: int, data: bytes, cause: int | None = None
    ) -> Passing:
        """A frame comes onto the wire (at `t`, ns)."""
        passing = Passing(next(self._ids), 0, t, sender, receiver, data)
        passing.n = self._record.append(
            Frame(
                t=t,
                id=passing.id,
                sender=sender,
                receiver=receiver,
                size=len(data),
                data=data[: self._record.snap],
                cause=cause,
            )
        )
        return passing

    def go_through(self, sender: str, receiver: str, t: int, data: bytes) -> None:
        """A frame comes onto the wire (at `t`, ns) with nobody in between: as most do, so with as
        little as possible besides."""
        record = self._record
        if self.directions[sender, receiver].impairments is not PERFECT:
            self.go_on(self.appear(sender, receiver, t, data), t)
            return
        id = next(self._ids)
        size, snap = len(data), record.snap
        record.append(
            Frame(
                t=t,
                id=id,
                sender=sender,
                receiver=receiver,
                size=size,
                data=data if size <= snap else data[:snap],
            )
        )
        now = record.now()  # before its receiver can have done anything with it
        try:
            self._ends[receiver].send(data)
        except OSError as error:
            record.append(Fate(t=now, id=id, verdict="dropped", delay=now - t, why=_why(error)))
        else:
            record.append(Fate(t=now, id=id, verdict="delivered", delay=now - t))

    def go_on(self, passing: Passing, since: int, later: float = 0.0) -> None:
        """It goes on as its direction decides for a frame that came at `since` (ns), and so many
        seconds later than that."""
        direction = self.directions[passing.sender, passing.receiver]
        now = self._record.now()
        room = self.waiting.has_room(passing)
        for times, delivery in enumerate(direction.decide(passing.data, since, room)):
            at = delivery.at + round(later * _SECOND)
            if at <= now:
                self._done(passing, delivery, times > 0)
            elif not self.waiting.put_off(at, passing, delivery, times > 0):
                self._done(passing, Delivery(now, "dropped", None, FULL), times > 0)
                return

    def go_on_when_due(self) -> None:
        """Those whose time has come go on."""
        for due in self.waiting.due_by(self._record.now()):
            self._done(due.passing, due.delivery, due.copy)

    def drop(self, passing: Passing, why: str, cause: int | None = None) -> None:
        """It is lost."""
        self._fate(passing, "dropped", why, cause=cause)

    def hold(self, passing: Passing, why: str, cause: int | None = None) -> None:
        """It waits for a hand, if there is room."""
        if self.waiting.hold(passing):
            self._fate(passing, "held", why, cause=cause)
        else:
            self._fate(passing, "dropped", FULL, cause=cause)

    def go_on_twice(self, passing: Passing, why: str, cause: int | None = None) -> None:
        """It goes on, and a copy of it."""
        self._send(passing, passing.data, "duplicated", why, cause)
        self._send(self._copy(passing), passing.data, "delivered", "")

    def _copy(self, passing: Passing) -> Passing:
        now = self._record.now()
        return self.appear(passing.sender, passing.receiver, now, passing.data, passing.n)

    def _done(self, passing: Passing, delivery: Delivery, copy: bool) -> None:
        if copy:
            passing = self._copy(passing)
        cause = passing.cause
        why = delivery.why or ("rule" if cause is not None else "")
        if delivery.data is None:
            self._fate(passing, delivery.verdict, why, cause=cause, share=delivery.share)
        else:
            self._send(passing, delivery.data, delivery.verdict, why, cause)

    def _send(
        self, passing: Passing, data: bytes, verdict: Verdict, why: str, cause: int | None = None
    ) -> None:
        t = self._record.now()  # before its receiver can have done anything with it
        try:
            self._ends[passing.receiver].send(data)
        except OSError as error:
            self._fate(passing, "dropped", _why(error))
            return
        changed = data if verdict == "corrupted" else None
        self._fate(passing, verdict, why, changed, cause, t)

    def _fate(
        self,
        passing: Passing,
        verdict: Verdict,
        why: str,
        data: bytes | None = None,
        cause: int | None = None,
        t: int | None = None,
        share: float | None = None,
    ) -> None:
        t = self._record.now() if t is None else t
        self._record.append(
            Fate(
                t=t,
                id=passing.id,
                verdict=verdict,
                delay=t - passing.t,
                why=why or None,
                data=None if data is None else data[: self._record.snap],
                share=share,
                cause=cause,
            )
        )


def _why(error: OSError) -> str:
    """Why a frame couldn't be sent: the host's own queue is full, or its link has another MTU by
    now."""
    return error.strerror or "link"
