"""A frame, taken apart: each protocol reads its own part and says which comes next."""

from __future__ import annotations

from collections.abc import Callable

from socklab.i18n import _
from socklab.model.frames import arp, ethernet, icmp, icmpv6, ipv4, ipv6, tcp, udp
from socklab.model.frames.layers import Layer, LayerName
from socklab.model.frames.reading import Part, Reading
from socklab.model.frames.values import in_bytes


def _data(part: Part) -> tuple[Reading, Part | None]:
    """What a program sends, or a protocol that isn't known here."""
    reading = Reading(part)
    size = part.stop - part.start
    reading.piece("data.data", _("Data"), part.start, part.stop)
    reading.worked_out("data.len", _("Length"), size, in_bytes(size))
    reading.summary = in_bytes(size)
    return reading, None


_READERS: dict[LayerName, Callable[[Part], tuple[Reading, Part | None]]] = {
    "Ethernet": ethernet.read,
    "ARP": arp.read,
    "IPv4": ipv4.read,
    "IPv6": ipv6.read,
    "ICMP": icmp.read,
    "ICMPv6": icmpv6.read,
    "UDP": udp.read,
    "TCP": tcp.read,
    "Data": _data,
}


def decode(data: bytes, size: int | None = None) -> Layer:
    """The Ethernet frame `data` as layers, from the outside in.

    `size` is its true size, where only the beginning was kept. Never raises, whatever the bytes
    are: what is wrong stands in the layers' `problems`, and what isn't there is left out.
    """
    part: Part | None = Part(data, 0, max(len(data), size or 0), "Ethernet")
    readings: list[Reading] = []
    while part is not None:
        reading, part = _READERS[part.protocol](part)
        readings.append(reading)
    layer = readings.pop().layer(None)
    while readings:
        layer = readings.pop().layer(layer)
    return layer
