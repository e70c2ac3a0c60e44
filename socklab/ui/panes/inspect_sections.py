"""What the Inspect pane is made of: sections, each with a heading and rows. Data only.

A row is a labelled text, which a pane wraps to its width, or a drawing, which is told the width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from socklab.ui.panes.cells import Part

T = TypeVar("T")


class Field(NamedTuple):
    """One labelled text. `goes_to` is the event that a click on it leads to."""

    label: str
    text: str
    style: str = ""
    goes_to: int | None = None


class Drawing(NamedTuple):
    """Lines that depend on the width (cells) as a whole."""

    draw: Callable[[int], Sequence[Sequence[Part]]]


Row = Field | Drawing


class Section(NamedTuple):
    """Rows that belong together; the first section of an event has no title."""

    title: str
    rows: tuple[Row, ...]


def labelled(label: str, texts: tuple[T, ...]) -> Iterator[tuple[str, T]]:
    """The first with the label, the others below it."""
    return zip((label, *[""] * len(texts)), texts, strict=False)
