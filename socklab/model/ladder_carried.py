"""Which frames a ladder shows: those between the ends of its connection, told apart quickly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from socklab.events import Address, Frame
from socklab.model.addresses import is_any
from socklab.model.frames import outline

ANYWHERE: Address = ("0.0.0.0", 0)
NOWHERE: Address = ("", -1)

_IPV4, _IPV6 = b"\x08\x00", b"\x86\xdd"
_WITHOUT_OPTIONS = 0x45
_CARRIED = (6, 17)
_MOST_KNOWN = 4096

Pair = tuple[Address, Address]


@dataclass(frozen=True)
class Carried:
    """The frames of `kind` between the two addresses, whichever way they go.

    An end that isn't known (yet) has any host, or port 0 for any port; it is none of `others`.
    """

    kind: Literal["tcp", "udp"]
    here: Address
    there: Address
    others: frozenset[Address] = frozenset()
    _known: dict[bytes, bool] = field(default_factory=dict, compare=False, repr=False)

    def has(self, frame: Frame) -> bool:
        """Whether this frame is one of them."""
        ends = _ends(frame.data)
        known = self._known.get(ends)
        if known is not None:
            return known
        look = outline(frame.data, frame.size)
        one, other = look.source, look.destination
        shown = look.kind == self.kind and (
            (self._fits(self.here, one) and self._fits(self.there, other))
            or (self._fits(self.here, other) and self._fits(self.there, one))
        )
        if ends and look.kind in ("tcp", "udp"):
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[ends] = shown
        return shown

    def _fits(self, end: Address, seen: Address) -> bool:
        if end[1] not in (0, seen[1]):
            return False
        return end[0] == seen[0] or (is_any(end) and seen not in self.others)


def _ends(data: bytes) -> bytes:
    """The protocol, the addresses and the ports of a plain TCP or UDP packet, as they stand in it;
    nothing of any other."""
    if len(data) < 54:
        return b""
    link = data[12:14]
    if link == _IPV4 and data[14] == _WITHOUT_OPTIONS and data[23] in _CARRIED:
        if not data[20] & 0x3F and not data[21]:
            return data[23:24] + data[26:38]
    elif link == _IPV6 and data[20] in _CARRIED and len(data) >= 58:
        return data[20:21] + data[22:58]
    return b""
