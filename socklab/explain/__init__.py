"""What a call does, what an errno means and how to mend it: texts as data, for every view."""

from __future__ import annotations

from socklab.explain import fields, texts
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
    "load_texts",
    "option_summary",
    "state_meaning",
]


def load_texts() -> None:
    """Read all texts now, while there are descriptors to read them with."""
    texts.load()
    fields.load()
