"""What people type into the forms' fields, as words of the command language.

Pure: a function for each kind of field, which gives the word or says what is wrong with the field.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from socklab.i18n import _
from socklab.lab.words import quote

DataKind = Literal["text", "hex", "file", "bytes"]

_HEX = "0123456789abcdefABCDEF"
_ESCAPE = re.compile(r'\\(?:[nrt0\\"]|x[0-9a-fA-F]{2})')


@dataclass
class FieldError(Exception):
    """What is wrong with a field, in a sentence; `field` is its id."""

    field: str
    text: str

    def __str__(self) -> str:
        return self.text


def whole_number(field: str, text: str, least: int, most: int, what: str) -> int:
    """A number within limits. Raises FieldError; `what` names it for the user."""
    said = text.strip()
    digits = said.removeprefix("-")
    if not digits.isdecimal() or not digits.isascii():
        raise FieldError(field, _("{what}: '{text}' is not a whole number", what=what, text=said))
    number = int(said) if len(digits) < 12 else most + 1
    if not least <= number <= most:
        raise FieldError(
            field,
            _("{what}: from {least} to {most}", what=what, least=least, most=most),
        )
    return number


def port(field: str, text: str) -> int:
    """A port number. 0 lets the kernel choose."""
    if not text.strip():
        raise FieldError(field, _("port: a number from 0 to 65535"))
    return whole_number(field, text, 0, 65535, _("port"))


def seconds(field: str, text: str, what: str) -> str:
    """A time in seconds, above 0, as the language writes it."""
    said = text.strip()
    try:
        value = float(said)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e7:
        raise FieldError(
            field, _("{what}: seconds, more than 0, not '{text}'", what=what, text=said)
        )
    return said


def host(field: str, text: str) -> str:
    """A name, an address or `*`."""
    said = text.strip()
    if not said:
        raise FieldError(field, _("host: a name, an address, or * for any address"))
    if any(character.isspace() for character in said) or not said.isprintable():
        raise FieldError(field, _("host: no blanks, please"))
    if said[0] in '"#':
        raise FieldError(field, _("host: '{text}' is neither a name nor an address", text=said))
    return said


def data(kind: DataKind, text: str) -> str:
    """DATA of the command language. Raises FieldError for the field `data`."""
    return {"text": _text, "hex": _hex, "file": _file, "bytes": _bytes}[kind](text)


def _text(text: str) -> str:
    """Escapes stay as they are; a quote of the text's own gets its backslash."""
    word = []
    at = 0
    while at < len(text):
        if text[at] == "\\":
            escape = _ESCAPE.match(text, at)
            if escape is None:
                raise FieldError("data", _bad_escape(text, at))
            word.append(escape[0])
            at = escape.end()
        else:
            word.append('\\"' if text[at] == '"' else text[at])
            at += 1
    return f'"{"".join(word)}"'


def _bad_escape(text: str, at: int) -> str:
    return _(
        r"character {at}: '{escape}' is no escape; there are \n \r \t \0 \\ \" \xNN",
        at=at + 1,
        escape=text[at : at + 2],
    )


def _hex(text: str) -> str:
    digits = []
    for at, character in enumerate(text, start=1):
        if character in _HEX:
            digits.append(character)
        elif not (character.isspace() or character in "_:-"):
            raise FieldError(
                "data",
                _("character {at}: '{character}' is no hex digit", at=at, character=character),
            )
    if not digits:
        raise FieldError("data", _("hex digits, two for each byte: 48 65 6c 6c 6f"))
    if len(digits) % 2:
        raise FieldError("data", _("two hex digits for each byte: the last one is alone"))
    pairs = ("".join(digits[at : at + 2]) for at in range(0, len(digits), 2))
    return "hex:" + "_".join(pairs)


def _file(text: str) -> str:
    path = text.strip()
    if not path:
        raise FieldError("data", _("the path of the file to send"))
    if path.startswith('"') or any(character.isspace() for character in path):
        return f"file: {quote(path.encode(errors='surrogateescape'))}"
    return f"file:{path}"


def _bytes(text: str) -> str:
    return f"bytes:{whole_number('data', text, 1, 1 << 30, _('number of bytes'))}"
