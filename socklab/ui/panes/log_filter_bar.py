"""The bar above the Log in which one chooses what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import HorizontalGroup, VerticalGroup
from textual.message import Message
from textual.widgets import Input

from socklab.i18n import _
from socklab.ui.panes.drop_down import DropDown
from socklab.ui.panes.log_filter import KINDS, Choice, kind_names, together
from socklab.ui.panes.toggle import Toggle

_SWITCHES = tuple(kind for kind in KINDS if kind != "fate")  # frames and fates go together

Options = Sequence[tuple[str, str]]
"""What can be chosen: how it is shown, and its value."""


class FilterBar(VerticalGroup):
    """Text, errors only, program, socket, call, kinds of events."""

    DEFAULT_CSS = """
    FilterBar {
        background: $panel; padding: 0 0 0 1; height: auto; display: none;
        &.-open { display: block; }
        & HorizontalGroup { height: 1; }
        & Input { width: 1fr; margin-right: 2; }
        & DropDown { margin-right: 2; }
        & .kinds Toggle { margin-right: 1; }
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
                yield DropDown(prompt=prompt, id=id)
        with HorizontalGroup(classes="kinds"):
            for kind in _SWITCHES:
                yield Toggle(kind_names()[kind], kind in self._choice.kinds, id=f"kind-{kind}")

    def open(self, programs: Options, socks: Options, calls: Options) -> None:
        """Show the bar, with what there is to choose from by now."""
        for id, options in (
            ("filter-program", programs),
            ("filter-sock", socks),
            ("filter-call", calls),
        ):
            drop_down = self.query_one(f"#{id}", DropDown)
            with drop_down.prevent(DropDown.Changed):
                drop_down.offer(options)
        self.disabled = False
        self.add_class("-open")
        self.query_one("#filter-text", Input).focus()

    def show(self, choice: Choice) -> None:
        """Put the fields as `choice` has them, without telling anybody."""
        self._choice = choice
        with self.prevent(Input.Changed, DropDown.Changed, Toggle.Changed):
            self.query_one("#filter-text", Input).value = choice.text
            self.query_one("#filter-errors", Toggle).set(choice.errors)
            for kind in _SWITCHES:
                self.query_one(f"#kind-{kind}", Toggle).set(kind in choice.kinds)
            self._select("filter-program", choice.program)
            self._select("filter-sock", None if choice.sock is None else str(choice.sock))
            self._select("filter-call", choice.call)

    def _select(self, id: str, value: str | None) -> None:
        drop_down = self.query_one(f"#{id}", DropDown)
        if value is not None and value not in {known for _text, known in drop_down.options}:
            drop_down.offer([(value, value)])
        drop_down.value = value

    @on(Input.Changed)
    @on(DropDown.Changed)
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
        on = (kind for kind in _SWITCHES if self.query_one(f"#kind-{kind}", Toggle).value)
        return chain.from_iterable(map(together, on))

    def _selected(self, id: str) -> str | None:
        return self.query_one(f"#{id}", DropDown).value

    @on(Input.Submitted)
    def action_leave(self) -> None:
        """Back to the log; the choice stays."""
        self.remove_class("-open")
        self.disabled = True
        self.post_message(self.Left())
