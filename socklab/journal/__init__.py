"""The journal: the append-only record that is the lab, and what finds things in it."""

from socklab.journal.columns import Columns, Kind
from socklab.journal.errors import JournalError
from socklab.journal.history import Fold, History
from socklab.journal.journal import Journal
from socklab.journal.selection import Filter, Selection
from socklab.journal.store import directory, new_path

__all__ = [
    "Columns",
    "Filter",
    "Fold",
    "History",
    "Journal",
    "JournalError",
    "Kind",
    "Selection",
    "directory",
    "new_path",
]
