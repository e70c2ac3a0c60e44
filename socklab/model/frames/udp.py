"""UDP: RFC 768."""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.frames.checksum import Status
from socklab.model.frames.names import port_meaning
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.values import hexadecimal, in_bytes, number

HEADER = 8

# fmt: off
_HEADER = (
    Row("udp.srcport", _("Source port"), 0, 2, port_meaning),
    Row("udp.dstport", _("Destination port"), 2, 2, port_meaning),
    Row("udp.length", _("Length"), 4, 2, _("of header and data"), text=in_bytes),
    Row("udp.checksum", _("Checksum"), 6, 2, _("over the addresses, this header and the data"),
        text=hexadecimal(4)),
)
# fmt: on


def read(part: Part) -> tuple[Reading, Part | None]:
    """The datagram's header; what it carries is a program's own."""
    reading = Reading(part)
    if not reading.table(_HEADER):
        return reading, None
    data, start = part.data, part.start
    source, target, length = (number(data[start + at : start + at + 2]) for at in (0, 2, 4))
    reading.summary = f"{source} → {target}"
    if length < HEADER:
        reading.problems.append(_("the length is too small: a header has 8 bytes"))
        return reading, None
    end = start + length
    partial = part.partial
    if end > part.stop and not partial:
        partial = _("it can't be verified: the datagram is shorter than it says")
        reading.problems.append(
            _(
                "the length says {said}, and there are {there}",
                said=in_bytes(length),
                there=in_bytes(part.stop - start),
            )
        )
    _checksum(reading, end, partial)
    reading.payload("udp.payload", _("Data"), start + HEADER, min(end, part.stop))
    return reading, part.inner("Data", start + HEADER, end)


def _checksum(reading: Reading, end: int, partial: str) -> None:
    start, at = reading.start, reading.start + 6
    name = "udp.checksum.status"
    ends = reading.part.pseudo
    if reading.data[at : at + 2] == b"\0\0":
        if len(ends) == 8:
            reading.checked(
                name, at, Status.ABSENT, _("the sender has left it out: IPv4 allows it")
            )
        else:
            reading.checked(name, at, Status.BAD, _("IPv6 doesn't allow to leave it out"))
            reading.problems.append(_("there is no checksum, and IPv6 asks for one"))
        return
    pseudo = pseudo_header(ends, 17, end - start)
    reading.verified(name, at, start, end, pseudo, partial)


def pseudo_header(ends: bytes, protocol: int, length: int) -> bytes:
    """What a checksum is over besides the segment: RFC 9293, section 3.1 (of IPv4's 8 bytes of
    addresses), RFC 8200, section 8.1. It needn't be in order: the sum is the same."""
    return ends + length.to_bytes(4) + protocol.to_bytes(4)
