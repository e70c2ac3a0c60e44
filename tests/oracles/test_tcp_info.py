"""What the lab reads from TCP_INFO is what the kernel's own types and ss(8) say."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from socklab.model.tcp_info import FIELDS, NO_THRESHOLD, SIZE_ASKED, decode, news
from tests import peers
from tests.oracles import btf

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")


@pytest.mark.skipif(not btf.VMLINUX.exists(), reason="this kernel doesn't describe its types")
def test_each_field_lies_where_this_kernel_has_it() -> None:
    size, members = btf.members("tcp_info", btf.VMLINUX.read_bytes())
    ours = {f"tcpi_{field.name}": field for field in FIELDS if field.end <= size}
    assert list(ours) == list(members)[: len(ours)], "fields are only ever added at the end"
    for name, field in ours.items():
        first, width = field.bits or (0, 0)
        assert members[name] == btf.Member(8 * field.offset + first, width), name
    assert size <= SIZE_ASKED


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection over which something was said in both directions."""
    with peers.listener() as listener, peers.connect(peers.address(listener)) as client:
        server, _address = listener.accept()
        with server:
            client.sendall(bytes(30_000))
            peers.read(server, 20_000)
            server.sendall(bytes(5000))
            peers.read(client, 5000)
            yield client, server


@pytest.mark.skipif(shutil.which("ss") is None, reason="ss is not installed")
@pytest.mark.parametrize("end", [0, 1], ids=["client", "server"])
def test_numbers_are_those_of_ss(ends: tuple[socket.socket, socket.socket], end: int) -> None:
    raw, line = _at_one_moment(ends[end])
    info = decode(raw)
    said = dict(re.findall(r"\b(\w+):([\d.,/]+)", line))
    expected = {
        "rto": f"{info['rto'] / 1000:g}",
        "rtt": f"{info['rtt'] / 1000:g}/{info['rttvar'] / 1000:g}",
        "minrtt": f"{info['min_rtt'] / 1000:g}",
        "mss": str(info["snd_mss"]),
        "rcvmss": str(info["rcv_mss"]),
        "advmss": str(info["advmss"]),
        "pmtu": str(info["pmtu"]),
        "cwnd": str(info["snd_cwnd"]),
        "wscale": f"{info['snd_wscale']},{info['rcv_wscale']}",
        "bytes_sent": str(info["bytes_sent"]),
        "bytes_acked": str(info["bytes_acked"]),
        "bytes_received": str(info["bytes_received"]),
        "segs_out": str(info["segs_out"]),
        "segs_in": str(info["segs_in"]),
        "data_segs_out": str(info["data_segs_out"]),
        "data_segs_in": str(info["data_segs_in"]),
        "rcv_space": str(info["rcv_space"]),
        "rcv_ssthresh": str(info["rcv_ssthresh"]),
        "snd_wnd": str(info["snd_wnd"]),
        "delivered": str(info["delivered"]),
        "unacked": str(info["unacked"]),
        "lost": str(info["lost"]),
    }
    # What is 0 or isn't set, ss leaves out.
    assert {name: said.get(name, "0") for name in expected} == expected
    if info["snd_ssthresh"] < NO_THRESHOLD:
        assert said["ssthresh"] == str(info["snd_ssthresh"])
    if info["total_retrans"]:
        assert said["retrans"] == f"{info['retrans']}/{info['total_retrans']}"
    words = line.split()
    assert ("ts" in words, "sack" in words) == (
        bool(info["options"] & 1),
        bool(info["options"] & 2),
    ), line


def _at_one_moment(sock: socket.socket) -> tuple[bytes, str]:
    """TCP_INFO and what ss prints of the same state: one that was the same before and after."""
    local, peer = (f"{host}:{port}" for host, port in (sock.getsockname(), sock.getpeername()))
    until = time.monotonic() + peers.PATIENCE
    while time.monotonic() < until:
        before = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SIZE_ASKED)
        run = subprocess.run(
            ["ss", "-tineHO", "src", local, "and", "dst", peer],
            capture_output=True, text=True, timeout=peers.PATIENCE, check=True,
        )  # fmt: skip
        after = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SIZE_ASKED)
        if news(before) == news(after):
            return after, run.stdout
    raise AssertionError("the connection never comes to rest")
