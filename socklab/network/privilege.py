"""What this process may do beyond an ordinary user's: its capabilities (capabilities(7))."""

from __future__ import annotations

from pathlib import Path

CAP_NET_RAW = 13
CAP_SYS_ADMIN = 21


def has_capability(number: int) -> bool:
    """Whether this process has it, in effect; False where the kernel knows no capabilities."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    lines = (line.split() for line in status.splitlines() if line.startswith("CapEff:"))
    return any(int(words[1], 16) >> number & 1 for words in lines)
