"""However the screen ends, the terminal is as it was and the journal is whole.

Each test runs the program on a terminal of its own, with a program blocked in accept().
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from socklab.events import Wait
from socklab.journal import Journal
from tests.watching import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is POSIX's")

if sys.platform != "win32":
    import fcntl
    import pty
    import resource
    import struct
    import termios

# The terminal becomes the controlling one, so that closing it sends SIGHUP.
_RUN = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from socklab.cli import main
sys.exit(main(sys.argv[1:]))
"""
_ENTERED, _LEFT = b"\x1b[?1049h", b"\x1b[?1049l"  # the alternate screen (xterm's control sequences)
_OPENING = b"opening the lab"
_BLOCKING = (b"main: socket tcp\r", b"main: listen 3 5\r", b"main: accept 3\r")


def _limit(descriptors: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


class Terminal:
    """A pseudo-terminal with the program on it. `seen` is what it has written."""

    def __init__(self, state: Path, *arguments: str, descriptors: int | None = None) -> None:
        """At most so many `descriptors`, where that is given."""
        self._state = state
        self._master, slave = pty.openpty()
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.seen = b""
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": ""},
            start_new_session=True,
            preexec_fn=partial(_limit, descriptors) if descriptors else None,
        )
        self._slave = slave

    def read(self) -> None:
        """Take what is there, waiting a little for it."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._master, selectors.EVENT_READ)
            if selector.select(0.05):
                with contextlib.suppress(OSError):  # EIO: nobody has it open any more
                    self.seen += os.read(self._master, 1 << 16)

    def type(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def until(self, part: bytes) -> None:
        """Read on until `part` has been written."""
        give_up = time.monotonic() + PATIENCE
        while part not in self.seen:
            assert time.monotonic() < give_up, self.seen[-2000:]
            self.read()

    def block(self) -> None:
        """Have a program block in accept(), and wait until that is in the journal's file."""
        self.until(b"Quit")
        self.type(b"\x0c" + b"".join(_BLOCKING))
        give_up = time.monotonic() + PATIENCE
        while not any(b'"wait"' in path.read_bytes() for path in self.journals()):
            assert time.monotonic() < give_up
            self.read()

    def journals(self) -> list[Path]:
        """The journals written so far."""
        return list((self._state / "socklab" / "journals").glob("*.jsonl"))

    def wait(self) -> int:
        """The exit status, as soon as it has ended; what it writes is read meanwhile."""
        give_up = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < give_up, "it hangs"
            self.read()
        self.read()
        return self.process.returncode

    @property
    def restored(self) -> bool:
        """The terminal's modes are as they were, and the usual screen shows."""
        return _LEFT in self.seen and termios.tcgetattr(self._slave) == self.before

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed."""
        os.close(self._slave)
        os.close(self._master)
        self._slave = self._master = -1

    def close(self) -> None:
        """End what is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._master >= 0:
            self.hang_up()


@pytest.fixture
def terminal(state_home: Path) -> Iterator[Terminal]:
    made = Terminal(state_home)
    try:
        yield made
    finally:
        made.close()


def whole(path: Path) -> bool:
    """Every line of the journal is one, and the blocked program has been stopped."""
    journal = Journal.open(path)
    try:
        journal.wait_indexed()
        events = list(journal)
        return (
            journal.damage is None
            and any(isinstance(event, Wait) for event in events)
            and any(getattr(event, "change", "") == "stopped" for event in events)
        )
    finally:
        journal.close()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_ends_it_as_ctrl_q_does_and_the_status_says_so(
    terminal: Terminal, name: str
) -> None:
    terminal.block()
    terminal.process.send_signal(getattr(signal, name))
    assert terminal.wait() == 128 + getattr(signal, name)
    assert terminal.restored
    assert [whole(path) for path in terminal.journals()] == [True]


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_while_the_lab_is_being_opened_waits_for_it(terminal: Terminal, name: str) -> None:
    terminal.until(_OPENING)
    terminal.process.send_signal(getattr(signal, name))
    assert terminal.wait() == 128 + getattr(signal, name)
    assert b"Traceback" not in terminal.seen
    assert terminal.restored


def test_a_signal_as_soon_as_the_terminal_has_changed(state_home: Path) -> None:
    path = state_home / "recorded.jsonl"
    Journal.create(path).close()
    terminal = Terminal(state_home, "replay", str(path))
    try:
        terminal.until(_ENTERED)
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.wait() == 143
        assert terminal.restored
    finally:
        terminal.close()


def test_ctrl_q_ends_it_though_a_call_is_blocked(terminal: Terminal) -> None:
    terminal.block()
    terminal.type(b"\x11")
    assert terminal.wait() == 0
    assert terminal.restored
    assert [whole(path) for path in terminal.journals()] == [True]


def test_the_console_remembers_what_was_typed_before(state_home: Path) -> None:
    for keys in (b"\x0cnote one\r", b"\x0c\x1b[A\r"):
        terminal = Terminal(state_home)
        try:
            terminal.until(b"Quit")
            terminal.type(keys)
            give_up = time.monotonic() + PATIENCE
            while not any(b"note one" in path.read_bytes() for path in terminal.journals()):
                assert time.monotonic() < give_up
                terminal.read()
            terminal.type(b"\x11")
            assert terminal.wait() == 0
        finally:
            terminal.close()
        for path in terminal.journals():
            path.unlink()


def test_a_closed_terminal_ends_it_and_nothing_recorded_is_lost(terminal: Terminal) -> None:
    terminal.block()
    terminal.hang_up()
    assert terminal.process.wait(PATIENCE) is not None
    assert [whole(path) for path in terminal.journals()] == [True]


def test_without_a_terminal_it_says_so() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "socklab"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 2
    assert "needs a terminal" in ended.stderr
    assert ended.stdout == ""


_ESCAPE = b"\x1b[27u"
"""As kitty's protocol has it: not to be taken for the beginning of the key that follows."""

_BENEATH = b"inferred from the calls"
"""What the Ladder says in the middle of the screen: not to be seen while anything lies over it."""


def test_out_of_descriptors_the_screen_goes_on(state_home: Path) -> None:
    terminal = Terminal(state_home, descriptors=64)
    try:
        terminal.until(b"Quit")
        terminal.type(b"\x0cmain: every 0 x70 socket tcp\r")
        terminal.until(b"EMFILE")  # with what it means, which stands in a file
        for keys, shown in (
            (b"\x1bOP", b"Help: Console"),
            (b"q", _BENEATH),
            (b"\x10", b"Search for commands"),
            (_ESCAPE, _BENEATH),
            (b"\x05", b"Take this session home"),
            (b"\r", b"Too many open files"),
            (_ESCAPE, _BENEATH),
            (b"\x0cnote all is well\r", b"all is well"),
        ):
            assert b"Traceback" not in terminal.seen
            terminal.seen = b""
            terminal.type(keys)
            terminal.until(shown)
        terminal.type(b"\x11")
        assert terminal.wait() == 0
        assert terminal.restored
        assert b"Traceback" not in terminal.seen
    finally:
        terminal.close()
