"""Ethernet: IEEE 802.3, and RFC 894 for the type."""

from __future__ import annotations

from socklab.i18n import _
from socklab.model.frames.layers import LayerName
from socklab.model.frames.names import ETHER_TYPES
from socklab.model.frames.reading import Part, Reading, Row
from socklab.model.frames.values import in_bytes, in_hex, is_set, mac

HEADER = 14
_LEAST = 60  # a frame's least size on a real cable, without the checksum that the card adds
_LONGEST_LENGTH = 1500  # a "type" up to here is a length


def _destination_meaning(address: str) -> str:
    if address == "ff:ff:ff:ff:ff:ff":
        return _("broadcast: for everybody on this link")
    if int(address[:2], 16) & 1:
        return _("multicast: for all who have asked for it")
    return _("the interface that is to take the frame")


def _address(name: str, label: str, at: int) -> tuple[Row, Row, Row]:
    local, group = (6, 6), (7, 7)
    meaning = _("the interface that sent it") if at else _destination_meaning
    return (
        Row(f"eth.{name}", label, at, 6, meaning, read=mac),
        Row(
            f"eth.{name}.lg",
            _("Locally administered"),
            at,
            3,
            _("not one that a manufacturer gave: chosen by software"),
            local,
            text=is_set,
            depth=1,
        ),
        Row(
            f"eth.{name}.ig",
            _("Group address"),
            at,
            3,
            _("for a group, not for a single interface"),
            group,
            text=is_set,
            depth=1,
        ),
    )


def type_text(value: int) -> str:
    """`IPv4 (0x0800)`."""
    return f"{ETHER_TYPES[value]} (0x{value:04x})" if value in ETHER_TYPES else f"0x{value:04x}"


_ADDRESSES = (
    *_address("dst", _("Destination"), 0),
    *_address("src", _("Source"), 6),
)
_TYPE = Row(
    "eth.type", _("Type"), 12, 2, _("which protocol's packet is in the frame"), text=type_text
)
_LENGTH = Row("eth.len", _("Length"), 12, 2, _("IEEE 802.3: how many bytes follow"), text=in_bytes)

_PROTOCOLS: dict[int, LayerName] = {0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6"}


def read(part: Part) -> tuple[Reading, Part | None]:
    """The frame's header, and behind its packet what fills the frame up."""
    reading = Reading(part)
    if not reading.table(_ADDRESSES):
        return reading, None
    start = part.start + HEADER
    kind = int.from_bytes(part.data[start - 2 : start])
    is_length = kind <= _LONGEST_LENGTH
    if not reading.table([_LENGTH if is_length else _TYPE]):
        return reading, None
    protocol = _PROTOCOLS.get(kind, "Data")
    size = kind if is_length else _size(protocol, part.data, start)
    end = part.stop if size is None else min(start + size, part.stop)
    if is_length and start + kind > part.stop:
        reading.problems.append(_("it says that more bytes follow than there are"))
    if end < part.stop:
        _trailer(reading, end)
    source, target = reading.fields[3].text, reading.fields[0].text
    reading.summary = f"{source} → {target}"
    return reading, part.inner(protocol, start, end)


def _size(protocol: LayerName, data: bytes, start: int) -> int | None:
    """How long the packet in the frame says that it is; None where it doesn't say."""
    there = len(data) - start
    if protocol == "IPv4" and there >= 20:
        size = int.from_bytes(data[start + 2 : start + 4])
        return size if size >= 20 else None
    if protocol == "IPv6" and there >= 40:
        return 40 + int.from_bytes(data[start + 4 : start + 6])
    if protocol == "ARP" and there >= 8:
        return 8 + 2 * (data[start + 4] + data[start + 5])
    return None


def _trailer(reading: Reading, end: int) -> None:
    header = reading.stop
    rest = reading.data[end : reading.have]
    if reading.part.stop <= _LEAST and not any(rest):
        meaning = _("a frame has at least 60 bytes on a real cable: zeros fill it up")
        reading.piece("eth.padding", _("Padding"), end, reading.part.stop, meaning, in_hex)
    else:
        meaning = _("bytes behind the end of the packet; they belong to nothing")
        reading.piece("eth.trailer", _("Trailer"), end, reading.part.stop, meaning, in_hex)
    reading.stop = header
