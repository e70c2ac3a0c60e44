"""How many cells of a terminal a text takes, where no terminal's own library is at hand."""

from __future__ import annotations

from unicodedata import category, east_asian_width

_WIDE = frozenset("WF")
_NO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def width_of(text: str) -> int:
    """The cells that `text` takes: two for a character of full width (Unicode, annex 11), none
    for a mark that stands on the one before."""
    if text.isascii():
        return len(text)
    return sum(map(_width, text))


def _width(char: str) -> int:
    if category(char) in _NO_WIDTH:
        return 0
    return 2 if east_asian_width(char) in _WIDE else 1
