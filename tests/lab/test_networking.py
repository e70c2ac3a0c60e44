"""The private network from the command language: where programs run, and what the wire does."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from socklab.events import Call, Command, Fate, Frame, Note, Program
from socklab.lab.lab import Lab
from socklab.lab.script import Script
from tests.network.test_private import private_network_or_skip
from tests.watching import events_of

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts" / "private").glob("*.lab"))

pytestmark = pytest.mark.usefixtures("allowed")


@pytest.fixture(scope="module")
def allowed() -> None:
    private_network_or_skip().close()


def run(lab: Lab, *lines: str) -> Script:
    script = lab.script("\n".join(lines))
    lab.run(script).result(60)
    return script


def notes(lab: Lab) -> list[str]:
    return [event.text for event in lab.journal if isinstance(event, Note)]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_script_holds(lab: Lab, path: Path) -> None:
    script = lab.script(path.read_text(encoding="utf-8"), path.parent)
    result = lab.run(script).result(90)
    assert (result, script.failure) == ("done", None)


def test_a_program_runs_on_the_host_with_whose_name_its_own_begins(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "host router",
        "place alice server",
        "server-2: socket tcp",
        "client: socket tcp",
        "router: socket tcp",
        "alice: socket tcp",
        "bob: socket tcp",
    )
    assert script.failure is None
    hosts = {e.program: e.host for e in lab.journal if isinstance(e, Program)}
    assert hosts == {
        "server-2": "server",
        "client": "client",
        "router": "router",
        "alice": "server",
        "bob": "client",
    }


def test_a_program_stays_where_it_began_when_a_host_of_its_name_is_added(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "alice2: serve tcp * 80 echo",
        "host alice",
        "server: client tcp @alice2",
        "expect server connect = 0",
        "alice2: stop",
        "alice2: serve tcp * 80 echo",
        "server: client tcp @alice2",
        "expect server connect = 0",
    )
    assert script.failure is None
    assert [call.remote for call in events_of(lab, Call, program="server", name="connect")] == [
        ("10.0.0.1", 80),
        ("10.0.0.3", 80),
    ]
    hosts = [e.host for e in events_of(lab, Program, program="alice2", change="started")]
    assert hosts == ["client", "alice"]


@pytest.mark.parametrize("host", ["client", "server"])
def test_an_any_address_server_is_called_at_its_hosts_address(lab: Lab, host: str) -> None:
    script = run(
        lab,
        "network private",
        f"place caller {host}",
        "server: serve tcp * 80 echo",
        "caller: socket tcp",
        "caller: connect 3 @server",
        "expect caller connect 3 = 0",
    )
    assert script.failure is None


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["host router"], "there is no private network"),
        (["wire hold on"], "there is no private network"),
        (["client: connect 3 10.0.0.2 80"], "say `network private` first"),
        (["network private", "place alice nowhere"], "there is no host nowhere"),
        (["network private", "sysctl nowhere sack"], "there is no host nowhere"),
        (["network private", "sysctl client nonsense"], "nonsense: no such knob"),
        (["network private", "sysctl client syn_retries x"], "Invalid argument"),
        (["network private", "wire step"], "no frame is held"),
        (["network private", "wire deliver 7"], "no frame 7 is held"),
        (["network private", "wire set mtu=67"], "from 68 to 65535"),
        (["network private", "wire set nowhere>client loss=1"], "no wire from nowhere"),
        (["network private", "wire unplug nowhere"], "no host nowhere"),
        (["network private", "wire next drop syn from=nowhere"], "no host nowhere"),
        (["network private", "client: socket tcp", "network machine"], "stop them first"),
        (["network private", "host client"], "already"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(lab: Lab, lines: list[str], said: str) -> None:
    if lines[0].startswith("client: connect"):
        lines = ["client: socket tcp", *lines]
    script = run(lab, *lines)
    assert script.result == "senseless"
    assert said in (script.failure or "")
    assert any(said in note for note in notes(lab))


def test_this_machine_again(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "client: socket tcp",
        "client: stop",
        "network machine",
        "client: socket tcp",
    )
    assert script.failure is None
    hosts = [e.host for e in lab.journal if isinstance(e, Program) and e.change == "started"]
    assert hosts == ["client", "this machine"]


def test_a_rule_that_delays_is_named_when_it_has_its_frame_and_when_that_arrives(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "server: serve udp * 53 echo",
        "client: socket udp",
        "wire next delay=0.3 udp from=server",
        'client: sendto 3 server 53 "question"',
        "client: recvfrom 3",
        "expect client recvfrom = 8 within 10",
        "wire status",
    )
    assert script.failure is None
    (rule,) = [e for e in lab.journal if isinstance(e, Command) and "delay" in e.text]
    (told,) = [e for e in lab.journal if isinstance(e, Note) and e.cause == rule.n]
    (fate,) = [e for e in lab.journal if isinstance(e, Fate) and e.cause == rule.n]
    assert told.text.endswith(f"has its frame: {fate.id}")
    assert told.n < fate.n
    assert (fate.verdict, fate.why) == ("delivered", "rule")
    assert fate.delay >= 300_000_000
    assert "next:" not in notes(lab)[-1]


def test_every_frame_has_one_last_fate(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "wire set loss=20% duplicate=20% delay=5ms jitter=2ms seed=5",
        "server: serve udp * 53 echo",
        "client: socket udp",
        'client: sendto 3 server 53 "question"',
        'client: every 0.01 x30 sendto 3 server 53 "question"',
        "expect wire udp = delivered x10 within 20",
    )
    assert script.failure is None
    frames = [e.id for e in lab.journal if isinstance(e, Frame)]
    last = [e.id for e in lab.journal if isinstance(e, Fate) and e.verdict != "held"]
    assert len(set(last)) == len(last)
    assert set(last) <= set(frames)
    assert len(frames) - len(last) <= 40  # those that are under way


def test_what_is_lost_by_chance_says_how_much_was_to_be_lost(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "wire set server>client loss=20%",
        "wire set client>server loss=100%",
        "client: socket udp",
        'client: sendto 3 server 53 "question"',
        "expect wire arp from=client = dropped within 20",
    )
    assert script.failure is None
    sent = {e.id for e in lab.journal if isinstance(e, Frame) and e.sender == "client"}
    fates = [e for e in lab.journal if isinstance(e, Fate) and e.id in sent]
    assert {fate.share for fate in fates if fate.why == "loss"} == {1.0}
    assert {fate.share for fate in fates if fate.why != "loss"} <= {None}


def test_a_network_that_is_there_already_stops_nobody(lab: Lab) -> None:
    script = run(
        lab,
        "server: socket udp",
        "network machine",
        "server: getsockname 3",
        "expect server getsockname 3 = 0",
    )
    assert script.failure is None
    again = run(
        lab,
        "server: stop",
        "network private",
        "client: socket udp",
        "network private",
        "client: getsockname 3",
        "expect client getsockname 3 = 0",
    )
    assert again.failure is None


def test_a_program_that_is_placed_elsewhere_begins_anew_there(lab: Lab) -> None:
    script = run(
        lab,
        "network private",
        "client: socket tcp",
        "client: close 3",
        "place client server",
        "client: socket tcp",
        "client: bind 3 10.0.0.2 80",
        "expect client bind 3 = 0",
    )
    assert script.failure is None


def test_a_wire_that_cannot_be_made_leaves_this_machines_network(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_network: object, _host: str) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    with monkeypatch.context() as patched:
        patched.setattr("socklab.network.private.PrivateNetwork.link", fails)
        script = run(lab, "network private")
    assert script.failure is not None
    assert "no private network: Too many open files" in script.failure
    assert lab.hosts == []
    assert run(lab, "network private").failure is None


def test_after_a_wire_that_was_killed_comes_another(lab: Lab) -> None:
    run(lab, "network private")
    wire = lab._session.network.wire
    assert wire is not None
    os.kill(wire._child.pid, signal.SIGKILL)
    refused = run(lab, "wire hold on").failure
    assert refused is not None
    assert "the wire, a process of its own, has ended (SIGKILL)" in refused
    script = run(
        lab,
        "network machine",
        "network private",
        "client: socket udp",
        'client: sendto 3 server 53 "here"',
        "expect wire udp = delivered",
    )
    assert script.failure is None
    assert any(text.startswith("the wire, a process of its own, has ended") for text in notes(lab))


def test_a_host_whose_link_failed_can_be_asked_for_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_network: object, _host: str) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    run(lab, "network private")
    with monkeypatch.context() as patched:
        patched.setattr("socklab.network.private.PrivateNetwork.link", fails)
        assert run(lab, "host third").failure is not None
    script = run(
        lab,
        "host third",
        "third: socket udp",
        'third: sendto 3 server 53 "here"',
        "expect wire udp from=third = delivered",
    )
    assert script.failure is None
