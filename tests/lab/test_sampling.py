"""Samples of TCP_INFO: which looks are recorded, and that they say what the kernel says."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import pytest

from socklab.events import Call, Info
from socklab.kernel import look
from socklab.lab import observer
from socklab.lab.lab import Lab
from socklab.model.tcp_info import RUNNING, SAMPLED, SIZE_ASKED, decode
from tests import peers
from tests.watching import address_of, calls_of, do, events_of, returned, wait_event, wait_for

CONNECTED = (
    "server: socket tcp",
    "server: bind 3 127.0.0.1 0",
    "server: listen 3 5",
    "client: socket tcp",
    "client: connect 3 @server",
    "server: accept 3",
)
STEADY = [field.name for field in SAMPLED if field.name not in RUNNING]


def connected(lab: Lab) -> tuple[int, int]:
    """The sockets of both ends, each established."""
    do(lab, *CONNECTED, "expect client 3 ESTABLISHED", "expect server 4 ESTABLISHED")
    (connect,) = calls_of(lab, "client", "connect")
    accept = returned(lab, "server", "accept")
    assert connect.sock is not None
    assert accept.new_sock is not None
    return connect.sock, accept.new_sock


def now(lab: Lab, program: str) -> dict[str, int]:
    """What the kernel says of the newest TCP socket of a program, asked by its own descriptor."""
    made = [
        call.new_os_fd if call.name == "accept" else call.os_fd
        for call in calls_of(lab, program, "socket", "accept")
    ]
    real = socket.socket(fileno=made[-1])
    try:
        return decode(real.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SIZE_ASKED))
    finally:
        real.detach()


def test_each_end_is_sampled_when_it_is_established_seen_or_not(lab: Lab) -> None:
    client, server = connected(lab)
    for sock, program, fd in ((client, "client", 3), (server, "server", 4)):
        sample = wait_event(lab, Info, sock=sock)
        assert (sample.program, sample.fd) == (program, fd)
        assert sample.rtt > 0
        assert sample.snd_mss > 0


def test_a_sample_is_what_the_kernel_says(lab: Lab) -> None:
    client, _server = connected(lab)
    lab.in_view([client])
    do(lab, "client: send 3 bytes:5000", "server: recv 4 5000 waitall")
    sample = wait_event(lab, Info, sock=client, bytes_acked=5001)
    while {name: getattr(sample, name) for name in STEADY} != {
        name: now(lab, "client")[name] for name in STEADY
    }:
        sample = wait_event(lab, Info, start=sample.n + 1, sock=client)  # an ACK came meanwhile
    assert (sample.bytes_sent, sample.unacked) == (5000, 0)


def test_what_is_not_in_view_is_not_followed(lab: Lab) -> None:
    client, server = connected(lab)
    lab.in_view([server])
    for turn in range(1, 4):
        do(lab, 'client: send 3 "hello"', "server: recv 4")
        wait_event(lab, Info, sock=server, bytes_received=5 * turn)
    assert len(events_of(lab, Info, sock=client)) == 1


def test_its_last_numbers_are_recorded_when_it_is_closed(lab: Lab) -> None:
    client, server = connected(lab)
    do(lab, 'server: send 4 "hello"', "client: recv 3", "client: send 3 bytes:100")
    lab._session.env.observer.look_now()
    do(lab, "client: close 3", "server: recv 4", "server: close 4")
    last = events_of(lab, Info, sock=client)[-1]
    close = calls_of(lab, "client", "close")[0]
    assert last.bytes_sent == 100
    assert last.bytes_received == 5
    assert last.t <= close.t
    assert events_of(lab, Info, sock=server)[-1].bytes_sent == 5


def test_nothing_is_said_twice_and_a_clock_that_runs_is_no_news(lab: Lab) -> None:
    client, server = connected(lab)
    lab.in_view([client, server])
    do(lab, 'client: send 3 "hello"', "server: recv 4")
    wait_event(lab, Info, sock=server, bytes_received=5)
    for _look in range(20):
        lab._session.env.observer.look_now()
    for sock in (client, server):
        samples = [
            [getattr(one, name) for name in STEADY] for one in events_of(lab, Info, sock=sock)
        ]
        assert all(one != other for one, other in pairwise(samples))


def test_a_flood_of_changes_gives_ten_samples_a_second_at_most(lab: Lab) -> None:
    do(lab, *CONNECTED[:3])
    with peers.connect(address_of(lab, "server")) as peer:
        do(lab, "server: accept 3")
        sock = returned(lab, "server", "accept").new_sock
        lab.in_view([sock or 0])
        turns: Counter[int] = Counter()
        while len(turns) < 4:
            peer.sendall(b"x")
            lab._session.env.observer.look_now()
            turns = Counter(sample.t // 100_000_000 for sample in events_of(lab, Info, sock=sock))
    assert sum(turns.values()) <= len(turns) + 1  # one when it was established may come besides


def test_retries_of_a_connect_that_nobody_answers_can_be_followed(lab: Lab) -> None:
    do(lab, "server: socket tcp", "server: bind 3 127.0.0.1 0", "server: listen 3 0")
    do(lab, "filler: socket tcp", "filler: connect 3 @server", "expect server 3 accept_queue = 1")
    lab.in_view(range(1, 10))
    do(lab, "client: socket tcp", "client: nonblock 3 on", "client: connect 3 @server")
    sample = wait_for(lab, lambda event: isinstance(event, Info) and event.total_retrans > 0)
    assert isinstance(sample, Info)
    assert sample.program == "client"
    assert sample.rtt == 0


def test_udp_and_listening_sockets_have_no_samples(lab: Lab) -> None:
    lab.in_view([1, 2])
    do(lab, *CONNECTED[:3], "talker: socket udp", "talker: bind 3 127.0.0.1 0")
    lab._session.env.observer.look_now()
    do(lab, "server: close 3", "talker: close 3")
    assert events_of(lab, Info) == []


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A lab on a system whose kernel can't be asked."""
    for module in (look, observer):
        monkeypatch.setattr(module, "KNOWS_STATES", False)
    with Lab() as made:
        yield made


def test_elsewhere_there_are_none(elsewhere: Lab) -> None:
    do(elsewhere, *CONNECTED, "client: close 3", "server: close 4")
    elsewhere._session.env.observer.look_now()
    assert events_of(elsewhere, Info) == []
    assert events_of(elsewhere, Call)[-1].name == "close"
