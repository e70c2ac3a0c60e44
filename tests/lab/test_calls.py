"""The calls by hand: what goes in, what the kernel says, and what the event tells of it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from socklab.events import Call, Note
from socklab.lab.lab import Lab
from tests import peers
from tests.watching import address_of, calls_of, do, events_of, noted, returned, submit

CONNECTED = (
    "server: socket tcp",
    "server: bind 3 127.0.0.1 0",
    "server: listen 3 5",
    "client: socket tcp",
    "client: connect 3 @server",
    "server: accept 3",
)
UDP_PAIR = (
    "one: socket udp",
    "one: bind 3 127.0.0.1 0",
    "two: socket udp",
    "two: bind 3 127.0.0.1 0",
)

# Descriptors that name nothing.

ON_NOTHING = [
    "bind 9 127.0.0.1 0",
    "listen 9 5",
    "accept 9",
    "connect 9 127.0.0.1 1",
    "getsockname 9",
    "getpeername 9",
    'send 9 "x"',
    'sendto 9 127.0.0.1 1 "x"',
    "recv 9",
    "recv 9 10 trunc",
    "recvfrom 9",
    "shutdown 9 both",
    "close 9",
    "setsockopt 9 reuseaddr on",
    "getsockopt 9 error",
    "nonblock 9 on",
]


@pytest.mark.parametrize("line", ON_NOTHING)
def test_a_call_on_a_descriptor_that_names_nothing_gives_ebadf(lab: Lab, line: str) -> None:
    (call,) = do(lab, f"main: {line}")
    assert (call.error, call.result, call.fd, call.os_fd) == ("EBADF", None, 9, -1)
    assert call.sock is None


def test_poll_on_nothing_reports_pollnval(lab: Lab) -> None:
    (call,) = do(lab, "main: poll 9 in")
    assert (call.result, call.value) == (1, "POLLNVAL")


def test_a_closed_descriptor_names_nothing_any_more(lab: Lab) -> None:
    calls = do(lab, *CONNECTED, "client: close 3", 'client: send 3 "x"', "client: close 3")
    assert [(call.name, call.error) for call in calls[-3:]] == [
        ("close", None),
        ("send", "EBADF"),
        ("close", "EBADF"),
    ]


def test_reset_on_nothing_tries_both_calls(lab: Lab) -> None:
    calls = do(lab, "main: reset 9")
    assert [(call.name, call.error) for call in calls] == [
        ("setsockopt", "EBADF"),
        ("close", "EBADF"),
    ]


# What the kernel refuses goes to the kernel.


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        (["main: socket udp", "main: listen 3 5"], "EOPNOTSUPP"),
        (["main: socket udp", "main: accept 3"], "EOPNOTSUPP"),
        (["main: socket tcp", "main: accept 3"], "EINVAL"),
        (["main: socket tcp", 'main: send 3 "x"'], "EPIPE"),
        (["main: socket tcp", "main: recv 3"], "ENOTCONN"),
        (["main: socket tcp", "main: shutdown 3 both"], "ENOTCONN"),
        (["main: socket tcp", "main: getpeername 3"], "ENOTCONN"),
        (["main: socket udp", 'main: send 3 "x"'], "EDESTADDRREQ"),
        (["main: socket udp", 'main: sendto 3 127.0.0.1 0 "x"'], "EINVAL"),
        (["main: socket udp", "main: sendto 3 127.0.0.1 9 bytes:65508"], "EMSGSIZE"),
        (["main: socket tcp", "main: connect 3 127.0.0.1 0"], "ECONNREFUSED"),
        (["main: socket tcp", "main: bind 3 203.0.113.7 0"], "EADDRNOTAVAIL"),
        (["main: socket udp", 'main: sendto 3 255.255.255.255 9 "x"'], "EACCES"),
        ([*CONNECTED, "client: connect 3 @server"], "EISCONN"),
        ([*CONNECTED, "client: listen 3 5"], "EINVAL"),
    ],
)
def test_the_kernel_is_the_judge(lab: Lab, lines: list[str], error: str) -> None:
    call = do(lab, *lines)[-1]
    assert (call.error, call.result) == (error, None)
    assert call.os_fd != -1


def test_nobody_listening(lab: Lab) -> None:
    with peers.listener() as gone:
        host, port = peers.address(gone)
    call = do(lab, "client: socket tcp", f"client: connect 3 {host} {port}")[-1]
    assert (call.error, call.args) == ("ECONNREFUSED", ((host, port),))
    assert call.remote is None


def test_a_port_that_is_taken(lab: Lab) -> None:
    with peers.listener() as taken:
        host, port = peers.address(taken)
        call = do(lab, "server: socket tcp", f"server: bind 3 {host} {port}")[-1]
    assert (call.error, call.local) == ("EADDRINUSE", None)


# Addresses.


def test_bind_to_port_0_tells_the_port_that_the_kernel_chose(lab: Lab) -> None:
    bind = do(lab, "server: socket tcp", "server: bind 3 127.0.0.1 0", "server: listen 3 1")[1]
    assert bind.args == (("127.0.0.1", 0),)
    assert bind.local is not None
    assert bind.local[1] > 0
    peers.connect(bind.local).close()


def test_listen_without_bind_tells_the_port_too(lab: Lab) -> None:
    listen = do(lab, "server: socket tcp", "server: listen 3 1")[1]
    assert listen.local is not None
    assert listen.local[0] == "0.0.0.0"
    peers.connect(("127.0.0.1", listen.local[1])).close()


def test_listen_tells_the_port_that_it_got_in_place_of_one_that_a_refusal_cost(lab: Lab) -> None:
    with peers.listener() as nobody:
        refused = peers.address(nobody)[1]
    bound, connect, listen = do(
        lab,
        "server: socket tcp",
        "server: bind 3 127.0.0.1 0",
        f"server: connect 3 127.0.0.1 {refused}",
        "server: listen 3 1",
    )[1:]
    assert connect.error == "ECONNREFUSED"
    port = listen.local[1] if listen.local else bound.local[1] if bound.local else 0
    peers.connect(("127.0.0.1", port)).close()


def test_connect_tells_both_addresses(lab: Lab) -> None:
    with peers.listener() as server:
        host, port = peers.address(server)
        call = do(lab, "client: socket tcp", f"client: connect 3 {host} {port}")[-1]
        accepted, peer = server.accept()
        accepted.close()
    assert (call.local, call.remote) == (peer, (host, port))


def test_names_are_given_once_they_are_known(lab: Lab) -> None:
    calls = do(lab, *CONNECTED, "client: getsockname 3", "client: getpeername 3")
    connect = calls[4]
    assert (calls[-2].value, calls[-1].value) == (connect.local, connect.remote)
    accept = calls[5]
    assert (accept.local, accept.remote) == (connect.remote, connect.local)


@pytest.mark.parametrize(
    ("family", "host", "loopback"), [("", "*", "127.0.0.1"), (" ipv6", "::", "::1")]
)
def test_any_address_is_called_at_loopback(lab: Lab, family: str, host: str, loopback: str) -> None:
    do(lab, f"server: socket tcp{family}", f"server: bind 3 {host} 0", "server: listen 3 1")
    call = do(lab, f"client: socket tcp{family}", "client: connect 3 @server")[-1]
    assert call.error is None
    assert call.args == ((loopback, address_of(lab, "server")[1]),)


def test_an_address_of_the_wrong_family_is_refused(lab: Lab) -> None:
    do(lab, "server: socket tcp", "server: bind 3 127.0.0.1 0", "client: socket tcp ipv6")
    submit(lab, "client: connect 3 @server")
    noted(lab, "127.0.0.1 is no IPv6 address")
    submit(lab, "server: bind 3 ::1 0")
    noted(lab, "::1 is no IPv4 address")


def test_of_several_bound_sockets_one_must_be_named(lab: Lab) -> None:
    two = ["server: socket udp", "server: socket udp"]
    do(lab, *two, "server: bind 3 127.0.0.1 0", "server: bind 4 127.0.0.1 0", "client: socket udp")
    submit(lab, 'client: sendto 3 @server "x"')
    noted(lab, "name one, as in @server.3")
    do(lab, 'client: sendto 3 @server.4 "x"', "server: recv 4")
    assert returned(lab, "server", "recv").data == b"x"


def test_the_listening_socket_is_meant_where_there_are_others(lab: Lab) -> None:
    do(lab, *CONNECTED, "late: socket tcp", "late: connect 3 @server")
    assert calls_of(lab, "late", "connect")[0].remote == address_of(lab, "server")


def test_a_numeric_address_is_recorded_as_the_kernel_writes_it(lab: Lab) -> None:
    do(lab, "server: socket tcp ipv6", "server: bind 3 0:0:0:0:0:0:0:1 0", "server: listen 3 1")
    do(lab, "client: socket tcp ipv6", "client: connect 3 @server", "server: accept 3")
    assert calls_of(lab, "server", "accept")[0].local == address_of(lab, "server")
    assert address_of(lab, "server")[0] == "::1"


def test_sendto_binds_a_socket_and_peer_answers_it(lab: Lab) -> None:
    do(lab, "one: socket udp", "one: bind 3 127.0.0.1 0", "two: socket udp")
    sent = do(lab, 'two: sendto 3 @one "ping"', "one: recvfrom 3", 'one: sendto 3 peer "pong"')
    assert sent[0].local is not None
    assert sent[0].args == ("0", address_of(lab, "one"))
    assert sent[1].peer == ("127.0.0.1", sent[0].local[1])
    assert sent[2].args == ("0", sent[1].peer)
    assert do(lab, "two: recv 3")[0].data == b"pong"


# Names.


Answer = Callable[..., list[tuple[Any, ...]]]


def resolver(answers: dict[str, list[str]]) -> Answer:
    """A getaddrinfo(3) that knows these names only, and what is no name."""
    real = socket.getaddrinfo

    def look_up(host: str, port: int, family: int, kind: int) -> list[tuple[Any, ...]]:
        if host[0].isdecimal():
            return list(real(host, port, family, kind))
        if host not in answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, kind, 6, "", (address, port)) for address in answers[host]]

    return look_up


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """`two.test` has two addresses, at the first of which nobody listens."""
    known = {"one.test": ["127.0.0.1"], "two.test": ["127.0.0.2", "127.0.0.1"]}
    monkeypatch.setattr(socket, "getaddrinfo", resolver(known))


@pytest.mark.usefixtures("names")
def test_a_look_up_is_noted_with_its_answers(lab: Lab) -> None:
    call = do(lab, "server: socket tcp", "server: bind 3 one.test 0")[-1]
    assert call.args == (("127.0.0.1", 0),)
    note = noted(lab, 'getaddrinfo("one.test")')
    assert "127.0.0.1" in note.text
    assert (note.level, note.cause) == ("info", call.cause)


@pytest.mark.usefixtures("names")
def test_a_name_that_does_not_resolve_is_the_networks_answer(lab: Lab) -> None:
    assert do(lab, "client: client tcp nowhere.test 80", "client: socket tcp") != []
    errors = [note.text for note in events_of(lab, Note) if note.level == "error"]
    assert len(errors) == 2
    assert "EAI_NONAME" in errors[0]
    assert "nowhere.test doesn't resolve" in errors[1]


def test_a_name_that_no_resolver_would_take(lab: Lab) -> None:
    do(lab, "client: client tcp " + "a" * 70 + ".test 80")
    assert "doesn't resolve" in noted(lab, "check the name's spelling").text
    assert calls_of(lab, "client") == []


@pytest.mark.usefixtures("names")
def test_a_client_tries_each_address_in_turn(lab: Lab) -> None:
    with peers.listener() as server:
        port = peers.address(server)[1]
        calls = do(lab, f"client: client tcp two.test {port}")
        server.accept()[0].close()
    tried = [(c.name, c.fd, c.args[0]) for c in calls if c.name == "connect"]
    assert tried == [("connect", 3, ("127.0.0.2", port)), ("connect", 3, ("127.0.0.1", port))]
    answers = [c.value for c in calls if c.name == "getsockopt"]  # SO_ERROR
    assert answers == ["ECONNREFUSED", "0"]
    assert calls[-1].args == ("FIONBIO", 0)  # blocking again, for the hand


@pytest.mark.usefixtures("names")
def test_a_client_gives_each_address_its_time(lab: Lab) -> None:
    with peers.listener() as server:
        port = peers.address(server)[1]
        with (
            peers.listener(backlog=0, host="127.0.0.2", port=port) as full,
            peers.connect(peers.address(full)),
        ):
            calls = do(lab, f"client: client tcp two.test {port} timeout=0.3")
            server.accept()[0].close()
    assert [call.name for call in calls[:5]] == ["socket", "ioctl", "connect", "poll", "close"]
    assert (calls[2].error, calls[3].result) == ("EINPROGRESS", 0)
    assert "127.0.0.2 didn't answer within 0.3 s" in noted(lab, "didn't answer").text
    assert calls[6].name == "ioctl"
    assert calls[7].args == (("127.0.0.1", port),)


def test_a_client_that_reaches_nobody_closes_its_socket(lab: Lab) -> None:
    with peers.listener() as gone:
        host, port = peers.address(gone)
    calls = do(lab, f"client: client tcp {host} {port}")
    assert [(call.name, call.error) for call in calls] == [
        ("socket", None),
        ("connect", "ECONNREFUSED"),
        ("close", None),
    ]


# Data.


@pytest.mark.parametrize(
    ("written", "data"),
    [
        (r'"a\n\x00é\""', b'a\n\x00\xc3\xa9"'),
        ("hex:48_69", b"Hi"),
        ("bytes:258", bytes(range(256)) + b"\0\1"),
        ("file:some.bin", b"\xff\x00\x1b[2J"),
    ],
)
def test_data_in_all_its_forms(lab: Lab, tmp_path: Path, written: str, data: bytes) -> None:
    (tmp_path / "some.bin").write_bytes(b"\xff\x00\x1b[2J")
    do(lab, *UDP_PAIR)
    lab.run(lab.script(f"one: sendto 3 @two {written}", tmp_path)).result(peers.PATIENCE)
    sent = returned(lab, "one", "sendto")
    assert (sent.data, sent.size, sent.result) == (data, len(data), len(data))
    assert do(lab, "two: recv 3")[0].data == data


def test_no_more_than_the_snap_length_is_kept_but_the_size_is_true(lab: Lab) -> None:
    calls = do(lab, *CONNECTED, "client: send 3 bytes:10000", "server: recv 4 10000 waitall")
    for call in calls[-2:]:
        assert (call.result, call.size) == (10_000, 10_000)
        assert call.data == (bytes(range(256)) * 16)


def test_a_file_that_is_too_large_is_refused(lab: Lab, tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    do(lab, "one: socket udp")
    script = lab.script("one: sendto 3 127.0.0.1 9 file:huge", tmp_path)
    assert lab.run(script).result(peers.PATIENCE) == "senseless"
    assert "1,099,511,627,776 bytes" in (script.failure or "")


def test_peek_leaves_the_bytes_and_trunc_tells_of_more(lab: Lab) -> None:
    do(lab, *UDP_PAIR, 'one: sendto 3 @two "0123456789"')
    peeked, truncated = do(lab, "two: recv 3 4 peek trunc", "two: recvfrom 3 4 trunc")
    assert peeked.args == (4, "MSG_PEEK|MSG_TRUNC")
    for call in (peeked, truncated):
        assert (call.result, call.size, call.data) == (10, 4, b"0123")
    assert truncated.peer == address_of(lab, "one")


def test_trunc_on_a_stream_throws_the_bytes_away(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "0123456789"')
    thrown, rest, named = do(
        lab, "server: recv 4 4 trunc", "server: recv 4 3", "server: recvfrom 4 9 trunc"
    )
    assert (thrown.result, thrown.size, thrown.data) == (4, 0, b"")
    assert (rest.result, rest.data) == (3, b"456")
    assert (named.result, named.size, named.peer) == (3, 0, None)


def test_out_of_band_data(lab: Lab) -> None:
    sent = do(lab, *CONNECTED, 'client: send 3 "abc" oob dontwait')[-1]
    assert sent.args == ("MSG_OOB|MSG_DONTWAIT",)
    normal, urgent = do(lab, "server: recv 4", "server: recv 4 1 oob")
    assert (normal.data, urgent.data) == (b"ab", b"c")


def test_dontwait_and_nonblock_give_eagain(lab: Lab) -> None:
    *_setup, waiting = do(lab, *CONNECTED, "server: recv 4 10 dontwait")
    assert waiting.error == "EAGAIN"
    switch, also = do(lab, "server: nonblock 4 on", "server: recv 4")
    assert (switch.name, switch.args, switch.result) == ("ioctl", ("FIONBIO", 1), 0)
    assert also.error == "EAGAIN"


@pytest.mark.skipif(sys.platform != "linux", reason="proc(5) measures it")
def test_room_for_a_large_recv_costs_no_memory(lab: Lab) -> None:
    do(lab, *UDP_PAIR, *(f'one: sendto 3 @two "{letter}"' for letter in "wxyz"))
    Path("/proc/self/clear_refs").write_text("5")  # the peak is the present again: proc(5)
    before = most_memory()
    calls = do(
        lab,
        "two: recvfrom 3 400000000",
        "two: recv 3 400000000",
        "two: recvfrom 3 400000000 trunc",
        "two: recv 3 400000000 trunc",
    )
    assert [(call.result, call.data) for call in calls] == [(1, c.encode()) for c in "wxyz"]
    assert most_memory() - before < 100_000


def most_memory() -> int:
    """The most that this process has had in memory at once (KiB)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


# Options and poll.


def test_options_are_recorded_in_their_own_terms(lab: Lab) -> None:
    calls = do(
        lab,
        "one: socket tcp",
        "one: setsockopt 3 rcvbuf 4096",
        "one: getsockopt 3 rcvbuf",
        "one: setsockopt 3 linger 5",
        "one: getsockopt 3 linger",
        "one: getsockopt 3 type",
    )
    assert calls[1].args == ("SOL_SOCKET", "SO_RCVBUF", 4096)
    assert (calls[2].args, calls[2].value) == (("SOL_SOCKET", "SO_RCVBUF"), 8192)
    assert "5" in str(calls[4].value)
    assert calls[5].value == "SOCK_STREAM"


def test_an_option_that_the_kernel_refuses(lab: Lab) -> None:
    call = do(lab, "one: socket tcp", "one: setsockopt 3 keepcnt 1000")[-1]
    assert call.error == "EINVAL"


def test_rcvtimeo_is_the_kernels_doing(lab: Lab) -> None:
    do(lab, "one: socket udp", "one: setsockopt 3 rcvtimeo 0.05", "one: recv 3")
    call = returned(lab, "one", "recv")
    assert (call.error, call.cut) == ("EAGAIN", False)
    assert call.duration >= 40_000_000


@pytest.mark.parametrize(
    ("lines", "result", "value"),
    [
        ([*CONNECTED, "client: poll 3 in 0"], 0, None),
        ([*CONNECTED, "client: poll 3 in,out 0"], 1, "POLLOUT"),
        ([*CONNECTED, "client: poll 3 in 0.03"], 0, None),
        ([*CONNECTED, "client: close 3", "server: poll 4 in"], 1, "POLLIN"),
        ([*CONNECTED, "client: reset 3", "server: poll 4 in"], 1, "POLLIN|POLLERR|POLLHUP"),
    ],
)
def test_poll(lab: Lab, lines: list[str], result: int, value: str | None) -> None:
    do(lab, *lines)
    call = returned(lab, lines[-1].partition(":")[0], "poll")
    assert (call.result, call.value) == (result, value)


def test_a_reset_connection(lab: Lab) -> None:
    calls = do(lab, *CONNECTED, "client: reset 3", "server: recv 4", "server: recv 4")
    linger, close = calls[6:8]
    assert (linger.name, linger.args[1]) == ("setsockopt", "SO_LINGER")
    assert close.name == "close"
    assert [call.error for call in calls[8:]] == ["ECONNRESET", None]
    assert calls[9].result == 0


def test_half_close(lab: Lab) -> None:
    calls = do(
        lab,
        *CONNECTED,
        "client: shutdown 3 out",
        "server: recv 4",
        'server: send 4 "late"',
        "client: recv 3",
        'client: send 3 "x"',
    )
    assert [(call.result, call.error) for call in calls[-5:]] == [
        (0, None),
        (0, None),
        (4, None),
        (4, None),
        (None, "EPIPE"),
    ]


def test_a_nonblocking_connect_goes_on_in_the_kernel(lab: Lab) -> None:
    with peers.listener() as server:
        host, port = peers.address(server)
        calls = do(
            lab,
            "client: socket tcp",
            "client: nonblock 3 on",
            f"client: connect 3 {host} {port}",
            "client: poll 3 out",
            "client: getsockopt 3 error",
        )
        with server.accept()[0] as accepted:
            assert calls[2].error == "EINPROGRESS"
            assert calls[2].local == accepted.getpeername()
    assert (calls[3].value, calls[4].value) == ("POLLOUT", "0")


def test_calls_bear_the_command_that_led_to_them(lab: Lab) -> None:
    do(lab, *CONNECTED)
    commands = {event.n: getattr(event, "text", "") for event in lab.journal}
    for call in events_of(lab, Call):
        assert call.cause is not None
        assert commands[call.cause].split()[:2] == [f"{call.program}:", call.name]
