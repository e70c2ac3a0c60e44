"""Automatic servers, called by plain clients, many, rude and slow ones among them."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import random
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from socklab.events import Address, AnyEvent, Call, Note
from socklab.lab.lab import Lab
from tests import peers
from tests.watching import (
    PATIENCE,
    address_of,
    blocked,
    calls_of,
    do,
    events_of,
    noted,
    returned,
    submit,
    wait_event,
    wait_for,
)


def serve(lab: Lab, what: str) -> Address:
    """Start a server on a port of the kernel's choice; where it can be called."""
    transport, _, rest = what.partition(" ")
    do(lab, f"server: serve {transport} 127.0.0.1 0 {rest}")
    return address_of(lab, "server")


def closes(lab: Lab, count: int) -> None:
    """Wait until the server has closed so many sockets."""
    seen = itertools.count(1)
    wait_for(
        lab,
        lambda event: (
            isinstance(event, Call)
            and event.program == "server"
            and event.name == "close"
            and next(seen) == count
        ),
    )


# Each behaviour.


def test_a_server_is_made_of_these_calls(lab: Lab) -> None:
    calls = do(lab, "server: serve tcp 127.0.0.1 0 echo backlog=7")
    assert [(call.name, call.args) for call in calls] == [
        ("socket", ("AF_INET", "SOCK_STREAM", 0)),
        ("setsockopt", ("SOL_SOCKET", "SO_REUSEADDR", 1)),
        ("bind", (("127.0.0.1", 0),)),
        ("listen", (7,)),
        ("ioctl", ("FIONBIO", 1)),
    ]


def test_a_udp_server_is_made_of_fewer(lab: Lab) -> None:
    calls = do(lab, "server: serve udp 127.0.0.1 0 echo")
    assert [call.name for call in calls] == ["socket", "bind", "ioctl"]


def test_echo_over_tcp(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp echo")) as peer:
        peer.sendall(b"hello\xff\0")
        assert peers.read(peer, 7) == b"hello\xff\0"
        peer.shutdown(socket.SHUT_WR)
        assert peers.read_all(peer) == b""
    closes(lab, 1)
    names = [call.name for call in calls_of(lab, "server") if call.fd == 4]
    assert names == ["ioctl", "recv", "send", "recv", "close"]
    assert calls_of(lab, "server", "send")[0].cause == calls_of(lab, "server", "recv")[0].n


def test_upper_over_tcp(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp upper")) as peer:
        peer.sendall(b"shout!")
        assert peers.read(peer, 6) == b"SHOUT!"


def test_discard_over_tcp(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp discard")) as peer:
        peer.sendall(b"into the void")
        peer.shutdown(socket.SHUT_WR)
        assert peers.read_all(peer) == b""
    closes(lab, 1)
    assert calls_of(lab, "server", "send") == []


def test_daytime_over_tcp_tells_and_closes(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp daytime")) as peer:
        assert re.fullmatch(rb"\w+, \w+ \d+, \d{4} [\d:]{8}-.+\r\n", peers.read_all(peer))


def test_chargen_over_tcp_never_ends(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp chargen")) as peer:
        lines = peers.read(peer, 74 * 10_000).split(b"\r\n")
        assert {len(line) for line in lines[:-1]} == {72}
        assert len(set(lines[:-1])) == 95
    returned(lab, "server", "close", fd=4)


def test_chargen_ends_when_its_peer_has_finished(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp chargen")) as peer:
        assert peers.read(peer, 1000)
        peer.shutdown(socket.SHUT_WR)
        peers.read_all(peer)


def test_chat_over_tcp(lab: Lab) -> None:
    server = serve(lab, "tcp chat")
    with contextlib.ExitStack() as stack:
        room = [stack.enter_context(peers.connect(server)) for _ in range(3)]
        returned(lab, "server", "ioctl", fd=6)
        room[0].sendall(b"hi all")
        assert [peers.read(peer, 6) for peer in room[1:]] == [b"hi all"] * 2
        room[2].sendall(b"and you")
        assert peers.read(room[0], 7) == b"and you"
        assert peers.read(room[1], 7) == b"and you"


def test_http_over_tcp(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp http")) as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        answer = peers.read_all(peer)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


def test_manual_accepts_and_reads_only_when_told(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp manual")) as peer:
        peer.sendall(b"anybody?")
        do(lab, "expect server 3 accept_queue = 1", "server: accept", "server: recv")
        assert returned(lab, "server", "recv").data == b"anybody?"
        do(lab, 'server: send 4 "yes"')
        assert peers.read(peer, 3) == b"yes"
        peer.shutdown(socket.SHUT_WR)
        assert do(lab, "server: recv 4", "expect server 4 CLOSE_WAIT")[0].result == 0


@pytest.mark.parametrize(
    ("behaviour", "sent", "answer"),
    [
        ("echo", b"ping\x1b[2J", rb"ping\x1b\[2J"),
        ("upper", b"ping", b"PING"),
        ("daytime", b"", rb"\w+, \w+ \d+, \d{4} .+\r\n"),
        ("chargen", b"", rb"[ -~\r\n]{0,512}"),
    ],
)
def test_udp_servers_answer_each_datagram(
    lab: Lab, behaviour: str, sent: bytes, answer: bytes
) -> None:
    server = serve(lab, f"udp {behaviour}")
    with peers.datagrams() as peer:
        peer.sendto(sent, server)
        data, sender = peer.recvfrom(65536)
    assert re.fullmatch(answer, data)
    assert sender == server


def test_udp_echo_of_an_empty_and_of_the_largest_datagram(lab: Lab) -> None:
    server = serve(lab, "udp echo")
    with peers.datagrams() as peer:
        for data in (b"", bytes(65507)):
            peer.sendto(data, server)
            assert peer.recvfrom(65536) == (data, server)
    returned(lab, "server", "sendto", size=65507)
    assert [call.size for call in calls_of(lab, "server", "sendto")] == [0, 65507]


def test_udp_discard(lab: Lab) -> None:
    server = serve(lab, "udp discard")
    with peers.datagrams() as peer:
        peer.sendto(b"x", server)
        assert returned(lab, "server", "recvfrom").peer == peer.getsockname()
    do(lab, "server: close 3")
    assert calls_of(lab, "server", "sendto") == []


def test_udp_chat(lab: Lab) -> None:
    server = serve(lab, "udp chat")
    with peers.datagrams() as one, peers.datagrams() as two:
        one.sendto(b"", server)  # joins
        returned(lab, "server", "recvfrom")
        two.sendto(b"hello", server)
        assert one.recv(100) == b"hello"
        one.sendto(b"hello yourself", server)
        assert two.recv(100) == b"hello yourself"


@pytest.mark.parametrize("options", ["manual", "echo read=manual"])
def test_a_manual_udp_server_receives_when_told(lab: Lab, options: str) -> None:
    server = serve(lab, f"udp {options}")
    with peers.datagrams() as peer:
        peer.sendto(b"hello", server)
        do(lab, "server: recvfrom 3", 'server: sendto 3 peer "answer"')
        assert peer.recv(100) == b"answer"


def test_a_port_that_is_taken_leaves_no_socket_behind(lab: Lab) -> None:
    with peers.listener() as taken:
        host, port = peers.address(taken)
        calls = do(lab, f"server: serve tcp {host} {port} echo")
    assert [(call.name, call.error) for call in calls] == [
        ("socket", None),
        ("setsockopt", None),
        ("bind", "EADDRINUSE"),
        ("close", None),
    ]


def test_a_server_starts_again_while_its_old_connection_is_in_time_wait(lab: Lab) -> None:
    host, port = serve(lab, "tcp daytime")
    with peers.connect((host, port)) as peer:
        peers.read_all(peer)
    closes(lab, 1)
    do(lab, "server: stop", f"server: serve tcp {host} {port} echo")
    with peers.connect((host, port)) as peer:
        peer.sendall(b"again")
        assert peers.read(peer, 5) == b"again"


# Both families.


def test_one_server_for_both_families(lab: Lab) -> None:
    do(lab, "server: serve tcp * 0 echo v6only=off")
    port = address_of(lab, "server")[1]
    for host in ("127.0.0.1", "::1"):
        with peers.connect((host, port)) as peer:
            peer.sendall(b"x")
            assert peers.read(peer, 1) == b"x"
    hosts = [call.remote[0] for call in calls_of(lab, "server", "accept") if call.remote]
    assert hosts == ["::ffff:127.0.0.1", "::1"]


def test_an_ipv6_server_that_refuses_ipv4(lab: Lab) -> None:
    do(lab, "server: serve tcp * 0 echo v6only=on")
    port = address_of(lab, "server")[1]
    peers.connect(("::1", port)).close()
    with pytest.raises(ConnectionRefusedError):
        peers.connect(("127.0.0.1", port))


# By hand, in part.


def test_accept_by_hand_then_the_loop_serves(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp echo accept=manual")) as peer:
        peer.sendall(b"hello")
        do(lab, "expect server 3 accept_queue = 1")
        assert calls_of(lab, "server", "accept") == []
        do(lab, "server: accept")
        assert peers.read(peer, 5) == b"hello"
    assert returned(lab, "server", "accept").fd == 3


def test_recv_by_hand_then_the_server_answers(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp upper read=manual")) as peer:
        peer.sendall(b"hello")
        returned(lab, "server", "accept")
        do(lab, "server: recv 4 3 peek", "server: recv 4 3", "server: recv 4")
        assert peers.read(peer, 5) == b"HELLO"
        peer.shutdown(socket.SHUT_WR)
        do(lab, "server: recv 4")
        assert peers.read_all(peer) == b""
    names = [call.name for call in calls_of(lab, "server") if call.fd == 4]
    assert names == ["recv", "recv", "send", "recv", "send", "recv", "close"]


def test_what_is_read_by_hand_is_answered_whole_though_the_journal_keeps_less(lab: Lab) -> None:
    sent = bytes(range(256)) * 40
    assert len(sent) > lab.journal.header.snap
    with peers.connect(serve(lab, "tcp echo read=manual")) as peer:
        peer.sendall(sent)
        returned(lab, "server", "accept")
        do(lab, f"server: recv 4 {len(sent)} waitall")
        assert peers.read(peer, len(sent)) == sent


def test_accept_and_recv_by_hand(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp echo accept=manual read=manual")) as peer:
        peer.sendall(b"hello")
        do(lab, "server: accept", "server: recv")
        assert peers.read(peer, 5) == b"hello"


def test_chat_by_hand(lab: Lab) -> None:
    server = serve(lab, "tcp chat read=manual")
    with peers.connect(server) as one, peers.connect(server) as two:
        returned(lab, "server", "accept", result=5)
        one.sendall(b"psst")
        do(lab, "server: recv 4")
        assert peers.read(two, 4) == b"psst"


# Limits.


def test_clients_beyond_the_limit_are_turned_away_politely(lab: Lab) -> None:
    server = serve(lab, "tcp echo max-clients=1")
    with peers.connect(server) as first:
        first.sendall(b"a")
        assert peers.read(first, 1) == b"a"
        with peers.connect(server) as second:
            second.sendall(b"may I?")
            assert b"busy" in peers.read_all(second)
            port = second.getsockname()[1]
        assert noted(lab, f"127.0.0.1:{port} is turned away").level == "warning"
        first.sendall(b"b")
        assert peers.read(first, 1) == b"b"
    returned(lab, "server", "close", fd=4)
    with peers.connect(server) as third:
        third.sendall(b"c")
        assert peers.read(third, 1) == b"c"


@pytest.mark.parametrize("read", ["auto", "manual"])
def test_a_client_closed_by_hand_makes_room(lab: Lab, read: str) -> None:
    server = serve(lab, f"tcp echo max-clients=1 read={read}")
    with peers.connect(server) as first:
        returned(lab, "server", "accept")
        do(lab, "note it has been taken", "server: close 4")
        assert peers.read_all(first) == b""
    with peers.connect(server):
        returned(lab, "server", "accept", start=returned(lab, "server", "close").n)
        do(lab, "note it has been taken")
    assert [note for note in events_of(lab, Note) if "turned away" in note.text] == []


def test_idle_clients_are_closed(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp echo timeout=0.05")) as peer:
        assert peers.read_all(peer) == b""
        host, port = peer.getsockname()
    assert noted(lab, "said nothing").text == f"{host}:{port} said nothing for 0.05 s: it is closed"


def test_idle_clients_are_looked_after_on_the_engines_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")  # asyncio minds who calls
    with Lab() as lab, peers.connect(serve(lab, "tcp echo timeout=0.05")) as peer:
        assert peers.read_all(peer) == b""
        noted(lab, "said nothing")


def test_what_was_closed_by_hand_is_not_closed_again_for_its_idleness(lab: Lab) -> None:
    with peers.connect(serve(lab, "tcp echo timeout=0.02")) as peer:
        returned(lab, "server", "accept")
        do(lab, "note it has been taken", "server: close 4", "sleep 0.1")
        peers.read_all(peer)
    closed = returned(lab, "server", "close")
    assert [note for note in events_of(lab, Note) if "said nothing" in note.text] in (
        [],
        [note for note in events_of(lab, Note) if note.n < closed.n and "said" in note.text],
    )


# Rude and slow ones.


def test_a_client_that_never_reads_costs_bounded_memory(lab: Lab) -> None:
    data = random.Random(1).randbytes(50 << 20)
    with peers.connect(serve(lab, "tcp echo")) as peer:
        sending = peers.on_thread(lambda: peer.sendall(data))
        # The server's sends find no room: from now on it owes, and must read no more.
        wait_for(
            lab,
            lambda event: (
                is_call(event, "server", "send")
                and getattr(event, "result", None) != getattr(event, "size", None)
            ),
        )
        assert not sending.done()
        assert peers.read(peer, len(data)) == data
        sending.result(PATIENCE)
    closes(lab, 1)
    owed = most = 0
    for call in calls_of(lab, "server", "recv", "send"):
        owed += (call.result or 0) * (1 if call.name == "recv" else -1)
        most = max(most, owed)
    assert owed == 0
    assert most <= 65536  # one recv


def test_a_chat_lets_go_of_who_does_not_listen(lab: Lab) -> None:
    server = serve(lab, "tcp chat")
    with peers.connect(server) as deaf, peers.connect(server) as talker:
        returned(lab, "server", "ioctl", fd=5)
        deaf_name = deaf.getsockname()[1]
        talking = peers.on_thread(lambda: talker.sendall(bytes(40 << 20)))
        assert noted(lab, "doesn't read").text.startswith(f"127.0.0.1:{deaf_name} ")
        talking.result(PATIENCE)


def test_100_megabytes_of_noise(lab: Lab) -> None:
    noise = random.Random(2).randbytes(1 << 20)
    do(lab, "client: socket tcp")
    with peers.listener() as server:
        host, port = peers.address(server)
        do(lab, f"reader: client tcp {host} {port} read=auto")
        with server.accept()[0] as peer:
            for _ in range(100):
                peer.sendall(noise)
        returned(lab, "reader", "recv", result=0)
    received = calls_of(lab, "reader", "recv")
    assert sum(call.size or 0 for call in received) == 100 << 20
    assert all(len(call.data or b"") <= 4096 for call in received)
    assert (received[0].data or b"") == noise[: len(received[0].data or b"")]


def sockets_open() -> int:
    """How many this process has; the observer opens and closes the kernel's tables meanwhile."""
    found = 0
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found += os.readlink(f"/proc/self/fd/{fd}").startswith("socket:")
    return found


def test_a_thousand_clients_that_connect_and_vanish(lab: Lab) -> None:
    server = serve(lab, "tcp echo backlog=1024")
    before = sockets_open()
    for number in range(1000):
        peer = peers.connect(server)
        if number % 2:
            peers.reset(peer)
        else:
            peer.close()
    closes(lab, 1000)
    with peers.connect(server) as peer:
        peer.sendall(b"still there?")
        assert peers.read(peer, 12) == b"still there?"
        returned(lab, "server", "send")
        assert sockets_open() <= before + 2
    assert max(call.result or 0 for call in calls_of(lab, "server", "accept")) < 1004


def test_three_hundred_clients_at_once(lab: Lab) -> None:
    server = serve(lab, "tcp echo backlog=512")
    with contextlib.ExitStack() as stack:
        room = [stack.enter_context(peers.connect(server)) for _ in range(300)]
        for number, peer in enumerate(room):
            peer.sendall(f"client {number}".encode())
        for number, peer in enumerate(room):
            said = f"client {number}".encode()
            assert peers.read(peer, len(said)) == said
    closes(lab, 300)
    events = list(lab.journal)
    assert [event.n for event in events] == list(range(len(events)))


def test_a_reset_in_the_middle_of_an_answer(lab: Lab) -> None:
    server = serve(lab, "tcp chargen")
    with peers.connect(server) as peer:
        peers.read(peer, 1)
        peers.reset(peer)
    closes(lab, 1)
    failed = [call.error for call in calls_of(lab, "server", "recv", "send") if call.error]
    assert set(failed) <= {"ECONNRESET", "EPIPE", "EAGAIN"}
    assert failed


# What the hand does to a driven socket must not make the loop spin.


@pytest.mark.parametrize(
    ("lines", "part"),
    [
        (["server: serve tcp 127.0.0.1 0 echo", "server: shutdown 3 both"], "listens no more"),
        (["server: serve udp 127.0.0.1 0 echo", "server: shutdown 3 both"], "is shut"),
        (
            [
                "server: serve udp 127.0.0.1 0 echo",
                "client: client udp @server read=auto",
                "client: shutdown 3 both",
            ],
            "is shut",
        ),
    ],
)
def test_a_driven_socket_that_is_shut_by_hand_is_let_go(
    lab: Lab, lines: list[str], part: str
) -> None:
    do(lab, *lines)
    note = noted(lab, part)
    assert len(events_of(lab, Call, fd=note_fd(note), program=note.program)) <= 10
    do(lab, f"{note.program}: close 3")


def note_fd(note: Note) -> int:
    match = re.search(r"descriptor (\d+)", note.text)
    assert match is not None
    return int(match[1])


@pytest.mark.parametrize("how", ["in", "out", "both"])
def test_a_served_connection_that_is_shut_by_hand_ends(lab: Lab, how: str) -> None:
    with peers.connect(serve(lab, "tcp echo")) as peer:
        returned(lab, "server", "ioctl", fd=4)
        do(lab, f"server: shutdown 4 {how}")
        with contextlib.suppress(ConnectionError):
            peer.sendall(b"x")
            peers.read_all(peer)
    closes(lab, 1)
    assert len([call for call in calls_of(lab, "server") if call.fd == 4]) <= 6


# Automatic readers.


def test_a_client_that_reads_by_itself(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 upper", "client: client tcp @server read=auto")
    do(lab, 'client: send "a"', 'expect client recv = 1 "A"', 'client: send "b"')
    do(lab, 'expect client recv = 1 "B"', "server: close 4", "expect client recv = 0")
    do(lab, "client: close 3")


def test_a_udp_client_that_reads_by_itself_hears_of_a_closed_port(lab: Lab) -> None:
    with peers.datagrams() as gone:
        host, port = peers.address(gone)
    do(lab, f"client: client udp {host} {port} read=auto", 'client: send "x"')
    assert returned(lab, "client", "recv").error == "ECONNREFUSED"
    do(lab, 'client: send "y"')


# Out of descriptors.


class Run:
    """`socklab run --format json` in a process of its own, read event by event."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.seen: list[dict[str, Any]] = []

    def wait_for(self, **fields: object) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            event: dict[str, Any] = json.loads(line)
            self.seen.append(event)
            if all(event.get(name) == value for name, value in fields.items()):
                return event
        raise AssertionError(f"the run ended without {fields}")


@pytest.fixture
def few_descriptors(tmp_path: Path) -> Iterator[Run]:
    """An echo server that may have 40 descriptors, its own and Python's among them."""
    command = (
        f"ulimit -n 40 && exec '{sys.executable}' -m socklab run --hold --format json"
        " -c 'server: serve tcp 127.0.0.1 0 echo' -c 'server: socket udp'"
    )
    errors = tmp_path / "stderr"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            ["sh", "-c", command], stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        yield Run(process)
        process.terminate()
        assert process.stdout is not None
        process.stdout.read()
        assert process.wait(PATIENCE) == 0, errors.read_text()
    assert "Traceback" not in errors.read_text()


def test_out_of_descriptors_accept_waits_until_one_is_closed(few_descriptors: Run) -> None:
    run = few_descriptors
    host, port = run.wait_for(type="call", name="bind")["local"]
    run.wait_for(type="call", name="ioctl")
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(peers.connect((host, port))) for _ in range(60)]
        run.wait_for(type="call", name="accept", error="EMFILE")
        note = run.wait_for(type="note")
        assert "out of descriptors" in note["text"]
        crowd[0].close()
        run.wait_for(type="call", name="close", fd=5)
        run.wait_for(type="call", name="accept", result=5)
        run.wait_for(type="call", name="accept", error="EMFILE")
        # The kernel's tables can't be opened now either: nobody may be said to be gone for that.
        accepted = {event.get("new_sock") for event in run.seen}
        states = [event for event in run.seen if event["type"] == "state" and "fd" not in event]
        waiting = {event["new"] for event in states if event["sock"] not in accepted}
        assert waiting <= {"ESTABLISHED", "SYN_RECV"}
        for peer in crowd[1:]:
            peer.close()
        run.wait_for(type="call", name="accept", result=6)
    notes = [event["text"] for event in run.seen if event["type"] == "note"]
    assert len([text for text in notes if "out of descriptors" in text]) == 1
    assert [event["n"] for event in run.seen[1:]] == list(range(len(run.seen) - 1))


def is_call(event: AnyEvent, program: str, name: str) -> bool:
    """Whether it is the return of this call."""
    return isinstance(event, Call) and (event.program, event.name) == (program, name)


@pytest.mark.parametrize("accept", ["", " accept=manual"])
def test_read_by_hand_still_greets(lab: Lab, accept: str) -> None:
    server = serve(lab, f"tcp daytime read=manual{accept}")
    with peers.connect(server) as peer:
        if accept:
            do(lab, "server: accept 3")
        assert peers.read_all(peer).endswith(b"\r\n")


def test_blocked_accept_by_hand_on_a_manual_server(lab: Lab) -> None:
    server = serve(lab, "tcp manual")
    submit(lab, "server: accept")
    blocked(lab, "server", "accept")
    with peers.connect(server):
        wait_for(lab, lambda event: is_call(event, "server", "accept"))
    wait_event(lab, Call, name="accept", program="server")
