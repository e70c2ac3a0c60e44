"""Take it home: the journal in another format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Button, Input
from textual.worker import get_current_worker

from socklab.events import AnyEvent, Header
from socklab.export import FOLDERS, FORMATS
from socklab.export.files import write_out
from socklab.export.record import AnyExporter, BytesExporter, FolderExporter, Record
from socklab.i18n import _
from socklab.model.units import size_text
from socklab.ui.panes.drop_down import DropDown
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
        yield DropDown(formats, value="html", id="format")

    @property
    def _format(self) -> AnyExporter:
        return FORMATS[str(self.query_one("#format", DropDown).value)]

    @on(DropDown.Changed, "#format")
    def _format_chosen(self) -> None:
        """Another suffix; another name only where nobody has given one."""
        field = self.query_one("#path", Input)
        path = Path(field.value)
        if not path.name:  # a folder like . or /
            path /= _NAME
        one = self._format
        stem = path.stem
        for name in FOLDERS:
            stem = stem.removesuffix(f"-{name}")
        if not isinstance(one, FolderExporter):
            name = stem + one.suffix
        else:
            name = path.name if stem == path.name else f"{stem}-{one.name}"
        field.value = str(path.with_name(name))

    def replaces(self, path: Path) -> bool:
        """A folder is only written into, but what is in it may be lost. Raises OSError."""
        if isinstance(self._format, FolderExporter) and path.is_dir():
            return any(path.iterdir())
        return super().replaces(path)

    def keep(self, path: Path) -> None:
        """Write on a thread of its own, so that a long journal holds nothing up."""
        button = self.query_one("#save", Button)
        if button.disabled:  # Enter in the field comes here too
            return
        button.disabled = True
        self.say(_("Writing. Esc gives up."))
        self._write(self._format, path)

    @work(thread=True, exclusive=True)
    def _write(self, one: AnyExporter, path: Path) -> None:
        worker = get_current_worker()
        due = monotonic() + _TELL

        def tell(said: Callable[[], str]) -> None:
            nonlocal due
            if worker.is_cancelled:
                raise InterruptedError(_("given up"))
            if monotonic() >= due:
                due = monotonic() + _TELL
                self.app.call_from_thread(self._tell, said())

        def read(n: int) -> None:
            tell(lambda: _("Reading: event {n}. Esc gives up.", n=f"{n:,}"))

        def written(size: int) -> None:
            tell(lambda: _("Writing: {size} so far. Esc gives up.", size=size_text(size)))

        try:
            watched = _Watched(self._record, read)
            # First, since who gives up while it is found out expects no file.
            why = one.lacks(watched) if isinstance(one, BytesExporter) else ""
            write_out(one, watched, path, written)
        except (OSError, ValueError) as error:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._failed, why_not(path, error))
        else:
            if not worker.is_cancelled:
                self.app.call_from_thread(self._written, path, why)

    # Each of these may come after somebody has given up.

    def _tell(self, said: str) -> None:
        if self.is_current:
            self.say(said)

    def _written(self, path: Path, why: str) -> None:
        if self.is_current:
            if why:
                self.app.notify(why, severity="warning")
            self.dismiss(path)

    def _failed(self, why: str) -> None:
        if self.is_current:
            self.query_one("#save", Button).disabled = False
            self.say(why)


class _Watched:
    """A record that says how far it is being read: many formats read all of it before they have
    anything to write. What `told` raises ends the reading."""

    def __init__(self, record: Record, told: Callable[[int], None]) -> None:
        self._record = record
        self._told = told

    @property
    def header(self) -> Header:
        """The record's."""
        return self._record.header

    @property
    def first(self) -> int:
        """The record's."""
        return self._record.first

    def __len__(self) -> int:
        return len(self._record)

    def read(self, start: int, stop: int) -> Sequence[AnyEvent]:
        """The events from `start` up to `stop`."""
        self._told(start)
        return self._record.read(start, stop)
