from __future__ import annotations

from typing import Any

from socklab.events import Call, Note
from socklab.model.messages import Conversation
from socklab.model.rows import Kind
from socklab.model.zero import Zero
from tests.model.story import Story, connected


def told(story: Story, sock: int = 2, peer: int | None = 7, **more: Any) -> Conversation:
    conversation = Conversation(sock, peer, **more)
    for event in story.events:
        conversation.apply(event)
    return conversation


def send(story: Story, data: bytes, **more: Any) -> None:
    fields = {"args": ("0",), "data": data, "size": len(data), "result": len(data), **more}
    story.call("client", "send", 3, 2, **fields)


def recv(story: Story, data: bytes, **more: Any) -> None:
    fields = {"args": (100, "0"), "data": data, "size": len(data), "result": len(data), **more}
    story.call("server", "recv", 4, 7, **fields)


def test_three_sends_and_one_recv_are_four_shares() -> None:
    story = connected()
    for data in (b"AAA", b"BBB", b"CCC"):
        send(story, data)
    recv(story, b"AAABBBCCC")
    shares = told(story).shares
    assert [(share.program, share.direction, share.data) for share in shares] == [
        ("client", "out", b"AAA"),
        ("client", "out", b"BBB"),
        ("client", "out", b"CCC"),
        ("server", "in", b"AAABBBCCC"),
    ]
    assert [share.n for share in shares] == [event.n for event in story.events[-4:]]
    assert [share.sock for share in shares] == [2, 2, 2, 7]


def test_other_sockets_are_not_part_of_it() -> None:
    story = connected()
    send(story, b"mine")
    story.call("client", "send", 5, 99, args=("0",), data=b"else", size=4, result=4)
    story.call("client", "shutdown", 3, 2, args=("SHUT_WR",))
    story.note("by the way")
    assert [share.data for share in told(story).shares] == [b"mine"]


def test_a_peer_outside_the_lab_is_silent() -> None:
    story = connected()
    send(story, b"hello")
    recv(story, b"hello")
    assert [share.direction for share in told(story, peer=None).shares] == ["out"]


def test_partial_sends_say_how_much_was_taken() -> None:
    story = connected()
    send(story, b"A" * 10, size=8000, result=5000)
    send(story, b"B")
    send(story, b"C", result=None, error="EPIPE")
    partial, whole, failed = told(story).shares
    assert (partial.size, partial.taken, partial.partial) == (8000, 5000, True)
    assert (whole.taken, whole.partial) == (1, False)
    assert (failed.taken, failed.error, failed.partial) == (None, "EPIPE", False)


def test_a_receive_of_nothing_is_the_end() -> None:
    story = connected()
    recv(story, b"")
    recv(story, b"", cut=True)
    recv(story, b"", args=(0, "0"))
    send(story, b"")
    recv(story, b"", result=None, error="ECONNRESET")
    recv(story, b"")
    shares = told(story).shares
    assert [share.zero for share in shares] == [
        Zero.END,
        Zero.CUT,
        Zero.UNASKED,
        None,
        None,
        Zero.BROKEN,
    ]
    assert [share.cut for share in shares] == [False, True, False, False, False, False]


def test_after_its_own_shutdown_a_receive_of_nothing_says_nothing_of_the_peer() -> None:
    story = connected()
    recv(story, b"")
    story.call("server", "shutdown", 4, 7, args=("SHUT_WR",))
    story.call("client", "shutdown", 3, 2, args=("SHUT_RD",))
    recv(story, b"")
    story.call("server", "shutdown", 4, 7, args=("SHUT_RDWR",))
    recv(story, b"")
    assert [share.zero for share in told(story).shares] == [Zero.END, Zero.END, Zero.SHUT]


def test_an_empty_datagram_is_no_end() -> None:
    story = connected()
    recv(story, b"")
    kind: Kind = "udp"
    assert [share.zero for share in told(story, kind=kind).shares] == [None]


def test_a_peek_is_marked_and_not_counted() -> None:
    story = connected()
    recv(story, b"hello", args=(100, "MSG_PEEK"))
    recv(story, b"hello")
    recv(story, b"more", args=(100, "MSG_WAITALL"))
    conversation = told(story, sock=7, peer=2)
    assert [share.peeked for share in conversation.shares] == [True, False, False]
    assert [share.flags for share in conversation.shares] == ["MSG_PEEK", "", "MSG_WAITALL"]
    assert conversation.received == 9


def test_totals_are_the_sockets_own() -> None:
    story = connected()
    send(story, b"A" * 10, size=8000, result=5000)
    send(story, b"x", result=None, error="EPIPE")
    recv(story, b"B" * 7)
    conversation = told(story)
    assert (conversation.sent, conversation.received) == (5000, 0)
    conversation = told(story, sock=7, peer=2)
    assert (conversation.sent, conversation.received) == (0, 7)


def test_datagrams_bear_the_other_sides_address() -> None:
    story = Story()
    there, here = ("127.0.0.1", 5000), ("127.0.0.1", 40000)
    story.call("client", "sendto", 3, 2, args=("0", there), data=b"A", size=1, result=1, peer=there)
    story.call("client", "sendto", 3, 2, args=("0", there), data=b"B", size=1, result=1)
    story.call("server", "recvfrom", 3, 1, args=(9, "0"), data=b"A", size=1, result=1, peer=here)
    shares = told(story, sock=2, peer=1, kind="udp").shares
    assert [(share.call, share.address) for share in shares] == [
        ("sendto", there),
        ("sendto", there),
        ("recvfrom", here),
    ]


def test_a_socket_connected_to_itself_speaks_once() -> None:
    story = connected()
    send(story, b"me")
    assert len(told(story, sock=2, peer=2).shares) == 1


def test_a_long_conversation_keeps_its_end() -> None:
    conversation = Conversation(1, keep=10)
    for n in range(105):
        call = Call(n=n, t=n, name="send", sock=1, args=("0",), data=b"x", size=1, result=1)
        conversation.apply(call)
        assert conversation.revision == n + 1
        assert conversation.shares[-1].n == n
        assert len(conversation.shares) < 20
    assert conversation.dropped == conversation.shares[0].n
    assert conversation.sent == 105
    conversation.apply(Note(t=0, text="not a call"))
    assert conversation.revision == 105
