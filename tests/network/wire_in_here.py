"""A wire in the test's own process, so that the test says when it carries, and may change what it
stands on."""

from __future__ import annotations

from socklab.journal import Journal
from socklab.network.wire_intake import WireIntake
from socklab.network.wire_record import WireRecord


def recorded_in(journal: Journal) -> WireRecord:
    """The record of a wire, all of which comes into the journal."""
    intake = WireIntake(journal, lambda _move: None)
    return WireRecord(journal.header.snap, journal.ahead, intake.take)
