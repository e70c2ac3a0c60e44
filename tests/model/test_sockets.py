"""The socket table against journals told by hand: connections, from socket(2) to CLOSE."""

from __future__ import annotations

import pytest

from socklab.model.sockets import Connection, SocketTable
from tests.model.story import CLIENT, SERVER, Story, connected, listening, queued


def test_a_new_socket_has_the_descriptor_and_nothing_else() -> None:
    story = Story()
    story.program("server")
    story.socket("server", 3, 1)
    row = story.table.sockets[1]
    assert (row.program, row.fd, row.kind, row.family) == ("server", 3, "tcp", "ipv4")
    assert (row.state, row.source, row.local, row.remote) == ("CLOSE", "call", None, None)
    assert row.opened_at == 1
    assert not row.listening
    assert story.table.programs["server"].descriptors == {3: 1}
    assert story.table.programs["server"].host == "here"


def test_listening() -> None:
    row = listening().table.sockets[1]
    assert (row.local, row.state, row.source, row.backlog) == (SERVER, "LISTEN", "kernel", 5)
    assert row.listening


def test_the_backlog_is_what_the_kernel_took() -> None:
    story = listening()
    story.listen("server", 3, 1, backlog=100_000)
    assert story.table.sockets[1].backlog == 100_000
    story.gauge(1, accept_queue=0, backlog=4096)
    assert story.table.sockets[1].backlog == 4096


def test_a_failed_call_changes_nothing() -> None:
    story = Story()
    story.socket("server", 3, 1)
    before = story.table.revision
    story.call("server", "bind", 3, 1, args=(SERVER,), error="EADDRINUSE")
    story.call("server", "listen", 3, 1, args=(5,), error="EADDRINUSE")
    story.call("server", "accept", 3, 1, error="EINVAL")
    story.call("server", "socket", 4, 2, args=("AF_INET", "SOCK_STREAM", 0), error="EMFILE")
    story.call("server", "close", 9, 9, error="EBADF")
    assert story.table.revision == before
    assert list(story.table.sockets) == [1]
    assert story.table.programs["server"].descriptors == {3: 1}


def test_sends_and_receives_change_nothing() -> None:
    story = connected()
    before = story.table.revision
    story.call("client", "send", 3, 2, args=("0",), data=b"hello", size=5, result=5)
    story.call("server", "recv", 4, 7, args=(100, "0"), data=b"hello", size=5, result=5)
    story.note("nothing to see")
    assert story.table.revision == before


def test_a_connection_waits_in_its_listeners_queue() -> None:
    table = queued().table
    waiting = table.sockets[7]
    assert (waiting.program, waiting.fd, waiting.pending_of) == (None, None, 1)
    assert (waiting.state, waiting.local, waiting.remote) == ("ESTABLISHED", SERVER, CLIENT)
    assert table.waiting(1) == [waiting]
    assert table.sockets[1].accept_queue == 1
    assert table.peer_of(2) == 7
    assert table.peer_of(7) == 2


def test_accept_takes_it_out_of_the_queue() -> None:
    story = queued()
    seen_at = story.table.sockets[7].opened_at
    story.accept("server", 3, 1, 4, 7)
    row = story.table.sockets[7]
    assert (row.program, row.fd, row.pending_of, row.listener) == ("server", 4, None, 1)
    assert (row.state, row.opened_at) == ("ESTABLISHED", seen_at)
    assert story.table.waiting(1) == []
    assert story.table.programs["server"].descriptors == {3: 1, 4: 7}
    assert story.table.at("server", 4) == row


def test_accept_before_anybody_looked() -> None:
    story = listening()
    story.accept("server", 3, 1, 4, 7)
    row = story.table.sockets[7]
    assert (row.fd, row.local, row.remote) == (4, SERVER, CLIENT)
    assert row.state is None  # a fact that nobody knows yet
    story.state(7, "CLOSE", "ESTABLISHED", fd=4, program="server")
    assert story.table.sockets[7].state == "ESTABLISHED"


def test_the_first_look_may_be_told_after_accept() -> None:
    story = listening()
    story.accept("server", 3, 1, 4, 7)
    story.state(7, "CLOSE", "ESTABLISHED", local=SERVER, remote=CLIENT)
    row = story.table.sockets[7]
    assert (row.fd, row.state, row.pending_of) == (4, "ESTABLISHED", None)


def test_syn_recv_waits_too() -> None:
    story = listening()
    story.state(7, "CLOSE", "SYN_RECV", local=SERVER, remote=CLIENT)
    assert [row.state for row in story.table.waiting(1)] == ["SYN_RECV"]
    story.state(7, "SYN_RECV", "ESTABLISHED")
    assert [row.state for row in story.table.waiting(1)] == ["ESTABLISHED"]
    story.state(7, "ESTABLISHED", "CLOSE")
    assert story.table.waiting(1) == []
    assert 7 not in story.table.sockets


def test_the_handshake_script_of_the_readme() -> None:
    story = connected()
    story.call("client", "send", 3, 2, args=("0",), data=b"hello", size=5, result=5)
    story.gauge(7, recv_queue=5, send_queue=0)
    assert story.table.sockets[7].recv_queue == 5
    story.call("server", "recv", 4, 7, args=(100, "0"), data=b"hello", size=5, result=5)
    story.gauge(7, recv_queue=0, send_queue=0)
    assert story.table.sockets[7].recv_queue == 0

    story.close("client", 3, 2)
    left = story.table.sockets[2]
    assert (left.program, left.fd, left.held, left.state) == ("client", None, 3, "ESTABLISHED")
    assert story.table.programs["client"].descriptors == {}
    story.state(2, "ESTABLISHED", "FIN_WAIT2")
    story.state(7, "ESTABLISHED", "CLOSE_WAIT", fd=4, program="server")
    latest = story.table.latest("client", 3)
    assert latest is not None
    assert latest.state == "FIN_WAIT2"
    assert story.table.at("client", 3) is None
    row = story.table.latest("server", 4)
    assert row is not None
    assert row.state == "CLOSE_WAIT"


def test_closed_first_goes_through_time_wait_and_is_forgotten() -> None:
    story = connected()
    story.close("client", 3, 2)
    story.state(2, "ESTABLISHED", "FIN_WAIT2")
    story.close("server", 4, 7)
    story.state(7, "CLOSE_WAIT", "CLOSE")
    story.state(2, "FIN_WAIT2", "TIME_WAIT")
    assert 7 not in story.table.sockets
    assert story.table.sockets[2].state == "TIME_WAIT"
    story.state(2, "TIME_WAIT", "CLOSE")
    assert list(story.table.sockets) == [1]
    for program, fd in (("client", 3), ("server", 4)):
        gone = story.table.latest(program, fd)
        assert gone is not None
        assert (gone.forgotten, gone.state, gone.fd) == (True, "CLOSE", None)


def test_a_reset_connection_stays_until_it_is_closed() -> None:
    story = connected()
    story.state(7, "ESTABLISHED", "CLOSE", fd=4, program="server")
    assert story.table.sockets[7].fd == 4
    story.close("server", 4, 7)
    assert 7 not in story.table.sockets


@pytest.mark.parametrize("state", ["CLOSE", "LISTEN", "SYN_SENT"])
def test_what_is_no_connection_yet_ends_with_its_descriptor(state: str) -> None:
    story = Story()
    story.socket("main", 3, 1)
    story.bind("main", 3, 1, SERVER)
    story.state(1, "CLOSE", state, fd=3, program="main")
    story.close("main", 3, 1)
    assert story.table.sockets == {}
    gone = story.table.latest("main", 3)
    assert gone is not None
    assert (gone.forgotten, gone.state) == (True, "CLOSE")


def test_the_last_word_on_a_closed_listener_comes_late() -> None:
    story = listening()
    story.close("server", 3, 1)
    before = story.table.revision
    story.state(1, "CLOSE", "LISTEN")
    story.state(1, "LISTEN", "CLOSE", source="call")
    assert story.table.sockets == {}
    assert story.table.revision == before


def test_listen_binds_what_was_not_bound() -> None:
    story = Story()
    story.socket("server", 3, 1)
    story.call("server", "listen", 3, 1, args=(5,), local=("0.0.0.0", 39999))
    assert story.table.sockets[1].local == ("0.0.0.0", 39999)


def test_a_closed_listener_gets_no_connections() -> None:
    story = listening()
    story.close("server", 3, 1)
    story.state(7, "CLOSE", "ESTABLISHED", local=SERVER, remote=CLIENT)
    assert story.table.sockets[7].pending_of is None


def test_closing_the_listener_ends_who_waits_and_leaves_who_was_accepted() -> None:
    story = connected()
    story.state(8, "CLOSE", "ESTABLISHED", local=SERVER, remote=("127.0.0.1", 41824))
    assert story.table.sockets[8].pending_of == 1
    story.close("server", 3, 1)
    assert sorted(story.table.sockets) == [2, 7]
    story.state(8, "ESTABLISHED", "CLOSE")
    assert sorted(story.table.sockets) == [2, 7]


def test_a_listener_that_was_shut_down_listens_no_more() -> None:
    story = queued()
    story.state(1, "LISTEN", "CLOSE", fd=3, program="server")
    row = story.table.sockets[1]
    assert (row.listening, row.backlog, row.accept_queue) == (False, None, None)
    story.state(9, "CLOSE", "ESTABLISHED", local=SERVER, remote=("127.0.0.1", 5))
    assert story.table.sockets[9].pending_of is None


def test_a_connection_closed_before_the_first_look() -> None:
    story = listening()
    story.socket("client", 3, 2)
    story.call("client", "connect", 3, 2, args=(SERVER,), local=CLIENT, remote=SERVER)
    story.close("client", 3, 2)
    assert 2 not in story.table.sockets
    story.socket("client", 3, 5)  # the descriptor is in use again
    story.state(2, "CLOSE", "FIN_WAIT2", program="client")
    row = story.table.sockets[2]
    assert (row.state, row.local, row.remote, row.fd) == ("FIN_WAIT2", CLIENT, SERVER, None)
    current = story.table.latest("client", 3)
    assert current is not None
    assert current.sock == 5


def test_a_connect_given_up_leaves_nothing() -> None:
    story = Story()
    story.socket("client", 3, 2)
    story.call("client", "connect", 3, 2, args=(SERVER,), error="EINPROGRESS", remote=SERVER)
    assert story.table.sockets[2].remote == SERVER
    story.close("client", 3, 2)
    story.state(2, "CLOSE", "SYN_SENT")  # a look from before the close, told after it
    assert story.table.sockets == {}


@pytest.mark.parametrize("bound", [None, CLIENT])
def test_whose_syn_was_seen_is_known_by_its_addresses_until_it_is_refused(bound: object) -> None:
    story = Story()
    story.socket("client", 3, 2)
    if bound is not None:
        story.bind("client", 3, 2, CLIENT)
    ends = {"local": CLIENT, "remote": SERVER}
    story.state(2, "CLOSE", "SYN_SENT", "wire", program="client", fd=3, **ends)
    row = story.table.sockets[2]
    assert (row.local, row.remote) == (CLIENT, SERVER)
    story.state(2, "SYN_SENT", "CLOSE", "wire", program="client", fd=3)
    row = story.table.sockets[2]
    assert (row.local, row.remote) == (bound, None)


def test_only_the_latest_closed_connections_are_kept_in_mind() -> None:
    story = Story()
    for sock in range(1, 1001):
        story.socket("client", 3, sock)
        story.call("client", "connect", 3, sock, args=(SERVER,), local=CLIENT, remote=SERVER)
        story.close("client", 3, sock)
    story.state(1000, "CLOSE", "TIME_WAIT")
    story.state(1, "CLOSE", "TIME_WAIT")
    assert list(story.table.sockets) == [1000]


def test_an_accepted_connection_without_a_look_outlives_its_close() -> None:
    story = listening()
    story.accept("server", 3, 1, 4, 7)
    story.close("server", 4, 7)
    assert story.table.sockets[7].fd is None
    story.state(7, "CLOSE", "LAST_ACK")
    story.state(7, "LAST_ACK", "CLOSE")
    assert 7 not in story.table.sockets


def test_the_lowest_descriptor_is_used_again() -> None:
    story = connected()
    story.close("server", 4, 7)
    story.state(7, "ESTABLISHED", "FIN_WAIT2")
    story.accept("server", 3, 1, 4, 9, remote=("127.0.0.1", 41824))
    assert story.table.programs["server"].descriptors == {3: 1, 4: 9}
    assert story.table.sockets[7].state == "FIN_WAIT2"
    latest = story.table.latest("server", 4)
    assert latest is not None
    assert latest.sock == 9
    story.state(7, "FIN_WAIT2", "TIME_WAIT")
    story.state(7, "TIME_WAIT", "CLOSE")
    latest = story.table.latest("server", 4)
    assert latest is not None
    assert latest.sock == 9  # the older socket's end doesn't bring it back


def test_the_latest_stays_the_latest_when_an_older_one_ends_after_it() -> None:
    story = connected()
    story.close("server", 4, 7)
    story.state(7, "ESTABLISHED", "TIME_WAIT")
    story.socket("server", 4, 9)
    story.close("server", 4, 9)
    story.state(7, "TIME_WAIT", "CLOSE")
    latest = story.table.latest("server", 4)
    assert latest is not None
    assert (latest.sock, latest.forgotten) == (9, True)


def test_the_same_number_in_two_programs_names_two_sockets() -> None:
    table = queued().table
    server, client = table.at("server", 3), table.at("client", 3)
    assert server is not None
    assert client is not None
    assert (server.sock, client.sock) == (1, 2)
    assert table.latest("nobody", 3) is None
    assert table.at("nobody", 3) is None


def test_dual_stack_accepts_both_families() -> None:
    story = Story()
    story.socket("server", 3, 1, ipv6=True)
    story.bind("server", 3, 1, ("::", 8080))
    story.listen("server", 3, 1)
    story.socket("client", 3, 2)
    story.connect("client", 3, 2, CLIENT, SERVER)
    mapped = ("::ffff:127.0.0.1", 8080), ("::ffff:127.0.0.1", 41822)
    story.state(7, "CLOSE", "ESTABLISHED", local=mapped[0], remote=mapped[1])
    assert story.table.sockets[7].pending_of == 1
    assert story.table.sockets[7].family == "ipv6"
    assert story.table.peer_of(7) == 2
    assert story.table.peer_of(2) == 7
    story.accept("server", 3, 1, 4, 7, local=mapped[0], remote=mapped[1])
    assert story.table.sockets[7].family == "ipv6"
    story.state(8, "CLOSE", "ESTABLISHED", local=("::1", 8080), remote=("::1", 5))
    assert story.table.sockets[8].pending_of == 1


def test_the_closest_listener_gets_the_connection() -> None:
    story = Story()
    for fd, local in ((3, ("0.0.0.0", 8080)), (4, ("127.0.0.1", 8080)), (5, ("127.0.0.1", 81))):
        story.socket("server", fd, fd)
        story.bind("server", fd, fd, local)
        story.listen("server", fd, fd)
    story.state(10, "CLOSE", "ESTABLISHED", local=("127.0.0.1", 8080), remote=CLIENT)
    story.state(11, "CLOSE", "ESTABLISHED", local=("127.0.0.2", 8080), remote=CLIENT)
    assert story.table.sockets[10].pending_of == 4
    assert story.table.sockets[11].pending_of == 3


def test_a_connection_is_listed_once_under_who_opened_it() -> None:
    assert connected().table.connections() == [Connection(2, 7)]
    story = listening()
    story.accept("server", 3, 1, 4, 2, remote=("10.0.0.9", 5))
    assert story.table.connections() == [Connection(2, None)]


def test_the_peer_is_gone_when_the_kernel_forgot_it() -> None:
    story = connected()
    story.close("client", 3, 2)
    story.state(2, "ESTABLISHED", "CLOSE")
    assert story.table.peer_of(7) is None
    assert story.table.connections() == [Connection(7, None)]
    assert story.table.peer_of(2) is None


def test_a_new_connection_may_have_the_addresses_of_one_in_time_wait() -> None:
    story = connected()
    story.close("client", 3, 2)
    story.state(2, "ESTABLISHED", "TIME_WAIT")
    story.socket("client", 3, 9)
    story.connect("client", 3, 9, CLIENT, SERVER)
    assert story.table.peer_of(7) == 9
    story.state(2, "TIME_WAIT", "CLOSE")
    assert story.table.peer_of(7) == 9


def test_connected_to_itself() -> None:
    story = Story()
    story.socket("main", 3, 1)
    story.connect("main", 3, 1, SERVER, SERVER)
    assert story.table.peer_of(1) == 1
    assert story.table.connections() == [Connection(1, 1)]


def test_revision_tells_what_can_be_seen() -> None:
    story = connected()
    before = story.table.revision
    story.gauge(7, recv_queue=12, send_queue=0)
    assert story.table.revision > before
    before = story.table.revision
    story.gauge(7, recv_queue=12, send_queue=0)
    story.gauge(99, recv_queue=1)
    story.state(7, "ESTABLISHED", "ESTABLISHED", fd=4)
    story.call("server", "getsockname", 4, 7, value=SERVER)
    assert story.table.revision == before


def test_a_look_at_the_queues_is_a_look_at_all_of_them() -> None:
    story = connected()
    story.gauge(7, recv_queue=12, send_queue=500)
    story.gauge(7, recv_queue=12)  # after a reset the kernel has nothing to send any more
    assert story.table.sockets[7].send_queue is None


def test_a_state_has_its_beginning_and_may_have_its_end() -> None:
    story = connected()
    story.state(7, "ESTABLISHED", "FIN_WAIT1", fd=4, source="call")
    story.state(7, "FIN_WAIT1", "TIME_WAIT", expires=99_000)
    row, told = story.table.sockets[7], story.events[-1]
    assert (row.state, row.since, row.expires) == ("TIME_WAIT", told.t, 99_000)
    story.state(7, "TIME_WAIT", "TIME_WAIT")  # nothing new
    assert story.table.sockets[7] == row
    story.state(7, "TIME_WAIT", "CLOSE")
    row = story.table.sockets[7]
    assert (row.since, row.expires) == (story.events[-1].t, None)


def test_a_buffer_keeps_its_size_until_another_is_told() -> None:
    story = connected()
    story.gauge(7, recv_queue=12, recv_limit=131_072, send_limit=16_384)
    story.gauge(7, recv_queue=0)  # after a reset the kernel doesn't say
    row = story.table.sockets[7]
    assert (row.recv_limit, row.send_limit) == (131_072, 16_384)
    story.gauge(7, recv_queue=0, recv_limit=262_144)
    assert story.table.sockets[7].recv_limit == 262_144


def test_an_empty_table_says_nothing() -> None:
    table = SocketTable()
    assert table.connections() == []
    assert table.peer_of(1) is None
    assert table.revision == 0
