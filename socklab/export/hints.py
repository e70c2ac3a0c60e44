"""The hints of a journal as comments: what was tripped over, with the events that prove it."""

from __future__ import annotations

from collections.abc import Iterator

from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.hints import Hint, HintFinder


def hint_lines(finder: HintFinder) -> Iterator[str]:
    """A comment line for each hint kept, and one for those that were too many to keep."""
    more = finder.found - len(finder.hints)
    if more:
        yield f"# {_('hint: {n} earlier ones were too many to keep', n=f'{more:,}')}\n"
    for hint in finder.hints:
        yield f"# {hint_text(hint)}\n"


def hint_text(hint: Hint) -> str:
    """`hint: recv(4) = 9 gave ... (events 12, 17)`."""
    one, other = hint.events
    text = _("hint: {text} (events {one}, {other})", text=hint.text, one=one, other=other)
    return plain(text)
