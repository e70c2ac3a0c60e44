"""The bar above the Log in which one chooses what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Select

from socklab.i18n import _
from socklab.ui.panes.log_filter import KINDS, Choice, kind_names
from socklab.ui.panes.toggle import Toggle

Options = Sequence[tuple[str, str]]
"""What can be chosen: how it is shown, and its value."""


class FilterBar(VerticalGroup):
    """Text, errors only, program, socket, call, kinds of events."""

    DEFAULT_CSS = """
    FilterBar {
        background: $panel; padding: 0 1; height: auto; display: none;
        &.-open { display: block; }
        & HorizontalGroup { height: 1; }
        & Input { width: 1fr; margin-right: 2; }
        & Select { width: 1fr; margin-right: 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", _("Back to the log"), show=False),
    ]

    class Chosen(Message):
        """Another choice."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    class Left(Message):
        """Escape was pressed in the bar."""

    def __init__(self) -> None:
        super().__init__(disabled=True)
        self._choice = Choice()

    def compose(self) -> ComposeResult:
        """Three rows, so that it fits 80 columns."""
        with HorizontalGroup():
            yield Input(placeholder=_("text to look for"), compact=True, id="filter-text")
            yield Toggle(_("errors only"), id="filter-errors")
        with HorizontalGroup():
            for id, prompt in (
                ("filter-program", _("any program")),
                ("filter-sock", _("any socket")),
                ("filter-call", _("any call")),
            ):
                yield Select[str]([], prompt=prompt, compact=True, id=id)
        with HorizontalGroup():
            for kind in KINDS:
                yield Toggle(kind_names()[kind], kind in self._choice.kinds, id=f"kind-{kind}")

    def open(self, programs: Options, socks: Options, calls: Options) -> None:
        """Show the bar, with what there is to choose from by now."""
        for id, options in (
            ("filter-program", programs),
            ("filter-sock", socks),
            ("filter-call", calls),
        ):
            self._offer(self.query_one(f"#{id}", Select), options)
        self.disabled = False
        self.add_class("-open")
        self.query_one("#filter-text", Input).focus()

    @staticmethod
    def _offer(select: Select[str], options: Options) -> None:
        value = select.value
        with select.prevent(Select.Changed):
            select.set_options((Content(label), known) for label, known in options)
            if value in {known for _label, known in options}:
                select.value = value

    def show(self, choice: Choice) -> None:
        """Put the fields as `choice` has them, without telling anybody."""
        self._choice = choice
        with self.prevent(Input.Changed, Select.Changed, Toggle.Changed):
            self.query_one("#filter-text", Input).value = choice.text
            self.query_one("#filter-errors", Toggle).set(choice.errors)
            for kind in KINDS:
                self.query_one(f"#kind-{kind}", Toggle).set(kind in choice.kinds)
            self._select("filter-program", choice.program)
            self._select("filter-sock", None if choice.sock is None else str(choice.sock))
            self._select("filter-call", choice.call)

    def _select(self, id: str, value: str | None) -> None:
        select = self.query_one(f"#{id}", Select)
        if value is None:
            select.clear()
            return
        if value not in {known for _label, known in select._options}:
            select.set_options([(Content(value), value)])
        select.value = value

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Toggle.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        choice = self._read()
        if choice != self._choice:
            self._choice = choice
            self.post_message(self.Chosen(choice))

    def _read(self) -> Choice:
        sock = self._selected("filter-sock")
        return Choice(
            kinds=frozenset(self._kinds_on()),
            program=self._selected("filter-program"),
            sock=None if sock is None else int(sock),
            call=self._selected("filter-call"),
            errors=self.query_one("#filter-errors", Toggle).value,
            text=self.query_one("#filter-text", Input).value,
        )

    def _kinds_on(self) -> Iterable[str]:
        return (kind for kind in KINDS if self.query_one(f"#kind-{kind}", Toggle).value)

    def _selected(self, id: str) -> str | None:
        value = self.query_one(f"#{id}", Select).value
        return value if isinstance(value, str) else None

    @on(Input.Submitted)
    def action_leave(self) -> None:
        """Back to the log; the choice stays."""
        self.remove_class("-open")
        self.disabled = True
        self.post_message(self.Left())
