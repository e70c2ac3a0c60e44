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
            _(
                "Bound to * or :: it is called at any address: there you choose who gets in, "
                "IPv4, IPv6 (v6only=on) or both (v6only=off)."
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
    "relay": Topic(
        _("Relay"),
        (
            _(
                "Stands between a client and a server, on this machine and anywhere: the client "
                "calls the relay, the relay calls the server, and what comes on the one side goes "
                "on on the other: late, slowly or in slices, as you say."
            ),
            _(
                "A relay of TCP has two connections of its own. It can't drop a segment: it never "
                "sees one, and its kernels send again what is lost. For that there is the private "
                "network's wire ({key}).",
                key=action("network").key,
            ),
            _("A relay of UDP loses, doubles and reorders datagrams, and nobody is told."),
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
    "ladder": Topic(
        _("Ladder"),
        (
            _(
                "A sequence diagram: a lifeline for each program, its calls and their results at "
                "its side, its TCP states at the edge, and between them what crossed. A dotted "
                "arrow follows from the calls; nobody saw the wire."
            ),
            _(
                "A thick bar is a call that blocks. The bytes of a send and of a recv are "
                "numbered along the stream, so that three sends and one recv are plain to see."
            ),
        ),
    ),
    "states": Topic(
        _("States"),
        (
            _(
                "The state diagram of RFC 9293 with the way that each end of the connection has "
                "gone, step by step, and what caused each step."
            ),
            _(
                "Above the steps stands who must act next. A step that moved too fast to be seen, "
                "but must have happened, says so. UDP sockets have no states."
            ),
        ),
    ),
    "inspect": Topic(
        _("Inspect"),
        (
            _(
                "What one event means: the call as strace writes it, in Python and in C; what it "
                "does; why it failed here and how to mend it; its arguments down to the bytes; "
                "and the program's descriptor table at that moment."
            ),
            _("Choose an event with Enter or a click: in the log, the ladder or the messages."),
        ),
    ),
    "numbers": Topic(
        _("Numbers"),
        (
            _(
                "What the kernel's TCP counts of this connection (TCP_INFO): the round-trip time, "
                "the congestion window, what was retransmitted and acknowledged; each explained."
            ),
            _("It is read ten times a second while the socket is in view, and plotted over time."),
        ),
    ),
    "wire": Topic(
        _("Wire"),
        (
            _(
                "What crosses between private hosts, frame by frame, and you in the middle: hold "
                "the wire, and let single frames go on, drop, duplicate or swap them; or make it "
                "slow and lossy. The real TCP at both ends reacts."
            ),
            _(
                "The filter knows the names of Wireshark and tcpdump: tcp.flags.syn == 1, "
                "tcp.analysis.retransmission, host 10.0.0.1. Enter takes a frame apart: each field "
                "with its bytes."
            ),
            _(
                "A program runs on the host with whose name its own begins (client-2 on client), "
                "or where it was placed. On this machine's own network there is no wire to stand "
                "at, but who has CAP_NET_RAW can record what crosses between the lab's sockets."
            ),
        ),
    ),
    "log": Topic(
        _("Log"),
        (
            _(
                "Everything that has happened, one line each: system calls with their arguments "
                "and results as strace writes them, states, commands and notes. The samples of "
                "queues and of TCP's numbers, and frames, come once they are chosen (f)."
            ),
            _("It follows the newest line until you scroll up; End follows again."),
        ),
    ),
    "timeline": Topic(
        _("Time line"),
        (
            _(
                "A recording from its first event to its last. Every pane shows what there was at "
                "the moment where ● stands: nothing that came later. ┃ is a change of a TCP state, "
                "▲ an error; a click on one goes there, and ● can be dragged."
            ),
            _(
                "Played as recorded, slower or faster; the slowest is an event a second, since a "
                "script's calls take microseconds. A long pause can be cut to two seconds."
            ),
        ),
    ),
    "console": Topic(
        _("Console"),
        (
            _(
                "Every command can be typed here. A line may begin with the program that it goes "
                'to (client: send 3 "hello"); without one it goes to the program named last.'
            ),
            _("Tab completes, ↑ and ↓ go through what was typed, in earlier labs too. Esc leaves."),
        ),
    ),
    "hints": Topic(
        _("Hint"),
        (
            _(
                "What you have just tripped over, in a sentence or two, and the two events that "
                "prove it: a click or Enter opens one of them."
            ),
            _(
                "Only what the journal proves is said here. A hint stays until you dismiss it; of "
                "several, ‹ and › go from one to the next."
            ),
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
