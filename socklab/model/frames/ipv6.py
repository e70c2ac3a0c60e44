"""IPv6: RFC 8200."""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.frames import ipv6_extensions
from socklab.model.frames.layers import LayerName
from socklab.model.frames.names import DSCP_MEANING, ECN, ECN_MEANING, PROTOCOLS, dscp_text
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.values import hexadecimal, in_bytes, ipv6, named, number

HEADER = 40

# fmt: off
_HEADER = (
    Row("ipv6.version", _("Version"), 0, 1, bits=(0, 3)),
    Row("ipv6.tclass", _("Traffic class"), 0, 4, _("how routers should treat it"), bits=(4, 11),
        text=hexadecimal(2)),
    Row("ipv6.tclass.dscp", _("Class"), 0, 4, DSCP_MEANING, bits=(4, 9), text=dscp_text, depth=1),
    Row("ipv6.tclass.ecn", _("Congestion"), 0, 4, ECN_MEANING, bits=(10, 11), text=named(ECN),
        depth=1),
    Row("ipv6.flow", _("Flow label"), 1, 3, _("the same for all packets of a connection, so that "
        "routers send them the same way"), bits=(4, 23), text=hexadecimal(5)),
    Row("ipv6.plen", _("Payload length"), 4, 2, _("of all that is behind these 40 bytes"),
        text=in_bytes),
    Row("ipv6.nxt", _("Next header"), 6, 1, _("what follows: an extension header, or what the "
        "packet carries"), text=named(PROTOCOLS)),
    Row("ipv6.hlim", _("Hop limit"), 7, 1, _("each router takes one off, and drops the packet at "
        "0; Linux begins with 64. Neighbour discovery asks for 255: so it can't come from afar")),
    Row("ipv6.src", _("Source"), 8, 16, _("the sender's address"), read=ipv6),
    Row("ipv6.dst", _("Destination"), 24, 16, _("the receiver's address"), read=ipv6),
)
# fmt: on

_PROTOCOLS: dict[int, LayerName] = {6: "TCP", 17: "UDP", 58: "ICMPv6"}


def read(part: Part) -> tuple[Reading, Part | None]:
    """The header with its extensions, and what the packet carries: only a first fragment's has a
    header of its own."""
    reading = Reading(part)
    data, start = part.data, part.start
    if not reading.table(_HEADER):
        return reading, None
    source, target = data[start + 8 : start + 24], data[start + 24 : start + 40]
    reading.summary = f"{ipv6(source)} → {ipv6(target)}"
    if data[start] >> 4 != 6:
        reading.problems.append(_("the version isn't 6"))
    end, partial = _extent(reading)
    after = ipv6_extensions.read(reading, data[start + 6], start + HEADER, min(end, part.stop))
    if after is None:
        return reading, None
    protocol = _PROTOCOLS.get(after.protocol, "Data")
    if after.later_fragment:
        protocol = "Data"
    if after.fragment:
        partial = partial or _("it can't be verified: this is only a fragment of what it is over")
    ends = source + (after.receiver or target)
    return reading, part.inner(protocol, after.start, end, ends, partial)


def _extent(reading: Reading) -> tuple[int, str]:
    """Where the packet ends, and why not all of it is here, if so."""
    part, start = reading.part, reading.start
    size = number(part.data[start + 4 : start + 6])
    end = start + HEADER + size
    if end <= part.stop:
        return end, ""
    if part.quoted:
        return end, _("it can't be verified: only the packet's beginning is quoted")
    reading.problems.append(
        _(
            "the payload length says {said}, and there are {there}",
            said=in_bytes(size),
            there=in_bytes(part.stop - start - HEADER),
        )
    )
    return end, _("it can't be verified: the packet is shorter than it says")
