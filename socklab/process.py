"""What the command line asks of its own process: its streams, its signals, its descriptors."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TextIO, cast


def open_standard_streams() -> None:
    """Where one was closed by who started us, a socket would take its number, and be printed to."""
    with contextlib.suppress(OSError):
        while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(descriptor)
    sys.stdin = sys.stdin or _nowhere("r")
    sys.stdout = sys.stdout or _nowhere("w")
    sys.stderr = sys.stderr or _nowhere("w")


def _nowhere(mode: str) -> TextIO:
    return cast(TextIO, open(os.devnull, mode, encoding="utf-8"))


def make_printable(encoding: str | None) -> None:
    """Have stdout take every character: in `encoding`, None for the terminal's own, which shows
    what it lacks as an escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace")


def drop_output() -> None:
    """Whoever read our output has gone (`| head`), or the disk is full: what is left of it must not
    raise again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def die_on_interrupt() -> None:
    """While the program is still being loaded Ctrl-C just ends it, as it ends any program."""
    with contextlib.suppress(ValueError):  # not in the main thread
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


class Ended(KeyboardInterrupt):
    """Somebody has asked for the end, by signal `number`."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def status_of(interrupt: KeyboardInterrupt) -> int:
    """The exit status of a process that was asked to end: as a shell reports one that a signal has
    ended (130 for Ctrl-C, 143 for SIGTERM, 129 for a terminal that closes)."""
    return ended_by(interrupt.number if isinstance(interrupt, Ended) else signal.SIGINT)


def ended_by(number: int) -> int:
    """The exit status of a process that signal `number` has ended, as a shell reports it."""
    return 128 + number


class _Interrupt:
    """What Ctrl-C and its like do: raise `Ended`, but not in the middle of what must stay whole.
    There the first one waits, and only a second one raises (the output may be stuck)."""

    def __init__(self) -> None:
        self.shielded = False
        self.pending: int | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        if self.shielded and self.pending is None:
            self.pending = number
            return
        raise Ended(number)


_interrupt = _Interrupt()


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """What happens in here is done whole; who asks for the end meanwhile is heard after it."""
    _interrupt.shielded = True
    try:
        yield
    finally:
        _interrupt.shielded = False
    if _interrupt.pending is not None:
        number, _interrupt.pending = _interrupt.pending, None
        raise Ended(number)


def end_on_signals(*names: str) -> None:
    """Let a terminal that closes, and who asks politely, end a run as Ctrl-C does. What is ignored
    (nohup(1), a shell's background job) stays so."""
    for name in names:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            with contextlib.suppress(ValueError):  # not in the main thread
                signal.signal(number, _interrupt)


def raise_descriptor_limit() -> None:
    """As many descriptors as this user may have: a class of clients needs more than 1,024."""
    try:
        import resource
    except ImportError:
        return
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
