"""Flags that a call takes or gives: as a line says them, as C names them, and their numbers."""

from __future__ import annotations

import select
import socket

HOW = {"in": "SHUT_RD", "out": "SHUT_WR", "both": "SHUT_RDWR"}
"""What shutdown(2) shuts."""

_FLAGS = {
    "oob": "MSG_OOB",
    "dontwait": "MSG_DONTWAIT",
    "peek": "MSG_PEEK",
    "waitall": "MSG_WAITALL",
    "trunc": "MSG_TRUNC",
}
_POLL_NAMES = ("POLLIN", "POLLPRI", "POLLOUT", "POLLRDHUP", "POLLERR", "POLLHUP", "POLLNVAL")


def message_flags(words: frozenset[str]) -> tuple[str, int]:
    """The flags of send(2) or recv(2): their names, "0" for none, and their number."""
    names = [name for word, name in _FLAGS.items() if word in words]
    number = 0
    for name in names:
        number |= getattr(socket, name)
    return "|".join(names) or "0", number


def poll_mask(wants: frozenset[str]) -> int:
    """The events that poll(2) is asked for: `in`, `out`."""
    return (select.POLLIN if "in" in wants else 0) | (select.POLLOUT if "out" in wants else 0)


def poll_text(events: int) -> str:
    """The names of poll(2)'s events."""
    return "|".join(name for name in _POLL_NAMES if events & getattr(select, name, 0))
