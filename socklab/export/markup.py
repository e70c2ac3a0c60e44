"""HTML, put together so that nothing gets into it unescaped.

Text is text until `tag` puts it into an element; only what `tag` has made is markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from socklab.model.escaping import plain


class Markup(str):
    """A piece of HTML, as distinct from a text that still has to be escaped."""

    __slots__ = ()


def tag(name: str, /, *content: str | Markup, **attributes: str | bool | None) -> Markup:
    """The element `name`. Texts in it are escaped, control characters in them shown as `\\x1b`.

    An attribute's name may end in `_` (`class_`) and has `_` for `-`; True stands for one without
    a value, False and None for none.
    """
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    inner = "".join(map(_markup, content))
    return Markup(f"<{name}{said}>{inner}</{name}>")


def void(name: str, /, **attributes: str | bool | None) -> Markup:
    """An element that never has content, such as `input`."""
    said = "".join(_attribute(key, value) for key, value in attributes.items())
    return Markup(f"<{name}{said}>")


def joined(pieces: Iterable[str | Markup], between: str = "") -> Markup:
    """The pieces one after the other."""
    return Markup(_markup(between).join(map(_markup, pieces)))


def _markup(piece: str | Markup) -> str:
    return piece if isinstance(piece, Markup) else escape(harmless(piece))


def harmless(text: str) -> str:
    """`text` with each character that isn't printable escaped, but for ends of lines."""
    return "\n".join(map(plain, text.split("\n")))


def _attribute(key: str, value: str | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(harmless(str(value)))}"'
