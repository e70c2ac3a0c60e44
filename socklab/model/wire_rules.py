"""Rules for single frames: "drop the next SYN", "hold the third data segment from the client"."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from socklab.model.frame_kinds import FrameKind

RuleAction = Literal["drop", "hold", "duplicate", "delay"]


@dataclass(slots=True)
class Rule:
    """Done once, to the `nth` frame of the kind from now on, of any sender if none is named.

    `delay` is in seconds. `cause` is the `n` of the command that made the rule.
    """

    action: RuleAction
    kind: FrameKind
    nth: int = 1
    sender: str | None = None
    delay: float = 0.0
    cause: int | None = None
    _seen: int = field(default=0, init=False)

    def takes(self, kinds: Collection[FrameKind], sender: str) -> bool:
        """Whether this is the frame; to be asked once for each frame, in order."""
        if self.kind not in kinds or self.sender not in (None, sender):
            return False
        self._seen += 1
        return self._seen == self.nth

    def __str__(self) -> str:
        """As the command has it, with what is still to come."""
        words = [f"delay={self.delay:g}" if self.action == "delay" else self.action, self.kind]
        if self.nth - self._seen > 1:
            words.append(f"nth={self.nth - self._seen}")
        if self.sender is not None:
            words.append(f"from={self.sender}")
        return " ".join(words)
