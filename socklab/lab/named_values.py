"""What stands behind the `=` of a word such as `delay=100ms`. Each function reads one kind of value
and raises LanguageError for what is none."""

from __future__ import annotations

from socklab.i18n import _
from socklab.lab import quantities
from socklab.lab.reader import INT_MAX, Reader, whole
from socklab.lab.words import Word


def behind(word: Word, value: str) -> Word:
    """The part of a word behind its `=`, the whole word where there is none."""
    if not value:
        return word
    return Word(value, word.end - len(value), word.end)


def count(
    words: Reader, word: Word, value: str, expected: str | None = None, least: int = 0
) -> int:
    """A whole number, `least` or more."""
    number = whole(value)
    if number is None or not least <= number <= INT_MAX:
        raise words.error(expected or _("a whole number"), behind(word, value))
    return number


def delay(words: Reader, word: Word, value: str) -> float:
    """Seconds, no more than quantities.MOST_DELAY."""
    time = quantities.delay(value)
    if time is None:
        expected = _("a time from 0 to {most} s", most=int(quantities.MOST_DELAY))
        raise words.error(expected, behind(word, value))
    return time


def share(words: Reader, word: Word, value: str) -> float:
    """From 0 to 1."""
    amount = quantities.share(value)
    if amount is None:
        raise words.error(_("a share from 0 to 100%"), behind(word, value))
    return amount
