"""The order of a session's calls, as turns.txt has it."""

from __future__ import annotations

from socklab.export.python_source import write_python
from tests.export.calls import HOME, Story, folder


def turns(story: Story) -> list[str]:
    return folder(write_python, story.journal)["turns.txt"].splitlines()[1:]


def test_nothing_happened() -> None:
    assert turns(Story()) == []


def test_each_call_is_a_turn_in_the_order_of_time() -> None:
    story = Story()
    story.socket("a")
    story.socket("b")
    # b's recv returned, and was recorded, before a's thread came to say that it had sent
    sent = story.now = story.now + 1000
    story.call("b", "recv", 9, "0", t=sent + 100, duration=300)
    story.call("a", "send", "0", t=sent, duration=900)
    assert turns(story) == ["go a 1", "go b 1", "go a 2", "go b 2"]


def test_the_others_go_on_while_one_is_blocked() -> None:
    story = Story()
    entered = story.wait("a", "recv", 9, "0")
    story.call("b", "send", "0")
    story.call("a", "recv", 9, "0", t=entered, duration=1500)
    story.call("b", "close")
    assert turns(story) == ["blocks a 1", "go b 1", "returns a 1 10", "go b 2"]


def test_a_call_that_time_ended_is_given_its_time() -> None:
    story = Story()
    entered = story.wait("a", "recv", 9, "0")
    story.call("a", "recv", 9, "0", t=entered, duration=3_000_000_000, error="EAGAIN")
    assert turns(story) == ["blocks a 1", "returns a 1 13"]


def test_what_is_done_beside_a_blocked_call_is_a_turn_too() -> None:
    story = Story()
    entered = story.wait("a", "accept")
    story.call("a", "shutdown", "SHUT_RDWR")
    story.call("a", "accept", t=entered, duration=9000, error="EINVAL", cut=True)
    assert turns(story) == ["blocks a 1", "go a 2", "returns a 1 10"]


def test_a_send_that_blocked_ends_while_the_receiver_takes() -> None:
    story = Story()
    entered = story.wait("a", "send", "0")
    story.now += 10_000
    story.call("b", "recv", 9, "MSG_WAITALL", t=story.now, duration=8000)
    story.call("a", "send", "0", t=entered, duration=story.now - entered + 4000)
    assert turns(story) == ["blocks a 1", "blocks b 1", "returns a 1 10", "returns b 1 10"]


def test_a_call_that_never_returned_is_not_waited_for() -> None:
    story = Story()
    story.wait("a", "recv", 9, "0")
    story.call("b", "close")
    assert turns(story) == ["blocks a 1", "go b 1"]


def test_a_port_that_the_kernel_chose_is_told_to_who_names_it() -> None:
    story = Story()
    story.socket("server")
    story.call("server", "bind", ("127.0.0.1", 0), local=("127.0.0.1", 40001))
    story.call("server", "listen", 5)
    story.socket("client")
    story.call("client", "connect", ("127.0.0.1", 40001), local=("127.0.0.1", 50000))
    assert turns(story)[2:5] == ["go server 3", "port server 40001 3 client", "go client 1"]


def test_a_port_that_the_session_chose_is_not() -> None:
    story = Story()
    story.socket("server")
    story.call("server", "bind", HOME, local=HOME)
    story.call("server", "listen", 5)
    story.call("client", "connect", HOME, local=("127.0.0.1", 50000))
    assert not any(line.startswith("port") for line in turns(story))


def test_pauses_and_remarks_are_repeated() -> None:
    story = Story()
    story.command(None, "sleep 0.25")
    story.command(None, "note now  the server closes\x1b[2J")
    assert turns(story) == ["pause 0.25", r"note now  the server closes\x1b[2J"]


def served(*options: str) -> Story:
    """An echo server that its loop serves, and a client in the lab."""
    story = Story()
    serve = story.command("server", f"server: serve tcp 127.0.0.1 8080 echo {' '.join(options)}")
    story.socket("server", cause=serve)
    story.call("server", "bind", HOME, cause=serve, local=HOME)
    story.call("server", "listen", 128, cause=serve)
    story.call("server", "ioctl", "FIONBIO", 1, cause=serve)
    story.socket("client")
    at = ("127.0.0.1", 50000)
    story.call("client", "connect", HOME, local=at, remote=HOME)
    accepted = story.call("server", "accept", cause=serve, result=4, new_sock=77, remote=at)
    story.call("server", "ioctl", "FIONBIO", 1, fd=4, sock=77, cause=accepted)
    return story


def test_the_loop_s_calls_are_waited_for() -> None:
    story = served()
    accepted = len(story.events) - 2
    story.call("client", "send", "0", data=b"hi", size=2, result=2)
    got = story.call("server", "recv", 65536, "0", fd=4, sock=77, cause=accepted, result=2)
    story.call("server", "send", "0", fd=4, sock=77, cause=got, data=b"hi", size=2, result=2)
    stop = story.command("server", "server: stop")
    story.call("server", "close", cause=stop)
    assert turns(story) == [
        *(f"go server {step}" for step in (1, 2, 3, 4)),
        "go client 1",
        "go client 2",
        "loop server 2 10",
        "go client 3",
        "loop server 2 10",
        "go server 5",  # its loop lets go
        "go server 6",
    ]


def test_the_loop_of_a_blocked_program_lets_go_before_the_others_end() -> None:
    story = served()
    entered = story.wait("server", "recv", 9, "0")
    story.call("client", "close")  # the lab's own: everything ends
    story.call("server", "recv", 65536, "0", fd=4, sock=77, result=0)
    story.call("server", "shutdown", "SHUT_RDWR")
    lasted = story.now - entered
    story.call("server", "recv", 9, "0", t=entered, duration=lasted, result=0, cut=True)
    story.call("server", "close", fd=4, sock=77)
    assert turns(story)[-7:] == [
        "blocks server 5",
        "go server 6",  # its loop lets go, and reads no end of stream by itself
        "go client 3",
        "go server 7",
        "go server 8",
        "returns server 5 10",
        "go server 9",
    ]


def test_how_often_a_slow_peer_is_sent_to_is_chance() -> None:
    story = served()
    accepted = len(story.events) - 2
    got = story.call("server", "recv", 65536, "0", fd=4, sock=77, cause=accepted, result=9)
    for cause, size, result in ((got, 9, 3), (accepted, 6, 4), (accepted, 2, 2)):
        story.call("server", "send", "0", fd=4, sock=77, cause=cause, size=size, result=result)
    assert turns(story)[-2:] == ["loop server 4 10", "owes server"]


def test_what_time_made_the_loop_do_is_told_to_it() -> None:
    story = served("timeout=1")
    accepted = len(story.events) - 2
    story.now += 2_000_000_000
    story.call("server", "close", fd=4, sock=77, cause=accepted)
    assert turns(story)[-2:] == ["late server", "loop server 1 12"]


def test_strangers_from_outside_are_not_waited_for() -> None:
    story = served()
    serve = 0
    story.call("server", "accept", cause=serve, result=5, new_sock=78, remote=("127.0.0.1", 61000))
    assert turns(story)[-2:] == [
        "loop server 2 10",  # those of the lab's own client
        "note server had clients from outside the lab: they aren't among these programs",
    ]
