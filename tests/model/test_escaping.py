from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.lab.commands import Literally, Send
from socklab.lab.language import parse_line
from socklab.model.escaping import data_text, escape, plain

SHOWN_AS = [
    (b"hello", "hello"),
    (b"GET / HTTP/1.0\r\n\r\n", r"GET / HTTP/1.0\r\n\r\n"),
    (b"\tx\x00\x7f", r"\tx\x00\x7f"),
    (b"\x1b[2J\x1b]0;owned\x07", r"\x1b[2J\x1b]0;owned\x07"),
    (b'say "hi" \\', r"say \"hi\" \\"),
    (b"[bold]x[/bold]", "[bold]x[/bold]"),
    ("안녕 €".encode(), "안녕 €"),
    (b"\xff\xfe", r"\xff\xfe"),
    (b"\xc3(", r"\xc3("),  # the beginning of a character, and not its end
    (b"\xed\xa0\x80", r"\xed\xa0\x80"),  # a surrogate is no UTF-8
    (b"\xc0\x80", r"\xc0\x80"),  # nor is an overlong NUL
    ("a\u202eb".encode(), r"a\xe2\x80\xaeb"),  # right-to-left override
    ("a\u2066b\u2069".encode(), r"a\xe2\x81\xa6b\xe2\x81\xa9"),  # isolates
    ("a\u200bb".encode(), r"a\xe2\x80\x8bb"),  # zero-width space
    ("\ufeffa".encode(), r"\xef\xbb\xbfa"),  # byte order mark
    ("a\u00a0b".encode(), r"a\xc2\xa0b"),  # no-break space looks like a blank
    ("a\u2028b".encode(), r"a\xe2\x80\xa8b"),  # line separator
    ("a\u0085b".encode(), r"a\xc2\x85b"),  # next line, a C1 control
    ("a\u009b2J".encode(), r"a\xc2\x9b2J"),  # CSI as one C1 control
    ("x\u3164y".encode(), r"x\xe3\x85\xa4y"),  # Hangul filler: a letter without width
    ("e\u0301".encode(), "e\u0301"),  # an accent on its letter
    ("\u0301e".encode(), r"\xcc\x81e"),  # an accent that would sit on the quote before it
    ("\n\u0301".encode(), r"\n\xcc\x81"),
]


@pytest.mark.parametrize(("data", "shown"), SHOWN_AS)
def test_escape(data: bytes, shown: str) -> None:
    assert escape(data) == shown


def unescaped(text: str) -> bytes:
    """The decoding that `escape` documents."""
    named = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\", '"': b'"'}

    def one(match: re.Match[str]) -> bytes:
        escaped = match[1]
        if escaped is None:
            return match[0].encode()
        return named[escaped] if escaped in named else bytes.fromhex(escaped[1:])

    return b"".join(
        one(match) for match in re.finditer(r'\\(x[0-9a-f]{2}|[nrt"\\])|[^\\"]', text, re.DOTALL)
    )


BIDI_CONTROLS = {"LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI", "BN", "B", "S"}

texts = st.text().map(lambda text: text.encode("utf-8", "surrogatepass"))
payloads = st.one_of(st.binary(), texts, st.lists(st.one_of(st.binary(), texts)).map(b"".join))


@given(payloads)
def test_escape_gives_the_bytes_back(data: bytes) -> None:
    assert unescaped(escape(data)) == data


@given(payloads)
def test_escape_hides_nothing_and_lets_nothing_act(data: bytes) -> None:
    text = escape(data)
    assert not {unicodedata.category(char) for char in text} & {"Cc", "Cf", "Cs", "Co", "Cn"}
    assert not {unicodedata.bidirectional(char) for char in text} & BIDI_CONTROLS
    assert text.splitlines() in ([], [text])
    assert not re.search(r'(?<!\\)(?:\\\\)*"', text)  # no quote that ends the literal


@given(st.text())
def test_plain_is_one_line_that_cannot_act(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert plain(shown) == shown


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"], max_codepoint=0x24F)))
def test_plain_leaves_what_is_visible(text: str) -> None:
    assert plain(text) == text


def test_plain_keeps_quotes_and_backslashes() -> None:
    assert plain('send 3 "a\\n"') == 'send 3 "a\\n"'


def test_plain_takes_names_that_are_no_unicode() -> None:
    assert plain("a\udcff\ud800") == r"a\xff\xed\xa0\x80"


@pytest.mark.parametrize(
    ("data", "size", "limit", "shown"),
    [
        (b"hello", 5, 32, '"hello"'),
        (b"hello", None, 32, '"hello"'),
        (b"", 0, 32, '""'),
        (b"hello", 5, 5, '"hello"'),
        (b"hello", 5, 4, '"hell"...'),
        (b"hello", 900, 32, '"hello"...'),  # the journal kept only the beginning
        ("가나".encode(), 6, 4, '"가"...'),  # the cut would split a character
        ("가나".encode(), 6, 1, '""...'),
        (b"ab\xff\xff", 4, 3, r'"ab\xff"...'),
    ],
)
def test_data_text(data: bytes, size: int | None, limit: int, shown: str) -> None:
    assert data_text(data, size, limit) == shown


@given(payloads)
def test_what_is_shown_can_be_sent_again(data: bytes) -> None:
    line = parse_line(f'main: send 3 "{escape(data)}"')
    assert line is not None
    assert line.command == Send(3, Literally(data))
