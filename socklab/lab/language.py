"""The command language: every verb, and a line or a script read into commands.

One table, `VERBS`, serves the parser, the completion and the help. What a line says is checked
only as far as it must be to become a call: port 70000 is refused here, `listen` on a UDP socket by
the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from socklab.i18n import _
from socklab.lab import arguments, commands, composites, forwarding, grammar, optioning, wiring
from socklab.lab.commands import AnyCommand, Line, ProgramCommand
from socklab.lab.expecting import expect
from socklab.lab.reader import INT_MAX, Reader, Slot, whole
from socklab.lab.words import LanguageError, Word, one_line

__all__ = ["VERBS", "LanguageError", "ScriptLine", "Verb", "parse_line", "parse_script"]

Group = Literal["naming", "data", "ending", "options", "composite", "lab", "network"]
"""As the help sorts them: those of `lab` and `network` are not a program's."""

_NOT_A_PROGRAMS = frozenset({"lab", "network"})

_PACES = {
    "full": _("every call at once"),
    "slow": _("a breath before each call"),
    "step": _("one key, one call"),
}
_TIMES = re.compile(r"x(-?[0-9]+)")
_X = {"x10": _("ten times, not for ever")}


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb of the language: how it is written, what it does, an example, and its parser."""

    name: str
    group: Group
    syntax: str
    summary: str
    example: str
    parse: Callable[[Reader], AnyCommand]


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """A line of a script that says something; `number` counts from 1."""

    number: int
    text: str
    line: Line


def parse_line(text: str, last_program: str = "main") -> Line | None:
    """What one line says; None for a blank one or a comment.

    `last_program` is whose line it is where it names none. Raises LanguageError.
    """
    return parse(Reader(one_line(text), last_program))


def parse_script(text: str) -> tuple[ScriptLine, ...]:
    """What a script's lines say, those left out that say nothing.

    Raises LanguageError, with its line, for the first mistake.
    """
    lines = []
    last = "main"
    for number, written in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        try:
            words = Reader(one_line(written), last)
            line = parse(words)
        except LanguageError as error:
            raise error.in_line(number) from None
        if line is not None:
            last = words.named
            lines.append(ScriptLine(number, written.rstrip("\r"), line))
    return tuple(lines)


def parse(words: Reader) -> Line | None:
    """One line. Also completion comes through here, for the offers that it leaves in `words`."""
    if words.peek(Slot.PREFIX, _ALL) is None:
        return None
    if words.peek_plain().endswith(":"):
        words.named = words.program = _prefix(words)
    verb = _verb(words, _ALL, _("a command"))
    command = verb.parse(words)
    words.finish()
    return Line(words.text.strip(), None if verb.group in _NOT_A_PROGRAMS else words.named, command)


def _prefix(words: Reader) -> str:
    expected = _("a program's name: lower-case letters, digits and -")
    word = words.plain(expected)
    name = word.text[:-1]
    if not arguments.PROGRAM_NAME.fullmatch(name):
        like = arguments.program_like(name)
        raise words.error(expected, word, suggestion=like and f"{like}:")
    return name


def _verb(words: Reader, choices: Mapping[str, str], expected: str) -> Verb:
    word = words.peek(choices)
    prefix, colon, verb = ("" if word is None else word.text).partition(":")
    if colon and verb in VERBS and arguments.PROGRAM_NAME.fullmatch(prefix):
        raise words.error(_("a blank after the colon"), word, suggestion=f"{prefix}: {verb}")
    return VERBS[words.choice(choices, expected)]


def _every(words: Reader) -> commands.Every:
    seconds = words.seconds()
    times = _repetitions(words)
    start = words.peek(_REPEATABLE)
    if start is not None and start.text.endswith(":"):
        raise words.error(_("a command of the same program, without its name"), start)
    verb = _verb(words, _REPEATABLE, _("a command that a program can repeat"))
    command = cast(ProgramCommand, verb.parse(words))
    words.finish()
    return commands.Every(seconds, times, command, _from(words, start))


def _repetitions(words: Reader) -> int | None:
    match = _TIMES.fullmatch(words.peek_plain(_X))
    if match is None:
        return None
    word = words.plain("")
    times = whole(match[1])
    if times is None or not 1 <= times <= INT_MAX:
        raise words.error(_("xN, N from 1 to {most}", most=INT_MAX), word)
    return times


def _from(words: Reader, start: Word | None) -> str:
    return words.text[start.start if start else 0 : words.position]


def _stop(words: Reader) -> commands.Stop:
    return commands.Stop()


def _pace(words: Reader) -> commands.SetPace:
    mode = cast(Literal["full", "slow", "step"], words.choice(_PACES))
    if mode != "slow" or words.peek() is None:
        return commands.SetPace(mode)
    return commands.SetPace(mode, words.seconds())


def _sleep(words: Reader) -> commands.Sleep:
    return commands.Sleep(words.seconds())


def _note(words: Reader) -> commands.NoteText:
    text = words.rest()
    if not text:
        raise words.error(_("a text"))
    return commands.NoteText(text)


def _new(words: Reader) -> commands.New:
    return commands.New()


_VERBS = (
    Verb(
        "socket",
        "naming",
        "socket tcp|udp [ipv6]",
        _("makes a socket, which gets the lowest free descriptor"),
        "socket tcp",
        grammar.socket,
    ),
    Verb(
        "bind",
        "naming",
        "bind FD HOST PORT | @PROGRAM",
        _("gives the socket its own address"),
        "bind 3 127.0.0.1 8080",
        grammar.bind,
    ),
    Verb(
        "listen",
        "naming",
        "listen FD [BACKLOG]",
        _("makes it a listening socket with a queue for connections"),
        "listen 3 5",
        grammar.listen,
    ),
    Verb(
        "accept",
        "naming",
        "accept FD",
        _("takes the first waiting connection, as a new descriptor"),
        "accept 3",
        grammar.accept,
    ),
    Verb(
        "connect",
        "naming",
        "connect FD HOST PORT | @PROGRAM",
        _("connects to an address; over UDP it only remembers it"),
        "connect 3 @server",
        grammar.connect,
    ),
    Verb(
        "getsockname",
        "naming",
        "getsockname FD",
        _("asks for the socket's own address"),
        "getsockname 3",
        grammar.getsockname,
    ),
    Verb(
        "getpeername",
        "naming",
        "getpeername FD",
        _("asks for the address of the other end"),
        "getpeername 3",
        grammar.getpeername,
    ),
    Verb(
        "send",
        "data",
        "send FD DATA [oob] [dontwait]",
        _("hands bytes to the kernel, which sends them to the peer"),
        'send 3 "hello"',
        grammar.send,
    ),
    Verb(
        "sendto",
        "data",
        "sendto FD HOST PORT | @PROGRAM | peer DATA",
        _("sends a datagram to an address"),
        'sendto 3 @server "hello"',
        grammar.sendto,
    ),
    Verb(
        "recv",
        "data",
        "recv FD [N] [peek] [oob] [waitall] [trunc] [dontwait]",
        _("takes bytes that have come, and waits where there are none"),
        "recv 4 100",
        grammar.recv,
    ),
    Verb(
        "recvfrom",
        "data",
        "recvfrom FD [N] [peek] [trunc]",
        _("takes a datagram and tells who sent it"),
        "recvfrom 3",
        grammar.recvfrom,
    ),
    Verb(
        "shutdown",
        "ending",
        "shutdown FD in|out|both",
        _("ends one direction, or both, and keeps the descriptor"),
        "shutdown 3 out",
        grammar.shutdown,
    ),
    Verb(
        "close",
        "ending",
        "close FD",
        _("gives the descriptor back, and the kernel ends the connection"),
        "close 3",
        grammar.close,
    ),
    Verb(
        "setsockopt",
        "options",
        "setsockopt FD NAME VALUE",
        _("sets an option of the socket"),
        "setsockopt 3 reuseaddr on",
        optioning.setsockopt,
    ),
    Verb(
        "getsockopt",
        "options",
        "getsockopt FD NAME",
        _("reads an option of the socket"),
        "getsockopt 3 error",
        optioning.getsockopt,
    ),
    Verb(
        "nonblock",
        "options",
        "nonblock FD on|off",
        _("lets calls fail with EAGAIN where they would have to wait"),
        "nonblock 3 on",
        grammar.nonblock,
    ),
    Verb(
        "poll",
        "options",
        "poll FD in|out|in,out [S]",
        _("waits until the socket can be read or written"),
        "poll 3 in 1.5",
        grammar.poll,
    ),
    Verb(
        "serve",
        "composite",
        "serve tcp|udp HOST PORT [BEHAVIOUR] [read=manual] [v6only=on|off]"
        " (tcp: [backlog=N] [accept=manual] [max-clients=N] [timeout=S])",
        _("starts a server: socket, bind, listen, and then by itself"),
        "serve tcp 127.0.0.1 8080 echo",
        composites.serve,
    ),
    Verb(
        "client",
        "composite",
        "client tcp|udp HOST PORT | @PROGRAM [read=auto] (tcp: [timeout=S])",
        _("opens a client: looks up the name, tries each address"),
        "client tcp localhost 8080",
        composites.client,
    ),
    Verb(
        "forward",
        "composite",
        "forward tcp|udp HOST PORT TO-HOST TO-PORT | @PROGRAM [max-clients=N] [delay=S]"
        " (tcp: [slice=N] [rate=BYTES/S] [reset-after=N]"
        " | udp: [loss=P] [duplicate=P] [reorder=P] [seed=N])",
        _("relays to another address, slower or worse; it can lose a datagram, but no segment"),
        "forward tcp 127.0.0.1 8081 127.0.0.1 8080 delay=100ms",
        forwarding.forward,
    ),
    Verb(
        "reset",
        "composite",
        "reset FD",
        _("aborts the connection: linger 0, then close, sends a RST"),
        "reset 3",
        grammar.reset,
    ),
    Verb(
        "every",
        "composite",
        "every S [xN] COMMAND",
        _("repeats a command of the program every S seconds"),
        'every 0.5 x10 send 3 "tick"',
        _every,
    ),
    Verb(
        "stop",
        "composite",
        "stop",
        _("ends the program and closes all that it has"),
        "stop",
        _stop,
    ),
    Verb(
        "pace",
        "lab",
        "pace full|slow [S]|step",
        _("sets how fast the calls follow each other"),
        "pace slow 0.5",
        _pace,
    ),
    Verb(
        "sleep",
        "lab",
        "sleep S",
        _("waits before the next line"),
        "sleep 0.5",
        _sleep,
    ),
    Verb(
        "note",
        "lab",
        "note TEXT",
        _("writes a remark into the log: the rest of the line"),
        "note now the server closes first",
        _note,
    ),
    Verb(
        "new",
        "lab",
        "new",
        _("stops everything and begins a fresh journal"),
        "new",
        _new,
    ),
    Verb(
        "expect",
        "lab",
        "expect PROGRAM CALL [FD] = RESULT|ERRNO [DATA] [within S]"
        " | PROGRAM FD STATE [within S] | PROGRAM FD QUEUE = N [within S]"
        " | wire KIND [from=HOST] = VERDICT [xN] [within S]",
        _("checks that a call returned so, that a socket is so, or what became of frames"),
        'expect server recv 4 = 5 "hello"',
        expect,
    ),
    Verb(
        "network",
        "network",
        "network private|machine",
        _("gives the programs hosts of their own, joined by a wire; or this machine again"),
        "network private",
        wiring.network,
    ),
    Verb(
        "host",
        "network",
        "host NAME",
        _("adds a host to the private network"),
        "host router",
        wiring.host,
    ),
    Verb(
        "place",
        "network",
        "place PROGRAM HOST",
        _("says on which host a program runs"),
        "place alice client",
        wiring.place,
    ),
    Verb(
        "sysctl",
        "network",
        "sysctl HOST NAME [VALUE]",
        _("reads or sets a kernel knob of a private host"),
        "sysctl client syn_retries 2",
        wiring.sysctl,
    ),
    Verb(
        "wire",
        "network",
        "wire set [FROM>TO] NAME=VALUE ... | plug|unplug [HOST] | hold on|off | step [N]"
        " | deliver|drop|duplicate ID | swap ID ID"
        " | next drop|hold|duplicate|delay=S KIND [nth=N] [from=HOST] | status | capture on|off",
        _("delays, loses, duplicates, holds and steps the frames between private hosts"),
        "wire next drop syn",
        wiring.wire,
    ),
)

VERBS: dict[str, Verb] = {verb.name: verb for verb in _VERBS}
"""In the order of the help."""

_ALL = {verb.name: verb.summary for verb in _VERBS}
_REPEATABLE = {
    verb.name: verb.summary
    for verb in _VERBS
    if verb.group not in _NOT_A_PROGRAMS and verb.name != "every"
}
