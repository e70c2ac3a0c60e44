"""Scripts: each line when the one before has been dealt with, and how a script ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from socklab.events import Call, Command, Note, Program
from socklab.lab.lab import Lab
from socklab.lab.language import LanguageError
from socklab.lab.script import Result, Script
from tests import peers
from tests.watching import (
    address_of,
    begin,
    blocked,
    calls_of,
    do,
    events_of,
    noted,
    submit,
    wait_event,
)

HANDSHAKE = """
server: socket tcp                # = 3
server: bind 3 127.0.0.1 0
server: listen 3 5
client: socket tcp                # = 3: its own table
client: connect 3 @server         # succeeds: the kernel shakes hands, no accept() needed
expect client 3 ESTABLISHED
expect server 3 accept_queue = 1
server: accept 3                  # = 4
client: send 3 "hello"
server: recv 4 100
expect server recv 4 = 5 "hello"
client: close 3
server: recv 4 100
expect server recv 4 = 0          # end of stream
expect server 4 CLOSE_WAIT
"""


def run(lab: Lab, text: str, base: Path | None = None) -> Script:
    """Run a script to its end."""
    script = lab.script(text, base)
    assert lab.run(script).result(peers.PATIENCE) == script.result
    return script


def test_the_handshake(lab: Lab) -> None:
    script = run(lab, HANDSHAKE)
    assert (script.result, script.failure) == ("done", None)
    assert [call.name for call in events_of(lab, Call)] == [
        *("socket", "bind", "listen", "socket", "connect", "accept"),
        *("send", "recv", "close", "recv"),
    ]


def test_each_line_is_a_command_in_the_journal_with_its_words(lab: Lab) -> None:
    run(lab, HANDSHAKE)
    written = [line.partition("#")[0].strip() for line in HANDSHAKE.splitlines() if line]
    recorded = events_of(lab, Command)
    assert [event.text.partition("#")[0].strip() for event in recorded] == written
    assert {event.origin for event in recorded} == {"script"}
    assert recorded[0].program == "server"
    assert recorded[5].program is None


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n   # comments", "\ufeff"])
def test_nothing_to_do_is_done(lab: Lab, text: str) -> None:
    assert run(lab, text).result == "done"
    assert len(lab.journal) == 0


def test_lines_without_a_program_go_to_the_one_last_named(lab: Lab) -> None:
    run(lab, "socket tcp\nother: socket tcp\nsocket udp\nnote x\nclose 3")
    assert [(call.program, call.name) for call in events_of(lab, Call)] == [
        ("main", "socket"),
        ("other", "socket"),
        ("other", "socket"),
        ("other", "close"),
    ]


def test_a_mistake_runs_nothing(lab: Lab) -> None:
    text = "\n".join([*["server: socket tcp"] * 6, "server: lisen 3 5", "nonsense"])
    with pytest.raises(LanguageError) as caught:
        lab.script(text)
    assert (caught.value.line, caught.value.column) == (7, 9)
    assert "did you mean 'listen'" in str(caught.value)
    assert len(lab.journal) == 0


def test_a_failed_call_is_no_failed_script(lab: Lab) -> None:
    assert run(lab, "main: recv 9\nmain: accept 9").result == "done"


def test_the_first_expectation_that_fails_ends_it(lab: Lab) -> None:
    script = run(lab, "main: socket tcp\nexpect main socket = 4 within 0\nmain: close 3")
    assert script.result == "failed"
    assert script.failure is not None
    assert script.failure.startswith("line 2: expect main socket = 4 within 0: ")
    assert "socket(AF_INET, SOCK_STREAM, 0) = 3" in script.failure
    assert calls_of(lab, "main", "close") == []


def test_a_line_that_makes_no_sense_here_ends_it(lab: Lab) -> None:
    script = run(lab, "main: socket tcp\nother: recv\nmain: close 3")
    assert script.result == "senseless"
    assert script.failure == "line 2: other: recv: other has no descriptor: make one with `socket`"
    assert calls_of(lab, "main", "close") == []


def test_a_queued_line_that_makes_no_sense_ends_it_too(lab: Lab) -> None:
    script = run(
        lab,
        """
        server: socket tcp
        server: bind 3 127.0.0.1 0
        server: listen 3
        server: accept 3
        server: sendto 4 peer "nobody has sent a datagram"
        client: client tcp @server
        client: close 3
        """,
    )
    assert script.result == "senseless"
    assert "line 6: server: sendto" in (script.failure or "")


@pytest.mark.parametrize("last", ["server: accept 3", "server: poll 3 in"])
def test_a_call_still_blocked_at_the_end_is_cut_and_no_failure(lab: Lab, last: str) -> None:
    do(lab, "server: socket tcp", "server: bind 3 127.0.0.1 0", "server: listen 3")
    assert run(lab, last).result == "done"
    lab.close()
    assert calls_of(lab, "server", last.split()[1])[0].cut


def test_a_line_that_never_ran_is_a_failure(lab: Lab) -> None:
    script = run(lab, "server: socket udp\nserver: recv 3\nserver: close 3\nserver: close 4")
    assert script.result == "failed"
    assert script.failure == (
        "server is still blocked, and behind it waits `server: close 3`, `server: close 4`"
    )


def test_a_repetition_that_is_blocked_now_and_then_runs_to_its_end(lab: Lab) -> None:
    do(lab, "server: socket udp", "server: bind 3 127.0.0.1 0", "client: socket udp")
    do(lab, 'client: every 0.3 sendto 3 @server "x"')
    script = run(lab, "server: every 0 x5 recv 3")
    assert script.result == "done", script.failure
    assert len(calls_of(lab, "server", "recv")) >= 4  # the fifth may be blocked at the end


def test_what_follows_a_repetition_waits_for_it_though_it_blocks(lab: Lab) -> None:
    do(lab, "server: socket udp", "server: bind 3 127.0.0.1 0", "client: socket udp")
    do(lab, 'client: every 0.1 sendto 3 @server "x"')
    script = run(lab, "server: every 0 x3 recv 3\nserver: close 3")
    assert script.result == "done", script.failure
    assert [call.result for call in calls_of(lab, "server", "recv")] == [1, 1, 1]


def test_a_repetition_that_stays_blocked_is_a_failure(lab: Lab) -> None:
    script = run(lab, "server: socket udp\nserver: every 0 x2 recv 3")
    assert script.result == "failed"
    assert script.failure == (
        "server is still blocked, and behind it waits `server: every 0 x2 recv 3`"
    )


def test_a_line_that_runs_a_moment_after_the_end_has_run(lab: Lab) -> None:
    script = lab.script("server: socket udp\nserver: bind 3 127.0.0.1 0\nserver: recv 3\nclose 3")
    running = lab.run(script)
    blocked(lab, "server", "recv")
    with peers.datagrams() as peer:
        peer.sendto(b"x", address_of(lab, "server"))
        assert running.result(peers.PATIENCE) == "done"
    assert calls_of(lab, "server", "close")[0].error is None


def test_a_line_starts_when_the_one_before_is_recorded_as_blocked(lab: Lab) -> None:
    run(lab, "server: socket udp\nserver: recv 3\nnote afterwards")
    assert noted(lab, "afterwards").n > blocked(lab, "server", "recv").n


def test_sleep_is_in_the_lab(lab: Lab) -> None:
    run(lab, "note before\nsleep 0.05\nnote after")
    assert noted(lab, "after").t - noted(lab, "before").t >= 50_000_000


def test_a_note_is_the_rest_of_the_line(lab: Lab) -> None:
    run(lab, 'note   a "quoted" [bold]word[/] \x1b[2J')
    note = events_of(lab, Note)[0]
    assert (note.text, note.level) == ('a "quoted" [bold]word[/] \x1b[2J', "info")


def test_files_count_from_the_scripts_folder(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"from a file")
    text = "main: socket udp\nmain: sendto 3 127.0.0.1 9 file:data"
    assert run(lab, text, tmp_path).result == "done"
    assert calls_of(lab, "main", "sendto")[0].data == b"from a file"


# Line by line.


def step(lab: Lab, script: Script) -> Result:
    return lab.step(script).result(peers.PATIENCE)


def test_step_runs_one_line(lab: Lab) -> None:
    script = lab.script("main: socket tcp\n\n# nothing\nmain: close 3")
    assert (script.position, script.result, script.done) == (0, "ready", False)
    assert [line.number for line in script.lines] == [1, 4]
    assert step(lab, script) == "running"
    assert [call.name for call in calls_of(lab, "main")] == ["socket"]
    assert script.position == 1
    assert step(lab, script) == "done"
    assert (script.position, script.done) == (2, True)
    assert step(lab, script) == "done"
    assert [call.name for call in calls_of(lab, "main")] == ["socket", "close"]


def test_a_script_that_was_begun_step_by_step_can_be_run_to_its_end(lab: Lab) -> None:
    script = lab.script(HANDSHAKE)
    for _ in range(5):
        step(lab, script)
    assert lab.run(script).result(peers.PATIENCE) == "done"


def test_two_steps_at_once_are_two_lines(lab: Lab) -> None:
    script = lab.script("main: socket tcp\nmain: socket tcp\nmain: socket tcp")
    both = [lab.step(script), lab.step(script)]
    assert [future.result(peers.PATIENCE) for future in both] == ["running", "running"]
    assert [call.fd for call in calls_of(lab, "main")] == [3, 4]


def test_lines_from_the_console_go_between(lab: Lab) -> None:
    script = lab.script("main: socket tcp\nmain: close 4")
    step(lab, script)
    do(lab, "main: socket udp")
    assert step(lab, script) == "done"
    assert calls_of(lab, "main", "close")[0].error is None


# New.


def test_new_in_a_script_begins_a_fresh_journal(lab: Lab) -> None:
    first = lab.journal
    script = run(lab, "main: socket tcp\nmain: socket tcp\nnew\nmain: socket udp\nnote fresh")
    assert script.result == "done"
    assert lab.journal is not first
    assert [event.change for event in first if isinstance(event, Program)] == ["started", "stopped"]
    (made,) = calls_of(lab, "main")
    assert (made.fd, made.sock, made.args[1]) == (3, 1, "SOCK_DGRAM")


def test_expectations_begin_afresh_with_new(lab: Lab) -> None:
    script = run(lab, "main: socket tcp\nexpect main socket = 3\nnew\nexpect main 3 CLOSE within 0")
    assert script.result == "failed"
    assert "main never had a descriptor 3" in (script.failure or "")


def test_new_ends_what_was_under_way(lab: Lab) -> None:
    first = lab.journal
    script = lab.script("server: socket udp\nserver: recv 3\nsleep 3600")
    running = lab.run(script)
    blocked(lab, "server", "recv")
    lab.new()
    assert running.result(peers.PATIENCE) == "failed"
    assert lab.journal is not first
    assert [call.name for call in first if isinstance(call, Call) and call.cut] == ["recv"]
    do(lab, "main: socket tcp")


def test_lines_after_new_go_to_the_new_lab(lab: Lab) -> None:
    begin(lab, "server: socket udp", "server: recv 3")
    first = lab.journal
    submit(lab, "new")
    submit(lab, "server: socket tcp")
    submit(lab, "new")
    last = lab.run(lab.script("client: socket tcp"))
    assert last.result(peers.PATIENCE) == "done"
    assert [event for event in lab.journal if event.program == "server"] == []
    assert [call.name for call in calls_of(lab, "client")] == ["socket"]
    assert [event.name for event in first if isinstance(event, Call)][-1] == "close"


def test_a_second_script_goes_on_in_the_same_lab(lab: Lab) -> None:
    do(lab, "server: serve tcp 127.0.0.1 0 echo")
    run(lab, 'client: client tcp @server\nclient: send "x"\nclient: recv\nexpect client recv = 1')
    started = wait_event(lab, Program, program="client", change="started")
    assert started.host == lab.host == "this machine"
