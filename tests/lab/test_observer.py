"""What the observer sees is what the kernel has: states, queues, and sockets without descriptor."""

from __future__ import annotations

import array
import fcntl
import socket
import struct
import termios
import threading
from itertools import pairwise
from pathlib import Path

import pytest

from socklab.events import Address, Call, Gauge, State
from socklab.journal import Journal
from socklab.kernel import look
from socklab.lab import observer
from socklab.lab.lab import Lab
from socklab.lab.observer import Observer
from socklab.lab.registry import Registry
from socklab.lab.traced import TracedSocket
from socklab.model.tcp_life import TcpLife
from socklab.model.tcp_machine import moves
from socklab.network.machine import ThisMachine
from tests import peers
from tests.watching import (
    address_of,
    begin,
    blocked,
    calls_of,
    do,
    events_of,
    returned,
    wait_event,
    wait_for,
)

LISTENING = ("server: socket tcp", "server: bind 3 127.0.0.1 0", "server: listen 3 5")
CONNECTED = (*LISTENING, "client: socket tcp", "client: connect 3 @server", "server: accept 3")

_SIOCOUTQ = termios.TIOCOUTQ
_TCP_INFO = 11


def states(lab: Lab, sock: int) -> list[str]:
    """The states that a socket went through, each by a legal move from the one before."""
    events = events_of(lab, State, sock=sock)
    assert all(moves(event.old, event.new) for event in events)
    assert all(one.new == two.old and one.t <= two.t for one, two in pairwise(events))
    return [event.new for event in events]


def depth(os_fd: int, request: int) -> int:
    """What ioctl(2) says of a descriptor of this process."""
    value = array.array("i", [0])
    fcntl.ioctl(os_fd, request, value)
    return value[0]


def option(os_fd: int, name: int) -> int:
    """What getsockopt(2) says of a descriptor of this process."""
    with socket.socket(fileno=dup(os_fd)) as twin:
        return twin.getsockopt(socket.SOL_SOCKET, name)


def last_gauge(lab: Lab, **fields: object) -> Gauge:
    return events_of(lab, Gauge, **fields)[-1]


# States.


def test_a_listener(lab: Lab) -> None:
    do(lab, *LISTENING, "expect server 3 LISTEN")
    (event,) = events_of(lab, State, sock=1)
    assert (event.old, event.new, event.fd, event.source) == ("CLOSE", "LISTEN", 3, "kernel")


def test_both_ends_of_a_connection(lab: Lab) -> None:
    do(lab, *CONNECTED, "expect client 3 ESTABLISHED", "expect server 4 ESTABLISHED")
    assert states(lab, 2)[-1] == "ESTABLISHED"
    accepted = returned(lab, "server", "accept").new_sock
    assert accepted is not None
    assert states(lab, accepted)[-1] == "ESTABLISHED"


def test_one_that_waits_to_be_accepted_keeps_its_number(lab: Lab) -> None:
    do(lab, *LISTENING)
    server = address_of(lab, "server")
    with peers.connect(server) as peer:
        do(lab, "expect server 3 accept_queue = 1")
        first = wait_event(lab, State, new="SYN_RECV", local=server)
        assert (first.old, first.source, first.remote) == ("LISTEN", "call", peer.getsockname())
        seen = wait_event(lab, State, sock=first.sock, new="ESTABLISHED")
        assert (seen.fd, seen.program, seen.source) == (None, None, "kernel")
        peer.sendall(b"hello")
        gauge = wait_event(lab, Gauge, sock=seen.sock, recv_queue=5)
        assert (gauge.fd, gauge.program) == (None, None)
        do(lab, "server: accept 3", "server: recv 4")
    accept = returned(lab, "server", "accept")
    assert accept.new_sock == seen.sock
    assert calls_of(lab, "server", "recv")[0].sock == seen.sock


def test_one_that_leaves_before_it_is_accepted(lab: Lab) -> None:
    do(lab, *LISTENING)
    with peers.connect(address_of(lab, "server")):
        do(lab, "expect server 3 accept_queue = 1")
        seen = wait_event(lab, State, new="ESTABLISHED", fd=None)
    wait_event(lab, State, sock=seen.sock, new="CLOSE_WAIT")
    do(lab, "server: accept 3", "expect server 4 CLOSE_WAIT")
    assert returned(lab, "server", "accept").new_sock == seen.sock


def test_the_first_closer_ends_in_time_wait(lab: Lab) -> None:
    do(lab, *CONNECTED, "expect client 3 ESTABLISHED", "client: close 3")
    do(lab, "expect client 3 FIN_WAIT2", "expect server 4 CLOSE_WAIT")
    do(lab, "server: close 4", "expect client 3 TIME_WAIT")
    (close,) = calls_of(lab, "client", "close")
    after = [event for event in events_of(lab, State, sock=close.sock) if event.n > close.n]
    assert [event.new for event in after] == ["FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"]
    assert {(event.fd, event.held, event.program) for event in after} == {(None, 3, "client")}
    first, *others = after
    assert (first.cause, first.t) == (close.n, close.t)  # seen or not: the ACK may be delayed
    assert {event.source for event in others} == {"kernel"}


def test_the_second_closer_is_forgotten_at_once(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: close 3", "server: recv 4", "server: close 4")
    do(lab, "expect server 4 CLOSE")
    accepted = returned(lab, "server", "accept").new_sock
    assert accepted is not None
    # Too fast for any look; that the peer is in TIME_WAIT tells all the same.
    assert states(lab, accepted)[-3:] == ["CLOSE_WAIT", "LAST_ACK", "CLOSE"]
    (close,) = calls_of(lab, "server", "close")
    last = events_of(lab, State, sock=accepted, new="LAST_ACK")
    assert [(event.source, event.cause) for event in last] == [("call", close.n)]


def test_a_descriptor_in_time_wait_says_so(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: shutdown 3 out", "expect client 3 FIN_WAIT2", "server: close 4")
    do(lab, "expect client 3 TIME_WAIT")
    seen = wait_event(lab, State, new="TIME_WAIT")
    assert seen.fd == 3
    assert seen.expires is not None
    assert 50e9 < seen.expires - seen.t <= 60e9  # TCP_TIMEWAIT_LEN


def test_a_reset_connection_is_closed_at_both_ends(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: reset 3", "expect client 3 CLOSE", "expect server 4 CLOSE")
    assert "TIME_WAIT" not in [event.new for event in events_of(lab, State)]


def test_what_a_close_threw_away_is_known_to_have_reset_the_connection(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: send 3 bytes:7", "expect server 4 recv_queue = 7")
    do(lab, "server: close 4", "expect server 4 CLOSE", "expect client 3 CLOSE")
    (close,) = calls_of(lab, "server", "close")
    (ended,) = events_of(lab, State, sock=close.sock, new="CLOSE")
    assert (ended.old, ended.cause, ended.t) == ("ESTABLISHED", close.n, close.t)
    (told,) = events_of(lab, State, sock=2, new="CLOSE")
    assert (told.old, told.cause) == ("ESTABLISHED", None)  # nothing that it did itself


def test_a_look_in_the_middle_of_a_close_forgets_nothing_of_what_is_unread(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(lab, *CONNECTED, "client: send 3 bytes:7", "expect server 4 recv_queue = 7")
    looked = threading.Event()
    look_once, close_it = Observer._look, TracedSocket.close

    def look_and_tell(watcher: Observer, sock: TracedSocket) -> object:
        found = look_once(watcher, sock)
        if sock.inside:
            looked.set()
        return found

    def close_after_a_look(sock: TracedSocket) -> None:
        lab._session.env.observer.nudge(sock)
        assert looked.wait(peers.PATIENCE)
        close_it(sock)

    monkeypatch.setattr(Observer, "_look", look_and_tell)
    monkeypatch.setattr(TracedSocket, "close", close_after_a_look)
    do(lab, "server: close 4", "expect server 4 CLOSE")
    (close,) = calls_of(lab, "server", "close")
    (ended,) = events_of(lab, State, sock=close.sock, new="CLOSE")
    assert (ended.old, ended.cause, ended.t) == ("ESTABLISHED", close.n, close.t)


def test_lives_too_short_to_be_seen_are_recorded_whole(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo backlog=64")
    for _ in range(100):
        with peers.connect(address_of(lab, "server")) as peer:
            peer.sendall(b"x")
            assert peer.recv(1) == b"x"
    accepted = []
    for call in calls_of(lab, "server", "accept"):
        wait_event(lab, State, sock=call.new_sock, new="CLOSE")
        accepted.append(call.new_sock)
    assert len(accepted) == 100
    whole = ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE"]
    assert [states(lab, sock or 0) for sock in accepted] == [whole] * 100


def test_a_connect_that_blocks_waits_in_syn_sent_because_of_that_call(lab: Lab) -> None:
    with peers.listener(backlog=0) as full, peers.connect(peers.address(full)):
        host, port = peers.address(full)
        begin(lab, "client: socket tcp", f"client: connect 3 {host} {port}")
        begin(lab, "expect client 3 SYN_SENT")
        (sent,) = events_of(lab, State, sock=1, new="SYN_SENT")
        wait = blocked(lab, "client", "connect")
        assert (sent.source, sent.cause, sent.t) == ("kernel", wait.n, wait.t)
        begin(lab, "client: stop")
        last = wait_event(lab, State, sock=1, new="CLOSE")
        assert last.old == "SYN_SENT"


def test_an_orphan_in_fin_wait2_is_forgotten_when_its_time_is_over(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: setsockopt 3 linger2 1", "client: close 3")
    do(lab, "expect client 3 FIN_WAIT2", "expect client 3 CLOSE within 10")


def test_an_orphan_that_has_come_to_fin_wait2_before_has_its_time_too(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: shutdown 3 out", "expect client 3 FIN_WAIT2", "client: close 3")
    told = wait_event(lab, Gauge, program="client", fd=None)
    assert told.expires is not None
    assert 0 < told.expires - told.t <= 60e9  # tcp_fin_timeout
    (state,) = events_of(lab, State, new="FIN_WAIT2")
    assert (state.sock, state.expires) == (told.sock, None)
    begin(lab, "server: recv 4", "server: close 4", "expect client 3 TIME_WAIT")
    assert len(events_of(lab, Gauge, program="client", fd=None)) == 1


def test_a_listener_that_is_closed(lab: Lab) -> None:
    do(lab, *LISTENING, "expect server 3 LISTEN", "server: close 3", "expect server 3 CLOSE")
    event = events_of(lab, State, sock=1)[-1]
    assert (event.old, event.source, event.fd) == ("LISTEN", "call", None)


def test_connections_that_a_closed_listener_left_waiting_are_gone(lab: Lab) -> None:
    do(lab, *LISTENING)
    with peers.connect(address_of(lab, "server")):
        do(lab, "expect server 3 accept_queue = 1")
        seen = wait_event(lab, State, new="ESTABLISHED", fd=None)
        do(lab, "server: close 3")
        wait_event(lab, State, sock=seen.sock, new="CLOSE")


def test_a_failed_connect(lab: Lab) -> None:
    with peers.listener() as gone:
        host, port = peers.address(gone)
    do(lab, "client: socket tcp", f"client: connect 3 {host} {port}", "expect client 3 CLOSE")
    assert states(lab, 1) == ["SYN_SENT", "CLOSE"]
    (connect,) = calls_of(lab, "client", "connect")
    sent = events_of(lab, State, sock=1)[0]
    assert (sent.source, sent.t, sent.cause) == ("call", connect.t, connect.n)


def test_states_over_ipv6_and_of_mapped_addresses(lab: Lab) -> None:
    do(lab, "server: serve tcp * 0 manual v6only=off")
    port = address_of(lab, "server")[1]
    for host, mapped in (("::1", "::1"), ("127.0.0.1", "::ffff:127.0.0.1")):
        with peers.connect((host, port)) as peer:
            start = len(lab.journal)
            do(lab, "expect server 3 accept_queue = 1")
            seen = wait_event(lab, State, fd=None, local=(mapped, port))
            assert seen.remote == (mapped, peer.getsockname()[1])
            do(lab, "server: accept 3")
            assert returned(lab, "server", "accept", start).new_sock == seen.sock


def test_udp_has_no_states(lab: Lab) -> None:
    do(lab, "one: serve udp 127.0.0.1 0 echo", "two: client udp @one", 'two: send "x"')
    do(lab, "two: recv", "two: close 3")
    lab.close()
    assert events_of(lab, State) == []


# Queues.


def test_the_receive_queue_agrees_with_the_kernel(lab: Lab) -> None:
    do(lab, *CONNECTED)
    os_fd = returned(lab, "server", "accept").new_os_fd
    assert os_fd is not None
    for size in (12, 5):
        do(lab, f"client: send 3 bytes:{size}", f"expect server 4 recv_queue = {size}")
        assert last_gauge(lab, fd=4).recv_queue == size == depth(os_fd, termios.FIONREAD)
        assert last_gauge(lab, fd=4).recv_limit == option(os_fd, socket.SO_RCVBUF)
        assert last_gauge(lab, fd=4).send_limit == option(os_fd, socket.SO_SNDBUF)
        do(lab, "server: recv 4", "expect server 4 recv_queue = 0")
    assert last_gauge(lab, fd=4).recv_queue == 0


def test_the_send_queue_agrees_with_the_kernel(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: nonblock 3 on", *["client: send 3 bytes:10000000"] * 3)
    do(lab, "expect client 3 send_queue = >0", "expect server 4 recv_queue = >0")
    (os_fd,) = {call.os_fd for call in calls_of(lab, "client", "connect")}
    assert os_fd is not None
    for _ in range(10):  # an acknowledgement that was delayed may still come in between
        queued = depth(os_fd, _SIOCOUTQ)
        expected = f"expect client 3 send_queue = {queued} within 0.2"
        if lab.run(lab.script(expected)).result(peers.PATIENCE) == "done":
            break
    assert last_gauge(lab, program="client").send_queue == queued
    sent = sum(call.result or 0 for call in calls_of(lab, "client", "send"))
    received = last_gauge(lab, program="server", fd=4).recv_queue
    assert received is not None
    assert sent <= queued + received  # what is received and not acknowledged is in both


def test_the_accept_queue_agrees_with_the_kernel(lab: Lab) -> None:
    do(lab, *LISTENING)
    server = address_of(lab, "server")
    os_fd = calls_of(lab, "server", "listen")[0].os_fd
    assert os_fd is not None
    with peers.connect(server), peers.connect(server), peers.connect(server):
        do(lab, "expect server 3 accept_queue = 3")
        gauge = last_gauge(lab, fd=3)
        assert (gauge.accept_queue, gauge.backlog, gauge.recv_queue) == (3, 5, None)
        with socket.socket(fileno=dup(os_fd)) as twin:
            info = twin.getsockopt(socket.IPPROTO_TCP, _TCP_INFO, 32)
        assert struct.unpack_from("=II", info, 24) == (3, 5)
        do(lab, "server: accept 3", "expect server 3 accept_queue = 2")


def dup(os_fd: int) -> int:
    """For the test's own look, which ends before anything is closed."""
    return fcntl.fcntl(os_fd, fcntl.F_DUPFD_CLOEXEC, 0)


def test_dropped_datagrams_are_counted_as_the_kernel_counts_them(lab: Lab) -> None:
    do(lab, "one: socket udp", "one: setsockopt 3 rcvbuf 4096", "one: bind 3 127.0.0.1 0")
    host, port = address_of(lab, "one")
    with peers.datagrams() as peer:
        for _ in range(200):
            peer.sendto(bytes(100), (host, port))
    do(lab, "expect one 3 recv_queue = >0")
    row = next(
        line.split()
        for line in Path("/proc/net/udp").read_text().splitlines()
        if line.split()[1] == f"0100007F:{port:04X}"
    )
    gauge = last_gauge(lab, program="one")
    assert gauge.drops == int(row[-1]) > 100
    assert gauge.recv_queue == int(row[4].split(":")[1], 16) > 0


def test_a_gauge_is_recorded_only_when_it_changes(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: send 3 bytes:7", "expect server 4 recv_queue = 7")
    before = len(events_of(lab, Gauge))
    do(lab, *["expect server 4 recv_queue = 7"] * 5, "server: getsockname 4")
    assert len(events_of(lab, Gauge)) == before


def test_sockets_in_view_are_looked_at_unasked(lab: Lab) -> None:
    do(lab, *LISTENING)
    with peers.connect(address_of(lab, "server")) as peer:
        do(lab, "server: accept 3", "expect server 4 ESTABLISHED")
        accepted = returned(lab, "server", "accept").new_sock
        assert accepted is not None
        lab.in_view([accepted])
        peer.sendall(bytes(99))  # no call of the lab's follows that could lead to a look
        assert wait_event(lab, Gauge, sock=accepted, recv_queue=99).fd == 4
    wait_event(lab, State, sock=accepted, new="CLOSE_WAIT")


def test_the_others_are_looked_at_too_if_less_often(lab: Lab) -> None:
    do(lab, *LISTENING)
    with peers.connect(address_of(lab, "server")):
        wait_for(lab, lambda event: isinstance(event, Gauge) and event.accept_queue == 1)


# The observer never makes a call of a program's, and never stands in its way.


def test_looks_are_no_calls(lab: Lab) -> None:
    do(lab, *CONNECTED, "expect server 4 ESTABLISHED", "expect client 3 recv_queue = 0")
    names = [call.name for call in events_of(lab, Call)]
    assert names == ["socket", "bind", "listen", "socket", "connect", "accept"]


def test_a_close_is_not_held_back_by_a_look(lab: Lab) -> None:
    do(lab, *LISTENING)
    for _ in range(20):
        with peers.connect(address_of(lab, "server")) as peer:
            do(lab, "server: accept 3", "server: close 4")
            assert peer.recv(1) == b""
    do(lab, "server: getsockname 3")


def test_a_lab_without_the_kernels_tables_still_has_its_descriptors_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tcp").mkdir()  # can't be read as a file
    monkeypatch.setattr(ThisMachine, "net", tmp_path)
    with Lab() as lab:
        do(lab, *CONNECTED, "expect server 4 ESTABLISHED", "client: close 3")
        do(lab, "expect server 4 CLOSE_WAIT")
        closed = [e for e in events_of(lab, State, sock=2) if e.fd is None]
    # Nothing says what became of it, so nothing is said.
    assert closed == []


def test_where_the_kernel_tells_nothing_there_is_what_follows_from_the_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (look, observer):
        monkeypatch.setattr(module, "KNOWS_STATES", False)
    with Lab() as lab:
        do(lab, *CONNECTED, "expect client 3 ESTABLISHED", "expect server 4 ESTABLISHED")
        do(lab, "client: shutdown 3 out", "server: recv 4", "expect server 4 CLOSE_WAIT")
        do(lab, "server: close 4", "expect server 4 CLOSE")
    assert {event.source for event in events_of(lab, State)} == {"call"}
    assert states(lab, 2)[:2] == ["SYN_SENT", "ESTABLISHED"]


LOCAL: Address = ("127.0.0.1", 5000)
REMOTE: Address = ("127.0.0.1", 6000)
ROW = "   0: 0100007F:1388 0100007F:1770 {state} 00000000:00000000 00:00000000 00000000 0 0 {inode}"


@pytest.mark.parametrize(
    ("table", "steps"),
    [
        (ROW.format(state="04", inode=0), [("FIN_WAIT1", "kernel")]),
        (ROW.format(state="06", inode=0), [("FIN_WAIT1", "call"), ("TIME_WAIT", "kernel")]),
        # Another socket has the addresses by now: this one is gone, and nobody knows how.
        (ROW.format(state="01", inode=77), [("CLOSE", "kernel")]),
        (ROW.format(state="01", inode=0), [("CLOSE", "kernel")]),
        ("", [("CLOSE", "kernel")]),
    ],
)
def test_what_the_table_says_of_a_closed_socket(
    tmp_path: Path, table: str, steps: list[tuple[str, str]]
) -> None:
    (tmp_path / "tcp").write_text(f"the heading\n{table}\n")
    journal, registry = Journal.create(), Registry()
    with socket.socket() as real:
        sock = TracedSocket(registry.number(), "client", 3, real)
        sock.local, sock.remote, sock.life = LOCAL, REMOTE, TcpLife("ESTABLISHED")
        registry.opened(sock)
        sock.tell(0, Call(t=0, name="close", result=0))
        sock.close()
    observer = Observer(journal, registry, tmp_path)
    observer.closed(sock)
    observer.look_now()
    found = [event for event in journal if isinstance(event, State) and event.sock == sock.number]
    assert [(event.new, event.source) for event in found] == steps
    known = [one.number for one in registry.unowned()]
    assert (sock.number not in known) == (steps[-1][0] == "CLOSE")


def test_an_observer_that_has_ended_answers_all_the_same(tmp_path: Path) -> None:
    observer = Observer(Journal.create(), Registry(), tmp_path)
    observer.start()
    observer.end()
    observer.look_now()
    assert not observer.is_alive()


def test_a_state_that_does_not_last_is_looked_at_again_soon(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody looks at all sockets for an hour, and nobody has it in view."""
    do(lab, *CONNECTED, "expect client 3 ESTABLISHED", "expect server 4 ESTABLISHED")
    monkeypatch.setattr(observer, "_ELSEWHERE", 3600.0)
    do(lab, 'server: send 4 "unread"', "client: shutdown 3 out")
    wait_event(lab, State, program="client", new="FIN_WAIT2")
