"""A process of the lab's own, which runs a module of socklab's."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from pathlib import Path

from socklab.i18n import _

_PATIENCE = 10.0  # seconds for it to end

_SOCKLAB = Path(__file__).parents[2]
"""From where it is started: Python takes modules from there first, and a student's folder may have
a `socket.py`."""


class NotStarted(Exception):
    """A process can't be started; the text says which and why, in a sentence."""


class Child:
    """Runs `module`, which `what` is what to call, with the descriptors of these sockets as its
    words; they are its own from now on. Raises NotStarted."""

    def __init__(self, module: str, what: str, *its: socket.socket) -> None:
        descriptors = [sock.fileno() for sock in its]
        self._complaints = os.fdopen(os.memfd_create("complaints"), "w+b")
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *map(str, descriptors)],
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._complaints,
                cwd=_SOCKLAB,
            )
        except OSError as error:
            self._complaints.close()
            raise NotStarted(
                _(
                    "{what}, a process of its own, can't be started with {python}: {why}.",
                    what=what,
                    python=sys.executable or "Python",
                    why=error.strerror or error,
                )
            ) from None
        finally:
            for sock in its:
                sock.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def last_words(self) -> str | None:
        """What it has complained about last, once it has ended; None if it hasn't."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").split("\n")
        return next(filter(None, map(str.strip, reversed(lines))), None)

    def end(self) -> None:
        """Wait until it has ended; it is killed if it doesn't."""
        self._complaints.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
