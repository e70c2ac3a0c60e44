"""The Python that a session becomes. That it makes the session's calls is tested with strace."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
from pathlib import Path

import pytest

from socklab.events import AnyEvent, Call, Header, Note
from socklab.export.python_source import write_python
from socklab.lab.behaviours import BEHAVIOURS
from tests.export.calls import HOME, Story, folder
from tests.export.journal import ListJournal, T, session

PATIENCE = 20.0


def source(story: Story, program: str = "a") -> str:
    text = folder(write_python, story.journal)[f"{program}.py"]
    ast.parse(text)
    return text


def steps(story: Story, program: str = "a") -> str:
    """What stands behind all that the steps need."""
    return source(story, program).partition("whether a call blocks\n")[2].strip()


def test_an_empty_journal_and_one_of_remarks_only() -> None:
    notes: list[AnyEvent] = [Note(t=T, text="nothing happened")]
    for events in ([], notes):
        files = folder(write_python, ListJournal(events))
        assert sorted(files) == ["run.sh", "turns.txt"]


def test_steps_stand_in_order_each_with_its_comment() -> None:
    story = Story()
    story.socket("a")
    story.call("a", "connect", HOME, error="ECONNREFUSED")
    story.call("a", "recvfrom", 9, "0", result=2, data=b"hi", size=2, peer=HOME)
    assert steps(story) == (
        "# 1. socket(AF_INET, SOCK_STREAM, 0) = 3\n"
        'with step(1, "socket") as say:\n'
        "    sock3 = say(socket.socket(socket.AF_INET, socket.SOCK_STREAM))\n"
        "\n"
        "# 2. connect(3, 127.0.0.1:8080) = -1 ECONNREFUSED\n"
        "# ECONNREFUSED: nobody listens on that port\n"
        'with step(2, "connect"):\n'
        '    sock3.connect(("127.0.0.1", 8080))\n'
        "\n"
        '# 3. recvfrom(3, 9) = 2 "hi" from 127.0.0.1:8080\n'
        'with step(3, "recvfrom") as say:\n'
        "    _, peer3 = say(sock3.recvfrom(9))"
    )


def test_equal_steps_in_a_row_are_a_loop() -> None:
    story = Story()
    story.socket("a")
    for _ in range(1000):
        story.call("a", "send", "0", data=b"tick", size=4, result=4)
    story.call("a", "close")
    assert (
        '# 2 to 1001. send(3, "tick") = 4\n'
        "for number in range(2, 1002):\n"
        '    with step(number, "send") as say:\n'
        '        say(sock3.send(b"tick"))\n'
    ) in steps(story)
    assert 'with step(1002, "close")' in steps(story)


def sent(text: str, data: bytes, size: int) -> str:
    """The steps of a program that was asked to send."""
    story = Story()
    cause = story.command("a", text)
    story.socket("a")
    story.call("a", "send", "0", cause=cause, data=data, size=size, result=size)
    return steps(story)


@pytest.mark.parametrize(
    ("text", "data", "size", "wanted"),
    [
        ("send 3 bytes:9", bytes(range(9)), 9, "sock3.send(pattern(9))"),
        ("send 3 file:a.txt", b"hi", 2, "sock3.send(file_bytes('a.txt', 2))"),
        ('send 3 "hi"', b"hi", 2, 'sock3.send(b"hi")'),
        (f'send 3 "{"x" * 5000}"', b"x" * 4096, 5000, 'sock3.send(b"x" * 5000)'),
        ("recv 4 9000", b"y" * 4096, 9000, 'sock3.send(b"y" * 4096 + bytes(4904))'),
        ("recv 4 300", bytes(range(256)) + b"\0\1", 258, "sock3.send(pattern(258))"),
    ],
)
def test_data_are_made_anew_as_the_command_says(
    text: str, data: bytes, size: int, wanted: str
) -> None:
    assert wanted in sent(text, data, size)


def test_what_is_sent_is_no_code() -> None:
    story = Story()
    story.socket("a")
    story.call("a", "send", "0", data=b'"struct.pack', size=12, result=12)
    assert "import struct" not in source(story)


def test_what_the_journal_did_not_keep_is_filler_and_said_so() -> None:
    assert "# The journal kept 4096 of the 9000 bytes: the rest is filler." in sent(
        "recv 4 9000", b"y" * 4096, 9000
    )


def test_long_data_are_read_back_whole() -> None:
    data = bytes(range(255, 0, -1)) * 9
    tree = ast.parse(sent('send 3 "..."', data, len(data)))
    literals = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert data in literals


def test_calls_on_descriptors_that_name_nothing_are_really_made(tmp_path: Path) -> None:
    story = Story()
    story.socket("a")
    story.call("a", "close")
    for name, args in {
        "recv": (9, "0"),
        "send": ("0",),
        "connect": (HOME,),
        "close": (),
        "shutdown": ("SHUT_WR",),
        "listen": (5,),
        "getsockname": (),
        "ioctl": ("FIONBIO", 1),
        "setsockopt": ("SOL_SOCKET", "SO_TYPE", 1),
    }.items():
        for fd in (3, 9):
            story.call("a", name, *args, fd=fd, os_fd=-1, sock=None, error="EBADF")
    run = start(story, tmp_path)
    assert run.stdout.count("= -1 EBADF") == 18


def start(story: Story, tmp_path: Path, program: str = "a") -> subprocess.CompletedProcess[str]:
    """Run a program by hand, with nobody who deals out turns."""
    path = tmp_path / f"{program}.py"
    path.write_text(source(story, program))
    return subprocess.run(
        [sys.executable, "-W", "error", path],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )


def test_without_turns_a_program_goes_through_its_steps(tmp_path: Path) -> None:
    story = Story()
    story.socket("a", "SOCK_DGRAM")
    story.call("a", "bind", ("127.0.0.1", 0), local=("127.0.0.1", 40001))
    story.call("a", "poll", "POLLIN", 0, result=0)
    story.call("a", "close")
    lines = start(story, tmp_path).stdout.splitlines()
    assert [line.split(" ", 1)[1] for line in lines[1:]] == [
        "1 socket = 3",
        "2 bind = 0",
        "3 poll = 0",
        "4 close = 0",
    ]


def test_a_step_that_cannot_be_made_is_told_and_passed_over(tmp_path: Path) -> None:
    story = Story()
    story.call("a", "accept", result=4, new_sock=9)
    story.call("a", "recv", 9, "0", fd=4)
    assert "2 recv can't be made: name 'sock4' is not defined" in start(story, tmp_path).stdout


def test_a_program_is_not_taken_for_a_module() -> None:
    story = Story()
    story.socket("select")
    story.socket("http")
    files = folder(write_python, story.journal)
    assert {"program-select.py", "program-http.py"} < set(files)
    assert 'start select python3 "$here/program-select.py"' in files["run.sh"]


def test_a_stranger_s_journal_does_nothing_but_its_calls() -> None:
    evil = '"; import os; os.abort()  # $(reboot) `reboot`\n../x'
    events: list[AnyEvent] = [
        Call(t=T, program=evil, name=name, fd=3, sock=1, os_fd=3, args=args, result=0, data=data)
        for name, args, data in (
            ("socket", ("AF_INET", evil, 0), None),
            ("connect", ((evil, 1),), None),
            ("send", (evil,), evil.encode()),
            ("send", ("0",), evil.encode()),
            ("setsockopt", ("SOL_SOCKET", "SO_LINGER", evil), None),
            (evil, (), None),
        )
    ]
    story = Story(events)
    story.command(evil, f"note {evil}")
    files = folder(write_python, story.journal)
    assert sorted(files) == ["program.py", "run.sh", "turns.txt"]
    tree = ast.parse(files["program.py"])
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert "abort" not in names
    assert "reboot" not in files["run.sh"]
    assert len(re.findall("^note ", files["turns.txt"], re.MULTILINE)) == 1


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("limits", ["", "max-clients=2 timeout=0.5", "read=manual"])
def test_every_server_has_its_loop(behaviour: str, limits: str) -> None:
    for transport in sorted(BEHAVIOURS[behaviour].transports):
        story = serving(f"serve {transport} 127.0.0.1 8080 {behaviour} {limits}")
        tree = ast.parse(source(story))
        known = {
            node.arg if isinstance(node, ast.arg) else node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.arg)
        }
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert called <= known | {*dir(builtins), "HTTPStatus", "say"}
        assert steps(story).endswith("turn()  # the loop goes on")


def serving(text: str) -> Story:
    """A program `a` that began to serve, and its journal ends."""
    story = Story()
    cause = story.command("a", f"a: {text}")
    kind = "SOCK_DGRAM" if " udp " in text else "SOCK_STREAM"
    story.socket("a", kind, cause=cause)
    story.call("a", "bind", HOME, cause=cause, local=HOME)
    if kind == "SOCK_STREAM":
        story.call("a", "listen", 5, cause=cause)
    story.call("a", "ioctl", "FIONBIO", 1, cause=cause)
    return story


def test_any_journal_can_be_written() -> None:
    files = folder(write_python, ListJournal(session()))
    assert {"server.py", "run.sh", "turns.txt"} == set(files)


class Long:
    """A journal of a million calls that is nowhere whole; `most` is how many were read at once."""

    header = Header(started=T)
    first = 0

    def __init__(self, size: int) -> None:
        self.size = size
        self.most = 0

    def __len__(self) -> int:
        return self.size

    def read(self, start: int, stop: int) -> list[AnyEvent]:
        self.most = max(self.most, stop - start)
        return [
            Call(t=T + n, n=n, program="a", name="recv", fd=3, sock=1, os_fd=3, result=n % 9,
                 args=(9, "0"))
            for n in range(start, min(stop, self.size))
        ]  # fmt: skip


def test_a_long_journal_comes_in_pieces() -> None:
    journal = Long(30_000)
    pieces = list(write_python(journal))
    assert max(len(piece.text) for piece in pieces) < 200_000
    assert sum(piece.text.count("sock3.recv(9)") for piece in pieces) == 30_000
    assert journal.most <= 4096
