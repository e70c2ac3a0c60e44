"""errno's symbolic names, each error under one name."""

from __future__ import annotations

import errno

_PREFERRED = {
    # Where two names share a number Python's table has the one that strace doesn't write.
    getattr(errno, name): name
    for name in ("EAGAIN", "EDEADLK", "EOPNOTSUPP")
    if hasattr(errno, name)
}

ERRNOS: dict[str, int] = {
    name: number
    for name, number in sorted(vars(errno).items())
    if name.startswith("E") and isinstance(number, int)
}
"""Every name that this system's errno has, aliases included."""


def errno_name(number: int) -> str:
    """errno's symbolic name as strace and the man pages write it; `E` and the number where it has
    none."""
    return _PREFERRED.get(number) or errno.errorcode.get(number, f"E{number}")
