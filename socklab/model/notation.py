"""How a fact is written in one line: calls as strace(1) writes them, the rest in few words.

The log, `run`, the text export and a blocked program's row all say it with these functions. Every
result is one line that is safe to print: foreign bytes can't act in it (see `escaping`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from socklab.events import (
    Address,
    Arg,
    Call,
    Command,
    Event,
    Fate,
    Frame,
    Gauge,
    Info,
    Note,
    Program,
    State,
    Wait,
)
from socklab.i18n import _
from socklab.model.addresses import address_text
from socklab.model.escaping import SHOWN, data_text, escape, plain
from socklab.model.transfers import RECEIVES, SENDS
from socklab.model.units import clock_text, date_text, duration_text, size_text

__all__ = [
    "SHOWN",
    "address_text",
    "argument_text",
    "call_text",
    "clock_text",
    "command_text",
    "data_text",
    "date_text",
    "duration_text",
    "escape",
    "event_text",
    "gauge_text",
    "info_text",
    "outcome_text",
    "plain",
    "size_text",
    "wait_text",
]

_VALUED = frozenset({"getsockopt", "getsockname", "getpeername"})

# Arguments that a line leaves out: flags where none is set, and the level of an option, which its
# name says already.
_FLAGS_AT = {"send": 0, "sendto": 0, "recv": 1, "recvfrom": 1}
_LEVEL_AT = {"setsockopt": 0, "getsockopt": 0}

_PROGRAM_NAMED = re.compile(r"\s*[a-z][a-z0-9-]*:(?=\s|$)")
_ODD_BLANK = re.compile(r'((?<!\S)"(?:\\.|[^"\\])*")|[^\S \r\n]')
"""A quoted word, which stays as it is, or a blank that isn't the usual one."""


def call_text(call: Call, limit: int = SHOWN) -> str:
    """A call that returned: `recv(4, 100) = 5 "hello"`, `bind(3, 127.0.0.1:80) = -1 EACCES`.

    At most `limit` bytes of data are shown. Where they aren't all, a send names their number as
    well: `send(3, "abc"..., 8000) = 8000`. A call that the lab ended has ` (cut)` behind it.
    """
    arguments = ", ".join(_descriptor(call) + _handed_over(call, limit) + _arguments(call))
    cut = _(" (cut)") if call.cut else ""
    return plain(f"{call.name}({arguments}) = {_outcome(call, limit)}{cut}")


def outcome_text(call: Call, limit: int = SHOWN) -> str:
    """What stands behind the `=` of a call: `5 "hello"`, `-1 EACCES`."""
    return plain(_outcome(call, limit))


def wait_text(wait: Wait) -> str:
    """A call that has not returned yet: `recv(4, 100) ...`."""
    return plain(f"{wait.name}({', '.join(_descriptor(wait) + _arguments(wait))}) ...")


def command_text(command: Command) -> str:
    """A command as a line that says the same in any script: with its program in front.

    Blanks are the usual ones: a tab between words would be shown as an escape, which is none.
    """
    text = plain(_ODD_BLANK.sub(lambda found: found[1] or " ", command.text.strip()))
    if command.program is None or _PROGRAM_NAMED.match(text):
        return text
    return f"{plain(command.program)}: {text}"


def event_text(event: Event) -> str:
    """Any event in one line, without its time and program; empty for a type not known here."""
    render = _TEXTS.get(type(event))
    return render(event) if render else ""


def gauge_text(gauge: Gauge) -> str:
    """`3 recv 12 B · send 0 B`, `3 accept queue 2/5`."""
    parts = []
    if gauge.recv_queue is not None:
        parts.append(_("recv {size}", size=size_text(gauge.recv_queue)))
    if gauge.send_queue is not None:
        parts.append(_("send {size}", size=size_text(gauge.send_queue)))
    if gauge.accept_queue is not None:
        full = f"/{gauge.backlog}" if gauge.backlog is not None else ""
        parts.append(_("accept queue {depth}", depth=f"{gauge.accept_queue}{full}"))
    if gauge.drops:
        parts.append(_("{n} dropped", n=gauge.drops))
    if gauge.expires is not None:
        left = duration_text(max(0, gauge.expires - gauge.t))
        parts.append(_("forgotten in {time}", time=left))
    return f"{_subject(gauge)} {' · '.join(parts)}".rstrip()


def info_text(info: Info) -> str:
    """`3 rtt 25 µs · rto 204 ms · cwnd 10 · mss 32768`, and what was lost or sent again."""
    parts = [
        _("rtt {time}", time=duration_text(info.rtt * 1_000)),
        _("rto {time}", time=duration_text(info.rto * 1_000)),
        _("cwnd {n}", n=info.snd_cwnd),
        _("mss {n}", n=info.snd_mss),
    ]
    if info.lost:
        parts.append(_("{n} lost", n=info.lost))
    if info.total_retrans:
        parts.append(_("{n} sent again", n=info.total_retrans))
    return f"{_subject(info)} {' · '.join(parts)}"


def _descriptor(call: Call | Wait) -> list[str]:
    return [] if call.fd is None or call.name == "socket" else [str(call.fd)]


def _handed_over(call: Call, limit: int) -> list[str]:
    if call.name not in SENDS or call.data is None:
        return []
    literal = data_text(call.data, call.size, limit)
    if literal.endswith('"') or call.size is None:
        return [literal]
    return [literal, str(call.size)]


def _arguments(call: Call | Wait) -> list[str]:
    flags, level = _FLAGS_AT.get(call.name), _LEVEL_AT.get(call.name)
    return [
        argument_text(arg)
        for place, arg in enumerate(call.args)
        if place != level and not (place == flags and arg in ("0", 0))
    ]


def argument_text(arg: Arg) -> str:
    """One argument or value of a call, an address as `address_text` writes it."""
    if isinstance(arg, tuple):
        return address_text(arg)
    if isinstance(arg, bool):
        return str(int(arg))
    return "NULL" if arg is None else str(arg)


def _outcome(call: Call, limit: int) -> str:
    if call.error is not None:
        return f"-1 {call.error}"
    if call.name in _VALUED and call.value is not None:
        return argument_text(call.value)
    if call.result is None:
        return "?"
    parts = [str(call.result)]
    if call.value is not None:
        parts.append(argument_text(call.value))
    if call.name in RECEIVES and call.data:
        # With MSG_TRUNC a datagram's result is its own length, more than was copied.
        true_size = max(call.size or 0, call.result)
        parts.append(data_text(call.data, true_size, limit))
    sender = _other_side(call)
    return " ".join(parts) + (_(" from {address}", address=address_text(sender)) if sender else "")


def _other_side(call: Call) -> Address | None:
    if call.name == "accept":
        return call.remote
    return call.peer if call.name in RECEIVES else None


def _subject(event: State | Gauge | Info) -> str:
    """The descriptor, as far as there is one; the number where nobody ever had one."""
    if event.fd is not None:
        return str(event.fd)
    held = event.held if isinstance(event, State) else None
    if held is not None:
        return _("{fd} (closed)", fd=held)
    return _("connection #{sock}", sock=event.sock)


def _state_text(state: State) -> str:
    text = f"{_subject(state)} {state.old} → {state.new} ({_source_text(state.source)})"
    if state.local is not None and state.remote is not None:
        text += f", {address_text(state.local)} ⇄ {address_text(state.remote)}"
    return plain(text)


def _source_text(source: str) -> str:
    words = {"kernel": _("kernel"), "wire": _("wire"), "call": _("call")}
    return words.get(source, source)


def _program_text(program: Program) -> str:
    words = {
        "started": _("program started"),
        "stopped": _("program stopped"),
        "frozen": _("program frozen"),
        "thawed": _("program thawed"),
    }
    text = words.get(program.change, program.change)
    if program.change == "started":
        text = _("program started on {host}", host=program.host)
    return plain(text)


def _fate_text(fate: Fate) -> str:
    words = {
        "delivered": _("delivered"),
        "dropped": _("dropped"),
        "held": _("held"),
        "duplicated": _("duplicated"),
        "corrupted": _("corrupted"),
    }
    text = _("frame {id} {verdict}", id=fate.id, verdict=words.get(fate.verdict, fate.verdict))
    return text + (_(" after {delay}", delay=duration_text(fate.delay)) if fate.delay else "")


def _frame_text(frame: Frame) -> str:
    size = size_text(frame.size)
    return plain(f"{_('frame {id}', id=frame.id)} {frame.sender} → {frame.receiver} {size}")


def _asked_text(command: Command) -> str:
    return f"> {command_text(command)}"


def _note_text(note: Note) -> str:
    return plain(note.text)


_TEXTS: dict[type[Event], Callable[[Any], str]] = {
    Call: call_text,
    Command: _asked_text,
    Fate: _fate_text,
    Frame: _frame_text,
    Gauge: gauge_text,
    Info: info_text,
    Note: _note_text,
    Program: _program_text,
    State: _state_text,
    Wait: wait_text,
}
