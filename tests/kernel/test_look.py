"""A look at a real socket: what the kernel says of it, and that it changes nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from socklab.kernel import look as look_module
from socklab.kernel.look import Look, look, tcp_table
from tests import peers

pytestmark = pytest.mark.skipif(not look_module.KNOWS_STATES, reason="only Linux tells states")

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """The two ends of a TCP connection."""
    with (
        peers.listener() as server,
        peers.connect(peers.address(server)) as client,
        server.accept()[0] as accepted,
    ):
        yield client, accepted


def test_a_fresh_socket() -> None:
    with socket.socket() as sock:
        assert look(sock) == Look(state="CLOSE", recv_queue=0)


def test_a_listener_and_its_queue() -> None:
    with peers.listener(backlog=3) as server:
        assert look(server) == Look(state="LISTEN", accept_queue=0, backlog=3)
        with peers.connect(peers.address(server)), peers.connect(peers.address(server)):
            assert look(server).accept_queue == 2


def test_a_connection_and_its_queues(pair: Pair) -> None:
    client, accepted = pair
    seen = look(client)
    assert (seen.state, seen.recv_queue, seen.send_queue) == ("ESTABLISHED", 0, 0)
    client.sendall(b"hello")
    assert look(accepted).recv_queue == 5
    assert accepted.recv(100) == b"hello"
    assert look(accepted).recv_queue == 0


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_the_limits_are_the_sizes_of_the_buffers(kind: socket.SocketKind) -> None:
    with peers.listener() as server, socket.socket(socket.AF_INET, kind) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 5000)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 7000)
        sock.connect(peers.address(server))
        seen = look(sock)
    assert (seen.recv_limit, seen.send_limit) == (10_000, 14_000)  # doubled, socket(7)


def test_what_a_full_connection_holds(pair: Pair) -> None:
    client, accepted = pair
    client.setblocking(False)
    sent = 0
    try:
        while True:
            sent += client.send(bytes(1 << 20))
    except BlockingIOError:
        pass
    sending, receiving = look(client).send_queue, look(accepted).recv_queue
    assert sending is not None
    assert receiving is not None
    assert 0 < sending <= sent <= sending + receiving


@pytest.mark.parametrize("how", ["close", "shutdown"])
def test_half_closed(pair: Pair, how: str) -> None:
    client, accepted = pair
    if how == "close":
        client.close()
    else:
        client.shutdown(socket.SHUT_WR)
        assert look(client).state in ("FIN_WAIT1", "FIN_WAIT2")  # the ACK may be delayed
    assert accepted.recv(1) == b""
    assert look(accepted).state == "CLOSE_WAIT"


def test_datagrams_that_wait_and_that_are_lost() -> None:
    with peers.datagrams() as one, peers.datagrams() as two:
        two.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        empty = look(two)
        assert (empty.state, empty.recv_queue, empty.send_queue, empty.drops) == (None, 0, 0, 0)
        one.sendto(b"x", two.getsockname())
        waiting = look(two)
        assert (waiting.recv_queue or 0) > 0
        for _ in range(100):
            one.sendto(bytes(500), two.getsockname())
        lost = look(two).drops
        assert lost is not None
        received = 0
        two.setblocking(False)
        try:
            while two.recv(1000):
                received += 1
        except BlockingIOError:
            pass
        assert received + lost == 101


def test_a_closed_socket_gives_an_empty_look() -> None:
    sock = socket.socket()
    sock.close()
    assert look(sock) == Look()


def test_a_system_that_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_module, "KNOWS_STATES", False)
    with socket.socket() as sock:
        assert look(sock) == Look()


def test_a_state_that_has_no_name_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(look_module, "BY_CODE", {})
    with socket.socket() as sock:
        assert look(sock) == Look()


def test_a_look_changes_no_mode(pair: Pair) -> None:
    client, _accepted = pair
    client.setblocking(False)
    look(client)
    assert client.getblocking() is False


# The tables.


def test_the_table_shows_both_ends_and_what_no_descriptor_holds() -> None:
    with peers.listener() as server:
        host, port = peers.address(server)
        with peers.connect((host, port)) as client:
            ports = {port, peers.address(client)[1]}
            found = {(row.local, row.remote): row for row in tcp_table(Path("/proc/net"), ports)}
            mine = found[peers.address(client), (host, port)]
            waiting = found[(host, port), peers.address(client)]
    assert (mine.state, waiting.state) == ("ESTABLISHED", "ESTABLISHED")
    assert mine.inode > 0
    assert waiting.inode == 0


def test_a_host_without_ipv6_has_one_table_less(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(Path("/proc/net/tcp").read_text())
    tcp_table(tmp_path, {1})
    assert tcp_table(tmp_path / "nowhere", {1}) == []


def test_a_table_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "tcp").mkdir()
    with pytest.raises(OSError, match="directory"):
        tcp_table(tmp_path, {1})
