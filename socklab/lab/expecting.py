"""How `expect` is written: a call's return, a socket's state, or a queue's depth."""

from __future__ import annotations

import re
from typing import Literal, cast

from socklab.i18n import _
from socklab.lab.arguments import program, required_fd, within
from socklab.lab.commands import ExpectCall, ExpectQueue, ExpectState, Number
from socklab.lab.errnos import ERRNOS, errno_name
from socklab.lab.network_commands import ExpectWire
from socklab.lab.reader import Reader, Slot, whole
from socklab.lab.wiring import expect_wire
from socklab.lab.words import Word
from socklab.model.mistakes import closest
from socklab.model.tcp_states import TcpState

CALLS = dict.fromkeys(
    (
        *("socket", "bind", "listen", "accept", "connect", "getsockname", "getpeername"),
        *("send", "sendto", "recv", "recvfrom", "shutdown", "close"),
        *("setsockopt", "getsockopt", "ioctl", "poll", "select"),
    ),
    "",
)
"""The POSIX names of the calls that a program can make."""

STATES = {state.value: "" for state in TcpState}

Queue = Literal["recv_queue", "send_queue", "accept_queue"]

_QUEUES = {
    "recv_queue": _("bytes received and not read yet"),
    "send_queue": _("bytes sent and not acknowledged yet"),
    "accept_queue": _("connections that wait for accept"),
}
_WIRE = {"wire": _("what became of frames")}
_EQUALS = {"=": ""}
_RESULTS = {"*": _("any result"), "<": _("less than"), ">": _("more than")}
_MOST = 2**63 - 1

_DIGITS = re.compile(r"-?[0-9]+")


def expect(words: Reader) -> ExpectCall | ExpectState | ExpectQueue | ExpectWire:
    """What follows the verb."""
    if words.optional(_WIRE) is not None:
        return expect_wire(words)
    name = program(words)
    if _DIGITS.fullmatch(words.peek_plain(Slot.DESCRIPTOR)):
        return _socket(words, name)
    call = words.choice(CALLS, _("a call's name or a descriptor"))
    number = _call_fd(words)
    words.choice(_EQUALS)
    result, error = _outcome(words)
    data, prefix = _data(words)
    return ExpectCall(name, call, number, result, error, data, prefix, within(words))


def _call_fd(words: Reader) -> int | None:
    """A descriptor, unless `=` follows the call at once."""
    return None if words.peek_plain(Slot.DESCRIPTOR) in ("=", "") else required_fd(words)


def _socket(words: Reader, name: str) -> ExpectState | ExpectQueue:
    number = required_fd(words)
    what = words.choice(
        {**STATES, **_QUEUES}, _("a TCP state, recv_queue, send_queue or accept_queue")
    )
    if what not in _QUEUES:
        return ExpectState(name, number, what, within(words))
    words.choice(_EQUALS)
    expected = _("a number, <N or >N")
    word = words.plain(expected)
    depth = _number(word.text)
    if depth is None or depth.value is None:
        raise words.error(expected, word)
    return ExpectQueue(name, number, cast(Queue, what), depth, within(words))


def _outcome(words: Reader) -> tuple[Number | None, str | None]:
    """A result or an errno's name, one of which is None."""
    expected = _("a number, *, <N, >N or an errno's name")
    word = words.plain(expected, _RESULTS, dict.fromkeys(ERRNOS, ""))
    result = _number(word.text)
    if result is not None:
        return result, None
    if word.text in ERRNOS:
        return None, errno_name(ERRNOS[word.text])
    raise words.error(expected, word, suggestion=_closest_errno(word))


def _closest_errno(word: Word) -> str | None:
    """Only for a word of letters: `3x` means no errno."""
    return closest(word.text, ERRNOS) if word.text.isalpha() else None


def _number(text: str) -> Number | None:
    if text == "*":
        return Number("=", None)
    relation: Literal["=", "<", ">"] = "<" if text[0] == "<" else ">" if text[0] == ">" else "="
    value = whole(text if relation == "=" else text[1:])
    return Number(relation, value) if value is not None and 0 <= value <= _MOST else None


def _data(words: Reader) -> tuple[bytes | None, bool]:
    word = words.peek({'"': _("the data of the call")})
    if word is None or word.data is None:
        return None, False
    words.take("")
    return word.data, word.prefix
