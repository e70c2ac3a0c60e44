"""What there is to say of one event, as labelled lines: the text of the Details pane.

Knows nothing of widths and colours beyond the names of styles; a pane wraps and draws it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from socklab.events import (
    Arg,
    Call,
    Command,
    Event,
    Fate,
    Frame,
    Gauge,
    Note,
    Program,
    State,
    Wait,
)
from socklab.explain import call_summary, errno_advice
from socklab.i18n import _
from socklab.model.notation import (
    address_text,
    clock_text,
    date_text,
    duration_text,
    event_text,
    plain,
)

SENDS = frozenset({"send", "sendto"})
RECEIVES = frozenset({"recv", "recvfrom"})

# The arguments' names as the man pages have them, without the descriptor and the data, as in
# events.Call.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "socket": ("domain", "type", "protocol"),
    "bind": ("addr",),
    "connect": ("addr",),
    "listen": ("backlog",),
    "send": ("flags",),
    "sendto": ("flags", "dest_addr"),
    "recv": ("len", "flags"),
    "recvfrom": ("len", "flags"),
    "shutdown": ("how",),
    "setsockopt": ("level", "optname", "optval"),
    "getsockopt": ("level", "optname"),
    "ioctl": ("request", "value"),
    "poll": ("events", "timeout"),
}


class Field(NamedTuple):
    """One labelled text. `goes_to` is the event that a click on it leads to."""

    label: str
    text: str
    style: str = ""
    goes_to: int | None = None


def fields_of(event: Event, cause: Event | None) -> list[Field]:
    """Everything about `event` but its bytes; `cause` is the event that led to it, if known."""
    describe = _DESCRIBERS.get(type(event))
    return [*(describe(event) if describe else ()), *_circumstances(event, cause)]


def _circumstances(event: Event, cause: Event | None) -> Iterator[Field]:
    if event.program is not None:
        yield Field(_("program"), plain(event.program))
    day = date_text(event.t).split(" ")
    yield Field(_("began"), " ".join((day[0], clock_text(event.t), *day[2:])))
    yield Field(_("event"), f"{event.n:,}")
    if event.cause is not None:
        said = event_text(cause) if cause is not None else _("no longer in memory")
        yield Field(_("cause"), f"{event.cause:,}  {said}", "accent", event.cause)


def _call(call: Call) -> Iterator[Field]:
    yield from _outcome(call)
    yield Field(_("took"), _duration(call))
    yield from _descriptor(call)
    yield from _arguments(call.name, call.args)
    yield from _addresses(call)
    yield from _about(call.name)


def _duration(call: Call) -> str:
    exact = _("{n} ns", n=f"{call.duration:,}")
    return f"{duration_text(call.duration)}  ({exact})"


def _outcome(call: Call) -> Iterator[Field]:
    if call.cut:
        text = _("The lab ended this call. Its result says nothing about the network.")
        yield Field(_("cut"), text, "warning")
    if call.error is not None:
        advice = errno_advice(call.error, call.name)
        yield Field(_("error"), f"{call.error}: {advice.meaning}", "error")
        if advice.mend:
            yield Field(_("mend"), advice.mend)
    elif call.result is not None:
        style = "warning" if _partial(call) else "good"
        yield Field(_("result"), _result_in_words(call), style)
    if call.value is not None:
        yield Field(_("value"), _argument(call.value))


def _result_in_words(call: Call) -> str:
    result = f"{call.result:,}"
    if call.name in ("socket", "accept"):
        return _("{result}: the new descriptor", result=result)
    if _partial(call):
        return _(
            "{result} of {size} bytes taken; the rest was not sent",
            result=result,
            size=f"{call.size:,}",
        )
    if call.name in SENDS:
        return _("{result}: the kernel took all of it", result=result)
    if call.name in RECEIVES:
        return f"{result}: {_received(call)}"
    if call.name == "poll" and call.result == 0:
        return _("0: nothing happened in that time")
    return _("0: done") if call.result == 0 else result


def _partial(call: Call) -> bool:
    """Whether the kernel took only a part of what a send was given."""
    taken, size = call.result, call.size
    return call.name in SENDS and taken is not None and size is not None and taken < size


def _received(call: Call) -> str:
    if call.result == 0:
        if call.name == "recvfrom" or call.peer is not None:
            return _("an empty datagram")
        return _("end of stream: the peer has closed its sending side")
    kept = call.size or 0
    if call.result is not None and call.result > kept:
        return _("the datagram's length; {copied} bytes were copied", copied=f"{kept:,}")
    if "MSG_PEEK" in str(call.args[1:2]):
        return _("bytes looked at (MSG_PEEK): they stay in the queue")
    return _("byte taken from the queue") if kept == 1 else _("bytes taken from the queue")


def _descriptor(call: Call | Wait) -> Iterator[Field]:
    if call.fd is None and call.sock is None:
        return
    words = []
    if call.fd is not None:
        words.append(str(call.fd))
    if isinstance(call, Call) and call.os_fd is not None and call.os_fd >= 0:
        words.append(_("({os_fd} in this process)", os_fd=call.os_fd))
    if call.sock is not None:
        words.append(_("socket {sock}", sock=call.sock))
    yield Field(_("descriptor"), "  ".join(words))


def _arguments(name: str, args: tuple[Arg, ...]) -> Iterator[Field]:
    names = ARGUMENTS.get(name, ())
    for place, arg in enumerate(args):
        label = names[place] if place < len(names) else str(place + 1)
        yield Field(label, _argument(arg))


def _argument(arg: Arg) -> str:
    if isinstance(arg, tuple):
        return address_text(arg)
    if arg is None:
        return "NULL"
    return plain(str(int(arg) if isinstance(arg, bool) else arg))


def _addresses(call: Call) -> Iterator[Field]:
    ends = ((_("local"), call.local), (_("remote"), call.remote), (_("peer"), call.peer))
    for label, address in ends:
        if address is not None and address not in call.args:
            yield Field(label, address_text(address))


def _about(name: str) -> Iterator[Field]:
    try:
        text = call_summary(name)
    except KeyError:
        return  # somebody else's journal may hold any call
    yield Field(_("about"), text.summary)
    yield Field(_("see"), ", ".join(filter(None, (text.man, text.rfc))), "dim")


def _wait(wait: Wait) -> Iterator[Field]:
    text = _("The program is blocked in this call until it returns.")
    yield Field(_("blocked"), text, "warning")
    yield from _descriptor(wait)
    yield from _arguments(wait.name, wait.args)
    yield from _about(wait.name)


def _command(command: Command) -> Iterator[Field]:
    origins = {
        "form": _("a form"),
        "console": _("the console"),
        "script": _("a script"),
        "lesson": _("a lesson"),
    }
    yield Field(_("asked by"), origins.get(command.origin, command.origin))


def _program(program: Program) -> Iterator[Field]:
    yield Field(_("host"), plain(program.host))


def _state(state: State) -> Iterator[Field]:
    sources = {
        "kernel": _("read from the kernel"),
        "wire": _("seen on the wire"),
        "call": _("follows from a call"),
    }
    yield Field(_("state"), plain(f"{state.old} → {state.new}"), "good")
    yield Field(_("known by"), sources.get(state.source, state.source))
    holder = _("held by no descriptor") if state.fd is None else str(state.fd)
    yield Field(_("descriptor"), f"{holder}  {_('socket {sock}', sock=state.sock)}")
    for label, address in ((_("local"), state.local), (_("remote"), state.remote)):
        if address is not None:
            yield Field(label, address_text(address))


def _gauge(gauge: Gauge) -> Iterator[Field]:
    queues = (
        (_("to read"), gauge.recv_queue, _("{n} B in the receive queue")),
        (_("to send"), gauge.send_queue, _("{n} B in the send queue, not acknowledged yet")),
        (_("to accept"), gauge.accept_queue, _("{n} in the accept queue")),
        (_("backlog"), gauge.backlog, "{n}"),
        (_("dropped"), gauge.drops, _("{n} since the socket was made")),
    )
    for label, depth, words in queues:
        if depth is not None:
            yield Field(label, words.format(n=f"{depth:,}"))


def _frame(frame: Frame) -> Iterator[Field]:
    yield Field(_("from"), plain(frame.sender))
    yield Field(_("to"), plain(frame.receiver))


def _fate(fate: Fate) -> Iterator[Field]:
    yield Field(_("frame"), str(fate.id))
    if fate.delay:
        yield Field(_("after"), duration_text(fate.delay))


def _note(note: Note) -> Iterator[Field]:
    levels = {"info": _("for your information"), "warning": _("warning"), "error": _("error")}
    yield Field(_("level"), levels.get(note.level, note.level))


_DESCRIBERS: dict[type[Event], Callable[[Any], Iterator[Field]]] = {
    Call: _call,
    Command: _command,
    Fate: _fate,
    Frame: _frame,
    Gauge: _gauge,
    Note: _note,
    Program: _program,
    State: _state,
    Wait: _wait,
}
