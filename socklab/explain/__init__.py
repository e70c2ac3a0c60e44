"""What a call does, what an errno means and how to mend it: texts as data, for every view."""

from __future__ import annotations

from socklab.explain.texts import (
    Advice,
    CallText,
    call_summary,
    errno_advice,
    option_summary,
    state_meaning,
)

__all__ = [
    "Advice",
    "CallText",
    "call_summary",
    "errno_advice",
    "option_summary",
    "state_meaning",
]
