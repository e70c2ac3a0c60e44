"""The C that a session becomes. That it makes the session's calls is tested with strace."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from socklab.export.c_source import write_c
from socklab.lab.behaviours import BEHAVIOURS
from socklab.lab.options import OPTIONS, OptionMismatch
from socklab.model.in_c import c_string
from socklab.network.interfaces import index_of
from tests.export.calls import HOME, Story, folder
from tests.export.journal import ListJournal, session
from tests.export.test_python_source import Long, serving
from tests.model.test_in_python import VALUES

STRICT = ("-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-pthread")

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler is installed")


def source(story: Story, program: str = "a") -> str:
    return folder(write_c, story.journal)[f"{program}.c"]


def steps(story: Story) -> str:
    return source(story).partition("getpid());\n")[2]


def compiles(text: str, folder: Path) -> None:
    """Without a word from the compiler, nor of what stands there for nothing."""
    path = folder / "program.c"
    path.write_text(text)
    run = subprocess.run(
        ["cc", *STRICT, "-c", "-o", folder / "program.o", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


def test_steps_stand_in_order_each_with_its_comment() -> None:
    story = Story()
    story.socket("a")
    story.call("a", "connect", HOME, error="ECONNREFUSED")
    story.call("a", "getsockopt", "SOL_SOCKET", "SO_ERROR", value="0")
    assert steps(story) == (
        "\n"
        "    /* 1. socket(AF_INET, SOCK_STREAM, 0) = 3 */\n"
        "    turn();\n"
        '    fd3 = (int)say(1, "socket", socket(AF_INET, SOCK_STREAM, 0));\n'
        "\n"
        "    /* 2. connect(3, 127.0.0.1:8080) = -1 ECONNREFUSED\n"
        "     * ECONNREFUSED: nobody listens on that port */\n"
        "    turn();\n"
        '    addr = ipv4("127.0.0.1", 8080);\n'
        '    say(2, "connect", connect(fd3, (struct sockaddr *)&addr, sizeof addr));\n'
        "\n"
        "    /* 3. getsockopt(3, SO_ERROR) = 0 */\n"
        "    turn();\n"
        "    {\n"
        "        int value;\n"
        "        socklen_t length = sizeof value;\n"
        '        say(3, "getsockopt", getsockopt(fd3, SOL_SOCKET, SO_ERROR, &value, &length));\n'
        "    }\n"
        "    return 0;\n"
        "}\n"
    )


@needs_compiler
def test_every_option_compiles(tmp_path: Path) -> None:
    story = Story()
    story.socket("a")
    for option in OPTIONS.values():
        for family in (socket.AF_INET, socket.AF_INET6):
            story.call("a", "getsockopt", *option.query(family).args, value=1)
            for value in VALUES.get(option.kind, [1]):
                try:
                    setting = option.setting(family, value, index_of)
                except OptionMismatch:
                    continue
                story.call("a", "setsockopt", *setting.args)
    compiles(source(story), tmp_path)


@needs_compiler
@pytest.mark.parametrize("option", ["reuseport", "recverr", "join", "tcp_info", "rcvtimeo"])
def test_an_option_brings_what_it_needs(option: str, tmp_path: Path) -> None:
    story = Story()
    story.socket("a")
    known = OPTIONS[option]
    setting = known.setting(socket.AF_INET, VALUES.get(known.kind, [1])[0], index_of)
    story.call("a", "setsockopt", *setting.args)
    story.call("a", "getsockopt", *known.query(socket.AF_INET).args, value=1)
    compiles(source(story), tmp_path)


@needs_compiler
@pytest.mark.parametrize("data", [b"a buffer", b'"ipv6(', b'\\"poll(', b"ioctl(", b"IPPROTO_TCP"])
def test_what_is_sent_is_no_code(data: bytes, tmp_path: Path) -> None:
    story = Story()
    story.socket("a")
    story.call("a", "send", "0", data=data, size=len(data), result=len(data))
    assert c_string(data) in source(story)
    compiles(source(story), tmp_path)


@needs_compiler
@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("limits", ["", "max-clients=2 timeout=0.5", "read=manual"])
def test_every_server_compiles(behaviour: str, limits: str, tmp_path: Path) -> None:
    for transport in sorted(BEHAVIOURS[behaviour].transports):
        story = serving(f"serve {transport} 127.0.0.1 8080 {behaviour} {limits}")
        compiles(source(story), tmp_path)
        assert "turn(); /* the loop goes on */" in source(story)


@needs_compiler
def test_all_that_a_program_may_need_at_once_compiles(tmp_path: Path) -> None:
    story = Story()
    story.socket("a", "SOCK_DGRAM")
    pattern = story.command("a", "sendto 3 @b bytes:9000")
    file = story.command("a", 'sendto 3 ::1 9 file: "a \\"b\\" ?\\x3f/"')
    peer = story.command("a", 'sendto 3 peer "x"')
    story.call("a", "sendto", "0", HOME, cause=pattern, data=b"", size=9000, result=9000)
    story.call("a", "sendto", "0", ("::1", 9), cause=file, data=b"ab", size=2, result=2)
    story.call("a", "recvfrom", 200_000_000, "MSG_TRUNC", result=0, peer=HOME)
    story.call("a", "sendto", "0", HOME, cause=peer, data=b"x", size=1, result=1)
    story.call("a", "send", "0", data=b"??/" * 50, size=9999, result=9999)
    story.call("a", "poll", "POLLIN", 10, fd=9, os_fd=-1, error="EBADF")
    entered = story.wait("a", "recv", 9, "0")
    story.call("a", "shutdown", "SHUT_RD")
    story.call("a", "recv", 9, "0", t=entered, duration=1500, cut=True)
    story.call("a", "getpeername", error="ENOTCONN")
    story.call("a", "getsockname", fd=0, os_fd=-1, error="EBADF")
    for _ in range(5):
        story.call("a", "send", "0", data=b"tick", size=4, result=4)
    text = source(story)
    compiles(text, tmp_path)
    assert "for (int number = 12; number <= 16; number++) {" in text


@needs_compiler
def test_many_steps_are_several_functions(tmp_path: Path) -> None:
    pieces = [piece.text for piece in write_c(Long(1000)) if piece.path == "a.c"]
    text = "".join(pieces)
    assert text.count("recv(fd3, buffer, 9, 0)") + text.count("recv(-1, buffer, 9, 0)") == 1000
    assert "part_5();" in text
    compiles(text, tmp_path)


def test_a_stranger_s_journal_does_nothing_but_its_calls() -> None:
    evil = '*/ system("reboot"); /* \\'
    story = Story()
    story.call("a", evil)
    story.call("a", "listen", evil)
    story.call("a", "send", "0", data=evil.encode(), size=len(evil))
    story.call("a", "setsockopt", "SOL_SOCKET", "SO_LINGER", evil)
    code = re.sub(r"/\*.*?\*/|\"(\\.|[^\"\\])*\"", "", source(story), flags=re.DOTALL)
    assert "system" not in code


def test_an_empty_journal_and_any_other() -> None:
    assert sorted(folder(write_c, ListJournal([]))) == ["run.sh", "turns.txt"]
    assert "server.c" in folder(write_c, ListJournal(session()))


@needs_compiler
def test_a_scope_is_the_interfaces_number(tmp_path: Path) -> None:
    story = Story()
    story.call("a", "socket", "AF_INET6", "SOCK_DGRAM", 0, result=3)
    story.call("a", "bind", ("fe80::1%99999", 0), error="ENODEV")
    path, program = tmp_path / "a.c", tmp_path / "a"
    path.write_text(source(story))
    subprocess.run(["cc", *STRICT, "-o", program, path], check=True)
    run = subprocess.run(
        [program], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    assert run.stdout.endswith("bind = -1 No such device\n")
