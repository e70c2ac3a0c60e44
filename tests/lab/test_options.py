"""The socket options: conversions, and what real sockets make of them."""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socklab.events import Arg
from socklab.lab.options import OPTIONS, Kind, OptionMismatch, OptionUnavailable
from socklab.network.interfaces import index_of

V4, V6 = socket.AF_INET, socket.AF_INET6
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM

linux = pytest.mark.skipif(sys.platform != "linux", reason="Linux's options and numbers")


@contextmanager
def sock(family: int, kind: int) -> Iterator[socket.socket]:
    try:
        made = socket.socket(family, kind)
    except OSError as error:
        pytest.skip(f"no such socket on this machine: {error}")
    with made:
        yield made


def put(real: socket.socket, name: str, value: object) -> tuple[str, str, Arg]:
    setting = OPTIONS[name].setting(real.family, value, index_of)
    real.setsockopt(setting.level, setting.number, setting.raw)
    return setting.args


def get(real: socket.socket, name: str) -> Arg:
    query = OPTIONS[name].query(real.family)
    return query.decode(real.getsockopt(query.level, query.number, query.length))


ROUND_TRIPS: list[tuple[str, int, object, Arg]] = [
    # option, kind of socket, value as a line gives it, what is read afterwards
    ("reuseaddr", TCP, 1, 1),
    ("reuseport", TCP, 1, 1),
    ("nodelay", TCP, 1, 1),
    ("cork", TCP, 1, 1),
    ("quickack", TCP, 0, 0),
    ("keepalive", TCP, 1, 1),
    ("keepidle", TCP, 7, 7),
    ("keepintvl", TCP, 3, 3),
    ("keepcnt", TCP, 2, 2),
    ("linger", TCP, 5, 5),
    ("linger", TCP, 0, 0),
    ("linger", TCP, None, "off"),
    ("linger2", TCP, 2, 2),
    ("rcvbuf", TCP, 4096, 8192),
    ("sndbuf", UDP, 8192, 16384),
    ("rcvlowat", TCP, 10, 10),
    ("rcvtimeo", TCP, 1.5, 1.5),
    ("sndtimeo", UDP, 0.0, 0.0),
    ("broadcast", UDP, 1, 1),
    ("user_timeout", TCP, 700, 700),
    ("syncnt", TCP, 2, 2),
    ("defer_accept", TCP, 1, 1),
    ("recverr", UDP, 1, 1),
    ("ttl", TCP, 5, 5),
    ("tos", UDP, 0xB8, 0xB8),
    ("maxseg", TCP, 1000, 1000),
    ("oobinline", TCP, 1, 1),
    ("congestion", TCP, ("reno",), "reno"),
    ("multicast_ttl", UDP, 3, 3),
    ("multicast_loop", UDP, 0, 0),
    ("multicast_all", UDP, 0, 0),
]


@linux
@pytest.mark.parametrize("family", [V4, V6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize(
    ("name", "kind", "value", "read"),
    ROUND_TRIPS,
    ids=[f"{row[0]}-{row[2]}" for row in ROUND_TRIPS],
)
def test_the_kernel_gives_back_what_was_set(
    name: str, kind: int, value: object, read: Arg, family: int
) -> None:
    with sock(family, kind) as real:
        put(real, name, value)
        assert get(real, name) == read


@linux
def test_every_option_is_tried_on_a_real_socket() -> None:
    tried = {row[0] for row in ROUND_TRIPS}
    elsewhere = {"v6only", "join", "leave", "multicast_if"}
    assert tried | elsewhere == {name for name, option in OPTIONS.items() if option.settable}


@linux
def test_v6only() -> None:
    with sock(V6, TCP) as real:
        assert get(real, "v6only") == 0
        put(real, "v6only", 1)
        assert get(real, "v6only") == 1


@linux
def test_what_is_only_read() -> None:
    with sock(V6, UDP) as real:
        assert [get(real, name) for name in ("type", "domain", "protocol", "acceptconn")] == [
            "SOCK_DGRAM",
            "AF_INET6",
            "IPPROTO_UDP",
            0,
        ]
    with sock(V4, TCP) as real:
        real.listen()
        assert get(real, "acceptconn") == 1
        assert [get(real, name) for name in ("type", "domain", "protocol")] == [
            "SOCK_STREAM",
            "AF_INET",
            "IPPROTO_TCP",
        ]


@linux
def test_error_by_name() -> None:
    with sock(V4, TCP) as closed, sock(V4, UDP) as real:
        closed.bind(("127.0.0.1", 0))
        with sock(V4, UDP) as gone:
            gone.bind(("127.0.0.1", 0))
            real.connect(gone.getsockname())
        real.send(b"to a port where nobody is any more")
        assert get(real, "error") == "ECONNREFUSED"
        assert get(real, "error") == "0"


@linux
def test_tcp_info_of_a_connection_a_listener_and_a_udp_socket() -> None:
    with sock(V4, TCP) as listener, sock(V4, TCP) as client, sock(V4, UDP) as talker:
        listener.bind(("127.0.0.1", 0))
        listener.listen(7)
        assert str(get(client, "tcp_info")).startswith("{tcpi_state=TCP_CLOSE, ")
        client.connect(listener.getsockname())
        said = str(get(client, "tcp_info"))
        assert said.startswith("{tcpi_state=TCP_ESTABLISHED, ")
        assert ", tcpi_snd_cwnd=10, " in said
        assert str(get(listener, "tcp_info")).startswith(
            "{tcpi_state=TCP_LISTEN, tcpi_unacked=1, tcpi_sacked=7, "
        )
        with pytest.raises(OSError, match="not supported"):
            get(talker, "tcp_info")
        with pytest.raises(OSError, match="not available"):
            put(client, "tcp_info", 1)


def test_tcp_info_is_linux_s_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "elsewhere")
    monkeypatch.setattr(socket, "TCP_INFO", 32, raising=False)  # as FreeBSD has one
    with pytest.raises(OptionUnavailable, match="this system has no TCP_INFO"):
        OPTIONS["tcp_info"].query(V4)


@linux
def test_what_makes_no_sense_goes_to_the_kernel() -> None:
    with sock(V4, TCP) as real:
        with pytest.raises(OSError, match="not available") as raised:
            put(real, "error", 1)
        assert raised.value.errno == errno.ENOPROTOOPT
        with pytest.raises(OSError, match="Invalid") as raised:
            put(real, "ttl", 300)
        assert raised.value.errno == errno.EINVAL


@linux
@pytest.mark.parametrize("interface", ["127.0.0.1", "lo", str(socket.if_nametoindex("lo"))])
def test_join_and_leave(interface: str) -> None:
    with sock(V4, UDP) as real:
        args = put(real, "join", ("224.1.1.1", interface))
        assert args == ("IPPROTO_IP", "IP_ADD_MEMBERSHIP", f"224.1.1.1 {interface}")
        with pytest.raises(OSError, match="in use"):
            put(real, "join", ("224.1.1.1", "127.0.0.1"))
        put(real, "leave", ("224.1.1.1", interface))
        with pytest.raises(OSError, match="assign"):
            put(real, "leave", ("224.1.1.1", interface))


@linux
@pytest.mark.parametrize("interface", ["::1", "lo"])
def test_join_and_leave_over_ipv6(interface: str) -> None:
    with sock(V6, UDP) as real:
        try:
            index_of("::1")
        except OSError:
            pytest.skip("no IPv6 loopback on this machine")
        args = put(real, "join", ("ff02::1234", interface))
        assert args == ("IPPROTO_IPV6", "IPV6_JOIN_GROUP", f"ff02::1234 {interface}")
        put(real, "leave", ("ff02::1234", interface))


@linux
def test_a_group_says_which_family_it_is() -> None:
    with sock(V6, UDP) as real:
        assert put(real, "join", ("224.1.1.1", "127.0.0.1"))[:2] == (
            "IPPROTO_IP",
            "IP_ADD_MEMBERSHIP",
        )
    with sock(V4, UDP) as real, pytest.raises(OSError, match=r".") as raised:
        put(real, "join", ("ff02::1234", "lo"))
    assert raised.value.errno in (errno.ENOPROTOOPT, errno.EOPNOTSUPP)


@linux
def test_multicast_if() -> None:
    with sock(V4, UDP) as real:
        put(real, "multicast_if", ("127.0.0.1",))
        assert get(real, "multicast_if") == "127.0.0.1"
        put(real, "multicast_if", ("lo",))
    with sock(V6, UDP) as real:
        put(real, "multicast_if", ("lo",))
        assert get(real, "multicast_if") == socket.if_nametoindex("lo")


@pytest.mark.parametrize(
    ("name", "four", "six"),
    [
        ("ttl", ("IPPROTO_IP", "IP_TTL"), ("IPPROTO_IPV6", "IPV6_UNICAST_HOPS")),
        ("tos", ("IPPROTO_IP", "IP_TOS"), ("IPPROTO_IPV6", "IPV6_TCLASS")),
        ("recverr", ("IPPROTO_IP", "IP_RECVERR"), ("IPPROTO_IPV6", "IPV6_RECVERR")),
        ("nodelay", ("IPPROTO_TCP", "TCP_NODELAY"), ("IPPROTO_TCP", "TCP_NODELAY")),
    ],
)
def test_names_by_family(name: str, four: tuple[str, str], six: tuple[str, str]) -> None:
    assert OPTIONS[name].names(False) == four
    assert OPTIONS[name].names(True) == six


def test_how_the_log_shows_a_value() -> None:
    assert OPTIONS["linger"].setting(V4, None, index_of).args == ("SOL_SOCKET", "SO_LINGER", "off")
    assert OPTIONS["rcvtimeo"].setting(V4, 0.25, index_of).args == (
        "SOL_SOCKET",
        "SO_RCVTIMEO",
        0.25,
    )
    assert OPTIONS["reuseaddr"].setting(V6, 1, index_of).args == ("SOL_SOCKET", "SO_REUSEADDR", 1)


def test_an_option_that_this_system_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "TCP_CORK", raising=False)
    with pytest.raises(OptionUnavailable, match="this system has no TCP_CORK"):
        OPTIONS["cork"].setting(V4, 1, index_of)
    monkeypatch.setattr(sys, "platform", "elsewhere")
    with pytest.raises(OptionUnavailable, match="this system has no IP_RECVERR"):
        OPTIONS["recverr"].query(V4)


@pytest.mark.parametrize(
    ("name", "value"), [("reuseaddr", None), ("linger", "soon"), ("join", ("nobody",))]
)
def test_a_value_that_cannot_be_put_into_the_option(name: str, value: object) -> None:
    with pytest.raises(OptionMismatch):
        OPTIONS[name].encode(value, False, index_of)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has milliseconds here")
@settings(deadline=None)
@given(st.floats(0, 1e9))
def test_a_timeval_is_never_shorter_than_asked(seconds: float) -> None:
    option = OPTIONS["rcvtimeo"]
    raw = option.encode(seconds, False, index_of)
    assert isinstance(raw, bytes)
    whole, micro = struct.unpack("ll", raw)
    assert 0 <= micro < 1_000_000
    assert (whole, micro) != (0, 0) or seconds < 1e-9
    read = option.decode(raw)
    assert isinstance(read, float)
    assert -1e-6 <= read - seconds <= 2e-6


def test_a_table_in_which_each_option_is_once() -> None:
    symbols = [option.symbol for option in OPTIONS.values()]
    assert len(set(symbols)) == len(symbols)
    for name, option in OPTIONS.items():
        assert option.symbol.startswith(("SO_", "TCP_", "IP_", "IPV6_")), name
        assert option.summary
        assert option.settable or option.gettable
        assert option.kind in Kind
