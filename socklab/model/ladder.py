"""The ladder: what each program called and what crossed between them, a row an event.

Rows are data: which lane, which arrow, which bytes of the stream, who is blocked meanwhile. How
they are drawn isn't known here. Where nobody has seen the wire an arrow follows from the calls and
the states: a segment from the state that its sender came to, data from the send. Where frames were
seen, they are the arrows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from socklab.events import Address, AnyEvent, Call, Event, Fate, Frame, State, Wait
from socklab.i18n import _
from socklab.model.addresses import unmapped
from socklab.model.ladder_frames import frame_row
from socklab.model.ladder_lanes import Lanes
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_order import WAITED, Placed
from socklab.model.ladder_rows import Arrow, Course, Row
from socklab.model.ladder_streams import Span
from socklab.model.stacks import is_local
from socklab.model.tcp_machine import Segment
from socklab.model.transfers import SENDS
from socklab.model.units import size_text

__all__ = ["SHOWN", "Arrow", "Course", "Row", "destination", "rows"]

SHOWN: frozenset[type[Event]] = frozenset({Call, Wait, State})
"""The kinds of events that have a row each. So have frames, and the fates that they came to late.
"""

_NO_COURSES: Mapping[int, Course] = {}
_UNKNOWN = Course(None)


def rows(
    placed: Sequence[Placed],
    moment: Moment,
    lanes: Lanes,
    courses: Mapping[int, Course] = _NO_COURSES,
    ahead: Iterable[AnyEvent] = (),
) -> Iterator[Row]:
    """The rows of events that follow on `moment`, which goes on with them.

    `courses` are those of the frames, by the numbers of their events and of their late fates'.
    `ahead` are some of the events after these.
    """
    moment.foresee([*(event for event, _t in placed), *ahead])
    bars = _bars(moment, lanes)
    blocked = dict(moment.table.now_blocked)
    for event, t in placed:
        if type(event) is Frame or type(event) is Fate:
            seen = frame_row(event, t, courses.get(event.n, _UNKNOWN), moment, lanes)
            if seen is not None:
                yield seen._replace(bars=bars)
            continue
        crossing = None
        subject, told = "", False
        if type(event) is State:  # after it the socket may be forgotten
            subject, told = _subject(event, moment), _is_told(event, moment)
        span = moment.apply(event)
        if moment.table.now_blocked != blocked:
            bars, blocked = _bars(moment, lanes), dict(moment.table.now_blocked)
        if type(event) is Call:
            crossing = _call_crossing(event, span, moment)
            if crossing is not None and _is_seen(event, crossing, moment, lanes):
                crossing = _beside_frames(crossing)
        elif type(event) is State:
            told = told or _is_told(event, moment)
            crossing = None if told else _state_crossing(event, moment)
            if crossing is not None and (
                _are_apart(crossing, moment, lanes)
                or _leaves(event.sock, _remote(event, moment), moment, lanes)
            ):
                crossing = None
        lane = lanes.of(event, moment) or 0  # whose it is may have become known by the event
        row = Row(event, t, lane, bars=bars, subject=subject)
        yield _crossed(row, crossing, moment, lanes)


def _are_apart(crossing: _Crossing, moment: Moment, lanes: Lanes) -> bool:
    """Whether the two ends are on different hosts: what crosses then will be seen on the wire."""
    if crossing.other is None:
        return False
    programs = (moment.program(crossing.sock), moment.program(crossing.other))
    one, other = (lanes.stacks.get(program or "") for program in programs)
    return one is not None and other is not None and one.name != other.name


def _beside_frames(crossing: _Crossing) -> _Crossing | None:
    """What a frame doesn't say: which bytes of the stream a send handed over."""
    if crossing.datagram or len(crossing.labels) < 2:
        return None
    return crossing._replace(taken=True, labels=crossing.labels[1:])


def _is_seen(call: Call, crossing: _Crossing, moment: Moment, lanes: Lanes) -> bool:
    """Whether what the call sends shows on the wire."""
    if crossing.taken:
        return False
    row = moment.table.sockets.get(crossing.sock)
    local, remote = (None, None) if row is None else (row.local, row.remote)
    remote = destination(call) or remote
    if remote is not None and moment.wire.carries(local, remote):
        return True
    return _are_apart(crossing, moment, lanes) or _leaves(crossing.sock, remote, moment, lanes)


def _leaves(sock: int, remote: Address | None, moment: Moment, lanes: Lanes) -> bool:
    """Whether what a socket of a private host sends goes to another: the wire sees it, or there
    was nothing to see (a SYN whose ARP goes unanswered never leaves)."""
    row = moment.table.sockets.get(sock)
    if row is None or remote is None:
        return False
    # A moment of one connection has no events of programs.
    stack = lanes.stacks.get(row.program or "") or moment.table.stack_of(row)
    own, host = stack.addresses, unmapped(remote)[0]
    return bool(own) and host not in own and not is_local(host)


def _is_told(state: State, moment: Moment) -> bool:
    """Whether the segments of the connection are seen on the wire."""
    remote = _remote(state, moment)
    return remote is not None and moment.wire.carries(moment.ends(state)[0], remote)


def _remote(state: State, moment: Moment) -> Address | None:
    """The other end's address, as long as connect(2) hasn't returned the one that it was given."""
    return moment.ends(state)[1] or destination(moment.opening(state))


class _Crossing(NamedTuple):
    """What an event moves between two ends, before it is known which lanes those have."""

    sock: int
    labels: tuple[str, ...]
    other: int | None = None
    arrives: bool = False  # at `sock`, and was sent by the other
    taken: bool = False  # by the program from its own kernel
    datagram: bool = False


def _bars(moment: Moment, lanes: Lanes) -> frozenset[int]:
    waits = moment.table.now_blocked.values()
    return frozenset(lane for wait in waits if (lane := lanes.of(wait, moment)) is not None)


def _crossed(row: Row, crossing: _Crossing | None, moment: Moment, lanes: Lanes) -> Row:
    """The row with what it has besides its text."""
    event, lane = row.event, row.lane
    who = (event.program or "") if lane == lanes.rest and not lanes.single else ""
    waited = type(event) is Call and event.duration >= WAITED
    if crossing is None:
        return row._replace(who=who, waited=waited) if who or waited else row
    arrow = None if crossing.taken else _arrow(crossing, lane, moment, lanes)
    notes = _to_nowhere(crossing, event) if arrow is None else ()
    return row._replace(who=who, waited=waited, arrow=arrow, notes=notes)


def _to_nowhere(crossing: _Crossing, event: AnyEvent) -> tuple[str, ...]:
    """What an arrow would have said, had it another lane to go to."""
    if type(event) is not State:
        return crossing.labels
    words = _("gets {segment}") if crossing.arrives else _("sends {segment}")
    return tuple(words.format(segment=label) for label in crossing.labels)


def _arrow(crossing: _Crossing, lane: int, moment: Moment, lanes: Lanes) -> Arrow | None:
    if lanes.single:
        far: int | None = 1 - lane
    elif crossing.other is None:
        far = lanes.rest
    else:
        far = lanes.of_sock(crossing.other, moment)
    if far is None or far == lane:
        return None
    source, target = (far, lane) if crossing.arrives else (lane, far)
    return Arrow(source, target, crossing.labels, crossing.datagram)


# Segments: what a change of state says was sent.


def _state_crossing(state: State, moment: Moment) -> _Crossing | None:
    causes = moment.causes(state)
    sends = {row.sends for row in causes}
    other = _other_end(state, moment)
    sock = state.sock
    if moment.was_answered(sock) and state.new == "CLOSE" and state.old.startswith("FIN_WAIT"):
        sends = {Segment.RST}
    segment = sends.pop() if len(sends) == 1 else None
    if segment is not None:
        if segment == Segment.RST:
            moment.resets(sock)
        return _Crossing(sock, (segment.value,), other)
    if {row.event for row in causes} != {"receive RST"}:
        return None
    if other is not None and moment.has_reset(other):
        return None
    return _Crossing(sock, (Segment.RST.value,), other, arrives=True)


def _subject(state: State, moment: Moment) -> str:
    if state.fd is not None:
        return str(state.fd)
    local, remote = moment.ends(state)
    row = moment.table.sockets.get(state.sock)
    taken = row is None or row.listener is not None
    address = remote if taken and remote is not None else local
    return f"[{state.sock}]" if address is None else f":{address[1]}"


def _other_end(state: State, moment: Moment) -> int | None:
    peer = moment.peer(state.sock)
    if peer is not None:
        return peer
    remote = _remote(state, moment)
    return None if remote is None else moment.bound("tcp", remote)


# Data: what a send handed over, and what a receive took.


def _call_crossing(call: Call, span: Span | None, moment: Moment) -> _Crossing | None:
    sock, size = call.sock, call.result
    if sock is None or size is None or size < 0 or call.cut:
        return None
    if moment.is_datagram(sock):
        return _datagram(call, sock, size, moment) if call.name in SENDS else None
    if span is None:
        return None
    if call.name in SENDS:
        return _Crossing(sock, _sent(span, moment.exact), moment.peer(sock))
    labels = _taken(span) if moment.exact else ()
    return _Crossing(sock, labels, taken=True)


def _datagram(call: Call, sock: int, size: int, moment: Moment) -> _Crossing:
    row = moment.table.sockets.get(sock)
    to = destination(call) or (row.remote if row is not None else None)
    sender = row.local if row is not None else None
    other = None if to is None else moment.bound("udp", to, sender)
    return _Crossing(sock, (size_text(size),), other, datagram=True)


def destination(call: Call | Wait | None) -> Address | None:
    """The address that a call was given, if it was."""
    last = call.args[-1] if call is not None and call.args else None
    return last if isinstance(last, tuple) else None


def _sent(span: Span, exact: bool) -> tuple[str, ...]:
    size = size_text(span.stop - span.start)
    if not exact:
        return (size,)
    where = _stretch(span)
    if not span.first:
        return (f"{size} · {where}", where, size)
    number = f"#{span.first}"
    return (f"{number} · {size} · {where}", f"{number} {where}", number)


def _taken(span: Span) -> tuple[str, ...]:
    where = _stretch(span)
    if not span.first:
        return (where,)
    sends = f"#{span.first}" if span.first == span.last else f"#{span.first}–#{span.last}"
    if span.whole:
        return (f"{where} = {sends}", sends)
    return (_("{bytes} of {sends}", bytes=where, sends=sends), sends)


def _stretch(span: Span) -> str:
    """The bytes by their numbers, the last one included: `0–4`, and `7` for one."""
    last = span.stop - 1
    return f"{span.start:,}" if span.start == last else f"{span.start:,}–{last:,}"
