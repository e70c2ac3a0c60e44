"""The Internet's checksum, against its definition and against dpkt."""

from __future__ import annotations

import dpkt
from hypothesis import given
from hypothesis import strategies as st

from socklab.model.frames.checksum import Status, checksum, verify
from tests.model.frames.build import ones_sum

mostly_zeros = st.lists(st.sampled_from([0, 0, 0, 0xFF, 1]), max_size=40).map(bytes)
any_bytes = st.one_of(st.binary(max_size=100), mostly_zeros)


def test_the_example_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


@given(any_bytes)
def test_it_is_the_complement_of_the_ones_complement_sum(data: bytes) -> None:
    assert checksum(data) == ones_sum(data)


@given(any_bytes.filter(lambda data: len(data) % 2 == 0))
def test_it_is_what_dpkt_says(data: bytes) -> None:
    assert checksum(data) == dpkt.in_cksum(data)


@given(any_bytes, st.integers(0, 20), st.integers(0, 0xFFFF))
def test_what_verifies_is_what_was_put_there(data: bytes, place: int, other: int) -> None:
    at = 2 * place
    data = data.ljust(at, b"\x42")
    expected = checksum(data[:at] + b"\0\0" + data[at:])
    assert verify(data[:at] + expected.to_bytes(2) + data[at:], at) == (Status.GOOD, expected)
    status, should_be = verify(data[:at] + other.to_bytes(2) + data[at:], at)
    assert should_be == expected
    assert (status is Status.GOOD) == (other % 0xFFFF == expected % 0xFFFF)
