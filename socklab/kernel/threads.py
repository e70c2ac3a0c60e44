"""What the kernel knows of a thread: its name, and whether it is in a system call.

By its name ps, top and strace tell the lab's threads apart; Python names threads for itself only.
"""

from __future__ import annotations

import contextlib
import platform
import threading
from pathlib import Path

_FUTEX = {
    "x86_64": "202",
    "aarch64": "98",
    "riscv64": "98",
    "ppc64le": "221",
    "s390x": "238",
}.get(platform.machine())
"""The number of futex(2), in which Python's threads wait for one another."""

_LONGEST = 15  # bytes, TASK_COMM_LEN without its end (prctl(2))
_naming = threading.Lock()


def start_named(thread: threading.Thread) -> None:
    """Start `thread`, called by its own name in the kernel too (elsewhere than on Linux: just
    start it).

    A new thread bears its creator's name, and strace -Y reads it just then: so the creator bears
    the new one's for that moment.
    """
    with _naming:
        comm = Path(f"/proc/self/task/{threading.get_native_id()}/comm")
        before: bytes | None = None
        with contextlib.suppress(OSError):
            before = comm.read_bytes().strip()
            comm.write_bytes(thread.name.encode()[:_LONGEST])
        try:
            thread.start()
        finally:
            if before is not None:
                with contextlib.suppress(OSError):
                    comm.write_bytes(before)


def in_a_call(thread: threading.Thread) -> bool | None:
    """Whether a thread of this process is in a system call now, other than to wait for another
    thread: False where it only waits for its turn on a busy machine. None where the kernel doesn't
    say (proc(5): /proc/pid/task/tid/syscall)."""
    if _FUTEX is None:
        return None
    try:
        text = Path(f"/proc/self/task/{thread.native_id}/syscall").read_text(encoding="ascii")
    except OSError:
        return None
    return text.split()[:1] not in (["running"], [_FUTEX])
