"""The programs of a session in C99 with POSIX: one file each, which compiles without a warning.

Descriptors are kept in `fd3` after the session's descriptor 3: once closed it is a number that
names nothing, and the kernel answers EBADF as it did.
"""

from __future__ import annotations

from collections.abc import Iterator

from socklab.export.asked import Content, FileBytes, Kept, Pattern, Serving
from socklab.export.c_needs import features_of, headers, implied
from socklab.export.loops import behaviour_of, loop_uses
from socklab.export.program_folder import Language, write_folder
from socklab.export.record import Piece, Record
from socklab.export.source import (
    LONG,
    NUMBER,
    Block,
    Profile,
    Source,
    is_pattern,
    lines_of,
    name_in_text,
    numbers,
)
from socklab.export.steps import Held, Part, Released, Returned, Step
from socklab.export.template import filled, template
from socklab.i18n import _
from socklab.model.in_c import CPieces, c_address, c_code, c_comment, c_string, value_type
from socklab.model.in_code import NoCode
from socklab.model.transfers import SENDS

_STEPS_AT_ONCE = 200
"""Steps in one function: a compiler takes very long for very long ones."""
_STATIC_ROOM = 1 << 26
"""Bytes that are reserved when the program starts; more are asked for."""


class CSource(Source):
    """One program in C. Its steps stand in `main`, or in functions of so many that it calls."""

    def __init__(self, program: str, profile: Profile, began: int, learning: bool = False) -> None:
        super().__init__(program, profile, began, learning)
        self._before: list[str] = []
        self._body: list[str] = []
        self._held = 0
        self._parts = 0

    def head(self) -> str:
        uses = self.profile.uses
        uses.update([*implied(uses), *(["memory"] if self._asks_room else [])])
        values = {
            "TITLE": c_comment(self.title),
            "ABOUT": c_comment(
                _(
                    "Its calls stand at the end, above them what they need. run.sh starts it"
                    " and deals out its turns;\n * started by hand it waits for the Enter key"
                    " before each call."
                )
            ),
            "PROGRAM": self.program,
            "NEXT": "next_turn" if "port" in uses else "next_line",
            "FILE": f"{self.program}.c",
            "FLAGS": " -pthread" if "beside" in uses else "",
            "INCLUDES": "\n".join(f"#include <{name}>" for name in headers(uses)),
            "VARIABLES": "\n".join(self._variables()),
        }
        if "loop" in uses:
            values["LOOP"] = filled(template("loop.c.txt"), uses, values, gap=1).rstrip("\n")
        return filled(template("program.c.txt"), uses, values, gap=1) + "\n"

    def tail(self) -> str:
        if self._parts:
            calls = [] if not self._body else [self._part()]
            body = [f"part_{part}();" for part in range(1, self._parts + 1)]
            return "".join(calls) + _main([*self._opening(), *body, *self._closing()])
        before = "".join(f"{line}\n" for line in self._before)
        return before + _main([*self._opening(), *self._body, *self._closing()])

    @property
    def _asks_room(self) -> bool:
        return "buffer" in self.profile.uses and self.profile.room > _STATIC_ROOM

    def _variables(self) -> Iterator[str]:
        profile = self.profile
        if profile.descriptors:
            names = ", ".join(f"fd{fd} = -1" for fd in sorted(profile.descriptors))
            yield f"static int {names}; /* the session's descriptors */"
        if "addr" in profile.uses:
            yield "static struct sockaddr_in addr;"
        if "addr6" in profile.uses:
            yield "static struct sockaddr_in6 addr6;"
        if "name" in profile.uses:
            yield "static struct sockaddr_storage name;"
            yield "static socklen_t name_size;"
        for fd in sorted(profile.peers):
            yield f"static struct sockaddr_storage peer{fd}; /* of the last datagram */"
            yield f"static socklen_t peer{fd}_size;"
        if "data" in profile.uses:
            yield "static const char *data;"
        if self._asks_room:
            yield "static char *buffer;"
        elif "buffer" in profile.uses:
            yield f"static char buffer[{profile.room}];"
        if "beside" in profile.uses:
            yield "static pthread_t beside;"

    def _opening(self) -> Iterator[str]:
        yield "signal(SIGPIPE, SIG_IGN); /* EPIPE tells it as well */"
        if "loop" in self.profile.uses:
            yield "open_loop();"
        if self._asks_room:
            yield f"buffer = memory(NULL, {self.profile.room});"
        yield f"/* {c_comment(_('So that run.sh can see whether a call blocks.'))} */"
        yield 'dprintf(1, "%s pid %ld\\n", PROGRAM, (long)getpid());'

    def _closing(self) -> Iterator[str]:
        if self.goes_on:
            yield ""
            yield f"turn(); /* {c_comment(_('the loop goes on'))} */"

    def _part(self) -> str:
        """The steps so far as a function of their own."""
        self._parts += 1
        before = "".join(f"{line}\n" for line in self._before)
        text = _function(f"static void part_{self._parts}(void)", self._body)
        self._before, self._body, self._held = [], [], 0
        return before + text + "\n"

    # Steps.

    def single(self, block: Block) -> str:
        return self._add(block, [*_commented(numbers(block), block.comment), *block.lines()])

    def repeated(self, block: Block) -> str:
        lines = [
            *_commented(numbers(block), block.comment),
            f"for (int number = {block.first}; number <= {block.last}; number++) {{",
            *(f"    {line}" for line in block.lines("number")),
            "}",
        ]
        return self._add(block, lines)

    def _add(self, block: Block, lines: list[str]) -> str:
        self._before += block.before
        self._body += ["", *lines]
        self._held += 1
        full = self._held >= _STEPS_AT_ONCE and self.profile.steps > _STEPS_AT_ONCE
        return self._part() if full else ""

    def blocked(self, returned: Returned) -> Block:
        block = self.step(returned.step)
        if not (returned.beside or returned.looped):
            return block
        self.profile.uses.add("beside")
        number = returned.step.number
        code = (
            block.code[0],
            f"pthread_create(&beside, NULL, beside_{number}, NULL);",
            *block.code[1:],
            "pthread_join(beside, NULL);",
        )
        return Block(block.first, block.comment, code, tuple(self._beside(returned)))

    def _beside(self, returned: Returned) -> Iterator[str]:
        number = returned.step.number
        yield f"/* {_('What is done while step {n} waits.', n=number)} */"
        body = ["(void)nothing;"]
        for step in returned.beside:
            block = self.beside(step)
            body += ["", *_commented(block.first, block.comment), *block.lines()]
        if returned.looped:
            body.append("turn();")
        yield _function(f"static void *beside_{number}(void *nothing)", [*body, "return NULL;"])
        yield ""

    def released(self, released: Released) -> Block:
        self.profile.uses.add("release")
        said = (_("The program ends: its loop serves no more."),)
        return Block(released.number, said, ("turn();", f'say({NUMBER}, "stop", stop_serving());'))

    # One step.

    def code(self, step: Step) -> list[str]:
        try:
            return ["turn();", *self._call(step)]
        except NoCode:
            why = c_comment(_("a call that C can't make"))
            return ["turn();", f'say({NUMBER}, "{name_in_text(step.call)}", 0); /* {why} */']

    def _call(self, step: Step) -> list[str]:
        call, fd = step.call, self._fd(step)
        before: list[str] = []
        data = size = ""
        if call.name in SENDS:
            data, size = self._data(step.content, before)
        pieces = CPieces(fd, data, size, self._place(step, before), self._peer(step, before))
        code = c_code(call, pieces)
        self.profile.uses.update(features_of(code))
        if step.driven and call.name == "close":
            self.profile.uses.add("forget")
            before.append(f"forget({fd});")
        said = f'say({NUMBER}, "{name_in_text(call)}", {code})'
        if call.name == "getsockopt":
            return [*before, *self._value(str(call.args[1]), said)]
        return [*before, f"{_target(step)}{said};", *self._after(step, fd)]

    def _value(self, symbol: str, said: str) -> list[str]:
        declared = value_type(symbol) % "value"
        self.profile.uses.update(features_of(declared))
        lines = [f"{declared};", "socklen_t length = sizeof value;", f"{said};"]
        return ["{", *(f"    {line}" for line in lines), "}"]

    def _fd(self, step: Step) -> str:
        if step.held is Held.NOTHING:
            # poll passes over a negative number; this one it calls invalid.
            return "INT_MAX" if step.call.name == "poll" else "-1"
        return str(step.call.fd) if step.held is Held.LOOP else f"fd{step.call.fd}"

    def _place(self, step: Step, before: list[str]) -> str:
        """The arguments for the address, which is filled in `before`."""
        place = step.place
        if place is None:
            return ""
        if place.peer and step.call.fd in self.profile.peers:
            peer = f"peer{step.call.fd}"
            return f"(struct sockaddr *)&{peer}, {peer}_size"
        host, port = place.address
        if step.pinned and step.call.local is not None:
            port = step.call.local[1]
        made = c_address((host, port))
        if place.moves:
            self.profile.uses.add("port")
            made = made.replace(f", {port})", f", port({port}))")
        name, family = ("addr", "ipv4") if made.startswith("ipv4") else ("addr6", "ipv6")
        self.profile.uses.update((name, family))
        before.append(f"{name} = {made};")
        return f"(struct sockaddr *)&{name}, sizeof {name}"

    def _peer(self, step: Step, before: list[str]) -> str:
        """The arguments for an address that the call tells."""
        call = step.call
        if call.name not in ("recvfrom", "getsockname", "getpeername"):
            return ""
        keeps = call.name == "recvfrom" and call.fd in self.profile.peers
        name = f"peer{call.fd}" if keeps else "name"
        if name == "name":
            self.profile.uses.add("name")
        before.append(f"{name}_size = sizeof {name};")
        return f"(struct sockaddr *)&{name}, &{name}_size"

    # What is sent.

    def _data(self, content: Content, before: list[str]) -> tuple[str, str]:
        """The expressions for the data and their size."""
        match content:
            case Pattern(size):
                return self._made(f"pattern({size})", "pattern"), str(size)
            case FileBytes(path, size):
                name = c_string(path.encode(errors="surrogateescape"))
                return self._made(f"file_bytes({name}, {size})", "file"), str(size)
            case Kept(data, size):
                known = self._literal(data, before)
                if size <= len(data):
                    return known, str(len(data))
                filler = f"filled_up({known}, {len(data)}, {size})"
                return self._made(filler, "filler"), str(size)

    def _made(self, code: str, use: str) -> str:
        self.profile.uses.add(use)
        return code

    def _literal(self, data: bytes, before: list[str]) -> str:
        if len(data) <= LONG:
            return c_string(data)
        if is_pattern(data):
            return self._made(f"pattern({len(data)})", "pattern")
        self.profile.uses.add("data")
        lines = [f"    {c_string(line)}" for line in lines_of(data)]
        before += ["data =", *lines[:-1], f"{lines[-1]};"]
        return "data"

    # What the loop is given.

    def _after(self, step: Step, fd: str) -> list[str]:
        return [] if step.drives is None else list(self._serve(*step.drives, fd))

    def _serve(self, part: Part, serving: Serving, fd: str) -> Iterator[str]:
        uses = loop_uses(part, serving)
        self.profile.uses |= uses
        behaviour = behaviour_of(part, serving)
        match part:
            case "reader" | "udp_reader":
                yield f"serve({fd}, {part}_ready);"
            case "datagrams":
                yield f"serve_datagrams({fd}, {behaviour.replace('udp_discard', 'discard')});"
            case "connection":
                yield f"serve_connection({fd}, {behaviour}, -1);"
            case "listener":
                yield f"serve_listener({fd}, {behaviour or 'NULL'});"
        if "most" in uses:
            yield f"served[{fd}].most = {serving.most};"
        if "timeout" in uses:
            yield f"served[{fd}].timeout = {serving.timeout!r};"


def _target(step: Step) -> str:
    return "" if step.made is None else f"fd{step.made} = (int)"


def _commented(number: str | int, said: tuple[str, ...]) -> list[str]:
    first, *rest = said or ("",)
    lines = [f"{number}. {first}", *rest]
    lines = [c_comment(line) for line in lines]
    lines = [f"/* {lines[0]}", *(f" * {line}" for line in lines[1:])]
    return [*lines[:-1], f"{lines[-1]} */"]


def _function(signature: str, body: list[str]) -> str:
    indented = (f"    {line}" if line else "" for line in body)
    return "\n".join([signature, "{", *indented, "}"]) + "\n"


def _main(body: list[str]) -> str:
    return _function("int main(void)", [*body, "return 0;"])


def _build(program: str) -> str:
    return (
        f'${{CC:-cc}} -std=c99 -Wall -Wextra -pthread -o "$work/{program}" "$here/{program}.c"'
        " || exit 1"
    )


C = Language(
    name="c",
    source=CSource,
    file_name=lambda program: f"{program}.c",
    start=lambda program: f'"$work/{program}"',
    build=_build,
)


def write_c(record: Record) -> Iterator[Piece]:
    """A folder of C programs that do what the session's programs did."""
    return write_folder(record, C)
