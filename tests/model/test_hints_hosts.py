"""Ports are each host's own: a hint joins no sockets of different private hosts by them."""

from __future__ import annotations

import pytest

from socklab.lab.lab import Lab
from tests.model.hinted import hints, proof
from tests.network.test_private import private_network_or_skip
from tests.watching import calls_of, do

PROXY = ("proxy: socket tcp", "proxy: bind 3 * 80")
CALL = ("client: socket tcp", "client: connect 3 server 80")


@pytest.fixture
def net(lab: Lab) -> Lab:
    """Three private hosts."""
    private_network_or_skip().close()
    do(lab, "network private", "host proxy")
    return lab


def test_a_port_is_taken_by_somebody_on_the_same_host(net: Lab) -> None:
    do(net, "server: socket tcp", "server: bind 3 * 80", "server: listen 3")
    do(net, "client: socket tcp", "client: bind 3 * 80", "client-2: socket tcp")
    assert "port-taken" not in hints(net)
    do(net, "client-2: bind 3 * 80")
    assert proof(net, "port-taken") == [
        "client: bind(3, 0.0.0.0:80) = 0",
        "client-2: bind(3, 0.0.0.0:80) = -1 EADDRINUSE",
    ]


def test_who_has_not_called_listen_on_another_host_is_not_to_blame(net: Lab) -> None:
    do(net, *PROXY, *CALL)
    assert hints(net) == {}
    do(net, "server: socket tcp", "server: bind 3 * 80", "client: connect 3 server 80")
    assert "server 3" in hints(net)["not-listening"].text


def test_a_server_that_has_gone_on_another_host_is_not_to_blame(net: Lab) -> None:
    do(net, *PROXY, "proxy: listen 3", "proxy: close 3", *CALL)
    assert hints(net) == {}
    do(net, "client: connect 3 proxy 80")
    assert "proxy listened" in hints(net)["server-gone"].text


def test_a_server_that_begins_on_another_host_was_not_called_too_early(net: Lab) -> None:
    do(net, *CALL, *PROXY, "proxy: listen 3")
    assert "too-early" not in hints(net)
    do(net, "server: socket tcp", "server: bind 3 * 80", "server: listen 3")
    assert "called before server 3 listened" in hints(net)["too-early"].text


def test_loopback_is_the_callers_own_host(net: Lab) -> None:
    do(net, "server: serve tcp * 80 echo", "client: socket tcp", "client: connect 3 127.0.0.1 80")
    assert hints(net)["other-host"].text == (
        "server 3 runs on server, and 127.0.0.1 is always the caller's own host, client: "
        "call server."
    )
    assert proof(net, "other-host") == [
        "server: bind(3, 0.0.0.0:80) = 0",
        "client: connect(3, 127.0.0.1:80) = -1 ECONNREFUSED",
    ]


def test_loopback_of_a_host_with_a_server_is_that_server(net: Lab) -> None:
    do(net, "client: serve tcp * 80 echo", "server: serve tcp 10.0.0.2 80 echo")
    do(net, "client-2: socket tcp", "client-2: connect 3 127.0.0.1 80")
    assert "other-host" not in hints(net)


def test_a_datagram_comes_to_the_host_that_has_the_address(net: Lab) -> None:
    do(net, "proxy: socket udp", "proxy: bind 3 * 53", "server: socket udp", "server: bind 3 * 53")
    do(net, "client: socket udp", 'client: sendto 3 server 53 "hello"', "server: recvfrom 3 2")
    (sent,) = calls_of(net, "client", "sendto")
    assert sent.local is not None
    assert proof(net, "datagram-truncated") == [
        'client: sendto(3, "hello", 10.0.0.2:53) = 5',
        f'server: recvfrom(3, 2) = 2 "he" from 10.0.0.1:{sent.local[1]}',
    ]


def test_senders_on_two_hosts_with_one_port_are_two(net: Lab) -> None:
    do(net, "server: socket udp", "server: bind 3 * 53")
    for name in ("client", "proxy"):
        do(net, f"{name}: socket udp", f"{name}: bind 3 * 5000")
    do(net, "wire unplug client", 'client: sendto 3 server 53 "hello"')
    do(net, 'proxy: sendto 3 server 53 "hello"', "server: recvfrom 3 2")
    assert proof(net, "datagram-truncated")[0].startswith("proxy: ")
