"""Leaving for namespaces of one's own: the few Linux calls that Python 3.11 doesn't have.

unshare(2), setns(2), prctl(2); user_namespaces(7) and network_namespaces(7) say what they do.
"""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from socklab.network.privilege import CAP_SYS_ADMIN, has_capability

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def unshare(flags: int) -> None:
    """unshare(2). Raises OSError."""
    _checked(_libc.unshare(flags))


def die_with_parent(parent: int) -> None:
    """The kernel kills this process when its parent, `parent`, has gone, however that went."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    if os.getppid() != parent:  # it had gone before
        os._exit(1)


def own_network() -> None:
    """A network namespace of this process's own: with the privilege for it where it is there, else
    as root of a user namespace of its own. Raises OSError where the kernel forbids it."""
    if has_capability(CAP_SYS_ADMIN):
        unshare(CLONE_NEWNET)
        return
    user, group = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER | CLONE_NEWNET)
    Path("/proc/self/setgroups").write_text("deny")  # or gid_map can't be written
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")


@contextmanager
def inside(namespace: int) -> Iterator[None]:
    """In the network namespace of the descriptor `namespace`, and then back. Raises OSError."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _checked(_libc.setns(namespace, CLONE_NEWNET))
        try:
            yield
        finally:
            _checked(_libc.setns(here, CLONE_NEWNET))
    finally:
        os.close(here)
