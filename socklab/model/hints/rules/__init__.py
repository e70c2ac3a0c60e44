"""What students trip over: a module a family of rules, and all of them by name in one place.

A rule is a function that sees an event befall a socket and answers with a hint, or with nothing.
It states what the two events of its hint prove, never a guess: where the journal doesn't say why
something happened, there is no hint.
"""

from __future__ import annotations

from socklab.model.hints.hint import Rule
from socklab.model.hints.rules import (
    accept_queue,
    address_in_use,
    boundaries,
    broken_pipe,
    buffers,
    close_wait,
    datagrams,
    refused,
    resets,
    self_connect,
    waiting,
)

RULES: tuple[Rule, ...] = (
    *accept_queue.RULES,
    *address_in_use.RULES,
    *boundaries.RULES,
    *broken_pipe.RULES,
    *buffers.RULES,
    *close_wait.RULES,
    *datagrams.RULES,
    *refused.RULES,
    *resets.RULES,
    *self_connect.RULES,
    *waiting.RULES,
)
