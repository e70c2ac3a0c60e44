"""Why this call failed here: an errno's text, and what the lab knows of this very case.

Pure: the call, the sockets just before it, and a way to look up earlier calls go in; sentences
come out. What isn't known isn't guessed: then the errno's likely causes are all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from socklab.events import Call, Note
from socklab.explain import addresses, conditions, endings
from socklab.explain.case import Case, Finding, Past
from socklab.explain.texts import errno_advice
from socklab.model.sockets import SocketTable

__all__ = ["Case", "Diagnosis", "Finding", "Past", "diagnose", "in_general"]

_MOST = 3
"""Findings that a student is told of one failure."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`meaning` is the errno's in a few words; `here` what the lab knows of this case; `causes`
    what the errno mostly comes from, the likeliest first; `mend` what to do, a piece each."""

    meaning: str
    here: tuple[Finding, ...]
    causes: tuple[str, ...]
    mend: tuple[str, ...]

    @property
    def explained(self) -> bool:
        """Whether it is known why this call failed."""
        return any(finding.explains for finding in self.here)


def in_general(call: Call) -> Diagnosis:
    """What the errno of `call`, which failed, says by itself."""
    assert call.error is not None
    advice = errno_advice(call.error, call.name)
    return Diagnosis(advice.meaning, (), advice.causes, (advice.mend,) if advice.mend else ())


def diagnose(call: Call, table: SocketTable, notes: Sequence[Note], past: Past) -> Diagnosis:
    """What to say of `call`, which failed (`error` isn't None).

    `table` holds the sockets as they were just before it, `notes` are those that it caused,
    `past` knows the calls before it.
    """
    general = in_general(call)
    finder = _FINDERS.get(call.error or "")
    if finder is None or call.cut:  # one that the lab ended says nothing about the network
        return general
    here = tuple(islice(finder(Case(call, table, tuple(notes), past)), _MOST))
    mend = tuple(dict.fromkeys(finding.mend for finding in here if finding.mend))
    return replace(general, here=here, mend=mend or general.mend)


_FINDERS: dict[str, Callable[[Case], Iterator[Finding]]] = {
    "EACCES": addresses.not_allowed,
    "EADDRINUSE": addresses.in_use,
    "EADDRNOTAVAIL": addresses.not_available,
    "EAFNOSUPPORT": addresses.other_family,
    "EAGAIN": conditions.would_wait,
    "EALREADY": conditions.would_wait,
    "EBADF": conditions.no_descriptor,
    "ECONNREFUSED": addresses.refused,
    "ECONNRESET": endings.was_reset,
    "EDESTADDRREQ": conditions.no_destination,
    "EINPROGRESS": conditions.would_wait,
    "EINVAL": conditions.wrong_order,
    "EISCONN": conditions.already_connected,
    "EMFILE": conditions.no_descriptor_left,
    "EMSGSIZE": conditions.too_big,
    "ENOPROTOOPT": conditions.other_kind,
    "ENOTCONN": conditions.not_connected,
    "EOPNOTSUPP": conditions.other_kind,
    "EPIPE": endings.nobody_receives,
    "ETIMEDOUT": addresses.no_answer,
}
"""Who looks into which errno; for the others their text says all there is."""
