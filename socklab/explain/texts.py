"""The texts about calls, options, errnos and states, read from the TOML files beside this module.

They are data: a new errno or a better sentence needs no Python. The files are the package's own
and read once; nothing else is.
"""

from __future__ import annotations

import errno
import os
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from socklab.i18n import _

_ALIASES = {"EWOULDBLOCK": "EAGAIN", "ENOTSUP": "EOPNOTSUPP"}
"""Other names of the same numbers on Linux."""


@dataclass(frozen=True, slots=True)
class Advice:
    """`meaning` goes behind a line of the log, without a full stop; `mend` says what to do next
    in a sentence or two, and is empty for an errno that the texts don't know. `causes` are what it
    mostly comes from, the likeliest first."""

    meaning: str
    mend: str
    causes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallText:
    """What a call or an option does, the man pages ("bind(2), ip(7)") and the RFC's clause ("" for
    none)."""

    summary: str
    man: str
    rfc: str


def errno_advice(name: str, call: str) -> Advice:
    """What the errno `name` ("ECONNREFUSED", "EAI_NONAME") means when `call` gave it.

    Never fails: an errno without a text of ours has the system's.
    """
    variants = _errnos().get(_ALIASES.get(name, name))
    if variants is None:
        return Advice(_system_text(name), "")
    advice = variants.get(call, variants[""])
    causes = tuple(_(cause) for cause in advice.causes)
    return Advice(_(advice.meaning), _(advice.mend), causes)


def call_summary(name: str) -> CallText:
    """What the system call `name` does. Raises KeyError for a call that the lab doesn't make."""
    text = _calls()[name]
    return CallText(_(text.summary), text.man, text.rfc)


def option_summary(symbol: str) -> CallText:
    """What the socket option `symbol` ("SO_REUSEADDR") does. Raises KeyError for one that the lab
    doesn't know."""
    text = _options()[symbol]
    return CallText(_(text.summary), text.man, text.rfc)


def state_meaning(state: str) -> str:
    """What it means that a socket is in this TCP state. Raises KeyError for what is none."""
    return _(_states()[state])


def _system_text(name: str) -> str:
    number = getattr(errno, name, None)
    return os.strerror(number).lower() if isinstance(number, int) else name


@cache
def _errnos() -> dict[str, dict[str, Advice]]:
    """By errno, then by call; "" is the one for every other call."""
    return {name: _variants(table) for name, table in _load("errnos.toml").items()}


def _variants(table: dict[str, Any]) -> dict[str, Advice]:
    general = Advice(table["meaning"], table["mend"], tuple(table["causes"]))
    variants = {"": general}
    for calls, variant in table.items():
        if isinstance(variant, dict):
            advice = Advice(
                variant["meaning"],
                variant.get("mend", general.mend),
                tuple(variant.get("causes", general.causes)),
            )
            variants.update(dict.fromkeys(calls.split(), advice))
    return variants


@cache
def _calls() -> dict[str, CallText]:
    return {name: CallText(**table) for name, table in _load("calls.toml").items()}


@cache
def _options() -> dict[str, CallText]:
    """By symbol, an option of IPv6 sockets by its own."""
    texts = {}
    for symbol, table in _load("options.toml").items():
        twin = table.pop("also", symbol)
        texts[symbol] = texts[twin] = CallText(**table)
    return texts


@cache
def _states() -> dict[str, str]:
    return {name: table["meaning"] for name, table in _load("states.toml").items()}


def load() -> None:
    """Read all of them."""
    for read in (_errnos, _calls, _options, _states):
        read()


def _load(file: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(file).read_text(encoding="utf-8"))
