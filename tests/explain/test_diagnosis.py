"""Why a call failed here: real failures, and what the lab finds out about each."""

from __future__ import annotations

import pytest

from socklab.events import Address, Arg, Call, Gauge, Note, State
from socklab.explain.diagnosis import Diagnosis, diagnose, in_general
from socklab.explain.past import JournalPast
from socklab.journal import Journal
from socklab.lab.lab import Lab
from socklab.model.sockets import SocketTable
from tests import peers
from tests.ui.panes import HERE, NOON, Told
from tests.watching import begin, blocked, do, returned

LISTENING = ("server: socket tcp", "server: bind 3 127.0.0.1 0", "server: listen 3 1")
WAITING = (*LISTENING, "client: socket tcp", "client: connect 3 @server")
CONNECTED = (*WAITING, "server: accept 3")


def diagnosis(journal: Journal, call: Call) -> Diagnosis:
    """What is said of a call of this journal."""
    table, notes = SocketTable(), []
    for event in journal:
        if event.n < call.n:
            table.apply(event)
        elif isinstance(event, Note) and event.cause == call.n:
            notes.append(event)
    return diagnose(call, table, notes, JournalPast(journal, call.n))


def after(lab: Lab, *lines: str) -> Diagnosis:
    """What is said of the last call of these lines."""
    call = do(lab, *lines)[-1]
    lab.run(lab.script("")).result()
    assert call.error is not None, call
    return diagnosis(lab.journal, call)


def here(said: Diagnosis) -> str:
    return "\n".join(finding.text for finding in said.here)


def mend(said: Diagnosis) -> str:
    return "\n".join(said.mend)


def port_of(lab: Lab) -> int:
    """The port that the lab's server listens on."""
    return max(
        row.local[1] for row in table_of(lab).sockets.values() if row.listening and row.local
    )


def table_of(lab: Lab) -> SocketTable:
    table = SocketTable()
    for event in lab.journal:
        table.apply(event)
    return table


# EADDRINUSE


def test_a_port_that_a_server_of_the_lab_has(lab: Lab) -> None:
    said = after(lab, *LISTENING, "other: socket tcp", "other: bind 3 @server")
    assert f"server 3 listens on 127.0.0.1:{port_of(lab)}" in here(said)
    assert said.here[0].event == 2  # where that socket was made
    assert "`server: close 3`" in mend(said)
    assert said.explained


def test_a_port_of_two_sockets_of_which_one_may_listen(lab: Lab) -> None:
    said = after(
        lab,
        "a: socket tcp",
        "a: setsockopt 3 reuseaddr on",
        "a: bind 3 127.0.0.1 0",
        "b: socket tcp",
        "b: setsockopt 3 reuseaddr on",
        "b: bind 3 @a",
        "a: listen 3",
        "b: listen 3",
    )
    assert "a 3 listens on" in here(said)


def test_a_port_that_a_program_outside_has(lab: Lab) -> None:
    with peers.listener() as outside:
        host, port = peers.address(outside)
        said = after(lab, "server: socket tcp", f"server: bind 3 {host} {port}")
    assert f"listens on {host}:{port}" in here(said)
    assert "ss -tanp" in mend(said)


def test_without_a_look_at_the_machine_the_lab_s_own_sockets_are_known() -> None:
    told = Told()
    told.connection()
    n = told.call("other", "bind", HERE, sock=9, error="EADDRINUSE")
    said = diagnosis(told.journal, told.journal[n])  # type: ignore[arg-type]
    assert here(said) == "server's descriptor 3 listens on 127.0.0.1:8080."


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ((), ("server: setsockopt 3 reuseaddr on",), "This socket has set reuseaddr, but"),
        (("server: setsockopt 3 reuseaddr on",), (), "The old server had set reuseaddr"),
    ],
)
def test_time_wait_needs_the_option_at_both_ends(
    lab: Lab, old: tuple[str, ...], new: tuple[str, ...], words: str
) -> None:
    do(
        lab,
        "server: socket tcp",
        *old,
        "server: bind 3 127.0.0.1 0",
        "server: listen 3",
        "port: socket udp",
        "port: bind 3 @server",
        "client: socket tcp",
        "client: connect 3 @server",
        "server: accept 3",
        "server: close 4",
        "client: close 3",
        "server: close 3",
        "expect server 4 TIME_WAIT",
    )
    said = after(lab, "server: socket tcp", *new, "server: bind 3 @port")
    assert "TIME_WAIT" in here(said)
    assert words in here(said)
    assert "both must have it" in here(said)
    assert "minute" in mend(said)


# ECONNREFUSED


def test_a_server_at_another_address(lab: Lab) -> None:
    do(lab, *LISTENING, "client: socket tcp")
    said = after(lab, f"client: connect 3 127.0.0.2 {port_of(lab)}")
    assert "at 127.0.0.1 only; the call went to 127.0.0.2" in here(said)
    assert f"Connect to 127.0.0.1:{port_of(lab)}" in mend(said)


def test_a_port_with_its_bytes_swapped(lab: Lab) -> None:
    do(lab, *LISTENING, "client: socket tcp")
    high, low = divmod(port_of(lab), 256)
    said = after(lab, f"client: connect 3 127.0.0.1 {low * 256 + high}")
    assert "two bytes swapped" in here(said) or high == low
    assert "htons" in mend(said) or high == low


def test_bound_but_not_listening(lab: Lab) -> None:
    said = after(
        lab,
        "server: socket tcp",
        "server: bind 3 127.0.0.1 0",
        "client: socket tcp",
        "client: connect 3 @server",
    )
    assert "server's descriptor 3 is bound to" in here(said)
    assert "`server: listen 3`" in mend(said)


def test_a_udp_server_is_no_tcp_server(lab: Lab) -> None:
    said = after(
        lab,
        "server: socket udp",
        "server: bind 3 127.0.0.1 0",
        "client: socket tcp",
        "client: connect 3 @server",
    )
    assert "UDP socket" in here(said)


def test_a_server_that_has_closed(lab: Lab) -> None:
    do(lab, *LISTENING, "port: socket udp", "port: bind 3 @server", "server: close 3")
    # The name of the port is a UDP socket's, which is found as well.
    said = after(lab, "client: socket tcp", "client: connect 3 @port")
    assert "server listened there until it closed descriptor 3 (event" in here(said)
    assert "Start the server again." in mend(said)


def test_nobody_at_all_is_no_explanation(lab: Lab) -> None:
    with peers.listener() as gone:
        host, port = peers.address(gone)
    said = after(lab, *LISTENING, "client: socket tcp", f"client: connect 3 {host} {port}")
    assert f"No program of this lab listens on port {port}." in here(said)
    assert f"127.0.0.1:{port_of(lab)}" in here(said)
    assert not said.explained
    assert "No server runs there" in said.causes[0]


def test_a_refused_datagram_is_told_late(lab: Lab) -> None:
    with peers.datagrams() as gone:
        host, port = peers.address(gone)
    do(lab, "one: socket udp", f"one: connect 3 {host} {port}")
    (sent,) = do(lab, 'one: send 3 "x"')
    said = after(lab, 'one: send 3 "y"')
    assert f"found nobody on {host}:{port}" in here(said)
    assert said.here[0].event == sent.n


def test_a_refused_nonblocking_connect_is_told_late(lab: Lab) -> None:
    with peers.listener() as gone:
        host, port = peers.address(gone)
    said = after(
        lab,
        "one: socket tcp",
        "one: nonblock 3 on",
        f"one: connect 3 {host} {port}",
        "one: recv 3",
    )
    assert "answer to connect (event" in here(said)


# EPIPE and ECONNRESET


def test_epipe_on_a_socket_that_was_never_connected(lab: Lab) -> None:
    said = after(lab, "one: socket tcp", 'one: send 3 "x"')
    assert "Books promise ENOTCONN for that; Linux says EPIPE" in here(said)


def test_epipe_on_a_listening_socket(lab: Lab) -> None:
    said = after(lab, *LISTENING, 'server: send 3 "x"')
    assert "listens: it has no peer" in here(said)


def test_epipe_after_the_own_shutdown(lab: Lab) -> None:
    do(lab, *CONNECTED)
    (shut,) = do(lab, "client: shutdown 3 out")
    said = after(lab, 'client: send 3 "x"')
    assert "client shut down its own sending (event" in here(said)
    assert said.here[0].event == shut.n


def test_epipe_after_the_peer_s_close_tells_of_the_send_that_succeeded(lab: Lab) -> None:
    do(lab, *CONNECTED)
    (closed,) = do(lab, "server: close 4")
    do(lab, 'client: send 3 "x"')
    said = after(lab, 'client: send 3 "y"')
    assert "server closed its end (event" in here(said)
    assert "still succeeded, and was answered with RST" in here(said)
    assert said.here[0].event == closed.n


def test_a_reset_because_bytes_were_unread(lab: Lab) -> None:
    do(lab, *CONNECTED, 'client: send 3 "unread"')
    (closed,) = do(lab, "server: close 4")
    said = after(lab, "client: recv 3")
    assert "still unread: the kernel then sends RST instead of FIN" in here(said)
    assert said.here[0].event == closed.n


def test_a_reset_on_purpose(lab: Lab) -> None:
    said = after(lab, *CONNECTED, "server: reset 4", "client: recv 3")
    assert "closed its end with linger 0" in here(said)


def test_a_reset_because_nobody_accepted(lab: Lab) -> None:
    said = after(lab, *WAITING, "server: close 3", "client: recv 3")
    assert "closed its listening socket" in here(said)
    assert "Accept every connection" in mend(said)


def test_a_reset_by_somebody_outside(lab: Lab) -> None:
    with peers.listener() as outside:
        host, port = peers.address(outside)
        do(lab, "client: socket tcp", f"client: connect 3 {host} {port}")
        accepted, _address = outside.accept()
        peers.reset(accepted)
        said = after(lab, "client: recv 3")
    assert f"{host}:{port}, is no program of this lab" in here(said)
    assert not said.explained


# Descriptors


def test_a_descriptor_that_was_closed(lab: Lab) -> None:
    do(lab, *CONNECTED)
    (closed,) = do(lab, "client: close 3")
    said = after(lab, 'client: send 3 "x"')
    assert "client closed descriptor 3 (event" in here(said)
    assert f"⇄ 127.0.0.1:{port_of(lab)}" in here(said)
    assert said.here[0].event == closed.n


def test_a_descriptor_of_another_program(lab: Lab) -> None:
    said = after(lab, *CONNECTED, 'client: send 4 "x"')
    assert "client never had a descriptor 4." in here(said)
    assert "Open now: 3." in here(said)
    assert "server has a descriptor 4, but" in here(said)


def test_no_descriptor_left_names_what_could_be_closed() -> None:
    told = Told()
    told.connection()
    told.accept()
    told.journal.append(
        State(t=told.now(), sock=3, fd=4, old="ESTABLISHED", new="CLOSE_WAIT", source="kernel")
    )
    n = told.call("server", "accept", sock=1, error="EMFILE")
    said = diagnosis(told.journal, told.journal[n])  # type: ignore[arg-type]
    assert "server has 2 sockets open. Of 1 of them the peer has gone" in here(said)
    assert "`server: close 4`" in mend(said)


# The order of calls


@pytest.mark.parametrize(
    ("lines", "words", "way_out"),
    [
        ((*LISTENING, "server: bind 3 127.0.0.1 0"), "is bound to 127.0.0.1:", ""),
        (("one: socket tcp", "one: accept 3"), "listen was never called", "`one: listen 3`"),
        ((*CONNECTED, "server: accept 4"), "is a connection: 127.0.0.1", "`server: accept 3`"),
        ((*CONNECTED, "server: listen 4"), "is a connection: 127.0.0.1", ""),
        (
            (*LISTENING, "server: shutdown 3 both", "server: accept 3"),
            "It listened until the shutdown (event",
            "`server: listen 3`",
        ),
        (("one: socket udp", 'one: sendto 3 127.0.0.1 0 "x"'), "port is 0", ""),
        ((*CONNECTED, "client: connect 3 @server"), "is connected to 127.0.0.1:", ""),
        ((*LISTENING, "server: connect 3 @server"), "listens on 127.0.0.1:", ""),
        ((*LISTENING, "server: recv 3"), "is none itself", "`server: accept 3`"),
        ((*CONNECTED, "server: recv 3"), "accept has returned 4.", "descriptor, 4"),
        (("one: socket tcp", "one: recv 3"), "connect was never called on one's descriptor 3", ""),
        (
            ("one: socket tcp", "one: connect 3 127.0.0.1 1", "one: recv 3"),
            "Its connect failed with ECONNREFUSED (event",
            "",
        ),
        (("one: socket udp", 'one: send 3 "x"'), "UDP socket that was never connected", "sendto"),
        (("one: socket udp", "one: listen 3"), "one's descriptor 3 is a UDP socket", ""),
        (("one: socket udp", "one: setsockopt 3 nodelay on"), "is a UDP socket", ""),
        (
            ("one: socket udp", "one: sendto 3 127.0.0.1 9 bytes:65508"),
            "65,508 bytes were handed over, and one datagram carries at most 65,507.",
            "",
        ),
        (
            ("one: socket udp", 'one: sendto 3 127.255.255.255 9 "x"'),
            "looks like a broadcast address",
            "broadcast on",
        ),
    ],
)
def test_what_the_socket_is_already(
    lab: Lab, lines: tuple[str, ...], words: str, way_out: str
) -> None:
    said = after(lab, *lines)
    assert words in here(said)
    assert way_out in mend(said)
    assert said.explained


def failed(name: str, *args: Arg, error: str) -> Diagnosis:
    """What is said of a call on the connection of a story."""
    told = Told()
    told.connection()
    n = told.call("client", name, *args, sock=2, error=error)
    return diagnosis(told.journal, told.journal[n])  # type: ignore[arg-type]


def test_a_port_that_needs_rights() -> None:
    said = failed("bind", ("127.0.0.1", 80), error="EACCES")
    assert here(said) == "Port 80 is below 1024."


def test_an_address_of_the_other_family() -> None:
    said = failed("connect", ("::1", 80), error="EAFNOSUPPORT")
    assert "client's descriptor 3 is an IPv4 socket, and [::1]:80 is an IPv6 address" in here(said)


def test_addresses_that_another_connection_has() -> None:
    told = Told()
    told.connection()
    tcp = ("AF_INET", "SOCK_STREAM", 0)
    client: Address = ("127.0.0.1", 41822)
    told.call("other", "socket", *tcp, sock=9, result=3)
    told.call("other", "bind", client, sock=9, local=client)
    n = told.call("other", "connect", HERE, sock=9, error="EADDRNOTAVAIL")
    said = diagnosis(told.journal, told.journal[n])  # type: ignore[arg-type]
    assert "client's descriptor 3 has it for a connection: 127.0.0.1:41822" in here(said)


# Waiting


def test_a_full_accept_queue_is_silent() -> None:
    told = Told()
    told.connection()
    told.journal.append(Gauge(t=told.now(), sock=1, fd=3, accept_queue=6, backlog=5))
    n = told.call("other", "connect", HERE, sock=9, error="ETIMEDOUT")
    said = diagnosis(told.journal, told.journal[n])  # type: ignore[arg-type]
    assert "accept queue is full: 6 wait, and its backlog is 5" in here(said)
    assert "`server: accept 3`" in mend(said)


def test_why_a_call_does_not_wait(lab: Lab) -> None:
    do(lab, *CONNECTED)
    (mode,) = do(lab, "client: nonblock 3 on")
    said = after(lab, "client: recv 3")
    assert here(said) == f"The socket is non-blocking since event {mode.n}."
    assert "dontwait" in here(after(lab, "server: recv 4 100 dontwait"))


def test_a_time_that_ran_out(lab: Lab) -> None:
    said = after(lab, *CONNECTED, "server: setsockopt 4 rcvtimeo 0.05", "server: recv 4")
    assert "rcvtimeo is 0.05 s since event" in here(said)
    assert "the call waited" in here(said)


def test_where_the_bytes_are_that_a_send_has_no_room_for() -> None:
    told = Told()
    told.connection()
    told.accept()
    told.journal.append(Gauge(t=told.now(), sock=2, fd=3, recv_queue=0, send_queue=2_500_000))
    told.journal.append(Gauge(t=told.now(), sock=3, fd=4, recv_queue=128_000, send_queue=0))
    n = told.call("client", "send", "MSG_DONTWAIT", sock=2, error="EAGAIN")
    said = diagnosis(told.journal, told.journal[n])  # type: ignore[arg-type]
    assert "2.4 MiB of this socket's wait in its send buffer." in here(said)
    assert "server's descriptor 4 has 125 KiB unread." in here(said)
    assert "`server: recv 4`" in mend(said)


def test_a_handshake_under_way_cannot_be_accepted() -> None:
    told = Told()
    told.connection()
    told.journal.append(
        State(
            t=told.now(),
            sock=7,
            old="LISTEN",
            new="SYN_RECV",
            source="kernel",
            local=HERE,
            remote=("127.0.0.1", 5),
        )
    )
    n = told.call("server", "accept", sock=1, error="EAGAIN")
    said = diagnosis(told.journal, told.journal[n])  # type: ignore[arg-type]
    assert "1 handshakes are under way (SYN_RECV)" in here(said)


def test_a_limit_that_was_set_explains_a_time_out() -> None:
    told = Told()
    told.connection()
    told.call("client", "setsockopt", "IPPROTO_TCP", "TCP_USER_TIMEOUT", 700, sock=2)
    n = told.call("client", "recv", 100, "0", sock=2, error="ETIMEDOUT")
    said = diagnosis(told.journal, told.journal[n])  # type: ignore[arg-type]
    assert here(said).startswith("user_timeout was set (event 5")


# What can't be known


def test_a_call_that_the_lab_cut_says_nothing(lab: Lab) -> None:
    begin(lab, *LISTENING, "server: accept 3")
    blocked(lab, "server", "accept")
    begin(lab, "server: stop")
    cut = returned(lab, "server", "accept")
    assert cut.cut
    assert diagnosis(lab.journal, cut) == in_general(cut)


def test_an_errno_that_nobody_looks_into_has_its_text() -> None:
    said = failed("send", "0", error="ENOBUFS")
    assert (said.here, said.explained) == ((), False)
    assert "buffer" in said.meaning
    assert said.causes
    assert said.mend


def test_what_was_not_looked_through_is_not_denied() -> None:
    told = Told()
    told.connection()
    told.call("client", "close", sock=2)
    n = told.call("client", "send", "0", sock=2, error="EBADF", fd=9)
    call = told.journal[n]
    assert isinstance(call, Call)
    hasty = JournalPast(told.journal, n, seconds=0)
    said = diagnose(call, told.table(), (), hasty)
    assert "never" not in here(said)
    assert not hasty.complete
    assert "client never had a descriptor 9." in here(diagnosis(told.journal, call))


def test_a_foreign_journal_may_say_anything() -> None:
    for error in ("EADDRINUSE", "ECONNREFUSED", "EBADF", "EPIPE", "EINVAL", "EMFILE", "EACCES"):
        journal = Journal.create(None)
        n = journal.append(Call(t=NOON, name="bind", error=error, args=("?", None)))
        call = journal[n]
        assert isinstance(call, Call)
        assert diagnosis(journal, call).meaning
