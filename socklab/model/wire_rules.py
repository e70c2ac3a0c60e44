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
        return rule_text(self.action, self.kind, self.nth - self._seen, self.sender, self.delay)


def rule_text(
    action: RuleAction, kind: FrameKind, nth: int, sender: str | None, delay: float
) -> str:
    """A rule as the command has it: `drop syn`, `hold data nth=3 from=client`."""
    words = [f"delay={delay:g}" if action == "delay" else action, kind]
    if nth > 1:
        words.append(f"nth={nth}")
    if sender is not None:
        words.append(f"from={sender}")
    return " ".join(words)
