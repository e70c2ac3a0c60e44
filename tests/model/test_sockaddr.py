"""The bytes of an address, as the kernel takes and gives them."""

from __future__ import annotations

import ctypes
import socket
import struct
import sys
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Address
from socklab.model.layout import Field, Layout
from socklab.model.sockaddr import sockaddr, swapped

PORTS = st.integers(0, 0xFFFF)


def field(layout: Layout, name: str) -> Field:
    return next(field for field in layout.fields if field.name == name)


def shape(layout: Layout) -> list[tuple[str, int, int]]:
    return [(field.name, field.start, field.size) for field in layout.fields]


def test_sockaddr_in_is_16_bytes_with_port_and_address_high_byte_first() -> None:
    layout = sockaddr(("127.0.0.1", 8080), order="little")
    assert layout.name == "struct sockaddr_in"
    assert layout.data == bytes.fromhex("0200 1f90 7f000001 0000000000000000")
    assert shape(layout) == [
        ("sin_family", 0, 2),
        ("sin_port", 2, 2),
        ("sin_addr", 4, 4),
        ("sin_zero", 8, 8),
    ]
    assert field(layout, "sin_port").value == "htons(8080)"
    assert "0x1f90" in field(layout, "sin_port").meaning


def test_sockaddr_in6_is_28_bytes_with_the_address_at_8() -> None:
    layout = sockaddr(("::1", 8080), order="little")
    assert layout.name == "struct sockaddr_in6"
    assert layout.size == len(layout.data) == 28
    assert layout.data.startswith(bytes.fromhex("0a00 1f90 00000000"))
    assert layout.data[8:24] == IPv6Address("::1").packed
    assert shape(layout)[-2:] == [("sin6_addr", 8, 16), ("sin6_scope_id", 24, 4)]


def test_an_ipv4_peer_of_an_ipv6_socket_is_mapped() -> None:
    layout = sockaddr(("::ffff:127.0.0.1", 80))
    address = field(layout, "sin6_addr")
    assert address.data == bytes(10) + b"\xff\xff\x7f\x00\x00\x01"
    assert address.value == "::ffff:127.0.0.1"
    assert "IPv4" in address.meaning


@pytest.mark.parametrize(
    ("host", "word"),
    [
        ("0.0.0.0", "INADDR_ANY"),
        ("127.0.0.1", "INADDR_LOOPBACK"),
        ("::", "in6addr_any"),
        ("::1", "in6addr_loopback"),
        ("224.0.0.1", "multicast"),
        ("ff02::1", "multicast"),
        ("fe80::1", "link"),
    ],
)
def test_addresses_with_a_meaning_of_their_own_have_their_name(host: str, word: str) -> None:
    fields = {field.name: field for field in sockaddr((host, 1)).fields}
    address = fields.get("sin_addr") or fields["sin6_addr"]
    assert word in address.meaning


def test_port_0_asks_for_any() -> None:
    assert "free port" in field(sockaddr(("127.0.0.1", 0)), "sin_port").meaning


def test_a_scope_has_its_number_or_no_bytes() -> None:
    numbered = field(sockaddr(("fe80::1%2", 1), order="little"), "sin6_scope_id")
    assert (numbered.data, numbered.value) == (b"\x02\0\0\0", "2")
    named = field(sockaddr(("fe80::1%eth0", 1)), "sin6_scope_id")
    assert (named.data, named.size, named.value) == (b"", 4, "eth0")


def test_bsd_begins_with_a_length() -> None:
    layout = sockaddr(("127.0.0.1", 8080), "Darwin")
    assert layout.data.startswith(bytes.fromhex("1002 1f90"))
    assert sockaddr(("::1", 8080), "Darwin").data.startswith(bytes.fromhex("1c1e 1f90"))


@pytest.mark.parametrize("address", [("localhost", 80), ("127.0.0.1", 65536), ("1.2.3.4", -1)])
def test_what_is_no_address_is_refused(address: Address) -> None:
    with pytest.raises(ValueError, match=r"."):
        sockaddr(address)


@given(PORTS, st.integers(0, 2**32 - 1))
def test_ipv4_as_struct_packs_it(port: int, number: int) -> None:
    address = IPv4Address(number)
    packed = struct.pack("=H", 2) + struct.pack("!H4s8x", port, address.packed)
    assert sockaddr((str(address), port)).data == packed


@given(PORTS, st.integers(0, 2**128 - 1))
def test_ipv6_as_struct_packs_it(port: int, number: int) -> None:
    address = IPv6Address(number)
    packed = struct.pack("=H", 10) + struct.pack("!HI16s", port, 0, address.packed) + bytes(4)
    assert sockaddr((str(address), port)).data == packed


@given(PORTS, PORTS)
def test_fields_lie_without_gaps(port: int, host: int) -> None:
    for layout in (sockaddr((f"10.0.{host >> 8}.{host & 255}", port)), sockaddr(("::1", port))):
        start = 0
        for each in layout.fields:
            assert (each.start, len(each.data)) == (start, each.size)
            start = each.end
        assert start == layout.size


def test_forgetting_htons_gives_36895_for_8080() -> None:
    assert swapped(8080) == 36895
    assert swapped(0x1F1F) == 0x1F1F


@given(PORTS)
def test_swapping_twice_is_nothing(port: int) -> None:
    assert swapped(swapped(port)) == port


@pytest.mark.skipif(sys.platform != "linux", reason="the C library is called by its name")
@pytest.mark.parametrize(
    ("family", "host", "size"), [(socket.AF_INET, "127.0.0.1", 16), (socket.AF_INET6, "::1", 28)]
)
def test_the_kernel_gives_the_same_bytes(family: int, host: str, size: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    with socket.socket(family) as sock:
        sock.bind((host, 0))
        port = sock.getsockname()[1]
        buffer, length = ctypes.create_string_buffer(128), ctypes.c_uint(128)
        assert libc.getsockname(sock.fileno(), buffer, ctypes.byref(length)) == 0
    assert length.value == size
    assert sockaddr((host, port), "Linux").data == buffer.raw[:size]
