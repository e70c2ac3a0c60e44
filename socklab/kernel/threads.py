"""The kernel's name for a thread, by which ps, top and strace tell the lab's threads apart."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

_LONGEST = 15  # bytes, TASK_COMM_LEN without its end (prctl(2))


def name_this_thread(name: str) -> None:
    """Call the running thread `name`, cut to what the kernel keeps; elsewhere than on Linux
    nothing happens. (Python names threads for itself only.)"""
    comm = Path(f"/proc/self/task/{threading.get_native_id()}/comm")
    with contextlib.suppress(OSError):
        comm.write_bytes(name.encode()[:_LONGEST])
