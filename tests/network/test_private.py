"""A private network: hosts that no other process knows, and that leave nothing behind."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from socklab.network.private import Forbidden, PrivateNetwork


def private_network_or_skip() -> PrivateNetwork:
    """For tests: a private network, or the reason why this machine has none."""
    try:
        return PrivateNetwork.up()
    except Forbidden as why:
        pytest.skip(str(why))


@pytest.fixture
def network() -> Iterator[PrivateNetwork]:
    network = private_network_or_skip()
    yield network
    network.close()


def plug(network: PrivateNetwork, one: str, other: str) -> None:
    """Carries every frame between two hosts, until both have had one second of silence."""
    ends = [network.link(one), network.link(other)]

    def carry(source: socket.socket, sink: socket.socket) -> None:
        source.settimeout(1)
        with source:
            while True:
                try:
                    sink.send(source.recv(70_000))
                except OSError:
                    return

    for source, sink in (ends, reversed(ends)):
        Thread(target=carry, args=(source, sink), daemon=True).start()


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_two_hosts_talk_over_their_link_on_a_port_below_1024(
    network: PrivateNetwork, family: socket.AddressFamily
) -> None:
    plug(network, "client", "server")
    server, client = network.hosts["server"], network.hosts["client"]
    address = server.ipv4 if family == socket.AF_INET else server.ipv6
    with (
        server.socket(family, socket.SOCK_STREAM) as listener,
        client.socket(family, socket.SOCK_STREAM) as caller,
    ):
        listener.bind((address, 80))
        listener.listen()
        caller.settimeout(5)
        caller.connect((address, 80))
        served, peer = listener.accept()
        with served:
            assert peer[0] == (client.ipv4 if family == socket.AF_INET else client.ipv6)
            caller.sendall(b"hello")
            assert served.recv(10) == b"hello"
        table = (server.net / ("tcp" if family == socket.AF_INET else "tcp6")).read_text()
        assert ":0050 " in table


def test_its_addresses_are_its_own(network: PrivateNetwork) -> None:
    with socket.socket() as here, pytest.raises(OSError, match="assign") as refusal:
        here.bind((network.hosts["server"].ipv4, 0))
    assert refusal.value.errno == errno.EADDRNOTAVAIL


@contextlib.contextmanager
def no_descriptor_left() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.ExitStack() as filled:
        filled.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), hard)
        )
        with contextlib.suppress(OSError):
            while True:
                filled.callback(os.close, os.dup(0))
        yield


def test_no_descriptor_left_is_emfile_as_anywhere(network: PrivateNetwork) -> None:
    with no_descriptor_left(), pytest.raises(OSError, match="open files") as refusal:
        network.open_socket("server", socket.AF_INET, socket.SOCK_STREAM)
    assert refusal.value.errno == errno.EMFILE
    network.open_socket("server", socket.AF_INET, socket.SOCK_STREAM).close()


def test_an_answer_that_comes_too_late_is_nobodys(network: PrivateNetwork) -> None:
    network._control.settimeout(0.05)
    os.kill(network._helper.pid, signal.SIGSTOP)
    with pytest.raises(OSError, match="doesn't answer"):
        network.sysctl("server", "sack")
    os.kill(network._helper.pid, signal.SIGCONT)
    with pytest.raises(OSError, match="has ended"):
        network.sysctl("server", "fin_timeout")


def test_a_kernel_knob_is_the_hosts_own(network: PrivateNetwork) -> None:
    ours = Path("/proc/sys/net/ipv4/tcp_syn_retries").read_text()
    assert network.sysctl("server", "syn_retries", "2") == "2"
    assert network.sysctl("server", "net.ipv4.tcp_syn_retries") == "2"
    assert network.sysctl("client", "syn_retries") == ours.strip()
    assert Path("/proc/sys/net/ipv4/tcp_syn_retries").read_text() == ours


@pytest.mark.parametrize(
    ("knob", "value", "number"),
    [
        ("no_such", None, errno.ENOENT),
        ("../../kernel/hostname", None, errno.ENOENT),
        ("kernel.hostname", None, errno.ENOENT),
        ("syn_retries", "many", errno.EINVAL),
    ],
)
def test_a_knob_that_cannot_be(
    network: PrivateNetwork, knob: str, value: str | None, number: int
) -> None:
    with pytest.raises(OSError, match=r"no such knob|Invalid argument") as refusal:
        network.sysctl("server", knob, value)
    assert refusal.value.errno == number


def test_eight_hosts_are_the_most(network: PrivateNetwork) -> None:
    for index in range(3, 9):
        assert network.add(f"host-{index}").ipv4 == f"10.0.0.{index}"
    with pytest.raises(ValueError, match="8 hosts"):
        network.add("one-more")
    with pytest.raises(ValueError, match="already"):
        network.add("client")


@pytest.mark.parametrize("mtu", [67, 70_000])
def test_an_mtu_that_cannot_be(network: PrivateNetwork, mtu: int) -> None:
    with pytest.raises(ValueError, match="68 to 65535"):
        network.set_mtu(mtu)


def test_the_mtu_is_that_of_every_link(network: PrivateNetwork) -> None:
    network.set_mtu(576)
    with network.hosts["client"].socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER: IP_PMTUDISC_DO
        probe.connect((network.hosts["server"].ipv4, 9))
        assert probe.getsockopt(socket.IPPROTO_IP, 14) == 576  # IP_MTU


def test_a_small_mtu_takes_ipv6_away_and_a_larger_one_brings_it_back(
    network: PrivateNetwork,
) -> None:
    tables = [host.net / "if_inet6" for host in network.hosts.values()]
    if "fd00" not in tables[0].read_text():
        pytest.skip("this kernel has no IPv6")
    network.set_mtu(68)
    assert not any("fd00" in table.read_text() for table in tables)
    network.set_mtu(1500)
    assert all("fd00" in table.read_text() for table in tables)


def test_hosts_have_said_who_they_are_before_anybody_listens(network: PrivateNetwork) -> None:
    """So that the first frame on the wire is one that a student's program has caused."""
    links = [network.link(host) for host in network.hosts]
    try:
        for host in network.hosts.values():
            lines = (host.net / "snmp6").read_text().splitlines()
            counters = dict(line.split() for line in lines)
            assert counters["Icmp6OutMLDv2Reports"] == "1"
        assert not select.select(links, [], [], 0)[0]
        client, server = network.hosts.values()
        with client.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"hello", (server.ipv4, 9))
        assert links[0].recv(2000)[12:14] == b"\x08\x06"  # ARP
    finally:
        for link in links:
            link.close()


def test_a_helper_that_cannot_be_started_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text("not to be executed")
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(Forbidden, match="helper") as why:
        PrivateNetwork.up()
    assert f"{python}: Permission denied" in str(why.value)


def test_a_helper_that_fails_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no module named so-and-so >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(Forbidden, match=r"helper.*no module named so-and-so"):
        PrivateNetwork.up()


def test_a_module_in_the_folder_one_works_in_is_not_the_helpers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "socket.py").write_text("raise SystemExit('a student wrote this')\n")
    monkeypatch.chdir(tmp_path)
    network = PrivateNetwork.up()
    network.close()


def alive(processes: list[int]) -> list[int]:
    return [process for process in processes if Path(f"/proc/{process}").exists()]


def members(network: PrivateNetwork) -> list[int]:
    keepers = [int(host.net.parts[2]) for host in network.hosts.values()]
    return [network._helper.pid, *keepers]


def test_nothing_is_left() -> None:
    network = private_network_or_skip()
    processes = members(network)
    assert alive(processes) == processes
    network.close()
    assert alive(processes) == []


def test_nothing_is_left_of_a_lab_that_was_killed() -> None:
    code = (
        "import signal; from socklab.network.private import PrivateNetwork\n"
        "n = PrivateNetwork.up()\n"
        "print(n._helper.pid, *(h.net.parts[2] for h in n.hosts.values()), flush=True)\n"
        "signal.pause()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as lab:
        assert lab.stdout is not None
        processes = [int(word) for word in lab.stdout.readline().split()]
        if not processes:
            assert lab.stderr is not None
            pytest.skip(lab.stderr.read().strip().splitlines()[-1])
        os.kill(lab.pid, signal.SIGKILL)
    wait_until_gone(processes)


def wait_until_gone(processes: list[int]) -> None:
    """By the kernel's own word: a pidfd is readable once its process has ended."""
    for process in processes:
        try:
            descriptor = os.pidfd_open(process)
        except ProcessLookupError:
            continue
        try:
            assert select.select([descriptor], [], [], 10)[0], f"{process} is still there"
        finally:
            os.close(descriptor)
