"""What a decoded frame is: layers from the outside in, each a list of fields.

A field carries its value, what the value means, and which bytes of the frame it was read from, so
that a tree and a hex dump can show each other. Its name is Wireshark's, by which filters ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

LayerName = Literal["Ethernet", "ARP", "IPv4", "IPv6", "ICMP", "ICMPv6", "UDP", "TCP", "Data"]
Value = int | str | bytes
"""A number; an address, as people write it; or bytes that are no number."""

ALIASES: dict[str, tuple[str, ...]] = {
    "eth.addr": ("eth.dst", "eth.src"),
    "ip.addr": ("ip.src", "ip.dst"),
    "ipv6.addr": ("ipv6.src", "ipv6.dst"),
    "tcp.port": ("tcp.srcport", "tcp.dstport"),
    "udp.port": ("udp.srcport", "udp.dstport"),
}
"""Wireshark's names for "either of these": a filter on one holds if it holds for any."""


class Field(msgspec.Struct, frozen=True, gc=False):
    """One field: the bytes `start` up to `stop` of the frame, and what they say.

    `bits` are the first and the last bit of a field that isn't whole bytes, counted from 0, the
    highest bit of the first byte, as RFCs draw them. No bytes at all (`start` = `stop`): not in the
    frame, but worked out from it. `name` is "" where Wireshark has none. `depth` is 1 for a part of
    the last field before it with depth 0, and so on.
    """

    name: str
    label: str
    value: Value
    text: str
    meaning: str
    start: int
    stop: int
    bits: tuple[int, int] | None = None
    depth: int = 0


class Layer(msgspec.Struct, frozen=True, gc=False):
    """One protocol's part of a frame: the header's bytes `start` up to `stop`, without what it
    carries, which is `inner`.

    `summary` is the layer in a few words. `problems` are what is wrong with it, in sentences.
    """

    name: LayerName
    start: int
    stop: int
    fields: tuple[Field, ...]
    inner: Layer | None = None
    problems: tuple[str, ...] = ()
    summary: str = ""

    def chain(self) -> Iterator[Layer]:
        """This layer and those in it, from the outside in."""
        layer: Layer | None = self
        while layer is not None:
            yield layer
            layer = layer.inner

    def find(self, name: str) -> Iterator[Field]:
        """Every field with Wireshark's `name`, here or further in; one of `ALIASES` finds all that
        it stands for."""
        names = ALIASES.get(name, (name,))
        for layer in self.chain():
            for field in layer.fields:
                if field.name in names:
                    yield field

    def at(self, offset: int) -> tuple[Layer, Field | None] | None:
        """Whose byte this is: the innermost layer that has it, and its narrowest field over it."""
        found: tuple[Layer, Field | None] | None = None
        for layer in self.chain():
            over = [field for field in layer.fields if field.start <= offset < field.stop]
            if over:
                found = layer, min(over, key=_width)
            elif layer.start <= offset < layer.stop:
                found = layer, None
        return found


def _width(field: Field) -> tuple[int, int]:
    """How much room a field takes; of two equal ones the inner is narrower."""
    return field.stop - field.start, -field.depth
