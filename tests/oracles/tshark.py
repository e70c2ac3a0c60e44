"""What Wireshark's dissectors say of frames: `tshark -T pdml`, field by field."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

# Each frame is to be read for itself: nothing is put together from several, no number is relative.
_PREFERENCES = (
    "tcp.check_checksum:TRUE",
    "ip.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
    "tcp.relative_sequence_numbers:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
)
_BITS = re.compile(r"([01.]{1,4}(?: [01.]{1,4})*) = ")
_ETHERNET = 1  # LINKTYPE_ETHERNET

Frame = tuple[bytes, int]
"""What was kept of a frame, and its true size."""


class Said(NamedTuple):
    """One field by tshark: bytes `start` up to `stop`, the value as it is shown. `bits` are the
    first and the last one of a bit field, counted from the field's last."""

    name: str
    start: int
    stop: int
    show: str
    bits: tuple[int, int] | None


def why_not() -> str:
    """Why there is no tshark here, "" if there is."""
    return "" if shutil.which("tshark") else "no tshark: apt-get install tshark"


def dissect(frames: Sequence[Frame], folder: Path) -> list[list[Said]]:
    """What tshark says of each frame. Raises CalledProcessError."""
    path = folder / "frames.pcap"
    write_pcap(path, frames)
    command = ["tshark", "-n", "-r", str(path), "-T", "pdml"]
    for preference in _PREFERENCES:
        command += ["-o", preference]
    home = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "WIRESHARK_CONFIG_DIR": str(folder)}
    run = subprocess.run(command, capture_output=True, check=True, timeout=60, env=home)
    packets = ElementTree.fromstring(run.stdout)
    return [list(_fields(packet)) for packet in packets]


def write_pcap(path: Path, frames: Sequence[Frame]) -> None:
    """The frames as a file, a microsecond apart."""
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, _ETHERNET))
        for number, (data, size) in enumerate(frames):
            file.write(struct.pack("<IIII", 1_000, number, len(data), size) + data)


def _fields(element: ElementTree.Element) -> Iterator[Said]:
    for child in element:
        name, start = child.get("name", ""), child.get("pos")
        if name in ("geninfo", "frame"):
            continue
        if name and start is not None:
            stop = int(start) + int(child.get("size", "0"))
            bits = _bits(child.get("showname", ""))
            yield Said(name, int(start), stop, child.get("show", ""), bits)
        yield from _fields(child)


def _bits(shown: str) -> tuple[int, int] | None:
    match = _BITS.match(shown)
    if match is None:
        return None
    drawn = match[1].replace(" ", "")
    places = [len(drawn) - 1 - place for place, bit in enumerate(drawn) if bit != "."]
    return (max(places), min(places)) if places else None
