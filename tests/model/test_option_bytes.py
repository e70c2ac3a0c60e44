"""The bytes of an option's value: the same as those that the lab hands to the kernel."""

from __future__ import annotations

import errno
import socket
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Arg
from socklab.lab.options import OPTIONS
from socklab.model.layout import Layout
from socklab.model.option_bytes import option_bytes
from socklab.network.interfaces import index_of

INTS = st.integers(-(2**31), 2**31 - 1)


def laid_out(symbol: str, value: Arg) -> Layout:
    layout = option_bytes(symbol, value)
    assert layout is not None
    return layout


def passed(name: str, value: object) -> bytes:
    """What the lab's setsockopt gives the kernel for it."""
    raw = OPTIONS[name].setting(socket.AF_INET, value, index_of).raw
    return raw if isinstance(raw, bytes) else struct.pack("=i", raw)


def shown(name: str, value: object) -> Arg:
    """The same value as the journal has it."""
    return OPTIONS[name].setting(socket.AF_INET, value, index_of).args[2]


@given(INTS)
def test_a_number_is_an_int(value: int) -> None:
    assert laid_out("SO_RCVBUF", value).data == passed("rcvbuf", value)


@given(st.none() | st.integers(0, 2**31 - 1))
def test_linger_is_a_switch_and_seconds(value: int | None) -> None:
    layout = laid_out("SO_LINGER", shown("linger", value))
    assert layout.data == passed("linger", value)
    assert [field.name for field in layout.fields] == ["l_onoff", "l_linger"]


@pytest.mark.skipif(sys.platform == "win32", reason="a number of milliseconds there")
@given(st.floats(0, 1e6))
def test_a_timeout_is_a_timeval(value: float) -> None:
    layout = laid_out("SO_RCVTIMEO", shown("rcvtimeo", value))
    assert layout.data == passed("rcvtimeo", value)


@pytest.mark.parametrize(
    "value",
    [("224.1.1.1",), ("224.1.1.1", "127.0.0.1"), ("ff02::5",), ("ff02::5", "1")],
)
def test_a_membership_is_a_group_and_an_interface(value: tuple[str, ...]) -> None:
    setting = OPTIONS["join"].setting(socket.AF_INET, value, index_of)
    assert laid_out(setting.args[1], setting.args[2]).data == setting.raw


def test_an_interface_by_its_name_has_no_bytes_that_the_journal_knows() -> None:
    layout = laid_out("IPV6_JOIN_GROUP", "ff02::5 lo")
    assert [(field.value, field.data) for field in layout.fields][1] == ("lo", b"")
    assert option_bytes("IP_ADD_MEMBERSHIP", "224.1.1.1 lo") is None


def test_the_interface_of_multicast() -> None:
    assert laid_out("IP_MULTICAST_IF", "127.0.0.1").data == passed("multicast_if", ("127.0.0.1",))
    assert laid_out("IPV6_MULTICAST_IF", "3").data == struct.pack("=I", 3)
    assert option_bytes("IP_MULTICAST_IF", "lo") is None


def test_a_name_is_its_letters() -> None:
    assert laid_out("TCP_CONGESTION", "reno").data == b"reno"


def test_a_symbol_is_its_number() -> None:
    assert laid_out("SO_TYPE", "SOCK_DGRAM").data == struct.pack("=i", socket.SOCK_DGRAM)
    refused = laid_out("SO_ERROR", "ECONNREFUSED")
    assert refused.data == struct.pack("=i", errno.ECONNREFUSED)
    assert refused.fields[0].value == f"ECONNREFUSED = {errno.ECONNREFUSED}"
    assert laid_out("SO_ERROR", "0").data == bytes(4)


@pytest.mark.parametrize(
    ("symbol", "value"),
    [
        ("SO_LINGER", "nonsense"),
        ("SO_RCVTIMEO", "soon"),
        ("SO_RCVTIMEO", 1e300),
        ("SO_RCVBUF", 2**40),
        ("SO_RCVBUF", 1.5),
        ("SO_RCVBUF", None),
        ("SO_RCVBUF", ("127.0.0.1", 1)),
        ("SO_ERROR", "ENEVERHEARD"),
        ("IP_ADD_MEMBERSHIP", ""),
        ("TCP_INFO", "rtt 30"),
    ],
)
def test_what_somebody_else_s_journal_says_may_have_no_bytes(symbol: str, value: Arg) -> None:
    assert option_bytes(symbol, value) is None
