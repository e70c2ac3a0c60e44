"""States on private hosts: each at the moment at which a segment left or came, source `wire`."""

from __future__ import annotations

from itertools import pairwise

import pytest

from socklab.events import Address, Call, Fate, Frame, Gauge, State, Wait
from socklab.kernel.look import tcp_table
from socklab.lab.lab import Lab
from socklab.model.tcp_machine import moves
from tests.network.test_private import private_network_or_skip
from tests.watching import begin, calls_of, do, events_of, wait_event

PRIVATE = (
    "network private",
    "early: socket udp",
    'early: sendto 3 server 53 "so that no SYN waits for ARP"',
    "expect wire udp = delivered",
)
BOUND = (*PRIVATE, "server: socket tcp", "server: bind 3 * 8080")
LISTENING = (*BOUND, "server: listen 3 5", "client: socket tcp")
JOINED = (*LISTENING, "client: connect 3 server 8080", "server: accept 3")

pytestmark = pytest.mark.usefixtures("allowed")


@pytest.fixture(scope="module")
def allowed() -> None:
    private_network_or_skip().close()


def story(lab: Lab, program: str, fd: int) -> list[State]:
    """What is recorded of a descriptor's socket: every move legal, and in the order of time."""
    made = [
        call.new_sock or call.sock
        for call in calls_of(lab, program, "socket", "accept")
        if (call.result if call.name == "accept" else call.fd) == fd
    ]
    number = made[-1]
    found = events_of(lab, State, sock=number)
    assert all(moves(event.old, event.new) for event in found)
    assert all(one.new == two.old and one.t <= two.t for one, two in pairwise(found))
    return found


def by_wire(lab: Lab, program: str, fd: int) -> list[str]:
    """Its states, all of which the wire has shown: each at the time of a segment that left or came,
    by the call that sent it or by what came."""
    found = story(lab, program, fd)
    assert {event.source for event in found} == {"wire"}
    left = {event.t for event in events_of(lab, Frame)}
    came = {event.t for event in events_of(lab, Fate)}
    for event in found:
        assert event.cause is not None
        (cause,) = lab.journal.read(event.cause, event.cause + 1)
        assert isinstance(cause, Call | Wait | Fate)
        assert cause.t <= event.t
        assert event.t in (left | came if isinstance(cause, Fate) else left)
    return [event.new for event in found]


def table(lab: Lab, host: str) -> set[tuple[Address, Address]]:
    """The connections that the kernel of a host knows."""
    private = lab._session.network.private
    assert private is not None
    return {(row.local, row.remote) for row in tcp_table(private.hosts[host].net, {8080})}


def test_a_connection_from_its_first_segment_to_its_last(lab: Lab) -> None:
    do(lab, *JOINED, 'client: send 3 "hello"', "server: recv 4", "client: shutdown 3 out")
    do(lab, "server: recv 4", "expect client 3 FIN_WAIT2", "server: close 4")
    do(lab, "expect client 3 TIME_WAIT", "expect server 4 CLOSE", "client: close 3")
    assert by_wire(lab, "client", 3) == [
        "SYN_SENT",
        "ESTABLISHED",
        "FIN_WAIT1",
        "FIN_WAIT2",
        "TIME_WAIT",
    ]
    assert by_wire(lab, "server", 4) == [
        "SYN_RECV",
        "ESTABLISHED",
        "CLOSE_WAIT",
        "LAST_ACK",
        "CLOSE",
    ]
    waits = story(lab, "client", 3)[-1]
    assert waits.expires == waits.t + 60_000_000_000


def test_a_segment_that_takes_its_time_moves_each_end_when_it_leaves_and_when_it_comes(
    lab: Lab,
) -> None:
    do(lab, *JOINED, "wire set delay=50ms", "client: shutdown 3 out")
    do(lab, "expect client 3 FIN_WAIT2", "expect server 4 CLOSE_WAIT")
    left, acknowledged = story(lab, "client", 3)[-2:]
    came = story(lab, "server", 4)[-1]
    assert (left.new, came.new, acknowledged.new) == ("FIN_WAIT1", "CLOSE_WAIT", "FIN_WAIT2")
    assert came.t - left.t >= 50_000_000
    assert acknowledged.t - came.t >= 50_000_000


def test_nobody_listens(lab: Lab) -> None:
    do(lab, *PRIVATE, "client: socket tcp", "client: connect 3 server 81")
    do(lab, "expect client connect 3 = ECONNREFUSED", "expect client 3 CLOSE")
    assert by_wire(lab, "client", 3) == ["SYN_SENT", "CLOSE"]


def test_a_socket_that_is_closed_as_soon_as_it_was_refused(lab: Lab) -> None:
    do(lab, *PRIVATE, "client: socket tcp", "client: connect 3 server 81")
    do(lab, "client: close 3", "expect client 3 CLOSE")
    assert by_wire(lab, "client", 3) == ["SYN_SENT", "CLOSE"]


def test_a_connect_that_waits_for_its_answer(lab: Lab) -> None:
    """The socket's port isn't known to the lab before connect(2) returns."""
    begin(lab, *JOINED, "wire hold on", "client: socket tcp", "client: connect 4 server 8080")
    seen = wait_event(lab, State, program="client", fd=4, new="SYN_SENT", source="wire")
    begin(lab, "wire hold off", "expect client 4 ESTABLISHED")
    assert by_wire(lab, "client", 4) == ["SYN_SENT", "ESTABLISHED"]
    connect = calls_of(lab, "client", "connect")[-1]
    assert (seen.local, seen.remote) == (connect.local, connect.remote)


def test_both_open_and_both_close_at_once(lab: Lab) -> None:
    do(lab, *JOINED, "client: reset 3", "server: close 4", "wire hold on")
    for program, fd, other in (("client", 3, "server"), ("server", 4, "client")):
        do(lab, f"{program}: socket tcp", f"{program}: bind {fd} * 5000")
        do(lab, f"{program}: nonblock {fd} on", f"{program}: connect {fd} {other} 5000")
    do(lab, "expect client 3 SYN_SENT", "expect server 4 SYN_SENT", "wire hold off")
    do(lab, "expect client 3 ESTABLISHED", "expect server 4 ESTABLISHED", "wire hold on")
    do(lab, "client: close 3", "server: close 4", "wire hold off")
    do(lab, "expect client 3 TIME_WAIT", "expect server 4 TIME_WAIT")
    for program, fd in (("client", 3), ("server", 4)):
        assert by_wire(lab, program, fd) == [
            "SYN_SENT",
            "SYN_RECV",
            "ESTABLISHED",
            "FIN_WAIT1",
            "CLOSING",
            "TIME_WAIT",
        ]


def test_a_dual_stack_listener_that_is_called_by_ipv4(lab: Lab) -> None:
    do(lab, *PRIVATE, "server: socket tcp ipv6", "server: bind 3 :: 8080")
    do(lab, "server: listen 3 5", "client: socket tcp", "client: connect 3 10.0.0.2 8080")
    do(lab, "expect server 3 accept_queue = 1", "server: accept 3", "expect server 4 ESTABLISHED")
    first, second = story(lab, "server", 4)
    assert (first.new, first.source, first.local) == (
        "SYN_RECV",
        "wire",
        ("::ffff:10.0.0.2", 8080),
    )
    assert (second.new, second.source) == ("ESTABLISHED", "wire")


def test_one_that_takes_the_addresses_of_one_in_time_wait(lab: Lab) -> None:
    """The server closes first, and the client comes again from the same port: RFC 9293, 3.6.1."""
    do(lab, *LISTENING, "client: bind 3 client 5000", "client: connect 3 server 8080")
    do(lab, "server: accept 3", "server: close 4", "expect client 3 CLOSE_WAIT")
    do(
        lab,
        "client: close 3",
        "expect server 4 TIME_WAIT",
        "client: socket tcp",
        "client: bind 3 client 5000",
    )
    do(lab, "client: connect 3 server 8080")
    do(lab, "expect client 3 ESTABLISHED", "server: accept 3")
    first, second = (call.new_sock for call in calls_of(lab, "server", "accept"))
    over = events_of(lab, State, sock=first)[-1]
    begins = events_of(lab, State, sock=second)[0]
    assert (over.old, over.new, over.source) == ("TIME_WAIT", "CLOSE", "wire")
    assert (begins.old, begins.new, begins.source) == ("LISTEN", "SYN_RECV", "wire")


@pytest.mark.parametrize(("knob", "backlog"), [(2, 5), (1, 0)])
def test_a_host_that_answers_with_cookies_keeps_nothing(lab: Lab, knob: int, backlog: int) -> None:
    """No state is told that the server's kernel doesn't have."""
    do(lab, *BOUND, f"sysctl server syncookies {knob}", f"server: listen 3 {backlog}")
    do(lab, *(f"wire next hold ack nth={n}" for n in (1, 2, 3)))
    begin(lab, *(f"client-{n}: client tcp server 8080" for n in range(3)))
    do(lab, "expect wire syn-ack = delivered x2", "expect wire ack = held")
    told = {
        (event.local, event.remote)
        for event in events_of(lab, State, new="SYN_RECV", source="wire")
        if event.local is not None
    }
    assert told <= table(lab, "server")


def test_an_orphan_in_fin_wait2_has_its_time_from_the_table(lab: Lab) -> None:
    do(lab, *JOINED, "client: close 3", "expect client 3 FIN_WAIT2")
    told = wait_event(lab, Gauge, program="client", fd=None)
    assert by_wire(lab, "client", 3)[-1] == "FIN_WAIT2"
    state = story(lab, "client", 3)[-1]
    assert (state.sock, state.expires) == (told.sock, None)
    assert told.expires is not None
    assert 0 < told.expires - told.t <= 60e9  # tcp_fin_timeout
