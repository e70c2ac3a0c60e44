"""Hints: what students trip over, noticed in the events, each with the two events that prove it.

`HintFinder` is a pure fold; its rules are in `rules`, a new one is a file there and a line.
"""

from __future__ import annotations

from socklab.model.hints.finder import HintFinder
from socklab.model.hints.hint import Hint

__all__ = ["Hint", "HintFinder"]
