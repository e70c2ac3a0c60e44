"""The kernel's name for a thread, by which ps, top and strace tell the lab's threads apart.

Python names threads for itself only.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

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
