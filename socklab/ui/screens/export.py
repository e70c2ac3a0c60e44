"""Take it home: the journal in another format."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Button, Input, Select
from textual.worker import get_current_worker

from socklab.export import FORMATS
from socklab.export.files import write_out
from socklab.export.record import AnyExporter, BytesExporter, FolderExporter, Record
from socklab.i18n import _
from socklab.model.units import size_text
from socklab.ui.screens.save import SaveScreen, why_not

_NAME = "session"
_TELL = 0.2  # seconds from one word about progress to the next


class ExportScreen(SaveScreen):
    """Asks for a format and a path, and writes the journal there as it is now."""

    def __init__(self, record: Record) -> None:
        super().__init__(_("Take this session home, in another format."), f"{_NAME}.html")
        self._record = record

    def question(self) -> ComposeResult:
        """The formats, above the path."""
        formats = [(f"{one.name}: {one.summary}", name) for name, one in FORMATS.items()]
        yield Select(formats, value="html", allow_blank=False, id="format", compact=True)

    @property
    def _format(self) -> AnyExporter:
        return FORMATS[str(self.query_one("#format", Select).value)]

    @on(Select.Changed, "#format")
    def _format_chosen(self) -> None:
        """Another suffix; another name only where nobody has given one."""
        field = self.query_one("#path", Input)
        path = Path(field.value or _NAME)
        one = self._format
        if isinstance(one, FolderExporter):
            field.value = str(
                path.with_name(f"{path.stem}-{one.name}" if path.suffix else path.name)
            )
        else:
            stem = path.name if not path.suffix else path.stem
            for name in FORMATS:
                stem = stem.removesuffix(f"-{name}")
            field.value = str(path.with_name(stem + one.suffix))

    def replaces(self, path: Path) -> bool:
        """A folder is only written into, but what is in it may be lost."""
        if isinstance(self._format, FolderExporter) and path.is_dir():
            return any(path.iterdir())
        return super().replaces(path)

    def keep(self, path: Path) -> None:
        """Write on a thread of its own, so that a long journal holds nothing up."""
        self.query_one("#save", Button).disabled = True
        self._write(self._format, path)

    @work(thread=True, exclusive=True)
    def _write(self, one: AnyExporter, path: Path) -> None:
        worker = get_current_worker()
        due = monotonic() + _TELL

        def told(size: int) -> None:
            nonlocal due
            if worker.is_cancelled:
                raise InterruptedError(_("given up"))
            if monotonic() >= due:
                due = monotonic() + _TELL
                said = _("Writing: {size} so far. Esc gives up.", size=size_text(size))
                self.app.call_from_thread(self.say, said)

        try:
            write_out(one, self._record, path, told)
            why = one.lacks(self._record) if isinstance(one, BytesExporter) else ""
        except (OSError, ValueError) as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._failed, why_not(path, error))
        else:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._written, path, why)

    def _written(self, path: Path, why: str) -> None:
        if why:
            self.app.notify(why, severity="warning", markup=False)
        self.dismiss(path)

    def _failed(self, why: str) -> None:
        self.query_one("#save", Button).disabled = False
        self.say(why)
