"""The kernel's own description of its types (BTF): where each field of a struct lies.

/sys/kernel/btf/vmlinux, as Documentation/bpf/btf.rst lays it out. Little of it is read here: the
members of one struct.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

VMLINUX = Path("/sys/kernel/btf/vmlinux")

_STRUCT = 4


class Member(NamedTuple):
    """A field of a struct: where it begins and, of a bit field, its width (bits)."""

    offset: int
    width: int


def members(name: str, data: bytes) -> tuple[int, dict[str, Member]]:
    """The size (bytes) of `struct name` and its members, in order. Raises KeyError."""
    _magic, _version, _flags, header, types, types_size, strings, strings_size = struct.unpack_from(
        "=HBBIIIII", data
    )
    text = data[header + strings : header + strings + strings_size]
    at, end = header + types, header + types + types_size
    wanted = text.index(b"\0" + name.encode() + b"\0") + 1
    while at < end:
        called, info, size = struct.unpack_from("=III", data, at)
        kind, count = info >> 24 & 0x1F, info & 0xFFFF
        at += 12
        if kind == _STRUCT and called == wanted:
            return size, dict(_member(data, text, at + 12 * i, info) for i in range(count))
        at += _trailer(kind, count)
    raise KeyError(name)


def _member(data: bytes, text: bytes, at: int, info: int) -> tuple[str, Member]:
    called, _type, offset = struct.unpack_from("=III", data, at)
    name = text[called : text.index(b"\0", called)].decode()
    has_widths = info >> 31
    return name, Member(offset & 0xFFFFFF, offset >> 24) if has_widths else Member(offset, 0)


def _trailer(kind: int, count: int) -> int:
    """The bytes that follow a type of this kind (BTF_KIND_...)."""
    fixed = {1: 4, 3: 12, 14: 4, 17: 4}
    each = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}
    return fixed.get(kind, 0) + each.get(kind, 0) * count
