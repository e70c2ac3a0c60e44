"""Which calls caused a frame and which took what it brought."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from socklab.events import Address, AnyEvent, Call, Frame, Program
from socklab.model.causing import Caused, Causes
from socklab.model.causing_streams import MOST
from tests.journal.samples import any_event
from tests.model.frames import build

CLIENT: Address = ("10.0.0.1", 40_000)
SERVER: Address = ("10.0.0.2", 80)
ANY: Address = ("0.0.0.0", 80)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MS = 1_000_000
ISN = 0xFFFF_FF00  # its stream's numbers begin anew after 255 bytes

HOSTS: list[AnyEvent] = [
    Program(t=0, program="client", change="started", host="client"),
    Program(t=0, program="server", change="started", host="server"),
]


def call(program: str, name: str, t: int, sock: int = 1, **fields: object) -> Call:
    values: dict[str, object] = {"result": 0, "duration": 10, "fd": 3}
    made = {**values, **fields}
    return Call(t=t * MS, program=program, name=name, sock=sock, **made)  # type: ignore[arg-type]


def opened(program: str, sock: int, kind: str = "SOCK_STREAM") -> Call:
    return call(program, "socket", 1, sock, args=("AF_INET", kind, 0), result=3)


def moved(program: str, name: str, t: int, size: int, sock: int = 1, **fields: object) -> Call:
    return call(program, name, t, sock, args=("0",), result=size, size=size, **fields)


CONNECT = call("client", "connect", 100, args=(SERVER,), local=CLIENT, remote=SERVER)
ACCEPT = call(
    "server", "accept", 150, 2, result=4, local=SERVER, remote=CLIENT, new_sock=3, duration=60 * MS
)
CONNECTED: list[AnyEvent] = [
    *HOSTS,
    opened("server", 2),
    call("server", "bind", 10, 2, args=(ANY,), local=ANY),
    call("server", "listen", 20, 2, args=(5,)),
    opened("client", 1),
    CONNECT,
    ACCEPT,
]


def frame(
    t: int,
    flags: int = PSH | ACK,
    seq: int = 0,
    size: int = 0,
    *,
    ends: tuple[Address, Address] = (CLIENT, SERVER),
    ack: int = 1,
    base: int = ISN,
) -> Frame:
    """A segment; `seq` counts from the SYN's number."""
    source, target = ends
    segment = build.tcp(
        bytes(size),
        flags,
        source_port=source[1],
        target_port=target[1],
        seq=(base + seq) % 2**32,
        ack=(ISN + ack) % 2**32,
    )
    return _frame(t, build.ipv4(segment, source=source[0], target=target[0]), source)


def datagram(t: int, payload: bytes, port: int = 40_000, **fields: object) -> Frame:
    packet = build.ipv4(build.udp(payload, source_port=port, target_port=53), 17)
    made = _frame(t, packet, CLIENT)
    return replace(made, **fields)


def _frame(t: int, packet: bytes, source: Address) -> Frame:
    data = build.ethernet(packet)
    names = ("client", "server") if source[0] == CLIENT[0] else ("server", "client")
    return Frame(t=t * MS, id=1, sender=names[0], receiver=names[1], size=len(data), data=data)


def caused(events: Sequence[AnyEvent], dropped: Sequence[Frame] = ()) -> list[list[Call]]:
    """For each frame among the events, the calls that caused it, then those that took it."""
    return [by + taken for by, taken in split(events, dropped)]


def split(
    events: Sequence[AnyEvent], dropped: Sequence[Frame] = ()
) -> list[tuple[list[Call], list[Call]]]:
    numbered = [replace(event, n=n) for n, event in enumerate(events)]
    causes = Causes()
    for event in numbered:
        causes.learn(event)
    found = []
    for event, original in zip(numbered, events, strict=True):
        if isinstance(event, Frame):
            arrived = not any(original is lost for lost in dropped)
            what: Caused = causes.of(event, arrived)
            by, taken = ([events[n] for n in calls.numbers] for calls in what)
            found.append((by, taken))
    return found  # type: ignore[return-value]


HANDSHAKE: list[AnyEvent] = [
    frame(110, SYN),
    frame(120, SYN | ACK, ends=(SERVER, CLIENT), base=7),
    frame(130, ACK, 1),
]


def test_a_syn_is_connects_doing_and_so_is_the_one_that_is_sent_again() -> None:
    again = frame(2000, SYN)
    assert caused([*CONNECTED, *HANDSHAKE, again]) == [[CONNECT], [], [], [CONNECT]]


def test_a_segment_carries_the_bytes_of_several_sends_and_a_send_fills_several_segments() -> None:
    sends = [moved("client", "send", 200 + n, size) for n, size in enumerate((3, 3, 300))]
    received = moved("server", "recv", 300, 306, 3)
    segments = [
        frame(201, seq=1, size=3),
        frame(220, seq=4, size=103),
        frame(221, seq=107, size=200),
    ]
    found = split([*CONNECTED, *HANDSHAKE, *sends, received, *segments])[3:]
    assert found == [
        ([sends[0]], [received]),
        ([sends[1], sends[2]], [received]),
        ([sends[2]], [received]),
    ]


def test_a_send_that_blocked_is_recorded_after_its_segments() -> None:
    segment = frame(210, seq=1, size=100)
    blocked = moved("client", "send", 200, 1000, duration=10**9)
    assert caused([*CONNECTED, *HANDSHAKE, segment, blocked])[3:] == [[blocked]]


def test_what_was_dropped_nobody_took_nor_what_had_come_before() -> None:
    sent, received = moved("client", "send", 200, 5), moved("server", "recv", 400, 5, 3)
    lost, again, in_vain = (frame(t, seq=1, size=5) for t in (210, 310, 510))
    answer = frame(320, ACK, 1, ends=(SERVER, CLIENT), base=7, ack=6)
    events = [*CONNECTED, *HANDSHAKE, sent, received, lost, again, answer, in_vain]
    assert split(events, [lost])[3:] == [
        ([sent], []),
        ([sent], [received]),
        ([], []),
        ([sent], []),
    ]


def test_peeking_takes_nothing() -> None:
    sent, segment = moved("client", "send", 200, 5), frame(210, seq=1, size=5)
    peek = moved("server", "recv", 300, 5, 3)
    peek = replace(peek, args=(100, "MSG_PEEK"))
    assert caused([*CONNECTED, *HANDSHAKE, sent, segment, peek])[3:] == [[sent]]


def test_many_small_sends_in_one_segment_are_counted() -> None:
    sends = [moved("client", "send", 200 + n, 1) for n in range(1000)]
    events = [*CONNECTED, *HANDSHAKE, *sends, frame(5000, seq=1, size=1000)]
    causes = Causes()
    numbered = [replace(event, n=n) for n, event in enumerate(events)]
    for event in numbered:
        causes.learn(event)
    found = [causes.of(event, False) for event in numbered if isinstance(event, Frame)][-1]
    assert (len(found.by.numbers), found.by.more) == (MOST, 1000 - MOST)


def test_a_fin_is_the_doing_of_the_first_call_that_ends_the_stream() -> None:
    shut = call("client", "shutdown", 200, args=("SHUT_WR",))
    closed = call("client", "close", 300)
    fins = [frame(t, FIN | ACK, 1) for t in (210, 500)]
    assert caused([*CONNECTED, *HANDSHAKE, shut, closed, *fins])[3:] == [[shut], [shut]]
    reading = call("client", "shutdown", 200, args=("SHUT_RD",))
    assert caused([*CONNECTED, *HANDSHAKE, reading, closed, fins[1]])[3:] == [[closed]]


def test_a_segment_with_the_last_data_and_fin_is_the_doing_of_both() -> None:
    sent, closed = moved("client", "send", 200, 5), call("client", "close", 201)
    both = frame(210, FIN | PSH | ACK, 1, 5)
    assert caused([*CONNECTED, *HANDSHAKE, sent, closed, both])[3:] == [[sent, closed]]


def test_a_reset_is_closes_doing_unless_it_answers_a_segment() -> None:
    closed = call("client", "close", 300)
    abort, answer = frame(310, RST | ACK, 1), frame(400, RST, 1)
    assert caused([*CONNECTED, *HANDSHAKE, closed, abort, answer])[3:] == [[closed], []]


def test_closing_a_listener_resets_what_waits_in_its_queue() -> None:
    waiting = [event for event in CONNECTED if event is not ACCEPT]
    closed = call("server", "close", 300, 2)
    reset = frame(305, RST | ACK, 1, ends=(SERVER, CLIENT), base=7)
    assert caused([*waiting, *HANDSHAKE, closed, reset])[3:] == [[closed]]


def test_a_refused_connect_is_found_though_its_port_is_not_known() -> None:
    refused = call("client", "connect", 100, args=(SERVER,), result=None, error="ECONNREFUSED")
    no = frame(115, RST | ACK, 0, ends=(SERVER, CLIENT), base=0)
    events = [*HOSTS, opened("client", 1), frame(110, SYN), no, refused]
    assert caused(events) == [[refused], []]


def test_asking_again_how_a_connect_goes_sends_nothing() -> None:
    begun = call(
        "client",
        "connect",
        100,
        args=(SERVER,),
        result=None,
        error="EINPROGRESS",
        local=CLIENT,
        remote=SERVER,
    )
    asked = replace(begun, t=500 * MS, error="EALREADY", local=None, remote=None)
    done = replace(asked, t=900 * MS, error=None, result=0)
    again = frame(2000, SYN)
    events = [*HOSTS, opened("client", 1), begun, frame(110, SYN), asked, done, again]
    assert caused(events) == [[begun], [begun]]


def test_the_same_addresses_later_are_another_connection() -> None:
    first, second = moved("client", "send", 200, 5), moved("client", "send", 1200, 7, 5)
    later = [
        call("client", "close", 300),
        opened("client", 5),
        replace(CONNECT, t=1000 * MS, sock=5),
        replace(ACCEPT, t=1050 * MS, new_sock=6),
        second,
        moved("server", "recv", 1300, 7, 6),
    ]
    events = [
        *CONNECTED,
        *HANDSHAKE,
        first,
        frame(210, seq=1, size=5),
        *later,
        frame(1010, SYN, base=99),
        frame(1020, SYN | ACK, ends=(SERVER, CLIENT), base=8),
        frame(1210, seq=1, size=7, base=99),
    ]
    assert caused(events)[3:] == [[first], [later[2]], [], [second, later[-1]]]


def test_nothing_is_said_of_bytes_whose_beginning_was_not_seen() -> None:
    sent, segment = moved("client", "send", 200, 5), frame(210, seq=1, size=5)
    assert caused([*CONNECTED, sent, segment]) == [[]]
    without_socket = [*CONNECTED[:5], *CONNECTED[6:]]
    assert caused([*without_socket, *HANDSHAKE, sent, segment])[3:] == [[]]


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=20),
    st.lists(st.integers(1, 400), min_size=1, max_size=20),
)
def test_every_segment_has_the_calls_whose_bytes_it_carries(
    sizes: list[int], cuts: list[int]
) -> None:
    sends = [moved("client", "send", 200, size) for size in sizes]
    ends = list(accumulate(sizes))
    starts, stop = [0, *accumulate(cuts)], sum(sizes)
    spans = [(a, min(b, stop)) for a, b in pairwise(starts) if a < stop]
    segments = [frame(300, seq=1 + a, size=b - a) for a, b in spans]
    found = caused([*CONNECTED, *HANDSHAKE, *sends, *segments])[3:]
    for (a, b), calls in zip(spans, found, strict=True):
        wanted = [
            one
            for one, end in zip(sends, ends, strict=True)
            if end - (one.result or 0) < b and end > a
        ]
        assert [id(one) for one in calls] == [id(one) for one in wanted[:MOST]]


# UDP

DNS: Address = ("10.0.0.2", 53)
UDP: list[AnyEvent] = [
    *HOSTS,
    opened("client", 1, "SOCK_DGRAM"),
    opened("server", 2, "SOCK_DGRAM"),
    call("server", "bind", 10, 2, args=(("0.0.0.0", 53),), local=("0.0.0.0", 53)),
]
BOUND = ("0.0.0.0", 40_000)


def sent(t: int, data: bytes, local: Address | None = None) -> Call:
    return moved("client", "sendto", t, len(data), peer=DNS, data=data, local=local)


def took(t: int, data: bytes, room: int = 4096) -> Call:
    taken = moved("server", "recvfrom", t, len(data), 2, peer=CLIENT, data=data)
    return replace(taken, args=(room, "0"))


def test_a_datagram_has_the_call_that_sent_it_and_the_one_that_took_it() -> None:
    one, two = sent(100, b"one", local=BOUND), sent(200, b"two")
    first, second = took(300, b"one"), took(400, b"tw", room=2)
    frames = [datagram(110, b"one"), datagram(210, b"two")]
    found = split([*UDP, one, *frames, two, first, second])
    assert found == [([one], [first]), ([two], [second])]


def test_a_datagram_that_never_came_onto_the_wire_is_passed_over() -> None:
    calls = [sent(100 + n, data, local=BOUND) for n, data in enumerate((b"one", b"two", b"six"))]
    assert caused([*UDP, *calls, datagram(200, b"six")]) == [[calls[2]]]


def test_a_copy_that_the_wire_made_has_the_calls_of_the_first() -> None:
    one, other = sent(100, b"same", local=BOUND), sent(500, b"same")
    first = datagram(110, b"same")
    place = len(UDP) + 1
    copy = datagram(111, b"same", cause=place)
    assert caused([*UDP, one, first, copy, other]) == [[one], [one]]


def test_every_fragment_of_a_datagram_has_its_call() -> None:
    whole = build.udp(bytes(2000), source_port=40_000, target_port=53)
    pieces = [
        build.ipv4(whole[:1480], 17, fragment=0x2000),
        build.ipv4(whole[1480:], 17, fragment=185),
    ]
    one = sent(100, bytes(2000), local=BOUND)
    frames = [_frame(110, piece, CLIENT) for piece in pieces]
    assert caused([*UDP, one, *frames]) == [[one], [one]]


def test_another_hosts_call_from_the_same_port_is_not_to_blame() -> None:
    other = replace(sent(100, b"one", local=BOUND), program="server", sock=2)
    assert caused([*UDP, other, datagram(110, b"one")]) == [[]]


@given(st.lists(any_event, max_size=30))
def test_it_never_fails(events: list[AnyEvent]) -> None:
    caused(events)
