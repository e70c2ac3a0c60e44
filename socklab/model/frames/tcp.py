"""TCP: RFC 9293, section 3.1; what its flags say of congestion is RFC 3168's."""

from __future__ import annotations

from functools import lru_cache

from socklab.i18n import _
from socklab.model.frames import tcp_options
from socklab.model.frames.names import port_meaning
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.udp import pseudo_header
from socklab.model.frames.values import hexadecimal, in_bytes, is_set, number

HEADER = 20
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR, AE = (1 << bit for bit in range(9))
_FLAGS = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE")


@lru_cache(512)
def flag_names(flags: int) -> str:
    """`SYN,ACK`: from the lowest bit up, as everybody writes them."""
    return ",".join(name for bit, name in enumerate(_FLAGS) if flags >> bit & 1)


def _flags_text(value: int) -> str:
    return f"{flag_names(value) or _('none')} (0x{value:03x})"


def _flag(name: str, label: str, meaning: str, at: int, bits: tuple[int, int]) -> Row:
    return Row(f"tcp.flags.{name}", label, at, 1, meaning, bits, text=is_set, depth=1)


def _window_meaning(value: int) -> str:
    if value == 0:
        return _("its sender's buffer is full: nothing may be sent until it says more")
    return _("so many bytes behind the acknowledgment may be sent, times the scale in the SYN")


# fmt: off
_BEGINNING = (
    Row("tcp.srcport", _("Source port"), 0, 2, port_meaning),
    Row("tcp.dstport", _("Destination port"), 2, 2, port_meaning),
    Row("tcp.seq_raw", _("Sequence number"), 4, 4, _("of this segment's first byte in the stream; "
        "each side begins to count at random, and SYN and FIN count as a byte")),
    Row("tcp.ack_raw", _("Acknowledgment number"), 8, 4, _("the next byte that is awaited from the "
        "other side: all before it have come. It says nothing unless ACK is set")),
    Row("tcp.hdr_len", _("Header length"), 12, 1,
        _("counted in words of 4 bytes; 20 bytes without options"),
        bits=(0, 3), factor=4, text=in_bytes),
)
_REST = (
    Row("tcp.flags", _("Flags"), 12, 2, bits=(4, 15), text=_flags_text),
    Row("tcp.flags.res", _("Reserved"), 12, 1, _("must be 0"), bits=(4, 6), depth=1),
    _flag("ae", "AE", _("accurate ECN: counts marked packets"), 12, (7, 7)),
    _flag("cwr", "CWR", _("the sender has slowed down, as ECE asked"), 13, (0, 0)),
    _flag("ece", "ECE", _("a router has marked packets: slow down; in a SYN: ECN is understood"),
          13, (1, 1)),
    _flag("urg", "URG", _("the urgent pointer counts: out-of-band data"), 13, (2, 2)),
    _flag("ack", "ACK", _("the acknowledgment number counts; set in all but the first SYN"),
          13, (3, 3)),
    _flag("push", "PSH", _("the end of what was to be sent at once: hand it to the program. No "
          "boundary of a message"), 13, (4, 4)),
    _flag("reset", "RST", _("the connection is over at once; what is on the way is lost"),
          13, (5, 5)),
    _flag("syn", "SYN", _("begins the connection: the sequence number is where counting begins"),
          13, (6, 6)),
    _flag("fin", "FIN", _("the sender has no more to send; it still receives"), 13, (7, 7)),
    Row("tcp.window_size_value", _("Window"), 14, 2,
        _window_meaning),
    Row("tcp.checksum", _("Checksum"), 16, 2, _("over the addresses, this header and the data"),
        text=hexadecimal(4)),
)
_URGENT = Row("tcp.urgent_pointer", _("Urgent pointer"), 18, 2, _("where out-of-band data ends, "
              "counted from the sequence number; only with URG"))
# fmt: on


def read(part: Part) -> tuple[Reading, Part | None]:
    """The segment's header; what it carries is a piece of the sender's stream."""
    reading = Reading(part)
    data, start = part.data, part.start
    if not reading.table(_BEGINNING):
        return reading, None
    header = start + (data[start + 12] >> 4) * 4
    if start + HEADER <= header <= part.stop:
        size = part.stop - header
        reading.worked_out("tcp.len", _("Data"), size, in_bytes(size), _("how much it carries"))
    if not reading.table(_REST):
        return reading, None
    source, target = number(data[start : start + 2]), number(data[start + 2 : start + 4])
    flags = number(data[start + 12 : start + 14]) & 0x1FF
    reading.summary = f"{source} → {target} [{flag_names(flags)}]"
    pseudo = pseudo_header(part.pseudo, 6, part.stop - start)
    reading.verified("tcp.checksum.status", start + 16, start, part.stop, pseudo, part.partial)
    if not reading.table([_URGENT]):
        return reading, None
    if header < start + HEADER:
        reading.problems.append(_("the header length is too small: a header has 20 bytes or more"))
        return reading, None
    if header > part.stop and not part.partial:
        reading.problems.append(_("the header length goes beyond the segment's end"))
    tcp_options.read(reading, start + HEADER, header)
    reading.payload("tcp.payload", _("Data"), header, part.stop)
    return reading, part.inner("Data", header)
