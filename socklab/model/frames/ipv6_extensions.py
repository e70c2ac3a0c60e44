"""What may stand between an IPv6 header and what the packet carries: RFC 8200, section 4.

Every extension header has 8 bytes or more, so there are only so many in a packet.
"""

from __future__ import annotations

from typing import NamedTuple

from socklab.i18n import _
from socklab.model.frames.names import PROTOCOLS
from socklab.model.frames.reading import Reading, Row
from socklab.model.frames.values import (
    hexadecimal,
    in_bytes,
    in_hex,
    ipv6,
    is_set,
    named,
    number,
    raw,
)

HOP_BY_HOP, ROUTING, FRAGMENT, NOTHING, DESTINATION = 0, 43, 44, 59, 60
_UNIT = 8
_PAD1, _PADN, _ROUTER_ALERT, _JUMBO = 0, 1, 5, 0xC2

_OPTIONS = {
    _PAD1: _("padding"),
    _PADN: _("padding"),
    _ROUTER_ALERT: _("router alert"),
    _JUMBO: _("jumbo payload"),
}
_ACTIONS = {
    0: _("skip it"),
    1: _("drop the packet"),
    2: _("drop it and say so"),
    3: _("drop it and say so, unless it is multicast"),
}
_LABELS = {
    HOP_BY_HOP: ("ipv6.hopopts", _("Hop-by-hop options")),
    DESTINATION: ("ipv6.dstopts", _("Destination options")),
    ROUTING: ("ipv6.routing", _("Routing header")),
    FRAGMENT: ("ipv6.fraghdr", _("Fragment header")),
}
_MEANINGS = {
    HOP_BY_HOP: _("for every router on the way"),
    DESTINATION: _("for the receiver"),
    ROUTING: _("which routers to go by"),
    FRAGMENT: _("this is a piece of a larger packet; in IPv6 only the sender makes them"),
}


class Behind(NamedTuple):
    """What follows the extension headers. `receiver`: the true one, where the header's destination
    is only the next router."""

    protocol: int
    start: int
    fragment: bool
    later_fragment: bool
    receiver: bytes | None


def _length(data: bytes) -> int:
    return (data[0] + 1) * _UNIT


def _head(name: str) -> tuple[Row, ...]:
    return (
        Row(f"{name}.nxt", _("Next header"), 0, 1, text=named(PROTOCOLS)),
        Row(f"{name}.len", _("Length"), 1, 1, _("in units of 8 bytes, without the first")),
        Row(f"{name}.len_oct", _("Length"), 1, 1, read=_length, text=in_bytes),
    )


def _offset_text(value: int) -> str:
    return f"{value} ({in_bytes(value * _UNIT)})" if value else "0"


# fmt: off
_FRAGMENT = (
    Row("ipv6.fraghdr.nxt", _("Next header"), 0, 1, text=named(PROTOCOLS)),
    Row("ipv6.fraghdr.reserved_octet", _("Reserved"), 1, 1, text=hexadecimal(2)),
    Row("ipv6.fraghdr.offset", _("Offset"), 2, 2,
        _("in units of 8 bytes: so far behind the packet's beginning this fragment belongs"),
        bits=(0, 12), text=_offset_text),
    Row("ipv6.fraghdr.reserved_bits", _("Reserved"), 2, 2, bits=(13, 14)),
    Row("ipv6.fraghdr.more", _("More fragments"), 2, 2, _("not set in the last one"),
        bits=(15, 15), text=is_set),
    Row("ipv6.fraghdr.ident", _("Identification"), 4, 4,
        _("the same in all fragments of one packet"), text=hexadecimal(8)),
)
_ROUTING = (
    *_head("ipv6.routing"),
    Row("ipv6.routing.type", _("Type"), 2, 1, _("0 is obsolete (RFC 5095)")),
    Row("ipv6.routing.segleft", _("Segments left"), 3, 1, _("how many routers are still to go")),
)
_ROUTING_RESERVED = Row("ipv6.routing.src.reserved", _("Reserved"), 4, 4, read=raw, text=in_hex)
_ROUTING_ADDRESS = Row("ipv6.routing.src.addr", _("Address"), 0, 16, read=ipv6)
_OPTION_HEAD = (
    Row("ipv6.opt.type", _("Type"), 0, 1, text=named(_OPTIONS)),
    Row("ipv6.opt.type.action", _("If not known"), 0, 1, bits=(0, 1), text=named(_ACTIONS),
        depth=1),
    Row("ipv6.opt.type.change", _("May change on the way"), 0, 1, bits=(2, 2), text=is_set,
        depth=1),
    Row("ipv6.opt.type.rest", _("Number"), 0, 1, bits=(3, 7), text=hexadecimal(2), depth=1),
    Row("ipv6.opt.length", _("Length"), 1, 1, _("of the data behind it"), text=in_bytes),
)
_ONE_BYTE = (
    _OPTION_HEAD[0],
    Row("ipv6.opt.pad1", _("Data"), 0, 1, read=raw, text=in_hex),
)
_ALERT = Row("ipv6.opt.router_alert", _("Router alert"), 2, 2,
             _("each router should look into the packet"), text=named({0: "MLD", 1: "RSVP"}))
_JUMBO_LENGTH = Row("ipv6.opt.jumbo", _("Jumbo payload length"), 2, 4, text=in_bytes)
# fmt: on


_ROWS = {
    HOP_BY_HOP: _head("ipv6.hopopts"),
    DESTINATION: _head("ipv6.dstopts"),
    ROUTING: _ROUTING,
    FRAGMENT: _FRAGMENT,
}


def read(reading: Reading, following: int, start: int, stop: int) -> Behind | None:
    """The extension headers as fields; None where what the packet carries isn't reached."""
    fragment = later = False
    receiver: bytes | None = None
    while following in _LABELS and not later:
        end = _end(reading, following, start, stop)
        name, label = _LABELS[following]
        reading.piece(name, label, start, min(end, stop), _MEANINGS[following], in_hex)
        whole = reading.table(_ROWS[following], start, depth=1)
        if whole and following == ROUTING:
            receiver = _route(reading, start, min(end, stop)) or receiver
        elif whole and following in (HOP_BY_HOP, DESTINATION):
            _options(reading, start + 2, min(end, stop))
        if end > min(stop, reading.have):
            _cut(reading, end, stop)
            return None
        if following == FRAGMENT:
            place = number(reading.data[start + 2 : start + 4])
            fragment, later = bool(place & 0xFFF9), bool(place & 0xFFF8)
        following, start = reading.data[start], end
    return Behind(following, start, fragment, later, receiver)


def _end(reading: Reading, kind: int, start: int, stop: int) -> int:
    """Where this extension header ends, by what it says itself."""
    if kind == FRAGMENT or start + 2 > min(stop, reading.have):
        return start + _UNIT
    return start + _length(reading.data[start + 1 : start + 2])


def _cut(reading: Reading, end: int, stop: int) -> None:
    """A problem: an extension header isn't all there."""
    if end <= stop:
        reading.too_short(end)
    elif not reading.part.quoted:
        reading.problems.append(_("an extension header goes beyond the packet's end"))


def _route(reading: Reading, start: int, end: int) -> bytes | None:
    """The last address of the way, where it isn't reached yet."""
    kind, left = reading.data[start + 2], reading.data[start + 3]
    if kind != 0:
        reading.piece("", _("Data"), start + 4, end, text=in_hex, depth=1)
        return None
    reading.table([_ROUTING_RESERVED], start, depth=1)
    for at in range(start + _UNIT, end - 15, 16):
        if not reading.table([_ROUTING_ADDRESS], at, depth=1):
            return None
    return reading.data[end - 16 : end] if left and end - start >= _UNIT + 16 else None


def _options(reading: Reading, start: int, end: int) -> None:
    at = start
    while at < min(end, reading.have):
        kind = reading.data[at]
        if kind == _PAD1:
            reading.piece("ipv6.opt", _("Option"), at, at + 1, "", _option_text, depth=1)
            reading.table(_ONE_BYTE, at, depth=2)
            at += 1
            continue
        size = 2 + reading.data[at + 1] if at + 1 < min(end, reading.have) else 0
        if size == 0 or at + size > end:
            if end <= reading.have:
                reading.problems.append(_("an option's length can't be"))
            return
        reading.piece("ipv6.opt", _("Option"), at, at + size, "", _option_text, depth=1)
        if reading.table(_OPTION_HEAD, at, depth=2):
            _option_data(reading, kind, at, at + size)
        at += size


def _option_text(option: bytes) -> str:
    return _OPTIONS.get(option[0]) or _("unknown")


def _option_data(reading: Reading, kind: int, start: int, end: int) -> None:
    if kind == _ROUTER_ALERT and end - start == 4:
        reading.table([_ALERT], start, depth=2)
    elif kind == _JUMBO and end - start == 6:
        reading.table([_JUMBO_LENGTH], start, depth=2)
    else:
        name = "ipv6.opt.padn" if kind == _PADN else "ipv6.opt.unknown"
        reading.piece(name, _("Data"), start + 2, end, text=in_hex, depth=2)
