"""Reading one layer: rows of a table say what lies where, and no byte is taken that isn't there.

A protocol's reader gets a `Part`: bytes, and what the layers around them say about them. It
returns its `Reading` and the part that follows, if any, which begins further in; so whatever the
lengths in a frame claim, the reading of it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from socklab.i18n import _
from socklab.model.frames.checksum import Status, begun, verify
from socklab.model.frames.layers import Field, Layer, LayerName, Value
from socklab.model.frames.values import as_data, in_bytes, number

_STATUSES = {
    Status.BAD: _("bad"),
    Status.GOOD: _("good"),
    Status.UNVERIFIED: _("not verified"),
    Status.ABSENT: _("not there"),
}

Meaning = str | Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Row:
    """A field of a header: where it lies (`at`, bytes from the header's start) and how it is read.

    `bits`: see `Field`. `factor`: of what the bits count (a length in words of 4 bytes has 4).
    `meaning` may depend on the value.
    """

    name: str
    label: str
    at: int
    size: int
    meaning: Meaning = ""
    bits: tuple[int, int] | None = None
    read: Callable[[bytes], Value] = number
    text: Callable[[Any], str] = str
    depth: int = 0
    factor: int = 1
    shift: int = field(init=False, default=0)
    mask: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if self.bits is not None:
            first, last = self.bits
            object.__setattr__(self, "shift", self.size * 8 - 1 - last)
            object.__setattr__(self, "mask", (1 << last - first + 1) - 1)


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of a layer: of `data`, the frame as far as it was kept, those from `start` on.

    `stop` is where the layer ends by what is around it, never beyond the frame's true size, but
    perhaps beyond `data`. `protocol` is who reads it. `pseudo` are the addresses that go into a
    checksum, source and destination. `partial` says in a sentence why something of what is in here
    is missing, "" where it is all there. `quoted`: it is what an ICMP error is about.
    """

    data: bytes
    start: int
    stop: int
    protocol: LayerName
    pseudo: bytes = b""
    partial: str = ""
    quoted: bool = False

    def inner(
        self,
        protocol: LayerName,
        start: int,
        stop: int | None = None,
        pseudo: bytes | None = None,
        partial: str = "",
        quoted: bool = False,
    ) -> Part | None:
        """What lies further in, up to `stop` if that is less; None where there is nothing."""
        stop = self.stop if stop is None else min(stop, self.stop)
        if start >= stop:
            return None
        return Part(
            self.data,
            start,
            stop,
            protocol,
            self.pseudo if pseudo is None else pseudo,
            self.partial or partial,
            self.quoted or quoted,
        )


class Reading:
    """A layer while it is being read. `have` is the offset behind its last byte that is there."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.data = part.data
        self.start = part.start
        self.have = min(part.stop, len(part.data))
        self.stop = part.start
        self.fields: list[Field] = []
        self.problems: list[str] = []
        self.summary = ""

    def layer(self, inner: Layer | None) -> Layer:
        """What was read."""
        return Layer(
            self.part.protocol,
            self.start,
            self.stop,
            tuple(self.fields),
            inner,
            tuple(self.problems),
            self.summary,
        )

    def table(self, rows: Iterable[Row], base: int | None = None, depth: int = 0) -> bool:
        """The fields of these rows, from `base` on (the layer's start); False if not all is there.

        `depth` is added to the rows' own.
        """
        base = self.start if base is None else base
        data, have, fields = self.data, self.have, self.fields
        for row in rows:
            start = base + row.at
            stop = start + row.size
            if stop > have:
                self.too_short(stop)
                return False
            value = row.read(data[start:stop])
            if row.mask and isinstance(value, int):
                value = (value >> row.shift & row.mask) * row.factor
            meaning = row.meaning
            fields.append(
                Field(
                    row.name,
                    row.label,
                    value,
                    row.text(value),
                    meaning if isinstance(meaning, str) else meaning(value),
                    start,
                    stop,
                    row.bits,
                    row.depth + depth,
                )
            )
            if stop > self.stop:
                self.stop = stop
        return True

    def piece(
        self,
        name: str,
        label: str,
        start: int,
        stop: int,
        meaning: str = "",
        text: str | Callable[[bytes], str] = as_data,
        depth: int = 0,
    ) -> None:
        """A field of bytes, as many of them as are there; none if there is not one."""
        stop = min(stop, self.have)
        if start < stop:
            value = self.data[start:stop]
            written = text if isinstance(text, str) else text(value)
            made = Field(name, label, value, written, meaning, start, stop, None, depth)
            self.fields.append(made)
            self.stop = max(self.stop, stop)

    def payload(self, name: str, label: str, start: int, stop: int) -> None:
        """What the layer carries, as a field of its own that is no part of the header."""
        header = self.stop
        self.piece(name, label, start, stop, _("what the header is there for"))
        self.stop = header

    def worked_out(
        self,
        name: str,
        label: str,
        value: Value,
        text: str,
        meaning: str = "",
        at: int | None = None,
        depth: int = 0,
    ) -> None:
        """A field that isn't in the frame, for the whole layer or for what begins at `at`."""
        at = self.start if at is None else at
        self.fields.append(Field(name, label, value, text, meaning, at, at, None, depth))

    def verified(
        self, name: str, at: int, start: int, stop: int, pseudo: bytes = b"", partial: str = ""
    ) -> None:
        """Whether the checksum at `at` fits: it is over `pseudo` and the bytes `start` to `stop`.

        `partial` says why it can't be told, if so.
        """
        why = partial or self._missing(stop)
        if why:
            self.checked(name, at, Status.UNVERIFIED, why)
            return
        status, expected = verify(pseudo + self.data[start:stop], len(pseudo) + at - start)
        if status is Status.BAD and pseudo and self.data[at : at + 2] == begun(pseudo):
            status = Status.UNVERIFIED
            why = _(
                "it was never computed: a kernel leaves that to the network card, and loopback has "
                "none"
            )
        elif status is Status.BAD:
            why = _(
                "it should be 0x{sum}: something was changed on the way, and the receiver drops it",
                sum=f"{expected:04x}",
            )
            self.problems.append(_("the checksum is wrong"))
        self.checked(name, at, status, why)

    def _missing(self, stop: int) -> str:
        if stop > self.part.stop:
            return _("it can't be verified: not all that it is over is there")
        if stop > self.have:
            return _("it can't be verified: only the beginning of the frame was kept")
        return ""

    def checked(self, name: str, at: int, status: Status, meaning: str = "") -> None:
        """What there is to say of the checksum at `at`."""
        label = _("Checksum status")
        self.fields.append(Field(name, label, int(status), _STATUSES[status], meaning, at, at))

    def too_short(self, needed: int) -> None:
        """A problem: the header goes on to `needed`, and the bytes don't."""
        self.stop = max(self.stop, self.have)
        if needed <= self.part.stop:
            problem = _("only the first {size} of the frame were kept", size=in_bytes(self.have))
        elif self.part.partial:
            return
        else:
            problem = _("it ends in the middle of its header")
        if problem not in self.problems:
            self.problems.append(problem)
