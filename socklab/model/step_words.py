"""A step of a walk in words: what caused it, and what went out with it."""

from __future__ import annotations

from collections.abc import Sequence

from socklab.i18n import _
from socklab.model.cells import width_of
from socklab.model.ladder_text import cut
from socklab.model.tcp_machine import Move
from socklab.model.walks import Step, Walk, causes


def cause_text(step: Step, peer: Walk | None, room: int) -> str:
    """What caused a step and what went out with it, in `room` cells: the longest wording that
    fits, else the shortest."""
    choice = _wordings(step, causes(step, peer))
    if step.inferred:
        choice = [*(f"{words} · {_('inferred')}" for words in choice), *choice]
    return next(
        (words for words in choice if width_of(words) <= room), cut(choice[-1], room, width_of)
    )


def _wordings(step: Step, rows: Sequence[Move]) -> list[str]:
    if not rows:
        return [_("not seen how"), "?"]
    said = [_event_words(row, step) for row in rows[:2]]
    whole = _(" or ").join(said) + (_(", …") if len(rows) > 2 else "")
    choice = [whole, whole.replace("rcv ", "")]
    if len(rows) > 1 and step.call is not None:  # which of its effects isn't known, but the call
        choice.append(f"{step.call}({'' if step.fd is None else step.fd})")
    sent = {row.sends for row in rows}
    segment = sent.pop() if len(sent) == 1 else None
    with_segment = [f"{words}, snd {segment}" for words in choice if segment]
    return [*with_segment[:1], whole, *with_segment[2:], *choice[1:]]


def _event_words(row: Move, step: Step) -> str:
    """What made the move: a call with its descriptor, a segment as the RFC's figure writes it."""
    event = row.event
    if event.startswith("receive "):
        return "rcv " + event.removeprefix("receive ").partition(" (")[0]
    fd = "" if step.fd is None else step.fd
    if event == "abort":
        return _("close({fd}), linger 0", fd=fd)
    if event == "close with unread data":
        return _("close({fd}), data unread", fd=fd)
    return f"{event}({fd})" if event in _CALLS else event


_CALLS = frozenset({"connect", "listen", "send", "shutdown", "close"})
