"""What there is to say of a call, blocked or returned: the sections of the Inspect pane."""

from __future__ import annotations

from collections.abc import Iterator

from socklab.events import Call, Wait
from socklab.explain import call_summary, option_summary
from socklab.explain.diagnosis import Diagnosis, diagnose, in_general
from socklab.i18n import _
from socklab.model.escaping import plain
from socklab.model.rows import Kind
from socklab.model.transfers import RECEIVES, SENDS
from socklab.model.units import duration_text
from socklab.model.zero import gave_nothing
from socklab.ui.panes.inspect_arguments import (
    argument_value,
    arguments_of,
    bytes_of,
    code_of,
)
from socklab.ui.panes.inspect_around import Around
from socklab.ui.panes.inspect_drawings import draw_slots, slots_of
from socklab.ui.panes.inspect_sections import Drawing, Field, Row, Section, labelled
from socklab.ui.panes.inspect_zero import kind_at, why_nothing

_OPTIONS = ("setsockopt", "getsockopt")


def call_sections(call: Call, around: Around) -> Iterator[Section]:
    """Everything about a call that returned: first what came of it."""
    said = _diagnosis(call, around)
    yield Section("", (*_outcome(call, said, around), Field(_("took"), _duration(call))))
    yield _about(call)
    yield _in_general(call, said)
    yield Section(_("In Python and in C"), tuple(code_of(call)))
    yield Section(_("Arguments and addresses"), tuple(arguments_of(call)))
    yield from bytes_of(call, around.system)
    yield from _descriptors(call, around)


def wait_sections(wait: Wait, around: Around) -> Iterator[Section]:
    """Everything about a call that has not returned at once."""
    text = _("The program is blocked in this call until it returns.")
    rows = [Field(_("blocked"), text, "warning"), Field(_("waits for"), _waits_for(wait.name))]
    answer = around.answer
    if answer is not None:
        said = _("event {n}, after {time}", n=f"{answer.n:,}", time=duration_text(answer.duration))
        rows.append(Field(_("returned"), said, "accent", answer.n))
    yield Section("", tuple(rows))
    yield _about(wait)
    yield Section(_("Arguments"), tuple(arguments_of(wait)))
    yield from _descriptors(wait, around)


# What came of it


def _diagnosis(call: Call, around: Around) -> Diagnosis | None:
    """Why it failed. Before the sockets of that moment are known, nothing can be said of this very
    case."""
    if call.error is None:
        return None
    if around.before is None or around.past is None:
        return in_general(call)
    return diagnose(call, around.before, around.notes, around.past)


def _outcome(call: Call, said: Diagnosis | None, around: Around) -> Iterator[Field]:
    if call.cut:
        text = _("The lab ended this call. Its result says nothing about the network.")
        yield Field(_("cut"), text, "warning")
    if said is not None:
        yield from _failure(call, said)
    elif gave_nothing(call):
        words, proof = why_nothing(call, around)
        yield Field(_("result"), f"0: {words}", "good", proof)
    elif call.result is not None:
        style = "warning" if _partial(call) else "good"
        yield Field(_("result"), _result_in_words(call, around), style)
    if call.value is not None:
        yield Field(_("value"), argument_value(call.value))


def _failure(call: Call, said: Diagnosis) -> Iterator[Field]:
    yield Field(_("error"), f"{call.error}: {said.meaning}", "error")
    yield from (
        Field(label, finding.text, "strong", finding.event)
        for label, finding in labelled(_("here"), said.here)
    )
    if not said.explained:
        yield from _causes(_("likely"), said)
    yield from (Field(label, text) for label, text in labelled(_("to mend"), said.mend))


def _in_general(call: Call, said: Diagnosis | None) -> Section:
    """What else it might have been, where it is known what it was."""
    if said is None or not said.explained or len(said.causes) < 2:
        return Section("", ())
    return Section(
        _("What {error} comes from in general", error=plain(call.error or "")),
        tuple(_causes("", said)),
    )


def _causes(label: str, said: Diagnosis) -> Iterator[Field]:
    for number, (heading, text) in enumerate(labelled(label, said.causes), start=1):
        yield Field(heading, f"{number}. {text}" if len(said.causes) > 1 else text)


def _duration(call: Call) -> str:
    exact = _("{n} ns", n=f"{call.duration:,}")
    return f"{duration_text(call.duration)}  ({exact})"


def _result_in_words(call: Call, around: Around) -> str:
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
        return f"{result}: {_received(call, kind_at(call, around))}"
    if call.name in ("poll", "select") and call.result == 0:
        return _("0: nothing happened in that time")
    return _("0: done") if call.result == 0 else result


def _partial(call: Call) -> bool:
    """Whether the kernel took only a part of what a send was given."""
    taken, size = call.result, call.size
    return call.name in SENDS and taken is not None and size is not None and taken < size


def _received(call: Call, kind: Kind | None) -> str:
    kept = call.size or 0
    if call.result is not None and call.result > kept:
        if kind == "tcp":
            return _("bytes thrown away (MSG_TRUNC on a stream)")
        return _("the datagram's length; {copied} bytes were copied", copied=f"{kept:,}")
    if "MSG_PEEK" in str(call.args[1:2]):
        return _("bytes looked at (MSG_PEEK): they stay in the queue")
    return _("byte taken from the queue") if kept == 1 else _("bytes taken from the queue")


def _waits_for(name: str) -> str:
    """What makes a blocked call return."""
    return {
        "accept": _("a client: a connection whose handshake is complete"),
        "connect": _("the answer to its SYN: SYN,ACK, RST, or a time that runs out"),
        "recv": _("bytes from the peer, or its FIN"),
        "recvfrom": _("a datagram; over TCP bytes, or the peer's FIN"),
        "send": _("room in the send buffer: the peer must read"),
        "sendto": _("room in the send buffer"),
        "poll": _("the descriptor to become ready, or its time to run out"),
        "select": _("the descriptor to become ready, or its time to run out"),
        "close": _("the peer's ACK of what is unsent, or the time that linger allows"),
    }.get(name, _("whatever the call is there for"))


# What it does


def _about(call: Call | Wait) -> Section:
    rows: list[Row] = []
    try:
        text = call_summary(call.name)
    except KeyError:
        return Section("", ())  # somebody else's journal may hold any call
    rows.append(Field("", text.summary))
    does = _("{call} does", call=call.name)
    man, rfc = [text.man], [text.rfc]
    if call.name in _OPTIONS and len(call.args) > 1:
        try:
            option = option_summary(str(call.args[1]))
        except KeyError:
            pass
        else:
            does = _("{call} and {option} do", call=call.name, option=plain(str(call.args[1])))
            rows.append(Field("", option.summary))
            man, rfc = [f"{call.name}(2)", option.man], [option.rfc]
    rows.append(Field("", _("see {sources}", sources=", ".join(filter(None, man + rfc))), "dim"))
    return Section(_("What {does}", does=does), tuple(rows))


# The descriptor table


def _descriptors(call: Call | Wait, around: Around) -> Iterator[Section]:
    if call.program is None:
        return
    program = plain(call.program)
    title = _("Descriptors of {program} after this call", program=program)
    if isinstance(call, Wait):
        title = _("Descriptors of {program} at that moment", program=program)
    if around.before is None:
        if around.reading:
            yield Section(title, (Field("", _("the journal is being read ..."), "dim"),))
        return
    returned = call if isinstance(call, Call) else None
    slots = slots_of(around.before.copy(), returned, call.program)
    yield Section(title, (Drawing(lambda width: draw_slots(slots, width)),))
