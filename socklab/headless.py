"""`socklab run`: a script without a screen. The log goes to stdout as it happens, narration to
stderr, and the exit status says how it ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from socklab.explain import load_texts
from socklab.export.jsonl import event_line, header_line
from socklab.export.text import errno_meaning
from socklab.i18n import _
from socklab.journal import Journal
from socklab.lab.lab import Lab
from socklab.lab.language import LanguageError, parse_script
from socklab.lab.script import Result, Script
from socklab.model.logline import log_row, row_text
from socklab.process import status_of, uninterrupted

Format = Literal["text", "json", "none"]

DONE, FAILED, SENSELESS = 0, 1, 2

_STATUS: dict[Result, int] = {"done": DONE, "failed": FAILED, "senseless": SENSELESS}
_BLOCK = 2048
_GLANCE = 0.05  # seconds between looks at the journal


@dataclass(frozen=True, slots=True)
class Job:
    """What to run and how. `limit` in seconds for the whole script, None for no limit; `hold`
    keeps its servers running after its end, until Ctrl-C."""

    text: str
    base: Path
    format: Format = "text"
    limit: float | None = 60.0
    hold: bool = False


def run(job: Job, make_journal: Callable[[], Journal]) -> int:
    """Run the job; its exit status: 0 done, 1 an expectation failed or time ran out, 2 no sense."""
    try:
        parse_script(job.text)
    except LanguageError as error:  # nothing is run then, and nothing recorded
        _tell(str(error))
        return SENSELESS
    load_texts()  # a script may run out of descriptors, and what that means stands in a file
    journals: list[Journal] = []

    def make() -> Journal:
        journal = make_journal()
        journals.append(journal)
        if journal.failure is not None:
            _tell(journal.failure)
        return journal

    with Lab(make) as lab:
        script = lab.script(job.text, job.base)
        printer = _Printer(journals, job.format)
        try:
            return _run(lab, script, job, printer)
        finally:
            lab.close()
            printer.print_new()


def _run(lab: Lab, script: Script, job: Job, printer: _Printer) -> int:
    try:
        result = _watch(lab.run(script), printer, job.limit)
    except KeyboardInterrupt as interrupt:
        _tell(_("interrupted"))
        return status_of(interrupt)
    if result is None:
        line = script.lines[min(script.position, len(script.lines) - 1)]
        _tell(
            _(
                "time ran out after {seconds:g} s, at line {number}: {text}",
                seconds=job.limit,
                number=line.number,
                text=line.text.strip(),
            )
        )
        return FAILED
    if script.failure is not None:
        _tell(script.failure)
    elif job.hold:
        _hold(printer)
    return _STATUS[result]


def _watch(running: Future[Result], printer: _Printer, limit: float | None) -> Result | None:
    """Print what happens until the script is over; None where time ran out first."""
    until = None if limit is None else time.monotonic() + limit
    while True:
        try:
            return running.result(_GLANCE)
        except Late:
            printer.print_new()
            if until is not None and time.monotonic() > until:
                return None


def _hold(printer: _Printer) -> None:
    _tell(_("servers go on until Ctrl-C"))
    try:
        while True:
            printer.print_new()
            time.sleep(_GLANCE)
    except KeyboardInterrupt:
        pass


class _Printer:
    """Prints what is new in a lab's journals, one after another: each `new` begins another."""

    def __init__(self, journals: list[Journal], form: Format) -> None:
        self._journals = journals
        self._form = form
        self._begun = 0
        self._position = 0

    def print_new(self) -> None:
        """Catch up with the journal."""
        if self._form != "none":
            with uninterrupted():
                self._print_new()

    def _print_new(self) -> None:
        if self._begun:
            self._print_rest(self._journals[self._begun - 1])
        while self._begun < len(self._journals):
            journal = self._journals[self._begun]
            self._begun, self._position = self._begun + 1, 0
            if self._form == "json":
                print(header_line(journal.header))
            self._print_rest(journal)
        sys.stdout.flush()

    def _print_rest(self, journal: Journal) -> None:
        self._position = max(self._position, journal.first)
        while events := journal.read(self._position, self._position + _BLOCK):
            for event in events:
                if self._form == "json":
                    print(event_line(event))
                else:
                    print(row_text(log_row(event, errno_meaning)))
            self._position = events[-1].n + 1


def _tell(text: str) -> None:
    print(f"socklab: {text}", file=sys.stderr)
