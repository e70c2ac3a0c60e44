"""What the help says about each pane. The keys come from the actions, not from here."""

from __future__ import annotations

from dataclasses import dataclass

from socklab.i18n import _
from socklab.ui.actions import action


@dataclass(frozen=True, slots=True)
class Topic:
    """A pane's name and what it is for, in paragraphs."""

    title: str
    text: tuple[str, ...]


TOPICS: dict[str, Topic] = {
    "sockets": Topic(
        _("Sockets"),
        (
            _(
                "Every program of the lab with its descriptor table: the descriptor, the "
                "transport, the addresses, and for TCP the state. The word behind the state says "
                "how it is known: read from the kernel, seen on the wire, or following from a call."
            ),
            _(
                "■■□□□ 2/5 is an accept queue: two connections are complete and wait for accept(), "
                "the backlog is five. Linux lets one more wait than the backlog says."
            ),
            _(
                "recv and send are the bytes that wait in the socket's two buffers. Each box "
                "stands for one more digit: ■■ is 10 to 99 bytes, ■■■ 100 to 999."
            ),
            _(
                "A program that waits inside a call is blocked, with the call and for how long. "
                "What you ask of it meanwhile queues; stop and shutdown act at once."
            ),
            _(
                "A – instead of a descriptor: the program has closed the socket, but the kernel "
                "still knows it (FIN_WAIT, TIME_WAIT, ...)."
            ),
        ),
    ),
    "server": Topic(
        _("Server"),
        (
            _(
                "Starts a real server: any client can call it, from this lab, with nc or curl, or "
                "from another machine if it is bound to * or to an outside address."
            ),
            _(
                "accept manual: connections wait in the accept queue until you press {accept} on "
                "the listening socket. read manual: what arrives waits until you press {recv}.",
                accept=action("accept").key,
                recv=action("recv").key,
            ),
            _("The line below the fields is the command that Start gives. You can type it too."),
        ),
    ),
    "client": Topic(
        _("Client"),
        (
            _(
                "Opens a connection: socket() and connect(), trying each address of a name in "
                "turn. UDP has no connection: connect() only sets the address to send to."
            ),
            _(
                "read auto: the lab reads what comes. "
                "read manual: it waits until you press {recv}.",
                recv=action("recv").key,
            ),
        ),
    ),
    "send": Topic(
        _("Send"),
        (
            _("Sends on the socket named at the left, which follows the list of sockets."),
            _(r"text knows \n \r \t \0 \\ \" \xNN. hex is two digits a byte. bytes is a number."),
            _(
                "every: the same again each so many seconds, until Stop. ↑ and ↓ bring back what "
                "was sent before."
            ),
            _(
                "Shutdown says that no more will be sent (FIN) but still reads. Close gives the "
                "descriptor back. Reset breaks the connection off (RST)."
            ),
        ),
    ),
    "messages": Topic(
        _("Messages"),
        (
            _(
                "One connection as a conversation: what each side sent and what the other side's "
                "calls received. TCP is a stream of bytes: three sends may arrive in one recv."
            ),
            _("It follows the socket selected in the list of sockets."),
        ),
    ),
    "details": Topic(
        _("Details"),
        (
            _(
                "One event of the log in full: the call with its arguments, the result or errno in "
                "words, how long it took, and its bytes in hex and as text."
            ),
            _("Choose an event in the log with Enter or a click."),
        ),
    ),
    "log": Topic(
        _("Log"),
        (
            _(
                "Everything that has happened, one line each: system calls with their arguments "
                "and results as strace writes them, states, queues, commands and notes."
            ),
            _("It follows the newest line until you scroll up; End follows again."),
        ),
    ),
    "console": Topic(
        _("Console"),
        (
            _(
                "Every command can be typed here. A line may begin with the program that it goes "
                'to (client: send 3 "hello"); without one it goes to the program named last.'
            ),
            _("Tab completes, ↑ and ↓ go through what was typed, Esc leaves."),
        ),
    ),
    "script": Topic(
        _("Script"),
        (
            _(
                "The script at hand. ▶ marks the line that runs next. Each line starts when what "
                "came before has returned or is recorded as blocked."
            ),
        ),
    ),
}
