"""turns.txt, the order of a session's calls, and run.sh, which deals out turns by it.

One line a turn, the words apart by blanks:

    go PROGRAM STEP [S]       the program makes this call, within S seconds
    blocks PROGRAM STEP       it enters this call, which doesn't return yet
    returns PROGRAM STEP S    the call is over, within S seconds
    free PROGRAM              its loop, which went on meanwhile, gets back to the program's steps
    loop PROGRAM N S          its event loop makes N calls by itself, within S seconds each
    owes PROGRAM              its loop has more to send than is taken: how often is chance
    late PROGRAM              the time is over that its loop waits for
    port PROGRAM THEN FD ...  the kernel chose a port for this descriptor, which others name
    pause S                   the session waited
    note TEXT                 the session said something
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence, Set

from socklab.export.ports import AskedPorts
from socklab.export.steps import (
    Beside,
    Entered,
    Item,
    Learned,
    Looped,
    Made,
    Owing,
    Paused,
    Released,
    Remarked,
    Returned,
)
from socklab.export.template import filled, template
from socklab.i18n import _
from socklab.model.escaping import plain

_PATIENCE = 10
"""Seconds to wait for what took no time in the session."""
_LONGEST_PAUSE = 60.0


def heading() -> str:
    """The first line of turns.txt."""
    return _("# Whose turn it is, line by line: run.sh reads this.") + "\n"


class Turns:
    """The lines of turns.txt, for programs by the names of their files. `told` are those that can
    be told a port. Once all is taken, `limit` is how many seconds the whole may take, and `asked`
    knows the ports that must be free before it begins."""

    def __init__(self, files: Mapping[str, str], told: Set[str]) -> None:
        self._files = files
        self._told = told
        self._looped: list[Looped] = []
        self.limit = 60.0
        self.asked = AskedPorts()

    def take(self, item: Item) -> str:
        """The lines that are ready once `item` has been taken."""
        if isinstance(item, Looped):
            text = self._flush("" if item.late else item.program)
            if item.late:
                text += self._words("late", item.program)
            self._looped.append(item)
            return text
        return self._flush() + self._line(item)

    def end(self) -> str:
        """The last lines."""
        return self._flush()

    def _flush(self, unless: str = "") -> str:
        """What the loop did, in one line; nothing where it may go on with more."""
        looped = self._looped
        if not looped or looped[0].program == unless:
            return ""
        self._looped = []
        longest = max(one.seconds for one in looped)
        self.limit += sum(one.seconds for one in looped if one.seconds > 1)
        return self._words("loop", looped[0].program, len(looped), _patience(longest))

    def _line(self, item: Item) -> str:
        match item:
            case Made(step) | Beside(step):
                self.asked.take(step.call, step.pinned)
                seconds = step.call.duration / 1e9
                if seconds < 1:
                    return self._words("go", step.program, step.number)
                self.limit += seconds
                return self._words("go", step.program, step.number, _patience(seconds))
            case Entered(program, number):
                return self._words("blocks", program, number)
            case Returned(step, _beside, looped, seconds):
                if not step.over:
                    return ""
                self.limit += seconds
                line = self._words("returns", step.program, step.number, _patience(seconds))
                return line + (self._words("free", step.program) if looped else "")
            case Owing(program):
                return self._words("owes", program)
            case Released(program, number):
                return self._words("go", program, number)
            case Learned(port, program, fd, users):
                known = sorted(self._files[user] for user in users & self._told)
                if not known:
                    return ""
                return self._words("port", program, port, fd, *known)
            case Paused(seconds):
                pause = min(seconds, _LONGEST_PAUSE)
                self.limit += pause
                return f"pause {pause:g}\n"
            case Remarked(text):
                return f"note {plain(text)}\n"
        return ""

    def _words(self, verb: str, program: str, *words: str | int) -> str:
        return " ".join(map(str, (verb, self._files[program], *words))) + "\n"


def _patience(seconds: float) -> int:
    return _PATIENCE + round(seconds)


def run_script(
    about: str,
    programs: Mapping[str, bool],
    builds: Sequence[str],
    starts: Sequence[str],
    limit: float,
    ports: Collection[int] = (),
) -> str:
    """run.sh: what it is `about`, the `programs` by their names and whether they have a loop, the
    shell's commands that build and start them, the seconds that it may take, and the `ports` that
    must be free before it begins."""
    values = {
        "ABOUT": plain(about),
        "LIMIT": str(math.ceil(limit)),
        "PROGRAMS": " ".join(programs),
        "SERVING": " ".join(name for name, loops in programs.items() if loops),
        "PORTS": " ".join(map(str, ports)),
        "PATIENCE": str(_PATIENCE),
        "BUILDS": "\n".join(builds),
        "STARTS": "\n".join(starts),
    }
    return filled(template("run.sh.txt"), {"ports"} if ports else set(), values)
