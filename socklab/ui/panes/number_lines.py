"""The lines of the Numbers pane: TCP_INFO's fields by group, the values of one end or of both, and
what each means; or, where there is nothing to show, why."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from socklab.explain.fields import field_groups, field_text
from socklab.i18n import _
from socklab.model.sockets import SocketRow
from socklab.model.tcp_figures import figure
from socklab.model.tcp_info import BY_NAME
from socklab.ui.panes.cells import Part, pad, width_of
from socklab.ui.panes.samples import Samples

STYLES = ("accent", "second")
"""Of the end that opened the connection, and of the other one."""

_NAME = 16
_VALUE = 19


@dataclass(frozen=True, slots=True)
class End:
    """One end of a connection: which (0 opened it), what it is called, and its samples."""

    place: int
    name: str
    samples: Samples


class NumberLines:
    """The fields of `ends`, each group under its title."""

    origin = 0

    def __init__(self, ends: Sequence[End]) -> None:
        self.ends = tuple(ends)
        # A title stands in the place of a name that no field has.
        self._lines: list[tuple[str, str]] = []
        for title, names in field_groups():
            sampled = [name for name in names if BY_NAME[name].sampled]
            if sampled:
                self._lines += [(title, ""), *(("", name) for name in sampled)]

    def __len__(self) -> int:
        return len(self._lines)

    def field(self, index: int) -> str:
        """The name of the field in line `index`, "" for a title."""
        return self._lines[index][1]

    def key(self, index: int) -> Hashable:
        """What the line says, as far as it can change."""
        name = self.field(index)
        told = tuple((_value(end, name), name in end.samples.changed) for end in self.ends)
        return index, told if name else ()

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """A title with the ends' names over their columns, or a field."""
        title, name = self._lines[index]
        if not name:
            return self._title(title)
        parts: list[Part] = [(" " + pad(name, _NAME - 1), "")]
        for end in self.ends:
            style = STYLES[end.place]
            said = figure(name, _value(end, name))
            mark = "•" if name in end.samples.changed else " "
            room = _VALUE - 2
            parts += [
                (mark, style),
                (said + " " * max(1, room - width_of(said)) + " ", style),
            ]
        return [*parts, (field_text(name).text, "dim")]

    def _title(self, title: str) -> list[Part]:
        parts: list[Part] = [(pad(title, _NAME), "strong")]
        if len(self.ends) > 1:
            parts += [(" " + pad(end.name, _VALUE - 1), "strong") for end in self.ends]
        return parts


def _value(end: End, name: str) -> int | None:
    info = end.samples.latest
    number: int | None = None if info is None else getattr(info, name, None)
    return number


def explanation(name: str) -> list[Part]:
    """What a field means, with its name in C and its RFC."""
    text = field_text(name)
    rfc = f"  {text.rfc}" if text.rfc else ""
    return [(f"tcpi_{name}  ", "strong"), (text.text, ""), (rfc, "dim")]


def why_nothing(row: SocketRow | None, system: str) -> str:
    """Why a socket has no such numbers; `system` is the kernel that judged."""
    if row is not None and row.kind == "udp":
        return _(
            "A UDP socket has no such numbers: without a connection nothing is acknowledged, timed "
            "or sent again. Its queue stands in Sockets."
        )
    if row is not None and row.listening:
        return _(
            "A listening socket sends and receives no data itself; its accept queue stands in "
            "Sockets. The connections that it accepts have numbers."
        )
    if system and system != "Linux":
        return _("These numbers come from Linux's TCP_INFO, which {system} lacks.", system=system)
    if row is not None and row.program is None:
        return _(
            "This end waits to be accepted. The kernel can be asked about it as soon as accept "
            "has given it a descriptor."
        )
    if row is not None and row.remote is None:
        return _("This socket isn't connected yet: there is nothing to measure.")
    return _("The journal has no sample of this connection.")
