"""A journal in other formats. Every exporter reads a journal and yields text; none opens a file."""

from __future__ import annotations

from socklab.export.jsonl import write_jsonl
from socklab.export.record import Exporter, Record
from socklab.export.script import write_script
from socklab.export.tables import write_csv
from socklab.export.text import write_text
from socklab.i18n import _

__all__ = ["EXPORTERS", "Exporter", "Record"]

EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        Exporter("text", _("the log, a line an event, as strace writes calls"), ".txt", write_text),
        Exporter("lab", _("the commands, as a script to run again"), ".lab", write_script),
        Exporter("csv", _("a table, a row an event"), ".csv", write_csv),
        Exporter("jsonl", _("the journal's own lines"), ".jsonl", write_jsonl),
    )
}
"""The formats by the name that `export --to` takes."""
