"""Bytes in hex and text side by side, a row at a time."""

from __future__ import annotations

from socklab.ui.panes.cells import Part

WIDE, NARROW = 16, 8
"""Bytes in a row: as every dump has them, and where there is no room for that."""

WIDE_FROM = 76
"""The width (cells) from which WIDE fits, with a margin."""

NOT_PRINTABLE = "·"


def bytes_a_row(width: int) -> int:
    """How many bytes a row of `width` cells shows."""
    return WIDE if width >= WIDE_FROM else NARROW


def rows_of(data: bytes, per_row: int) -> int:
    """How many rows `data` takes."""
    return -(-len(data) // per_row)


def hex_row(data: bytes, row: int, per_row: int) -> list[Part]:
    """Row `row`: the offset, the bytes in groups of eight, the bytes as ASCII."""
    start = row * per_row
    piece = data[start : start + per_row]
    groups = (piece[at : at + 8].hex(" ") for at in range(0, per_row, 8))
    columns = per_row * 3 + per_row // 8 - 2
    return [
        (f"{start:04x}  ", "dim"),
        ("  ".join(groups).ljust(columns + 2), ""),
        ("".join(map(letter, piece)), "accent"),
    ]


def letter(byte: int) -> str:
    """A byte as ASCII, a dot for what isn't printable."""
    return chr(byte) if 0x20 <= byte < 0x7F else NOT_PRINTABLE
