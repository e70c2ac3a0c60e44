"""Reading a line word by word: each step says what may stand there.

What could have stood where the line ends is kept as *offers*. So completion needs no grammar of
its own: it parses the line up to the cursor and takes the offers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto

from socklab.i18n import _
from socklab.lab.words import LanguageError, Word, comment_at, word_at
from socklab.model.mistakes import closest

INT_MAX = 2**31 - 1
"""The largest number that C's int holds, and so the largest that most calls take."""

MOST_SECONDS = 10**9
"""The longest time that a line may ask for: some 30 years."""

_LISTED = 8
"""Up to so many words a message names them all."""

_WHOLE = re.compile(r"-?[0-9]+")
_SECONDS = re.compile(r"[0-9]+\.?[0-9]*|\.[0-9]+")
_MOST_DIGITS = 19


class Slot(Enum):
    """What may stand at a place where the words depend on the lab."""

    PREFIX = auto()
    """A program's name with its colon, at a line's start."""

    PROGRAM = auto()
    DESCRIPTOR = auto()
    ADDRESS = auto()
    """`@PROGRAM` or `@PROGRAM.FD`."""

    HOST = auto()
    DIRECTION = auto()
    """`FROM>TO`, two hosts."""


Offer = Slot | Mapping[str, str]
"""A slot, or words with a summary each."""


class Reader:
    """A line's words in their order.

    `named` is the program whose line it is, `program` the one whose descriptors are meant.
    `position` is where the last word that was taken ends, from 0. `offers` is what could stand
    next.
    """

    def __init__(self, text: str, program: str) -> None:
        self.text = text
        self.named = program
        self.program = program
        self.position = 0
        self.offers: list[Offer] = []
        self._peeked: Word | None = None

    @property
    def at_end(self) -> bool:
        """Whether the line ends here, and not in a comment."""
        return self.peek() is None and not comment_at(self.text, self.position)

    def peek(self, *offers: Offer) -> Word | None:
        """The next word, still to be taken; None at the line's end."""
        self.offers.extend(offer for offer in offers if offer not in self.offers)
        if self._peeked is None:
            self._peeked = word_at(self.text, self.position)
        return self._peeked

    def peek_plain(self, *offers: Offer) -> str:
        """The next word's text; empty at the line's end and for a quoted word."""
        word = self.peek(*offers)
        return "" if word is None or word.data is not None else word.text

    def take(self, expected: str, *offers: Offer) -> Word:
        """The next word, of either kind. Raises LanguageError at the line's end."""
        word = self.peek(*offers)
        if word is None:
            raise self.error(expected)
        self.position = word.end
        self.offers = []
        self._peeked = None
        return word

    def plain(self, expected: str, *offers: Offer) -> Word:
        """The next word, which must not be quoted."""
        word = self.take(expected, *offers)
        if word.data is not None:
            raise self.error(expected, word)
        return word

    def rest(self) -> str:
        """All that follows, as it stands."""
        rest = self.text[self.position :].strip()
        self.position = len(self.text)
        self.offers = []
        self._peeked = None
        return rest

    def error(
        self,
        expected: str,
        word: Word | None = None,
        *,
        known: Iterable[str] = (),
        suggestion: str | None = None,
    ) -> LanguageError:
        """The mistake that `word` is, or the line's end where it is None."""
        if word is None:
            return LanguageError(expected, "", self.position + 1)
        return LanguageError(
            expected,
            word.text,
            word.start + 1,
            suggestion=suggestion or closest(word.text, known),
        )

    def choice(self, choices: Mapping[str, str], expected: str | None = None) -> str:
        """The next word, which is one of `choices` (words with a summary each)."""
        expected = expected or one_of(choices)
        word = self.plain(expected, choices)
        if word.text not in choices:
            raise self.error(expected, word, known=choices)
        return word.text

    def optional(self, choices: Mapping[str, str]) -> str | None:
        """The next word if it is one of `choices`, else None and nothing is taken."""
        text = self.peek_plain(choices)
        return self.choice(choices) if text in choices else None

    def flags(self, choices: Mapping[str, str]) -> frozenset[str]:
        """The words that follow, as many as are among `choices`, in any order."""
        found: set[str] = set()
        while flag := self.optional(choices):
            found.add(flag)
        return frozenset(found)

    def finish(self) -> None:
        """Nothing more may stand in the line. What could have is named in the message."""
        word = self.peek()
        if word is None:
            return
        known = [text for offer in self.offers if isinstance(offer, Mapping) for text in offer]
        end = _("the line's end")
        raise self.error(one_of([*known, end]) if known else end, word, known=known)

    def whole(self, expected: str, low: int, high: int, *offers: Offer) -> int:
        """A whole number from `low` to `high`."""
        word = self.plain(expected, *offers)
        value = whole(word.text)
        if value is None or not low <= value <= high:
            raise self.error(expected, word)
        return value

    def seconds(self, expected: str | None = None, most: float = MOST_SECONDS) -> float:
        """A time of 0 or more seconds."""
        expected = expected or _("a time in seconds")
        word = self.plain(expected)
        value = seconds(word.text)
        if value is None or value > most:
            raise self.error(expected, word)
        return value


def whole(text: str) -> int | None:
    """The number that `text` says; None for what is none or has more digits than any call takes."""
    return int(text) if _WHOLE.fullmatch(text) and len(text) <= _MOST_DIGITS else None


def seconds(text: str) -> float | None:
    """The time that `text` says, None for what is none."""
    return float(text) if _SECONDS.fullmatch(text) else None


def one_of(choices: Iterable[str]) -> str:
    """`tcp or udp`; for many words only that it is one of those known."""
    words = list(choices)
    if len(words) > _LISTED:
        return _("a known word")
    if len(words) == 1:
        return words[0]
    return _("{words} or {last}", words=", ".join(words[:-1]), last=words[-1])
