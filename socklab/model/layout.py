"""A C structure as the bytes that a system call is given: which field stands where.

Knows no structure by itself; `sockaddr` and `option_bytes` lay them out.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Literal

ByteOrder = Literal["little", "big"]

HOST_ORDER: ByteOrder = sys.byteorder
"""The order in which this machine keeps the bytes of a number."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a structure: `start` and `size` in bytes, `value` as a program would write it.

    `data` are its bytes in the order in which they lie in memory, empty where they aren't known.
    `meaning` is what there is to know about it, "" for nothing.
    """

    name: str
    start: int
    size: int
    data: bytes
    value: str
    meaning: str = ""

    @property
    def end(self) -> int:
        """The offset of the first byte behind it."""
        return self.start + self.size


@dataclass(frozen=True, slots=True)
class Layout:
    """A structure by its name in C, and its fields in order, without gaps."""

    name: str
    fields: tuple[Field, ...]

    @property
    def size(self) -> int:
        """In bytes, as sizeof has it."""
        return self.fields[-1].end if self.fields else 0

    @property
    def data(self) -> bytes:
        """All its bytes; those that aren't known are zero."""
        return b"".join(field.data or bytes(field.size) for field in self.fields)


Part = tuple[str, int, bytes, str, str]
"""Name, size, bytes, value and meaning of a field, whose place follows from those before it."""


def lay_out(name: str, *parts: Part) -> Layout:
    """The structure that these fields make, one directly behind the other."""
    fields, start = [], 0
    for field, size, data, value, meaning in parts:
        fields.append(Field(field, start, size, data, value, meaning))
        start += size
    return Layout(name, tuple(fields))


def number(value: int, size: int, order: ByteOrder) -> bytes:
    """An integer, signed where it is negative. Raises OverflowError where it doesn't fit."""
    return value.to_bytes(size, order, signed=value < 0)
