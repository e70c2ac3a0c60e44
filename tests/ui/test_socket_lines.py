"""What the list of sockets says, for tables that events have made."""

from __future__ import annotations

from typing import Any

from socklab.events import Address, AnyEvent, Call, Gauge, Note, Program, State, Wait
from socklab.model.sockets import SocketTable
from socklab.ui.panes.cells import width_of
from socklab.ui.panes.socket_lines import SHOWN_PENDING, View, draw, outline
from tests.ui.panes import HERE, NOON, THERE

NARROW, ROOMY = 46, 100
TCP = ("AF_INET", "SOCK_STREAM", 0)


class Story:
    """Events, and the lines that the list shows after them."""

    def __init__(self, *events: AnyEvent) -> None:
        self.table = SocketTable()
        self.tell(*events)

    def tell(self, *events: AnyEvent) -> None:
        for event in events:
            self.table.apply(event)

    def lines(self, width: int = NARROW, addresses: tuple[str, ...] = ("192.0.2.7",)) -> list[str]:
        view = View(now=NOON + 12_500_000_000, width=width, addresses=lambda _program: addresses)
        lines = outline(self.table, view.roomy)
        drawn = ["".join(text for text, _style in draw(at, self.table, view)) for at in lines]
        assert all(width_of(line) <= width for line in drawn)
        return [" ".join(line.split()) for line in drawn]


def started(program: str) -> Program:
    return Program(t=NOON, program=program, change="started", host="this machine")


def opened(program: str, sock: int, fd: int = 3) -> Call:
    return Call(t=NOON, program=program, name="socket", args=TCP, sock=sock, fd=fd, result=fd)


def listening(local: Address = HERE, backlog: int = 5) -> list[AnyEvent]:
    return [
        started("server"),
        opened("server", 1),
        Call(t=NOON, program="server", name="bind", sock=1, fd=3, result=0, local=local),
        Call(t=NOON, program="server", name="listen", args=(backlog,), sock=1, fd=3, result=0),
        State(t=NOON, sock=1, fd=3, old="CLOSE", new="LISTEN", source="kernel"),
    ]


def connected(sock: int = 2, remote: Address = HERE) -> list[AnyEvent]:
    return [
        started("client"),
        opened("client", sock),
        Call(
            t=NOON,
            program="client",
            name="connect",
            sock=sock,
            fd=3,
            result=0,
            local=THERE,
            remote=remote,
        ),
        State(t=NOON, sock=sock, fd=3, old="CLOSE", new="ESTABLISHED", source="kernel"),
    ]


def waiting(sock: int, port: int) -> State:
    """A connection that the kernel has completed and nobody has accepted."""
    return State(
        t=NOON,
        sock=sock,
        old="CLOSE",
        new="ESTABLISHED",
        source="kernel",
        local=HERE,
        remote=("127.0.0.1", port),
    )


def gauge(sock: int, **queues: Any) -> Gauge:
    return Gauge(t=NOON, sock=sock, fd=3, **queues)


def test_a_listening_socket_has_its_accept_queue_below() -> None:
    story = Story(*listening(), gauge(1, accept_queue=2, backlog=5))
    assert story.lines() == [
        "server",
        "3 TCP 127.0.0.1:8080 LISTEN kernel",
        "accept queue ■■□□□ 2/5",
    ]


def test_a_full_accept_queue_is_said_in_a_word() -> None:
    story = Story(*listening(), gauge(1, accept_queue=6, backlog=5))
    assert story.lines()[2] == "accept queue ■■■■■■ 6/5 full"


def test_who_waits_to_be_accepted_is_listed_up_to_a_few() -> None:
    story = Story(*listening(), *(waiting(10 + each, 40000 + each) for each in range(7)))
    below = story.lines()[3:]
    assert below[0] == "◦ 127.0.0.1:40000 waits ESTABLISHED"
    assert len(below) == SHOWN_PENDING + 1
    assert below[-1] == "and 3 more wait"


def test_a_connection_on_one_address_is_told_by_its_ports_where_there_is_little_room() -> None:
    story = Story(*connected())
    assert story.lines()[1] == "3 TCP :41822 ⇄ :8080 ESTABLISHED kernel"
    assert story.lines(ROOMY)[1] == (
        "3 TCP 127.0.0.1:41822 ⇄ 127.0.0.1:8080 recv □□□□□□ 0 B send □□□□ 0 B ESTABLISHED kernel"
    )


def test_another_machine_is_named_by_its_address() -> None:
    story = Story(*connected(remote=("192.0.2.9", 80)))
    assert ":41822 ⇄ 192.0.2.9:80" in story.lines(NARROW)[1]


def test_queues_stay_in_sight_once_something_was_queued() -> None:
    story = Story(*connected())
    assert len(story.lines()) == 2
    story.tell(gauge(2, recv_queue=12, send_queue=0))
    assert story.lines()[2] == "recv ■■□□□□ 12 B send □□□□ 0 B"
    story.tell(gauge(2, recv_queue=0, send_queue=0))
    assert story.lines()[2] == "recv □□□□□□ 0 B send □□□□ 0 B"


def test_queues_are_drawn_against_the_size_of_their_buffers() -> None:
    story = Story(*connected())
    story.tell(gauge(2, recv_queue=65536, recv_limit=131072, send_queue=0, send_limit=16384))
    assert story.lines()[2] == "recv ■■■□□□ 64.0/128 KiB send □□□□ 0 B"
    story.tell(gauge(2, recv_queue=12, recv_limit=131072, send_queue=0, send_limit=16384))
    assert story.lines()[2] == "recv ■□□□□□ 12 B/128 KiB send □□□□ 0 B"
    story.tell(gauge(2, recv_queue=65536, recv_limit=131072, send_queue=0, send_limit=16384))
    assert story.lines(ROOMY)[1].endswith("recv ■■■□□□ 64.0 KiB send □□□□ 0 B ESTABLISHED kernel")


def test_the_limits_are_left_out_where_they_would_be_cut() -> None:
    story = Story(*connected())
    queues = {"recv_queue": 123_456, "send_queue": 2_000_000}
    story.tell(gauge(2, **queues, recv_limit=131072, send_limit=2_626_560))
    assert story.lines()[2] == "recv ■■■■■□ 121 KiB send ■■■□ 1.9 MiB"


def test_a_blocked_program_says_in_what_and_for_how_long() -> None:
    story = Story(*listening(), Wait(t=NOON, program="server", name="accept", sock=1, fd=3))
    assert story.lines()[0] == "server ■ blocked in accept(3) 12 s"
    story.tell(
        Call(t=NOON, program="server", name="accept", sock=1, fd=3, result=None, error="EINVAL")
    )
    assert story.lines()[0] == "server"


def test_a_program_that_looks_up_a_name_is_blocked_in_that() -> None:
    asked = 'getaddrinfo("slow.test")'
    story = Story(
        *listening(), Note(t=NOON, program="server", cause=1, text=f"{asked} ...", waits=asked)
    )
    assert story.lines(ROOMY)[0] == f"server ■ blocked in {asked} 12 s"
    assert story.lines()[0] == 'server ■ blocked in getaddrinfo("slow.… 12 s'
    story.tell(Note(t=NOON, program="server", cause=2, text="withdrawn: close"))
    assert story.lines(ROOMY)[0] == f"server ■ blocked in {asked} 12 s"
    story.tell(Note(t=NOON, program="server", cause=1, text=f"{asked} = 192.0.2.1"))
    assert story.lines()[0] == "server"


def test_what_only_the_kernel_still_knows_has_no_descriptor() -> None:
    story = Story(
        *connected(),
        Call(t=NOON, program="client", name="close", sock=2, fd=3, result=0),
        State(t=NOON, sock=2, old="FIN_WAIT2", new="TIME_WAIT", source="kernel"),
    )
    assert story.lines() == ["client", "– TCP :41822 ⇄ :8080 TIME_WAIT kernel"]


def test_how_a_state_is_known_is_said_and_drawn() -> None:
    story = Story(started("main"), opened("main", 1))
    assert story.lines()[1] == "3 TCP (CLOSE) call"
    story.tell(State(t=NOON, sock=1, fd=3, old="CLOSE", new="SYN_SENT", source="call"))
    assert story.lines()[1] == "3 TCP (SYN_SENT) call"
    story.tell(State(t=NOON, sock=1, fd=3, old="SYN_SENT", new="ESTABLISHED", source="kernel"))
    assert story.lines()[1] == "3 TCP ESTABLISHED kernel"


def test_an_inferred_state_is_told_from_a_seen_one_where_there_is_no_room_for_words() -> None:
    story = Story(*connected(remote=("192.168.100.200", 65535)))
    story.tell(State(t=NOON, sock=2, fd=3, old="ESTABLISHED", new="CLOSE_WAIT", source="call"))
    assert story.lines(40)[1].endswith("(CLOSE_WAIT)")


def test_time_wait_counts_down() -> None:
    now = NOON + 12_500_000_000  # at which the lines are drawn
    story = Story(
        *connected(),
        Call(t=NOON, program="client", name="close", sock=2, fd=3, result=0),
        State(
            t=NOON,
            sock=2,
            old="FIN_WAIT2",
            new="TIME_WAIT",
            source="kernel",
            expires=now + 41_200_000_000,
        ),
    )
    assert story.lines()[1] == "– TCP :41822 ⇄ :8080 TIME_WAIT 42 s kernel"
    assert story.lines(ROOMY)[1].endswith("TIME_WAIT 42 s kernel")


def test_a_time_that_is_over_is_not_less_than_nothing() -> None:
    story = Story(*connected())
    story.tell(State(t=NOON, sock=2, fd=3, old="X", new="TIME_WAIT", source="kernel", expires=NOON))
    assert story.lines()[1].endswith("TIME_WAIT 0 s kernel")


def test_a_server_on_any_address_says_where_others_can_call_it() -> None:
    story = Story(*listening(("0.0.0.0", 8080)))
    assert "others call 192.0.2.7:8080" in story.lines()
    assert "others call 192.0.2.7:8080" not in Story(*listening()).lines()


def test_only_addresses_of_its_family_are_told() -> None:
    own = ("10.0.0.2", "fd00::2")
    assert "others call 10.0.0.2:80" in Story(*listening(("0.0.0.0", 80))).lines(addresses=own)
    both = Story(*listening(("::", 80))).lines(addresses=own)
    assert "others call 10.0.0.2:80, [fd00::2]:80" in both


def test_a_stopped_program_is_gone_with_its_last_socket() -> None:
    stopped = Program(t=NOON, program="client", change="stopped", host="this machine")
    story = Story(
        *connected(), Call(t=NOON, program="client", name="close", sock=2, fd=3, result=0), stopped
    )
    assert story.lines()[0] == "client stopped"
    story.tell(State(t=NOON, sock=2, old="TIME_WAIT", new="CLOSE", source="kernel"))
    assert story.lines() == []


def test_lost_datagrams_are_counted() -> None:
    udp = Call(
        t=NOON,
        program="server",
        name="socket",
        args=("AF_INET", "SOCK_DGRAM", 0),
        sock=1,
        fd=3,
        result=3,
        local=HERE,
    )
    story = Story(started("server"), udp, gauge(1, recv_queue=100, drops=188))
    assert story.lines()[1:] == ["3 UDP 127.0.0.1:8080", "recv ■■■□□□ 100 B 188 lost"]


def test_nothing_that_came_from_elsewhere_can_act_on_the_terminal() -> None:
    story = Story(*connected(remote=("fe80::1%\x1b[31m", 80)))
    assert r"\x1b[31m" in story.lines(ROOMY)[1]
