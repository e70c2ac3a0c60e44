"""The programs of a session in Python: one file each, in the standard library alone.

Sockets are called `sock3` after the session's descriptor 3. A call's own line is what Inspect shows
for it, but for poll, which is a function here. Python hides no call behind these: a closed socket
object still asks the kernel (EBADF), only its `close` doesn't; and `accept` asks for the new
socket's name besides (facts E02).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from socklab.export.asked import Content, FileBytes, Kept, Pattern, Serving
from socklab.export.loops import behaviour_of, loop_uses
from socklab.export.program_folder import Language, write_folder
from socklab.export.record import Piece, Record
from socklab.export.source import (
    LONG,
    NUMBER,
    Block,
    Source,
    is_pattern,
    lines_of,
    name_in_text,
    numbers,
    without_texts,
)
from socklab.export.steps import Held, Part, Place, Released, Returned, Step
from socklab.export.template import filled, template
from socklab.i18n import _
from socklab.model.in_code import NoCode
from socklab.model.in_python import Pieces, python_address, python_bytes, python_code
from socklab.model.transfers import SENDS

_TELLS = frozenset(
    {
        "socket", "accept", "send", "sendto", "recv", "recvfrom", "getsockname", "getpeername",
        "getsockopt", "poll",
    }
)  # fmt: skip
_MODULES = {
    "beside": ("threading",),
    "file": ("sys",),
    "nothing": ("ctypes",),
    "nonblock_nothing": ("termios",),
    "poll": ("select",),
    "struct": ("struct",),
    "loop": ("fcntl", "select"),
    "deadline": ("stat", "time"),
    "daytime": ("datetime",),
    "udp_daytime": ("datetime",),
    "udp_chargen": ("random",),
    "http": ("email.utils", "html", "re"),
}
_ALWAYS = ("contextlib", "errno", "os", "socket")
_PARTS: dict[Part, str] = {
    "listener": "Listener",
    "connection": "Connection",
    "datagrams": "Datagrams",
    "reader": "Reader",
    "udp_reader": "Reader",
}

# What on_nothing is given besides the -1, where Python's own arguments aren't C's.
_ON_NOTHING = {
    "bind": "None, 0",
    "connect": "None, 0",
    "accept": "None, None",
    "getsockname": "None, None",
    "getpeername": "None, None",
    "listen": "0",
    "send": "None, 0, 0",
    "sendto": "None, 0, 0, bytes(16), 16",
    "recv": "None, 0, 0",
    "recvfrom": "None, 0, 0, bytes(16), bytes(4)",
    "shutdown": "socket.SHUT_RDWR",
    "setsockopt": "0, 0, None, 0",
    "getsockopt": "0, 0, None, None",
    "close": "",
    "ioctl": "termios.FIONBIO, None",
}


class PythonSource(Source):
    """One program in Python."""

    def head(self) -> str:
        uses = self.profile.uses
        modules = {*_ALWAYS, *(name for use in uses for name in _MODULES.get(use, ()))}
        imports = [f"import {name}" for name in sorted(modules)]
        if "http" in uses:
            imports.append("from http import HTTPStatus")
        values = {
            "TITLE": self.title,
            "ABOUT": _(
                "Its calls stand at the end, above them what they need. run.sh starts it and deals"
                " out its\nturns; started by hand it waits for the Enter key before each call."
            ),
            "IMPORTS": "\n".join(imports),
            "PROGRAM": self.program,
        }
        if "loop" in uses:
            values["LOOP"] = filled(template("loop.py.txt"), uses, {}).rstrip("\n")
        return filled(template("program.py.txt"), uses, values) + "\n"

    def tail(self) -> str:
        return f"\nturn()  # {_('the loop goes on')}\n" if self.goes_on else ""

    # Steps.

    def blocked(self, returned: Returned) -> Block:
        step = returned.step
        block = self.step(step)
        if not (returned.beside or returned.looped):
            return block
        self.profile.uses.add("beside")
        name = f"beside_{step.number}"
        first, *rest = block.code
        code = (first.replace('")', f'", {name})', 1), *rest)
        return Block(block.first, block.comment, code, tuple(self._beside(name, returned)))

    def _beside(self, name: str, returned: Returned) -> Iterator[str]:
        yield f"def {name}():"
        yield f'    """{_("What is done while step {n} waits.", n=returned.step.number)}"""'
        for step in returned.beside:
            block = self.beside(step)
            if isinstance(step, Step) and (target := self._target(step)):
                yield f"    global {target.removesuffix(' = ')}"
            for line in _commented(block.first, block.comment):
                yield f"    {line}"
            for line in block.lines():
                yield f"    {line}"
        if returned.looped:
            yield "    turn()"

    def released(self, released: Released) -> Block:
        said = (_("The program ends: its loop serves no more."),)
        code = (f'with step({NUMBER}, "stop"):', "    stop_serving()")
        return Block(released.number, said, code)

    def single(self, block: Block) -> str:
        before = [*block.before, "", ""] if block.before else []
        return _joined([*before, *_commented(numbers(block), block.comment), *block.lines()])

    def repeated(self, block: Block) -> str:
        head = _commented(numbers(block), block.comment)
        loop = f"for number in range({block.first}, {block.last + 1}):"
        return _joined([*head, loop, *(f"    {line}" for line in block.lines("number"))])

    # One step.

    def code(self, step: Step) -> list[str]:
        """The `with` that waits for the turn, and the call in it."""
        try:
            before, call = self._call(step)
        except NoCode:
            before, call = [], "pass  # " + _("a call that Python can't make")
        tells = "say(" in call
        opening = f'with step({NUMBER}, "{name_in_text(step.call)}"){" as say" if tells else ""}:'
        return [opening, *(f"    {line}" for line in [*before, call, *self._after(step)])]

    def _call(self, step: Step) -> tuple[list[str], str]:
        call = step.call
        if special := self._special(step):
            return [], special
        before, data = self._data(step.content) if call.name in SENDS else ([], "")
        pieces = Pieces(
            sock=self._sock(step),
            new="",
            data=data,
            place=self._place(step) if step.place is not None else "",
        )
        code = python_code(call, pieces)
        self._use(code)
        if step.driven and call.name == "close":
            before.append(f"forget({pieces.sock})")
        if call.name not in _TELLS:
            return before, code
        return before, f"{self._target(step)}say({code})"

    def _target(self, step: Step) -> str:
        call = step.call
        if step.made is not None:
            return f"sock{step.made} = " if call.name == "socket" else f"sock{step.made}, peer = "
        kept = call.name == "recvfrom" and step.held is not Held.NOTHING and step.over
        return f"_, peer{call.fd} = " if kept and call.error is None else ""

    def _special(self, step: Step) -> str:
        """Calls on what is no socket of Python's."""
        name, uses = step.call.name, self.profile.uses
        if name == "poll" and step.held in (Held.NOTHING, Held.CLOSED):
            uses.update(("poll", "nowhere"))
            pieces = Pieces("NO_DESCRIPTOR", "", "", "")
            return f"say({python_code(step.call, pieces)})"
        if name == "close" and step.held is Held.CLOSED:
            return "os.close(-1)  # " + _("closed: a socket object would make no call")
        if step.held is Held.NOTHING and name in _ON_NOTHING:
            uses.add("nothing")
            if name == "ioctl":
                uses.add("nonblock_nothing")
            arguments = f", {_ON_NOTHING[name]}" if _ON_NOTHING[name] else ""
            return f'on_nothing("{name}"{arguments})'
        return ""

    def _after(self, step: Step) -> list[str]:
        if step.drives is None:
            return []
        part, serving = step.drives
        return [self._serve(part, serving, self._sock(step))]

    def _serve(self, part: Part, serving: Serving, sock: str) -> str:
        """What hands a socket to the loop."""
        self.profile.uses |= loop_uses(part, serving)
        words = [sock, *filter(None, [behaviour_of(part, serving)])]
        if part == "listener" and serving.most is not None and len(words) > 1:
            words.append(f"most={serving.most}")
        if part in ("listener", "connection") and serving.timeout is not None and len(words) > 1:
            words.append(f"timeout={serving.timeout:g}")
        return f"{_PARTS[part]}({', '.join(words)})"

    def _sock(self, step: Step) -> str:
        fd = step.call.fd
        return f"ACCEPTED[{fd}]" if step.held is Held.LOOP else f"sock{fd}"

    def _place(self, step: Step) -> str:
        place = step.place
        assert place is not None
        if place.peer:
            return f"peer{step.call.fd}"
        if step.pinned and step.call.local is not None:
            return python_address((place.address[0], step.call.local[1]))
        literal = python_address(place.address)
        return self._moved(place, literal) if place.moves else literal

    def _moved(self, place: Place, literal: str) -> str:
        self.profile.uses.add("port")
        port = place.address[1]
        return literal.replace(f'", {port}', f'", port({port})', 1)

    def _use(self, code: str) -> None:
        if code.startswith("poll("):
            self.profile.uses.add("poll")
        if "struct.pack" in without_texts(code):
            self.profile.uses.add("struct")

    # What is sent.

    def _data(self, content: Content) -> tuple[list[str], str]:
        """Lines that make the data, and the expression for them."""
        match content:
            case Pattern(size):
                return [], self._pattern(size)
            case FileBytes(path, size):
                self.profile.uses.add("file")
                return [], f"file_bytes({path!a}, {size})"
            case Kept(data, size):
                before, known = self._literal(data)
                rest = size - len(data)
                if rest <= 0:
                    return before, known
                return before, f"{known} + bytes({rest})" if data else f"bytes({rest})"

    def _pattern(self, size: int) -> str:
        self.profile.uses.add("pattern")
        return f"pattern({size})"

    def _literal(self, data: bytes) -> tuple[list[str], str]:
        if len(data) <= LONG:
            return [], python_bytes(data)
        if data == data[:1] * len(data):
            return [], f"{python_bytes(data[:1])} * {len(data)}"
        if is_pattern(data):
            return [], self._pattern(len(data))
        lines = [f"    {python_bytes(line)}" for line in lines_of(data)]
        return ["data = (", *lines, ")"], "data"


def _commented(number: str | int, said: tuple[str, ...]) -> list[str]:
    first, *rest = said or ("",)
    return [f"# {number}. {first}", *(f"# {line}" for line in rest)]


def _joined(lines: list[str]) -> str:
    return "\n" + "\n".join(lines) + "\n"


def _file_name(program: str) -> str:
    """Not that of a module: `import socket` beside a `socket.py` would find that one."""
    known = program in sys.stdlib_module_names
    return f"program-{program}.py" if known else f"{program}.py"


PYTHON = Language(
    name="python",
    source=PythonSource,
    file_name=_file_name,
    start=lambda program: f'python3 "$here/{_file_name(program)}"',
)


def write_python(record: Record) -> Iterator[Piece]:
    """A folder of Python programs that do what the session's programs did."""
    return write_folder(record, PYTHON)
