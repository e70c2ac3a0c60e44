"""One frame taken apart: its tree and its bytes side by side, each showing where one is in the
other, and what the chosen field means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from socklab.events import Frame
from socklab.i18n import _
from socklab.model.analysis import Seen
from socklab.model.frames import decode
from socklab.model.units import clock_text, duration_text, size_text
from socklab.ui.panes.cells import Part, harmless
from socklab.ui.panes.lines import VirtualLines
from socklab.ui.panes.listing import Listing
from socklab.ui.panes.tail import NoLines
from socklab.ui.panes.wire_fates import Outcome, verdict_parts
from socklab.ui.panes.wire_hex import HexLines, HexView
from socklab.ui.panes.wire_tree import Node, TreeLines, nodes, place_text

FRAME = _("Frame")


class FrameTree(Listing):
    """The tree, with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "open(True)", _("Open"), show=False),
        Binding("left", "open(False)", _("Close"), show=False),
        Binding("space", "choose", _("Open or close"), show=False),
    ]

    def __init__(self) -> None:
        super().__init__(NoLines(), id="wire-tree")

    def nothing(self) -> Sequence[Sequence[Part]]:
        """Says what this is for."""
        return [[("   " + _("Choose a frame with ↑ and ↓: here it is taken apart."), "dim")]]

    def action_open(self, open: bool) -> None:
        """Open the branch under the cursor; close it, or the one that it is in."""
        source, index = self.source, self.cursor
        if not isinstance(source, TreeLines) or index is None:
            return
        node = source.node(index)
        if not open and not (node.branches and source.is_open(node)):
            above = source.line_of(node.parent)
            if above is not None:
                self.point_to(above)
            return
        self.turn(index, open)

    def turn(self, index: int, open: bool | None = None) -> None:
        """Open the branch of a line, or close it; None for the other way round."""
        source = self.source
        if isinstance(source, TreeLines):
            node = source.node(index)
            source.turn(node, not source.is_open(node) if open is None else open)
            self.sync()
            self.refresh()

    def text_to_copy(self) -> str:
        """The field under the cursor, without the tree's signs."""
        source, index = self.source, self.cursor
        if not isinstance(source, TreeLines) or index is None:
            return ""
        node = source.node(index)
        return harmless(f"{node.name or node.label}: {node.text}" if node.text else node.label)


class WireDetails(Vertical):
    """Shows a frame that is handed to it."""

    DEFAULT_CSS = """
    WireDetails {
        border-top: solid $border-blurred;
        border-title-color: $foreground;
        &:focus-within { border-top: solid $border; border-title-color: $text-primary; }
        & > Horizontal { height: 1fr; }
        & #wire-tree { width: 1fr; }
        & #wire-hex { width: 40; margin-left: 1; }
        &.-wide #wire-hex { width: 75; }
        & #wire-meaning { height: 1; padding: 0 1; background: $panel; text-wrap: nowrap;
            text-overflow: ellipsis; }
        &.-roomy #wire-meaning { height: 2; text-wrap: wrap; text-overflow: fold; }
    }
    """

    def __init__(self) -> None:
        super().__init__(id="wire-details")
        self._open: dict[str, bool] = {}
        self._at = ""  # the path of the chosen node
        self._shown: object = None
        self._frame: Frame | None = None
        self._outcome = Outcome()
        self._seen: Seen | None = None

    def compose(self) -> ComposeResult:
        """The tree, the bytes, the meaning."""
        with Horizontal():
            yield FrameTree()
            yield HexView(self._byte_chosen, self._show_bytes)
        yield Static("", id="wire-meaning")

    @property
    def fields(self) -> FrameTree:
        """The layers and fields."""
        return self.query_one(FrameTree)

    @property
    def dump(self) -> HexView:
        """The bytes."""
        return self.query_one(HexView)

    def show(self, frame: Frame | None, outcome: Outcome, seen: Seen | None) -> None:
        """Take this frame apart, if it isn't already. What is open stays open."""
        shown = (frame and frame.n, outcome.known, seen)
        if shown == self._shown:
            return
        self._shown = shown
        self._frame, self._outcome, self._seen = frame, outcome, seen
        self._say_which(frame)
        if frame is None:
            self.fields.show_source(NoLines())
            self.dump.show_source(NoLines())
            self._mean(None)
            return
        lines = TreeLines(
            nodes(decode(frame.data, frame.size), self._about(frame), seen), self._open
        )
        self.fields.show_source(lines)
        self._show_bytes()
        here = lines.line_of(self._at)
        self.fields.go_to(here if here is not None else lines.line_of(self._usual(lines)) or 0)
        self._choose()

    def _say_which(self, frame: Frame | None) -> None:
        """Say above it which frame it is, and what there is to say of it."""
        if frame is None:
            self.border_title = None
            return
        remarks = [remark.text for remark in self._seen.remarks] if self._seen else []
        named = _("Frame {id}", id=frame.id)
        said = [f"{named} · {frame.sender} → {frame.receiver}", *remarks]
        self.border_title = Content(harmless(f" {' · '.join(said)} "))

    def _usual(self, lines: TreeLines) -> str:
        opened = [node.path for node in lines.nodes if not node.depth and lines.is_open(node)]
        return opened[-1] if opened else ""

    def _show_bytes(self) -> None:
        frame = self._frame
        if frame is None:
            return
        arrived = self._outcome.last.data if self._outcome.last is not None else None
        pairs = zip(frame.data, arrived or b"", strict=False)
        changed = frozenset(at for at, (sent, came) in enumerate(pairs) if sent != came)
        layers = decode(frame.data, frame.size)
        self.dump.show_source(HexLines(frame.data, layers, self.dump.per_row, changed))
        self._choose()

    def _about(self, frame: Frame) -> list[Node]:
        """What there is to say of the frame as a whole."""
        fate = "".join(text for text, _style in verdict_parts(self._outcome))
        said = [
            (_("Fate"), fate, ""),
            (_("Number"), str(frame.id), "frame.number"),
            (_("From"), f"{frame.sender} → {frame.receiver}", ""),
            (_("Came onto the wire"), clock_text(frame.t), ""),
            (_("Size"), size_text(frame.size), "frame.len"),
        ]
        if len(frame.data) < frame.size:
            said.append((_("Kept of it"), size_text(len(frame.data)), "frame.cap_len"))
        held, last = self._outcome.held, self._outcome.last
        if held is not None and last is not None:
            said.append((_("Was held for"), duration_text(last.t - held.t), ""))
        remarks = [remark.text for remark in self._seen.remarks] if self._seen else []
        changed = self._changed(frame)
        top = Node(FRAME, 0, _("Frame {id}", id=frame.id), fate, "", branches=True)
        about = [
            Node(f"{FRAME}/#{n}", 1, "● " + text, "", "warning")
            for n, text in enumerate([*remarks, *changed])
        ]
        about += [
            Node(f"{FRAME}/{label}", 1, label, text, "", 0, len(frame.data), name)
            for label, text, name in said
        ]
        return [top, *(replace(node, parent=FRAME) for node in about)]

    def _changed(self, frame: Frame) -> list[str]:
        last = self._outcome.last
        if last is None or last.data is None:
            return []
        return [
            _(
                "byte {at} arrived as {came}, not {sent}",
                at=at,
                came=f"{came:02x}",
                sent=f"{sent:02x}",
            )
            for at, (sent, came) in enumerate(zip(frame.data, last.data, strict=False))
            if sent != came
        ][:3]

    # Where one is

    def _choose(self) -> None:
        """Light up what the cursor is on."""
        lines, index = self.fields.source, self.fields.cursor
        if not isinstance(lines, TreeLines) or index is None:
            return
        node = lines.node(index)
        self._at = node.path
        self.dump.light(node.start, node.stop)
        self._mean(node)

    def _byte_chosen(self, byte: int) -> None:
        """Go to the field of a byte."""
        lines, frame = self.fields.source, self._frame
        if not isinstance(lines, TreeLines) or frame is None:
            return
        over = [node for node in lines.nodes if node.start <= byte < node.stop and node.name]
        over = [node for node in over if not node.name.startswith("frame.")]
        over = over or [
            node for node in lines.nodes if node.start <= byte < node.stop and node.path != FRAME
        ]
        if not over:
            return
        narrowest = min(over, key=lambda node: (node.stop - node.start, -node.depth))
        index = lines.reveal(narrowest.path)
        self.fields.sync()
        self.fields.go_to(index)
        self._choose()
        self.dump.light(narrowest.start, narrowest.stop, byte)

    @on(VirtualLines.Pointed, "#wire-tree")
    def _pointed(self, message: VirtualLines.Pointed) -> None:
        message.stop()
        self._choose()

    @on(VirtualLines.Chosen, "#wire-tree")
    def _chosen(self, message: VirtualLines.Chosen) -> None:
        message.stop()
        self.fields.turn(message.index)
        self._choose()

    def _mean(self, node: Node | None) -> None:
        """Say what the chosen field means."""
        if node is None:
            said = Content("")
        else:
            lines = self.fields.source
            cut = isinstance(lines, TreeLines) and lines.cut(node, self.fields.room.width)
            parts = [node.text if cut else "", node.name, place_text(node), node.meaning]
            said = Content(" · ".join(harmless(part) for part in parts if part) or " ")
        self.query_one("#wire-meaning", Static).update(said, layout=False)
