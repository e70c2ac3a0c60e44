"""What there is to say of any event: the sections of the Inspect pane, the most telling first.

Knows nothing of widths and colours beyond the names of styles; `inspect_lines` wraps and draws.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from socklab.events import (
    AnyEvent,
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
from socklab.explain import state_meaning
from socklab.i18n import _
from socklab.model.notation import (
    address_text,
    clock_text,
    date_text,
    duration_text,
    event_text,
    plain,
)
from socklab.model.tcp_machine import Move
from socklab.model.walks import Step, Walk
from socklab.ui.panes.inspect_around import Around
from socklab.ui.panes.inspect_call import call_sections, wait_sections
from socklab.ui.panes.inspect_sections import Field, Section

_SHOWN = 8
"""Events that one led to are listed up to so many."""


def sections_of(event: AnyEvent, around: Around) -> list[Section]:
    """Everything about `event` but the bytes of its data."""
    if isinstance(event, Call):
        said = list(call_sections(event, around))
    elif isinstance(event, Wait):
        said = list(wait_sections(event, around))
    else:
        describe = _DESCRIBERS.get(type(event))
        said = [Section("", tuple(describe(event, around)))] if describe else []
    rest = [_noticed(event, around), _led_to(event, around), _circumstances(event, around)]
    # What a command led to is what it means; a call explains itself first.
    place = 1 if isinstance(event, (Call, Wait)) else len(said)
    found = [*said[:place], rest[0], *said[place:], *rest[1:]]
    return [section for section in found if section.rows]


def _noticed(event: AnyEvent, around: Around) -> Section:
    """Hints that rest on it, and what the lab said about it."""
    rows = [Field("", text, "warning") for text in around.hints]
    if not (isinstance(event, Call) and event.error == "EADDRINUSE"):  # there it is the diagnosis
        rows += [Field("", plain(note.text), _LEVELS[note.level], note.n) for note in around.notes]
    return Section(_("Noticed"), tuple(rows))


_LEVELS = {"info": "", "warning": "warning", "error": "error"}


def _led_to(event: AnyEvent, around: Around) -> Section:
    rows = [
        Field(f"{effect.n:,}", event_text(effect), "accent", effect.n)
        for effect in around.effects
        if not isinstance(effect, Note)
    ]
    more = [Field("", "...", "dim")] if len(rows) > _SHOWN else []
    return Section(_("What it led to"), (*rows[:_SHOWN], *more))


def _circumstances(event: AnyEvent, around: Around) -> Section:
    return Section(_("This event"), tuple(_circumstance(event, around.cause)))


def _circumstance(event: Event, cause: Event | None) -> Iterator[Field]:
    if event.program is not None:
        yield Field(_("program"), plain(event.program))
    day = date_text(event.t).split(" ")
    yield Field(_("began"), " ".join((day[0], clock_text(event.t), *day[2:])))
    yield Field(_("event"), f"{event.n:,}")
    if event.cause is not None:
        said = event_text(cause) if cause is not None else _("no longer in memory")
        yield Field(_("cause"), f"{event.cause:,}  {said}", "accent", event.cause)


# State


def _state(state: State, around: Around) -> Iterator[Field]:
    yield Field(_("state"), plain(f"{state.old} → {state.new}"), "good")
    meaning = _meaning(state.new)
    if meaning:
        yield Field(_("means"), meaning)
    causes = _causes(state, around)
    for number, move in enumerate(causes):
        yield Field(_("because") if number == 0 else _("or"), _because(move))
    yield Field(_("known by"), _known_by(state))
    if state.expires is not None:
        yield _end(state.expires, state.t)
    holder = _("held by no descriptor") if state.fd is None else str(state.fd)
    if state.held is not None:
        holder = _("{fd} until it was closed", fd=state.held)
    yield Field(_("descriptor"), f"{holder}  {_('socket {sock}', sock=state.sock)}")
    for label, address in ((_("local"), state.local), (_("remote"), state.remote)):
        if address is not None:
            yield Field(label, address_text(address))


def _meaning(state: str) -> str:
    try:
        return state_meaning(state)
    except KeyError:
        return ""


def _causes(state: State, around: Around) -> tuple[Move, ...]:
    """What may have brought it about; the state before tells a time that ran out from the rest."""
    walk = Walk(state.sock)
    if around.previous is not None:
        walk.add(around.previous)
    walk.add(state, around.cause if isinstance(around.cause, Call) else None)
    last: Step | None = walk.last
    return () if last is None else last.causes


def _because(move: Move) -> str:
    text = _event_in_words(move.event)
    if move.sends is not None:
        text += ", " + _("and {segment} goes out", segment=move.sends)
    return f"{text}  ({move.clause})"


def _event_in_words(event: str) -> str:
    """What the state machine calls an event, for a reader who doesn't know its words."""
    return {
        "receive SYN": _("a SYN came from the peer"),
        "receive SYN (passive open)": _("another SYN came from the peer"),
        "receive SYN,ACK": _("the peer's SYN,ACK came"),
        "receive ACK of SYN": _("the ACK of our SYN came"),
        "receive ACK of FIN": _("the ACK of our FIN came"),
        "receive FIN": _("the peer's FIN came"),
        "receive FIN, ACK of FIN": _("the peer's FIN came, with the ACK of ours"),
        "receive RST": _("a RST came from the peer"),
        "receive RST (passive open)": _("a RST came from the peer"),
        "receive data after close": _("data came that no program can read any more"),
        "receive ICMP error": _("an ICMP message said that the peer can't be reached"),
        "connect": _("the program called connect"),
        "listen": _("the program called listen"),
        "close": _("the program called close"),
        "shutdown": _("the program called shutdown"),
        "send": _("the program called send"),
        "abort": _("the program closed it with linger 0"),
        "timeout": _("a time ran out"),
        "keepalive timeout": _("nobody answered the keepalive probes"),
        "close with unread data": _("the program closed it with bytes unread"),
        "close of listener": _("its listening socket was closed before anybody accepted it"),
        "reuse": _("a new connection took over its addresses"),
    }.get(event, event)


def _known_by(state: State) -> str:
    return {
        "kernel": _("read from the kernel"),
        "wire": _("seen on the wire"),
        "call": _("follows from a call: nobody saw it, but it must have been so"),
    }.get(state.source, state.source)


# The others


def _command(command: Command, around: Around) -> Iterator[Field]:
    origins = {
        "form": _("a form"),
        "console": _("the console"),
        "script": _("a script"),
        "lesson": _("a lesson"),
    }
    yield Field(_("asked by"), origins.get(command.origin, command.origin))


def _end(expires: int, t: int) -> Field:
    left, when = duration_text(max(0, expires - t)), clock_text(expires)
    return Field(_("ends"), _("by itself, {left} later, at {when}", left=left, when=when))


def _program(program: Program, around: Around) -> Iterator[Field]:
    yield Field(_("host"), plain(program.host))


def _gauge(gauge: Gauge, around: Around) -> Iterator[Field]:
    queues = (
        (_("to read"), gauge.recv_queue, _("{n} B in the receive queue")),
        (_("to send"), gauge.send_queue, _("{n} B in the send queue, not acknowledged yet")),
        (_("to accept"), gauge.accept_queue, _("{n} in the accept queue")),
        (_("backlog"), gauge.backlog, "{n}"),
        (_("dropped"), gauge.drops, _("{n} since the socket was made")),
        (_("room"), gauge.recv_limit, _("{n} B is the receive buffer's size")),
        ("", gauge.send_limit, _("{n} B is the send buffer's size")),
    )
    for label, depth, words in queues:
        if depth is not None:
            yield Field(label, words.format(n=f"{depth:,}"))
    if gauge.expires is not None:
        yield _end(gauge.expires, gauge.t)


def _info(info: Info, around: Around) -> Iterator[Field]:
    yield Field(
        "", _("A sample of TCP_INFO. Numbers shows every field of it, explained, and over time.")
    )


def _frame(frame: Frame, around: Around) -> Iterator[Field]:
    yield Field(_("from"), plain(frame.sender))
    yield Field(_("to"), plain(frame.receiver))


def _fate(fate: Fate, around: Around) -> Iterator[Field]:
    yield Field(_("frame"), str(fate.id))
    if fate.delay:
        yield Field(_("after"), duration_text(fate.delay))


def _note(note: Note, around: Around) -> Iterator[Field]:
    levels = {"info": _("for your information"), "warning": _("warning"), "error": _("error")}
    yield Field(_("level"), levels.get(note.level, note.level))


_DESCRIBERS: dict[type[Event], Callable[[Any, Around], Iterator[Field]]] = {
    Command: _command,
    Fate: _fate,
    Frame: _frame,
    Gauge: _gauge,
    Info: _info,
    Note: _note,
    Program: _program,
    State: _state,
}
