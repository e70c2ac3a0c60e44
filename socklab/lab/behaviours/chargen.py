"""The character generator (RFC 864): the peer that never stops talking."""

from __future__ import annotations

import random

from socklab.i18n import _
from socklab.lab.behaviours.behaviour import Behaviour, Clock, local_time

LINE_LENGTH = 72
MAX_DATAGRAM = 512
"""The most characters that RFC 864 lets a UDP answer have."""

_RING = bytes(range(0x20, 0x7F))
"""The 95 printing characters of ASCII; each line starts one further along."""

PATTERN = b"".join(
    (_RING[start:] + _RING[:start])[:LINE_LENGTH] + b"\r\n" for start in range(len(_RING))
)
"""All the lines there are: after the 95th the first comes again, so they join without a seam."""


class Chargen(Behaviour):
    """Sends the rotating lines for as long as the connection takes them; its input is ignored."""

    name = "chargen"
    summary = _("sends lines of characters without end (RFC 864)")

    def __init__(self, clock: Clock = local_time) -> None:
        super().__init__(clock)
        # Seeded, so that the same datagrams get the same answers again.
        self._lengths = random.Random(864)

    def more(self) -> bytes:
        return PATTERN

    def datagram(self, data: bytes) -> bytes:
        return PATTERN[: self._lengths.randint(0, MAX_DATAGRAM)]
