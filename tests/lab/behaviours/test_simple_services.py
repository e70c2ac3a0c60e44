"""The behaviours that are a line or two each, asked the way the event loop asks them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.lab.behaviours import BEHAVIOURS, Answer, Behaviour
from socklab.lab.behaviours.chargen import LINE_LENGTH, MAX_DATAGRAM, Chargen
from socklab.lab.behaviours.chat import Chat
from socklab.lab.behaviours.daytime import Daytime
from socklab.lab.behaviours.discard import Discard
from socklab.lab.behaviours.echo import Echo
from socklab.lab.behaviours.manual import Manual
from socklab.lab.behaviours.upper import Upper

KOREA = timezone(timedelta(hours=9), "KST")


def noon() -> datetime:
    return datetime(2026, 3, 7, 12, 0, 5, tzinfo=KOREA)


def everything(behaviour: Behaviour, data: bytes) -> list[bytes | Answer | None]:
    """One whole connection and one datagram, as far as a behaviour can notice."""
    return [
        behaviour.opened(),
        behaviour.received(data),
        behaviour.more(),
        behaviour.finished(),
        behaviour.datagram(data),
    ]


def test_the_table_offers_the_eight_behaviours_by_the_name_that_each_gives_itself() -> None:
    assert list(BEHAVIOURS) == [
        "echo",
        "discard",
        "chargen",
        "daytime",
        "upper",
        "chat",
        "http",
        "manual",
    ]
    assert all(BEHAVIOURS[name].name == name for name in BEHAVIOURS)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_each_has_a_summary_a_transport_and_a_polite_refusal(name: str) -> None:
    behaviour = BEHAVIOURS[name]
    assert behaviour.summary
    assert not behaviour.summary.endswith(".")
    assert "tcp" in behaviour.transports
    assert behaviour.transports <= {"tcp", "udp"}
    assert b"busy: " in behaviour.refusal
    assert behaviour.refusal.endswith(b"\r\n")


@given(st.sampled_from(sorted(BEHAVIOURS)), st.binary(max_size=300))
def test_no_bytes_make_a_behaviour_raise(name: str, data: bytes) -> None:
    for answer in everything(BEHAVIOURS[name](), data):
        assert answer is None or isinstance(answer, bytes | Answer)


@given(st.binary())
def test_echo_sends_back_the_same_bytes_and_an_empty_datagram_for_an_empty_one(data: bytes) -> None:
    assert Echo().received(data) == data
    assert Echo().datagram(data) == data


def test_echo_ends_when_the_peer_has_sent_its_fin() -> None:
    assert Echo().finished() == Answer(close=True)


def test_discard_says_nothing() -> None:
    assert everything(Discard(), b"hello") == [b"", b"", b"", Answer(close=True), None]


def test_manual_says_nothing_and_leaves_the_close_to_the_user() -> None:
    assert everything(Manual(), b"hello") == [b"", b"", b"", Answer(), None]


@given(st.text(), st.data())
def test_upper_is_right_wherever_recv_cut_a_character(text: str, data: st.DataObject) -> None:
    whole = text.encode()
    cut = data.draw(st.integers(0, len(whole)))
    upper = Upper()
    answers = upper.received(whole[:cut]) + upper.received(whole[cut:])
    assert answers == whole.upper() == upper.datagram(whole)
    assert len(answers.decode()) == len(text)


def test_upper_leaves_what_is_not_ascii_alone() -> None:
    assert Upper().received("straße, 서버\x80\xff".encode()) == "STRAßE, 서버\x80\xff".encode()


def test_chat_sends_to_all_the_others_and_nothing_back() -> None:
    assert Chat().received(b"\xffhi") == Answer(others=b"\xffhi")
    assert Chat().datagram(b"hi") == Answer(others=b"hi")


def test_daytime_says_one_line_and_closes_first() -> None:
    answer = Daytime(noon).opened()
    assert answer == Answer(b"Saturday, March 7, 2026 12:00:05-KST\r\n", close=True)


def test_daytime_throws_input_away_and_answers_each_datagram() -> None:
    daytime = Daytime(noon)
    assert daytime.received(b"what time is it?") == b""
    assert daytime.datagram(b"") == b"Saturday, March 7, 2026 12:00:05-KST\r\n"


def test_daytime_stays_ascii_where_the_zone_has_another_name() -> None:
    zone = timezone(timedelta(hours=9), "대한민국")
    line = Daytime(lambda: noon().replace(tzinfo=zone)).datagram(b"")
    assert line.isascii()
    assert line.startswith(b"Saturday, March 7, 2026 12:00:05-")


def test_chargen_lines_are_72_characters_that_rotate_through_the_95_printing_ones() -> None:
    chargen = Chargen()
    lines = (chargen.more() + chargen.more()).split(b"\r\n")
    assert lines.pop() == b""
    ring = bytes(range(0x20, 0x7F))
    for number, line in enumerate(lines):
        assert line == bytes(ring[(number + at) % 95] for at in range(LINE_LENGTH))


def test_chargen_throws_input_away() -> None:
    assert Chargen().received(b"stop!") == b""


def test_chargen_answers_a_datagram_with_0_to_512_characters_the_same_in_each_run() -> None:
    one, other = Chargen(), Chargen()
    answers = [one.datagram(b"x") for _ in range(4000)]
    assert answers == [other.datagram(b"something else") for _ in range(4000)]
    lengths = {len(answer) for answer in answers}
    assert min(lengths) == 0
    assert max(lengths) == MAX_DATAGRAM
    assert all(Chargen().more().startswith(answer) for answer in answers)
