"""The state diagram on the screen: its inks as the theme's colours, and how large it can be."""

from __future__ import annotations

from typing import NamedTuple

from textual.content import Content
from textual.widgets import Static

from socklab.i18n import _
from socklab.model.state_diagram import GONE, SIGNS, Ink, draw, text
from socklab.model.state_forms import FORMS, LARGE, Form
from socklab.model.walks import Walk

_LOOKS = {
    Ink.PLAIN: "",
    Ink.FAINT: "$foreground 55%",
    Ink.OPENER: "bold $text-primary",
    Ink.OTHER: "bold $text-secondary",
    Ink.BOTH: "bold",
    Ink.OPENER_HERE: "bold reverse $text-primary",
    Ink.OTHER_HERE: "bold reverse $text-secondary",
    Ink.BOTH_HERE: "bold reverse",
}

_STEPS = {LARGE: 36}
_NARROWEST, _GAP = 24, 3
_BELOW = 6


class Arrangement(NamedTuple):
    """The form of the diagram, None where there is no room for one, and whether the steps stand
    beside it or below."""

    form: Form | None
    beside: bool = False


def arrangement(width: int, height: int) -> Arrangement:
    """How diagram and steps fit into so many cells: the largest form that leaves them room."""
    for form in FORMS:
        if height < form.height or width < form.width:
            continue
        if width >= form.width + _GAP + _STEPS.get(form, _NARROWEST):
            return Arrangement(form, beside=True)
        if height >= form.height + _BELOW:
            return Arrangement(form)
    return Arrangement(None)


class DiagramView(Static):
    """The diagram with the ways that two walks took, and below it, where there is room, what its
    signs mean."""

    DEFAULT_CSS = """
    DiagramView { width: auto; height: auto; padding: 0 0 0 1; }
    """

    def __init__(self) -> None:
        super().__init__("", id="states-diagram")
        self._walks: tuple[Walk | None, Walk | None] = (None, None)
        self._form: Form | None = None
        self._legend = False
        self._rows: object = None

    def show(self, form: Form, opener: Walk | None, other: Walk | None, legend: bool) -> None:
        """Draw it anew."""
        resized = (form, legend) != (self._form, self._legend)
        self._form, self._walks, self._legend = form, (opener, other), legend
        rows = draw(form, opener, other)
        if not resized and rows == self._rows:
            return
        self._rows = rows
        lines = [Content.assemble(*((run, _LOOKS[ink]) for run, ink in row)) for row in rows]
        if legend:
            lines += [Content(), Content.styled(legend_text(), _LOOKS[Ink.FAINT])]
        self.update(Content("\n").join(lines), layout=resized)

    def text_to_copy(self) -> str:
        """The diagram as plain text."""
        return "" if self._form is None else text(draw(self._form, *self._walks))


def legend_text() -> str:
    """What the signs mean, in as many cells as the smallest form has."""
    seen, inferred = ("".join(signs[known] for signs in SIGNS) for known in (0, 1))
    return _(
        "{seen} seen  {inferred} inferred  {gone} by RST, timeout",
        seen=seen,
        inferred=inferred,
        gone=GONE,
    )
