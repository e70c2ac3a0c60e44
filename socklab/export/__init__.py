"""A journal in other formats. Every exporter reads a journal and yields what is to be written:
text, bytes, or the pieces of several files. Only `files` opens any.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from socklab.export.record import AnyExporter, BytesExporter, Exporter, FolderExporter, Record
from socklab.i18n import _

__all__ = [
    "EXPORTERS",
    "FOLDERS",
    "FORMATS",
    "AnyExporter",
    "BytesExporter",
    "Exporter",
    "FolderExporter",
    "Record",
]


class _Later:
    """An export's function, whose module is loaded when it is first asked for: few are."""

    def __init__(self, module: str, function: str) -> None:
        self._place = (f"{__package__}.{module}", function)

    def __call__(self, record: Record) -> Iterator[Any]:
        module, function = self._place
        yield from getattr(import_module(module), function)(record)


def _no_frames(record: Record) -> str:
    from socklab.export.pcapng import no_frames

    return no_frames(record)


EXPORTERS: dict[str, Exporter] = {
    exporter.name: exporter
    for exporter in (
        Exporter(
            "text",
            _("the log, a line an event, as strace writes calls"),
            ".txt",
            _Later("text", "write_text"),
        ),
        Exporter(
            "lab",
            _("the commands, as a script to run again"),
            ".lab",
            _Later("script", "write_script"),
        ),
        Exporter(
            "ladder",
            _("a sequence diagram on one time axis, as text"),
            ".txt",
            _Later("ladder", "write_ladder"),
        ),
        Exporter(
            "mermaid",
            _("a sequence diagram for Mermaid"),
            ".mmd",
            _Later("mermaid", "write_mermaid"),
        ),
        Exporter(
            "html",
            _("one page: ladder, states, log and hints, for any browser"),
            ".html",
            _Later("html", "write_html"),
        ),
        Exporter("csv", _("a table, a row an event"), ".csv", _Later("tables", "write_csv")),
        Exporter("jsonl", _("the journal's own lines"), ".jsonl", _Later("jsonl", "write_jsonl")),
    )
}
"""The formats of one file, by the name that `export --to` takes."""

FOLDERS: dict[str, FolderExporter] = {
    exporter.name: exporter
    for exporter in (
        FolderExporter(
            "python",
            _("a program in Python for each of the lab's"),
            _Later("python_source", "write_python"),
        ),
        FolderExporter(
            "c", _("a program in C for each of the lab's"), _Later("c_source", "write_c")
        ),
    )
}
"""The formats of several files, by that name."""

_PCAPNG = BytesExporter(
    "pcapng",
    _("the frames for Wireshark, with the system calls as comments"),
    ".pcapng",
    _Later("pcapng", "write_pcapng"),
    _no_frames,
)

FORMATS: dict[str, AnyExporter] = {**EXPORTERS, _PCAPNG.name: _PCAPNG, **FOLDERS}
"""All of them."""
