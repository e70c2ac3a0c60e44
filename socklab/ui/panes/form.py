"""What the forms share: compact fields, and a line that shows the command or what is wrong."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, Vertical
from textual.css.query import NoMatches
from textual.widgets import Button, Input, Label, Static

from socklab.events import Note
from socklab.explain import errno_advice
from socklab.ui.asking import Asked
from socklab.ui.engine import Ticket
from socklab.ui.follower import Follower
from socklab.ui.panes.drop_down import DropDown
from socklab.ui.panes.entry import Entry
from socklab.ui.panes.painting import literal
from socklab.ui.values import FieldError


def field(id: str, value: str = "", *, tooltip: str, placeholder: str = "") -> Entry:
    """A one-line field."""
    made = Entry(value, placeholder=placeholder, compact=True, id=id, classes="field")
    made.tooltip = tooltip
    return made


def choice(id: str, options: Iterable[tuple[str, str]], *, tooltip: str) -> DropDown:
    """A choice between a few words; the first is the default."""
    return DropDown(options, id=id, tooltip=tooltip, classes="choice")


def words(*names: str) -> list[tuple[str, str]]:
    """Options that are called what they are."""
    return [(name, name) for name in names]


def label(text: str) -> Label:
    """What stands before a field."""
    return Label(text, markup=False, classes="label")


class Form(Vertical):
    """Fields that make a command. While one types, the command is shown, or what is wrong.

    A form says what it asks for (`rows`) and how the fields read as a command (`command`).
    `ticket` is that of the last command, until it is known to have failed.
    """

    submit = ""
    """The button's text."""

    def __init__(self, id: str, title: str) -> None:
        super().__init__(id=id, classes="form")
        self.border_title = title
        self._problem: str | None = None
        self.ticket: Ticket | None = None

    def compose(self) -> ComposeResult:
        """The fields, then the line below them with the button."""
        with Vertical(classes="fields"):
            yield from self.rows()
        with HorizontalGroup(classes="verdict"):
            yield Static("", classes="message")
            yield Button(self.submit, compact=True, variant="primary", classes="do", id="do")

    def rows(self) -> ComposeResult:
        """The fields."""
        yield from ()

    def command(self) -> str:
        """The command that the fields make. Raises FieldError."""
        raise NotImplementedError

    def warning(self) -> str | None:
        """What should be known before the command is given, though it makes sense."""
        return None

    def on_mount(self) -> None:
        """Show the command that the defaults make."""
        self.suggest()

    def suggest(self) -> None:
        """Offer defaults that fit the lab as it is now, and show the command that they make."""
        self.check()

    # Reading the fields

    def text(self, id: str) -> str:
        """What a field holds."""
        return self.query_one(f"#{id}", Input).value

    def chosen(self, id: str) -> str:
        """What is chosen."""
        return str(self.query_one(f"#{id}", DropDown).value)

    @on(Input.Changed)
    @on(DropDown.Changed)
    def _changed(self) -> None:
        self._problem = None
        self.check()

    def check(self) -> str | None:
        """Show the command, or what is wrong and with which field; returns the command."""
        try:
            line = self.command()
        except FieldError as error:
            self._mark(error.field)
            self._say(f"✗ {error.text}", "problem")
            return None
        except NoMatches:
            return None  # not all fields are there yet
        self._mark(None)
        warning = self.warning()
        if self._problem is not None:
            self._say(f"✗ {self._problem}", "problem")
        elif warning is not None:
            self._say(f"⚠ {warning}", "caution")
        else:
            self._say(line, "preview")
        return line

    def _mark(self, id: str | None) -> None:
        for input in self.query(".field"):
            input.set_class(input.id == id, "-wrong")

    def _say(self, text: str, kind: str) -> None:
        message = self.query_one(".message", Static)
        message.update(literal(text))
        for name in ("problem", "caution", "preview"):
            message.set_class(name == kind, f"-{name}")
        message.tooltip = literal(text)

    # Asking

    @on(Input.Submitted)
    @on(Button.Pressed, "#do")
    def ask(self) -> None:
        """Hand the command in, unless something is wrong with it."""
        line = self.check()
        if line is None:
            wrong = self.query(".field.-wrong")
            if wrong:
                wrong.first().focus()
            self.app.bell()
            return
        self.post_message(Asked(self, line, "form"))

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The lab has the command."""
        self._problem = None
        self.ticket = ticket
        self.check()

    def refused(self, line: str, why: str, column: int | None) -> None:
        """The lab found the command to make no sense."""
        self.failed(why)

    def heard(self, follower: Follower) -> None:
        """Say it here if what this form asked for went wrong."""
        failure = None if self.ticket is None else follower.failures.get(self.ticket.n)
        if failure is None:
            return
        self.ticket = None
        if isinstance(failure, Note):
            self.failed(failure.text)
        else:
            advice = errno_advice(failure.error or "", failure.name)
            self.failed(f"{failure.name}: {failure.error}: {advice.meaning}. {advice.mend}")

    def failed(self, why: str) -> None:
        """Say what became of the last command, until something is changed."""
        self._problem = why
        self.check()

    def default(self, id: str, value: str) -> None:
        """Offer a value for a field, unless somebody has typed one of their own."""
        input = self.query_one(f"#{id}", Input)
        offered = getattr(input, "offered", None)
        if input.has_focus or (offered is not None and input.value != offered):
            return
        input.offered = value  # type: ignore[attr-defined]
        input.value = value
