"""The frames as lines of a list: those that a filter lets through, found a bit at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from socklab.events import AnyEvent, Frame
from socklab.i18n import _
from socklab.journal import Excerpt, Filter, Readable, Selection
from socklab.model.analysis import Seen
from socklab.model.frame_filter import All, Test, names
from socklab.model.frame_filter_facts import FrameFacts, analysed, is_analysed
from socklab.model.frames import Relative, frame_line, outline
from socklab.ui.panes.cells import Part, fit_measured, pad, width_of
from socklab.ui.panes.wire_analysis import WireAnalysis
from socklab.ui.panes.wire_drawing import short_name
from socklab.ui.panes.wire_fates import Fates, frame_at, verdict_parts

ROOMY = 90
"""Cells of width from which everything is written out."""

_SECOND = 1_000_000_000
_LEAST_NUMBER = 3
_NARROW_KIND = 4
_KINDS = {
    "tcp": "TCP",
    "udp": "UDP",
    "arp": "ARP",
    "icmp": "ICMP",
    "icmpv6": "ICMPv6",
    "ip": "IP",
    "other": "–",
}
_FRAMES = Filter(types=frozenset({Frame}))

EVERYTHING = All(())


class FrameLines:
    """The frames of `journal` for which `test` holds. `origin`: see LineSource.

    `hosts` are the names that stand left and right, `chosen` the event that is marked.
    """

    def __init__(
        self,
        journal: Readable,
        fates: Fates,
        analysis: WireAnalysis,
        test: Test = EVERYTHING,
        text: str = "",
    ) -> None:
        self.journal = journal
        self.text = text
        self.origin = 0
        self.reading = True
        self.chosen: int | None = None
        self.hosts: Sequence[str] = ()
        self._fates = fates
        self._analysis = analysis
        self.test = test
        self._begin: int | None = None
        # What a connection's analysis says is only known up to where that has got.
        self._part: Excerpt | None = None
        if any(map(is_analysed, names(test))):
            self._part = Excerpt(journal, analysis.upto)
        let_through = None if test == EVERYTHING else self._holds
        self.numbers = Selection(self._part or journal, _FRAMES, test=let_through)

    @property
    def begin(self) -> int:
        """When the first event was, ns since the epoch: from there the frames' times are counted,
        in a recording as in the lab that it was, whenever the list was made."""
        if self._begin is None:
            first = self.journal.read(self.journal.first, self.journal.first + 1)
            if not first:
                return self.journal.header.started
            self._begin = first[0].t
        return self._begin

    def _holds(self, event: AnyEvent) -> bool:
        if not isinstance(event, Frame):
            return False
        seen = self._analysis.seen(event.n) if self._part is not None else None
        return self.test.holds(FrameFacts(event, self.begin, analysed(seen)))

    def advance(self, seconds: float, rows: int | None = None) -> None:
        """Look for what is new, then for what is older, for about `seconds` each at most.

        `rows`: so many older ones will do.
        """
        if self._part is not None:
            self._part.extend(max(self._part.end, self._analysis.upto))
        numbers = self.numbers
        last = numbers[-1] if len(numbers) else None
        position = self.origin + len(numbers) - 1
        self.reading = not (numbers.extend(seconds) and numbers.extend_back(seconds, rows))
        # The last one tells by how many the others have moved: see LogSource.
        self.origin = -numbers.older if last is None else position - numbers.index(last)

    # What the list asks for

    def __len__(self) -> int:
        return len(self.numbers)

    def key(self, index: int) -> Hashable:
        """The frame, and what is known of it by now."""
        n = self.numbers[index]
        return n, self._fates.of(n).known, self._analysis.known(n), n == self.chosen, self.hosts

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """One frame."""
        n = self.numbers[index]
        frame = frame_at(self.journal, n)
        if frame is None:
            return [(" " + _("this frame is no longer in memory"), "dim")]
        return self._line(frame, width)

    def frame(self, index: int) -> Frame | None:
        """The frame of a line, None if the journal has let go of it."""
        return frame_at(self.journal, self.numbers[index])

    # One line

    def _line(self, frame: Frame, width: int) -> list[Part]:
        roomy = width >= ROOMY
        seconds = (frame.t - self.begin) / _SECOND
        time = f"{seconds:>11.6f}" if roomy else f"{seconds:>7.3f}"
        look = outline(frame.data, frame.size)
        seen = self._analysis.seen(frame.n)
        kind = _KINDS[look.kind]
        if not roomy:
            kind = kind[:_NARROW_KIND]
        if not roomy and look.kind == "tcp" and seen is not None and seen.remarks:
            kind = short_name(look)  # what is said of it leaves no room to write out what it is
        left: list[Part] = [
            ("▸" if frame.n == self.chosen else " ", "warning"),
            (f"{frame.id:>{_LEAST_NUMBER + roomy}} ", "dim"),
            (f"{time} ", "dim"),
            *self._ends(frame, roomy),
            (f"{kind:<{6 if roomy else _NARROW_KIND}} ", "strong"),
        ]
        right = verdict_parts(self._fates.of(frame.n), brief=not roomy)
        info = _info(frame, frame_line(look, seen.relative if seen else Relative()), seen)
        room = width - _cells(left) - _cells(right) - 1
        fitted, used = fit_measured(info, max(room, 0))
        return [*left, *fitted, (" " * (room - used + 1), ""), *right]

    def _ends(self, frame: Frame, roomy: bool) -> list[Part]:
        """From whom to whom; where there are but two and little room, who and which way."""
        if frame.sender == frame.receiver:  # captured on this machine: the ports tell them apart
            return []
        style = self._style(frame.sender)
        hosts = self.hosts
        if not roomy and len(hosts) == 2 and frame.sender in hosts:
            widest = max(map(width_of, hosts))
            if frame.sender == hosts[0]:
                return [(f"{pad(frame.sender, widest)} ▶ ", style)]
            return [(f"◀ {pad(frame.sender, widest)} ", style)]
        widest = min(max(map(width_of, hosts), default=8), 15)
        return [(f"{pad(frame.sender, widest)} → {pad(frame.receiver, widest)} ", style)]

    def _style(self, host: str) -> str:
        if host in self.hosts[:1]:
            return "accent"
        return "second" if host in self.hosts[1:2] else ""


def _info(frame: Frame, line: str, seen: Seen | None) -> list[Part]:
    """What it is, after what there is to say of it."""
    said: list[Part] = []
    if frame.cause is not None:
        said += [("⧉ " + _("a copy"), "second"), (" · ", "dim")]
    for remark in seen.remarks if seen else ():
        said += [(remark.text, "warning"), (" · ", "dim")]
    return [*said, (line, "")]


def _cells(parts: Sequence[Part]) -> int:
    return sum(width_of(text) for text, _style in parts)
