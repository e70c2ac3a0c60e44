from __future__ import annotations

import ast
import errno
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Address, Arg, Call
from socklab.lab.options import OPTIONS, Kind, OptionMismatch
from socklab.model.in_python import python_address, python_bytes, python_call
from socklab.network.interfaces import index_of

HOME = ("127.0.0.1", 8080)


def call(name: str, *args: Arg, result: int | None = 0, **more: object) -> str:
    """The call on descriptor 3 in Python."""
    return python_call(Call(t=0, name=name, fd=3, args=args, result=result, **more))  # type: ignore[arg-type]


def failed(name: str, error: str, *args: Arg) -> str:
    return call(name, *args, result=None, error=error)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (
            call("socket", "AF_INET6", "SOCK_DGRAM", 0, result=3),
            "sock3 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)  # = 3",
        ),
        (call("bind", ("::1", 80)), 'sock3.bind(("::1", 80))  # = 0'),
        (call("listen", 5), "sock3.listen(5)  # = 0"),
        (
            call("accept", result=4, remote=HOME),
            "sock4, peer = sock3.accept()  # = 4 from 127.0.0.1:8080",
        ),
        (
            failed("connect", "ECONNREFUSED", HOME),
            'sock3.connect(("127.0.0.1", 8080))  # ConnectionRefusedError: ECONNREFUSED',
        ),
        (
            failed("connect", "EINPROGRESS", HOME),
            'sock3.connect(("127.0.0.1", 8080))  # BlockingIOError: EINPROGRESS',
        ),
        (failed("accept", "EINVAL"), "sock3.accept()  # OSError: EINVAL"),
        (call("getsockname", value=HOME), "sock3.getsockname()  # = 127.0.0.1:8080"),
        (failed("getpeername", "ENOTCONN"), "sock3.getpeername()  # OSError: ENOTCONN"),
        (
            call("send", "MSG_OOB|MSG_DONTWAIT", result=2, data=b'"\n', size=2),
            r'sock3.send(b"\"\n", socket.MSG_OOB | socket.MSG_DONTWAIT)  # = 2',
        ),
        (
            call("send", "0", result=8000, data=b"a" * 4096, size=8000),
            "sock3.send(data)  # = 8000",
        ),
        (
            call("sendto", "0", HOME, result=2, data=b"hi", size=2),
            'sock3.sendto(b"hi", ("127.0.0.1", 8080))  # = 2',
        ),
        (call("recv", 100, "0", result=0), "sock3.recv(100)  # = 0"),
        (
            call("recvfrom", 9, "MSG_PEEK", result=2, data=b"hi", size=2, peer=HOME),
            'sock3.recvfrom(9, socket.MSG_PEEK)  # = 2 "hi" from 127.0.0.1:8080',
        ),
        (
            call("recv", 4, "MSG_TRUNC", result=10, data=b"0123", size=4),
            'sock3.recv_into(bytearray(4), 4, socket.MSG_TRUNC)  # = 10 "0123"...',
        ),
        (call("shutdown", "SHUT_WR"), "sock3.shutdown(socket.SHUT_WR)  # = 0"),
        (call("close"), "sock3.close()  # = 0"),
        (call("ioctl", "FIONBIO", 1), "sock3.setblocking(False)  # = 0"),
        (
            call("poll", "POLLIN|POLLOUT", 1500, result=1, value="POLLOUT"),
            "p = select.poll(); p.register(sock3, select.POLLIN | select.POLLOUT); p.poll(1500)"
            "  # = 1 POLLOUT",
        ),
        (
            call("setsockopt", "IPPROTO_TCP", "TCP_NODELAY", 1),
            "sock3.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # = 0",
        ),
        (
            call("getsockopt", "SOL_SOCKET", "SO_LINGER", value="off"),
            "sock3.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)  # = off",
        ),
    ],
)
def test_a_call_as_a_statement(written: str, wanted: str) -> None:
    assert written == wanted
    ast.parse(written)


VALUES: dict[Kind, list[object]] = {
    Kind.SWITCH: [0, 1],
    Kind.NUMBER: [5],
    Kind.MILLISECONDS: [700],
    Kind.SECONDS: [0.0, 2.0, 0.25, 1e-7],
    Kind.LINGER: [None, 0, 3],
    Kind.ADDRESS: [("127.0.0.1",), ("lo",), ("1",)],
    Kind.TEXT: [("reno",)],
    Kind.MEMBERSHIP: [
        ("239.1.1.1",),
        ("239.1.1.1", "127.0.0.1"),
        ("239.1.1.1", "lo"),
        ("ff02::1",),
        ("ff02::1", "lo"),
    ],
}


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_every_option_is_set_to_the_bytes_that_the_lab_passes(option: object, family: int) -> None:
    assert isinstance(option, type(OPTIONS["linger"]))
    for value in VALUES.get(option.kind, [1]):
        try:
            setting = option.setting(family, value, index_of)
        except OptionMismatch:
            continue
        code = call("setsockopt", *setting.args).partition("  #")[0]
        given = eval(  # our own text: that it runs is what is tested
            code.replace("sock3.setsockopt", ""), {"socket": socket, "struct": struct}
        )
        assert given == (setting.level, setting.number, setting.raw)


def test_what_is_no_call_of_the_lab_becomes_no_code() -> None:
    evil = '")); import os; os.abort() #'
    for written in (
        call("sendmsg"),
        call("bind", (evil, 80)),
        call("setsockopt", "SOL_SOCKET", evil, 1),
        call("setsockopt", evil, "SO_ERROR", 1),
        call("setsockopt", "SOL_SOCKET", "SO_ERROR", "getattr"),
        call("shutdown", evil),
        call("listen", evil),
        call("recv", evil, "0"),
        call("send", evil, data=b"x", size=1),
        call("ioctl", "FIONREAD", 0),
        call("poll", evil, 0),
        call("poll", "POLLIN"),
        call("socket"),
        call("connect"),
        call(f"close()\n{evil}"),
        failed("close", evil),
    ):
        tree = ast.parse(written)
        assert not any(isinstance(node, ast.Import) for node in ast.walk(tree))
        assert "\n" not in written


@given(st.binary(max_size=200))
def test_bytes_are_read_back(data: bytes) -> None:
    literal = python_bytes(data)
    assert literal.isascii()
    assert ast.literal_eval(literal) == data


@given(st.ip_addresses().map(str), st.integers(0, 65535))
def test_addresses_are_read_back(host: str, port: int) -> None:
    address: Address = (host, port)
    assert ast.literal_eval(python_address(address)) == address


@pytest.mark.parametrize("host", ["dead", "beef.", "1.2.3", "1.2.3.4.5", ":", "localhost", ""])
def test_a_host_that_is_no_numeric_address_becomes_no_code(host: str) -> None:
    written = call("connect", (host, 80))  # no resolver is asked what it might be
    assert written.startswith("# connect(3, ")


def test_a_scope_stands_where_python_takes_it() -> None:
    assert python_address(("fe80::1%2", 80)) == '("fe80::1", 80, 0, 2)'
    longest = "9" * 5000  # in somebody else's journal
    assert python_address((f"fe80::1%0{longest}", 80)) == f'("fe80::1", 80, 0, {longest})'
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        with pytest.raises(OSError, match=r".") as raised:
            sock.bind(ast.literal_eval(python_address(("fe80::1%99999", 0))))
        assert raised.value.errno == errno.ENODEV  # and not EINVAL, as without a scope
