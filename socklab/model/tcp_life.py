"""The life of one TCP socket, move by move, from what is certain about it.

There are two witnesses: looks at the kernel, ten a second at best, and the calls of the socket's
own program; on a private network the wire is a third, which sees the segments that move it. A state
that passed between two looks leaves no trace in the kernel, but most can be told all the same: a
connect(2) that succeeded was in SYN_SENT, and what was ESTABLISHED and is in FIN_WAIT2 was in
FIN_WAIT1. Here each look becomes the moves of `tcp_machine` that led to it: those in between from
what must have been, and only the last one as seen.

Nothing is guessed. Where more than one way leads from one look to the next, this is what decides:

- A call that returned: connect(2) and accept(2) with a connection (ESTABLISHED), connect(2) with
  what only an answer or its absence gives (SYN_SENT, then CLOSE), recv(2) with end of stream
  (CLOSE_WAIT, if our own side is open), ECONNRESET, ETIMEDOUT, or EPIPE on a side that is open
  (CLOSE).
- shutdown(2) succeeds in CLOSE_WAIT only by sending a FIN (LAST_ACK).
- An abort (SO_LINGER 0, unread data, a listening socket closed under what waits): CLOSE at once.
- The peer in TIME_WAIT: it has had our FIN after its own, so we were in CLOSE_WAIT and LAST_ACK.
- A socket connected to itself opens and closes simultaneously with itself.

Where that isn't enough the move goes straight to what was seen, if the table has such a move:
ESTABLISHED to CLOSE then says that it ended, and that nobody knows how; FIN_WAIT1 to TIME_WAIT that
both FINs arrived, and that nobody saw in which order; SYN_SENT to ESTABLISHED likewise. (One thing
is passed over: who closes in the middle of a simultaneous open was never ESTABLISHED.)
"""

from __future__ import annotations

from typing import NamedTuple

from socklab.events import Call, Source, Wait
from socklab.model.tcp_machine import (
    CLOSE,
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT1,
    LAST_ACK,
    LISTEN,
    SYN_RECV,
    SYN_SENT,
    TIME_WAIT,
    IllegalMove,
    moves,
    path,
)
from socklab.model.transfers import MOVES, RECEIVES

BEGUN = frozenset({"EINPROGRESS"})
"""What connect(2) gives where it goes on in the kernel."""

_AFTER_SYN = frozenset({None, "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT"})
"""What connect(2) only gives after a SYN; ENETUNREACH and others may come before it."""

_ENDED = frozenset({"ECONNRESET", "ETIMEDOUT"})
_TELLING = frozenset({*_ENDED, "EPIPE", "ECONNREFUSED"})
_ENDING = frozenset({"connect", "listen", "shutdown", "close"})
_OPTIONS = ("SO_LINGER", "SO_ERROR")

_TIME_WAIT = 60_000_000_000
"""Nanoseconds: TCP_TIMEWAIT_LEN of <net/tcp.h>, the same on every Linux."""

_OPENING = frozenset({LISTEN, SYN_SENT, SYN_RECV})
_OVER = frozenset({CLOSE, TIME_WAIT})
_PASSIVE = frozenset({*_OPENING, ESTABLISHED, CLOSE_WAIT})


class Step(NamedTuple):
    """One move: the fields of its `state` event."""

    old: str
    new: str
    source: Source
    t: int
    cause: int | None = None
    expires: int | None = None


class _Stop(NamedTuple):
    """A state that was certainly reached. `t` is None where it isn't known when, `source` where
    nobody saw it."""

    state: str
    t: int | None = None
    cause: int | None = None
    source: Source | None = None


class _Act(NamedTuple):
    """What the program did to the connection: the number of the call's event and when."""

    n: int
    t: int


class Span(NamedTuple):
    """When connect(2) was called and when it returned with a connection, None if it didn't (ns
    since the epoch)."""

    t: int
    end: int | None


def tells(call: Call) -> bool:
    """Whether a call's return says anything about its socket's state."""
    name = call.name
    if name in MOVES:
        return call.error in _TELLING or (call.result == 0 and name in RECEIVES)
    return name in _ENDING or (len(call.args) > 1 and call.args[1] in _OPTIONS)


class TcpLife:
    """What has been recorded of a socket's states, and what is known beyond that.

    It begins in CLOSE with socket(2), or in LISTEN with the segment that a listening socket
    answers. `state` is the last one recorded; `to_itself` is for the owner to set where both
    addresses are the same.
    """

    __slots__ = (
        "_abort",
        "_attempt",
        "_by_wire",
        "_certain",
        "_connect",
        "_expected",
        "_fin",
        "_may_abort",
        "_shut_in",
        "_t",
        "state",
        "to_itself",
    )

    def __init__(self, state: str = CLOSE) -> None:
        self.state = state
        self.to_itself = False
        self._t = 0  # of the last move recorded: a later one isn't earlier
        self._certain: list[_Stop] = []  # reached, and not recorded yet
        self._expected: dict[str, _Stop] = {}  # by what the wire saw, which doesn't prove them
        self._connect: _Act | None = None
        self._fin: _Act | None = None  # our side ends: shutdown(2) or close(2)
        self._abort: _Act | None = None
        self._by_wire = False  # whether the last move recorded was seen there
        self._attempt = False  # a connect(2) has begun whose outcome nobody has been told
        self._may_abort = False  # SO_LINGER is 0
        self._shut_in = False

    # What its program does.

    def entered(self, n: int, wait: Wait) -> None:
        """The program is blocked in a call, event `n`."""
        if wait.name == "connect":
            self._connect = _Act(n, wait.t)

    def began(self, t: int) -> None:
        """Its peer called connect(2) at `t`: the segment came then."""
        if self.state == LISTEN:
            self._certain.append(_Stop(SYN_RECV, t))

    def accepted(self, call: Call, opening: Span | None) -> None:
        """accept(2) has given it; `opening` is its peer's connect(2), if that is known. When that
        had returned, so had the handshake, however long the connection then waited."""
        end = call.t + call.duration
        self.began(opening.t if opening else end)
        if self._now == SYN_RECV:
            done = opening.end if opening else None
            self._certain.append(_Stop(ESTABLISHED, end if done is None else min(done, end)))

    def returned(self, n: int, call: Call, *, unread: bool = False) -> None:
        """A call on it that `tells` something has returned, event `n`. `unread`: for close(2),
        whether received data certainly waited when it was called."""
        if call.cut:
            return  # the lab made it return
        name = call.name
        if name == "connect":
            self._connected(n, call)
        elif name == "close":
            self._closed(_Act(n, call.t), unread)
        elif call.error is not None:
            self._failed(call.error, call)
        elif name == "listen":
            if self._now == CLOSE:
                self._certain.append(_Stop(LISTEN, call.t, n))
        elif name == "shutdown":
            self._shut(_Act(n, call.t), str(call.args[0]))
        elif name == "setsockopt":
            self._may_abort = call.args[2:] == (0,)
        elif name == "getsockopt":
            self._failed(str(call.value), call)
        elif call.args[:1] != (0,):
            self._read_to_the_end(call.t + call.duration)

    def abandoned(self, n: int, t: int) -> None:
        """Its listening socket was closed (event `n`) before anybody accepted it."""
        self._abort = _Act(n, t)

    def _connected(self, n: int, call: Call) -> None:
        begun, self._attempt = self._attempt, call.error in (*BEGUN, "EALREADY")
        answered = call.error in _AFTER_SYN
        over = begun or self._t >= call.t  # its end has been seen before it returned
        if self._now == CLOSE and not over and (answered or call.error in BEGUN):
            self._certain.append(_Stop(SYN_SENT, call.t, n))
        if not answered or self._now not in (SYN_SENT, SYN_RECV):
            return
        if self.to_itself and self._now == SYN_SENT:
            self._certain.append(_Stop(SYN_RECV))
        outcome = ESTABLISHED if call.error is None else CLOSE
        self._certain.append(_Stop(outcome, call.t + call.duration))

    def _shut(self, act: _Act, how: str) -> None:
        state = self._now
        self._shut_in = self._shut_in or how != "SHUT_WR"
        if state == LISTEN and how != "SHUT_WR":
            self._certain.append(_Stop(CLOSE, act.t, act.n))
        elif how != "SHUT_RD" or state == SYN_SENT:
            self._fin = self._fin or act
            if state == CLOSE_WAIT:
                self._certain.append(_Stop(LAST_ACK, act.t, act.n))

    def _closed(self, act: _Act, unread: bool) -> None:
        self._fin = self._fin or act
        if (self._may_abort or unread) and self._now not in _OVER:
            self._abort = act

    def _read_to_the_end(self, t: int) -> None:
        """End of stream: the peer's FIN, unless our own shutdown(2) made it look so."""
        if self._now == ESTABLISHED and self._fin is None and not self._shut_in:
            self._certain.append(_Stop(CLOSE_WAIT, t))

    def _failed(self, error: str, call: Call) -> None:
        """A call has reported an error: what it says of the connection."""
        broken = error in _ENDED or (error == "EPIPE" and self._fin is None)
        refused = error == "ECONNREFUSED" and self._now == SYN_SENT
        if (broken and self._now not in (CLOSE, LISTEN, TIME_WAIT)) or refused:
            self._certain.append(_Stop(CLOSE, call.t + call.duration))

    # What the kernel shows.

    @property
    def _now(self) -> str:
        """The last state that it certainly reached."""
        return self._certain[-1].state if self._certain else self.state

    @property
    def may_be_in_time_wait(self) -> bool:
        """Whether it may be there when its descriptor says CLOSE, which doesn't tell the two apart:
        without a FIN of ours there is no TIME_WAIT."""
        return self._fin is not None and self._now != CLOSE

    @property
    def asks_for_peer(self) -> bool:
        """Whether its peer's state would tell how it ended, should it be gone."""
        return self._may_be_passive(self._now)

    def _may_be_passive(self, now: str) -> bool:
        return self._abort is None and self._fin is not None and now in _PASSIVE

    def saw(
        self, state: str, t: int, *, expires: int | None = None, peer: str | None = None
    ) -> list[Step]:
        """The moves by which it came to `state`, in which a look found it at `t`.

        CLOSE is what a look finds that doesn't find it any more. `peer` is the state of its other
        end at that time, `expires` when the kernel will forget it; None where nobody knows.
        """
        if self._overtook(state, t):
            return []
        stops, self._certain = self._certain, []
        now = stops[-1].state if stops else self.state
        if state != now:
            stops += self._between(now, state, peer)
        if not stops:  # what is expected hadn't happened by then
            for one in self._expected.values():
                self._expected[one.state] = one._replace(t=max(one.t or t, t))
        return self._record(stops, t, "kernel", expires)

    def crossed(self, old: str, new: str, t: int, cause: int, *, proven: bool = True) -> list[Step]:
        """The moves that are known now that a segment, event `cause`, crossed the wire at `t`: it
        moves `old` to `new`. Nothing where that is recorded already, or can't follow.

        What isn't `proven` is recorded when a look or a call says so, with the wire's time. Where a
        call made the segment leave, that is the cause.
        """
        if self._has_been(new, t):
            return []
        call = self._call_behind(new)
        stop = _Stop(new, t, cause if call is None else call, "wire")
        if not proven:
            self._expected[new] = stop
            return []
        stops = self._up_to(old, new)
        if stops is None:
            return []
        expected = self._expected.pop(new, None)
        if expected is not None and expected.t is not None:
            stop = stop._replace(t=max(t, expected.t))
        expires = t + _TIME_WAIT if new == TIME_WAIT else None
        return self._record([*stops, stop], stop.t or t, "wire", expires)

    def _call_behind(self, new: str) -> int | None:
        """The program's call that led to a state, if one did and is known."""
        for stop in self._certain:
            if stop.state == new and stop.cause is not None:
                return stop.cause
        act = self._fin if new in (FIN_WAIT1, LAST_ACK) else None
        if new == SYN_SENT and self._connect is not None and self._connect.t >= self._t:
            act = self._connect
        elif new == CLOSE:
            act = self._abort
        return None if act is None else act.n

    def _has_been(self, state: str, t: int) -> bool:
        """Whether it is in a state, or was before the one that it is in."""
        if CLOSE in (state, self.state):  # any state may come before it or after it
            return state == self.state or t < self._t
        return _leads(state, self.state)

    def _overtook(self, state: str, t: int) -> bool:
        """Whether a look is from before what the wire has shown since."""
        if not self._by_wire or state == self.state:
            return False
        return t < self._t or (CLOSE not in (state, self.state) and _leads(state, self.state))

    def _has_begun(self, now: str, old: str) -> bool:
        """Whether it may have gone on to `old`; what is over does only with another connect(2)."""
        if now != CLOSE or old == CLOSE:
            return True
        return self._connect is not None and self._connect.t >= self._t

    def _up_to(self, old: str, new: str) -> list[_Stop] | None:
        """The stops that are left before the move from `old` to `new`; None where it can't be."""
        known = [stop.state for stop in self._certain]
        if new in known:
            at = known.index(new)
            stops, self._certain = self._certain[:at], self._certain[at + 1 :]
            return stops
        at = known.index(old) + 1 if old in known else 0
        now = known[at - 1] if at else self.state
        ahead = now != old and _leads(old, now) and bool(moves(now, new))
        if not ahead and not (_leads(now, old) and self._has_begun(now, old)):
            return None
        stops, self._certain = self._certain[:at], self._certain[at:]
        return stops if ahead else [*stops, *self._way(now, old)]

    def certain(self, t: int) -> list[Step]:
        """The moves that it certainly made by `t`, where no look can find it."""
        stops, self._certain = self._certain, []
        return self._record(stops, t, "call", None)

    def ended(self, t: int) -> list[Step]:
        """The moves that are left where no look will ever find it again."""
        steps = self.certain(t)
        if self.state != CLOSE:
            steps += self._record(self._between(self.state, CLOSE, None), t, "call", None)
        return steps

    def _between(self, now: str, state: str, peer: str | None) -> list[_Stop]:
        """The stops after `now`, `state` the last of them."""
        if state == CLOSE and peer == TIME_WAIT and self._may_be_passive(now):
            return [*self._way(now, LAST_ACK), _Stop(CLOSE)]
        if self.to_itself and state == TIME_WAIT and now in (ESTABLISHED, FIN_WAIT1):
            return [*self._way(now, CLOSING), _Stop(TIME_WAIT)]
        if self.to_itself and state == ESTABLISHED and now in (CLOSE, SYN_SENT):
            return [*self._way(now, SYN_RECV), _Stop(ESTABLISHED)]
        if state == CLOSE and self._abort is not None:
            return [_Stop(CLOSE, self._abort.t, self._abort.n)]
        return self._way(now, state)

    def _way(self, now: str, state: str) -> list[_Stop]:
        """Along the shortest path; through CLOSE where the socket has begun another life."""
        try:
            rows = path(now, state)
        except IllegalMove:
            rows = (*path(now, CLOSE), *path(CLOSE, state))
        stops = []
        for row in rows:
            act = self._act(row.event)
            stops.append(_Stop(row.new, act.t, act.n) if act else _Stop(row.new))
        return stops

    def _act(self, event: str) -> _Act | None:
        """The program's call that an event of the table is, if it is one and known."""
        if event == "connect":
            return self._connect
        return self._fin if event in ("close", "shutdown") else None

    def _record(
        self, stops: list[_Stop], t: int, source: Source, expires: int | None
    ) -> list[Step]:
        steps: list[Step] = []
        stops = [self._expected.pop(stop.state, stop) for stop in stops]
        for at, stop in enumerate(stops):
            # What has no time of its own came before what follows it.
            when = next((later.t for later in stops[at:] if later.t is not None), t)
            self._t = max(self._t, min(when, t))
            last = at == len(stops) - 1
            steps.append(
                Step(
                    self.state,
                    stop.state,
                    stop.source or (source if last else "call"),
                    self._t,
                    stop.cause,
                    expires if last else None,
                )
            )
            self.state = stop.state
            self._by_wire = steps[-1].source == "wire"
        if self.state == CLOSE:
            self._expected.clear()
        return steps


def _leads(old: str, new: str) -> bool:
    """Whether there is a way from one state to another."""
    try:
        path(old, new)
    except IllegalMove:
        return False
    return True
