"""How `serve` and `client`, which make several calls, are written: a place and `NAME=VALUE`s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from socklab.i18n import _
from socklab.lab import arguments
from socklab.lab.behaviours import BEHAVIOURS
from socklab.lab.commands import Client, Serve, Transport
from socklab.lab.named_values import behind, count
from socklab.lab.reader import INT_MAX, MOST_SECONDS, Reader, one_of, seconds
from socklab.lab.words import LanguageError, Word

Read = Callable[[Reader, Word, str], object]
"""Reads an option's value, behind the `=` of its word."""

Options = Mapping[str, tuple[str, Read]]
"""Option -> field of the command, and what reads its value."""

Refused = Mapping[str, str]
"""Option, or one value of it as `read=manual` -> why it can't be."""

_NOTHING: Mapping[str, Any] = {}

EXPECTED_BACKLOG = _("a backlog from 0 to {most} (Python passes 0 for less)", most=INT_MAX)

_BEHAVIOURS = {
    transport: {
        name: behaviour.summary
        for name, behaviour in BEHAVIOURS.items()
        if transport in behaviour.transports
    }
    for transport in arguments.TRANSPORTS
}
_READ = {
    "read=manual": _("receive only when told"),
    "read=auto": _("receive and answer by itself"),
}
_V6ONLY = {
    "v6only=on": _("an IPv6 server that refuses IPv4"),
    "v6only=off": _("an IPv6 server that serves IPv4 too"),
}
_SERVE_OPTIONS = {
    "tcp": {
        "backlog=": _("how many connections may wait to be accepted"),
        "accept=manual": _("accept only when told"),
        "accept=auto": _("accept by itself"),
        **_READ,
        "max-clients=": _("how many clients are served at a time"),
        "timeout=": _("seconds of silence after which a client is closed"),
        **_V6ONLY,
    },
    "udp": {**_READ, **_V6ONLY},
}
_NO_SERVERS: Mapping[str, Refused] = {
    "tcp": {},
    "udp": {
        "backlog": _("a server of UDP has no backlog: no connection waits there to be accepted"),
        "accept": _("a server of UDP accepts nobody: there is no connection, only datagrams"),
        "max-clients": _(
            "a server of UDP can't count its clients: nobody connects or leaves, and each datagram"
            " stands for itself"
        ),
        "timeout": _("a server of UDP has nothing to close: its clients have no connection"),
    },
}
_NOT_HEARD = _(
    "a server that receives only when told can't know who is silent, for until then it hears"
    " nobody: there is no timeout= with read=manual, nor with the behaviour manual"
)
_AT_ODDS: Mapping[str, Refused] = {
    "read=manual": {"timeout": _NOT_HEARD},
    "timeout": {"read=manual": _NOT_HEARD},
}
_CLIENT_OPTIONS = {
    "timeout=": _("seconds for each address that is tried"),
    "read=auto": _("receive by itself"),
    "read=manual": _("receive only when told"),
}
_NO_CLIENTS: Mapping[str, Refused] = {
    "tcp": {},
    "udp": {
        "timeout": _(
            "a client of UDP has nothing to wait for: its connect sends nothing and returns at"
            " once; a receive gives up after `setsockopt FD rcvtimeo S`"
        ),
    },
}


def serve(words: Reader) -> Serve:
    """What follows the verb."""
    transport = arguments.transport(words)
    place = arguments.host_port(words)
    offered, refused = _SERVE_OPTIONS[transport], _NO_SERVERS[transport]
    first = words.peek_plain(_BEHAVIOURS[transport], offered)
    behaviour: dict[str, Any] = {}
    if first and "=" not in first:
        behaviour["behaviour"] = _behaviour(words, transport)
    if first == "manual":
        refused = {"timeout": _NOT_HEARD, **refused}
    said = options(words, offered, _SERVE, refused, _AT_ODDS)
    return Serve(transport, place, **behaviour, **said)


def _behaviour(words: Reader, transport: Transport) -> str:
    """One that makes sense over that transport."""
    expected, known = _("a behaviour"), _BEHAVIOURS[transport]
    word = words.peek()
    if word is None or word.text in known or word.text not in BEHAVIOURS:
        return words.choice(known, expected)
    other = next(one for one in arguments.TRANSPORTS if word.text in _BEHAVIOURS[one])
    why = _(
        "{behaviour} doesn't run over {transport}: say `serve {other}`, or take one of {known}",
        behaviour=word.text,
        transport=transport.upper(),
        other=other,
        known=", ".join(known),
    )
    raise LanguageError(expected, word.text, word.start + 1, why=why)


def client(words: Reader) -> Client:
    """What follows the verb."""
    transport = arguments.transport(words)
    place = arguments.place(words)
    said = options(words, _CLIENT_OPTIONS, _CLIENT, _NO_CLIENTS[transport])
    return Client(transport, place, **said)


def options(
    words: Reader,
    offered: Mapping[str, str],
    known: Options,
    refused: Refused = _NOTHING,
    at_odds: Mapping[str, Refused] = _NOTHING,
) -> dict[str, Any]:
    """The fields of the command that the options up to the line's end set.

    What is `refused` is known well, but can't be here; `at_odds` is what an option refuses once it
    is said, be it with any value or with one.
    """
    fields: dict[str, Any] = {}
    names = [f"{name}=" for name in {**known, **refused} if "=" not in name]
    while words.peek(_left(offered, refused)) is not None:
        expected = _("an option or the line's end")
        word = words.plain(expected)
        name, equals, value = word.text.partition("=")
        why = refused.get(name) or refused.get(word.text)
        if equals and why:
            raise LanguageError(expected, word.text, word.start + 1, why=why)
        if not equals or name not in known:
            raise words.error(expected, word, known=names)
        field, read = known[name]
        if field in fields:
            raise words.error(_("each option only once"), word)
        fields[field] = read(words, word, value)
        for said in (name, word.text):
            refused = {**refused, **at_odds.get(said, {})}
    return fields


def _left(offered: Mapping[str, str], refused: Refused) -> Mapping[str, str]:
    """What can still be said."""
    return {
        word: summary
        for word, summary in offered.items()
        if word not in refused and word.partition("=")[0] not in refused
    }


def _backlog(words: Reader, word: Word, value: str) -> int:
    return count(words, word, value, EXPECTED_BACKLOG)


def clients(words: Reader, word: Word, value: str) -> int:
    """What follows `max-clients=`."""
    return count(words, word, value, _("a number of clients, 0 or more"))


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
