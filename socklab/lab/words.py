"""A line of the command language as words, and what is said when one of them makes no sense.

Knows blanks, comments and quotes, and nothing of verbs. The grammar is ours, not the shell's: a
word that begins with `"` runs to the closing `"` and knows escapes, a `#` at a word's start begins
a comment, all else is ordinary. Columns count characters from 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from socklab.i18n import _
from socklab.model.escaping import escape
from socklab.model.mistakes import mistake_text

_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "0": b"\0", "\\": b"\\", '"': b'"'}
_HEX_PAIR = re.compile(r"[0-9a-fA-F]{2}")
_NOT_IN_LINE = re.compile("[\r\n\ud800-\udfff]")
_MORE = "..."


@dataclass(frozen=True, slots=True)
class Word:
    """One word. `text` is as written, `start` and `end` are its place in the line, from 0.

    `data` are the bytes of a quoted word, None for an ordinary one; `prefix` says that `...`
    follows the closing quote.
    """

    text: str
    start: int
    end: int
    data: bytes | None = None
    prefix: bool = False


class LanguageError(ValueError):
    """A line that makes no sense, as one sentence for the user.

    `line` is 1-based and 0 where there is but one line; `column` is 1-based. `expected` says what
    could have stood there, `text` what did (empty where the line ended), `suggestion` what may
    have been meant; `why` is the sentence for what is known well, but can't be.
    """

    def __init__(
        self,
        expected: str,
        text: str,
        column: int,
        *,
        line: int = 0,
        suggestion: str | None = None,
        why: str | None = None,
    ) -> None:
        super().__init__(expected, text, column)
        self.expected = expected
        self.text = text
        self.column = column
        self.line = line
        self.suggestion = suggestion
        self.why = why

    def in_line(self, number: int) -> LanguageError:
        """The same mistake in line `number` of a script."""
        return LanguageError(
            self.expected,
            self.text,
            self.column,
            line=number,
            suggestion=self.suggestion,
            why=self.why,
        )

    def __str__(self) -> str:
        where = (
            _("line {line}, column {column}", line=self.line, column=self.column)
            if self.line
            else _("column {column}", column=self.column)
        )
        return f"{where}: {self.problem}"

    @property
    def problem(self) -> str:
        """The sentence without its place."""
        if self.why is not None:
            return self.why
        return mistake_text(self.expected, self.text, self.suggestion)


def one_line(text: str) -> str:
    """`text` without the end of its line. Raises LanguageError for a second line, and for what is
    no text (lone surrogates, as undecodable bytes of a command line become)."""
    line = text.rstrip("\r\n")
    wrong = _NOT_IN_LINE.search(line)
    if wrong is None:
        return line
    expected = _("one line") if wrong[0] in "\r\n" else _("text in UTF-8")
    raise LanguageError(expected, wrong[0], wrong.start() + 1)


def word_at(text: str, position: int) -> Word | None:
    """The first word from `position` (from 0) on; None where only blanks or a comment follow.

    Raises LanguageError for a quote that isn't closed or an escape that doesn't exist.
    """
    start = _past_blanks(text, position)
    if start == len(text) or text[start] == "#":
        return None
    if text[start] == '"':
        return _quoted(text, start)
    end = _past_word(text, start)
    return Word(text[start:end], start, end)


def comment_at(text: str, position: int) -> bool:
    """Whether the next thing from `position` on is a comment."""
    return text.startswith("#", _past_blanks(text, position))


def _past_blanks(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _past_word(text: str, position: int) -> int:
    while position < len(text) and not text[position].isspace():
        position += 1
    return position


def _quoted(text: str, start: int) -> Word:
    data = bytearray()
    position = start + 1
    while position < len(text) and text[position] != '"':
        if text[position] == "\\":
            position = _escape(text, position, data)
        else:
            data += text[position].encode()
            position += 1
    if position >= len(text):
        raise LanguageError(_('a closing "'), "", len(text) + 1)
    return _closed(text, start, position + 1, bytes(data))


def _closed(text: str, start: int, end: int, data: bytes) -> Word:
    after = _past_word(text, end)
    rest = text[end:after]
    if rest not in ("", _MORE):
        raise LanguageError(_('a blank after the closing "'), rest, end + 1)
    return Word(text[start:after], start, after, data, prefix=bool(rest))


def _escape(text: str, position: int, data: bytearray) -> int:
    """Adds what the escape at `position` stands for; returns the position after it."""
    letter = text[position + 1 : position + 2]
    if letter in _ESCAPES:
        data += _ESCAPES[letter]
        return position + 2
    pair = _HEX_PAIR.match(text, position + 2)
    if letter == "x" and pair:
        data.append(int(pair[0], 16))
        return pair.end()
    wrong = text[position : position + (4 if letter == "x" else 2)]
    raise LanguageError(_(r"an escape: \n \r \t \0 \\ \" or \xNN"), wrong, position + 1)


def quote(data: bytes) -> str:
    r"""`data` as the language writes it: `"..."`, text readable, other bytes as `\xNN`."""
    return f'"{escape(data)}"'
