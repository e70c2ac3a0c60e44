"""What is offered at each place of a line."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socklab.lab.behaviours import BEHAVIOURS
from socklab.lab.completion import Completion, Vocabulary, complete
from socklab.lab.language import VERBS, parse_line
from socklab.lab.options import OPTIONS
from socklab.lab.words import LanguageError

LAB = Vocabulary(
    {
        "server": {3: "TCP 127.0.0.1:8080 LISTEN", 4: "TCP ESTABLISHED"},
        "client": {7: "TCP ESTABLISHED"},
        "idle": {},
    },
    "server",
)


def offered(text: str) -> list[str]:
    return [found.display for found in complete(text, len(text), LAB)]


TABLE: list[tuple[str, list[str]]] = [
    ("", ["server:", "client:", "idle:", *VERBS]),
    ("se", ["server:", "send", "sendto", "setsockopt", "serve"]),
    ("client: ", [*VERBS]),
    ("client: get", ["getsockname", "getpeername", "getsockopt"]),
    ("socket ", ["tcp", "udp"]),
    ("socket tcp ", ["ipv6"]),
    ("socket tcp ipv6 ", []),
    ("close ", ["3", "4"]),
    ("client: close ", ["7"]),
    ("nobody: close ", []),
    ("close 3 ", []),
    ("bind 3 ", ["127.0.0.1", "::1", "localhost", "*", "@server", "@client", "@idle"]),
    ("connect @s", ["@server"]),
    ("connect @server.", ["@server.3", "@server.4"]),
    ("bind ", ["3", "4", "127.0.0.1", "::1", "localhost", "*", "@server", "@client", "@idle"]),
    ("send 3 ", ['"', "hex:", "file:", "bytes:"]),
    ('send 3 "a" ', ["oob", "dontwait"]),
    ('send 3 "a" oob d', ["dontwait"]),
    ("sendto 3 p", ["peer"]),
    ("recv 3 ", ["4096", "peek", "oob", "waitall", "trunc", "dontwait"]),
    ("recv 3 5 p", ["peek"]),
    ("recv peek w", ["waitall"]),
    ("shutdown 3 ", ["in", "out", "both"]),
    ("poll 3 i", ["in", "in,out"]),
    ("setsockopt 3 keep", ["keepalive", "keepidle", "keepintvl", "keepcnt"]),
    ("setsockopt 3 err", []),
    ("getsockopt 3 err", ["error"]),
    ("setsockopt 3 nodelay ", ["on", "off"]),
    ("setsockopt 3 linger ", ["off"]),
    ("serve tcp * 80 c", ["chargen", "chat"]),
    ("serve tcp * 80 echo acc", ["accept=manual", "accept=auto"]),
    ("serve tcp * 80 echo accept=m", ["accept=manual"]),
    ("serve tcp * 80 h", ["http"]),
    ("serve udp * 80 h", []),
    (
        "serve udp * 80 echo ",
        ["read=manual", "read=auto", "v6only=on", "v6only=off"],
    ),
    ("serve tcp * 80 read=auto t", ["timeout="]),
    ("serve tcp * 80 read=manual t", []),
    ("serve tcp * 80 manual t", []),
    ("serve tcp * 80 timeout=5 read", ["read=auto"]),
    ("serve tcp * 80 timeout=5 read=manual ", []),
    ("client tcp @server ", ["timeout=", "read=auto", "read=manual"]),
    ("client udp @server ", ["read=auto", "read=manual"]),
    (
        "forward tcp * 80 @server ",
        ["delay=", "slice=", "rate=", "reset-after=", "max-clients="],
    ),
    (
        "forward udp * 80 ::1 80 delay=1 ",
        ["delay=", "loss=", "duplicate=", "reorder=", "seed=", "max-clients="],
    ),
    ("every 1 sto", ["stop"]),
    ("every 1 x2 n", ["nonblock"]),
    ("every 1 x2 close ", ["3", "4"]),
    ("pace ", ["full", "slow", "step"]),
    ("expect cl", ["client"]),
    ("expect client 7 FIN", ["FIN_WAIT1", "FIN_WAIT2"]),
    ("expect client 7 accept_queue ", ["="]),
    ("expect client recv ", ["7", "="]),
    ("expect client recv 7 = ECONN", ["ECONNABORTED", "ECONNREFUSED", "ECONNRESET"]),
    ("expect client recv 7 = 5 ", ['"', "within"]),
    # where nothing is to be said
    ("note se", []),
    ('send 3 "se', []),
    ('send 3 "a se', []),
    ("# se", []),
    ("close 3 # se", []),
    ("close 3 #", []),
    ("lisen 3 ", []),
    ("socket tpc ", []),
    ("close 3\nse", []),
    ("close", []),
]


@pytest.mark.parametrize(("text", "words"), TABLE, ids=[text for text, _words in TABLE])
def test_what_is_offered(text: str, words: list[str]) -> None:
    assert offered(text) == words


def test_a_completion_takes_the_place_of_the_word_up_to_the_cursor() -> None:
    text = "server: lis 3 5"
    (found,) = complete(text, len("server: lis"), LAB)
    assert found == Completion("listen ", "listen", VERBS["listen"].summary, 8)
    assert text[: found.start] + found.text == "server: listen "


def test_an_unfinished_word_gets_no_blank() -> None:
    assert [found.text for found in complete("send 3 ", 7, LAB)] == ['"', "hex:", "file:", "bytes:"]
    assert [found.text for found in complete("client tcp @server t", 20, LAB)] == ["timeout="]
    assert [found.text for found in complete("idl", 3, LAB)] == ["idle: "]
    assert [found.text for found in complete("bind 3 ::", 9, LAB)] == ["::1 "]


def test_summaries() -> None:
    assert [(found.display, found.summary) for found in complete("close ", 6, LAB)] == [
        ("3", "TCP 127.0.0.1:8080 LISTEN"),
        ("4", "TCP ESTABLISHED"),
    ]
    assert [found.summary for found in complete("idle", 4, LAB)] == ["0 descriptors"]
    assert complete("getsockopt 3 sndb", 17, LAB)[0].summary == OPTIONS["sndbuf"].summary
    assert complete("serve udp * 0 upp", 17, LAB)[0].summary == BEHAVIOURS["upper"].summary


@pytest.mark.parametrize(
    "line",
    [
        *("serve tcp * 80 ", "serve udp * 80 ", "client tcp @server ", "client udp @server "),
        *("forward tcp * 80 @server ", "forward udp * 80 @server "),
        *("wire ", "wire next ", "wire next drop syn ", "wire hold ", "wire capture "),
        *("network ", "pace ", "socket tcp ", "shutdown 3 ", 'send 3 "a" ', "recv 3 "),
    ],
)
def test_the_help_names_every_word_of_a_verbs_own(line: str) -> None:
    syntax = re.findall(r"[a-z0-9-]+", VERBS[line.split()[0]].syntax)
    words = {word.partition("=")[0] for word in offered(line)} - {*BEHAVIOURS, "4096"}
    assert words
    assert words <= {*syntax}


def test_a_lab_with_nothing_in_it() -> None:
    empty = Vocabulary()
    assert [found.display for found in complete("", 0, empty)] == [*VERBS]
    assert complete("close ", 6, empty) == []


@settings(deadline=None)
@given(st.text(max_size=40), st.integers(-3, 45))
def test_any_text_and_cursor(text: str, cursor: int) -> None:
    for found in complete(text, cursor, LAB):
        assert found.text.startswith(text[found.start : max(cursor, 0)])


@settings(deadline=None)
@given(st.sampled_from([text for text, words in TABLE if words]), st.data())
def test_what_is_offered_is_no_mistake(text: str, data: st.DataObject) -> None:
    """A line with an offered word is right so far: its only mistake is that it ends."""
    found = data.draw(st.sampled_from(complete(text, len(text), LAB)))
    line = text[: found.start] + found.text
    mistake = ""
    try:
        parse_line(line)
    except LanguageError as error:
        mistake = error.text
    assert mistake == "" or not found.text.endswith(" ")
