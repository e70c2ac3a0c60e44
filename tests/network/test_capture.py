"""The lab's frames on this machine's loopback, and nobody else's: on real sockets, as root."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Sequence

import pytest

from socklab.events import Address, Call, Fate, Frame, Note
from socklab.lab.lab import Lab
from socklab.model.causing import Causes
from socklab.model.frames import Outline, decode, flag_names, outline
from socklab.network import capture
from socklab.network.loopback import Loopback
from socklab.network.packet_ring import Seen
from tests import peers
from tests.network.test_private import private_network_or_skip
from tests.watching import PATIENCE, address_of, begin, calls_of, events_of, noted

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")


@pytest.fixture(scope="module")
def allowed() -> None:
    try:
        Loopback(64).close()
    except PermissionError:
        pytest.skip("capturing needs CAP_NET_RAW: run the tests as root")


def captured(lab: Lab) -> list[Frame]:
    """What was recorded, once everything that has come is."""
    begin(lab, "wire capture off")
    return events_of(lab, Frame)


def segments(frames: Sequence[Frame]) -> list[tuple[str, int]]:
    """Flags and length of each."""
    looks = [outline(frame.data, frame.size) for frame in frames]
    return [(flag_names(look.flags & ~8), look.length) for look in looks]  # not PSH


def looks(frames: Sequence[Frame]) -> list[Outline]:
    return [outline(frame.data, frame.size) for frame in frames]


def serve(lab: Lab, host: str = "127.0.0.1", family: str = "") -> Address:
    lines = (f"socket tcp {family}", f"bind 3 {host} 0", "listen 3 5")
    begin(lab, *(f"server: {line}" for line in lines))
    return address_of(lab, "server")


@pytest.mark.usefixtures("allowed")
@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", ""), ("::1", "ipv6")])
def test_every_segment_of_a_connection_is_there_once(lab: Lab, host: str, family: str) -> None:
    begin(lab, "wire capture on")
    server = serve(lab, host, family)
    begin(
        lab,
        f"client: socket tcp {family}",
        "client: connect 3 @server",
        "server: accept 3",
        'client: send 3 "hello"',
        "server: recv 4",
        "expect server recv 4 = 5",
        "client: shutdown 3 out",
        "expect server 4 CLOSE_WAIT within 20",
        "server: close 4",
        "expect client 3 TIME_WAIT within 20",
    )
    frames = captured(lab)
    assert segments(frames) == [
        ("SYN", 0),
        ("SYN,ACK", 0),
        ("ACK", 0),
        ("ACK", 5),
        ("ACK", 0),
        ("FIN,ACK", 0),
        *([("ACK", 0)] if len(frames) == 9 else []),  # where the server waits, its ACK goes alone
        ("FIN,ACK", 0),
        ("ACK", 0),
    ]
    assert all(server in (look.source, look.destination) for look in looks(frames))
    assert {(frame.sender, frame.receiver) for frame in frames} == {("this machine",) * 2}
    fates = events_of(lab, Fate)
    assert [(fate.id, fate.verdict, fate.delay) for fate in fates] == [
        (frame.id, "delivered", 0) for frame in frames
    ]


@pytest.mark.usefixtures("allowed")
def test_its_times_are_those_of_the_calls(lab: Lab) -> None:
    begin(lab, "wire capture on")
    serve(lab)
    begin(lab, "client: socket tcp", "client: connect 3 @server", "server: accept 3")
    begin(lab, 'client: send 3 "hello"', "server: recv 4", "expect server recv 4 = 5")
    frames = captured(lab)
    causes = Causes()
    for event in lab.journal:
        causes.learn(event)
    found = [causes.of(frame, True) for frame in frames]
    (connect,) = calls_of(lab, "client", "connect")
    (send,) = calls_of(lab, "client", "send")
    (recv,) = calls_of(lab, "server", "recv")
    assert found[0].by.numbers == (connect.n,)
    assert (found[3].by.numbers, found[3].taken.numbers) == ((send.n,), (recv.n,))
    assert recv.t + recv.duration > frames[3].t > connect.t + connect.duration


@pytest.mark.usefixtures("allowed")
def test_frames_of_others_are_never_recorded(lab: Lab) -> None:
    begin(lab, "wire capture on")
    server = serve(lab)
    with peers.listener() as theirs, peers.connect(peers.address(theirs)) as caller:
        caller.sendall(b"private")
        with peers.datagrams() as one, peers.datagrams() as other:
            one.sendto(b"private", peers.address(other))
            other.recv(10)
        begin(lab, "client: socket tcp", "client: connect 3 @server")
    frames = captured(lab)
    assert len(frames) == 3
    assert all(server in (look.source, look.destination) for look in looks(frames))
    assert all(b"private" not in frame.data for frame in frames)


@pytest.mark.usefixtures("allowed")
def test_a_call_to_a_server_outside_the_lab_and_one_from_outside(lab: Lab) -> None:
    begin(lab, "wire capture on")
    with peers.listener() as theirs:
        host, port = peers.address(theirs)
        begin(lab, "client: socket tcp", f"client: connect 3 {host} {port}")
        begin(lab, 'client: send 3 "to you"')
        outward = captured(lab)
    assert segments(outward) == [
        ("SYN", 0),
        ("SYN,ACK", 0),
        ("ACK", 0),
        ("ACK", 6),
        ("ACK", 0),
    ]
    begin(lab, "wire capture on")
    with peers.connect(serve(lab)):
        inward = captured(lab)[5:]
    assert segments(inward)[:3] == [("SYN", 0), ("SYN,ACK", 0), ("ACK", 0)]


@pytest.mark.usefixtures("allowed")
def test_a_connection_that_was_there_before(lab: Lab) -> None:
    serve(lab)
    begin(lab, "client: socket tcp", "client: connect 3 @server", "server: accept 3")
    begin(lab, "server: close 3", "wire capture on", 'client: send 3 "still here"')
    assert segments(captured(lab)) == [("ACK", 10), ("ACK", 0)]
    begin(lab, 'client: send 3 "nobody looks"', "server: recv 4 100 waitall")
    assert len(events_of(lab, Frame)) == 2


@pytest.mark.usefixtures("allowed")
def test_a_refused_call_and_a_datagram_to_nobody(lab: Lab) -> None:
    with peers.listener() as taken:
        port = peers.address(taken)[1]
    begin(
        lab,
        "wire capture on",
        "client: socket tcp",
        f"client: connect 3 127.0.0.1 {port}",
        "expect client connect 3 = ECONNREFUSED",
        "client: socket udp",
        f'client: sendto 4 127.0.0.1 {port} "anybody?"',
    )
    frames = captured(lab)
    assert segments(frames[:2]) == [("SYN", 0), ("RST,ACK", 0)]
    asked, answer = looks(frames[2:])
    assert (asked.kind, asked.destination, asked.length) == ("udp", ("127.0.0.1", port), 8)
    assert (answer.kind, answer.type, answer.code) == ("icmp", 3, 3)


@pytest.mark.usefixtures("allowed")
def test_multicast_and_broadcast_are_there_once(lab: Lab) -> None:
    begin(
        lab,
        "wire capture on",
        "a: socket udp",
        "a: setsockopt 3 multicast_if 127.0.0.1",
        "a: setsockopt 3 broadcast on",
        'a: sendto 3 224.5.6.7 9999 "some"',
        'a: sendto 3 127.255.255.255 9999 "everybody"',
    )
    assert [look.length for look in looks(captured(lab))] == [4, 9]


@pytest.mark.usefixtures("allowed")
def test_large_segments_have_their_true_size_and_no_checksum(lab: Lab) -> None:
    begin(lab, "wire capture on")
    serve(lab)
    begin(
        lab,
        "client: socket tcp",
        "client: connect 3 @server",
        "server: accept 3",
        "client: send 3 bytes:1000000",
        "server: recv 4 1000000 waitall",
        "expect server recv 4 = 1000000 within 20",
    )
    frames = captured(lab)
    # No less: what goes out a second time, on a machine under load, crosses loopback as well.
    assert sum(look.length for look in looks(frames)) >= 1_000_000
    large = max(frames, key=lambda frame: frame.size)
    assert large.size > 10_000
    assert len(large.data) == lab.journal.header.snap
    first = decode(frames[0].data).inner
    assert first is not None
    assert first.inner is not None
    assert first.inner.problems == ()
    assert noted(lab, "computes no checksums").level == "info"


@pytest.mark.usefixtures("allowed")
def test_what_comes_too_fast_ends_it_with_a_word(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "MOST_PER_SECOND", 50)
    begin(lab, "wire capture on")
    host, port = serve(lab, "127.0.0.1")
    begin(lab, "client: socket udp")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood:
        for _datagram in range(300):
            flood.sendto(b"x", (host, port))
    said = noted(lab, "`wire capture on` begins again")
    assert said.level == "warning"
    monkeypatch.undo()
    begin(lab, "wire capture on", "client: socket tcp", "client: connect 4 @server")
    assert segments(captured(lab))[-3:] == [("SYN", 0), ("SYN,ACK", 0), ("ACK", 0)]
    assert len([note for note in events_of(lab, Note) if note.level == "warning"]) == 1


@pytest.mark.usefixtures("allowed")
def test_at_the_end_of_the_lab_nothing_is_missing() -> None:
    with Lab() as lab:
        begin(lab, "wire capture on")
        serve(lab)
        begin(lab, "client: socket tcp", "client: connect 3 @server", "server: accept 3")
    assert [name for name, _length in segments(events_of(lab, Frame))].count("FIN,ACK") == 2


@pytest.mark.usefixtures("allowed")
def test_the_private_network_has_its_own_wire(lab: Lab) -> None:
    private_network_or_skip().close()
    begin(
        lab,
        "wire capture on",
        "main: socket udp",
        'main: sendto 3 127.0.0.1 9 "here"',
        "expect wire udp = delivered",
        "main: close 3",
        "network private",
        "main: socket udp",
        'main: sendto 3 server 9 "there"',
        "expect wire udp from=client = delivered",
    )
    ids = [frame.id for frame in events_of(lab, Frame)]
    assert ids == list(range(1, len(ids) + 1))
    script = lab.script("wire capture on")
    assert lab.run(script).result(PATIENCE) == "senseless"
    assert "records every frame" in (script.failure or "")


def test_without_the_privilege_it_is_refused_with_what_to_do(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(_snap: int) -> Loopback:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(capture, "Loopback", forbidden)
    script = lab.script("wire capture on")
    assert lab.run(script).result(PATIENCE) == "senseless"
    assert "`network private`" in (script.failure or "")
    begin(lab, "wire capture off")  # it isn't on: nothing to do


def test_calls_are_still_made_while_it_is_off(lab: Lab) -> None:
    serve(lab)
    begin(lab, "client: socket tcp", "client: connect 3 @server", "expect client connect 3 = 0")
    assert not events_of(lab, Frame)
    assert events_of(lab, Call)


def test_the_status_says_whether_it_runs(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(lab, "wire status")
    assert "nothing is captured" in events_of(lab, Note)[-1].text

    class Silent(Loopback):
        def __init__(self, _snap: int) -> None:
            """Nobody need be allowed to."""
            self._pipe = os.pipe()

        def fileno(self) -> int:
            return self._pipe[0]

        def read(self, most: int | None = None) -> list[Seen]:
            return []

        def lost(self) -> int:
            return 0

        def close(self) -> None:
            for end in self._pipe:
                os.close(end)

    monkeypatch.setattr(capture, "Loopback", Silent)
    begin(lab, "wire capture on", "wire status")
    assert "frames are captured" in events_of(lab, Note)[-1].text
    begin(lab, "wire capture off", "wire status")
    assert "nothing is captured" in events_of(lab, Note)[-1].text
