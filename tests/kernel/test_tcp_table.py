"""What a host's table of TCP sockets says of a connection and of its other end."""

from __future__ import annotations

from pathlib import Path

from socklab.events import Address
from socklab.kernel.look import tcp_table
from socklab.kernel.proc_net import FORGETTING, Row
from socklab.kernel.tcp_table import TcpTable
from tests import peers

SERVER: Address = ("127.0.0.1", 80)
CLIENT: Address = ("127.0.0.1", 4000)
OTHER: Address = ("127.0.0.1", 4001)


def row(local: Address, remote: Address, state: str, timer: int = 0, left: int = 0) -> Row:
    return Row(local, remote, state, 0, 0, 0, timer, left)


def test_only_a_peer_in_time_wait_is_told() -> None:
    table = TcpTable(
        [row(CLIENT, SERVER, "TIME_WAIT", FORGETTING), row(OTHER, SERVER, "FIN_WAIT2")], 0
    )
    assert table.peer((SERVER, CLIENT)) == "TIME_WAIT"
    assert table.peer((SERVER, OTHER)) is None
    assert table.peer((CLIENT, SERVER)) is None


def test_a_peer_is_found_in_the_other_familys_table() -> None:
    table = TcpTable([row(CLIENT, SERVER, "TIME_WAIT")], 0)
    assert table.peer((("::ffff:127.0.0.1", 80), ("::ffff:127.0.0.1", 4000))) == "TIME_WAIT"


def test_only_what_waits_to_be_forgotten_expires() -> None:
    table = TcpTable([], 1000)
    assert table.expires(row(CLIENT, SERVER, "TIME_WAIT", FORGETTING, 500)) == 1500
    assert table.expires(row(CLIENT, SERVER, "FIN_WAIT1", 1, 500)) is None
    assert table.expires(None) is None


def test_the_kernels_own_time_wait() -> None:
    with peers.listener() as server:
        with peers.connect(peers.address(server)) as client:
            pair = (peers.address(client), peers.address(server))
            accepted = server.accept()[0]
        assert accepted.recv(1) == b""
        accepted.close()
        table = TcpTable(tcp_table(Path("/proc/net"), {pair[0][1]}), 0)
    expires = table.expires(table.rows[pair])
    assert expires is not None
    assert 50e9 < expires <= 60e9
    assert table.peer((pair[1], pair[0])) == "TIME_WAIT"
