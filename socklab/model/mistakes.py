"""How it is said that something typed makes no sense, wherever it was typed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from socklab.i18n import _
from socklab.model.escaping import plain

_SHOWN = 40
"""The most characters of a mistaken word that a message repeats: it must fit a terminal's line."""


def mistake_text(expected: str, text: str, suggestion: str | None = None) -> str:
    """One sentence: what was expected, what stood there (nothing, if the line ended), and what may
    have been meant."""
    if not text:
        return _("expected {expected}, but the line ends here", expected=expected)
    said = _("expected {expected}, not '{text}'", expected=expected, text=shown(text))
    if suggestion is None:
        return said
    meant = _("(did you mean '{suggestion}'?)", suggestion=shown(suggestion))
    return f"{said} {meant}"


def shown(text: str) -> str:
    """`text` for a message: short, and without what a terminal would obey."""
    cut = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return plain(cut)


def closest(text: str, known: Iterable[str]) -> str | None:
    """What of `known` was probably meant: case and `-` for `_` don't count."""
    folded = {_fold(name): name for name in known}
    found = difflib.get_close_matches(_fold(text[:_SHOWN]), folded, n=1)
    return folded[found[0]] if found else None


def _fold(text: str) -> str:
    return text.lower().replace("-", "_")
