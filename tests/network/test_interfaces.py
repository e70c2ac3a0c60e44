"""Interfaces by number, name and address: those of the stack that is asked."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from socklab.network.interfaces import index_of
from socklab.network.machine import ThisMachine
from socklab.network.private import PrivateNetwork
from tests.network.test_private import private_network_or_skip

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux's names and numbers")


def test_by_number_name_and_address(tmp_path: Path) -> None:
    table = tmp_path / "if_inet6"
    table.write_text(
        "00000000000000000000000000000001 01 80 10 80       lo\n"
        "fe80000000000000000000000000abcd 1f 40 20 80     eth0\n"
    )
    assert index_of("7", table) == 7
    assert index_of("fe80::1%7", table) == 7
    assert index_of("::1", table) == 1
    assert index_of("fe80::abcd", table) == 31
    for absent in (table, tmp_path / "nowhere"):
        with pytest.raises(OSError, match=r".") as raised:
            index_of("2001:db8::1", absent)
        assert raised.value.errno == errno.ENODEV


@linux
def test_of_this_machine() -> None:
    assert ThisMachine().interface_index("lo") == socket.if_nametoindex("lo")
    for wrong in ("nothing0", "a\0b", "x" * 100, "99999999999", ""):
        with pytest.raises(OSError, match=r".") as raised:
            ThisMachine().interface_index(wrong)
        assert raised.value.errno == errno.ENODEV


@pytest.fixture
def network() -> Iterator[PrivateNetwork]:
    network = private_network_or_skip()
    yield network
    network.close()


def test_of_a_private_host(network: PrivateNetwork) -> None:
    for host in network.hosts.values():
        link = host.interface_index("eth0")
        assert host.interface_index(host.ipv6) == link
        assert host.interface_index("lo") == 1
        with host.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, link)
    client, server = network.hosts.values()
    for elsewhere in (server.ipv6, "nothing0", "a\0b"):
        with pytest.raises(OSError, match=r".") as raised:
            client.interface_index(elsewhere)
        assert raised.value.errno == errno.ENODEV
