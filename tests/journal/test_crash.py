"""A lab that is killed: what it had brought into its file is there, whole and in order."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from socklab.journal import Journal

VICTIM = """
import sys
from pathlib import Path
from socklab.events import Note
from socklab.journal import Journal

journal = Journal.create(Path(sys.argv[1]))
for i in range(5000):
    journal.append(Note(t=i, text="word " * (i % 50)))
journal.flush()
print(len(journal), flush=True)
while True:
    journal.append(Note(t=0, text="unheard"))
"""


def test_a_killed_lab_leaves_all_that_it_had_flushed(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", VICTIM, str(path)], stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdout is not None
        acknowledged = int(victim.stdout.readline())
        victim.kill()
    journal = Journal.open(path)
    assert journal.wait_indexed(60)
    assert journal.damage is None
    assert len(journal) >= acknowledged == 5_000
    assert [event.n for event in journal.read(0, 6_000)] == list(range(min(len(journal), 6_000)))
    journal.close()


UNASKED = (
    VICTIM.replace("journal.flush()\n", "").replace("while True:", "while False:")
    + """
import time
time.sleep(3600)
"""
)


def test_a_killed_lab_has_written_without_being_asked(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", UNASKED, str(path)], stdout=subprocess.PIPE, text=True
    ) as victim:
        assert victim.stdout is not None
        appended = int(victim.stdout.readline())
        # Ends only if the writer comes to it by itself; nothing here asks for it.
        while not path.exists() or path.read_bytes().count(b"\n") < appended + 1:
            assert victim.poll() is None
        victim.kill()
    journal = Journal.open(path)
    assert journal.wait_indexed(60)
    assert len(journal) == appended
    journal.close()
