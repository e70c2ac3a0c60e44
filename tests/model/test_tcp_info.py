"""struct tcp_info: what its bytes say, whichever kernel filled it in."""

from __future__ import annotations

import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Event, Info
from socklab.model.tcp_figures import figure
from socklab.model.tcp_info import (
    BY_NAME,
    FIELDS,
    RUNNING,
    SAMPLED,
    SIZE_ASKED,
    Field,
    decode,
    decode_sampled,
    news,
    struct_text,
)

WHOLE = max(field.end for field in FIELDS)
FORMATS = {1: "B", 2: "H", 4: "I", 8: "Q"}

structs = st.binary(max_size=SIZE_ASKED)


def built(size: int = WHOLE, **numbers: int) -> bytes:
    """A struct of this size with these fields, all others 0."""
    raw = bytearray(max(size, WHOLE))
    for name, number in numbers.items():
        field = BY_NAME[name]
        struct.pack_into(f"={FORMATS[field.size]}", raw, field.offset, number)
    return bytes(raw[:size])


def test_there_is_a_field_for_every_byte() -> None:
    at = 0
    for field in FIELDS:
        assert field.offset in (at, at - 1), field.name  # bit fields share their byte
        assert field.offset == at or (field.bits and FIELDS[FIELDS.index(field) - 1].bits)
        at = field.end


@given(structs)
def test_any_bytes_are_read_as_far_as_they_go(raw: bytes) -> None:
    assert set(decode(raw)) == {field.name for field in FIELDS if field.end <= len(raw)}
    for name, number in decode(raw).items():
        assert 0 <= number < 1 << 8 * BY_NAME[name].size
    assert struct_text(raw).startswith("{")


@given(structs, st.integers(0, SIZE_ASKED))
def test_an_older_kernel_says_less_and_nothing_else(raw: bytes, size: int) -> None:
    whole, less = decode(raw), decode(raw[:size])
    assert less == {name: whole[name] for name in less}


def test_what_a_newer_kernel_adds_is_passed_over() -> None:
    assert decode(built(rtt=25) + b"\xff" * 60) == decode(built(rtt=25))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
def test_numbers_are_in_the_machine_s_order(rtt: int, acked: int) -> None:
    said = decode(built(rtt=rtt, bytes_acked=acked))
    assert (said["rtt"], said["bytes_acked"]) == (rtt, acked)


def test_bit_fields() -> None:
    raw = bytearray(WHOLE)
    # As a C compiler fills them in: from the lowest bit on a little-endian machine.
    raw[6], raw[7] = (0x7A, 0b101) if sys.byteorder == "little" else (0xA7, 0b11000000)
    said = decode(bytes(raw))
    assert (said["snd_wscale"], said["rcv_wscale"]) == (10, 7)
    assert (said["delivery_rate_app_limited"], said["fastopen_client_fail"]) == (1, 2)


def test_as_strace_would_write_it() -> None:
    raw = built(state=1, ca_state=3, options=7, rto=204_000, snd_cwnd=10)
    assert struct_text(raw) == (
        "{tcpi_state=TCP_ESTABLISHED, tcpi_ca_state=TCP_CA_Recovery, "
        "tcpi_options=TCPI_OPT_TIMESTAMPS|TCPI_OPT_SACK|TCPI_OPT_WSCALE, tcpi_rto=204000, "
        "tcpi_snd_cwnd=10}"
    )
    assert struct_text(built(state=99, ca_state=9)) == "{tcpi_state=99, tcpi_ca_state=9}"
    assert struct_text(b"") == "{}"


def test_a_sample_is_an_event() -> None:
    own = set(Info.__struct_fields__) - set(Event.__struct_fields__) - {"sock", "fd"}
    assert own == {field.name for field in SAMPLED}
    info = Info(t=0, sock=1, program=None, **decode_sampled(built(size=104, rtt=25)))
    assert (info.rtt, info.lost, info.snd_wnd) == (25, 0, None)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_change_is_news_unless_it_is_a_clock_s_or_not_sampled(field: Field) -> None:
    changed = news(built(**{field.name: 1})) != news(built())
    shares_a_sampled_byte = any(other.offset == field.offset for other in SAMPLED)
    assert changed == (shares_a_sampled_byte and field.name not in RUNNING)


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("rtt", 25, "25 µs"),
        ("rtt", 0, "not measured"),
        ("min_rtt", 2**32 - 1, "not measured"),
        ("rttvar", 0, "0 µs"),
        ("rto", 204_000, "204 ms"),
        ("last_ack_recv", 1500, "1.50 s"),
        ("last_ack_recv", 0, "0 ms"),
        ("snd_cwnd", 1, "1 segment"),
        ("snd_cwnd", 1000, "1,000 segments"),
        ("snd_ssthresh", 0x7FFFFFFF, "none yet"),
        ("snd_ssthresh", 7, "7 segments"),
        ("snd_wnd", 65_536, "65,536 B"),
        ("snd_wnd", 0, "0 B"),
        ("snd_wnd", None, "—"),
        ("delivery_rate", 2 << 20, "2.0 MiB/s"),
        ("max_pacing_rate", 2**64 - 1, "no limit"),
        ("options", 7, "timestamps SACK window scaling"),
        ("options", 0, "none"),
        ("ca_state", 4, "Loss"),
        ("ca_state", 77, "77"),
        ("state", 10, "LISTEN"),
        ("snd_wscale", 10, "10 bits: × 1,024"),
        ("retransmits", 3, "3"),
    ],
)
def test_how_people_read_it(name: str, number: int | None, said: str) -> None:
    assert figure(name, number) == said


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_number_can_be_said(field: Field) -> None:
    for number in (0, 1, (1 << 8 * field.size) - 1):
        assert figure(field.name, number).isprintable()
        assert figure(field.name, number)
