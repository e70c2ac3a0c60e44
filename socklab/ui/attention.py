"""That somebody has just done something: all else waits until what comes of it is on the screen."""

from __future__ import annotations

from time import monotonic
from typing import Protocol, runtime_checkable

ANSWERING = 0.06
"""Seconds from a key until what comes of it is drawn."""


@runtime_checkable
class Attentive(Protocol):
    """An application that keeps when somebody has last done something (monotonic, seconds)."""

    heard: float


def answering(app: object) -> float:
    """For how many seconds more what comes of it is to be drawn before anything else; 0 or less
    where nobody waits."""
    return app.heard + ANSWERING - monotonic() if isinstance(app, Attentive) else 0.0
