"""A frame as a tree: its layers from the outside in, and the fields of each."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from socklab.i18n import _
from socklab.model.analysis import Seen
from socklab.model.frames import Field, Layer
from socklab.ui.panes.cells import Part, width_of

LAYER_STYLES = {"Ethernet": "dim", "ARP": "accent", "IPv4": "accent", "IPv6": "accent"}
"""How a layer looks, here and in the bytes; those further in, and what they carry, otherwise."""

_FURTHER_IN, _CARRIED = "second", "good"
_OPEN, _CLOSED, _LEAF = "▾ ", "▸ ", "  "
_INDENT = 2
_NAME_FROM = 8  # cells that must be left for a field's name


def layer_style(layer: Layer) -> str:
    """How the layer looks."""
    return LAYER_STYLES.get(layer.name, _CARRIED if layer.name == "Data" else _FURTHER_IN)


@dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree: a layer, a field of one, or something else that there is to say.

    `start` up to `stop` are its bytes, `name` is Wireshark's. `path` tells it from others, and
    stays the same from frame to frame.
    """

    path: str
    depth: int
    label: str
    text: str = ""
    style: str = ""
    start: int = 0
    stop: int = 0
    name: str = ""
    meaning: str = ""
    bits: tuple[int, int] | None = None
    parent: str = ""
    branches: bool = False


def nodes(outside: Layer, first: Sequence[Node] = (), seen: Seen | None = None) -> list[Node]:
    """All of the tree: `first`, then each layer with its problems and its fields, and with what its
    connection adds to a segment's (`seen`)."""
    found = [*first]
    names: dict[str, int] = {}
    for layer in outside.chain():
        # What an ICMP error quotes has its layers again.
        names[layer.name] = names.get(layer.name, 0) + 1
        again = names[layer.name]
        path = layer.name if again == 1 else f"{layer.name} {again}"
        added = _relative(seen) if layer.name == "TCP" and again == 1 else {}
        found += _layer(layer, path, added)
    return found


def _relative(seen: Seen | None) -> dict[str, tuple[str, str, str]]:
    """Name, label and text of what is counted from the connection's beginning, by the field behind
    which it stands."""
    if seen is None:
        return {}
    found = {"tcp.seq_raw": ("tcp.seq", _("relative"), f"{seen.seq:,}")}
    if seen.ack is not None:
        found["tcp.ack_raw"] = ("tcp.ack", _("relative"), f"{seen.ack:,}")
    if seen.relative.scale:
        found["tcp.window_size_value"] = (
            "tcp.window_size",
            _("scaled"),
            _("{n} bytes", n=f"{seen.window:,}"),
        )
    return found


_COUNTED = {
    "tcp.seq": _("counted from the connection's beginning, as people and Wireshark write it"),
    "tcp.ack": _("counted from the connection's beginning, as people and Wireshark write it"),
    "tcp.window_size": _("times the scale that the SYN gave: so many bytes more may be sent"),
}


def _layer(layer: Layer, path: str, added: Mapping[str, tuple[str, str, str]]) -> Iterator[Node]:
    yield Node(
        path,
        0,
        path,
        layer.summary,
        layer_style(layer),
        layer.start,
        layer.stop,
        branches=bool(layer.fields or layer.problems),
    )
    for number, problem in enumerate(layer.problems):
        yield Node(
            f"{path}/!{number}",
            1,
            "✗ " + problem,
            "",
            "error",
            layer.start,
            layer.stop,
            parent=path,
        )
    above: list[str] = [path]
    seen: dict[str, int] = {}
    for number, field in enumerate(layer.fields):
        del above[field.depth + 1 :]
        own = f"{above[-1]}/{field.name or field.label}"
        seen[own] = seen.get(own, 0) + 1
        if seen[own] > 1:  # an option may come twice
            own = f"{own} {seen[own]}"
        following = layer.fields[number + 1 : number + 2]
        branches = any(other.depth > field.depth for other in following)
        node = _field(field, own, above[-1], branches)
        yield node
        if field.name in added:
            name, label, text = added[field.name]
            path = f"{above[-1]}/{name}"
            counted = replace(node, path=path, depth=node.depth + 1, label=label, text=text)
            yield replace(counted, name=name, meaning=_COUNTED[name], branches=False)
        above.append(own)


def _field(field: Field, path: str, parent: str, branches: bool) -> Node:
    return Node(
        path,
        field.depth + 1,
        field.label,
        field.text,
        "",
        field.start,
        field.stop,
        field.name,
        field.meaning,
        field.bits,
        parent,
        branches,
    )


class TreeLines:
    """The lines of a tree that are in open branches. `open` says of which that isn't as usual:
    usually only the innermost header is open, and its fields are closed."""

    origin = 0

    def __init__(self, all_nodes: Sequence[Node], open: dict[str, bool]) -> None:
        self.nodes = all_nodes
        self._open = open
        headers = [node.path for node in all_nodes if node.branches and not node.depth]
        known = [path for path in headers if not path.startswith("Data")]
        self._usual = {known[-1]} if known else set(headers)
        self._shown: list[Node] = []
        self._revision = 0
        self._see()

    def is_open(self, node: Node) -> bool:
        """Whether what is in it is shown."""
        return self._open.get(node.path, node.path in self._usual)

    def turn(self, node: Node, open: bool) -> None:
        """Open a branch, or close it."""
        if node.branches:
            self._open[node.path] = open
            self._see()

    def reveal(self, path: str) -> int:
        """Open what a node is in; its line. Raises KeyError."""
        by_path = {node.path: node for node in self.nodes}
        node = by_path[path]
        while node.parent:
            node = by_path[node.parent]
            self._open[node.path] = True
        self._see()
        return next(index for index, node in enumerate(self._shown) if node.path == path)

    def line_of(self, path: str) -> int | None:
        """The line of a node; None where it isn't shown."""
        return next((at for at, node in enumerate(self._shown) if node.path == path), None)

    def node(self, index: int) -> Node:
        """The node of a line."""
        return self._shown[index]

    def _see(self) -> None:
        hidden: set[str] = set()
        self._shown = []
        for node in self.nodes:
            if node.parent and node.parent in hidden:
                hidden.add(node.path)
                continue
            self._shown.append(node)
            if node.branches and not self.is_open(node):
                hidden.add(node.path)
        self._revision += 1

    # What the list asks for

    def __len__(self) -> int:
        return len(self._shown)

    def key(self, index: int) -> Hashable:
        """The node, as it is now."""
        return id(self), self._revision, index

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """`  ▾ Flags: SYN (0x002)`, with the field's name at the end where there is room."""
        node = self._shown[index]
        parts = self._said(node)
        left = width - sum(width_of(text) for text, _style in parts)
        if node.name and left >= width_of(node.name) + _NAME_FROM:
            parts.append((" " * (left - width_of(node.name) - 1), ""))
            parts.append((node.name, "dim"))
        return parts

    def _said(self, node: Node) -> list[Part]:
        sign = (_OPEN if self.is_open(node) else _CLOSED) if node.branches else _LEAF
        begin: Part = (" " * (_INDENT * node.depth) + sign, "dim")
        if node.depth == 0:
            return [begin, (node.label, node.style), (f"  {node.text}", "")]
        colon = ": " if node.text else ""
        return [begin, (node.label + colon, node.style or "dim"), (node.text, "strong")]

    def cut(self, node: Node, width: int) -> bool:
        """Whether its line is longer than so many cells."""
        return sum(width_of(text) for text, _style in self._said(node)) > width


def place_text(node: Node) -> str:
    """Where in the frame it stands: `bytes 34–35`, `byte 47, bit 6`; "" for what isn't in it."""
    if node.start >= node.stop:
        return ""
    if node.stop - node.start == 1:
        where = _("byte {n}", n=node.start)
    else:
        where = _("bytes {first}–{last}", first=node.start, last=node.stop - 1)
    if node.bits is None:
        return where
    first, last = node.bits
    which = _("bit {n}", n=first) if first == last else _("bits {a}–{b}", a=first, b=last)
    return f"{where}, {which}"
