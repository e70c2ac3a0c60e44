"""ICMP: RFC 792; the MTU of the next hop is RFC 1191's."""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.values import hexadecimal, in_hex, ipv4, named, raw

HEADER = 8
ECHO_REPLY, UNREACHABLE, REDIRECT, ECHO_REQUEST = 0, 3, 5, 8
TIME_EXCEEDED, PARAMETER_PROBLEM, TIMESTAMP, TIMESTAMP_REPLY = 11, 12, 13, 14
_SOURCE_QUENCH, FRAGMENTATION_NEEDED = 4, 4

TYPES = {
    ECHO_REPLY: _("echo reply"),
    UNREACHABLE: _("destination unreachable"),
    _SOURCE_QUENCH: _("source quench"),
    REDIRECT: _("redirect"),
    ECHO_REQUEST: _("echo request"),
    9: _("router advertisement"),
    10: _("router solicitation"),
    TIME_EXCEEDED: _("time exceeded"),
    PARAMETER_PROBLEM: _("parameter problem"),
    TIMESTAMP: _("timestamp request"),
    TIMESTAMP_REPLY: _("timestamp reply"),
    17: _("address mask request"),
    18: _("address mask reply"),
}
CODES = {
    UNREACHABLE: {
        0: _("network unreachable"),
        1: _("host unreachable"),
        2: _("protocol unreachable"),
        3: _("port unreachable"),
        FRAGMENTATION_NEEDED: _("fragmentation needed"),
        5: _("source route failed"),
        6: _("network unknown"),
        7: _("host unknown"),
        9: _("network prohibited"),
        10: _("host prohibited"),
        13: _("administratively prohibited"),
    },
    REDIRECT: {0: _("for the network"), 1: _("for the host")},
    TIME_EXCEEDED: {0: _("in transit"), 1: _("while waiting for fragments")},
    PARAMETER_PROBLEM: {0: _("the pointer says where"), 1: _("an option is missing")},
}
ERRORS = frozenset({UNREACHABLE, _SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM})
"""Messages about a packet, whose beginning they quote."""

_MEANINGS = {
    ECHO_REPLY: _("the answer to a ping"),
    UNREACHABLE: _("a packet couldn't be delivered; whose, stands below"),
    REDIRECT: _("there is a better way for this packet"),
    ECHO_REQUEST: _("a ping: the kernel answers by itself"),
    TIME_EXCEEDED: _("a packet has crossed too many routers, or its fragments didn't all come"),
    PARAMETER_PROBLEM: _("a packet's header makes no sense"),
}
_CODE_MEANINGS = {
    (UNREACHABLE, 1): _("the last router gets no answer to its ARP: a program sees EHOSTUNREACH"),
    (UNREACHABLE, 3): _("no socket has that port: a connected UDP socket sees ECONNREFUSED"),
    (UNREACHABLE, FRAGMENTATION_NEEDED): _("too large for the next link, and not to be "
                                            "fragmented: the sender takes smaller ones"),
}  # fmt: skip

# fmt: off
_TYPE = Row("icmp.type", _("Type"), 0, 1, lambda value: _MEANINGS.get(value, ""),
            text=named(TYPES))
_CHECKSUM = Row("icmp.checksum", _("Checksum"), 2, 2, _("over the whole message"),
                text=hexadecimal(4))


def _unused(at: int, size: int) -> Row:
    return Row("icmp.unused", _("Unused"), at, size, read=raw, text=in_hex)


_ECHO = (
    Row("icmp.ident", _("Identifier"), 4, 2, _("which program's ping it is")),
    Row("icmp.seq", _("Sequence number"), 6, 2, _("which of its pings")),
)
_MTU = (
    _unused(4, 2),
    Row("icmp.mtu", _("MTU of the next hop"), 6, 2, _("so large may a packet be")),
)
_GATEWAY = (
    Row("icmp.redir_gw", _("Gateway"), 4, 4, _("the router to use instead"), read=ipv4),
)
_POINTER = (
    Row("icmp.pointer", _("Pointer"), 4, 1, _("the byte of the packet where the fault is")),
    _unused(5, 3),
)
_TIMES = (
    *_ECHO,
    Row("icmp.originate_timestamp", _("Originated"), 8, 4, _("ms since midnight, UT")),
    Row("icmp.receive_timestamp", _("Received"), 12, 4, _("ms since midnight, UT")),
    Row("icmp.transmit_timestamp", _("Transmitted"), 16, 4, _("ms since midnight, UT")),
)
# fmt: on


def _rows(kind: int, code: int) -> tuple[Row, ...]:
    """What stands behind type, code and checksum."""
    if kind == UNREACHABLE and code == FRAGMENTATION_NEEDED:
        return _MTU
    return {
        ECHO_REPLY: _ECHO,
        ECHO_REQUEST: _ECHO,
        REDIRECT: _GATEWAY,
        PARAMETER_PROBLEM: _POINTER,
        TIMESTAMP: _TIMES,
        TIMESTAMP_REPLY: _TIMES,
        UNREACHABLE: (_unused(4, 4),),
        TIME_EXCEEDED: (_unused(4, 4),),
    }.get(kind, ())


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
    if not reading.table(
        [Row("icmp.code", _("Code"), 1, 1, meaning, text=named(CODES.get(kind, {}))), _CHECKSUM]
    ):
        return reading, None
    reading.verified("icmp.checksum.status", start + 2, start, part.stop, partial=part.partial)
    if not reading.table(_rows(kind, code)):
        return reading, None
    if kind in ERRORS and not part.quoted:
        return reading, part.inner("IPv4", start + HEADER, quoted=True)
    return reading, part.inner("Data", reading.stop)


def said(kind: int, code: int) -> str:
    """What a message says in a few words, by its type and code."""
    told = TYPES.get(kind) or _("type {kind}", kind=kind)
    why = CODES.get(kind, {}).get(code)
    if why is None:
        return told
    return why if kind == UNREACHABLE else f"{told} ({why})"
