"""The exported programs do what the session's programs did: run as processes of their own they make
the same calls in the same order, with the same results and errnos, under strace's eyes.

Sizes that are chance (facts, part 3: how much a send takes when buffers fill) are compared as "some
bytes" or not at all; a session says so itself.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from socklab.export.c_source import write_c
from socklab.export.python_source import write_python
from socklab.lab.lab import Lab
from tests.oracles import programs

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("strace", "bash", "cc")),
    reason="strace, bash or a C compiler is not installed",
)


@dataclass(frozen=True)
class Session:
    """A script; `sized` is false where sizes are chance."""

    name: str
    script: str
    sized: bool = True


SESSIONS = (
    Session(
        "tcp",
        """
        server: socket tcp
        server: bind 3 127.0.0.1 0
        server: listen 3 5
        server: accept 3                     # blocks
        client: socket tcp
        client: connect 3 @server
        server: getsockname 4
        client: getsockname 3
        client: getpeername 3
        server: recv 4 100                   # blocks
        client: send 3 "one"
        expect server recv 4 = 3 "one"
        client: send 3 "two"
        client: send 3 bytes:5000
        server: recv 4 100
        server: recv 4 3 peek
        server: recv 4 10000 waitall
        client: shutdown 3 out
        server: recv 4 100
        server: send 4 "good ? bye ?? \\xff\\0\\"\\\\"
        client: recv 3 100
        client: recv 3 100
        client: recv 3 100
        server: close 4
        client: recv 3 100
        client: reset 3
        """,
    ),
    Session(
        "errors",
        """
        taken: socket tcp
        taken: bind 3 127.0.0.1 0
        taken: listen 3
        t: socket tcp
        t: bind 3 @taken
        t: bind 3 203.0.113.1 0
        t: send 3 "to whom?"
        t: recv 3 100
        t: accept 3
        t: connect 3 127.0.0.1 0
        t: connect 3 @taken
        t: connect 3 @taken
        t: listen 3
        t: setsockopt 3 type 1
        t: socket udp
        t: listen 4
        t: send 4 "to whom?"
        t: sendto 4 127.255.255.255 9 "to all"
        t: sendto 4 @taken bytes:65508
        t: getsockopt 4 nodelay
        t: close 3
        t: close 3
        t: bind 3 127.0.0.1 0
        t: connect 3 @taken
        t: accept 3
        t: send 3 "x"
        t: recv 3 10
        t: recvfrom 3 10
        t: shutdown 3 both
        t: nonblock 3 on
        t: poll 3 in 0
        t: setsockopt 3 linger 0
        t: getsockopt 3 error
        t: getsockname 3
        t: recv 9 10
        t: send 9 "x"
        t: sendto 9 127.0.0.1 9 "x"
        t: recvfrom 9 10
        t: bind 9 127.0.0.1 9
        t: listen 9
        t: accept 9
        t: connect 9 127.0.0.1 9
        t: shutdown 9 in
        t: poll 9 in,out 0
        t: nonblock 9 off
        t: getsockopt 9 type
        t: setsockopt 9 nodelay on
        t: getpeername 9
        t: close 9
        t: close 2
        t: socket tcp
        domain: socket tcp
        domain: getsockopt 3 domain          # by itself: C needs more than POSIX for it
        protocol: socket udp ipv6
        protocol: getsockopt 3 protocol
        """,
    ),
    Session(
        "udp",
        """
        server: socket udp
        server: bind 3 127.0.0.1 0
        client: socket udp
        client: setsockopt 3 rcvtimeo 0.1
        server: recvfrom 3                   # blocks
        client: sendto 3 @server "AAA"
        client: sendto 3 @server ""
        client: sendto 3 @server "0123456789"
        client: sendto 3 @server "0123456789"
        client: sendto 3 @server bytes:9000
        server: sendto 3 peer "back"
        server: recvfrom 3 100
        server: recv 3 4
        server: recvfrom 3 4 trunc
        server: recv 3 10000
        server: recv 3 10 dontwait
        client: recvfrom 3 100
        client: recvfrom 3 100
        nobody: socket tcp
        nobody: bind 3 127.0.0.1 0
        faithful: socket udp
        faithful: connect 3 @nobody
        faithful: send 3 "a"
        faithful: send 3 "b"
        faithful: send 3 "c"
        faithful: recv 3 100
        expect client recvfrom 3 = EAGAIN
        """,
    ),
    Session(
        "ipv6",
        """
        server: socket tcp ipv6
        server: setsockopt 3 v6only off
        server: bind 3 * 0
        server: listen 3
        six: socket tcp ipv6
        six: connect 3 @server
        server: accept 3
        four: socket tcp
        four: connect 3 @server
        server: accept 3
        server: getpeername 5
        four: send 3 "from IPv4"
        server: recv 5 100
        u: socket udp ipv6
        u: bind 3 ::1 0
        v: socket udp ipv6
        v: sendto 3 @u "hi"
        u: recvfrom 3 10
        u: sendto 3 peer "hi yourself"
        v: recvfrom 3 100
        v: sendto 3 @u bytes:65528
        """,
    ),
    Session(
        "non-blocking",
        """
        server: socket tcp
        server: bind 3 127.0.0.1 0
        server: listen 3 0
        open: socket tcp
        open: nonblock 3 on
        open: connect 3 @server
        open: poll 3 out 2
        open: getsockopt 3 error
        open: connect 3 @server
        open: connect 3 @server
        open: recv 3 10
        silent: socket tcp
        silent: nonblock 3 on
        silent: connect 3 @server
        silent: poll 3 out 0.1
        silent: connect 3 @server
        server: accept 3
        server: setsockopt 3 rcvtimeo 0.05
        server: nonblock 3 on
        patient: client tcp @server timeout=3
        patient: close 3
        """,
    ),
    Session(
        "buffers",
        """
        server: socket tcp
        server: setsockopt 3 rcvbuf 30000
        server: bind 3 127.0.0.1 0
        server: listen 3
        client: socket tcp
        client: setsockopt 3 sndbuf 30000
        client: connect 3 @server
        server: accept 3
        client: nonblock 3 on
        client: recv 3 10
        client: send 3 bytes:8000000
        client: nonblock 3 off
        client: send 3 bytes:1000000         # blocks
        server: recv 4 1000000 waitall
        server: setsockopt 4 rcvtimeo 0.3
        server: recv 4 5000000 waitall       # all that is left
        expect client send 3 = 1000000
        expect server recv 4 = *
        expect server recv 4 = *
        """,
        sized=False,
    ),
    Session(
        "stopped",
        """
        a: socket tcp
        a: bind 3 127.0.0.1 0
        a: listen 3
        b: client tcp @a
        a: accept 3
        a: accept 3                          # blocks, and the program is stopped in it
        b: recv 3                            # blocks
        b: shutdown 3 in
        expect b recv 3 = 0
        b: recv 3
        c: socket udp
        c: recvfrom 3                        # blocks to the end
        a: stop
        a: socket tcp
        a: poll 3 in 0.05
        d: serve tcp 127.0.0.1 0 discard
        e: client tcp @d
        expect d accept = 4
        d: socket udp
        d: recv 5                            # blocks to the end, beside its loop
        """,
    ),
    Session(
        "clients",
        """
        server: serve tcp 127.0.0.1 0 upper accept=manual read=manual
        one: client tcp @server
        two: client tcp @server
        server: accept 3
        server: accept 3
        two: send 3 "second"
        one: send 3 "first"
        server: recv 4 100
        server: recv 5 100
        one: recv 3 100
        two: recv 3 100
        every: client tcp @server
        server: accept 3
        every: every 0.01 x5 send 3 "tick"
        sleep 0.2
        every: close 3
        one: close 3
        server: recv 6 100
        server: recv 4 100
        """,
    ),
    Session(
        "echo",
        """
        server: serve tcp 127.0.0.1 0 echo timeout=0.3
        room: serve tcp 127.0.0.1 0 chat max-clients=2
        client: client tcp @server read=auto
        client: send 3 "hello"
        expect client recv 3 = 5 "hello"
        client: send 3 "again"
        expect client recv 3 = 5 "again"
        expect client recv 3 = 0 within 4
        timed: client tcp @room read=auto timeout=2
        timed: send 3 "is anybody there?"
        timed: shutdown 3 out
        expect timed recv 3 = 0
        timed: close 3
        client: client tcp @room read=auto
        hand: client tcp @room
        client: send 4 "hi all"
        hand: recv 3 100
        late: client tcp @room
        late: recv 3 100
        late: recv 3 100
        hand: send 3 "hi"
        expect client recv 4 = 2 "hi"
        late: close 3
        expect room close = 0
        hand: close 3
        expect room recv = 0
        full: serve tcp 127.0.0.1 0 echo max-clients=0
        unlucky: client tcp @full
        unlucky: recv 3 100
        unlucky: recv 3 100
        unlucky: close 3
        expect full close = 0
        """,
    ),
    Session(
        "services",
        """
        s: serve tcp 127.0.0.1 0 http
        s: serve tcp 127.0.0.1 0 daytime
        s: serve udp 127.0.0.1 0 upper
        s: serve tcp 127.0.0.1 0 discard accept=manual
        web: client tcp @s.3
        web: send 3 "GET /x HTTP/1.1\\r\\nHost: lab\\r\\n\\r\\n"
        web: recv 3 2000
        web: send 3 "GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nGET / HTTP/1.1\\r\\nHost: b\\r\\n\\r\\n"
        web: recv 3 4000
        web: send 3 "HEAD / HTTP/1.1\\r\\nHost: lab\\r\\nConnection: close\\r\\n\\r\\n"
        web: recv 3 2000
        web: recv 3 2000
        web: client tcp @s.4
        web: recv 4 200
        web: recv 4 200
        web: close 4
        web: client udp @s.5 read=auto
        web: send 4 "loud"
        expect web recv 4 = 4 "LOUD"
        s: accept 6                          # blocks, and the loop goes on
        web: send 4 "LOUDER"
        expect web recv 4 = 6 "LOUDER"
        web: client tcp @s.6
        expect s accept 6 = *
        web: send 5 "for nobody"
        odd: client tcp @s.3
        odd: send 3 "is this\\0a request?\\n\\n"
        odd: recv 3 2000
        odd: recv 3 2000
        odd: close 3
        shut: client udp @s.5 read=auto
        shut: shutdown 3 both
        expect shut recv 3 = EAGAIN
        expect shut recv 3 = EAGAIN
        expect shut recv 3 = EAGAIN
        mute: serve udp 127.0.0.1 0 echo
        mute: shutdown 3 both
        expect mute recvfrom 3 = EAGAIN
        expect mute recvfrom 3 = EAGAIN
        expect mute recvfrom 3 = EAGAIN
        deaf: serve tcp 127.0.0.1 0 echo
        deaf: shutdown 3 both
        expect deaf accept 3 = EINVAL
        expect s recv = 10
        """,
    ),
)

LANGUAGES = {"python": write_python, "c": write_c}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_programs_make_the_session_s_calls(
    session: Session, language: str, lab: Lab, tmp_path: Path
) -> None:
    script = lab.script(session.script, tmp_path)
    assert (lab.run(script).result(30.0), script.failure) == ("done", None)
    lab.close()
    record = lab.journal
    folder = programs.write(record, LANGUAGES[language], tmp_path / "programs")
    run = programs.run(folder)
    wanted, made = programs.recorded(record), programs.seen(folder)
    if not session.sized:
        wanted, made = programs.without_sizes(wanted), programs.without_sizes(made)
    assert made == wanted, run.stdout + run.stderr
    assert run.returncode == 0, run.stderr
