"""Queues as boxes."""

from __future__ import annotations

import pytest

from socklab.ui.panes.gauges import EMPTY, FULL, MOST_BOXES, byte_boxes, queue_boxes


@pytest.mark.parametrize(
    ("size", "boxes"),
    [(0, "□□□□□□"), (1, "■□□□□□"), (12, "■■□□□□"), (999, "■■■□□□"), (10**9, "■■■■■■")],
)
def test_a_box_for_each_digit(size: int, boxes: str) -> None:
    assert byte_boxes(size) == boxes


@pytest.mark.parametrize(
    ("size", "boxes"),
    [
        (0, "□□□□□□"),
        (5, "■□□□□□"),  # a classroom's hello is something, whatever the buffer's size
        (50_000, "■■■□□□"),
        (99_999, "■■■■■□"),  # not full
        (100_000, "■■■■■■"),
        (120_000, "■■■■■■"),
    ],
)
def test_so_many_boxes_as_the_buffer_is_full(size: int, boxes: str) -> None:
    assert byte_boxes(size, 100_000) == boxes


def test_a_buffer_of_no_size_is_full_of_anything() -> None:
    assert byte_boxes(1, 0, 4) == FULL * 4


@pytest.mark.parametrize(
    ("waiting", "backlog", "boxes"),
    [
        (0, 5, "□□□□□"),
        (2, 5, "■■□□□"),
        (6, 5, "■■■■■■"),  # E08: one more than the backlog fits
        (1, 0, "■"),
        (0, 0, "□"),
    ],
)
def test_a_box_for_each_place_in_the_accept_queue(waiting: int, backlog: int, boxes: str) -> None:
    assert queue_boxes(waiting, backlog) == boxes


def test_a_long_queue_is_drawn_to_scale_and_never_hides_that_somebody_waits() -> None:
    assert queue_boxes(1, 128) == FULL + EMPTY * (MOST_BOXES - 1)
    assert queue_boxes(64, 128).count(FULL) == MOST_BOXES // 2
    assert queue_boxes(129, 128) == FULL * MOST_BOXES
