from __future__ import annotations

from typing import Any

import pytest

from socklab.events import (
    EVENT_TYPES,
    Call,
    Command,
    Event,
    Fate,
    Frame,
    Gauge,
    Info,
    Note,
    Program,
    State,
    Wait,
)
from socklab.model.notation import call_text, command_text, event_text, wait_text

HOME = ("127.0.0.1", 8080)

CALLS: list[tuple[dict[str, Any], str]] = [
    (
        {"name": "socket", "fd": 3, "args": ("AF_INET", "SOCK_STREAM", 0), "result": 3},
        "socket(AF_INET, SOCK_STREAM, 0) = 3",
    ),
    (
        {"name": "socket", "args": ("AF_INET6", "SOCK_DGRAM", 0), "error": "EMFILE"},
        "socket(AF_INET6, SOCK_DGRAM, 0) = -1 EMFILE",
    ),
    ({"name": "bind", "fd": 3, "args": (HOME,), "result": 0}, "bind(3, 127.0.0.1:8080) = 0"),
    (
        {"name": "bind", "fd": 3, "args": (("::1", 80),), "error": "EACCES"},
        "bind(3, [::1]:80) = -1 EACCES",
    ),
    ({"name": "listen", "fd": 3, "args": (5,), "result": 0}, "listen(3, 5) = 0"),
    ({"name": "listen", "fd": 3, "args": (0,), "result": 0}, "listen(3, 0) = 0"),
    (
        {"name": "connect", "fd": 3, "args": (("127.0.0.1", 8081),), "error": "ECONNREFUSED"},
        "connect(3, 127.0.0.1:8081) = -1 ECONNREFUSED",
    ),
    (
        {"name": "accept", "fd": 3, "result": 4, "local": HOME, "remote": ("127.0.0.1", 41822)},
        "accept(3) = 4 from 127.0.0.1:41822",
    ),
    ({"name": "accept", "fd": 3, "error": "EINVAL", "cut": True}, "accept(3) = -1 EINVAL (cut)"),
    (
        {"name": "getsockname", "fd": 3, "result": 0, "value": HOME},
        "getsockname(3) = 127.0.0.1:8080",
    ),
    ({"name": "getpeername", "fd": 3, "error": "ENOTCONN"}, "getpeername(3) = -1 ENOTCONN"),
    (
        {"name": "send", "fd": 3, "args": ("0",), "data": b"hello", "size": 5, "result": 5},
        'send(3, "hello") = 5',
    ),
    (
        {"name": "send", "fd": 3, "args": ("MSG_OOB",), "data": b"!", "size": 1, "result": 1},
        'send(3, "!", MSG_OOB) = 1',
    ),
    (
        {"name": "send", "fd": 3, "args": ("0",), "data": b"", "size": 0, "result": 0},
        'send(3, "") = 0',
    ),
    (
        {
            "name": "send",
            "fd": 3,
            "args": ("0",),
            "data": b"A" * 4096,
            "size": 8000,
            "result": 5000,
        },
        f'send(3, "{"A" * 32}"..., 8000) = 5000',
    ),
    (
        {"name": "send", "fd": 9, "args": ("0",), "data": b"x", "size": 1, "error": "EBADF"},
        'send(9, "x") = -1 EBADF',
    ),
    (
        {"name": "sendto", "fd": 3, "args": ("0", HOME), "data": b"AAA", "size": 3, "result": 3},
        'sendto(3, "AAA", 127.0.0.1:8080) = 3',
    ),
    (
        {"name": "recv", "fd": 4, "args": (100, "0"), "data": b"hello", "size": 5, "result": 5},
        'recv(4, 100) = 5 "hello"',
    ),
    (
        {"name": "recv", "fd": 4, "args": (100, "0"), "data": b"", "size": 0, "result": 0},
        "recv(4, 100) = 0",
    ),
    (
        {"name": "recv", "fd": 4, "args": (100, "MSG_PEEK"), "data": b"hi", "size": 2, "result": 2},
        'recv(4, 100, MSG_PEEK) = 2 "hi"',
    ),
    (
        {"name": "recv", "fd": 4, "args": (100, "0"), "data": b"\x1b[m", "size": 3, "result": 3},
        r'recv(4, 100) = 3 "\x1b[m"',
    ),
    (
        {"name": "recv", "fd": 4, "args": (10, "MSG_DONTWAIT"), "error": "EAGAIN"},
        "recv(4, 10, MSG_DONTWAIT) = -1 EAGAIN",
    ),
    (
        {
            "name": "recvfrom",
            "fd": 3,
            "args": (4096, "0"),
            "data": b"AAA",
            "size": 3,
            "result": 3,
            "peer": ("127.0.0.1", 5000),
        },
        'recvfrom(3, 4096) = 3 "AAA" from 127.0.0.1:5000',
    ),
    (
        {
            "name": "recvfrom",
            "fd": 3,
            "args": (4, "MSG_TRUNC"),
            "data": b"AAAA",
            "size": 4,
            "result": 10,
            "peer": ("::1", 5000),
        },
        'recvfrom(3, 4, MSG_TRUNC) = 10 "AAAA"... from [::1]:5000',
    ),
    (
        {
            "name": "recvfrom",
            "fd": 3,
            "args": (9, "0"),
            "data": b"",
            "result": 0,
            "peer": ("::1", 5),
        },
        "recvfrom(3, 9) = 0 from [::1]:5",
    ),
    ({"name": "shutdown", "fd": 3, "args": ("SHUT_WR",), "result": 0}, "shutdown(3, SHUT_WR) = 0"),
    ({"name": "close", "fd": 3, "result": 0}, "close(3) = 0"),
    (
        {"name": "setsockopt", "fd": 3, "args": ("SOL_SOCKET", "SO_REUSEADDR", 1), "result": 0},
        "setsockopt(3, SO_REUSEADDR, 1) = 0",
    ),
    (
        {
            "name": "getsockopt",
            "fd": 3,
            "args": ("SOL_SOCKET", "SO_RCVBUF"),
            "result": 0,
            "value": 131072,
        },
        "getsockopt(3, SO_RCVBUF) = 131072",
    ),
    (
        {"name": "poll", "fd": 3, "args": ("POLLIN", 1000), "result": 1, "value": "POLLIN"},
        "poll(3, POLLIN, 1000) = 1 POLLIN",
    ),
    ({"name": "poll", "fd": 3, "args": ("POLLIN", 1000), "result": 0}, "poll(3, POLLIN, 1000) = 0"),
    (
        {"name": "ioctl", "fd": 3, "args": ("FIONBIO", True), "result": 0},
        "ioctl(3, FIONBIO, 1) = 0",
    ),
    ({"name": "mystery", "fd": 3, "args": (None, 0.5)}, "mystery(3, NULL, 0.5) = ?"),
]


@pytest.mark.parametrize(("fields", "shown"), CALLS, ids=[shown for _, shown in CALLS])
def test_call_text(fields: dict[str, Any], shown: str) -> None:
    assert call_text(Call(t=0, **fields)) == shown
    assert event_text(Call(t=0, **fields)) == shown


def test_the_limit_is_the_callers() -> None:
    call = Call(t=0, name="recv", fd=4, args=(9, "0"), data=b"hello", size=5, result=5)
    assert call_text(call, limit=2) == 'recv(4, 9) = 5 "he"...'


def test_wait_text_shows_the_call_unfinished() -> None:
    assert wait_text(Wait(t=0, name="accept", fd=3)) == "accept(3) ..."
    assert wait_text(Wait(t=0, name="recv", fd=4, args=(100, "0"))) == "recv(4, 100) ..."
    assert (
        wait_text(Wait(t=0, name="connect", fd=3, args=(HOME,))) == "connect(3, 127.0.0.1:8080) ..."
    )


EVENTS: list[tuple[Event, str]] = [
    (Command(t=0, program="server", text="listen 3 5", origin="form"), "> server: listen 3 5"),
    (Command(t=0, program="server", text="server: listen 3", origin="form"), "> server: listen 3"),
    (Command(t=0, text="pace slow", origin="console"), "> pace slow"),
    (Program(t=0, program="server", change="started", host="here"), "program started on here"),
    (Program(t=0, program="server", change="stopped", host="here"), "program stopped"),
    (Program(t=0, program="server", change="frozen", host="here"), "program frozen"),
    (Wait(t=0, name="recv", fd=4, args=(100, "0")), "recv(4, 100) ..."),
    (
        State(t=0, sock=7, fd=3, old="SYN_SENT", new="ESTABLISHED", source="kernel"),
        "3 SYN_SENT → ESTABLISHED (kernel)",
    ),
    (
        State(t=0, sock=7, held=4, old="FIN_WAIT2", new="TIME_WAIT", source="wire"),
        "4 (closed) FIN_WAIT2 → TIME_WAIT (wire)",
    ),
    (
        State(
            t=0,
            sock=7,
            old="CLOSE",
            new="SYN_RECV",
            source="kernel",
            local=HOME,
            remote=("::1", 9),
        ),
        "connection #7 CLOSE → SYN_RECV (kernel), 127.0.0.1:8080 ⇄ [::1]:9",
    ),
    (Gauge(t=0, sock=1, fd=3, recv_queue=12, send_queue=0), "3 recv 12 B · send 0 B"),
    (Gauge(t=0, sock=1, fd=3, accept_queue=2, backlog=5), "3 accept queue 2/5"),
    (Gauge(t=10**9, sock=9, expires=61 * 10**9), "connection #9 forgotten in 60.0 s"),
    (Gauge(t=0, sock=9, recv_queue=100, drops=4), "connection #9 recv 100 B · 4 dropped"),
    (
        Info(t=0, sock=1, fd=3, rtt=25, rto=204_000, snd_cwnd=10, snd_mss=1448),
        "3 rtt 25 µs · rto 204 ms · cwnd 10 · mss 1448",
    ),
    (
        Info(t=0, sock=9, rtt=1300, rto=3_000_000, lost=2, total_retrans=3),
        "connection #9 rtt 1.3 ms · rto 3.00 s · cwnd 0 · mss 0 · 2 lost · 3 sent again",
    ),
    (Frame(t=0, id=5, sender="a", receiver="b", size=66, data=b""), "frame 5 a → b 66 B"),
    (Fate(t=0, id=5, verdict="dropped"), "frame 5 dropped"),
    (Fate(t=0, id=5, verdict="delivered", delay=3_000_000), "frame 5 delivered after 3.0 ms"),
    (Note(t=0, text="it is late"), "it is late"),
]


@pytest.mark.parametrize(("event", "shown"), EVENTS)
def test_event_text(event: Event, shown: str) -> None:
    assert event_text(event) == shown


def test_every_type_of_event_has_its_line() -> None:
    assert {type(event) for event, _ in EVENTS} | {Call} == set(EVENT_TYPES)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("listen 3", "server: listen 3"),
        ("  listen 3 ", "server: listen 3"),
        ("server: listen 3", "server: listen 3"),
        ("client-2: close 3", "client-2: close 3"),
        ("server:listen", "server: server:listen"),  # no blank behind it: not a program's name
        ('send 3 "a: b"', 'server: send 3 "a: b"'),
        ("\tclient:\tclose\u3000 3", "client: close  3"),  # blanks that would be shown escaped
        ('send 3\t"a\tb" oob', r'server: send 3 "a\tb" oob'),
        ('send 3 hex:22\t"', 'server: send 3 hex:22 "'),
    ],
)
def test_a_command_names_its_program(text: str, line: str) -> None:
    assert command_text(Command(t=0, program="server", text=text, origin="console")) == line


def test_nothing_foreign_acts_in_a_line() -> None:
    evil = "\x1b[2J\nfake"
    events = [
        Note(t=0, text=evil),
        Command(t=0, program=evil, text=evil, origin="script"),
        Program(t=0, program=evil, change="started", host=evil),
        Call(t=0, name=evil, fd=3, args=(evil, (evil, 1)), error=evil),
        Call(t=0, name="getsockopt", fd=3, args=(evil, evil), result=0, value=evil),
        State(t=0, sock=1, old=evil, new=evil, source="kernel"),
        Frame(t=0, id=1, sender=evil, receiver=evil, size=0, data=b""),
        Wait(t=0, name=evil, fd=3, args=(evil,)),
    ]
    for event in events:
        assert event_text(event).isprintable()
        assert r"\x1b[2J\n" in event_text(event)
