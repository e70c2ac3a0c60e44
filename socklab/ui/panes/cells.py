"""Text in terminal cells: measured, cut and made harmless.

A cell is one column of the terminal: most characters take one, many of Korean, Chinese and
Japanese two. Whatever goes to the screen passes through `harmless`, so that bytes which came from
a network can never become a terminal's command.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, chop_cells, get_character_cell_size

from socklab.model.escaping import plain

Part = tuple[str, str]
"""A piece of a line, and the name of its style ("" for the plain one)."""

ELLIPSIS = "…"


def harmless(text: str) -> str:
    """`text` with each character that isn't printable as an escape (`\\x1b`)."""
    return text if text.isprintable() else plain(text)


def width_of(text: str) -> int:
    """The cells that `text` takes."""
    return len(text) if text.isascii() else cell_len(text)


def cut(text: str, cells: int) -> str:
    """`text` in at most `cells` cells, its end replaced by … where it is too long."""
    if width_of(text) <= cells:
        return text
    return _head(text, cells - 1) + ELLIPSIS if cells > 0 else ""


def _head(text: str, cells: int) -> str:
    """As much from the start of `text` as goes into `cells` cells."""
    if text.isascii():
        return text[:cells]
    for index, char in enumerate(text):
        cells -= get_character_cell_size(char)
        if cells < 0:
            return text[:index]
    return text


def pad(text: str, cells: int) -> str:
    """`text` cut or filled with blanks to exactly `cells` cells."""
    text = cut(text, cells)
    return text + " " * (cells - width_of(text))


def fit(parts: Iterable[Part], cells: int) -> list[Part]:
    """`parts` made harmless, and cut with … to at most `cells` cells."""
    return fit_measured(parts, cells)[0]


def fit_measured(parts: Iterable[Part], cells: int) -> tuple[list[Part], int]:
    """As `fit`, with the cells that the parts then take."""
    fitted: list[Part] = []
    used = 0
    for raw, style in parts:
        text = harmless(raw)
        size = width_of(text)
        if used == cells and fitted and size:
            raw, style = fitted.pop()
            used -= width_of(raw)
            text, size = raw + text, width_of(raw) + size
        if used + size > cells:
            text = cut(text, cells - used)
            fitted.append((text, style))
            return fitted, used + width_of(text)
        fitted.append((text, style))
        used += size
    return fitted, used


def wrap(text: str, cells: int) -> list[str]:
    """`text` broken at blanks into lines of at most `cells` cells; a longer word is chopped."""
    lines: list[str] = []
    line = ""
    for word in harmless(text).split(" "):
        joined = f"{line} {word}" if line else word
        if width_of(joined) <= cells:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = chop_cells(word, max(1, cells)) or [""]
        lines.extend(full)
    return [*lines, line]
