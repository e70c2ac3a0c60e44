"""Relays (`forward`) between plain sockets that know nothing of them."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socklab.events import Address, AnyEvent, Call, Gauge, Note
from socklab.lab import relay_datagrams
from socklab.lab.lab import Lab
from socklab.model.impairments import Direction, Impairments
from tests import peers
from tests.watching import (
    PATIENCE,
    address_of,
    calls_of,
    do,
    events_of,
    noted,
    returned,
    submit,
    wait_for,
)


def forward(lab: Lab, target: Address, options: str = "", transport: str = "tcp") -> Address:
    """Start a relay on a port of the kernel's choice; where it can be called."""
    host, port = target
    do(lab, f"relay: forward {transport} 127.0.0.1 0 {host} {port} {options}")
    return address_of(lab, "relay")


@contextlib.contextmanager
def relayed(lab: Lab, options: str = "") -> Iterator[tuple[socket.socket, socket.socket]]:
    """A client and a server with a relay between them."""
    with (
        peers.listener() as listener,
        peers.connect(forward(lab, peers.address(listener), options)) as client,
        listener.accept()[0] as server,
    ):
        server.settimeout(PATIENCE)
        yield client, server


def closed(lab: Lab, count: int) -> None:
    """Wait until the relay has closed so many sockets."""
    seen = itertools.count(1)
    wait_for(
        lab,
        lambda event: (
            isinstance(event, Call)
            and (event.program, event.name) == ("relay", "close")
            and next(seen) == count
        ),
    )


def carried(lab: Lab, fd: int, size: int) -> list[Call]:
    """The sends with which the relay has sent so many bytes on a descriptor."""
    found: list[Call] = []

    def all_sent(event: AnyEvent) -> bool:
        if isinstance(event, Call) and (event.program, event.name) == ("relay", "send"):
            found.extend([event] if event.fd == fd and event.result else [])
        return sum(call.result or 0 for call in found) >= size

    wait_for(lab, all_sent)
    return found


# TCP.


def test_a_client_costs_two_sockets_and_these_calls(lab: Lab) -> None:
    with relayed(lab) as (client, server):
        client.sendall(b"question")
        assert peers.read(server, 8) == b"question"
        server.sendall(b"answer")
        assert peers.read(client, 6) == b"answer"
        client.close()
        assert peers.read_all(server) == b""
        server.close()
        closed(lab, 2)
    calls = [(call.name, call.fd) for call in calls_of(lab, "relay")]
    assert calls[5:] == [
        ("accept", 3),
        ("socket", 5),
        ("ioctl", 5),
        ("connect", 5),
        ("getsockopt", 5),
        ("ioctl", 4),
        ("recv", 4),
        ("send", 5),
        ("recv", 5),
        ("send", 4),
        ("recv", 4),
        ("shutdown", 5),
        ("recv", 5),
        ("shutdown", 4),
        ("close", 4),
        ("close", 5),
    ]
    assert returned(lab, "relay", "connect").error == "EINPROGRESS"
    (asked, answered) = calls_of(lab, "relay", "send")
    assert asked.cause == returned(lab, "relay", "recv", fd=4).n
    assert answered.cause == returned(lab, "relay", "recv", fd=5).n


def test_the_servers_peer_is_the_relay(lab: Lab) -> None:
    with relayed(lab) as (client, server):
        assert server.getpeername() != client.getsockname()
        assert server.getpeername() == returned(lab, "relay", "connect").local


def test_each_half_is_closed_for_itself(lab: Lab) -> None:
    with relayed(lab) as (client, server):
        client.sendall(b"all I have")
        client.shutdown(socket.SHUT_WR)
        assert peers.read_all(server) == b"all I have"
        server.sendall(b"and still ")
        assert peers.read(client, 10) == b"and still "
        server.sendall(b"more")
        server.shutdown(socket.SHUT_WR)
        assert peers.read_all(client) == b"more"
        closed(lab, 2)


def test_the_server_may_finish_first(lab: Lab) -> None:
    with relayed(lab, "delay=1ms") as (client, server):
        server.shutdown(socket.SHUT_WR)
        assert peers.read_all(client) == b""
        client.sendall(b"I still talk")
        assert peers.read(server, 12) == b"I still talk"


@pytest.mark.parametrize("delay", ["", "delay=20ms"])
@pytest.mark.parametrize("who", ["client", "server"])
def test_a_reset_goes_through(lab: Lab, who: str, delay: str) -> None:
    with relayed(lab, delay) as both:
        one, other = both if who == "client" else both[::-1]
        one.sendall(b"last words")
        assert peers.read(other, 10) == b"last words"
        peers.reset(one)
        with pytest.raises(ConnectionResetError):
            other.recv(1)
        closed(lab, 2)


def test_many_megabytes_both_ways(lab: Lab) -> None:
    there, back = random.Random(1).randbytes(6 << 20), random.Random(2).randbytes(5 << 20)
    with relayed(lab) as (client, server):
        sending = [
            peers.on_thread(lambda: client.sendall(there)),
            peers.on_thread(lambda: server.sendall(back)),
        ]
        received = peers.on_thread(lambda: peers.read(server, len(there)))
        assert peers.read(client, len(back)) == back
        assert received.result(PATIENCE) == there
        for one in sending:
            one.result(PATIENCE)


@settings(max_examples=15)
@given(data=st.binary(min_size=1, max_size=2000), most=st.integers(1, 700))
def test_slices_make_up_the_whole(data: bytes, most: int) -> None:
    with Lab() as lab, relayed(lab, f"slice={most}") as (client, server):
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        assert peers.read_all(server) == data
        sent = carried(lab, 5, len(data))
        assert b"".join(call.data or b"" for call in sent) == data
        assert all((call.result or 0) <= most for call in sent)


def test_slices_are_not_put_together_again(lab: Lab) -> None:
    with relayed(lab, "slice=3") as (client, server):
        client.sendall(b"abcdefgh")
        assert peers.read(server, 8) == b"abcdefgh"
    assert [call.data for call in carried(lab, 5, 8)] == [b"abc", b"def", b"gh"]
    assert [call.fd for call in calls_of(lab, "relay", "setsockopt")[1:]] == [4, 5]
    for call in calls_of(lab, "relay", "setsockopt")[1:]:
        assert call.args == ("IPPROTO_TCP", "TCP_NODELAY", 1)


def test_what_is_delayed_keeps_its_order(lab: Lab) -> None:
    with relayed(lab, "delay=30ms") as (client, server):
        for number in range(50):
            client.sendall(b"%d," % number)
        client.shutdown(socket.SHUT_WR)
        assert peers.read_all(server) == b"".join(b"%d," % number for number in range(50))
        sends = carried(lab, 5, sum(len(b"%d," % number) for number in range(50)))
        received = {call.n: call for call in calls_of(lab, "relay", "recv")}
        assert all(send.t - received[send.cause or 0].t >= 30_000_000 for send in sends)
        end = next(call for call in received.values() if not call.result)
        assert returned(lab, "relay", "shutdown").t - end.t >= 30_000_000


def test_a_rate_is_kept(lab: Lab) -> None:
    with relayed(lab, "rate=20k") as (client, server):
        client.sendall(bytes(5000))
        assert len(peers.read(server, 5000)) == 5000
    sends = carried(lab, 5, 5000)
    # Besides the first burst, and one that makes up for lateness, every byte has to wait.
    assert sends[-1].t - sends[0].t >= (5000 - 2 * 400) / 20_000 * 1e9 * 0.99
    assert max(call.size or 0 for call in sends) == 400


@pytest.mark.parametrize("who", ["client", "server"])
def test_a_reset_after_so_many_bytes(lab: Lab, who: str) -> None:
    with relayed(lab, "reset-after=7") as both:
        one, other = both if who == "client" else both[::-1]
        one.sendall(b"abc")
        assert peers.read(other, 3) == b"abc"
        one.sendall(b"defghij")
        assert peers.read(other, 4) == b"defg"
        for end in both:
            with pytest.raises(ConnectionResetError):
                end.recv(1)
        assert noted(lab, "reset, after 7 bytes")
        closed(lab, 2)


def _no_longer_reads(event: AnyEvent) -> bool:
    """The relay can't send to the client, or leaves in the kernel what the server sends."""
    if isinstance(event, Call) and event.name == "send" and event.fd == 4:
        return event.program == "relay" and event.result != event.size
    unread = event.recv_queue if isinstance(event, Gauge) and event.fd == 5 else None
    return event.program == "relay" and (unread or 0) > 65536


@pytest.mark.parametrize(("options", "most"), [("", 65536), ("delay=10ms", (1 << 20) + 65536)])
def test_a_client_that_never_reads_costs_bounded_memory(lab: Lab, options: str, most: int) -> None:
    data = random.Random(3).randbytes(30 << 20)
    with relayed(lab, options) as (client, server):
        sending = peers.on_thread(lambda: server.sendall(data))
        wait_for(lab, _no_longer_reads)
        assert not sending.done()
        assert peers.read(client, len(data)) == data
        sending.result(PATIENCE)
    closed(lab, 2)
    held = top = 0
    for call in calls_of(lab, "relay", "recv", "send"):
        if (call.name, call.fd) in (("recv", 5), ("send", 4)):
            held += (call.result or 0) * (1 if call.name == "recv" else -1)
            top = max(top, held)
    assert held == 0
    assert 0 < top <= most


def test_nobody_at_the_target(lab: Lab) -> None:
    with peers.listener() as gone:
        target = peers.address(gone)
    with peers.connect(forward(lab, target)) as client:
        client.sendall(b"anybody there?")  # unread it would make of the close a reset
        assert peers.read_all(client) == b""
        note = noted(lab, "can't be reached (ECONNREFUSED)")
        assert f"127.0.0.1:{client.getsockname()[1]} is connected all the same" in note.text
        assert note.level == "warning"
    closed(lab, 2)
    names = [call.name for call in calls_of(lab, "relay") if call.fd == 5]
    assert names == ["socket", "ioctl", "connect", "getsockopt", "close"]
    assert returned(lab, "relay", "getsockopt").value == "ECONNREFUSED"


def test_a_name_with_several_addresses_is_tried_through(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    with peers.listener() as listener:
        port = peers.address(listener)[1]
        real = socket.getaddrinfo

        def resolve(host: str, *rest: int) -> list[Any]:
            found = ("127.0.0.77", "127.0.0.1") if host == "two.test" else (host,)
            return [answer for one in found for answer in real(one, *rest)]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        with peers.connect(forward(lab, ("two.test", port))), listener.accept()[0]:
            returned(lab, "relay", "connect", start=returned(lab, "relay", "close").n)
    tried = [call.args[0] for call in calls_of(lab, "relay", "connect")]
    assert tried == [("127.0.0.77", port), ("127.0.0.1", port)]


def test_an_ipv6_port_is_forwarded_to_ipv4(lab: Lab) -> None:
    with peers.listener() as listener:
        port = peers.address(listener)[1]
        do(lab, f"relay: forward tcp ::1 0 127.0.0.1 {port}")
        with peers.connect(address_of(lab, "relay")) as client, listener.accept()[0] as server:
            client.sendall(b"six to four")
            assert server.recv(100) == b"six to four"


def test_clients_beyond_the_limit_are_turned_away(lab: Lab) -> None:
    with relayed(lab, "max-clients=1") as (client, server):
        client.sendall(b"a")
        assert peers.read(server, 1) == b"a"
        relay = address_of(lab, "relay")
        with peers.connect(relay) as second:
            assert peers.read_all(second) == b""
            assert noted(lab, f"127.0.0.1:{second.getsockname()[1]} is turned away")
        client.sendall(b"b")
        assert peers.read(server, 1) == b"b"
    closed(lab, 3)
    with peers.connect(relay) as third:
        assert peers.read_all(third) == b""  # room, but by now nobody is at the target
    assert noted(lab, "can't be reached")


def test_a_crowd_that_comes_and_goes_leaves_nothing(lab: Lab) -> None:
    do(lab, "echo: serve tcp 127.0.0.1 0 echo backlog=200")
    relay = forward(lab, address_of(lab, "echo"))
    for number in range(100):
        peer = peers.connect(relay)
        if number % 3 == 0:
            peer.sendall(b"hello")
            assert peers.read(peer, 5) == b"hello"
        if number % 2:
            peers.reset(peer)
        else:
            peer.close()
    closed(lab, 200)
    start = len(lab.journal)
    with peers.connect(relay):
        assert returned(lab, "relay", "accept", start).result == 4
        assert returned(lab, "relay", "socket", start).result == 5


def test_stop_ends_a_relay_with_all_it_has(lab: Lab) -> None:
    with relayed(lab, "delay=1") as (client, server):
        client.sendall(b"this will never arrive")
        returned(lab, "relay", "recv")
        do(lab, "relay: stop")
        assert peers.read_all(server) == b""
        with contextlib.suppress(ConnectionResetError):
            assert peers.read_all(client) == b""
    assert sorted(call.fd or 0 for call in calls_of(lab, "relay", "close")) == [3, 4, 5]


def test_stop_while_the_target_has_not_answered(lab: Lab) -> None:
    with (
        peers.listener(backlog=0) as full,
        peers.connect(peers.address(full)),
        peers.connect(forward(lab, peers.address(full))) as client,
    ):
        returned(lab, "relay", "connect")
        do(lab, "expect relay 5 SYN_SENT", "relay: stop")
        assert peers.read_all(client) == b""


def test_the_lab_ends_with_relays_in_it() -> None:
    before = set(os.listdir("/proc/self/fd")), set(threading.enumerate())
    with Lab() as lab, relayed(lab, "delay=60") as (client, _server):
        do(lab, "u: forward udp 127.0.0.1 0 127.0.0.1 9 delay=60")
        client.sendall(b"on its way")
        returned(lab, "relay", "recv")
    for thread in set(threading.enumerate()) - before[1]:
        thread.join(PATIENCE)
    assert set(os.listdir("/proc/self/fd")) <= before[0]


@pytest.mark.parametrize("fd", [4, 5])
def test_one_closed_by_hand_takes_the_other_with_it(lab: Lab, fd: int) -> None:
    with relayed(lab) as (client, server):
        client.sendall(b"x")
        assert peers.read(server, 1) == b"x"
        do(lab, f"relay: close {fd}")
        assert peers.read_all(client) == b""
        assert peers.read_all(server) == b""
        closed(lab, 2)
    do(lab, "relay: close 3")
    with pytest.raises(ConnectionRefusedError):
        peers.connect(address_of(lab, "relay"))


@pytest.mark.parametrize("line", ["recv 4", "send 5 bytes:1", "accept 3", "nonblock 4 off"])
def test_no_call_by_hand_where_the_loop_makes_it(lab: Lab, line: str) -> None:
    with relayed(lab) as (client, server):
        client.sendall(b"x")
        assert peers.read(server, 1) == b"x"
        ticket = submit(lab, f"relay: {line}")
        assert noted(lab, "the lab's loop drives descriptor")
        assert ticket.why


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("host", "target"), [("127.0.0.1", "127.0.0.1"), ("*", "127.0.0.1")])
def test_no_relay_to_itself(lab: Lab, transport: str, host: str, target: str) -> None:
    ticket = submit(lab, f"relay: forward {transport} {host} 24046 {target} 24046")
    assert noted(lab, "its own client for ever").level == "error"
    assert ticket.why
    assert calls_of(lab, "relay") == []


def test_a_port_that_is_taken(lab: Lab) -> None:
    with peers.listener() as taken:
        host, port = peers.address(taken)
        calls = do(lab, f"relay: forward tcp {host} {port} 127.0.0.1 9")
    assert [(call.name, call.error) for call in calls] == [
        ("socket", None),
        ("setsockopt", None),
        ("bind", "EADDRINUSE"),
        ("close", None),
    ]


# UDP.


def test_each_client_has_a_socket_of_its_own(lab: Lab) -> None:
    do(lab, "echo: serve udp 127.0.0.1 0 upper")
    relay = forward(lab, address_of(lab, "echo"), transport="udp")
    with peers.datagrams() as one, peers.datagrams() as two:
        one.sendto(b"one", relay)
        two.sendto(b"two", relay)
        assert one.recvfrom(100) == (b"ONE", relay)
        assert two.recvfrom(100) == (b"TWO", relay)
        one.sendto(b"again", relay)
        assert one.recvfrom(100) == (b"AGAIN", relay)
    calls = [call.name for call in calls_of(lab, "relay") if call.fd == 4]
    assert calls == ["socket", "ioctl", "connect", "send", "recv", "send", "recv"]
    assert [call.fd for call in calls_of(lab, "relay", "socket")] == [3, 4, 5]
    sent = returned(lab, "relay", "send", fd=4)
    assert sent.cause == returned(lab, "relay", "recvfrom").n
    answer = returned(lab, "relay", "sendto", data=b"ONE")
    assert answer.cause == returned(lab, "relay", "recv", fd=4).n


def test_an_empty_and_the_largest_datagram(lab: Lab) -> None:
    do(lab, "echo: serve udp 127.0.0.1 0 echo")
    relay = forward(lab, address_of(lab, "echo"), transport="udp")
    with peers.datagrams() as client:
        for data in (b"", bytes(65507)):
            client.sendto(data, relay)
            assert client.recvfrom(65536) == (data, relay)


def kept_of(seed: int, count: int) -> list[int]:
    """Which datagrams of the first client get through: the same in every run."""
    way = Direction(f"{seed} 1 there", Impairments(loss=0.5))
    return [number for number in range(count) if way.decide(b"%d" % number, 0)[0].data is not None]


@pytest.mark.parametrize("seed", [0, 7])
def test_what_is_lost_follows_from_the_seed(lab: Lab, seed: int) -> None:
    with peers.datagrams() as target, peers.datagrams() as client:
        relay = forward(lab, peers.address(target), f"loss=50% seed={seed}", "udp")
        kept = kept_of(seed, 60)
        for number in range(60):
            client.sendto(b"%d" % number, relay)
        assert [int(target.recv(100)) for _each in kept] == kept
    assert kept_of(0, 60) != kept_of(7, 60)


def test_a_loss_is_noted_with_its_cause(lab: Lab) -> None:
    with peers.datagrams() as target, peers.datagrams() as client:
        client.sendto(b"into the void", forward(lab, peers.address(target), "loss=1", "udp"))
        note = noted(lab, "dropped, a datagram of 13 B")
    assert note.cause == returned(lab, "relay", "recvfrom").n
    assert note.text.endswith(": loss")


def test_duplicates_come_twice(lab: Lab) -> None:
    with peers.datagrams() as target, peers.datagrams() as client:
        relay = forward(lab, peers.address(target), "duplicate=100%", "udp")
        for number in range(5):
            client.sendto(b"%d" % number, relay)
        assert [target.recv(9) for _ in range(10)] == [b"%d" % (n // 2) for n in range(10)]


def test_a_delay_keeps_the_order_of_datagrams(lab: Lab) -> None:
    with peers.datagrams() as target, peers.datagrams() as client:
        relay = forward(lab, peers.address(target), "delay=20ms", "udp")
        for number in range(100):
            client.sendto(b"%d" % number, relay)
        assert [int(target.recv(9)) for _ in range(100)] == list(range(100))
    received = {call.n: call for call in calls_of(lab, "relay", "recvfrom")}
    sends = calls_of(lab, "relay", "send")
    assert all(call.t - received[call.cause or 0].t >= 20_000_000 for call in sends)


def test_reordered_datagrams_all_come(lab: Lab) -> None:
    with peers.datagrams() as target, peers.datagrams() as client:
        relay = forward(lab, peers.address(target), "reorder=30%", "udp")
        for number in range(30):
            client.sendto(b"%d" % number, relay)
        came = [int(target.recv(9)) for _ in range(30)]
    assert sorted(came) == list(range(30))
    assert came != sorted(came)


def test_what_is_on_its_way_is_bounded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_datagrams, "_WAITING_MOST", 4000)
    with peers.datagrams() as target, peers.datagrams() as client:
        relay = forward(lab, peers.address(target), "delay=60", "udp")
        for _each in range(4):
            client.sendto(bytes(1000), relay)
        assert noted(lab, "too many on their way").cause == calls_of(lab, "relay", "recvfrom")[3].n
    assert calls_of(lab, "relay", "send") == []


def test_who_is_silent_is_forgotten(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_datagrams, "IDLE", 0.05)
    do(lab, "echo: serve udp 127.0.0.1 0 echo")
    relay = forward(lab, address_of(lab, "echo"), transport="udp")
    with peers.datagrams() as client:
        client.sendto(b"hello", relay)
        assert client.recv(100) == b"hello"
        assert noted(lab, "was silent for 0.05 s")
        returned(lab, "relay", "close", fd=4)
        client.sendto(b"me again", relay)
        assert client.recv(100) == b"me again"
    assert len(calls_of(lab, "relay", "connect")) == 2


def test_nobody_receives_at_the_target(lab: Lab) -> None:
    with peers.datagrams() as gone:
        target = peers.address(gone)
    with peers.datagrams() as client:
        relay = forward(lab, target, transport="udp")
        for _each in range(2):
            start = len(lab.journal)
            client.sendto(b"anybody?", relay)
            returned(lab, "relay", "recv", start, error="ECONNREFUSED")
        assert noted(lab, "never hears of it")
        do(lab, f"late: serve udp 127.0.0.1 {target[1]} echo")
        client.sendto(b"and now?", relay)
        assert client.recv(100) == b"and now?"
    assert len([note for note in events_of(lab, Note) if "never hears" in note.text]) == 1


def test_udp_clients_beyond_the_limit(lab: Lab) -> None:
    do(lab, "echo: serve udp 127.0.0.1 0 echo")
    relay = forward(lab, address_of(lab, "echo"), "max-clients=1", "udp")
    with peers.datagrams() as one, peers.datagrams() as two:
        one.sendto(b"a", relay)
        assert one.recv(9) == b"a"
        two.sendto(b"b", relay)
        assert noted(lab, f"127.0.0.1:{two.getsockname()[1]} is turned away")
        do(lab, "relay: close 4")  # makes room
        two.sendto(b"c", relay)
        assert two.recv(9) == b"c"


def test_the_front_closed_by_hand_takes_the_others_with_it(lab: Lab) -> None:
    do(lab, "echo: serve udp 127.0.0.1 0 echo")
    relay = forward(lab, address_of(lab, "echo"), transport="udp")
    with peers.datagrams() as client:
        client.sendto(b"a", relay)
        assert client.recv(9) == b"a"
    do(lab, "relay: close 3")
    returned(lab, "relay", "close", fd=4)


def test_stop_ends_a_relay_of_datagrams(lab: Lab) -> None:
    with peers.datagrams() as target, peers.datagrams() as client:
        relay = forward(lab, peers.address(target), "delay=50ms", "udp")
        client.sendto(b"too late", relay)
        returned(lab, "relay", "connect")
        do(lab, "relay: stop")
        client.sendto(b"in time", forward(lab, peers.address(target), "delay=50ms", "udp"))
        assert target.recv(100) == b"in time"
        returned(lab, "relay", "send")
    assert [call.data for call in calls_of(lab, "relay", "send")] == [b"in time"]
    assert sorted(call.fd or 0 for call in calls_of(lab, "relay", "close")) == [3, 4]
