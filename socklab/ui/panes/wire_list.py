"""The list of frames as a widget."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from textual import events

from socklab.events import Frame
from socklab.i18n import _
from socklab.network.privilege import CAP_NET_RAW, has_capability
from socklab.ui.actions import Action
from socklab.ui.panes.cells import Part, wrap
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.tail import LineSource
from socklab.ui.panes.wire_actions import BACK, CAPTURE, HOLD
from socklab.ui.panes.wire_lines import FrameLines

_MARGIN = 3


class Why(NamedTuple):
    """Why there may be no frames: a filter lets none through, there is a wire, or else this
    machine's are captured; and whether one can act."""

    filtered: bool
    wired: bool
    capturing: bool
    acts: bool


class FrameList(VirtualLines):
    """The frames. A click puts the cursor on one, another click takes it apart.

    `why` tells why there is none.
    """

    def __init__(self, source: LineSource, why: Callable[[], Why]) -> None:
        super().__init__(source, id="wire-frames")
        self._why = why
        self._looks: tuple[Hashable, ...] = ()

    def frame(self) -> Frame | None:
        """The frame under the cursor, else the newest."""
        source, index = self.source, self.cursor
        if not isinstance(source, FrameLines) or not len(source):
            return None
        return source.frame(len(source) - 1 if index is None else index)

    def look_again(self) -> None:
        """Draw the lines in view anew, if any of them says something else now."""
        source, top = self.source, self.scroll_offset.y
        looks = tuple(source.key(index) for index in range(top, self._last_in_view + 1))
        if looks != self._looks:
            self._looks = looks
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Once to point at a frame, twice to take it apart."""
        before = self.cursor
        index = event.y - self.gutter.top + self.scroll_offset.y
        on_badge = self.badge() and event.y == self.room.height - 1
        if on_badge or self.text_selection is not None or not 0 <= index < len(self.source):
            return
        event.prevent_default()
        if before == index:
            self.post_message(self.Chosen(self, index))
        else:
            self.point_to(index)

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says what this is for, and which key fills it."""
        filtered, wired, capturing, acts = self._why()
        if filtered:
            way = self._own_way(BACK, _("clears it"))
            return self._explain(_("No frame matches the filter."), [way])
        if not acts:
            return self._explain(_("No frame crossed a wire in this recording up to this moment."))
        if wired:
            ways = self.ways(
                ("server", _("starts a server on the host of its name")),
                ("client", _("opens a client, which calls it over the wire")),
            )
            hold = self._own_way(HOLD, _("holds every frame from now on, to be stepped by hand"))
            return self._explain(_("Nothing has crossed the wire yet."), [*ways, hold])
        if capturing:
            return self._explain(
                _(
                    "What crosses between the lab's own sockets on this machine is recorded, to be "
                    "looked at: on loopback nobody can get in between. Nothing has crossed yet."
                ),
                [
                    *self.ways(("server", _("starts a server")), ("client", _("opens a client"))),
                    self._own_way(CAPTURE, _("stops capturing")),
                ],
            )
        ways = self.ways(
            ("network", _("brings the private network up; no root needed")),
            ("relay", _("puts a relay in between: it delays, slices and resets")),
        )
        if has_capability(CAP_NET_RAW):
            said = _("records the lab's frames on this machine, to be looked at")
            ways.insert(1, self._own_way(CAPTURE, said))
        return self._explain(
            _(
                "On this machine's own network the kernel carries everything, and nobody gets in "
                "between. A private network has two hosts with TCP stacks of their own, joined by "
                "a wire, and you are the wire: see every frame, hold it, drop it, delay it, and "
                "watch the kernels react."
            ),
            ways,
        )

    def _own_way(self, each: Action, said: str) -> Sequence[Part]:
        """The pane carries it out."""
        return self.way(each, said, self.parent or self)

    def _explain(self, text: str, ways: Sequence[Sequence[Part]] = ()) -> Sequence[Sequence[Part]]:
        room = max(20, self.room.width - 2 * _MARGIN)
        return [*([(" " * _MARGIN + line, "")] for line in wrap(text, room)), [], *ways]
