"""A process of the lab's own, which runs a module of socklab's."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from socklab.i18n import _

_PATIENCE = 5.0  # seconds for it to end

_SOCKLAB = Path(__file__).parents[2]
"""From where it is started: Python takes modules from there first, and a student's folder may have
a `socket.py`."""


class NotStarted(Exception):
    """A process can't be started; the text says which and why, in a sentence."""


class Child:
    """Runs `module`, which `what` is what to call, joined to it by a socket of each of these kinds:
    `ends` are the lab's, and the descriptors of the others are its words. Raises NotStarted.
    """

    def __init__(self, module: str, what: str, *kinds: socket.SocketKind) -> None:
        self.ends: list[socket.socket] = []
        self._why: str | None = None
        with contextlib.ExitStack() as kept, contextlib.ExitStack() as its:
            try:
                self._complaints = kept.enter_context(
                    os.fdopen(os.memfd_create("complaints"), "w+b")
                )
                descriptors: list[int] = []
                for kind in kinds:
                    ours, theirs = socket.socketpair(socket.AF_UNIX, kind)
                    self.ends.append(kept.enter_context(ours))
                    descriptors.append(its.enter_context(theirs).fileno())
                self._process = subprocess.Popen(
                    [sys.executable, "-m", module, *map(str, descriptors)],
                    pass_fds=descriptors,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._complaints,
                    cwd=_SOCKLAB,
                )
            except OSError as error:
                raise NotStarted(
                    _(
                        "{what}, a process of its own, can't be started with {python}: {why}.",
                        what=what,
                        python=sys.executable or "Python",
                        why=error.strerror or error,
                    )
                ) from None
            kept.pop_all()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def why_ended(self) -> str:
        """What it has complained about last, else how it ended; waits until it has."""
        if self._why is None:
            self.wait()
            self._complaints.seek(0)
            lines = self._complaints.read().decode(errors="replace").split("\n")
            self._why = next(filter(None, map(str.strip, reversed(lines))), self._how())
        return self._why

    def _how(self) -> str:
        status = self._process.returncode
        if status < 0:
            return signal.Signals(-status).name
        return _("exit status {status}", status=status)

    def wait(self) -> None:
        """Until it has ended; it is killed if it doesn't."""
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """Wait, and keep no more of it than why. Its `ends` are for others to close."""
        self.why_ended()
        self._complaints.close()
