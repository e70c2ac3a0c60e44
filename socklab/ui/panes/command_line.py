"""The line on which commands are typed: completed with Tab, brought back with ↑ and ↓."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import takewhile

from textual import events
from textual.message import Message

from socklab.lab.completion import Completion
from socklab.ui.history import History
from socklab.ui.panes.entry import Entry


class CommandLine(Entry):
    """`complete` gives what may stand at the cursor of a text, `history` what was typed before."""

    class Offers(Message):
        """What may stand at the cursor has changed."""

        def __init__(self, completions: Sequence[Completion]) -> None:
            super().__init__()
            self.completions = completions

    def __init__(
        self, complete: Callable[[str, int], Sequence[Completion]], history: History[str]
    ) -> None:
        super().__init__(compact=True, id="command-line", select_on_focus=False)
        self._complete = complete
        self._history = history

    def _older(self) -> None:
        """The line before."""
        self._put(self._history.older(self.value))

    def _newer(self) -> None:
        """The line after."""
        self._put(self._history.newer())

    def _put(self, line: str | None) -> None:
        if line is None:
            self.app.bell()
            return
        self.value = line
        self.cursor_position = len(line)

    def action_delete_left_all(self) -> None:
        """Ctrl+U: the whole line goes. After a mistake the cursor stands in its middle, and what
        one means then is to begin anew."""
        self.value = ""

    def hand_in(self) -> None:
        """Hand in the line, and begin another."""
        super().hand_in()
        self.value = ""

    def take_back(self) -> bool:
        """Put the last line back to be mended, as ↑ would; not where another has been begun."""
        if self.value:
            return False
        self._older()
        return True

    def remember(self, line: str) -> None:
        """Keep a line for later."""
        self._history.add(line)

    def completions(self) -> Sequence[Completion]:
        """What may stand at the cursor."""
        return self._complete(self.value, self.cursor_position)

    def on_key(self, event: events.Key) -> None:
        """Tab completes what has been begun, and else goes on to the next field. ↑ and ↓ act at
        once as well: Enter may be right behind them."""
        act = {"up": self._older, "down": self._newer}.get(event.key)
        if event.key == "tab" and self.value.strip():
            act = self._extend
        if act is not None:
            event.stop()
            event.prevent_default()
            act()

    def _extend(self) -> None:
        found = self.completions()
        if not found:
            self.app.bell()
            return
        start = found[0].start
        shared = _shared([completion.text for completion in found])
        if len(found) > 1 and len(shared) <= self.cursor_position - start:
            self.post_message(self.Offers(found))
            return
        rest = self.value[self.cursor_position :]
        self.value = self.value[:start] + shared + rest.lstrip()
        self.cursor_position = start + len(shared)


def _shared(texts: Sequence[str]) -> str:
    """What all of them begin with."""
    first, last = min(texts), max(texts)
    pairs = zip(first, last, strict=False)
    same = sum(1 for _pair in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return first[:same]
