"""How the bytes of a field are read, and how what was read is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import IPv6Address

from socklab.i18n import _
from socklab.model.escaping import data_text

_SHOWN = 20
_SET, _NOT_SET, _ONE_BYTE = _("set"), _("not set"), _("1 byte")


def number(data: bytes) -> int:
    """An unsigned number, as it goes over the network: the high byte first."""
    return int.from_bytes(data)


def mac(data: bytes) -> str:
    """`02:00:00:00:00:01`."""
    return data.hex(":")


@lru_cache(4096)
def ipv4(data: bytes) -> str:
    """`10.0.0.1`."""
    return ".".join(map(str, data))


@lru_cache(4096)
def ipv6(data: bytes) -> str:
    """`fd00::1`, as RFC 5952 has it. Raises ValueError for anything but 16 bytes."""
    address = IPv6Address(data)
    mapped = address.ipv4_mapped
    return str(address) if mapped is None else f"::ffff:{mapped}"


def raw(data: bytes) -> bytes:
    """The bytes themselves."""
    return data


def hexadecimal(digits: int) -> Callable[[int], str]:
    """Writes `0x1234`."""
    return lambda value: f"0x{value:0{digits}x}"


def named(names: Mapping[int, str]) -> Callable[[int], str]:
    """Writes `TCP (6)`, and only the number where it has no name."""
    return lambda value: f"{names[value]} ({value})" if value in names else str(value)


def is_set(value: int) -> str:
    """A bit."""
    return _SET if value else _NOT_SET


def in_bytes(value: int) -> str:
    """`1 byte`, `1,460 bytes`."""
    return _ONE_BYTE if value == 1 else _("{n} bytes", n=f"{value:,}")


def in_hex(value: bytes) -> str:
    """`02 04 05 b4`; of many bytes only the first."""
    shown = value[:_SHOWN].hex(" ")
    return f"{shown} ..." if len(value) > _SHOWN else shown


def as_data(value: bytes) -> str:
    """`"hello\\r\\n"`."""
    return data_text(value)
