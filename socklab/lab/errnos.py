"""errno's symbolic names, each error under one name, and that POSIX's on every system."""

from __future__ import annotations

import errno

_PREFERRED = {
    # Where two names share a number Python's table has the one that strace doesn't write.
    getattr(errno, name): name
    for name in ("EAGAIN", "EDEADLK", "EOPNOTSUPP")
    if hasattr(errno, name)
}
_WINDOWS = "WSA"  # before the names of Winsock's errors, which else are POSIX's
_WOULD_BLOCK = "EWOULDBLOCK"  # EAGAIN's other name, and with Winsock the only one

ERRNOS: dict[str, int] = {
    name: number
    for name, number in sorted(vars(errno).items())
    if name.startswith("E") and isinstance(number, int)
}
"""Every name that this system's errno has, aliases included."""


def errno_name(number: int) -> str:
    """errno's symbolic name as strace and the man pages write it; `E` and the number where it has
    none."""
    name = _PREFERRED.get(number) or _own_name(number)
    return "EAGAIN" if name == _WOULD_BLOCK else name


def error_name(error: OSError) -> str:
    """The symbolic name of a call's errno."""
    return errno_name(error.errno or 0)


def begun_name(error: OSError) -> str:
    """The symbolic name of what a connect(2) that doesn't wait has failed with.

    Windows says of one that goes on that it would block, where POSIX has EINPROGRESS; elsewhere
    EAGAIN is a failure (there is no port left).
    """
    if errno.errorcode.get(error.errno or 0) == _WINDOWS + _WOULD_BLOCK:
        return "EINPROGRESS"
    return error_name(error)


def _own_name(number: int) -> str:
    name = errno.errorcode.get(number, f"E{number}")
    return name.removeprefix(_WINDOWS) if name.startswith(f"{_WINDOWS}E") else name
