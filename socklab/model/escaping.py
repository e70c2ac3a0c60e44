r"""Bytes and foreign text made fit to be shown: in one line, with nothing hidden or acting in it.

What a peer sends is data. It must not reach a terminal as an escape sequence, turn the writing
direction of the line around it, or hide in characters that have no width. So everything that
isn't plainly visible is written as an escape.

The escapes are those of the command language's quoted text, `\n \r \t \\ \" \xNN`: what is shown
here can be pasted behind `send`, and gives the same bytes again.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator, Mapping

SHOWN = 32
"""How many bytes of data a line shows at most; as strace does."""

_NAMED = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_CONTROL: dict[int, str] = {
    code: _NAMED.get(chr(code), f"\\x{code:02x}") for code in (*range(0x20), 0x7F)
}
_QUOTED: dict[int, str] = {**_CONTROL, ord('"'): r"\"", ord("\\"): r"\\"}

# What may need an escape, as runs: all but the visible ASCII characters that stand for themselves.
_QUESTIONABLE = re.compile(r"[^ !#-\[\]-~]+")

# Code points with no width that Unicode counts as letters, marks or symbols, so that
# str.isprintable() lets them through: its "default ignorable" ones that aren't format characters.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)

_new_decoder = codecs.getincrementaldecoder("utf-8")


def escape(data: bytes) -> str:
    r"""`data` as the inside of a quoted literal: printable UTF-8 as it is, the rest as `\xNN`.

    Reading `\n \r \t \\ \"` and `\xNN` (one byte each) as in the command language, and all else
    as UTF-8, gives `data` back. The result is one line, without control characters, format
    characters (those that set the writing direction among them) or invisible ones; a combining
    mark stands only behind a character that it can combine with.
    """
    return _QUESTIONABLE.sub(_quoted, data.decode("utf-8", "surrogateescape"))


def plain(text: str) -> str:
    """`text` fit for one line of a terminal: as `escape`, but quotes and backslashes stay.

    For what isn't bytes from a peer but still comes from outside: a command, a note, a name in
    somebody else's journal. Changes nothing where all is visible already.
    """
    if text.isascii() and text.isprintable():
        return text
    return _QUESTIONABLE.sub(_unquoted, text)


def data_text(data: bytes, size: int | None = None, limit: int = SHOWN) -> str:
    """`data` as a literal in quotes, with `...` behind it where that isn't all.

    `limit` is how many bytes are shown at most, `size` the true number of bytes where `data` is
    only their beginning. A character that the cut would split is left out.
    """
    cut = len(data) > limit or (size is not None and size > len(data))
    if not cut:
        return f'"{escape(data)}"'
    return f'"{escape(_whole_characters(data[:limit]))}"...'


def _whole_characters(data: bytes) -> bytes:
    decoder = _new_decoder("surrogateescape")
    decoder.decode(data)
    pending = decoder.getstate()[0]
    return data[: len(data) - len(pending)]


def _quoted(run: re.Match[str]) -> str:
    return "".join(_pieces(run, _QUOTED))


def _unquoted(run: re.Match[str]) -> str:
    return "".join(_pieces(run, _CONTROL))


def _pieces(run: re.Match[str], table: Mapping[int, str]) -> Iterator[str]:
    # Whether a combining mark would have a character of its own to sit on: what stands before a
    # run is shown as it is.
    based = run.start() > 0
    for char in run[0]:
        piece = table.get(ord(char))
        if piece is None:
            piece = char if _visible(char, based) else _hex(char)
        based = piece is char
        yield piece


def _visible(char: str, based: bool) -> bool:
    if char.isascii():
        return True  # the control characters went by the table
    if not char.isprintable() or _IGNORABLE.match(char):
        return False
    return based or not unicodedata.category(char).startswith("M")


def _hex(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # how surrogateescape carries a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogatepass"))
