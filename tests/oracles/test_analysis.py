"""What is said of segments, and of states, is what others see: Wireshark of the same frames, and
the kernels of the hosts themselves.

Sessions between real kernels over the real wire, which drops, delays, copies and swaps.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest

from socklab.events import AnyEvent, Fate, Frame
from socklab.model.analysis import Analysis, Seen
from socklab.model.analysis_remarks import Kind, Remark, Why
from socklab.model.frames.outline import outline
from socklab.model.wire_rules import Rule
from socklab.network.private import Forbidden
from socklab.network.wire import Held
from tests.oracles import tshark
from tests.oracles.wired import Wired, wired

WHY_NOT = tshark.why_not()
pytestmark = [
    pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT),
    pytest.mark.xdist_group("wired"),  # each session is played once
]

NUMBERS = ("tcp.stream", "tcp.seq", "tcp.nxtseq", "tcp.ack", "tcp.window_size")
FLAGS = {f"tcp.analysis.{kind.value}": kind for kind in Kind}
COUNT = "tcp.analysis.duplicate_ack_num"
AGAIN = frozenset({Kind.RETRANSMISSION, Kind.FAST_RETRANSMISSION, Kind.SPURIOUS_RETRANSMISSION})


# The sessions.


def losses(stage: Wired) -> None:
    """A first SYN, a third data segment and one in ten each way."""
    stage.wire.next(Rule("drop", "syn"))
    stage.wire.next(Rule("drop", "data", nth=3))
    with stage.connected() as (caller, served):
        stage.wire.impair(None, loss=0.1)
        transfer(caller, served, 150_000)
        stage.wire.impair(None, loss=0.0)
        transfer(served, caller, 1000)


def losses_ipv6_over_a_slow_wire(stage: Wired) -> None:
    """The same with 20 ms each way, so that answers come long after what they answer."""
    stage.wire.impair(None, delay=0.02)
    with stage.connected(socket.AF_INET6) as (caller, served):
        transfer(caller, served, 30_000)
        for nth in (3, 9, 10):
            stage.wire.next(Rule("drop", "data", nth=nth))
        transfer(caller, served, 100_000)


def acknowledgements_lost(stage: Wired) -> None:
    """Data comes, and what says so doesn't; a byte on its own among it."""
    with stage.connected() as (caller, served):
        transfer(caller, served, 1000)
        stage.wait_for(lambda: acknowledged(caller))
        for size in (1000, 1):
            stage.wire.next(Rule("drop", "ack", sender="server"))
            transfer(caller, served, size)
            stage.wait_for(lambda: acknowledged(caller))
        stage.wire.next(Rule("drop", "data", sender="client"))
        transfer(caller, served, 1)


def a_window_that_closes(stage: Wired) -> None:
    """A server that doesn't read, until it has been asked twice."""
    with stage.listener() as listener, stage.open("client") as caller:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.connect(stage.address("server"))
        with listener.accept()[0] as served:
            served.settimeout(5)
            caller.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                caller.send(bytes(60_000))
            stage.wait_for(lambda: kinds_said(stage)[Kind.KEEP_ALIVE] >= 2)
            caller.settimeout(5)
            take(served, 20_000)


def keeping_alive(stage: Wired) -> None:
    """A connection on which nothing is said, but for asking whether it is there."""
    with stage.connected() as (caller, served):
        transfer(caller, served, 10)
        caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        stage.wait_for(lambda: kinds_said(stage)[Kind.KEEP_ALIVE_ACK] >= 1)


def another_order(stage: Wired) -> None:
    """Segments that overtake each other, by hand and by chance, and copies."""
    with stage.connected() as (caller, served):
        transfer(caller, served, 30_000)
        stage.wire.hold(True)
        caller.send(bytes(4000))
        stage.wait_for(lambda: len(held_data(stage)) >= 3)
        one, _two, three = held_data(stage)[:3]
        stage.wire.swap(one.id, three.id)
        stage.wire.hold(False)
        take(served, 4000)
        for _each in range(3):
            stage.wire.next(Rule("duplicate", "data"))
            transfer(caller, served, 2000)
        stage.wire.impair(("client", "server"), reorder=0.2, duplicate=0.1)
        transfer(caller, served, 60_000)
        stage.wait_for(lambda: not stage.wire.waiting())


def held_data(stage: Wired) -> list[Held]:
    """What the wire holds of the client's data."""
    waiting = [held for held in stage.wire.waiting() if held.sender == "client"]
    return [held for held in waiting if outline(held.data).length]


def transfer(sender: socket.socket, receiver: socket.socket, size: int) -> None:
    """Send so many bytes and receive them all."""
    sender.setblocking(False)
    left, missing = size, size
    while missing:
        with contextlib.suppress(BlockingIOError):
            left -= sender.send(bytes(left)) if left else 0
        missing -= len(receiver.recv(missing))
    sender.settimeout(5)


def take(receiver: socket.socket, size: int) -> None:
    while size:
        size -= len(receiver.recv(size))


def acknowledged(sender: socket.socket) -> bool:
    """Whether the sender knows that all has come (TCP_INFO, tcpi_unacked)."""
    info = sender.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28)
    return bool(struct.unpack_from("=I", info, 24)[0] == 0)


SESSIONS: dict[str, Callable[[Wired], None]] = {
    session.__name__: session
    for session in (
        losses,
        losses_ipv6_over_a_slow_wire,
        acknowledgements_lost,
        a_window_that_closes,
        keeping_alive,
        another_order,
    )
}


@cache
def played(session: str) -> Sequence[AnyEvent]:
    """A session's events."""
    try:
        with wired(seed=7) as stage:
            SESSIONS[session](stage)
            return stage.events()
    except Forbidden as why:
        pytest.skip(str(why))


def analysed(events: Sequence[AnyEvent]) -> list[Seen]:
    analysis = Analysis()
    return [seen for event in events if (seen := analysis.apply(event)) is not None]


def kinds_said(stage: Wired) -> Counter[Kind]:
    seens = analysed(stage.events())
    return Counter(remark.kind for seen in seens for remark in seen.remarks)


# What Wireshark says.


class Said(NamedTuple):
    """Of one segment: its numbers, what it is, and which duplicate ACK, if it is one."""

    numbers: tuple[str, ...]
    kinds: frozenset[Kind]
    which: str


@cache
def wiresharks(session: str, arrived: bool = False) -> dict[int, Said]:
    """What tshark says of each TCP segment, by the frame's number: as they came onto the wire, or
    in the order in which they `arrived`, a microsecond apart, for it tells by the time."""
    frames = {event.id: event for event in played(session) if isinstance(event, Frame)}
    order = [(frame.t, frame.id) for frame in frames.values()]
    if arrived:
        ends = [event for event in played(session) if isinstance(event, Fate)]
        came = [fate.id for fate in ends if fate.verdict in ("delivered", "duplicated")]
        order = [(1000 * place, id) for place, id in enumerate(came)]
    segments = [(t, frames[id]) for t, id in order if outline(frames[id].data).kind == "tcp"]
    with TemporaryDirectory() as folder:
        lines = run_tshark(Path(folder), [(t, frame.data) for t, frame in segments])
    return {frame.id: said(line) for (_t, frame), line in zip(segments, lines, strict=True)}


def run_tshark(folder: Path, frames: Sequence[tuple[int, bytes]]) -> list[str]:
    path = folder / "frames.pcap"
    with path.open("wb") as file:
        # With times to the nanosecond: pcap's other magic number.
        file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 1 << 18, 1))
        for t, data in frames:
            file.write(struct.pack("<IIII", *divmod(t, 10**9), len(data), len(data)) + data)
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=f"]
    for field in (*NUMBERS, *FLAGS, COUNT):
        command += ["-e", field]
    home = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "WIRESHARK_CONFIG_DIR": str(folder)}
    run = subprocess.run(command, capture_output=True, check=True, timeout=60, env=home, text=True)
    return run.stdout.splitlines()


def said(line: str) -> Said:
    columns = line.split("\t")
    numbers, flags = columns[: len(NUMBERS)], columns[len(NUMBERS) : -1]
    kinds = {kind for kind, shown in zip(FLAGS.values(), flags, strict=True) if shown}
    if kinds & {Kind.FAST_RETRANSMISSION, Kind.SPURIOUS_RETRANSMISSION}:
        kinds.discard(Kind.RETRANSMISSION)  # they are that, too
    return Said(tuple(numbers), frozenset(kinds), columns[-1])


# The comparison.

OURS_ALONE = {
    "sent before, so sent again": (
        {Kind.OUT_OF_ORDER},
        {Kind.RETRANSMISSION, Kind.FAST_RETRANSMISSION},
        "Wireshark takes what comes within the first round trip after later bytes for out of "
        "order; onto the wire frames come in the order in which they were sent",
    ),
    "one byte": (
        {Kind.KEEP_ALIVE},
        {Kind.RETRANSMISSION, Kind.SPURIOUS_RETRANSMISSION},
        "Wireshark takes a last byte that is sent again for a keep-alive; its sender doesn't know "
        "that it has arrived, which is what retransmissions are for",
    ),
    "the answer to one byte": (
        {Kind.KEEP_ALIVE_ACK},
        {Kind.DUPLICATE_ACK},
        "it follows: the answer to a retransmission is a duplicate ACK",
    ),
    "fast over a slow wire": (
        {Kind.RETRANSMISSION},
        {Kind.FAST_RETRANSMISSION},
        "Wireshark counts 20 ms from when the duplicate ACK was sent, not from when it arrived",
    ),
}
"""Where we know better: what Wireshark says, what we say, and why."""


def ours(session: str) -> dict[int, Seen]:
    """What is said of each frame as it comes onto the wire."""
    seens: dict[int, Seen] = {}
    for seen in analysed(played(session)):
        seens.setdefault(seen.frame, seen)  # a fate may add to it later
    return seens


def remarks(session: str) -> list[Remark]:
    return [remark for seen in analysed(played(session)) for remark in seen.remarks]


def kinds(seen: Seen) -> frozenset[Kind]:
    return frozenset(remark.kind for remark in seen.remarks)


def difference(seen: Seen, theirs: frozenset[Kind]) -> str:
    """Which of the differences that are known this is."""
    only_theirs, only_ours = theirs - kinds(seen), kinds(seen) - theirs
    for name, (said_there, said_here, _reason) in OURS_ALONE.items():
        if only_theirs and only_theirs <= said_there and only_ours and only_ours <= said_here:
            return name
    raise AssertionError(f"frame {seen.frame}: {set(theirs)}, not {set(kinds(seen))}")


@pytest.mark.parametrize("session", SESSIONS)
def test_wireshark_counts_the_same_numbers(session: str) -> None:
    theirs = wiresharks(session)
    for seen in ours(session).values():
        numbers = (seen.stream, seen.seq, seen.end, seen.ack or 0, seen.window)
        assert tuple(map(str, numbers)) == theirs[seen.frame].numbers, seen.frame


@pytest.mark.parametrize("session", SESSIONS)
def test_wireshark_calls_segments_the_same(session: str) -> None:
    theirs = wiresharks(session)
    assert ours(session).keys() == theirs.keys()
    for seen in ours(session).values():
        said_there = theirs[seen.frame]
        if kinds(seen) != said_there.kinds:
            assert difference(seen, said_there.kinds)
            continue
        for remark in seen.remarks:
            if remark.kind is Kind.DUPLICATE_ACK:
                assert str(remark.nth) == said_there.which


@pytest.mark.parametrize(
    ("session", "seen_there"),
    [
        ("losses", {Kind.RETRANSMISSION, Kind.FAST_RETRANSMISSION, Kind.DUPLICATE_ACK}),
        ("losses_ipv6_over_a_slow_wire", {Kind.FAST_RETRANSMISSION, Kind.DUPLICATE_ACK}),
        ("acknowledgements_lost", {Kind.SPURIOUS_RETRANSMISSION, Kind.DUPLICATE_ACK}),
        (
            "a_window_that_closes",
            {Kind.ZERO_WINDOW, Kind.WINDOW_FULL, Kind.WINDOW_UPDATE, Kind.KEEP_ALIVE},
        ),
        ("keeping_alive", {Kind.KEEP_ALIVE, Kind.KEEP_ALIVE_ACK}),
        ("another_order", {Kind.RETRANSMISSION}),
    ],
)
def test_both_have_seen_what_was_to_be_shown(session: str, seen_there: set[Kind]) -> None:
    theirs = wiresharks(session)
    agreed = [kinds(seen) & theirs[seen.frame].kinds for seen in ours(session).values()]
    assert frozenset().union(*agreed) >= seen_there


def test_a_difference_of_each_sort_but_the_last_was_seen() -> None:
    """The last takes a sender that has no more to send, and so no other ACK within 20 ms."""
    found = set()
    for session in SESSIONS:
        theirs = wiresharks(session)
        for seen in ours(session).values():
            if kinds(seen) != theirs[seen.frame].kinds:
                found.add(difference(seen, theirs[seen.frame].kinds))
    assert found | {"fast over a slow wire"} == OURS_ALONE.keys()


def test_what_comes_out_of_order_does_so_to_wireshark_at_the_receiver() -> None:
    """Wireshark calls it so, or a fast retransmission after duplicate ACKs; of frames that the
    hosts sent twice or the wire copied it can't know that they were."""
    session = "another_order"
    theirs = wiresharks(session, arrived=True)
    late = {remark.frame for remark in remarks(session) if remark.kind is Kind.OUT_OF_ORDER}
    again = {seen.frame for seen in ours(session).values() if kinds(seen) & AGAIN}
    called = {
        frame for frame, said_there in theirs.items() if Kind.OUT_OF_ORDER in said_there.kinds
    }
    assert late
    assert called <= late | again
    assert all(theirs[frame].kinds & {*AGAIN, Kind.OUT_OF_ORDER} for frame in late)


# The causes.


@pytest.mark.parametrize("session", SESSIONS)
def test_every_cause_is_what_became_of_that_frame(session: str) -> None:
    events = played(session)
    ends = {event.id: event for event in events if isinstance(event, Fate)}
    began = {event.id: event for event in events if isinstance(event, Frame)}
    for remark in remarks(session):
        cause = remark.cause
        if cause is None:
            continue
        assert cause.frame != remark.frame
        end = ends[cause.frame]
        if cause.why is Why.DROPPED:
            assert end.verdict == "dropped"
            assert end.why == cause.reason
        elif cause.why is Why.UNDER_WAY:
            assert end.t > began[remark.frame].t > began[cause.frame].t
        elif cause.why is Why.LATE:
            assert end.delay == cause.delay
        elif cause.why is Why.COPIED:
            assert end.verdict == "duplicated"
            assert began[remark.frame].data == began[cause.frame].data
        else:
            assert end.verdict in ("delivered", "duplicated")


@pytest.mark.parametrize("session", SESSIONS)
def test_whatever_was_sent_again_has_a_cause(session: str) -> None:
    assert [
        remark for remark in remarks(session) if remark.kind in AGAIN and not remark.cause
    ] == []


def test_what_a_rule_drops_is_the_cause_of_what_is_sent_again() -> None:
    events = played("losses")
    by_rule = {event.id for event in events if isinstance(event, Fate) and event.why == "rule"}
    named = {remark.cause.frame for remark in remarks("losses") if remark.cause}
    assert len(by_rule) == 2
    assert by_rule <= named
