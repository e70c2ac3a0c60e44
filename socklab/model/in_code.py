"""What a call's code has in common, whatever its language.

What a journal says may come from anywhere, and exported code is run: only what is checked here to
be a name, a number or an address becomes code, all else is a literal or a comment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, ip_address
from typing import TypeVar

from socklab.events import Address, Arg, Call

_Pieces = TypeVar("_Pieces")

_SYMBOL = re.compile(r"[A-Z][A-Z0-9_]*")
_SCOPE = re.compile(r"[0-9A-Za-z._-]+")
_ESCAPES = {0x0A: r"\n", 0x0D: r"\r", 0x09: r"\t", 0x22: r"\"", 0x5C: r"\\"}


class NoCode(ValueError):
    """This event can't be written as code: it says something that no call of the lab says."""


def written(
    call: Call, writers: Mapping[str, Callable[[Call, _Pieces], str]], pieces: _Pieces
) -> str:
    """What the one of `writers` that knows the call makes of it and of `pieces`. Raises NoCode."""
    write = writers.get(call.name)
    if write is None:
        raise NoCode(call.name)
    try:
        return write(call, pieces)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise NoCode(str(error)) from error


def is_whole(call: Call, limit: int) -> bool:
    """Whether the journal has all of the call's data, and that is no more than `limit` bytes."""
    size = len(call.data or b"")
    return size <= limit and size == (call.size or 0)


def letter(byte: int, escape: str) -> str:
    """A byte as it stands in a literal in double quotes; `escape` is the format of one that is no
    letter of ASCII's."""
    return _ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else escape.format(byte))


# Arguments.


def is_symbol(text: str) -> bool:
    """Whether `text` may be the name of one of C's constants: `AF_INET`."""
    return _SYMBOL.fullmatch(text) is not None


def as_symbol(arg: Arg) -> str:
    """The name of a constant. Raises NoCode."""
    if not isinstance(arg, str) or not is_symbol(arg):
        raise NoCode(arg)
    return arg


def as_symbols(arg: Arg) -> list[str]:
    """The names of the flags that are set: `MSG_PEEK|MSG_OOB`, `0` for none. Raises NoCode."""
    return [] if arg in ("0", 0) else [as_symbol(name) for name in str(arg).split("|")]


def as_number(arg: Arg) -> int:
    """A number. Raises NoCode."""
    if not isinstance(arg, int):
        raise NoCode(arg)
    return int(arg)


def numeric_host(address: Address) -> tuple[str, str, int]:
    """An address's number and scope ("" for none), and the version of IP. Raises NoCode for a host
    that is no numeric address."""
    text, percent, scope = address[0].partition("%")
    try:
        version = ip_address(text).version
    except ValueError as error:
        raise NoCode(address[0]) from error
    if percent and not _SCOPE.fullmatch(scope):
        raise NoCode(address[0])
    return text, scope, version


def number_or_name(text: str) -> tuple[str, str]:
    """An interface's number, as code, and its name, of which one is "": `fe80::1%lo` has a name
    only, `2` a number."""
    name = text.rpartition("%")[2]
    if name.isascii() and name.isdecimal():
        return name.lstrip("0") or "0", ""  # of any length: int() would take 4300 digits only
    return "", name


def is_ipv4(text: str) -> bool:
    """Whether `text` is an IPv4 address."""
    try:
        return isinstance(ip_address(text), IPv4Address)
    except ValueError:
        return False
