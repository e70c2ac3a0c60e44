"""Why a receive gave 0."""

from __future__ import annotations

from typing import Any

import pytest

from socklab.events import Call
from socklab.model.rows import Kind
from socklab.model.zero import Zero, shuts_receiving, tells_of_break, zero_of


def call(name: str = "recv", *args: Any, **fields: Any) -> Call:
    return Call(t=0, name=name, args=args or (100, "0"), **{"result": 0, **fields})


@pytest.mark.parametrize(
    ("got", "kind", "shut", "broken", "why"),
    [
        (call(), "tcp", False, False, Zero.END),
        (call("recvfrom"), "tcp", False, False, Zero.END),
        (call("recv", 100, "MSG_PEEK"), "tcp", False, False, Zero.END),
        (call(), "tcp", True, False, Zero.SHUT),
        (call(), "tcp", False, True, Zero.BROKEN),
        (call(), "tcp", True, True, Zero.BROKEN),
        (call(), "udp", False, False, Zero.DATAGRAM),
        (call("recvfrom", peer=("127.0.0.1", 9)), "udp", True, False, Zero.DATAGRAM),
        (call("recvfrom"), "udp", True, False, Zero.SHUT),
        (call(cut=True), "tcp", True, False, Zero.CUT),
        (call(cut=True), "udp", False, False, Zero.CUT),
        (call("recv", 0, "0"), "tcp", False, False, Zero.UNASKED),
        (call("recv", 0, "0"), "udp", False, False, Zero.UNASKED),
        (call(result=1), "tcp", False, False, None),
        (call(result=None, error="EAGAIN"), "tcp", False, False, None),
        (call("send"), "tcp", False, False, None),
    ],
)
def test_why_a_receive_gave_0(
    got: Call, kind: Kind, shut: bool, broken: bool, why: Zero | None
) -> None:
    assert zero_of(got, kind, shut=shut, broken=broken) is why


def test_which_calls_cast_doubt_on_a_0() -> None:
    assert shuts_receiving(call("shutdown", "SHUT_RD"))
    assert shuts_receiving(call("shutdown", "SHUT_RDWR"))
    assert shuts_receiving(call("shutdown", "SHUT_RD", error="ENOTCONN"))
    assert not shuts_receiving(call("shutdown", "SHUT_WR"))
    assert not shuts_receiving(call("shutdown", "SHUT_RD", error="EBADF"))
    assert not shuts_receiving(call("close"))
    assert tells_of_break(call(error="ECONNRESET"))
    assert tells_of_break(call("getsockopt", "SOL_SOCKET", "SO_ERROR", value="ECONNRESET"))
    assert not tells_of_break(call("getsockopt", "SOL_SOCKET", "SO_ERROR", value="0"))
    assert not tells_of_break(call(error="EAGAIN"))
