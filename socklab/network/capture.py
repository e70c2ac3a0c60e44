"""Capture on this machine: the frames of the lab's own sockets that cross loopback, as events.

Everybody's frames cross it. Those of ports that no socket of the lab's has are never recorded; nor
is anything sent, held or changed: on loopback there is no wire to stand at. A segment may have
64 KiB there, more than a real network carries, and its checksum isn't computed.
"""

from __future__ import annotations

import os
import select
import threading
from dataclasses import dataclass

from socklab.events import Fate, Frame, Note
from socklab.i18n import _
from socklab.journal import Journal
from socklab.model.frames.outline import Outline, outline
from socklab.model.own_ends import Flow, OwnEnds, begins, flow_of
from socklab.network.kernel_time import ahead_of_kernel
from socklab.network.loopback import Loopback
from socklab.network.packet_ring import Seen

MOST_PER_SECOND = 30_000
"""Frames on loopback, whosesoever, above which capturing would take too much from the lab."""

_BATCH = 1024
_PIECE = 4096
_SECOND = 1_000_000_000
_UNDECIDED = _SECOND
"""How long (ns) a frame waits to turn out the lab's: until the call that sent it has returned."""

_PATIENCE = _SECOND // 20
"""How long (ns) the frames behind it wait for it, so that all are recorded in order."""

_MOST_WAITING = 2048
_MOST_OTHERS = 4096
_SOON, _LATER = 5, 250  # milliseconds until the journal is looked at again
_REST = 2  # milliseconds between two rounds
_LAST_ROUNDS = 16


@dataclass(slots=True)
class _Waiting:
    """A frame that isn't recorded yet: `ours` once it is known to be the lab's."""

    seen: Seen
    look: Outline
    flow: Flow
    ours: bool


class Capture:
    """Records from `start` on until `close`, or until there is too much; `running` says so.

    `first` numbers the first frame, `next` is what the next one's number will be; `host` is what
    this machine is called, `cause` the `n` of the command. Making one raises OSError, a
    PermissionError without CAP_NET_RAW.
    """

    def __init__(self, journal: Journal, first: int, host: str, cause: int) -> None:
        self.running = True
        self._journal = journal
        self.next = first
        self._host = host
        self._cause = cause
        self._snap = journal.header.snap
        self._own = OwnEnds()
        self._position = 0
        self._judged = 0  # the revision of `_own` by which the undecided were judged
        self._queue: list[_Waiting] = []
        self._undecided: set[Flow] = set()
        self._others: dict[Flow, None] = {}
        self._second = self._in_second = 0
        self._loopback = Loopback(self._snap)
        self._ended = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    def start(self) -> None:
        """Record, beginning with what has crossed since this was made."""
        self._thread.start()

    def close(self) -> None:
        """Record what has come, and no more."""
        self._ended = True
        os.eventfd_write(self._wake, 1)
        self._thread.join()
        os.close(self._wake)

    def _run(self) -> None:
        try:
            self._learn()  # a long past takes its time: meanwhile the ring keeps what comes
            self._go_on()
        finally:
            self.running = False
            self._loopback.close()

    def _go_on(self) -> None:
        anything, end = select.poll(), select.poll()
        anything.register(self._loopback, select.POLLIN)
        for poll in (anything, end):
            poll.register(self._wake, select.POLLIN)
        while not self._ended:
            anything.poll(_SOON if self._queue else _LATER)
            if self._too_many(self._round(_PATIENCE)):
                return
            end.poll(_REST)  # so that frames which come one by one are read many at once
        for _round in range(_LAST_ROUNDS):
            if not self._round(0):
                return

    def _round(self, patience: int) -> int:
        """Take in what has come: so many frames."""
        seen = self._loopback.read(_BATCH)
        ahead = ahead_of_kernel(self._journal.now)
        self._learn()
        for frame in seen:
            self._take_in(frame._replace(t=frame.t + ahead))
        if self._queue:
            self._judge()
            self._let_go(self._journal.now(), patience)
        return len(seen)

    def _learn(self) -> None:
        """Which addresses are the lab's by now."""
        journal, learn = self._journal, self._own.learn
        end = len(journal)
        position = max(self._position, journal.first)
        while position < end:
            stop = min(position + _PIECE, end)
            for event in journal.read(position, stop):
                learn(event)
            position = stop
        self._position = position

    # Whose frame it is.

    def _take_in(self, seen: Seen) -> None:
        look = outline(seen.data, seen.size)
        flow = flow_of(look)
        if flow is None:
            return
        ours = self._own.has(look, seen.t)
        if ours and not self._queue:
            self._record(seen)
            return
        if not ours:
            new = begins(look) or (flow[0] == "udp" and flow not in self._others)
            if not new and flow not in self._undecided:
                return
            self._others.pop(flow, None)
            self._undecided.add(flow)
        self._queue.append(_Waiting(seen, look, flow, ours))
        if len(self._queue) > _MOST_WAITING:
            self._let_go(self._journal.now(), 0)

    def _judge(self) -> None:
        """Some may have turned out the lab's."""
        if self._judged != self._own.revision:
            self._judged = self._own.revision
            for waiting in self._queue:
                waiting.ours = waiting.ours or self._own.has(waiting.look, waiting.seen.t)

    def _let_go(self, now: int, patience: int) -> None:
        """Record what is the lab's, in order; forget what isn't after all this time.

        Frames behind one that isn't decided wait for it for `patience` ns; those of the same flow
        until it is.
        """
        queue, self._queue = self._queue, []
        undecided = self._undecided = set()
        stuck = False
        for waiting in queue:
            decided = waiting.ours and waiting.flow not in undecided
            if decided and not stuck:
                self._record(waiting.seen)
            elif not waiting.ours and waiting.seen.t < now - _UNDECIDED:
                self._is_others(waiting.flow)
            else:
                self._queue.append(waiting)
                if not waiting.ours:
                    undecided.add(waiting.flow)
                    stuck = stuck or waiting.seen.t > now - patience
        del self._queue[:-_MOST_WAITING]

    def _is_others(self, flow: Flow) -> None:
        self._others[flow] = None
        if len(self._others) > _MOST_OTHERS:
            del self._others[next(iter(self._others))]

    def _record(self, seen: Seen) -> None:
        id, self.next = self.next, self.next + 1
        frame = Frame(
            t=seen.t,
            id=id,
            sender=self._host,
            receiver=self._host,
            size=seen.size,
            data=seen.data,
        )
        self._journal.append(frame)
        self._journal.append(Fate(t=seen.t, id=id, verdict="delivered"))

    # Too many.

    def _too_many(self, count: int) -> bool:
        """Whether to stop, because it can't go on for the frames that come; says so."""
        second = self._journal.now() // _SECOND
        if second != self._second:
            self._second, self._in_second = second, 0
        self._in_second += count
        if self._in_second > MOST_PER_SECOND:
            why = _("more than {most} frames a second cross loopback", most=f"{MOST_PER_SECOND:,}")
        elif self._loopback.lost():
            why = _("frames cross loopback faster than they can be recorded")
        else:
            return False
        text = _(
            "{why}: nothing more is captured, so that the lab keeps up; "
            "`wire capture on` begins again",
            why=why,
        )
        self._journal.append(
            Note(t=self._journal.now(), cause=self._cause, text=text, level="warning")
        )
        return True
