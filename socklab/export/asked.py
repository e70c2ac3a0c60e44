"""What a command's line asked for, as far as exported code must know it: its verb, what `serve`
set up, and how the data of a `send` were made.

The journal keeps the line as text and of long data only the beginning. Lines that the lab has
taken make sense, so this reads them leniently; a line that says nothing known asks for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"\S*|(#.*)|(\S+))')
_PROGRAM = re.compile(r"[a-z][a-z0-9-]*:")
_ESCAPE = re.compile(rb'\\(?:x([0-9a-fA-F]{2})|([nrt0\\"]))')
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"\\": b"\\", b'"': b'"'}
_TIMES = re.compile(r"x\d+")
_SENDS = frozenset({"send", "sendto"})
_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Pattern:
    """`bytes:N`: the bytes 0, 1, ..., 255, 0, ..."""

    size: int


@dataclass(frozen=True, slots=True)
class FileBytes:
    """`file:PATH`: what is in a file, which had `size` bytes."""

    path: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes that are known from the beginning on; where `size` is more, the rest isn't."""

    data: bytes
    size: int


Content = Pattern | FileBytes | Kept


@dataclass(frozen=True, slots=True)
class Serving:
    """What `serve` set up. `most`: clients at a time; `timeout`: seconds of silence after which
    a client is closed; `manual`: what it accepts is read by hand."""

    behaviour: str = "echo"
    manual: bool = False
    most: int | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One line, understood so far. `seconds` is how long a `sleep` lasted, `text` what a `note`
    said, `to_peer` whether a `sendto` went to the sender of the last datagram."""

    verb: str
    content: Content | None = None
    serving: Serving | None = None
    seconds: float = 0.0
    text: str = ""
    to_peer: bool = False


def asked(text: str) -> Asked:
    """What the line `text` asked for; without a verb where it can't be told."""
    words = _words(text)
    if words and not words[0].quoted and _PROGRAM.fullmatch(words[0].text):
        words = words[1:]
    if words and words[0].text == "every":
        words = words[3:] if len(words) > 2 and _TIMES.fullmatch(words[2].text) else words[2:]
    if not words:
        return Asked("")
    verb, rest = words[0].text, words[1:]
    if verb in _SENDS:
        to_peer = any(word.text == "peer" and not word.quoted for word in rest)
        return Asked(verb, content=_content(rest), to_peer=to_peer)
    if verb == "serve":
        return Asked(verb, serving=_serving([word.text for word in rest]))
    if verb == "sleep":
        return Asked(verb, seconds=_number(rest[0].text) if rest else 0.0)
    if verb == "note":
        return Asked(verb, text=text.strip().removeprefix("note").strip())
    return Asked(verb)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    quoted: bool = False


def _words(text: str) -> list[_Word]:
    words = []
    for quoted, comment, plain in _WORD.findall(text):
        if comment:
            break
        # An empty match of both is the quoted word "".
        words.append(_Word(plain) if plain else _Word(quoted, quoted=True))
    return words


def _content(words: Sequence[_Word]) -> Content | None:
    """The word that says what is sent: the last one that is data."""
    for place in range(len(words) - 1, -1, -1):
        word = words[place]
        if word.quoted:
            if place and words[place - 1].text == "file:":
                return FileBytes(_unescaped(word.text).decode(errors="replace"))
            data = _unescaped(word.text)
            return Kept(data, len(data))
        kind, _colon, value = word.text.partition(":")
        if kind == "bytes" and value.isdecimal() and len(value) <= _DIGITS:
            return Pattern(int(value))
        if kind == "file" and value:
            return FileBytes(value)
        if kind == "hex":
            return _hex(value)
    return None


def _hex(value: str) -> Kept | None:
    try:
        data = bytes.fromhex(value.replace("_", ""))
    except ValueError:
        return None
    return Kept(data, len(data))


def _unescaped(text: str) -> bytes:
    return _ESCAPE.sub(
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else _NAMED[found[2]],
        text.encode("utf-8", "surrogatepass"),
    )


def _serving(words: Sequence[str]) -> Serving:
    """`tcp HOST PORT [BEHAVIOUR] [NAME=VALUE]...`"""
    behaviour = next((word for word in words[3:4] if "=" not in word), "echo")
    options = dict(word.split("=", 1) for word in words[3:] if "=" in word)
    most = options.get("max-clients", "")
    return Serving(
        behaviour,
        manual=behaviour == "manual" or options.get("read") == "manual",
        most=int(most) if most.isdecimal() and len(most) <= _DIGITS else None,
        timeout=_number(options.get("timeout", "")) or None,
    )


def _number(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0
