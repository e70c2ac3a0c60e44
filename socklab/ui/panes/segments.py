"""Changing the look of a stretch of a drawn line, counted in characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.segment import Segment
from rich.style import Style


def restyle(segments: Sequence[Segment], start: int, end: int, style: Style) -> list[Segment]:
    """`segments` with `style` laid over the characters from `start` up to `end`."""
    result: list[Segment] = []
    at = 0
    for text, own, _control in segments:
        left, right = (min(max(edge - at, 0), len(text)) for edge in (start, end))
        at += len(text)
        if left >= right:
            result.append(Segment(text, own))
            continue
        pieces = (
            (text[:left], own),
            (text[left:right], own + style if own else style),
            (text[right:], own),
        )
        result.extend(Segment(piece, look) for piece, look in pieces if piece)
    return result


def spans_of(needle: str, segments: Sequence[Segment]) -> Iterator[tuple[int, int]]:
    """Where `needle` occurs in the line, whatever the case, as (start, end)."""
    if not needle:
        return
    text = "".join(segment.text for segment in segments).lower()
    wanted = needle.lower()
    at = text.find(wanted)
    while at >= 0:
        yield at, at + len(wanted)
        at = text.find(wanted, at + len(wanted))
