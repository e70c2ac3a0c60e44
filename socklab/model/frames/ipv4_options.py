"""What may stand behind an IPv4 header's 20 bytes: RFC 791, section 3.1, and RFC 2113.

Rare: Linux sends none of its own accord, and routers on the Internet drop most packets with any.
"""

from __future__ import annotations

from typing import NamedTuple

from socklab.i18n import _
from socklab.model.frames.reading import Reading, Row
from socklab.model.frames.values import hexadecimal, in_bytes, in_hex, ipv4, is_set, named

_END, _NOTHING = 0, 1
_RECORD, _STAMP, _LOOSE, _STRICT, _ALERT = 7, 68, 131, 137, 148


class _Option(NamedTuple):
    name: str
    label: str
    meaning: str


_OPTIONS = {
    _END: _Option("ip.options.eol", _("End of options"), _("what follows only fills up")),
    _NOTHING: _Option("ip.options.nop", _("No operation"), _("fills up to a whole word")),
    _RECORD: _Option(
        "ip.options.record_route", _("Record route"), _("each router writes its address in here")
    ),
    _STAMP: _Option(
        "ip.options.timestamp", _("Timestamps"), _("each router writes the time in here")
    ),
    _LOOSE: _Option(
        "ip.options.route", _("Loose source route"), _("by these routers, among others")
    ),
    _STRICT: _Option(
        "ip.options.source_route", _("Strict source route"), _("by these routers and no others")
    ),
    _ALERT: _Option(
        "ip.options.routeralert", _("Router alert"), _("each router should look into the packet")
    ),
}
_UNKNOWN = _Option("", _("Unknown option"), "")

_CLASSES = {0: _("control"), 2: _("debugging and measurement")}
_STAMP_FLAGS = {0: _("times only"), 1: _("addresses and times"), 3: _("of given addresses")}

# fmt: off
_TYPE = (
    Row("ip.opt.type", _("Type"), 0, 1),
    Row("ip.opt.type.copy", _("Copied"), 0, 1, _("stands in every fragment, not only in the first"),
        bits=(0, 0), text=is_set, depth=1),
    Row("ip.opt.type.class", _("Class"), 0, 1, bits=(1, 2), text=named(_CLASSES), depth=1),
    Row("ip.opt.type.number", _("Number"), 0, 1, bits=(3, 7), depth=1),
)
_LENGTH = Row("ip.opt.len", _("Length"), 1, 1, _("of the whole option"), text=in_bytes)
_POINTER = Row("ip.opt.ptr", _("Pointer"), 2, 1,
               _("where in the option the next router writes; the first byte is 1"))
_STAMP_HEAD = (
    _POINTER,
    Row("ip.opt.overflow", _("Overflow"), 3, 1, _("how many had no room"), bits=(0, 3)),
    Row("ip.opt.flag", _("Kind"), 3, 1, bits=(4, 7), text=named(_STAMP_FLAGS)),
)
_ALERT_VALUE = Row("ip.opt.ra", _("Value"), 2, 2, text=hexadecimal(4))
_STAMP_ADDRESS = Row("ip.opt.time_stamp_addr", _("Address"), 0, 4, read=ipv4)
_STAMP_TIME = Row("ip.opt.time_stamp", _("Time"), 0, 4, _("ms since midnight, UT"))
# fmt: on


def read(reading: Reading, start: int, stop: int) -> bytes | None:
    """The options, as fields. Where there is a source route that isn't done yet: its last address,
    which is the true receiver."""
    stop = min(stop, reading.part.stop)
    if start >= stop:
        return None
    reading.piece("", _("Options"), start, stop, text=in_hex)
    receiver = None
    at = start
    while at < min(stop, reading.have):
        kind = reading.data[at]
        size = 1 if kind in (_END, _NOTHING) else _size(reading, at, stop)
        if size == 0:
            reading.problems.append(_("an option's length can't be"))
            break
        option = _OPTIONS.get(kind, _UNKNOWN)
        reading.piece(option.name, option.label, at, at + size, option.meaning, in_hex, depth=1)
        reading.table(_TYPE, at, depth=2)
        if size > 1:
            reading.table([_LENGTH], at, depth=2)
            receiver = _contents(reading, kind, at, at + size) or receiver
        if kind == _END:
            break
        at += size
    return receiver


def _size(reading: Reading, at: int, stop: int) -> int:
    """How long the option says that it is; 0 for what can't be."""
    if at + 1 >= reading.have:
        return 0
    size = reading.data[at + 1]
    return size if 2 <= size <= stop - at else 0


def _contents(reading: Reading, kind: int, start: int, stop: int) -> bytes | None:
    """What is in the option; the last address of a source route that isn't done yet."""
    if stop > reading.have:
        return None
    if kind == _ALERT and stop - start == 4:
        reading.table([_ALERT_VALUE], start, depth=2)
    elif kind == _STAMP and stop - start >= 4:
        _stamps(reading, start, stop)
    elif kind in (_RECORD, _LOOSE, _STRICT) and stop - start >= 3:
        return _route(reading, kind, start, stop)
    else:
        reading.piece("", _("Data"), start + 2, stop, text=in_hex, depth=2)
    return None


def _route(reading: Reading, kind: int, start: int, stop: int) -> bytes | None:
    reading.table([_POINTER], start, depth=2)
    written = start + reading.data[start + 2] - 1
    for at in range(start + 3, stop - 3, 4):
        been = at < written
        name = "ip.rec_rt" if been else "ip.empty_rt" if kind == _RECORD else "ip.src_rt"
        label = _("Been at") if been else _("Empty") if kind == _RECORD else _("Still to go")
        reading.table([Row(name, label, 0, 4, read=ipv4)], at, depth=2)
    if kind != _RECORD and written + 4 <= stop and stop - start >= 7:
        return reading.data[stop - 4 : stop]
    return None


def _stamps(reading: Reading, start: int, stop: int) -> None:
    reading.table(_STAMP_HEAD, start, depth=2)
    with_address = reading.data[start + 3] & 15 != 0
    for at in range(start + 4, stop - (7 if with_address else 3), 8 if with_address else 4):
        if with_address:
            reading.table([_STAMP_ADDRESS], at, depth=2)
        reading.table([_STAMP_TIME], at + 4 if with_address else at, depth=2)
