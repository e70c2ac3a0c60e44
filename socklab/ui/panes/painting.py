"""Text and parts of lines as the content of a widget that draws no lines of its own.

A `str` would do for Textual too, but it reads markup in it, and passes on what acts in a terminal.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from socklab.ui.panes.cells import Part, harmless, width_of

_STYLES = {
    "": "",
    "strong": "bold",
    "dim": "$foreground 62%",
    "accent": "$text-primary",
    "second": "$text-secondary",
    "good": "$text-success",
    "warning": "$text-warning",
    "error": "bold $text-error",
    "chosen": "bold reverse",
}
"""Those of `VirtualLines` that are needed here."""


def literal(text: str, style: str = "") -> Content:
    """`text`, whoever wrote it, as one line: neither markup nor a terminal's command.

    `style` is one of Textual's (`bold $text-error`).
    """
    return Content.styled(harmless(text), style)


def pointed(text: str, at: int, width: int, *, below: bool = False) -> Content:
    """What is wrong and a caret in column `at` (0-based) of `width` cells: `^ text`, or the text
    before the caret where there is no room behind. Where there is none on either side it may stand
    `below`, in rows that wrap; else it stands alone, as near as it can, and is cut if need be."""
    at = min(at, max(0, width - 1))
    style = "bold $text-error"
    said = harmless(text)
    behind, before = at + 2 + width_of(said) <= width, width_of(said) < at
    if below and not behind and not before:
        return Content.assemble(" " * at, (f"^\n{said}", style))
    if not behind and not before and width_of(said) <= width:
        return Content.assemble(" " * (width - width_of(said)), (said, style))
    if behind or (at < width // 2 and not before):
        return Content.assemble(" " * at, (f"^ {said}", style))
    return Content.assemble((f"{said} ".rjust(at)[-at:], style), ("^", style))


def as_content(rows: Sequence[Sequence[Part]]) -> Content:
    """The rows, one below the other. Raises KeyError for a style that it doesn't have."""
    parts: list[tuple[str, str]] = []
    for place, row in enumerate(rows):
        if place:
            parts.append(("\n", ""))
        parts += [(harmless(text), _STYLES[style]) for text, style in row]
    return Content.assemble(*parts)
