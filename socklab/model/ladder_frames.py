"""Frames in a ladder: which lanes they go between, how far they get, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator

from socklab.events import Address, Fate, Frame
from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.analysis import Seen
from socklab.model.analysis_remarks import Kind
from socklab.model.escaping import plain
from socklab.model.frames import Outline, flag_names, frame_line
from socklab.model.frames.tcp import SYN
from socklab.model.ladder_lanes import Lanes
from socklab.model.ladder_moment import Moment
from socklab.model.ladder_rows import Arrow, Course, Ending, Flight, Row, is_late
from socklab.model.units import duration_text, size_text

_AGAIN = frozenset({Kind.RETRANSMISSION, Kind.FAST_RETRANSMISSION, Kind.SPURIOUS_RETRANSMISSION})
_NAMES = {"arp": "ARP", "icmp": "ICMP", "icmpv6": "ICMPv6", "ip": "IP", "other": "Ethernet"}
_LOST = "loss"
_WORDS = {
    _LOST: _("lost"),
    "rule": _("rule"),
    "by hand": _("by hand"),
    "queue full": _("queue full"),
    "unplugged": _("unplugged"),
}


def frame_row(
    event: Frame | Fate, t: int | None, course: Course, moment: Moment, lanes: Lanes
) -> Row | None:
    """The row of a frame, or of the fate that it came to later; None for a fate that the frame's
    own row shows, and for that of an unknown frame. `moment` goes on with it."""
    if type(event) is Fate:
        arrived = moment.wire.apply(event)
        frame = course.frame
        if frame is None or not is_late(event):
            return None
        return _fate_row(event, frame, t, course, _remarks(arrived), moment, lanes)
    assert isinstance(event, Frame)
    look, seen = moment.wire.look(event), moment.wire.apply(event)
    flight = _flight(course)
    row = _row(event, event, look, t, flight, seen, moment, lanes)
    if row.arrow is None:
        return row
    remarks = _remarks(seen)
    if event.cause is not None:
        remarks = (_("a copy, made by the wire"), _("a copy"))
    if flight.changed:
        remarks = (*(f"{_('a bit changed')} · {remark}" for remark in remarks), _("a bit changed"))
    return row._replace(remarks=remarks, numbers=_numbers(look, seen, moment.exact))


def _fate_row(
    fate: Fate,
    frame: Frame,
    t: int | None,
    course: Course,
    remarks: tuple[str, ...],
    moment: Moment,
    lanes: Lanes,
) -> Row:
    look = moment.wire.look(frame)
    held = any(other.verdict == "held" for other in course.fates)
    flight = _ended(fate)._replace(arrives=True, held=held, why="")
    row = _row(fate, frame, look, t, flight, None, moment, lanes)
    if row.arrow is None:
        return row
    seq = moment.wire.seq(frame) if moment.exact else None
    numbers = () if seq is None else (f"seq={seq}",)
    return row._replace(remarks=tuple(_told_late(fate, remarks)), numbers=numbers)


def _told_late(fate: Fate, remarks: tuple[str, ...]) -> Iterator[str]:
    """What became of a frame in the end, the longest first."""
    time = duration_text(fate.delay)
    after = _("after {time}", time=time)
    if fate.verdict == "dropped":
        mark = f"✗ {_word(fate.why)}".rstrip()
        yield f"{mark} {after}"
        yield mark
        return
    if fate.verdict == "corrupted":
        remarks = (*remarks, _("a bit changed"))
    for remark in remarks:
        yield f"{after} · {remark}"
    for remark in remarks[-1:]:
        yield f"{time} · {remark}"
    yield after


def _flight(course: Course) -> Flight:
    """How far a frame's own row shows it to get."""
    held = False
    for fate in course.fates:
        if fate.verdict == "held":
            held = True
        elif not is_late(fate):
            return _ended(fate)
    return Flight(Ending.HELD if held else Ending.UNDER_WAY, held=held)


def _ended(fate: Fate) -> Flight:
    if fate.verdict == "dropped":
        return Flight(Ending.DROPPED, why=_word(fate.why))
    return Flight(Ending.ARRIVED, changed=fate.verdict == "corrupted")


def _word(why: str | None) -> str:
    if why is None:
        return ""
    return _WORDS.get(_LOST if why.startswith(_LOST) else why) or plain(why)


def _row(
    event: Frame | Fate,
    frame: Frame,
    look: Outline,
    t: int | None,
    flight: Flight,
    seen: Seen | None,
    moment: Moment,
    lanes: Lanes,
) -> Row:
    """Where it goes, and what it is."""
    source, target = _ends(look, frame, moment, lanes)
    labels = _labels(look, seen, moment.exact)
    lane = target if flight.arrives else source
    if lane is None:
        lane = source if target is None else target
    if source is None or target is None or source == target:
        told = tuple(_alone(label, look, flight) for label in labels[-2:])
        return Row(event, t, lane or 0, remarks=told)
    return Row(event, t, lane or 0, arrow=Arrow(source, target, labels, flight=flight))


def _alone(label: str, look: Outline, flight: Flight) -> str:
    """What stands in the place of an arrow that has nowhere to go."""
    if look.source[1] or look.destination[1]:
        way = f"{address_text(look.source)} → {address_text(look.destination)}"
    else:
        way = f"{look.source[0]} → {look.destination[0]}"
    end = f" ✗ {flight.why}".rstrip() if flight.ending is Ending.DROPPED else ""
    return f"{label}: {way}{end}"


# Between which lanes


def _ends(
    look: Outline, frame: Frame, moment: Moment, lanes: Lanes
) -> tuple[int | None, int | None]:
    if lanes.single:
        return _of_two(look, lanes)
    source = _lane(look, look.source, look.destination, frame.sender, moment, lanes)
    target = _lane(look, look.destination, look.source, frame.receiver, moment, lanes)
    return source, target


def _of_two(look: Outline, lanes: Lanes) -> tuple[int, int]:
    source, target = lanes.ends.get(look.source), lanes.ends.get(look.destination)
    if source is None or source == target:
        source = 0 if target is None else 1 - target
    return source, 1 - source


def _lane(
    look: Outline, here: Address, there: Address, host: str, moment: Moment, lanes: Lanes
) -> int | None:
    """The lane of whoever has the socket at this end; else of somebody on that host."""
    programs = lanes.on_host(host)
    if look.kind == "tcp" or look.kind == "udp":
        sock = moment.end(look.kind, here, there, programs)
        if sock is not None:
            return lanes.of_sock(sock, moment)
        for wait in moment.table.now_blocked.values():
            if wait.name == "connect" and wait.program in programs and there in wait.args:
                return lanes.of_program(wait.program)
    there_too = (lane for name, lane in lanes.programs.items() if name in programs)
    return next(there_too, lanes.rest)


# What is said


def _labels(look: Outline, seen: Seen | None, exact: bool) -> tuple[str, ...]:
    """The longest first."""
    if look.kind != "tcp":
        if look.kind == "udp":
            size = size_text(look.length)
            return (f"UDP {size}", size)
        name = _NAMES[look.kind]
        return (f"{name} · {frame_line(look)}", name, name)
    flags = flag_names(look.flags) or _("none")
    if not look.length:
        short, shortest = flags, flags
    else:
        shortest = size_text(look.length)
        short = f"{flags} {shortest}"
    longer = _sequence(look, seen, exact)
    return (f"{short} · {longer}", short, shortest) if longer else (short, shortest)


def _sequence(look: Outline, seen: Seen | None, exact: bool) -> str:
    """`seq=1 ack=1`, counted from the connection's beginning, if that is known."""
    if seen is None or not (exact or look.flags & SYN):
        return ""
    return f"seq={seen.seq}" + ("" if seen.ack is None else f" ack={seen.ack}")


def _numbers(look: Outline, seen: Seen | None, exact: bool) -> tuple[str, ...]:
    """`seq=1 ack=1 win=502 len=5`, the longest first; for what isn't TCP, what else there is."""
    if look.kind != "tcp":
        return (frame_line(look),)
    sequence = _sequence(look, seen, exact)
    window = seen.window if seen is not None and (exact or look.flags & SYN) else look.window
    size = f"len={look.length}"
    opened = f"{sequence} win={window}".strip()
    whole = f"{opened} {size}"
    return (whole, opened, sequence)


def _remarks(seen: Seen | None) -> tuple[str, ...]:
    """Why it was sent, as far as anybody knows; the longest first."""
    if seen is None or not seen.remarks:
        return ()
    first = seen.remarks[0]
    texts = [" · ".join(remark.text for remark in seen.remarks)]
    if first.cause is not None and first.kind in _AGAIN:
        texts.append(_("again {because}", because=first.cause.text))
    return (*texts, " · ".join(remark.title for remark in seen.remarks), first.title)
