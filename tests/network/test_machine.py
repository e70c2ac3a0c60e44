"""This machine as a host: its sockets, its free ports, its addresses."""

from __future__ import annotations

import socket
import sys
from ipaddress import IPv4Address

import pytest

from socklab.network import machine
from socklab.network.host import Host
from socklab.network.machine import ThisMachine, free_port, own_addresses
from tests import peers


def test_it_is_a_host() -> None:
    host: Host = ThisMachine()
    assert host.name == "this machine"
    assert (host.net / "tcp").exists() or sys.platform != "linux"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_its_sockets_block(family: socket.AddressFamily, kind: socket.SocketKind) -> None:
    with ThisMachine().socket(family, kind) as sock:
        assert (sock.family, sock.type, sock.getblocking()) == (family, kind, True)
        assert sock.get_inheritable() is False


def test_a_port_that_is_taken_is_passed_over() -> None:
    with peers.listener() as taken:
        port = peers.address(taken)[1]
        found = free_port(port)
        assert found > port
        with socket.socket() as sock:
            sock.bind(("", found))


def test_a_port_that_is_bound_on_one_address_only_is_taken() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        assert free_port(port) > port


def test_a_port_whose_last_connection_is_in_time_wait_is_free() -> None:
    with peers.listener() as server, peers.connect(peers.address(server)) as client:
        port = peers.address(server)[1]
        server.accept()[0].close()  # the server's end closes first
        peers.read_all(client)
    assert free_port(port) == port
    assert free_port(port, reusing=False) > port


def test_without_a_free_port_the_first_is_named() -> None:
    assert free_port(65536) == 65536


def test_own_addresses_can_be_bound_and_called() -> None:
    addresses = own_addresses()
    assert addresses
    for address in addresses:
        IPv4Address(address)
        with peers.listener(host="0.0.0.0") as server:
            peers.connect((address, peers.address(server)[1])).close()


def test_a_machine_with_no_other_address_has_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_interface_addresses", lambda: ["127.0.0.1"])
    monkeypatch.setattr(machine, "_named_addresses", list)
    assert own_addresses() == ["127.0.0.1"]


def test_loopback_is_left_out_where_there_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_interface_addresses", lambda: ["127.0.0.1", "192.0.2.7"])
    monkeypatch.setattr(machine, "_named_addresses", lambda: ["192.0.2.7"])
    assert own_addresses() == ["192.0.2.7"]
