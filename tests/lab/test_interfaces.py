"""Interfaces that a line names are those of the host on which its program runs."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from socklab.lab.lab import Lab
from socklab.lab.script import Script
from tests.network.test_private import private_network_or_skip
from tests.watching import calls_of, comes_to, do

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux's names and numbers")


@pytest.fixture(scope="module")
def allowed() -> None:
    private_network_or_skip().close()


def run(lab: Lab, *lines: str) -> Script:
    script = lab.script("\n".join(lines))
    lab.run(script).result(60)
    return script


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize("interface", ["eth0", "fd00::2"])
def test_a_program_on_a_private_host_joins_on_its_own_hosts_interface(
    lab: Lab, interface: str
) -> None:
    script = run(
        lab,
        "network private",
        "server: socket udp ipv6",
        "server: bind 3 :: 5355",
        f"server: setsockopt 3 join ff02::1:3 {interface}",
        "expect server setsockopt 3 = 0",
        "client: socket udp ipv6",
        "client: setsockopt 3 multicast_if eth0",
        'client: sendto 3 ff02::1:3 5355 "who?"',
        "server: recvfrom 3",
        'expect server recvfrom 3 = 4 "who?"',
    )
    assert script.failure is None


@pytest.mark.usefixtures("allowed")
def test_another_hosts_interface_is_refused(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "client: socket udp ipv6",
        "client: setsockopt 3 join ff02::1:3 fd00::2",
    )
    assert "no interface fd00::2 on client" in (script.failure or "")


# Scopes: the interface behind an IPv6 address that holds on one link only.

SERVER = "fe80::ff:fe00:2%eth0"

_TENTATIVE = 0x40  # <linux/if_addr.h>


def give_link_local_addresses(lab: Lab) -> None:
    """Each private host gives itself the address that its Ethernet address stands for (RFC 4291,
    appendix A)."""
    hosts = ("client", "server")
    lines = [f"sysctl {host} net.ipv6.conf.eth0.addr_gen_mode 0" for host in hosts]
    assert run(lab, "network private", *lines).failure is None
    private = lab._session.network.private
    assert private is not None
    tables = [private.hosts[host].net / "if_inet6" for host in hosts]
    assert comes_to(lab, lambda: all(map(_has_link_local_address, tables)))


def _has_link_local_address(table: Path) -> bool:
    fields = [line.split() for line in table.read_text().splitlines()]
    return any(line[0].startswith("fe80") and not int(line[4], 16) & _TENTATIVE for line in fields)


@linux
def test_a_scope_goes_to_the_kernel_as_the_interfaces_number(lab: Lab) -> None:
    _socket, bound, elsewhere = do(
        lab,
        "main: socket udp ipv6",
        "main: bind 3 fe80::dead:beef%lo 0",  # which the kernel knows to be nobody's
        "main: bind 3 fe80::dead:beef%99999 0",
    )
    number = socket.if_nametoindex("lo")
    assert (bound.args[0], bound.error) == ((f"fe80::dead:beef%{number}", 0), "EADDRNOTAVAIL")
    assert elsewhere.error == "ENODEV"


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("fe80::1%nosuch", "no interface nosuch on this machine"),
        ("fe80::1%", "fe80::1%: an interface's name or number stands behind the %"),
        ("127.0.0.1%lo", "127.0.0.1%lo: a % and an interface stand behind IPv6 addresses only"),
        ("localhost%lo", "localhost%lo: a % and an interface stand behind IPv6 addresses only"),
    ],
)
def test_a_scope_that_cannot_be_is_refused_and_no_call_is_made(
    lab: Lab, host: str, said: str
) -> None:
    assert do(lab, "main: socket udp ipv6")
    script = run(lab, f"main: connect 3 {host} 80")
    assert said in (script.failure or "")
    assert calls_of(lab, "main", "connect") == []


@pytest.mark.usefixtures("allowed")
def test_a_group_on_a_link_is_reached_through_the_interface_behind_it(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "server: socket udp ipv6",
        "server: bind 3 :: 5355",
        "server: setsockopt 3 join ff02::1:3 eth0",
        "client: socket udp ipv6",
        'client: sendto 3 ff02::1:3%eth0 5355 "who?"',
        "server: recvfrom 3",
        'expect server recvfrom 3 = 4 "who?"',
    )
    assert script.failure is None


@pytest.mark.usefixtures("allowed")
def test_link_local_peers_are_answered(lab: Lab) -> None:
    give_link_local_addresses(lab)
    script = run(
        lab,
        f"server: serve udp {SERVER} 53 upper",
        "client: socket udp ipv6",
        f'client: sendto 3 {SERVER} 53 "question"',
        "client: recvfrom 3",
        'expect client recvfrom 3 = 8 "QUESTION"',
        'client: sendto 3 peer "again"',
        "client: recvfrom 3",
        'expect client recvfrom 3 = 5 "AGAIN"',
    )
    assert script.failure is None


@pytest.mark.usefixtures("allowed")
def test_a_link_local_server_is_connected_to_by_address_and_by_name(lab: Lab) -> None:
    give_link_local_addresses(lab)
    script = run(
        lab,
        f"server: serve tcp {SERVER} 80 echo",
        f"client: client tcp {SERVER} 80",
        "caller: client tcp @server",
        "expect client connect = 0",
        "expect caller connect = 0",
        "expect client 3 ESTABLISHED",
        "expect caller 3 ESTABLISHED",
    )
    assert script.failure is None
