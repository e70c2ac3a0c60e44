"""Frames as pcapng: read back block by block by another's reader."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from dpkt import pcapng
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Command, Fate, Frame, Note, Program
from socklab.export import FORMATS
from socklab.export.pcapng import no_frames, write_pcapng
from tests.export.journal import ListJournal, T
from tests.journal.samples import any_event, recorded
from tests.model.frames import build

_KINDS = {
    pcapng.PCAPNG_BT_IDB: pcapng.InterfaceDescriptionBlockLE,
    pcapng.PCAPNG_BT_EPB: pcapng.EnhancedPacketBlockLE,
    pcapng.PCAPNG_BT_SHB: pcapng.SectionHeaderBlockLE,
}


ARP = build.ethernet(build.arp(), 0x0806)


class Packet(NamedTuple):
    interface: str
    t: int
    size: int
    data: bytes
    comments: list[str]


def blocks(file: bytes) -> Iterator[Any]:
    while file:
        kind, length = (int.from_bytes(file[at : at + 4], "little") for at in (0, 4))
        yield _KINDS[kind](file[:length])
        file = file[length:]


def options(block: Any, code: int) -> list[bytes]:
    return [bytes(option.data) for option in block.opts if option.code == code]


def exported(events: Sequence[AnyEvent]) -> bytes:
    return b"".join(write_pcapng(ListJournal(events)))


def packets(events: Sequence[AnyEvent]) -> list[Packet]:
    _head, *rest = blocks(exported(events))
    names: list[str] = []
    found = []
    for block in rest:
        if isinstance(block, pcapng.InterfaceDescriptionBlockLE):
            names.append(options(block, pcapng.PCAPNG_OPT_IF_NAME)[0].decode())
            continue
        t = block.ts_high << 32 | block.ts_low
        said = [text.decode() for text in options(block, pcapng.PCAPNG_OPT_COMMENT)]
        data = bytes(block.pkt_data)
        found.append(Packet(names[block.iface_id], t, block.pkt_len, data, said))
    return found


def frame(id: int, sender: str = "client", t: int = T, **fields: Any) -> Frame:
    receiver = "server" if sender == "client" else "client"
    values = {"size": len(ARP), "data": ARP, **fields}
    return Frame(t=t, id=id, sender=sender, receiver=receiver, **values)


def fate_of(*fates: Fate, before: Sequence[AnyEvent] = ()) -> list[str]:
    found = packets([*before, frame(1), *fates])
    return found[0].comments


def test_every_frame_is_on_the_interface_of_its_sender() -> None:
    events: list[AnyEvent] = [
        frame(1, "client", T),
        Fate(t=T + 5, id=1, verdict="dropped", why="loss"),
        frame(2, "server", T + 1_000_000_007),
        Fate(t=T + 9, id=2, verdict="delivered"),
        frame(3, "client", T + 2),
    ]
    found = packets(events)
    assert [(p.interface, p.t) for p in found] == [
        ("client", T),
        ("server", T + 1_000_000_007),
        ("client", T + 2),
    ]
    assert found[0].data == ARP


def test_the_head_says_who_wrote_it_and_what_clock_it_has() -> None:
    head, interface, _packet = blocks(exported([frame(1)]))
    assert options(head, pcapng.PCAPNG_OPT_SHB_OS) == [b"Linux 6.18"]
    assert options(head, pcapng.PCAPNG_OPT_SHB_USERAPPL) == [b"socklab"]
    assert options(interface, pcapng.PCAPNG_OPT_IF_TSRESOL) == [b"\x09"]
    assert (interface.linktype, interface.snaplen) == (1, 4096)


def test_a_cut_frame_has_its_true_size() -> None:
    (cut,) = packets([frame(1, size=9000, data=bytes(101))])
    assert (cut.size, len(cut.data)) == (9000, 101)


RULE = Command(t=T, text="wire next drop syn", origin="script")


@pytest.mark.parametrize(
    ("fates", "said"),
    [
        ([Fate(t=T, id=1, verdict="delivered", delay=900_000)], []),
        ([Fate(t=T, id=1, verdict="delivered", delay=100_000_000)], ["delivered after 100 ms"]),
        (
            [Fate(t=T, id=1, verdict="dropped", why="rule", cause=0)],
            ["dropped by rule (`wire next drop syn`)"],
        ),
        ([Fate(t=T, id=1, verdict="dropped", why="by hand")], ["dropped by hand"]),
        ([Fate(t=T, id=1, verdict="dropped", why="loss")], ["dropped by chance (loss)"]),
        ([Fate(t=T, id=1, verdict="dropped", why="queue full")], ["dropped (queue full)"]),
        ([Fate(t=T, id=1, verdict="dropped")], ["dropped"]),
        (
            [
                Fate(t=T, id=1, verdict="held", why="by hand"),
                Fate(t=T, id=1, verdict="delivered", delay=1_200_000_000),
            ],
            ["held 1.20 s by hand"],
        ),
        (
            [
                Fate(t=T, id=1, verdict="held", why="rule", cause=0),
                Fate(t=T, id=1, verdict="dropped", delay=20_000_000, why="by hand"),
            ],
            ["held 20 ms by rule (`wire next drop syn`), then dropped by hand"],
        ),
        (
            [Fate(t=T, id=1, verdict="held", why="by hand")],
            ["held by hand, and still when the record ends"],
        ),
        ([], ["still under way when the record ends"]),
        (
            [Fate(t=T, id=1, verdict="corrupted", why="corrupt", data=b"\x02\x01")],
            ["corrupted by chance (corrupt): byte 1 was 0x00, came as 0x01"],
        ),
    ],
)
def test_what_became_of_a_frame_is_its_comment(fates: list[Fate], said: list[str]) -> None:
    assert fate_of(*fates, before=[RULE]) == said


def test_a_copy_says_of_what() -> None:
    events: list[AnyEvent] = [
        frame(1),
        Fate(t=T, id=1, verdict="duplicated", why="by hand"),
        frame(2, cause=0),
        Fate(t=T, id=2, verdict="delivered"),
    ]
    assert [p.comments for p in packets(events)] == [["duplicated by hand"], ["copy of frame 1"]]


def test_a_number_that_is_given_again_is_another_frame() -> None:
    events: list[AnyEvent] = []
    for why in ("loss", "by hand"):
        events += [frame(1), Fate(t=T, id=1, verdict="dropped", why=why)]
    said = [p.comments for p in packets(events)]
    assert said == [["dropped by chance (loss)"], ["dropped by hand"]]


def test_the_calls_are_comments_of_what_they_caused() -> None:
    socket = Call(
        t=T, program="client", name="socket", sock=1, fd=3, result=3, args=("SOCK_DGRAM",)
    )
    data = b'say "hi"\x1b[2J\n'
    sent = Call(
        t=T + 1,
        program="client",
        name="sendto",
        sock=1,
        fd=3,
        args=("0", ("10.0.0.2", 53)),
        result=len(data),
        data=data,
        size=len(data),
        local=("0.0.0.0", 40_000),
        peer=("10.0.0.2", 53),
    )
    packet = build.ethernet(build.ipv4(build.udp(data, source_port=40_000, target_port=53), 17))
    events: list[AnyEvent] = [
        Program(t=T, program="client", change="started", host="client"),
        socket,
        frame(1, t=T + 2, data=packet, size=len(packet)),
        Fate(t=T + 3, id=1, verdict="dropped", why="loss"),
        sent,
    ]
    (found,) = packets(events)
    assert found.comments == [
        r'client: sendto(3, "say \"hi\"\x1b[2J\n", 10.0.0.2:53) = 13',
        "dropped by chance (loss)",
    ]


def test_without_frames_it_is_empty_and_says_why() -> None:
    events: list[AnyEvent] = [Note(t=T, text="tick")] * 5000
    assert [type(block) for block in blocks(exported(events))] == [pcapng.SectionHeaderBlockLE]
    assert "network private" in no_frames(ListJournal(events))
    assert no_frames(ListJournal([*events, frame(1)])) == ""


def test_a_long_journal_is_read_in_small_parts() -> None:
    events: list[AnyEvent] = []
    for id in range(1, 10_001):
        events += [frame(id), Fate(t=T, id=id, verdict="delivered")]
    journal = ListJournal(events)
    pieces = write_pcapng(journal)
    assert journal.most == 0  # nothing is read before the first piece is asked for
    sizes = [len(piece) for piece in pieces]
    assert 0 < journal.most < 5000
    assert max(sizes) < 1 << 20
    assert sum(sizes) > 10_000 * 42


def test_a_journal_whose_beginning_is_gone() -> None:
    journal = ListJournal([frame(1), frame(2), Fate(t=T, id=2, verdict="dropped")], first=1)
    found = list(blocks(b"".join(write_pcapng(journal))))
    assert len(found) == 3


def test_it_is_among_the_formats() -> None:
    assert FORMATS["pcapng"].name == "pcapng"
    journal = ListJournal([frame(1)])
    assert b"".join(FORMATS["pcapng"].write(journal)) == exported([frame(1)])  # type: ignore[arg-type]


def socklab_export(folder: Path, *words: str, stdout: int = subprocess.PIPE) -> tuple[int, str]:
    """Exit status and narration, for a journal with no frame in it."""
    journal = folder / "journal"
    recorded(journal, 1)
    command = [sys.executable, "-m", "socklab", "export", str(journal), "--to", "pcapng", *words]
    done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_gets_no_binary_data(tmp_path: Path) -> None:
    master, slave = os.openpty()
    try:
        status, said = socklab_export(tmp_path, stdout=slave)
    finally:
        os.close(master)
        os.close(slave)
    assert (status, "say -o FILE" in said) == (2, True)


def test_a_file_without_frames_comes_with_a_word(tmp_path: Path) -> None:
    out = tmp_path / "out.pcapng"
    status, said = socklab_export(tmp_path, "-o", str(out))
    assert (status, said.count("no frame was recorded")) == (0, 1)
    assert [type(block) for block in blocks(out.read_bytes())] == [pcapng.SectionHeaderBlockLE]


@given(st.lists(any_event, max_size=30))
def test_anything_is_a_sound_file(events: list[AnyEvent]) -> None:
    found = list(blocks(exported(events)))
    written = [block for block in found if isinstance(block, pcapng.EnhancedPacketBlockLE)]
    frames = [event for event in events if isinstance(event, Frame)]
    assert [bytes(block.pkt_data) for block in written] == [event.data for event in frames]
