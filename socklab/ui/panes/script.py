"""The script at hand: its lines, which of them is next, and what went wrong."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from socklab.i18n import _
from socklab.lab.words import LanguageError
from socklab.ui.actions import action
from socklab.ui.engine import Script
from socklab.ui.panes.cells import Part, fit
from socklab.ui.panes.listing import Listing
from socklab.ui.panes.painting import literal


class ScriptSource:
    """The script's text, a mark before each line: done, next, or mistaken."""

    origin = 0

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.next: int | None = None
        self.wrong: int | None = None
        self.width = len(str(len(self.lines)))

    def __len__(self) -> int:
        return len(self.lines)

    def key(self, index: int) -> Hashable:
        """A line changes its look when its turn comes."""
        return index, self._mark(index)

    def _mark(self, index: int) -> str:
        if index == self.wrong:
            return "✗"
        if index == self.next:
            return "▶"
        done = self.next is not None and index < self.next
        return "✓" if done and self._says_something(index) else " "

    def _says_something(self, index: int) -> bool:
        line = self.lines[index].strip()
        return bool(line) and not line.startswith("#")

    def parts(self, index: int, width: int) -> Sequence[Part]:
        """One line: mark, number, text."""
        mark = self._mark(index)
        style = {"✗": "error", "▶": "strong", "✓": "dim"}.get(mark, "")
        if not self._says_something(index):
            style = "dim"
        number = f"{index + 1:>{self.width}}"
        return fit(
            [(f" {mark} ", style or "dim"), (f"{number} ", "dim"), (self.lines[index], style)],
            width,
        )


class ScriptPane(Vertical):
    """The lines of a script. What runs them is the screen's F8 and F9."""

    def __init__(self) -> None:
        super().__init__(id="script", classes="pane")
        self._source = ScriptSource("")
        self._script: Script | None = None
        self.mistake: LanguageError | None = None
        self._seen: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The lines, and one line about how it stands."""
        yield Listing(self._source, id="script-lines")
        yield Static("", classes="offers")

    @property
    def script(self) -> Script | None:
        """The script, if it makes sense."""
        return self._script

    def show_script(self, text: str, script: Script | LanguageError) -> None:
        """Show a script, or where its mistake is."""
        self._source = ScriptSource(text)
        self._script = None if isinstance(script, LanguageError) else script
        self.mistake = script if isinstance(script, LanguageError) else None
        if self.mistake is not None:
            self._source.wrong = self.mistake.line - 1
        self._seen = ()
        self.query_one(Listing).show_source(self._source)
        self.renew()

    def renew(self) -> None:
        """Show how far it is now."""
        script = self._script
        seen = (script, script and (script.position, script.result), self.mistake)
        if seen == self._seen:
            return
        self._seen = seen
        if script is not None:
            self._mark(script)
        lines = self.query_one(Listing)
        lines.forget_strips()
        at = self._source.wrong if self._source.wrong is not None else self._source.next
        if at is not None:
            lines.go_to(at)
        standing = self.query_one(".offers", Static)
        standing.update(literal(self._standing()))
        standing.set_class(self._source.wrong is not None, "-problem")

    def _mark(self, script: Script) -> None:
        if script.position < len(script.lines):
            at = script.lines[script.position].number - 1
        else:
            at = len(self._source)
        failed = script.result in ("failed", "senseless")
        self._source.next = at
        self._source.wrong = (
            max(0, script.lines[script.position - 1].number - 1) if failed else None
        )

    def _standing(self) -> str:
        if self.mistake is not None:
            return f"✗ {self.mistake}"
        script = self._script
        if script is None:
            return ""
        if script.failure is not None:
            return f"✗ {script.failure}"
        if script.done:
            return _("✓ all lines have run")
        return _(
            "{line} runs the next line, {all} all that are left",
            line=action("script-line").key,
            all=action("script-run").key,
        )

    def next_line(self) -> str | None:
        """The text of the line that runs next, None when there is none."""
        script = self._script
        if script is None or script.done or script.position >= len(script.lines):
            return None
        return re.sub(r"\s{2,}#", "  #", script.lines[script.position].text)
