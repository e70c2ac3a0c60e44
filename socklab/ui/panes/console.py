"""The console: what was handed in, the line to type on, and what may stand there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import HorizontalGroup, Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from socklab.i18n import _
from socklab.lab.completion import Completion, Vocabulary, complete
from socklab.model.addresses import address_text
from socklab.model.sockets import SocketRow
from socklab.ui.actions import action
from socklab.ui.asking import Asked, Helped
from socklab.ui.engine import Ticket
from socklab.ui.follower import Follower
from socklab.ui.history import History
from socklab.ui.panes.command_line import CommandLine
from socklab.ui.panes.echo import Echo
from socklab.ui.panes.painting import literal, pointed

_LEAVING = ("quit", "exit")
"""What other consoles have as a command."""


class ConsolePane(Vertical):
    """Every command can be typed here; what the forms do is shown here."""

    def __init__(
        self,
        follower: Follower,
        hosts: Callable[[], Sequence[str]] = tuple,
        history: History[str] | None = None,
    ) -> None:
        super().__init__(id="console", classes="pane")
        self.border_title = _("Console")
        self._follower = follower
        self._hosts = hosts
        self._history = history or History()
        self._next_line: str | None = None

    def compose(self) -> ComposeResult:
        """What was done, the prompt and the line, a hint below."""
        yield Echo(self._follower)
        with HorizontalGroup(id="prompt-row"):
            yield Label("", id="prompt", markup=False)
            yield CommandLine(self._completions, self._history)
        yield Static("", id="hint")

    def on_mount(self) -> None:
        """Say whom a line goes to."""
        self.renew()
        self._hint()

    @property
    def echo(self) -> Echo:
        """What was handed in."""
        return self.query_one(Echo)

    @property
    def line(self) -> CommandLine:
        """The line to type on."""
        return self.query_one(CommandLine)

    def renew(self, next_line: str | None = None) -> None:
        """Show how things stand now; `next_line` is the next one of a script at hand."""
        self.echo.renew()
        prompt = literal(f"{self._follower.program}> ")
        label = self.query_one("#prompt", Label)
        if str(label.content) != prompt.plain:
            label.update(prompt)
        if next_line != self._next_line:
            self._next_line = next_line
            self._hint()

    # Typing

    def _completions(self, text: str, cursor: int) -> Sequence[Completion]:
        table = self._follower.table
        programs = {
            name: {fd: _summary(table.at(name, fd)) for fd in sorted(program.descriptors)}
            for name, program in table.programs.items()
        }
        return complete(text, cursor, Vocabulary(programs, self._follower.program, self._hosts()))

    @on(Input.Changed)
    def _typed(self) -> None:
        self._hint()

    @on(CommandLine.Offers)
    def _offered(self, event: CommandLine.Offers) -> None:
        self._show(_offers(event.completions))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        line = event.value.strip()
        if not line:
            return
        if line.split()[0] == "help":  # of whatever: it lists all
            self.line.remember(line)
            self.post_message(Helped())
            return
        self.post_message(Asked(self, line, "console"))

    def _hint(self) -> None:
        if self.line.value.strip():
            self._show(_offers(self.line.completions()))
        elif self._next_line is not None:
            key = action("script-line").key
            then = literal(_(" runs: ") + self._next_line)
            self._show(Content.assemble((key, "bold $text-accent"), then))
        else:
            self._show(Content.styled(_("a command; Tab completes, `help` lists them all"), "dim"))

    def _show(self, hint: Content) -> None:
        self.query_one("#hint", Static).update(hint, layout=False)

    # What became of it

    def taken(self, line: str, ticket: Ticket | None) -> None:
        """The line was handed in: begin another."""
        self.line.remember(line)

    def refused(self, line: str, why: str, column: int | None) -> None:
        """Show what is wrong: below where it is wrong, unless another line has been begun. The
        line is not lost."""
        if line in _LEAVING:
            why, column = _("{key} leaves the lab", key=action("quit").key), None
        self.line.remember(line)
        with self.line.prevent(Input.Changed):  # which would show completions in its place
            taken_back = self.line.take_back()
        width = self.query_one("#hint").size.width
        if column is None or not taken_back:
            self._show(literal(why, "bold $text-error"))
            return
        before = Content(f"{self._follower.program}> {line[: column - 1]}").cell_length
        self.line.cursor_position = column - 1
        self._show(pointed(why, before, width))


def _offers(completions: Sequence[Completion]) -> Content:
    """What may stand there: the only one with what it means, several by name."""
    if not completions:
        return Content("")
    if len(completions) == 1:
        only = completions[0]
        shown = literal(only.display, "bold $text-accent")
        return Content.assemble(shown, literal(f"  {only.summary}"))
    return Content("  ").join(
        literal(completion.display, "$text-accent") for completion in completions
    )


def _summary(row: SocketRow | None) -> str:
    if row is None:
        return ""
    address = row.remote or row.local
    where = address_text(address) if address else ""
    return " ".join(part for part in (row.kind.upper(), where, row.state or "") if part)
