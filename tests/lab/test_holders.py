"""Who has the port that a bind or a listen was refused: what the lab notes at that moment."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from socklab.events import Call, Note
from socklab.lab.lab import Lab
from tests import peers
from tests.watching import do, events_of


def told(lab: Lab, *lines: str) -> str:
    """The note about the last call of these lines, which failed."""
    call = do(lab, *lines)[-1]
    assert call.error == "EADDRINUSE"
    (note,) = events_of(lab, Note, cause=call.n)
    assert note.n > call.n
    assert note.program == call.program
    return note.text


def test_a_listening_socket_of_the_lab(lab: Lab) -> None:
    text = told(
        lab,
        "server: socket tcp",
        "server: bind 3 127.0.0.1 0",
        "server: listen 3",
        "other: socket tcp",
        "other: bind 3 @server",
    )
    assert "is taken: server 3 listens on 127.0.0.1:" in text


def test_a_socket_of_the_lab_that_is_only_bound(lab: Lab) -> None:
    lines = ["a: socket tcp", "a: bind 3 127.0.0.1 0", "b: socket tcp", "b: bind 3 @a"]
    assert "is taken: a 3 is bound to 127.0.0.1:" in told(lab, *lines)


def test_udp_ports_are_looked_up_among_udp_sockets(lab: Lab) -> None:
    lines = ["a: socket udp", "a: bind 3 127.0.0.1 0", "b: socket udp", "b: bind 3 @a"]
    assert "is taken: a 3 is bound to 127.0.0.1:" in told(lab, *lines)
    with peers.datagrams() as outside:
        host, port = peers.address(outside)
        text = told(lab, "c: socket udp", f"c: bind 3 {host} {port}")
    assert f"is bound to {host}:{port}" in text


def test_listen_where_another_one_listens(lab: Lab) -> None:
    text = told(
        lab,
        "a: socket tcp",
        "a: setsockopt 3 reuseaddr on",
        "a: bind 3 127.0.0.1 0",
        "b: socket tcp",
        "b: setsockopt 3 reuseaddr on",
        "b: bind 3 @a",
        "a: listen 3",
        "b: listen 3",
    )
    assert "is taken: a 3 listens on" in text
    assert "b 3" not in text


def test_a_connection_in_time_wait(lab: Lab) -> None:
    text = told(
        lab,
        "server: socket tcp",
        "server: bind 3 127.0.0.1 0",
        "server: listen 3",
        "port: socket udp",
        "port: bind 3 @server",
        "client: socket tcp",
        "client: connect 3 @server",
        "server: accept 3",
        "server: close 4",
        "client: close 3",
        "server: close 3",
        "expect server 4 TIME_WAIT",
        "new: socket tcp",
        "new: bind 3 @port",
    )
    assert "a connection that server has closed is in TIME_WAIT, 127.0.0.1:" in text


def test_a_connection_that_lives(lab: Lab) -> None:
    text = told(
        lab,
        "server: socket tcp",
        "server: bind 3 127.0.0.1 0",
        "server: listen 3",
        "client: socket tcp",
        "client: connect 3 @server",
        "server: accept 3",
        "server: close 3",
        "new: socket tcp",
        "new: bind 3 @server.4",
    )
    assert "is taken: the connection server 4 is in ESTABLISHED, 127.0.0.1:" in text


def test_a_program_outside_is_named_with_its_process(lab: Lab) -> None:
    name = Path("/proc/self/comm").read_text().strip()
    with peers.listener() as outside:
        host, port = peers.address(outside)
        text = told(lab, "server: socket tcp", f"server: bind 3 * {port}")
    assert text == (
        f"port {port} is taken: {name} (process {os.getpid()}) listens on {host}:{port}"
    )


def test_a_socket_that_no_table_shows(lab: Lab) -> None:
    with socket.socket() as outside:
        outside.bind(("127.0.0.1", 0))
        port = outside.getsockname()[1]
        text = told(lab, "server: socket tcp", f"server: bind 3 127.0.0.1 {port}")
    assert "none of the kernel's tables" in text


@pytest.mark.parametrize(
    "lines",
    [
        [
            "a: socket udp",
            "a: bind 3 127.0.0.1 0",
            *["a: setsockopt 3 join 224.1.1.1 127.0.0.1"] * 2,
        ],
        ["a: socket tcp", "a: bind 3 127.0.0.1 0", "a: bind 3 127.0.0.1 0"],
    ],
)
def test_other_failures_need_no_look(lab: Lab, lines: list[str]) -> None:
    do(lab, *lines)
    assert not events_of(lab, Note)


def test_the_look_is_no_call_of_the_program_s(lab: Lab) -> None:
    lines = ["a: socket tcp", "a: bind 3 127.0.0.1 0", "b: socket tcp", "b: bind 3 @a"]
    told(lab, *lines)
    assert [call.name for call in events_of(lab, Call)] == ["socket", "bind"] * 2


def test_where_somebody_listens_the_connections_go_without_saying(lab: Lab) -> None:
    text = told(
        lab,
        "server: socket tcp",
        "server: bind 3 127.0.0.1 0",
        "server: listen 3",
        "client: socket tcp",
        "client: connect 3 @server",
        "client: socket tcp",
        "client: connect 4 @server",
        "server: accept 3",
        "other: socket tcp",
        "other: bind 3 @server",
    )
    assert text.count("127.0.0.1") == 1
