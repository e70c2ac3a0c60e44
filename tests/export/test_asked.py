from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.export.asked import Asked, FileBytes, Kept, Pattern, Serving, asked
from socklab.lab.commands import Literally, Send
from socklab.lab.language import parse_line
from socklab.lab.words import quote


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("send 3 bytes:8000000 dontwait", Asked("send", content=Pattern(8_000_000))),
        ("c: send file:a/b.txt", Asked("send", content=FileBytes("a/b.txt"))),
        ('send 3 file: "my \\"own\\" file" oob', Asked("send", content=FileBytes('my "own" file'))),
        ("send 3 hex:00_ff", Asked("send", content=Kept(b"\0\xff", 2))),
        ('send 3 "bytes:7"', Asked("send", content=Kept(b"bytes:7", 7))),
        ('send 3 ""', Asked("send", content=Kept(b"", 0))),
        ('every 0.5 x10 send 3 "tick"', Asked("send", content=Kept(b"tick", 4))),
        ("sendto 3 peer bytes:9", Asked("sendto", content=Pattern(9), to_peer=True)),
        ('sendto 3 127.0.0.1 80 "peer"', Asked("sendto", content=Kept(b"peer", 4))),
        ("serve tcp * 8080", Asked("serve", serving=Serving())),
        (
            "web: serve tcp ::1 80 http backlog=1 max-clients=2 timeout=0.5 # comment read=manual",
            Asked("serve", serving=Serving("http", most=2, timeout=0.5)),
        ),
        (
            "serve tcp 127.0.0.1 80 upper read=manual accept=manual",
            Asked("serve", serving=Serving("upper", manual=True)),
        ),
        ("serve tcp 127.0.0.1 80 manual", Asked("serve", serving=Serving("manual", manual=True))),
        ("sleep 0.25", Asked("sleep", seconds=0.25)),
        ("note  it's  over", Asked("note", text="it's  over")),
        ("server: stop", Asked("stop")),
        ("", Asked("")),
        ("# nothing", Asked("")),
        ("send 3 bytes:many", Asked("send")),
        ("send 3 hex:0", Asked("send")),
        ("sleep long", Asked("sleep")),
        ("every 1", Asked("")),
    ],
)
def test_what_a_line_asked_for(text: str, wanted: Asked) -> None:
    assert asked(text) == wanted


@given(st.binary(max_size=60))
def test_quoted_data_are_those_of_the_language(data: bytes) -> None:
    text = f"send 3 {quote(data)} oob"
    line = parse_line(text)
    assert line is not None
    assert isinstance(line.command, Send)
    assert line.command.data == Literally(data)
    assert asked(text).content == Kept(data, len(data))


@given(st.text())
def test_no_text_is_too_odd(text: str) -> None:
    asked(text)
    asked(f'send 3 "{text}')
    asked(f"serve tcp {text}")
