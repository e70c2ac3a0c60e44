"""`expect`: what a script or a lesson says must happen, checked against what the journal says did.

A fold over the journal: nothing is asked of the engine but a fresh look at the sockets.
"""

from __future__ import annotations

from dataclasses import dataclass

from socklab.events import Call
from socklab.i18n import _
from socklab.journal import Journal
from socklab.lab.commands import ExpectCall, ExpectQueue, ExpectState, Number
from socklab.lab.network_commands import ExpectWire
from socklab.lab.wire_tally import WireTally
from socklab.model.notation import argument_text, call_text
from socklab.model.sockets import SocketTable

Expect = ExpectCall | ExpectState | ExpectQueue | ExpectWire

_BLOCK = 4096  # events folded in one go
_KEPT = 10_000  # returns remembered for each program and call


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an expectation holds now and, where it doesn't, what there is instead."""

    holds: bool
    instead: str = ""


class Expectations:
    """Follows a journal from its first event; `check` says whether an expectation holds now."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.position = 0
        self._table = SocketTable()
        self._wire = WireTally()
        self._returns: dict[tuple[str | None, str], list[Call]] = {}
        self._used: dict[tuple[str, str, int | None], int] = {}

    def check(self, expected: Expect) -> Verdict:
        """Read on to the journal's end, then judge. A call's return that fits is used up."""
        self._read_on()
        if isinstance(expected, ExpectCall):
            return self._check_call(expected)
        if isinstance(expected, ExpectState):
            return self._check_state(expected)
        if isinstance(expected, ExpectWire):
            holds = self._wire.take(expected)
            return Verdict(holds, "" if holds else self._wire.instead(expected))
        return self._check_queue(expected)

    def _read_on(self) -> None:
        while self.position < len(self._journal):
            self.position = max(self.position, self._journal.first)
            for event in self._journal.read(self.position, self.position + _BLOCK):
                self.position = event.n + 1
                self._table.apply(event)
                self._wire.apply(event)
                if isinstance(event, Call) and not event.cut:
                    returns = self._returns.setdefault((event.program, event.name), [])
                    returns.append(event)
                    del returns[:-_KEPT]

    def _check_call(self, expected: ExpectCall) -> Verdict:
        key = (expected.program, expected.call, expected.fd)
        since = self._used.get(key, -1)
        fresh = [
            call
            for call in self._returns.get((expected.program, expected.call), [])
            if call.n > since and expected.fd in (None, call.fd)
        ]
        for call in fresh:
            if _matches(call, expected):
                self._used[key] = call.n
                return Verdict(True)
        return Verdict(False, self._instead(expected, fresh))

    def _instead(self, expected: ExpectCall, fresh: list[Call]) -> str:
        if fresh:
            return "; ".join(call_text(call) for call in fresh[-3:])
        row = self._table.programs.get(expected.program)
        if row is None:
            return _("there is no program {program}", program=expected.program)
        if row.blocked is not None:
            return _(
                "no {call} returned: {program} is blocked in {blocked}",
                call=expected.call,
                program=expected.program,
                blocked=row.blocked.name,
            )
        return _("{program} made no such call", program=expected.program)

    def _check_state(self, expected: ExpectState) -> Verdict:
        row = self._table.latest(expected.program, expected.fd)
        if row is None:
            return Verdict(False, _nothing(expected.program, expected.fd))
        if row.kind != "tcp":
            return Verdict(False, _("a UDP socket, which has no state"))
        state = row.state or "CLOSE"
        return Verdict(state == expected.state, state)

    def _check_queue(self, expected: ExpectQueue) -> Verdict:
        row = self._table.latest(expected.program, expected.fd)
        if row is None:
            return Verdict(False, _nothing(expected.program, expected.fd))
        depth = getattr(row, expected.queue) or 0
        return Verdict(_number_fits(depth, expected.depth), str(depth))


def _nothing(program: str, fd: int) -> str:
    return _("{program} never had a descriptor {fd}", program=program, fd=fd)


def _matches(call: Call, expected: ExpectCall) -> bool:
    # The log shows getsockopt with the option's value for its result: that may be meant as well.
    shown = call.value if call.name == "getsockopt" else None
    if expected.error is not None:
        return expected.error in (call.error, shown)
    if expected.result is not None and not (
        _number_fits(call.result, expected.result)
        or (isinstance(shown, int) and _number_fits(shown, expected.result))
    ):
        return False
    if expected.data is None:
        return True
    data = _given(call)
    return data.startswith(expected.data) if expected.prefix else data == expected.data


def _given(call: Call) -> bytes:
    """What a call gave besides its number: the bytes or, as text, a value or an address."""
    if call.data is not None or call.value is None:
        return call.data or b""
    return argument_text(call.value).encode()


def _number_fits(value: int | None, wanted: Number) -> bool:
    if wanted.value is None or value is None:
        return wanted.value is None
    if wanted.relation == "<":
        return value < wanted.value
    return value > wanted.value if wanted.relation == ">" else value == wanted.value
