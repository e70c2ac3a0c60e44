"""ICMPv6: RFC 4443 (errors and echo), RFC 4861 (neighbour discovery), RFC 2710 and 3810 (multicast
listeners)."""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.frames import icmpv6_listeners, icmpv6_neighbours
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.udp import pseudo_header
from socklab.model.frames.values import hexadecimal, in_bytes, in_hex, named, raw

HEADER = 8
_PROTOCOL = 58
UNREACHABLE, TOO_BIG, TIME_EXCEEDED, PARAMETER_PROBLEM = 1, 2, 3, 4
ECHO_REQUEST, ECHO_REPLY = 128, 129
ERRORS = frozenset({UNREACHABLE, TOO_BIG, TIME_EXCEEDED, PARAMETER_PROBLEM})
"""Messages about a packet, whose beginning they quote."""

TYPES = {
    UNREACHABLE: _("destination unreachable"),
    TOO_BIG: _("packet too big"),
    TIME_EXCEEDED: _("time exceeded"),
    PARAMETER_PROBLEM: _("parameter problem"),
    ECHO_REQUEST: _("echo request"),
    ECHO_REPLY: _("echo reply"),
    **icmpv6_listeners.TYPES,
    **icmpv6_neighbours.TYPES,
}
CODES = {
    UNREACHABLE: {
        0: _("no route"),
        1: _("administratively prohibited"),
        2: _("beyond the scope of the source address"),
        3: _("address unreachable"),
        4: _("port unreachable"),
        5: _("source address refused"),
        6: _("route refused"),
    },
    TIME_EXCEEDED: {0: _("in transit"), 1: _("while waiting for fragments")},
    PARAMETER_PROBLEM: {
        0: _("a header field makes no sense"),
        1: _("an unknown next header"),
        2: _("an unknown option"),
    },
}
_MEANINGS = {
    UNREACHABLE: _("a packet couldn't be delivered; whose, stands below"),
    TOO_BIG: _("too large for the next link: IPv6's routers don't fragment, the sender takes less"),
    TIME_EXCEEDED: _("a packet has crossed too many routers, or its fragments didn't all come"),
    PARAMETER_PROBLEM: _("a packet's header makes no sense"),
    ECHO_REQUEST: _("a ping: the kernel answers by itself"),
    ECHO_REPLY: _("the answer to a ping"),
    **icmpv6_listeners.MEANINGS,
    **icmpv6_neighbours.MEANINGS,
}
_CODE_MEANINGS = {
    (UNREACHABLE, 3): _("neighbour discovery got no answer: a program sees EHOSTUNREACH"),
    (UNREACHABLE, 4): _("no socket has that port: a connected UDP socket sees ECONNREFUSED"),
}

# fmt: off
_TYPE = Row("icmpv6.type", _("Type"), 0, 1, lambda value: _MEANINGS.get(value, ""),
            text=named(TYPES))
_CHECKSUM = Row("icmpv6.checksum", _("Checksum"), 2, 2, _("over the addresses and the message"),
                text=hexadecimal(4))
_ECHO = (
    Row("icmpv6.echo.identifier", _("Identifier"), 4, 2, _("which program's ping it is"),
        text=hexadecimal(4)),
    Row("icmpv6.echo.sequence_number", _("Sequence number"), 6, 2, _("which of its pings")),
)
_UNUSED = (Row("icmpv6.reserved", _("Reserved"), 4, 4, read=raw, text=in_hex),)
_ROWS = {
    ECHO_REQUEST: _ECHO,
    ECHO_REPLY: _ECHO,
    UNREACHABLE: _UNUSED,
    TIME_EXCEEDED: _UNUSED,
    TOO_BIG: (Row("icmpv6.mtu", _("MTU"), 4, 4, _("so large may a packet be"), text=in_bytes),),
    PARAMETER_PROBLEM: (Row("icmpv6.pointer", _("Pointer"), 4, 4,
                            _("the byte of the packet where the fault is")),),
}
# fmt: on


def read(part: Part) -> tuple[Reading, Part | None]:
    """The message; behind it what it quotes, or what a ping carries."""
    reading = Reading(part)
    start = part.start
    if not reading.table([_TYPE]) or start + 2 > reading.have:
        reading.table([_CHECKSUM])
        return reading, None
    kind, code = part.data[start], part.data[start + 1]
    meaning = _CODE_MEANINGS.get((kind, code), "")
    reading.summary = said(kind, code)
    row = Row("icmpv6.code", _("Code"), 1, 1, meaning, text=named(CODES.get(kind, {})))
    if not reading.table([row, _CHECKSUM]):
        return reading, None
    pseudo = pseudo_header(part.pseudo, _PROTOCOL, part.stop - start)
    name = "icmpv6.checksum.status"
    reading.verified(name, start + 2, start, part.stop, pseudo, part.partial)
    if kind in icmpv6_neighbours.TYPES:
        return reading, icmpv6_neighbours.read(reading, kind)
    if kind in icmpv6_listeners.TYPES:
        icmpv6_listeners.read(reading, kind)
        return reading, None
    if not reading.table(_ROWS.get(kind, ())):
        return reading, None
    if kind in ERRORS and not part.quoted:
        return reading, part.inner("IPv6", start + HEADER, quoted=True)
    return reading, part.inner("Data", reading.stop)


def said(kind: int, code: int) -> str:
    """What a message says in a few words, by its type and code."""
    told = TYPES.get(kind) or _("type {kind}", kind=kind)
    why = CODES.get(kind, {}).get(code)
    if why is None:
        return told
    return why if kind == UNREACHABLE else f"{told} ({why})"
