from __future__ import annotations

import socket
import sys

import msgspec
import pytest

from socklab.events import State
from socklab.model.tcp_states import BY_CODE, TcpState, state_of_hex


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("01", "ESTABLISHED"),
        ("02", "SYN_SENT"),
        ("03", "SYN_RECV"),
        ("04", "FIN_WAIT1"),
        ("05", "FIN_WAIT2"),
        ("06", "TIME_WAIT"),
        ("07", "CLOSE"),
        ("08", "CLOSE_WAIT"),
        ("09", "LAST_ACK"),
        ("0A", "LISTEN"),
        ("0B", "CLOSING"),
        ("0C", "SYN_RECV"),
    ],
)
def test_hexadecimal_codes_of_proc_net_tcp(code: str, name: str) -> None:
    assert state_of_hex(code) == name


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(KeyError):
        state_of_hex("0F")
    with pytest.raises(ValueError, match="invalid literal"):
        state_of_hex("xy")


def test_a_journal_takes_every_one_of_them() -> None:
    for state in TcpState:
        event = State(t=0, sock=1, old=TcpState.CLOSE, new=state, source="call")
        assert msgspec.json.decode(msgspec.json.encode(event), type=State) == event


@pytest.mark.skipif(sys.platform != "linux", reason="TCP_INFO has this layout on Linux")
def test_the_kernel_agrees() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        assert BY_CODE[info[0]] is TcpState.LISTEN
        with socket.create_connection(listener.getsockname()) as client:
            info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
            assert BY_CODE[info[0]] is TcpState.ESTABLISHED
