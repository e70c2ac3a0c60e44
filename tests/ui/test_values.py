"""What people type into the forms' fields becomes words that the language reads back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.lab import commands
from socklab.lab.language import parse_line
from socklab.ui.values import DataKind, FieldError, data, host, port, seconds, whole_number


def sent(kind: DataKind, text: str) -> commands.Data:
    """What the language makes of a field's text."""
    line = parse_line(f"client: send 3 {data(kind, text)}")
    assert line is not None
    assert isinstance(line.command, commands.Send)
    return line.command.data


@given(st.text(st.characters(exclude_characters="\\\n\r", exclude_categories=["Cs"])))
def test_text_without_escapes_is_sent_as_it_is(text: str) -> None:
    assert sent("text", text) == commands.Literally(text.encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"a\nb", b"a\nb"),
        (r"\x00\xff", b"\x00\xff"),
        (r"\\", b"\\"),
        (r"say \"hi\"", b'say "hi"'),
        ('say "hi"', b'say "hi"'),
        (r"\t\r\0", b"\t\r\0"),
        ("", b""),
    ],
)
def test_escapes(text: str, expected: bytes) -> None:
    assert sent("text", text) == commands.Literally(expected)


@pytest.mark.parametrize(("text", "at"), [(r"ab\q", 3), (r"\x4", 1), ("a\\", 2), (r"\xZZ", 1)])
def test_an_escape_that_is_none_is_named_with_its_place(text: str, at: int) -> None:
    with pytest.raises(FieldError, match=rf"^character {at}: '{re.escape(text[at - 1])}"):
        data("text", text)


@given(st.binary(min_size=1), st.sampled_from(["", " ", "_", ":"]))
def test_hex_with_any_usual_separator(content: bytes, separator: str) -> None:
    written = separator.join(f"{byte:02x}" for byte in content)
    assert sent("hex", written) == commands.Literally(content)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("48 6g", "character 5: 'g' is no hex digit"),
        ("0x48", "character 2: 'x' is no hex digit"),
        ("486", "the last one is alone"),
        (" ", "two for each byte"),
    ],
)
def test_hex_that_is_none_says_which_character(text: str, why: str) -> None:
    with pytest.raises(FieldError, match=why):
        data("hex", text)


def test_a_file_and_a_number_of_bytes() -> None:
    assert sent("file", "a/b.txt") == commands.FileBytes("a/b.txt")
    assert sent("file", "my notes.txt") == commands.FileBytes("my notes.txt")
    assert sent("bytes", " 1000 ") == commands.Pattern(1000)


@pytest.mark.parametrize(("kind", "text"), [("file", ""), ("bytes", "many")])
def test_what_can_be_no_data(kind: DataKind, text: str) -> None:
    with pytest.raises(FieldError) as raised:
        data(kind, text)
    assert raised.value.field == "data"


@pytest.mark.parametrize("text", ["", "70000", "-1", "http", "80.5", "１２", "9" * 400])
def test_what_is_no_port(text: str) -> None:
    with pytest.raises(FieldError, match="port"):
        port("port", text)


@pytest.mark.parametrize(("text", "number"), [("0", 0), (" 8080 ", 8080), ("65535", 65535)])
def test_ports(text: str, number: int) -> None:
    assert port("port", text) == number


@pytest.mark.parametrize("text", ["", "two words", '"quoted"', "#comment", "a\x1bb"])
def test_what_is_no_host(text: str) -> None:
    with pytest.raises(FieldError, match="host"):
        host("host", text)


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "*", "example.org", " localhost "])
def test_hosts_are_left_to_the_resolver(text: str) -> None:
    assert host("host", text) == text.strip()


@pytest.mark.parametrize("text", ["", "0", "-1", "soon", "nan", "inf"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(FieldError, match="timeout"):
        seconds("timeout", text, "timeout")


def test_limits_are_named() -> None:
    with pytest.raises(FieldError, match="clients: from 1 to 9"):
        whole_number("clients", "10", 1, 9, "clients")
