"""How `setsockopt` and `getsockopt` are written: an option's name and, by its kind, a value."""

from __future__ import annotations

import re
from collections.abc import Callable

from socklab.i18n import _
from socklab.lab import arguments
from socklab.lab.commands import GetSockOpt, SetSockOpt
from socklab.lab.option_values import Kind, numeric_address
from socklab.lab.options import OPTIONS
from socklab.lab.reader import INT_MAX, Reader, whole
from socklab.model.mistakes import closest

_INT_MIN = -INT_MAX - 1
_HEX = re.compile(r"0x[0-9a-fA-F]{1,8}")
_PREFIX = re.compile(r"(so|tcp|ip|ipv6)_", re.IGNORECASE)

_SETTABLE = {option.name: option.summary for option in OPTIONS.values() if option.settable}
_GETTABLE = {option.name: option.summary for option in OPTIONS.values() if option.gettable}
_OFF = {"off": _("none")}

Value = int | float | None | tuple[str, ...]


def setsockopt(words: Reader) -> SetSockOpt:
    """What follows the verb."""
    number = arguments.fd(words)
    name = _name(words, _SETTABLE)
    return SetSockOpt(number, name, _VALUES[OPTIONS[name].kind](words))


def getsockopt(words: Reader) -> GetSockOpt:
    """What follows the verb."""
    return GetSockOpt(arguments.fd(words), _name(words, _GETTABLE))


def _name(words: Reader, offered: dict[str, str]) -> str:
    """Any option: that one can't be set or read is for the kernel to say."""
    expected = _("a socket option")
    word = words.plain(expected, offered)
    if word.text not in OPTIONS:
        bare = _PREFIX.sub("", word.text, count=1)
        raise words.error(expected, word, suggestion=closest(bare, OPTIONS))
    return word.text


def _number(words: Reader) -> int:
    return _int(words, _("a number"))


def _int(words: Reader, expected: str) -> int:
    """What fits into an int, whether it makes sense or not; in hex too, as for `tos`."""
    word = words.plain(expected)
    value = int(word.text, 16) if _HEX.fullmatch(word.text) else whole(word.text)
    if value is None or not _INT_MIN <= value <= INT_MAX:
        raise words.error(expected, word)
    return value


def _switch(words: Reader) -> int:
    state = words.optional(arguments.SWITCH)
    return int(state == "on") if state else _int(words, _("on, off or a number"))


def _milliseconds(words: Reader) -> int:
    return _int(words, _("a whole number of milliseconds"))


def _seconds(words: Reader) -> float:
    if words.optional(_OFF):
        return 0.0
    return words.seconds(_("a time in seconds, or off"))


def _linger(words: Reader) -> int | None:
    """struct linger holds whole seconds."""
    if words.optional(_OFF):
        return None
    return words.whole(_("whole seconds, or off"), 0, INT_MAX)


def _text(words: Reader) -> tuple[str]:
    return (words.plain(_("a name")).text,)


def _interface(words: Reader) -> tuple[str]:
    return (words.plain(_("an interface's address, name or number")).text,)


def _membership(words: Reader) -> tuple[str, ...]:
    expected = _("the address of a group, as 224.1.1.1")
    group = words.plain(expected)
    if numeric_address(group.text) is None:
        raise words.error(expected, group)
    return (group.text,) if words.peek() is None else (group.text, *_interface(words))


_VALUES: dict[Kind, Callable[[Reader], Value]] = {
    Kind.SWITCH: _switch,
    Kind.NUMBER: _number,
    Kind.MILLISECONDS: _milliseconds,
    Kind.SECONDS: _seconds,
    Kind.LINGER: _linger,
    Kind.TEXT: _text,
    Kind.ADDRESS: _interface,
    Kind.MEMBERSHIP: _membership,
    Kind.SYMBOL: _number,
    Kind.TCP_INFO: _number,
}
