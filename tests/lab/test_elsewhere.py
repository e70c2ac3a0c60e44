"""Without epoll and without the kernel's states the lab does the same, and says less."""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from socklab.events import Gauge, Note, State
from socklab.kernel import look
from socklab.lab import composite_verbs, errnos, observer, poller, session, verbs
from socklab.lab.lab import Lab
from tests import peers
from tests.watching import address_of, calls_of, do, events_of, noted, returned


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab as it is on a system that isn't Linux."""
    monkeypatch.setattr(session, "poller", poller.LoopPoller)
    for module in (look, observer):
        monkeypatch.setattr(module, "KNOWS_STATES", False)
    with Lab() as made:
        yield made


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """There a call that would wait, and a connect that goes on, have Winsock's one name for both;
    and there's no poll(2)."""
    monkeypatch.delitem(errnos._PREFERRED, errno.EAGAIN)
    for number in (errno.EAGAIN, errno.EINPROGRESS):
        monkeypatch.setitem(errno.errorcode, number, "WSAEWOULDBLOCK")
    for module in (verbs, composite_verbs):
        monkeypatch.setattr(module, "select", SimpleNamespace())


def test_servers_and_readers(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo", "client: client tcp @server read=auto")
    do(lab, 'client: send "hello"', 'expect client recv = 5 "hello"', "client: close 3")
    do(lab, "expect server recv = 0", "expect server close 4 = 0")
    do(lab, "udp: serve udp 127.0.0.1 0 upper", "client: client udp @udp", 'client: send "x"')
    do(lab, "client: recv", 'expect client recv 3 = 1 "X"')


@pytest.mark.usefixtures("windows")
def test_a_send_buffer_that_is_full_ends_no_connection(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    full, real = ["once"], socket.socket.send

    def send(sock: socket.socket, data: bytes, flags: int = 0) -> int:
        if sock.gettimeout() == 0 and bytes(data) == b"hello" and full:
            raise BlockingIOError(errno.EAGAIN, full.pop())
        return real(sock, data, flags)

    monkeypatch.setattr(socket.socket, "send", send)
    do(lab, "server: serve tcp 127.0.0.1 0 echo", "client: client tcp @server")
    do(lab, 'client: send "hello"', "client: recv 3 5 waitall", 'expect client recv = 5 "hello"')
    assert [call.error for call in calls_of(lab, "server", "send")] == ["EAGAIN", None]


def test_back_pressure(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo")
    data = random.Random(3).randbytes(20 << 20)
    with peers.connect(address_of(lab, "server")) as peer:
        sending = peers.on_thread(lambda: peer.sendall(data))
        assert peers.read(peer, len(data)) == data
        sending.result(peers.PATIENCE)
    returned(lab, "server", "close")


def test_relays(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 upper", "relay: forward tcp 127.0.0.1 0 @server slice=2")
    do(lab, "client: client tcp @relay", 'client: send "hello"', "client: recv 3 5 waitall")
    do(lab, 'expect client recv = 5 "HELLO"', "client: close", "expect relay close 5 = 0")
    do(lab, "nobody: socket tcp", "nobody: bind 127.0.0.1 0", "dead: forward tcp ::1 0 @nobody")
    do(lab, "caller: client tcp @dead", "caller: recv", "expect caller recv = 0")
    do(lab, "udp: serve udp 127.0.0.1 0 upper", "post: forward udp 127.0.0.1 0 @udp delay=1ms")
    do(lab, "caller: client udp @post", 'caller: send 4 "x"', "caller: recv 4")
    do(lab, 'expect caller recv 4 = 1 "X"')


@pytest.mark.usefixtures("windows")
def test_connecting_within_a_time_without_poll(lab: Lab) -> None:
    with peers.listener() as server:
        host, port = peers.address(server)
        calls = do(lab, f"client: client tcp {host} {port} timeout=5")
    assert [call.name for call in calls] == [
        *("socket", "ioctl", "connect", "select", "getsockopt", "ioctl")
    ]
    assert (calls[2].error, calls[2].remote) == ("EINPROGRESS", (host, port))
    assert calls[3].args == ("writefds|exceptfds", 5.0)
    assert (calls[3].result, calls[3].value, calls[4].value) == (1, "writefds", "0")
    refused = do(lab, f"client: client tcp {host} {port} timeout=5")[-2:]
    assert [(call.name, call.value) for call in refused] == [
        ("getsockopt", "ECONNREFUSED"),
        ("close", None),
    ]


@pytest.mark.usefixtures("windows")
def test_a_time_that_runs_out_without_poll(lab: Lab) -> None:
    with peers.listener(backlog=0) as full, peers.connect(peers.address(full)):
        host, port = peers.address(full)
        calls = do(lab, f"client: client tcp {host} {port} timeout=0.1")
    assert [(call.name, call.result) for call in calls[-2:]] == [("select", 0), ("close", 0)]
    noted(lab, "didn't answer within 0.1 s")


@pytest.mark.usefixtures("windows")
def test_a_relay_whose_connects_would_block(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 upper", "relay: forward tcp 127.0.0.1 0 @server")
    do(lab, "client: client tcp @relay", 'client: send "hello"', "client: recv 3 5 waitall")
    assert returned(lab, "relay", "connect").error == "EINPROGRESS"
    assert returned(lab, "client", "recv").data == b"HELLO"


def test_a_driven_socket_that_is_shut_by_hand(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo", "server: shutdown 3 both")
    noted(lab, "listens no more")
    do(lab, "server: close 3")
    assert len(calls_of(lab, "server", "accept")) == 1


def test_nothing_is_claimed_of_the_kernel(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo", "client: client tcp @server", "client: stop")
    do(lab, "server: stop")
    lab.close()
    assert {event.source for event in events_of(lab, State)} <= {"call"}
    assert events_of(lab, Gauge) == []
    assert [note.text for note in events_of(lab, Note)] == []
