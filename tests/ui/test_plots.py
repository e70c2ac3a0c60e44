"""Small plots: the scale, the labels, and nothing out of its cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.model.series import Span
from socklab.ui.panes.cells import width_of
from socklab.ui.panes.plots import GUTTER, Quantity, bars, plot, spans_for

spans_of = st.lists(st.none() | st.integers(0, 10**9).map(lambda n: Span(n // 2, n)), min_size=1)


def flat(*values: int | None) -> list[Span | None]:
    return [None if value is None else Span(value, value) for value in values]


def test_half_as_high_is_half_as_much_and_nothing_is_told_from_0() -> None:
    assert bars(flat(16, 8, 0, None), 2, 16) == ["█▁  ", "██▁ "]


def test_a_little_stands_above_nothing() -> None:
    assert bars(flat(1, 0), 1, 1_000_000) == ["▂▁"]


def test_a_plot_has_its_title_its_value_and_its_scale() -> None:
    quantity = Quantity("cwnd", flat(*[10] * 20, 20), 20, lambda n: f"{n} seg", "accent")
    lines = ["".join(text for text, _style in row) for row in plot(quantity, GUTTER + 21, 2)]
    assert lines == [
        " cwnd 20 seg      min 10 seg  ",
        " 20 seg ┤▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁█",
        "      0 ┤█████████████████████",
    ]


def test_without_a_sample_there_is_no_line() -> None:
    quantity = Quantity("rtt", flat(None, None), None, str, "accent")
    lines = ["".join(text for text, _style in row) for row in plot(quantity, GUTTER + 2, 2)]
    assert lines == [" rtt —     ", "        │  ", "      0 ┤  "]


@given(spans_of, st.integers(1, 6), st.integers(GUTTER + 1, 80))
def test_every_row_has_exactly_its_width(spans: list[Span | None], rows: int, width: int) -> None:
    shown = (spans * spans_for(width))[: spans_for(width)]
    quantity = Quantity("recv queue", shown, 123_456_789, lambda n: f"{n} B", "second")
    drawn = plot(quantity, width, rows)
    assert len(drawn) == rows + 1
    for row in drawn:
        assert sum(width_of(text) for text, _style in row) == width
