"""Which process has a socket open."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from socklab.kernel.processes import Process, owners

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc elsewhere")


def test_one_s_own_socket_is_one_s_own() -> None:
    name = Path("/proc/self/comm").read_text().strip()
    with socket.socket() as sock:
        inode = os.fstat(sock.fileno()).st_ino
        assert owners({inode}) == {inode: Process(os.getpid(), name)}
    assert owners({inode}) == {}


def test_inode_0_is_nobody_s() -> None:
    assert owners({0}) == {}


def test_what_can_not_be_looked_at_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "12" / "fd").mkdir(parents=True)
    (tmp_path / "12" / "fd" / "3").symlink_to("socket:[77]")
    (tmp_path / "12" / "fd" / "4").write_text("no link")
    (tmp_path / "13").mkdir()
    (tmp_path / "self").mkdir()
    assert owners({77, 78}, tmp_path) == {77: Process(12, "?")}
    assert owners({77}, tmp_path / "missing") == {}
