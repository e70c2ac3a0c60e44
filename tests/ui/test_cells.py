"""Text measured, cut and wrapped in cells; rows that grow at both ends."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from socklab.ui.panes.cells import cut, fit_measured, pad, width_of, wrap
from socklab.ui.panes.rows import Rows

texts = st.text(alphabet="ab 한글日本…é\x1b\n", max_size=40)
cells = st.integers(min_value=0, max_value=30)


@given(texts, cells)
def test_what_is_cut_fits_and_says_that_it_is_cut(text: str, room: int) -> None:
    shown = cut(text, room)
    assert width_of(shown) <= room
    assert shown == text or not shown or shown.endswith("…")


@given(texts, cells)
def test_what_is_padded_fills_its_room(text: str, room: int) -> None:
    assert width_of(pad(text, room)) == room


@given(st.lists(st.tuples(texts, st.just("dim")), max_size=5), cells)
def test_a_line_is_printable_and_never_too_long(parts: list[tuple[str, str]], room: int) -> None:
    fitted, used = fit_measured(parts, room)
    line = "".join(text for text, _style in fitted)
    assert width_of(line) == used <= room
    assert line.isprintable()


def test_a_part_that_is_left_out_leaves_its_mark() -> None:
    assert fit_measured([("abcd", ""), ("more", "dim")], 4) == ([("abc…", "")], 4)
    assert fit_measured([("abcd", ""), ("", "dim")], 4) == ([("abcd", ""), ("", "dim")], 4)


def test_words_stay_whole_where_they_can() -> None:
    assert wrap("the kernel took all", 10) == ["the kernel", "took all"]
    assert wrap("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert wrap("", 4) == [""]


@given(st.lists(st.booleans(), max_size=60), st.integers(min_value=0, max_value=60))
def test_rows_are_a_sorted_list_whose_positions_stay(ends: list[bool], gone: int) -> None:
    rows, model = Rows(), list[int]()
    low, high = 500, 500
    for at_end in ends:
        if at_end:
            rows.extend([high])
            model.append(high)
            high += 1
        else:
            low -= 1
            rows.extend_before([low])
            model.insert(0, low)
    positions = {rows[index]: rows.origin + index for index in range(len(rows))}
    rows.drop_below(low + gone)
    model = [number for number in model if number >= low + gone]
    assert [rows[index] for index in range(len(rows))] == model
    assert [rows.origin + rows.find(number) for number in model] == [
        positions[number] for number in model
    ]
