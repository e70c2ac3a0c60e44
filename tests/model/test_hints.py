"""Each rule on real sockets: what makes the hint appear, with which two events, and what is so
near to it that it mustn't."""

from __future__ import annotations

from socklab.events import Call, Gauge, State
from socklab.lab.lab import Lab
from socklab.model.sockaddr import swapped
from tests import peers
from tests.model.hinted import CONNECTED, UDP_PAIR, hints, proof
from tests.watching import (
    address_of,
    begin,
    blocked,
    calls_of,
    do,
    noted,
    returned,
    wait_event,
    wait_for,
)


def free_port() -> int:
    """A port that nobody has."""
    with peers.listener() as gone:
        return peers.address(gone)[1]


# CLOSE_WAIT


def test_close_wait_that_lingers(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: close 3")
    state = wait_event(lab, State, new="CLOSE_WAIT")
    assert proof(lab, "close-wait", later=4) == []
    (close,) = calls_of(lab, "client", "close")
    hint = hints(lab, later=6)["close-wait"]
    assert hint.events == tuple(sorted((close.n, state.n)))
    assert hint.sock == state.sock
    assert "server 4" in hint.text
    do(lab, "server: close 4")
    assert proof(lab, "close-wait", later=6) == []


def test_close_wait_that_nobody_has_accepted(lab: Lab) -> None:
    do(lab, *CONNECTED[:-1], "expect server 3 accept_queue = 1", "client: close 3")
    state = wait_event(lab, State, new="CLOSE_WAIT", fd=None)
    hint = hints(lab, later=6)["close-wait"]
    assert state.n in hint.events
    assert "accept()" in hint.text
    do(lab, "server: accept 3", "server: close 4")
    assert proof(lab, "close-wait", later=6) == []


# A stream has no boundaries


def test_receives_merged(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "first"', "server: recv 4 100")
    assert proof(lab, "merged") == []
    do(lab, *(f'client: send 3 "{text}"' for text in ("AAA", "BBB", "CCC")), "server: recv 4 100")
    assert proof(lab, "merged") == [
        'client: send(3, "AAA") = 3',
        'server: recv(4, 100) = 9 "AAABBBCCC"',
    ]
    assert "3 sends" in hints(lab)["merged"].text


def test_receives_split(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "0123456789"', "server: recv 4 4 peek", "server: recv 4 10")
    assert proof(lab, "split") == []
    do(lab, 'client: send 3 "0123456789"', "server: recv 4 4", "server: recv 4 100")
    assert proof(lab, "split") == [
        'client: send(3, "0123456789") = 10',
        'server: recv(4, 4) = 4 "0123"',
    ]
    assert "merged" not in hints(lab)


def test_a_receive_that_waits_for_all(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "abc"', 'client: send 3 "def"')
    do(lab, "server: recv 4 6 waitall", 'client: send 3 "0123"', "server: recv 4 2 waitall")
    assert not hints(lab)


def test_a_reader_that_waits_is_told_of_before_the_send(lab: Lab) -> None:
    do(lab, *CONNECTED)
    begin(lab, "server: recv 4 2")
    blocked(lab, "server", "recv")
    do(lab, 'client: send 3 "0123"')
    returned(lab, "server", "recv")
    assert [told.split(" = ")[0] for told in sorted(proof(lab, "split"))] == [
        'client: send(3, "0123")',
        "server: recv(4, 2)",
    ]


def test_an_urgent_byte_is_not_counted(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "abc" oob', 'client: send 3 "def"')
    do(lab, "server: recv 4 1", "server: recv 4 100", "server: recv 4 100")
    assert not hints(lab)


# Resets


def test_reset_by_unread_data(lab: Lab) -> None:
    read = ('client: send 3 "hello"', "server: recv 4 100", "server: close 4", "client: recv 3")
    do(lab, *CONNECTED, *read)
    assert not hints(lab)
    do(lab, "client: close 3", "client: socket tcp", "client: connect 3 @server.3")
    do(lab, "server: accept 3", 'client: send 3 "hello"', "server: close 4", "client: recv 3")
    wait_event(lab, Call, name="recv", error="ECONNRESET")
    hint = hints(lab)["unread-reset"]
    assert "5 B" in hint.text
    first, second = (lab.journal[n] for n in hint.events)
    told = {type(event).__name__: event for event in (first, second)}
    closes = [event for event in (first, second) if getattr(event, "name", "") == "close"]
    assert [close.program for close in closes] == ["server"]
    assert "State" in told or "ECONNRESET" in (getattr(first, "error", ""), second.error)  # type: ignore[union-attr]


def test_reset_by_linger_0(lab: Lab) -> None:
    do(lab, *CONNECTED, "server: setsockopt 4 linger 5", "server: close 4", "client: recv 3")
    assert "linger-reset" not in hints(lab)
    do(lab, "client: close 3", "client: socket tcp", "client: connect 3 @server.3")
    do(lab, "server: accept 3", "server: reset 4", "client: recv 3")
    wait_event(lab, Call, name="recv", error="ECONNRESET")
    close = calls_of(lab, "server", "close")[-1]
    hint = hints(lab)["linger-reset"]
    assert close.n in hint.events
    assert "unread-reset" not in hints(lab)


def test_reset_before_accept(lab: Lab) -> None:
    do(lab, *CONNECTED, "client-2: socket tcp", "client-2: connect 3 @server.3")
    do(lab, "expect server 3 accept_queue = 1", "server: close 3", "client-2: recv 3")
    (close,) = calls_of(lab, "server", "close")
    hint = hints(lab)["never-accepted"]
    assert close.n in hint.events
    assert hint.sock == calls_of(lab, "client-2", "socket")[0].sock  # the accepted one lives on
    assert "reset" not in hint.text or "accept()" in hint.text


# EPIPE


def test_epipe_after_the_peers_fin(lab: Lab) -> None:
    do(lab, *CONNECTED, "server: shutdown 4 out", "client: recv 3", 'client: send 3 "still"')
    assert not hints(lab)
    do(lab, "server: recv 4", "server: close 4", 'client: send 3 "lost"', 'client: send 3 "x"')
    assert proof(lab, "sent-to-closed") == ["server: close(4) = 0", 'client: send(3, "lost") = 4']
    assert proof(lab, "epipe") == ["client: recv(3, 4096) = 0", 'client: send(3, "x") = -1 EPIPE']


def test_epipe_of_ones_own_shutdown(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: shutdown 3 in", 'client: send 3 "x"')
    assert not hints(lab)
    do(lab, "client: shutdown 3 out", 'client: send 3 "x"')
    assert proof(lab, "own-shutdown") == [
        "client: shutdown(3, SHUT_WR) = 0",
        'client: send(3, "x") = -1 EPIPE',
    ]
    assert list(hints(lab)) == ["own-shutdown"]


def test_epipe_without_a_connection(lab: Lab) -> None:
    do(lab, "main: socket tcp", 'main: send 3 "x"')
    assert proof(lab, "not-connected") == [
        "main: socket(AF_INET, SOCK_STREAM, 0) = 3",
        'main: send(3, "x") = -1 EPIPE',
    ]
    assert list(hints(lab)) == ["not-connected"]


def test_data_on_the_listening_socket(lab: Lab) -> None:
    do(lab, *CONNECTED, 'server: send 4 "x"')
    assert not hints(lab)
    do(lab, "server: recv 3")
    assert proof(lab, "listener-data") == [
        "server: listen(3, 5) = 0",
        "server: recv(3, 4096) = -1 ENOTCONN",
    ]
    do(lab, "main: socket tcp", "main: listen 3 1", 'main: send 3 "x"')
    assert list(hints(lab)) == ["listener-data", "listen-unbound"]


# Addresses in use


def bound_again(lab: Lab, *before: str) -> list[str]:
    """Bind another socket to the server's address."""
    _host, port = address_of(lab, "server")
    return ["again: socket tcp", *before, f"again: bind 3 127.0.0.1 {port}"]


def test_time_wait_holds_the_port(lab: Lab) -> None:
    closed = ("server: close 4", "client: recv 3", "client: close 3", "server: close 3")
    do(lab, *CONNECTED, *closed, "expect server 4 TIME_WAIT")
    do(lab, *bound_again(lab))
    wait_event(lab, Call, name="bind", program="again", error="EADDRINUSE")
    state = wait_event(lab, State, new="TIME_WAIT")
    bind = calls_of(lab, "again", "bind")[-1]
    hint = hints(lab)["time-wait"]
    assert hint.events == (state.n, bind.n)
    assert str(bind.args[0][1]) in hint.text  # type: ignore[index]


def test_the_client_had_time_wait_or_both_had_reuseaddr(lab: Lab) -> None:
    closed = ("client: close 3", "server: recv 4", "server: close 4", "server: close 3")
    do(lab, *CONNECTED, *closed)
    do(lab, *bound_again(lab))
    assert calls_of(lab, "again", "bind")[-1].error is None
    reuse = ("server: socket tcp", "server: setsockopt 3 reuseaddr on", *CONNECTED[1:3])
    start = ("client: socket tcp", "client: connect 3 @server", "server: accept 3")
    do(lab, *reuse, *start, "server: close 4", "client: recv 3", "client: close 3")
    do(lab, "server: close 3", "expect server 4 TIME_WAIT", "again: close 3")
    do(lab, *bound_again(lab, "again: setsockopt 3 reuseaddr on"))
    assert calls_of(lab, "again", "bind")[-1].error is None
    assert not hints(lab)


def test_a_connection_that_is_not_over_holds_the_port(lab: Lab) -> None:
    do(lab, *CONNECTED, "server: close 4", "server: close 3", "expect server 4 FIN_WAIT2")
    do(lab, *bound_again(lab, "again: setsockopt 3 reuseaddr on"))
    wait_event(lab, Call, name="bind", program="again", error="EADDRINUSE")
    state = wait_event(lab, State, new="FIN_WAIT2")
    hint = hints(lab)["old-connection"]
    assert hint.events[0] == state.n
    assert "FIN_WAIT2" in hint.text


def test_a_live_server_holds_the_port(lab: Lab) -> None:
    do(lab, *CONNECTED[:3])
    _host, port = address_of(lab, "server")
    do(lab, "again: socket udp", f"again: bind 3 127.0.0.1 {port}", "again: close 3")
    do(lab, "again: socket tcp", f"again: bind 3 127.0.0.2 {port}", "again: close 3")
    assert not hints(lab)
    do(lab, *bound_again(lab))
    assert proof(lab, "port-taken") == [
        "server: listen(3, 5) = 0",
        f"again: bind(3, 127.0.0.1:{port}) = -1 EADDRINUSE",
    ]
    assert "server 3" in hints(lab)["port-taken"].text


def test_a_second_listener(lab: Lab) -> None:
    reuse = "{0}: socket tcp", "{0}: setsockopt 3 reuseaddr on"
    do(lab, *(line.format("server") for line in reuse), "server: bind 3 127.0.0.1 0")
    _host, port = address_of(lab, "server")
    do(lab, *(line.format("again") for line in reuse), f"again: bind 3 127.0.0.1 {port}")
    do(lab, "server: listen 3 5")
    assert not hints(lab)
    do(lab, "again: listen 3 5")
    assert proof(lab, "port-taken") == [
        "server: listen(3, 5) = 0",
        "again: listen(3, 5) = -1 EADDRINUSE",
    ]


def test_reuseaddr_after_bind(lab: Lab) -> None:
    do(lab, "main: socket tcp", "main: setsockopt 3 reuseaddr on", "main: bind 3 127.0.0.1 0")
    do(lab, "main: setsockopt 3 reuseaddr off")
    assert not hints(lab)
    do(lab, "main: setsockopt 3 reuseaddr on")
    bind, late = proof(lab, "reuse-late")
    assert bind.startswith("main: bind(3, 127.0.0.1:0)")
    assert late.startswith("main: setsockopt(3, SO_REUSEADDR, 1)")


def test_listen_without_bind(lab: Lab) -> None:
    do(lab, *CONNECTED[:3])
    assert not hints(lab)
    do(lab, *bound_again(lab), "again: listen 3 5")
    bind, listen = proof(lab, "listen-unbound")
    assert bind.endswith("= -1 EADDRINUSE")
    assert listen == "again: listen(3, 5) = 0"


# Refused connections


def test_a_port_with_its_bytes_swapped(lab: Lab) -> None:
    host = "127.77.3.9"  # nobody else's, so that its ports are free
    port = 0x2FA1
    do(lab, "server: socket tcp", f"server: bind 3 {host} {port}", "server: listen 3 5")
    do(lab, "client: socket tcp", f"client: connect 3 {host} {swapped(port) ^ 1}")
    assert "swapped-port" not in hints(lab)
    do(lab, f"client: connect 3 {host} {swapped(port)}")
    bind, connect = proof(lab, "swapped-port")
    assert bind == f"server: bind(3, {host}:{port}) = 0"
    assert connect == f"client: connect(3, {host}:{swapped(port)}) = -1 ECONNREFUSED"
    assert "0xa12f" in hints(lab)["swapped-port"].text


def test_a_server_called_at_another_address(lab: Lab) -> None:
    do(lab, "every: socket tcp", "every: bind 3 * 0", "every: listen 3 5", *CONNECTED[:3])
    _any, port = address_of(lab, "every")
    do(lab, "client: socket tcp", f"client: connect 3 127.0.0.2 {port}", "client: close 3")
    assert not hints(lab)
    _host, port = address_of(lab, "server")
    do(lab, "client: socket tcp", f"client: connect 3 127.0.0.2 {port}")
    assert proof(lab, "wrong-address") == [
        "server: bind(3, 127.0.0.1:0) = 0",
        f"client: connect(3, 127.0.0.2:{port}) = -1 ECONNREFUSED",
    ]


def test_bound_but_not_listening(lab: Lab) -> None:
    do(lab, "server: socket tcp", "server: bind 3 127.0.0.1 0", "client: socket tcp")
    do(lab, f"client: connect 3 127.0.0.1 {free_port()}")
    assert not hints(lab)
    do(lab, "client: connect 3 @server")
    bind, connect = proof(lab, "not-listening")
    assert bind.startswith("server: bind(3, ")
    assert connect.endswith("= -1 ECONNREFUSED")


def test_listening_no_more(lab: Lab) -> None:
    do(lab, *CONNECTED[:4], "server: shutdown 3 in", "expect server 3 CLOSE")
    do(lab, "client: connect 3 @server")
    shutdown, connect = proof(lab, "not-listening")
    assert shutdown == "server: shutdown(3, SHUT_RD) = 0"
    assert connect.endswith("= -1 ECONNREFUSED")


def test_the_server_has_gone(lab: Lab) -> None:
    do(lab, *CONNECTED[:3])
    _host, port = address_of(lab, "server")
    do(lab, "server: close 3", "client: socket tcp", f"client: connect 3 127.0.0.1 {free_port()}")
    assert not hints(lab)
    do(lab, f"client: connect 3 127.0.0.1 {port}")
    assert proof(lab, "server-gone") == [
        "server: close(3) = 0",
        f"client: connect(3, 127.0.0.1:{port}) = -1 ECONNREFUSED",
    ]


def test_the_client_was_first(lab: Lab) -> None:
    port = free_port()
    do(lab, "client: socket tcp", f"client: connect 3 127.0.0.1 {port}", *CONNECTED[:3])
    assert not hints(lab)
    do(lab, "late: socket tcp", f"late: bind 3 127.0.0.1 {port}", "late: listen 3 5")
    assert proof(lab, "too-early") == [
        f"client: connect(3, 127.0.0.1:{port}) = -1 ECONNREFUSED",
        "late: listen(3, 5) = 0",
    ]


def test_connected_to_itself(lab: Lab) -> None:
    do(lab, *CONNECTED, "main: socket tcp", "main: bind 3 127.0.0.1 0")
    assert not hints(lab)
    do(lab, "main: connect 3 @main")
    bind, connect = proof(lab, "self-connect")
    assert bind.startswith("main: bind(3, ")
    assert connect.startswith("main: connect(3, ")


# The accept queue


def test_a_full_accept_queue(lab: Lab) -> None:
    do(lab, *CONNECTED[:2], "server: listen 3 1")
    for name in ("a", "b"):
        assert "accept-queue-full" not in hints(lab)
        do(lab, f"{name}: socket tcp", f"{name}: connect 3 @server")
    do(lab, "expect server 3 accept_queue = 2")
    listen, gauge = proof(lab, "accept-queue-full")
    assert listen == "server: listen(3, 1) = 0"
    assert gauge == "server: 3 accept queue 2/1"
    assert "syn-dropped" not in hints(lab)
    begin(lab, "c: socket tcp", "c: connect 3 @server")
    gauge, wait = proof(lab, "syn-dropped")
    assert gauge == "server: 3 accept queue 2/1"
    assert wait.startswith("c: connect(3, ")


def test_a_backlog_that_is_cut(lab: Lab) -> None:
    do(lab, *CONNECTED[:2], "server: listen 3 100000")
    gauge = wait_event(lab, Gauge, program="server")
    assert gauge.backlog is not None
    assert gauge.backlog < 100_000
    assert proof(lab, "backlog-cut")[0] == "server: listen(3, 100000) = 0"
    do(lab, "server: listen 3 5")
    wait_event(lab, Gauge, backlog=5)
    assert len(hints(lab)) == 1


def test_connected_before_accept(lab: Lab) -> None:
    do(lab, *CONNECTED, "client-2: socket tcp", "client-2: connect 3 @server.3")
    do(lab, "expect server 3 accept_queue = 1")
    state = wait_event(lab, State, new="ESTABLISHED", fd=None)
    assert proof(lab, "not-accepted", later=0.5) == []
    connect = calls_of(lab, "client-2", "connect")[-1]
    hint = hints(lab, later=2)["not-accepted"]
    assert hint.events == tuple(sorted((connect.n, state.n)))
    do(lab, "server: accept 3")
    assert proof(lab, "not-accepted", later=2) == []


# Buffers


def test_a_send_that_blocks(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: send 3 bytes:1000")
    begin(lab, "server: recv 4 1000", "server: recv 4 1000")
    assert "buffer-full" not in hints(lab)
    do(lab, "again: socket tcp", "again: connect 3 @server.3", "client: close 3")
    begin(lab, "again: send 3 bytes:12000000")
    wait = blocked(lab, "again", "send")
    wait_for(lab, lambda event: isinstance(event, Gauge) and event.n > wait.n)
    hint = hints(lab)["buffer-full"]
    assert wait.n in hint.events
    assert any(isinstance(lab.journal[n], Gauge) for n in hint.events)


def test_a_send_that_is_taken_in_part(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: nonblock 3 on", "client: send 3 bytes:1000")
    assert not hints(lab)
    do(lab, "client: send 3 bytes:12000000")
    ioctl, send = proof(lab, "partial-send")
    assert ioctl == "client: ioctl(3, FIONBIO, 1) = 0"
    assert send.startswith("client: send(3, ")
    assert "send-again" not in hints(lab)
    begin(lab, *["client: send 3 bytes:12000000"] * 20)
    wait_event(lab, Call, program="client", name="send", error="EAGAIN")
    _before, again = proof(lab, "send-again")
    assert again.endswith("= -1 EAGAIN")


# Datagrams


def test_a_datagram_that_is_cut(lab: Lab) -> None:
    do(lab, *UDP_PAIR, 'one: sendto 3 @two "0123"', "two: recvfrom 3 4")
    do(lab, 'one: sendto 3 @two "0123456789"', "two: recv 3 4 peek", "two: recv 3 10")
    assert not hints(lab)
    do(lab, 'one: sendto 3 @two "0123456789"', "two: recvfrom 3 4")
    send, recv = proof(lab, "datagram-truncated")
    assert send.startswith('one: sendto(3, "0123456789"')
    assert recv.startswith('two: recvfrom(3, 4) = 4 "0123"')


def test_a_datagram_that_is_cut_and_says_so(lab: Lab) -> None:
    do(lab, "two: socket udp", "two: bind 3 127.0.0.1 0")
    with peers.datagrams() as stranger:
        stranger.sendto(b"0123456789", address_of(lab, "two"))
        do(lab, "two: recv 3 10 trunc")
        assert not hints(lab)
        stranger.sendto(b"0123456789", address_of(lab, "two"))
        do(lab, "two: recv 3 4 trunc")
    assert proof(lab, "datagram-truncated")[1] == 'two: recv(3, 4, MSG_TRUNC) = 10 "0123"...'


def test_an_empty_datagram(lab: Lab) -> None:
    do(lab, *UDP_PAIR, 'one: sendto 3 @two "x"', "two: recv 3")
    assert not hints(lab)
    do(lab, 'one: sendto 3 @two ""', "two: recv 3")
    send, recv = proof(lab, "empty-datagram")
    assert send.startswith('one: sendto(3, ""')
    assert recv == "two: recv(3, 4096) = 0"


def test_datagrams_dropped(lab: Lab) -> None:
    do(lab, *UDP_PAIR, "two: setsockopt 3 rcvbuf 1", 'one: sendto 3 @two "x"', "two: recv 3")
    assert not hints(lab)
    do(lab, *["one: sendto 3 @two bytes:2000"] * 10)
    wait_for(lab, lambda event: isinstance(event, Gauge) and bool(event.drops))
    send, gauge = proof(lab, "datagram-dropped")
    assert send.startswith("one: sendto(3, ")
    assert "dropped" in gauge


def test_a_connected_udp_socket_hears_that_nobody_is_there(lab: Lab) -> None:
    do(lab, *UDP_PAIR, "two: connect 3 @one", 'two: send 3 "x"', 'two: send 3 "x"')
    assert not hints(lab)
    port = free_port()
    do(lab, "main: socket udp", f"main: connect 3 127.0.0.1 {port}", *['main: send 3 "x"'] * 2)
    assert proof(lab, "udp-refused") == [
        'main: send(3, "x") = 1',
        'main: send(3, "x") = -1 ECONNREFUSED',
    ]


def test_a_datagram_to_nobody(lab: Lab) -> None:
    do(lab, *UDP_PAIR, 'one: sendto 3 @two "x"', *CONNECTED[:3])
    assert not hints(lab)
    port = free_port()
    do(lab, f'one: sendto 3 127.0.0.1 {port} "x"')
    first, send = proof(lab, "udp-nobody")
    assert first.startswith("one: socket(AF_INET, SOCK_DGRAM")
    assert f"127.0.0.1:{port}" in send


def test_a_datagram_to_somebody_who_is_connected(lab: Lab) -> None:
    do(lab, *UDP_PAIR, "one: connect 3 @two", 'two: sendto 3 @one "x"')
    assert not hints(lab)
    do(lab, "main: socket udp", 'main: sendto 3 @one "x"')
    connect, send = proof(lab, "udp-filtered")
    assert connect.startswith("one: connect(3, ")
    assert send.startswith("main: sendto(3, ")


def test_a_socket_that_is_told_of_icmp(lab: Lab) -> None:
    do(lab, "main: socket udp", "main: setsockopt 3 recverr on")
    do(lab, f'main: sendto 3 127.0.0.1 {free_port()} "x"')
    assert not hints(lab)


def test_an_answer_is_not_sent_to_nobody(lab: Lab) -> None:
    do(lab, "server: serve udp 127.0.0.1 0 echo", "client: socket udp")
    do(lab, 'client: sendto 3 @server "0123"', "client: recvfrom 3 4")
    do(lab, 'client: sendto 3 @server "0123456789"', "client: recvfrom 3 10")
    assert not hints(lab)


def test_a_datagram_to_a_tcp_server(lab: Lab) -> None:
    do(lab, *CONNECTED[:3], "client: socket udp", 'client: sendto 3 @server "x"')
    assert proof(lab, "udp-nobody")[0] == "server: listen(3, 5) = 0"
    assert "TCP" in hints(lab)["udp-nobody"].text


def test_a_datagram_to_the_wrong_address_or_port(lab: Lab) -> None:
    host, port = "127.77.3.10", 0x2FA1
    do(lab, "server: socket udp", f"server: bind 3 {host} {port}", "client: socket udp")
    do(lab, f'client: sendto 3 {host} {port} "x"')
    assert not hints(lab)
    do(lab, f'client: sendto 3 127.77.3.11 {port} "x"')
    do(lab, f'client: sendto 3 {host} {swapped(port)} "x"')
    assert list(hints(lab)) == ["wrong-address", "swapped-port"]


# Waiting


def test_connect_under_way(lab: Lab) -> None:
    do(lab, *CONNECTED, "main: socket tcp", "main: nonblock 3 on", "main: connect 3 @server.3")
    ioctl, connect = proof(lab, "in-progress")
    assert ioctl == "main: ioctl(3, FIONBIO, 1) = 0"
    assert connect.startswith("main: connect(3, ")
    assert connect.endswith("= -1 EINPROGRESS")
    assert len(hints(lab)) == 1  # and nothing about the blocking one


def test_a_clients_time_limit_is_no_reason_for_a_hint(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 discard", "client: client tcp @server timeout=20")
    assert calls_of(lab, "client", "connect")[0].error == "EINPROGRESS"
    assert proof(lab, "in-progress") == []


def test_nothing_there_yet(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "x"', "server: nonblock 4 on", "server: recv 4")
    assert not hints(lab)
    do(lab, "server: recv 4")
    assert proof(lab, "not-yet") == [
        "server: ioctl(4, FIONBIO, 1) = 0",
        "server: recv(4, 4096) = -1 EAGAIN",
    ]


def test_the_end_again(lab: Lab) -> None:
    do(lab, *CONNECTED, "client: shutdown 3 out", "server: recv 4", "server: poll 4 in 1")
    assert not hints(lab)
    do(lab, "server: recv 4")
    assert proof(lab, "end-again") == ["server: recv(4, 4096) = 0", "server: recv(4, 4096) = 0"]


def test_each_waits_for_the_other(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "x"')
    begin(lab, "client: recv 3")
    begin(lab, "server: recv 4", "server: recv 4")
    waits = [blocked(lab, "client", "recv")]
    waits.append(blocked(lab, "server", "recv", returned(lab, "server", "recv").n))
    assert hints(lab)["both-wait"].events == tuple(sorted(wait.n for wait in waits))


def test_only_one_waits(lab: Lab) -> None:
    do(lab, *CONNECTED)
    begin(lab, "client: recv 3", "main: note only one waits")
    noted(lab, "only one waits")
    assert "both-wait" not in hints(lab)
