"""What stands behind a verb: descriptors, places, data. Each function reads one of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from socklab.i18n import _
from socklab.lab.commands import (
    AddressOf,
    Data,
    Destination,
    FileBytes,
    HostPort,
    Literally,
    Pattern,
    Peer,
    Place,
    Transport,
)
from socklab.lab.reader import INT_MAX, Reader, Slot, whole
from socklab.lab.words import Word, quote

TRANSPORTS = {"tcp": _("a stream"), "udp": _("datagrams")}
SWITCH = {"on": "", "off": ""}
PROGRAM_NAME = re.compile(r"[a-z][a-z0-9-]*")

MOST_DATA = 1 << 30
"""The most bytes that `bytes:N` makes: they are handed to one call, so they must fit in memory."""

_DIGITS = re.compile(r"-?[0-9]+")
_ADDRESS_OF = re.compile(r"@([a-z][a-z0-9-]*)(?:\.([0-9]{1,10}))?")
_GLUED = re.compile(r"([^:]+):([0-9]+)|\[(.+)\]:([0-9]+)")
_NOT_HEX = re.compile(r"[^0-9a-fA-F_]")

_HOSTS = {
    "127.0.0.1": _("this machine, over IPv4"),
    "::1": _("this machine, over IPv6"),
    "localhost": _("this machine, by name"),
    "*": _("any address of this machine"),
}
_PEER = {"peer": _("the sender of the last datagram")}
_DATA = {
    '"': _('text, with \\n \\r \\t \\0 \\\\ \\" \\xNN'),
    "hex:": _("bytes in hex: hex:48_69"),
    "file:": _("the content of a file"),
    "bytes:": _("so many bytes 0, 1, ..., 255, 0, ..."),
}
_SIZE = {"4096": _("at most so many bytes, as if it weren't said")}
_DEFAULT_SIZE = 4096
_WITHIN = {"within": _("seconds to wait, 2 if not said")}
_DEFAULT_WITHIN = 2.0


def fd(words: Reader) -> int | None:
    """A descriptor; None where the next word isn't a number: then it was left out."""
    if _DIGITS.fullmatch(words.peek_plain(Slot.DESCRIPTOR)):
        return required_fd(words)
    return None


def required_fd(words: Reader) -> int:
    """A descriptor, which can't be left out here."""
    return words.whole(_("a descriptor, 0 or more"), 0, INT_MAX, Slot.DESCRIPTOR)


def fd_and_size(words: Reader) -> tuple[int | None, int]:
    """`FD [N]`: how many bytes to receive at most, which needs FD written."""
    number = fd(words)
    if number is None or not _DIGITS.fullmatch(words.peek_plain(_SIZE)):
        return number, _DEFAULT_SIZE
    expected = _("a number of bytes, at least 1 (for 0 Python makes no call)")
    return number, words.whole(expected, 1, INT_MAX)


def program(words: Reader) -> str:
    """A program's name, whose descriptors are meant from here on."""
    expected = _("a program's name")
    word = words.plain(expected, Slot.PROGRAM)
    if not PROGRAM_NAME.fullmatch(word.text):
        raise words.error(expected, word, suggestion=program_like(word.text))
    words.program = word.text
    return word.text


def program_like(text: str) -> str | None:
    """The program's name that `text` nearly is."""
    name = text.rstrip(":").lower().replace("_", "-")
    return name if PROGRAM_NAME.fullmatch(name) else None


def transport(words: Reader) -> Transport:
    """`tcp` or `udp`."""
    return cast(Transport, words.choice(TRANSPORTS))


def switch(words: Reader) -> bool:
    """`on` or `off`."""
    return words.choice(SWITCH) == "on"


def within(words: Reader) -> float:
    """The line's end, or `within S`: how many seconds to wait at most."""
    if words.peek(_WITHIN) is None:
        return _DEFAULT_WITHIN
    words.choice(_WITHIN, _("within S or the line's end"))
    return words.seconds()


def host_port(words: Reader) -> HostPort:
    """A host and a port."""
    return _port_of(words, words.plain(_EXPECTED_HOST, _HOSTS))


def place(words: Reader) -> Place:
    """A host and a port, or the address of a program's socket."""
    word = words.plain(_EXPECTED_PLACE, _HOSTS, Slot.ADDRESS)
    return _address_of(words, word) if word.text.startswith("@") else _port_of(words, word)


def destination(words: Reader) -> Destination:
    """A place, or `peer`."""
    return Peer() if words.optional(_PEER) else place(words)


_EXPECTED_HOST = _("a host and a port")
_EXPECTED_PLACE = _("a host and a port, or @PROGRAM")


def _address_of(words: Reader, word: Word) -> AddressOf:
    match = _ADDRESS_OF.fullmatch(word.text)
    number = int(match[2]) if match and match[2] else None
    if match is None or (number or 0) > INT_MAX:
        raise words.error(_("@PROGRAM or @PROGRAM.FD"), word)
    return AddressOf(match[1], number)


def _port_of(words: Reader, host: Word) -> HostPort:
    if not host.text.isprintable():  # a NUL would end the name early
        raise words.error(_("a host's name or address"), host)
    glued = _GLUED.fullmatch(host.text)
    if glued and words.peek() is None:
        apart = " ".join(part for part in glued.groups() if part)
        raise words.error(_("a host and a port as two words"), host, suggestion=apart)
    return HostPort(host.text, words.whole(_("a port from 0 to 65535"), 0, 65535))


def data(words: Reader) -> Data:
    """What is to be sent."""
    expected = _('"TEXT", hex:48_69, file:PATH or bytes:N')
    word = words.take(expected, _DATA)
    if word.data is not None:
        if word.prefix:
            raise words.error(_('"TEXT" without ...'), word)
        return Literally(word.data)
    kind, colon, value = word.text.partition(":")
    if colon and kind in _FORMS:
        return _FORMS[kind](words, word, value)
    raise words.error(expected, word, known=_DATA, suggestion=_quoted(word.text))


def _quoted(text: str) -> str | None:
    """Text that somebody forgot to quote, unless it seems to be one of the other forms."""
    return None if ":" in text else quote(text.encode())


def _hex(words: Reader, word: Word, value: str) -> Literally:
    expected = _("pairs of hex digits, as in hex:48_69")
    wrong = _NOT_HEX.search(value)
    if wrong:
        at = word.start + len("hex:") + wrong.start()
        raise words.error(expected, Word(wrong[0], at, at + 1))
    digits = value.replace("_", "")
    if not digits or len(digits) % 2:
        raise words.error(expected, word)
    return Literally(bytes.fromhex(digits))


def _file(words: Reader, word: Word, path: str) -> FileBytes:
    """A path with blanks is a quoted word of its own: only a quote at a word's start counts."""
    if path.startswith('"'):
        raise words.error(_('a blank before the quote: file: "PATH"'), word)
    if not path:
        path = _quoted_path(words)
    if "\0" in path:
        raise words.error(_("a path without \\0"), word)
    return FileBytes(path)


def _quoted_path(words: Reader) -> str:
    expected = _("a path")
    word = words.take(expected)
    try:
        path = (word.data or b"").decode()
    except UnicodeDecodeError:
        path = ""
    if not path or word.prefix:
        raise words.error(expected, word)
    return path


def _pattern(words: Reader, word: Word, value: str) -> Pattern:
    size = whole(value)
    if size is None or not 0 <= size <= MOST_DATA:
        raise words.error(_("bytes:N, N from 0 to {most}", most=MOST_DATA), word)
    return Pattern(size)


_FORMS: dict[str, Callable[[Reader, Word, str], Data]] = {
    "hex": _hex,
    "file": _file,
    "bytes": _pattern,
}
