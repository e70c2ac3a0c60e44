"""Neighbour discovery: RFC 4861, with the options of RFC 3971 (nonce) and RFC 8106 (DNS servers).

It is IPv6's ARP, and more: routers tell here how hosts get their addresses.
"""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.values import (
    hexadecimal,
    in_bytes,
    in_hex,
    ipv6,
    is_set,
    mac,
    named,
    raw,
)

ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 133, 134
SOLICITATION, ADVERTISEMENT, REDIRECT = 135, 136, 137

TYPES = {
    ROUTER_SOLICITATION: _("router solicitation"),
    ROUTER_ADVERTISEMENT: _("router advertisement"),
    SOLICITATION: _("neighbour solicitation"),
    ADVERTISEMENT: _("neighbour advertisement"),
    REDIRECT: _("redirect"),
}
MEANINGS = {
    ROUTER_SOLICITATION: _("is there a router?"),
    ROUTER_ADVERTISEMENT: _("a router is here; this is how to get an address"),
    SOLICITATION: _("who has this address? What ARP's request is to IPv4"),
    ADVERTISEMENT: _("it is here: what ARP's reply is to IPv4"),
    REDIRECT: _("there is a better way to this address"),
}

_SOURCE, _TARGET, _PREFIX, _QUOTE, _MTU, _NONCE, _DNS = 1, 2, 3, 4, 5, 14, 25
_OPTIONS = {
    _SOURCE: _("source link-layer address"),
    _TARGET: _("target link-layer address"),
    _PREFIX: _("prefix"),
    _QUOTE: _("redirected packet"),
    _MTU: _("MTU"),
    _NONCE: _("nonce"),
    _DNS: _("DNS servers"),
}
_UNIT = 8


def _reserved(at: int, size: int) -> Row:
    return Row("icmpv6.reserved", _("Reserved"), at, size, read=raw, text=in_hex)


def _option_reserved(at: int, size: int) -> Row:
    return Row("icmpv6.opt.reserved", _("Reserved"), at, size, read=raw, text=in_hex)


def _bit(name: str, label: str, at: int, size: int, bit: int, meaning: str = "") -> Row:
    return Row(name, label, at, size, meaning, (bit, bit), text=is_set, depth=1)


# fmt: off
_ROWS = {
    ROUTER_SOLICITATION: (_reserved(4, 4),),
    ROUTER_ADVERTISEMENT: (
        Row("icmpv6.nd.ra.cur_hop_limit", _("Hop limit"), 4, 1, _("hosts should begin with it")),
        Row("icmpv6.nd.ra.flag", _("Flags"), 5, 1, text=hexadecimal(2)),
        _bit("icmpv6.nd.ra.flag.m", _("Managed"), 5, 1, 0, _("addresses come by DHCPv6")),
        _bit("icmpv6.nd.ra.flag.o", _("Other"), 5, 1, 1, _("all else comes by DHCPv6")),
        _bit("icmpv6.nd.ra.flag.h", _("Home agent"), 5, 1, 2),
        Row("icmpv6.nd.ra.flag.prf", _("Preference"), 5, 1, bits=(3, 4), depth=1,
            text=named({0: _("medium"), 1: _("high"), 3: _("low")})),
        _bit("icmpv6.nd.ra.flag.p", _("Proxy"), 5, 1, 5),
        Row("icmpv6.nd.ra.flag.rsv", _("Reserved"), 5, 1, bits=(6, 7), depth=1),
        Row("icmpv6.nd.ra.router_lifetime", _("Router lifetime"), 6, 2,
            _("seconds; 0: not a default router")),
        Row("icmpv6.nd.ra.reachable_time", _("Reachable time"), 8, 4, _("ms; 0: not said")),
        Row("icmpv6.nd.ra.retrans_timer", _("Retransmission timer"), 12, 4, _("ms; 0: not said")),
    ),
    SOLICITATION: (
        _reserved(4, 4),
        Row("icmpv6.nd.ns.target_address", _("Target"), 8, 16, _("whose link-layer address is "
            "asked for"), read=ipv6),
    ),
    ADVERTISEMENT: (
        Row("icmpv6.nd.na.flag", _("Flags"), 4, 4, text=hexadecimal(8)),
        _bit("icmpv6.nd.na.flag.r", _("Router"), 4, 4, 0, _("its sender is a router")),
        _bit("icmpv6.nd.na.flag.s", _("Solicited"), 4, 4, 1, _("an answer to a solicitation")),
        _bit("icmpv6.nd.na.flag.o", _("Override"), 4, 4, 2, _("forget what was known before")),
        Row("icmpv6.nd.na.flag.rsv", _("Reserved"), 4, 4, bits=(3, 31), depth=1),
        Row("icmpv6.nd.na.target_address", _("Target"), 8, 16, _("whose link-layer address this "
            "tells"), read=ipv6),
    ),
    REDIRECT: (
        _reserved(4, 4),
        Row("icmpv6.nd.rd.target_address", _("Target"), 8, 16, _("the better next hop"), read=ipv6),
        Row("icmpv6.rd.na.destination_address", _("Destination"), 24, 16, _("on the way to it"),
            read=ipv6),
    ),
}
_HEAD = (
    Row("icmpv6.opt.type", _("Type"), 0, 1, text=named(_OPTIONS), depth=1),
    Row("icmpv6.opt.length", _("Length"), 1, 1, _("in units of 8 bytes"), depth=1),
)
_LINK_ADDRESS = (Row("icmpv6.opt.linkaddr", _("Link-layer address"), 2, 6, read=mac, depth=1),)
_OPTION_ROWS = {
    _SOURCE: _LINK_ADDRESS,
    _TARGET: _LINK_ADDRESS,
    _MTU: (
        _option_reserved(2, 2),
        Row("icmpv6.opt.mtu", _("MTU"), 4, 4, text=in_bytes),
    ),
    _PREFIX: (
        Row("icmpv6.opt.prefix.length", _("Prefix length"), 2, 1, _("bits")),
        Row("icmpv6.opt.prefix.flag", _("Flags"), 3, 1, text=hexadecimal(2)),
        _bit("icmpv6.opt.prefix.flag.l", _("On link"), 3, 1, 0,
             _("who has this prefix is on this link")),
        _bit("icmpv6.opt.prefix.flag.a", _("Autonomous"), 3, 1, 1,
             _("make an address of it for yourself")),
        _bit("icmpv6.opt.prefix.flag.r", _("Router address"), 3, 1, 2),
        Row("icmpv6.opt.prefix.flag.reserved", _("Reserved"), 3, 1, bits=(3, 7), depth=1),
        Row("icmpv6.opt.prefix.valid_lifetime", _("Valid lifetime"), 4, 4, _("seconds")),
        Row("icmpv6.opt.prefix.preferred_lifetime", _("Preferred lifetime"), 8, 4, _("seconds")),
        _option_reserved(12, 4),
        Row("icmpv6.opt.prefix", _("Prefix"), 16, 16, read=ipv6),
    ),
    _QUOTE: (_option_reserved(2, 6),),
    _DNS: (
        _option_reserved(2, 2),
        Row("icmpv6.opt.rdnss.lifetime", _("Lifetime"), 4, 4, _("seconds")),
    ),
}
_DNS_SERVER = Row("icmpv6.opt.rdnss", _("DNS server"), 0, 16, read=ipv6)
# fmt: on


def read(reading: Reading, kind: int) -> Part | None:
    """What stands behind the checksum; a redirect quotes the packet that it is about."""
    quoted = None
    if not reading.table(_ROWS[kind]):
        return None
    stop = reading.part.stop
    at = reading.stop
    while at < stop:
        if at + 2 > reading.have:
            reading.too_short(at + 2)
            break
        size = reading.data[at + 1] * _UNIT
        if not 0 < size <= stop - at:
            reading.table(_HEAD, at)
            reading.problems.append(_("an option's length can't be"))
            break
        _option(reading, at, at + size)
        if reading.data[at] == _QUOTE and not reading.part.quoted:
            quoted = reading.part.inner("IPv6", at + _UNIT, at + size, quoted=True)
        at += size
    return quoted


def _option(reading: Reading, start: int, stop: int) -> None:
    kind = reading.data[start]
    label = _OPTIONS.get(kind) or _("unknown option {kind}", kind=kind)
    reading.piece("icmpv6.opt", _("Option"), start, stop, "", label)
    reading.table(_HEAD, start)
    rows = _OPTION_ROWS.get(kind, ())
    if rows and start + rows[-1].at + rows[-1].size > stop:
        reading.problems.append(_("an option is too short for what it should hold"))
    elif reading.table(rows, start, depth=1):
        _option_rest(reading, kind, start, stop)


def _option_rest(reading: Reading, kind: int, start: int, stop: int) -> None:
    """What isn't of a fixed length."""
    if kind == _DNS:
        for at in range(start + _UNIT, stop - 15, 16):
            reading.table([_DNS_SERVER], at, depth=1)
    elif kind == _QUOTE:
        name = "icmpv6.opt.redirected_packet"
        reading.piece(name, _("Packet"), start + _UNIT, stop, "", in_hex, depth=1)
    elif kind not in _OPTION_ROWS:
        name = "icmpv6.opt.nonce" if kind == _NONCE else "icmpv6.data"
        reading.piece(name, _("Data"), start + 2, stop, "", in_hex, depth=1)
