"""The system calls that move data."""

from __future__ import annotations

SENDS = frozenset({"send", "sendto"})
RECEIVES = frozenset({"recv", "recvfrom"})
MOVES = SENDS | RECEIVES
