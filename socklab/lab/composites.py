"""How `serve` and `client`, which make several calls, are written: a place and `NAME=VALUE`s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from socklab.i18n import _
from socklab.lab import arguments
from socklab.lab.behaviours import BEHAVIOURS
from socklab.lab.commands import Client, Serve, Transport
from socklab.lab.reader import INT_MAX, MOST_SECONDS, Reader, one_of, seconds, whole
from socklab.lab.words import Word

BACKLOG = _("a backlog from 0 to {most} (Python passes 0 for less)", most=INT_MAX)

TRANSPORTS = {
    "tcp": _("a stream"),
    "udp": _("datagrams"),
}
_BEHAVIOURS = {name: behaviour.summary for name, behaviour in BEHAVIOURS.items()}
_SERVE_OPTIONS = {
    "backlog=": _("how many connections may wait to be accepted"),
    "accept=manual": _("accept only when told"),
    "accept=auto": _("accept by itself"),
    "read=manual": _("receive only when told"),
    "read=auto": _("receive and answer by itself"),
    "max-clients=": _("how many clients are served at a time"),
    "timeout=": _("seconds of silence after which a client is closed"),
    "v6only=on": _("an IPv6 server that refuses IPv4"),
    "v6only=off": _("an IPv6 server that serves IPv4 too"),
}
_CLIENT_OPTIONS = {
    "timeout=": _("seconds for each address that is tried"),
    "read=auto": _("receive by itself"),
    "read=manual": _("receive only when told"),
}


def serve(words: Reader) -> Serve:
    """What follows the verb."""
    transport = cast(Transport, words.choice(TRANSPORTS))
    place = arguments.host_port(words)
    first = words.peek_plain(_BEHAVIOURS, _SERVE_OPTIONS)
    behaviour: dict[str, Any] = {}
    if first and "=" not in first:
        behaviour["behaviour"] = words.choice(_BEHAVIOURS, _("a behaviour"))
    return Serve(transport, place, **behaviour, **options(words, _SERVE_OPTIONS, _SERVE))


def client(words: Reader) -> Client:
    """What follows the verb."""
    transport = cast(Transport, words.choice(TRANSPORTS))
    place = arguments.place(words)
    return Client(transport, place, **options(words, _CLIENT_OPTIONS, _CLIENT))


def options(words: Reader, offered: Mapping[str, str], known: Options) -> dict[str, Any]:
    """The fields of the command that the options up to the line's end set."""
    fields: dict[str, Any] = {}
    names = [f"{name}=" for name in known]
    while words.peek(offered) is not None:
        expected = _("an option or the line's end")
        word = words.plain(expected)
        name, equals, value = word.text.partition("=")
        if not equals or name not in known:
            raise words.error(expected, word, known=names)
        field, read = known[name]
        if field in fields:
            raise words.error(_("each option only once"), word)
        fields[field] = read(words, word, value)
    return fields


def behind(word: Word, value: str) -> Word:
    """The part of an option's word behind the `=`, the whole word where there is none."""
    if not value:
        return word
    return Word(value, word.end - len(value), word.end)


def _backlog(words: Reader, word: Word, value: str) -> int:
    return count(words, word, value, BACKLOG)


def clients(words: Reader, word: Word, value: str) -> int:
    """What follows `max-clients=`."""
    return count(words, word, value, _("a number of clients, 0 or more"))


def count(words: Reader, word: Word, value: str, expected: str, least: int = 0) -> int:
    """A whole number behind the `=`."""
    number = whole(value)
    if number is None or not least <= number <= INT_MAX:
        raise words.error(expected, behind(word, value))
    return number


def _timeout(words: Reader, word: Word, value: str) -> float:
    time = seconds(value)
    if time is None or not 0 < time <= MOST_SECONDS:
        raise words.error(_("a time in seconds, more than 0"), behind(word, value))
    return time


def _one_of(*choices: str) -> Callable[[Reader, Word, str], bool]:
    """Whether the first of two choices was taken."""

    def read(words: Reader, word: Word, value: str) -> bool:
        if value not in choices:
            raise words.error(one_of(choices), behind(word, value), known=choices)
        return value == choices[0]

    return read


Read = Callable[[Reader, Word, str], object]
"""Reads an option's value, behind the `=` of its word."""

Options = Mapping[str, tuple[str, Read]]
"""Option -> field of the command, and what reads its value."""

_SERVE: Options = {
    "backlog": ("backlog", _backlog),
    "accept": ("manual_accept", _one_of("manual", "auto")),
    "read": ("manual_read", _one_of("manual", "auto")),
    "max-clients": ("max_clients", clients),
    "timeout": ("timeout", _timeout),
    "v6only": ("v6only", _one_of("on", "off")),
}
_CLIENT: Options = {
    "timeout": ("timeout", _timeout),
    "read": ("automatic_read", _one_of("auto", "manual")),
}
