"""The texts about the fields of TCP_INFO, read from the TOML file beside this module."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from socklab.i18n import _


@dataclass(frozen=True, slots=True)
class FieldText:
    """What a field says, in one sentence, and the RFCs that it belongs to ("" for none)."""

    text: str
    rfc: str


def field_text(name: str) -> FieldText:
    """What the field `name` (as in the struct, without `tcpi_`) says. Raises KeyError."""
    text = _texts()[name]
    return FieldText(_(text.text), text.rfc)


def field_groups() -> list[tuple[str, tuple[str, ...]]]:
    """The title of each group of fields and their names, in the order to list them in."""
    titles = {
        "sending": _("Sending"),
        "time": _("Times"),
        "receiving": _("Receiving"),
        "loss": _("Loss and repair"),
        "limits": _("What sending waited for"),
        "sizes": _("Sizes and options"),
        "activity": _("Last heard of"),
        "ecn": _("Congestion marks"),
    }
    return [(titles[group], tuple(fields)) for group, fields in _tables().items()]


@cache
def _texts() -> dict[str, FieldText]:
    return {
        name: FieldText(**text) for fields in _tables().values() for name, text in fields.items()
    }


@cache
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    file = resources.files(__package__).joinpath("tcp_info.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def load() -> None:
    """Read them."""
    _texts()
