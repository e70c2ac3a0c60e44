"""Every action of the screen, defined once.

Key, footer, palette entry, tooltip and the row in the help all come from here. Keys that work
everywhere are Ctrl- or function keys, since printable ones die in a focused input; single letters
act in lists. Where a terminal or an editor keeps a key to itself there is a second one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from socklab.i18n import _

_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "tab": "Tab",
    "home": "Home",
    "end": "End",
    "comma": ",",
    "full_stop": ".",
    "minus": "-",
    "plus": "+",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a person can do.

    `keys` are Textual's names, the one to show first; `run` is Textual's action string, found on
    whatever owns the binding; `help` is one sentence. `footer`: among the keys always in sight.
    `palette`: offered by the palette too, under its `title` where the label says too little there.
    `priority`: its keys, but for those that an input takes as text, are taken before what has the
    focus sees them, so that what is typed right behind them goes where they lead.
    """

    id: str
    keys: str
    label: str
    help: str
    run: str
    footer: bool = False
    palette: bool = True
    priority: bool = False
    title: str = ""

    @property
    def key(self) -> str:
        """The key to show: `F2`, `^S`, `a`."""
        return key_name(self.keys.split(",")[0])

    @property
    def all_keys(self) -> str:
        """All its keys, for the help: `F1 ?`."""
        return " ".join(key_name(key) for key in self.keys.split(","))

    def bindings(self) -> Iterator[Binding]:
        """The action as Textual binds it, key by key."""
        for key in self.keys.split(","):
            yield Binding(
                key,
                self.run,
                self.label,
                show=False,
                key_display=key_name(key),
                tooltip=self.help,
                id=self.id,
                priority=self.priority and not _is_text(key),
            )


def _is_text(key: str) -> bool:
    return len(key) == 1 or len(_KEY_NAMES.get(key, key)) == 1


def key_name(key: str) -> str:
    """How a key is written: `f2` F2, `ctrl+s` ^S, `question_mark` ?."""
    if key in _KEY_NAMES:
        return _KEY_NAMES[key]
    if key.startswith("ctrl+"):
        return "^" + key.removeprefix("ctrl+").upper()
    if key.startswith("shift+"):
        return "⇧" + key_name(key.removeprefix("shift+"))
    return key.upper() if key[:1] == "f" and key[1:].isdigit() else key


APP: tuple[Action, ...] = (
    Action(
        "palette",
        "ctrl+p",
        _("Actions"),
        _("Find any action by its name."),
        "app.command_palette",
        footer=True,
        palette=False,
    ),
    Action(
        "theme",
        "ctrl+t",
        _("Theme"),
        _("Change between the dark and the light theme."),
        "app.next_theme",
    ),
    Action(
        "quit",
        "ctrl+q",
        _("Quit"),
        _("Leave. Everything that runs is stopped; the journal stays. Ctrl+C twice does the same."),
        "app.quit",
        footer=True,
        priority=True,
    ),
)
"""What works on every screen."""

SCREEN: tuple[Action, ...] = (
    Action(
        "help",
        "f1,question_mark",
        _("Help"),
        _("Explain the pane that has the focus, and list all keys."),
        "help",
        footer=True,
        priority=True,
    ),
    Action(
        "server",
        "f2",
        _("Server"),
        _("Go to the form that starts a server."),
        "go('server')",
        footer=True,
        priority=True,
    ),
    Action(
        "client",
        "f3",
        _("Client"),
        _("Go to the form that opens a client."),
        "go('client')",
        footer=True,
        priority=True,
    ),
    Action(
        "send",
        "f4",
        _("Send"),
        _("Go to the form that sends data on a socket."),
        "go('send')",
        footer=True,
        priority=True,
    ),
    Action(
        "relay",
        "f12,ctrl+r",
        _("Relay"),
        _("Go to the form that puts a relay between a client and a server."),
        "go('relay')",
        priority=True,
    ),
    Action(
        "demo",
        "f5",
        _("Demo"),
        _("Watch a server and a client shake hands, slowly, call by call."),
        "demo",
        footer=True,
    ),
    Action(
        "pace",
        "f6",
        _("Pace"),
        _("Change the pace of scripts: full speed, slow, or step by step."),
        "pace",
    ),
    Action(
        "step",
        "f7",
        _("Next call"),
        _("Step by step: let the next call through."),
        "step",
    ),
    Action(
        "script-line",
        "f8",
        _("Next line"),
        _("Run the next line of the script."),
        "script_line",
    ),
    Action(
        "script-run",
        "f9",
        _("Run script"),
        _("Run all lines of the script that are left."),
        "script_run",
    ),
    Action(
        "maximise",
        "f10,z",
        _("Maximise"),
        _("Let the pane that has the focus fill the screen, and back."),
        "maximise",
    ),
    Action(
        "console",
        "ctrl+l,colon",
        _("Console"),
        _("Go to the console line, where every command can be typed."),
        "go('console')",
        priority=True,
    ),
    Action(
        "find",
        "ctrl+f,slash",
        _("Search"),
        _("Search in the log."),
        "find",
        priority=True,
    ),
    Action(
        "save",
        "ctrl+s",
        _("Save as script"),
        _("Write what was done to a file that socklab can run again."),
        "save",
    ),
    Action(
        "export",
        "ctrl+e",
        _("Export"),
        _("Take the session home: as a page, a diagram, a table, or as programs in Python and C."),
        "export",
        priority=True,
    ),
    Action(
        "new",
        "ctrl+n",
        _("New lab"),
        _("Stop everything and begin a fresh journal, after asking."),
        "new",
    ),
    Action(
        "network",
        "f11,ctrl+w",
        _("Private network"),
        _("Give the programs hosts of their own, with you as the wire; or this machine again."),
        "network",
    ),
    Action(
        "withdraw",
        "ctrl+z",
        _("Withdraw"),
        _("Take back the last line that still waits behind a blocked program."),
        "withdraw",
    ),
    Action(
        "home",
        "escape",
        _("Home"),
        _("One step back towards the list of sockets. Never quits."),
        "home",
        palette=False,
    ),
    Action("pane-1", "1", _("Sockets"), _("Go to the list of sockets."), "go('sockets')"),
    Action("pane-2", "2", _("Ladder"), _("Go to the sequence diagram."), "go('ladder')"),
    Action("pane-3", "3", _("States"), _("Go to the diagram of TCP states."), "go('states')"),
    Action("pane-4", "4", _("Messages"), _("Go to the conversation."), "go('messages')"),
    Action("pane-5", "5", _("Inspect"), _("Go to what one event means."), "go('inspect')"),
    Action("pane-6", "6", _("Numbers"), _("Go to TCP_INFO and its plots."), "go('numbers')"),
    Action("pane-7", "7", _("Log"), _("Go to the log."), "go('log')"),
    Action("pane-8", "8", _("Wire"), _("Go to the frames between private hosts."), "go('wire')"),
    Action("pane-9", "9", _("Script"), _("Go to the script at hand."), "go('script')"),
)
"""What works on the lab's own screen."""

SOCKETS: tuple[Action, ...] = (
    Action(
        "accept",
        "a",
        _("accept"),
        _("accept(2): take the first connection from the accept queue."),
        "socket('accept')",
    ),
    Action(
        "recv",
        "r",
        _("recv"),
        _("recv(2), or recvfrom(2) on UDP: take what has come; blocks if nothing has."),
        "socket('recv')",
    ),
    Action(
        "write",
        "w",
        _("send"),
        _("Send on this socket: goes to the Send form."),
        "socket('send')",
    ),
    Action(
        "shutdown",
        "s",
        _("shutdown"),
        _("shutdown(2) for writing: the peer sees the end, you can still read."),
        "socket('shutdown')",
    ),
    Action(
        "close",
        "c",
        _("close"),
        _("close(2): give the descriptor back; FIN goes out, or RST if received data is unread."),
        "socket('close')",
    ),
    Action(
        "reset",
        "x",
        _("reset"),
        _("Linger 0 and close(2): the peer gets RST, unsent data is lost."),
        "socket('reset')",
    ),
    Action(
        "stop",
        "t",
        _("stop program"),
        _("End the whole program, closing all that it has; wakes it if it is blocked."),
        "socket('stop')",
    ),
)
"""What can be done to the selected row of the list of sockets."""

REPLAY: tuple[Action, ...] = (
    Action(
        "replay-play",
        "space",
        _("Play"),
        _("Let the recording go on by itself, or hold it; at its end, begin again."),
        "play",
        footer=True,
    ),
    Action(
        "replay-back",
        "comma",
        _("Back"),
        _("Go back by one event."),
        "by_event(-1)",
    ),
    Action(
        "replay-on",
        "full_stop",
        _("Step"),
        _("Go on by one event."),
        "by_event(1)",
        footer=True,
    ),
    Action(
        "replay-slower",
        "less_than_sign,minus",
        _("Slower"),
        _("Play slower than now; the slowest is an event a second."),
        "speed(-1)",
    ),
    Action(
        "replay-faster",
        "greater_than_sign,plus",
        _("Faster"),
        _("Play faster than now."),
        "speed(1)",
    ),
    Action(
        "replay-error",
        "w",
        _("Error"),
        _("Go on to the next call that went wrong."),
        "landmark('errors', 1)",
        footer=True,
    ),
    Action(
        "replay-error-back",
        "W",
        _("Error before"),
        _("Go back to the last call before that went wrong."),
        "landmark('errors', -1)",
    ),
    Action(
        "replay-state",
        "m",
        _("State"),
        _("Go on to the next move from one TCP state to another."),
        "landmark('states', 1)",
        footer=True,
    ),
    Action(
        "replay-state-back",
        "M",
        _("State before"),
        _("Go back to the last move before from one TCP state to another."),
        "landmark('states', -1)",
    ),
    Action(
        "replay-ask",
        "g",
        _("Go to"),
        _("Go to an event by its number, or to a time."),
        "ask",
    ),
    Action(
        "replay-here",
        "j",
        _("To this line"),
        _("Go back to the moment of the line under the cursor of the log."),
        "here",
    ),
    Action(
        "replay-pauses",
        "i",
        _("Cut pauses"),
        _("Let no pause last longer than two seconds, or as long as it did."),
        "pauses",
    ),
    Action(
        "replay-line",
        "l",
        _("Time line"),
        _("Go to the time line, where ← → Home End move through the recording."),
        "go('timeline')",
    ),
)
"""What works on the screen of a recording, besides what looks only."""


def bindings(actions: Iterable[Action]) -> list[BindingType]:
    """The actions as Textual binds them."""
    return [binding for action in actions for binding in action.bindings()]


def action(id: str) -> Action:
    """The action with that id. Raises KeyError."""
    return _BY_ID[id]


_BY_ID = {action.id: action for action in (*APP, *SCREEN, *SOCKETS, *REPLAY)}
