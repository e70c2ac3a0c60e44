"""IPv4: RFC 791; its second byte as RFC 2474 and 3168 have it."""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.frames import ipv4_options
from socklab.model.frames.layers import LayerName
from socklab.model.frames.names import DSCP_MEANING, ECN, ECN_MEANING, PROTOCOLS, dscp_text
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.values import hexadecimal, in_bytes, ipv4, is_set, named, number

HEADER = 20


def _offset_text(value: int) -> str:
    return f"{value} ({in_bytes(value * 8)})" if value else "0"


def _fragment_meaning(value: int) -> str:
    if value == 0:
        return _("in units of 8 bytes: this is whole, or the first fragment")
    return _("in units of 8 bytes: so far behind the packet's beginning this fragment belongs")


# fmt: off
_HEADER = (
    Row("ip.version", _("Version"), 0, 1, bits=(0, 3)),
    Row("ip.hdr_len", _("Header length"), 0, 1,
        _("counted in words of 4 bytes; 20 bytes without options"),
        bits=(4, 7), factor=4, text=in_bytes),
    Row("ip.dsfield", _("Differentiated services"), 1, 1, _("how routers should treat it"),
        text=hexadecimal(2)),
    Row("ip.dsfield.dscp", _("Class"), 1, 1, DSCP_MEANING, bits=(0, 5), text=dscp_text, depth=1),
    Row("ip.dsfield.ecn", _("Congestion"), 1, 1, ECN_MEANING, bits=(6, 7), text=named(ECN),
        depth=1),
    Row("ip.len", _("Total length"), 2, 2, _("of header and data; what the frame has besides is "
        "only to fill it up"), text=in_bytes),
    Row("ip.id", _("Identification"), 4, 2, _("the same in all fragments of one packet"),
        text=hexadecimal(4)),
    Row("ip.flags", _("Flags"), 6, 1, bits=(0, 2), text=hexadecimal(1)),
    Row("ip.flags.rb", _("Reserved"), 6, 1, _("must be 0"), bits=(0, 0), text=is_set, depth=1),
    Row("ip.flags.df", _("Don't fragment"), 6, 1, _("a router that would have to fragment it drops "
        "it and says so by ICMP: so TCP finds the path's MTU"), bits=(1, 1), text=is_set, depth=1),
    Row("ip.flags.mf", _("More fragments"), 6, 1, _("not set in the last one, nor in a packet that "
        "is whole"), bits=(2, 2), text=is_set, depth=1),
    Row("ip.frag_offset", _("Fragment offset"), 6, 2, _fragment_meaning, bits=(3, 15),
        text=_offset_text),
    Row("ip.ttl", _("Time to live"), 8, 1, _("each router takes one off, and drops the packet at "
        "0; Linux begins with 64")),
    Row("ip.proto", _("Protocol"), 9, 1, _("what the packet carries"), text=named(PROTOCOLS)),
    Row("ip.checksum", _("Header checksum"), 10, 2, _("over this header only; each router works it "
        "out anew"), text=hexadecimal(4)),
)
_ADDRESSES = (
    Row("ip.src", _("Source"), 12, 4, _("the sender's address"), read=ipv4),
    Row("ip.dst", _("Destination"), 16, 4, _("the receiver's address"), read=ipv4),
)
# fmt: on

_PROTOCOLS: dict[int, LayerName] = {1: "ICMP", 6: "TCP", 17: "UDP"}


def read(part: Part) -> tuple[Reading, Part | None]:
    """The header, and what the packet carries: only a first fragment's has a header of its own."""
    reading = Reading(part)
    data, start = part.data, part.start
    if not reading.table(_HEADER):
        return reading, None
    header = start + (data[start] & 15) * 4
    if header < start + HEADER:
        reading.problems.append(_("the header length is too small: a header has 20 bytes or more"))
    else:
        reading.verified("ip.checksum.status", start + 10, start, header)
    if not reading.table(_ADDRESSES) or header < start + HEADER:
        return reading, None
    if data[start] >> 4 != 4:
        reading.problems.append(_("the version isn't 4"))
    end, partial = _extent(reading, header)
    source, target = data[start + 12 : start + 16], data[start + 16 : start + 20]
    reading.summary = f"{ipv4(source)} → {ipv4(target)}"
    if end < header:
        return reading, None
    target = ipv4_options.read(reading, start + HEADER, header) or target
    protocol = _PROTOCOLS.get(data[start + 9], "Data")
    fragment = number(data[start + 6 : start + 8])
    if fragment & 0x1FFF:
        protocol = "Data"
    if fragment & 0x3FFF:
        partial = partial or _("it can't be verified: this is only a fragment of what it is over")
    return reading, part.inner(protocol, header, end, source + target, partial)


def _extent(reading: Reading, header: int) -> tuple[int, str]:
    """Where the packet ends, and why not all of it is here, if so."""
    part, start = reading.part, reading.start
    total = number(part.data[start + 2 : start + 4])
    end = start + total
    if total == 0:
        reading.problems.append(
            _("the total length is 0: left to a network card that would cut the packet up")
        )
        return part.stop, ""
    if end < header:
        reading.problems.append(_("the total length is less than the header's"))
    if end <= part.stop:
        return end, ""
    if part.quoted:
        return end, _("it can't be verified: only the packet's beginning is quoted")
    reading.problems.append(
        _(
            "the total length says {said}, and there are {there}",
            said=in_bytes(total),
            there=in_bytes(part.stop - start),
        )
    )
    return end, _("it can't be verified: the packet is shorter than it says")
