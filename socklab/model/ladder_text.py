"""What a ladder's row says of its event, as much of it as fits.

Where there is little room a call gives up its data first, then its arguments, never its result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from socklab.events import Call, Fate, Frame, State, Wait
from socklab.i18n import _
from socklab.model.escaping import SHOWN, plain
from socklab.model.ladder_rows import Row
from socklab.model.logline import RowLevel, level_of
from socklab.model.notation import call_text, outcome_text, wait_text
from socklab.model.units import duration_text

Measure = Callable[[str], int]
"""The cells that a text takes on a screen."""

SEEN, INFERRED = "◆", "◇"
FAILED, WARNED = "✗", "!"

_LEAST_SHOWN = 4


def row_text(row: Row, room: int, measure: Measure, single: bool = True, long: bool = False) -> str:
    """The text of a row in at most `room` cells, as long as that is possible at all.

    `single`: the ladder is of one connection, so that a state need not say whose it is. `long`: a
    frame's numbers are told as well.
    """
    if isinstance(row.event, Frame | Fate):
        return _frame_text(row, room, measure, long)
    for text in _forms(row, room, measure, single):
        if measure(text) <= room:
            return text
    return cut(text, room, measure)


def row_level(row: Row) -> RowLevel:
    """Whether the row tells of something that went wrong."""
    return level_of(row.event)


def cut(text: str, room: int, measure: Measure) -> str:
    """`text` in at most `room` cells, its end replaced by … where it is too long."""
    if measure(text) <= room:
        return text
    if room < 1:
        return ""
    kept = text[: room - 1]
    while measure(kept) > room - 1:
        kept = kept[:-1]
    return kept + "…"


def _frame_text(row: Row, room: int, measure: Measure, long: bool) -> str:
    """What there is to say of a frame beside its arrow: nothing of most."""
    numbers = row.numbers if long else ()
    both = [f"{number} · {said}" for said in row.remarks for number in numbers]
    late = isinstance(row.event, Fate)
    forms = (*both, *row.remarks, *numbers) if late else (*both, *numbers, *row.remarks)
    # Without an arrow there is nothing else to see of it.
    shortest = cut(forms[-1], room, measure) if forms and row.arrow is None else ""
    return next((text for text in forms if text and measure(text) <= room), shortest)


def _forms(row: Row, room: int, measure: Measure, single: bool) -> Iterator[str]:
    """The longest first."""
    event = row.event
    before = f"{plain(row.who)}: " if row.who else ""
    if isinstance(event, State):
        yield before + _state_text(event, "" if single else row.subject)
        yield _state_text(event, "")
    elif isinstance(event, Wait):
        text = before + wait_text(event)
        yield _("{call} blocked", call=text)
        yield text
        yield f"{before}{plain(event.name)}(…) ..."
        yield f"{plain(event.name)} ..."
    elif isinstance(event, Call):
        yield from _call_forms(event, row.waited, before, room, measure)


def _state_text(state: State, subject: str) -> str:
    name = plain(state.new)
    whose = f"{subject} " if subject else ""
    if state.source == "call":
        return f"{INFERRED} {whose}({name})"
    return f"{SEEN} {whose}{name}"


def _call_forms(
    call: Call, waited: bool, before: str, room: int, measure: Measure
) -> Iterator[str]:
    mark = {"error": f"{FAILED} ", "warning": f"{WARNED} ", "info": ""}[level_of(call)]
    after = _(" after {time}", time=duration_text(call.duration)) if waited else ""
    whole, name = f"{mark}{before}{call_text(call)}{after}", plain(call.name)
    yield whole
    if waited:  # its arguments stand where it began
        yield f"{mark}{before}{name} = {outcome_text(call)}{after}"
    if call.data:
        shown = min(SHOWN, len(call.data)) - (measure(whole) - room) - 3
        limit = max(_LEAST_SHOWN, shown)
        yield f"{mark}{before}{call_text(call, limit)}{after}"
    ended = _(" (cut)") if call.cut else ""
    outcome = f"= {outcome_text(call, _LEAST_SHOWN)}{ended}"
    yield f"{mark}{before}{name}({_descriptor(call)}…) {outcome}{after}"
    number = f"= {_number(call)}{ended}"
    yield f"{mark}{before}{name}({_descriptor(call)}…) {number}{after}"
    yield f"{mark}{before}{name}({_descriptor(call)}…) {number}"
    yield f"{mark}{name} {number}"


def _number(call: Call) -> str:
    if call.error is not None:
        return f"-1 {plain(call.error)}"
    return "?" if call.result is None else str(call.result)


def _descriptor(call: Call) -> str:
    return "" if call.fd is None or call.name == "socket" else f"{call.fd}, "
