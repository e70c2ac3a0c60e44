"""What could be typed next in a line, each with a summary.

The line up to the word under the cursor is parsed, and what the parser could have gone on with is
what is offered: there is no second grammar here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import permutations

from socklab.i18n import _
from socklab.lab.language import parse
from socklab.lab.reader import Reader, Slot
from socklab.lab.words import LanguageError, one_line

_UNFINISHED = frozenset({'"', "hex:", "file:", "bytes:", "<", ">"})
"""Words that want more behind them, as does what ends in `=` (but for the `=` of `expect`)."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the lab has that a line can name.

    `programs` are their descriptors, each with a summary ("TCP 127.0.0.1:8080 LISTEN");
    `last_program` is whose line it is where it names none.
    """

    programs: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    last_program: str = "main"
    hosts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` takes the place of what stands from `start` (from 0) to the cursor; it ends in a
    blank where the word is finished. `display` is the word alone."""

    text: str
    display: str
    summary: str
    start: int


def complete(text: str, cursor: int, vocabulary: Vocabulary) -> list[Completion]:
    """What the word under the `cursor` (a position from 0 to `len(text)`) could become.

    Nothing inside of quotes and comments, nor where the line has a mistake before the cursor.
    """
    before = text[: max(cursor, 0)]
    start = len(before) - len(_last_word(before))
    typed = before[start:]
    try:
        words = Reader(one_line(before[:start]), vocabulary.last_program)
        with suppress(LanguageError):  # the line isn't finished yet
            parse(words)
        if not words.at_end:
            return []
    except LanguageError:
        return []
    found = dict(_words(words, vocabulary, typed))
    return [
        Completion(_finished(word), word, summary, start)
        for word, summary in found.items()
        if word.startswith(typed) and word != typed
    ]


def _last_word(text: str) -> str:
    """What follows the last blank: a word that may still grow."""
    return "" if not text or text[-1].isspace() else text.split()[-1]


def _finished(word: str) -> str:
    unfinished = word in _UNFINISHED or (word.endswith("=") and word != "=")
    return word if unfinished else f"{word} "


def _words(words: Reader, vocabulary: Vocabulary, typed: str) -> Iterator[tuple[str, str]]:
    for offer in words.offers:
        if isinstance(offer, Slot):
            yield from _SLOTS[offer](words.program, vocabulary, typed)
        else:
            yield from offer.items()


_Found = Iterator[tuple[str, str]]


def _prefixes(_program: str, vocabulary: Vocabulary, _typed: str) -> _Found:
    for name, descriptors in vocabulary.programs.items():
        yield f"{name}:", _holds(descriptors)


def _programs(_program: str, vocabulary: Vocabulary, _typed: str) -> _Found:
    for name, descriptors in vocabulary.programs.items():
        yield name, _holds(descriptors)


def _descriptors(program: str, vocabulary: Vocabulary, _typed: str) -> _Found:
    for number, summary in vocabulary.programs.get(program, {}).items():
        yield str(number), summary


def _addresses(_program: str, vocabulary: Vocabulary, typed: str) -> _Found:
    """Single descriptors only behind the dot: there may be many."""
    for name, descriptors in vocabulary.programs.items():
        yield f"@{name}", _("the address of {program}", program=name)
        if typed.startswith(f"@{name}."):
            for number, summary in descriptors.items():
                yield f"@{name}.{number}", summary


def _hosts(_program: str, vocabulary: Vocabulary, _typed: str) -> _Found:
    for host in vocabulary.hosts:
        yield host, _("a host")


def _directions(_program: str, vocabulary: Vocabulary, _typed: str) -> _Found:
    for sender, receiver in permutations(vocabulary.hosts, 2):
        yield f"{sender}>{receiver}", _("only this direction")


def _holds(descriptors: Mapping[int, str]) -> str:
    if len(descriptors) == 1:
        return _("1 descriptor")
    return _("{count} descriptors", count=len(descriptors))


_SLOTS: dict[Slot, Callable[[str, Vocabulary, str], _Found]] = {
    Slot.PREFIX: _prefixes,
    Slot.PROGRAM: _programs,
    Slot.DESCRIPTOR: _descriptors,
    Slot.ADDRESS: _addresses,
    Slot.HOST: _hosts,
    Slot.DIRECTION: _directions,
}
