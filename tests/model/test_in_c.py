from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import Arg, Call
from socklab.model.in_c import c_call, c_comment, c_string

HOME = ("127.0.0.1", 8080)


def call(name: str, *args: Arg, result: int | None = 0, **more: object) -> str:
    """The call on descriptor 3 in C."""
    return c_call(Call(t=0, name=name, fd=3, args=args, result=result, **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        (
            call("socket", "AF_INET", "SOCK_STREAM", 0, result=3),
            "socket(AF_INET, SOCK_STREAM, 0)  /* = 3 */",
        ),
        (call("bind", HOME), "bind(3, (struct sockaddr *)&addr, sizeof addr)  /* = 0 */"),
        (call("listen", 5), "listen(3, 5)  /* = 0 */"),
        (
            call("accept", result=4, remote=HOME),
            "accept(3, NULL, NULL)  /* = 4 from 127.0.0.1:8080 */",
        ),
        (
            call("connect", HOME, result=None, error="ECONNREFUSED"),
            "connect(3, (struct sockaddr *)&addr, sizeof addr)  /* = -1 ECONNREFUSED */",
        ),
        (
            call("getsockname", value=HOME),
            "getsockname(3, (struct sockaddr *)&addr, &length)  /* = 127.0.0.1:8080 */",
        ),
        (
            call("send", "MSG_OOB", result=2, data=b"hi", size=2),
            'send(3, "hi", 2, MSG_OOB)  /* = 2 */',
        ),
        (
            call("send", "0", result=8000, data=b"a" * 4096, size=8000),
            "send(3, data, 8000, 0)  /* = 8000 */",
        ),
        (
            call("sendto", "0", HOME, result=0, data=b"", size=0),
            'sendto(3, "", 0, 0, (struct sockaddr *)&addr, sizeof addr)  /* = 0 */',
        ),
        (
            call("recv", 100, "MSG_PEEK|MSG_WAITALL", result=4, data=b"/**/", size=4),
            'recv(3, buffer, 100, MSG_PEEK | MSG_WAITALL)  /* = 4 "/ ** /" */',
        ),
        (
            call("recvfrom", 100, "0", result=0, peer=HOME),
            "recvfrom(3, buffer, 100, 0, (struct sockaddr *)&addr, &length)"
            "  /* = 0 from 127.0.0.1:8080 */",
        ),
        (call("shutdown", "SHUT_RDWR"), "shutdown(3, SHUT_RDWR)  /* = 0 */"),
        (call("close"), "close(3)  /* = 0 */"),
        (call("ioctl", "FIONBIO", 0), "ioctl(3, FIONBIO, &(int){0})  /* = 0 */"),
        (
            call("poll", "POLLIN", -1, result=1, value="POLLIN"),
            "poll(&(struct pollfd){.fd = 3, .events = POLLIN}, 1, -1)  /* = 1 POLLIN */",
        ),
        (
            call("setsockopt", "SOL_SOCKET", "SO_RCVTIMEO", 0.5),
            "setsockopt(3, SOL_SOCKET, SO_RCVTIMEO,"
            " &(struct timeval){.tv_sec = 0, .tv_usec = 500000}, sizeof(struct timeval))"
            "  /* = 0 */",
        ),
        (
            call("getsockopt", "SOL_SOCKET", "SO_ERROR", value="0"),
            "getsockopt(3, SOL_SOCKET, SO_ERROR, &value, &length)  /* = 0 */",
        ),
    ],
)
def test_a_call_as_an_expression(written: str, wanted: str) -> None:
    assert written == wanted


def test_what_is_no_call_of_the_lab_becomes_no_code() -> None:
    evil = "0); system(0); /*"
    for written in (
        call("sendmsg"),
        call("setsockopt", "SOL_SOCKET", evil, 1),
        call("setsockopt", evil, "SO_ERROR", 1),
        call("shutdown", evil),
        call("listen", evil),
        call("recv", evil, "0"),
        call("poll", evil, 0),
        call(f"close */ {evil}"),
        call("close", result=None, error=f"*/ {evil}"),
    ):
        code = re.sub(r"/\*.*?\*/", "", written)
        assert "system" not in code
        assert "\n" not in code


@given(st.text())
def test_a_comment_stays_one(text: str) -> None:
    inside = c_comment(text)
    assert "*/" not in inside
    assert "/*" not in inside


@given(st.binary(max_size=100))
def test_string_literals_are_plain_and_without_trigraphs(data: bytes) -> None:
    literal = c_string(data)
    assert literal.isascii()
    assert literal.isprintable()
    assert "??" not in literal


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler is installed")
def test_the_compiler_reads_the_same_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) + b'??/??=\0007\x089\r\n"\\%'
    source = tmp_path / "literal.c"
    source.write_text(
        "#include <stdio.h>\n"
        f"int main(void) {{ return fwrite({c_string(data)}, 1, {len(data)}, stdout) != "
        f"{len(data)}; }}\n"
    )
    program = tmp_path / "literal"
    subprocess.run(
        ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-o", program, source], check=True
    )
    assert subprocess.run([program], capture_output=True, check=True).stdout == data
