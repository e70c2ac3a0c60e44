r"""Bytes as text in rows of a box: one row a line of the text, longer ones broken.

A line ends after its newline, which is shown as `\n`. Every other byte that isn't plainly visible
is an escape too, so the rows together are the bytes, written as `send` takes them; only the
quotes, which nothing here ends at, stand for themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from socklab.model.escaping import escape
from socklab.ui.panes.cells import width_of

_ASCII = [escape(bytes([code])) for code in range(128)]
_ASCII[ord('"')] = '"'


def text_rows(data: bytes, cells: int, limit: int) -> tuple[list[str], int]:
    """At most `limit` rows of `cells` cells, and how many bytes of `data` they show."""
    rows: list[str] = []
    shown = 0
    for row, size in _rows(data, cells):
        if len(rows) == limit:
            break
        rows.append(row)
        shown += size
    return rows, shown


def is_short(data: bytes, cells: int) -> bool:
    """Whether `data` surely takes one row of `cells` cells: quick, and at times too careful."""
    if not 0 < len(data) <= cells or not data.isascii():
        return False
    text = data.decode("ascii").removesuffix("\n")
    escapes = text.count("\\") + 2 * (len(data) - len(text))
    return len(text) + escapes <= cells and text.isprintable()


def _rows(data: bytes, cells: int) -> Iterator[tuple[str, int]]:
    for line in _lines(data):
        yield from _broken(line, cells)


def _lines(data: bytes) -> Iterator[bytes]:
    # Not bytes.splitlines, for which a carriage return alone ends a line too.
    at = 0
    while at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        yield data[at:end]
        at = end


def _broken(line: bytes, cells: int) -> Iterator[tuple[str, int]]:
    if line.isascii() and (text := line.decode("ascii")).isprintable() and "\\" not in text:
        for at in range(0, len(text), cells):
            yield text[at : at + cells], len(text[at : at + cells])
        return
    row, used, size = "", 0, 0
    for char in line.decode("utf-8", "surrogateescape"):
        piece, weight = _shown(char)
        width = width_of(piece)
        if used + width > cells and row:
            yield row, size
            row, used, size = "", 0, 0
        row, used, size = row + piece, used + width, size + weight
    yield row, size


def _shown(char: str) -> tuple[str, int]:
    """How a character is written, and how many bytes it stands for."""
    code = ord(char)
    if code < 128:
        return _ASCII[code], 1
    raw = char.encode("utf-8", "surrogateescape")
    return escape(raw), len(raw)
