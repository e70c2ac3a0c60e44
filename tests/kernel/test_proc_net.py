"""The kernel's tables as text: rows out of what is a row, nothing out of anything else."""

from __future__ import annotations

import socket
import sys
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.kernel.proc_net import FORGETTING, Row, rows

HEADING = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout"
    " inode\n"
)
LISTENER = (
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0"
    " 12345 1 0000000000000000 100 0 0 10 0\n"
)
TIME_WAIT = (
    "   1: 0100007F:1F90 0200007F:A3E2 06 00000000:00000000 03:00001765 00000000     0        0"
    " 0 3 0000000000000000\n"
)
MAPPED = (
    "   2: 0000000000000000FFFF00000100007F:1F90 0000000000000000FFFF00000100007F:A3E2 01"
    " 00000010:00000020 00:00000000 00000000     0        0 77 1 0000000000000000 20 4 30 10 -1\n"
)

pytestmark = pytest.mark.skipif(
    sys.byteorder == "big", reason="the samples are from a little-endian machine"
)


def test_a_listener() -> None:
    assert list(rows(HEADING + LISTENER)) == [
        Row(
            local=("127.0.0.1", 8080),
            remote=("0.0.0.0", 0),
            state="LISTEN",
            send_queue=0,
            recv_queue=3,
            inode=12345,
        )
    ]


def test_one_that_no_descriptor_holds() -> None:
    (row,) = rows(HEADING + TIME_WAIT)
    assert (row.state, row.inode, row.remote) == ("TIME_WAIT", 0, ("127.0.0.2", 41954))
    assert (row.timer, row.left) == (FORGETTING, 59_890_000_000)  # 0x1765 hundredths


def test_a_mapped_address_is_written_as_getsockname_writes_it() -> None:
    (row,) = rows(HEADING + MAPPED)
    assert row.local == ("::ffff:127.0.0.1", 8080)
    assert (row.send_queue, row.recv_queue) == (16, 32)


def test_only_the_ports_that_are_asked_for() -> None:
    table = HEADING + LISTENER + TIME_WAIT
    assert len(list(rows(table, {8080}))) == 2
    assert list(rows(table, {0x1F91, 41954})) == []
    assert list(rows(table, set())) == []


@pytest.mark.parametrize("cut", range(0, len(LISTENER) - 2, 7))
def test_a_table_cut_off_anywhere_gives_its_whole_lines(cut: int) -> None:
    found = list(rows(HEADING + TIME_WAIT + LISTENER[:cut]))
    assert [row.state for row in found][:1] == ["TIME_WAIT"]
    assert len(found) <= 2


@given(st.text())
def test_any_text_never_raises(text: str) -> None:
    assert len(list(rows(text, {80}))) <= len(list(rows(text))) <= len(text.splitlines())


WORD = st.one_of(
    st.sampled_from(["0100007F:1F90", "00000000:00000000", "0A", "06", "99", "0", "-1", ":", ""]),
    st.text("0123456789ABCDEF:-+_ x", max_size=40),
)


@given(st.lists(st.lists(WORD, max_size=14).map(" ".join), max_size=5).map("\n".join))
def test_what_looks_like_a_table_never_raises(lines: str) -> None:
    for row in rows(f"{HEADING}{lines}"):
        assert isinstance(row.inode, int)


@given(st.integers(0, 2**32 - 1), st.integers(0, 65535))
def test_every_ipv4_address(number: int, port: int) -> None:
    address = IPv4Address(number)
    digits = f"{int.from_bytes(address.packed, sys.byteorder):08X}"
    line = LISTENER.replace("0100007F:1F90", f"{digits}:{port:04X}")
    (row,) = rows(HEADING + line, {port})
    assert row.local == (str(address), port)


@given(st.binary(min_size=16, max_size=16))
def test_every_ipv6_address(packed: bytes) -> None:
    words = [packed[i : i + 4] for i in range(0, 16, 4)]
    digits = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    line = MAPPED.replace("0000000000000000FFFF00000100007F:1F90", f"{digits}:1F90")
    (row,) = rows(HEADING + line)
    assert row.local[0] == socket.inet_ntop(socket.AF_INET6, packed)
    assert IPv6Address(row.local[0]).packed == packed


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_the_kernels_own_table_agrees_with_getsockname(family: socket.AddressFamily) -> None:
    loopback, table = {
        socket.AF_INET: ("127.0.0.1", "/proc/net/tcp"),
        socket.AF_INET6: ("::1", "/proc/net/tcp6"),
    }[family]
    with socket.socket(family) as server:
        server.bind((loopback, 0))
        server.listen(3)
        name = server.getsockname()[:2]
        found = [row for row in rows(Path(table).read_text(), {name[1]}) if row.local == name]
        assert [row.state for row in found] == ["LISTEN"]
        assert found[0].inode > 0
