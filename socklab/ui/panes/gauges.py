"""Queues as rows of boxes: how full they are, at a glance and without colour."""

from __future__ import annotations

FULL, EMPTY = "■", "□"

BYTE_BOXES = 6
MOST_BOXES = 10
"""A longer accept queue is drawn to scale in so many boxes."""


def byte_boxes(size: int, limit: int | None = None, boxes: int = BYTE_BOXES) -> str:
    """A number of bytes against the size of its buffer; whatever waits takes a box, and the last
    one is taken only when the buffer is full.

    Without a limit one box for each digit: each box more is ten times as much.
    """
    if size <= 0:
        filled = 0
    elif limit is None:
        filled = min(boxes, len(str(size)))
    else:
        filled = boxes if size >= limit else max(1, min(boxes - 1, size * boxes // limit))
    return FULL * filled + EMPTY * (boxes - filled)


def queue_boxes(waiting: int, backlog: int) -> str:
    """An accept queue: a box for each place of the backlog, and one more when that is taken too.

    Linux lets backlog + 1 connections wait (it compares with `>`), so a full queue shows it.
    """
    places = max(backlog, waiting, 1)
    if places <= MOST_BOXES:
        return FULL * waiting + EMPTY * (places - waiting)
    filled = min(MOST_BOXES, -(-waiting * MOST_BOXES // places))
    return FULL * filled + EMPTY * (MOST_BOXES - filled)
