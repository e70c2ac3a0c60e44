"""The journal: the append-only record that is the lab, and what finds things in it."""

from socklab.journal.columns import Columns, Kind, of_frame
from socklab.journal.errors import JournalError
from socklab.journal.excerpt import Excerpt, whole
from socklab.journal.frame_index import FrameIndex
from socklab.journal.history import Fold, History
from socklab.journal.journal import Journal
from socklab.journal.readable import Readable
from socklab.journal.relevant import Relevant
from socklab.journal.selection import Filter, Selection
from socklab.journal.store import directory, new_path
from socklab.journal.times import Times

__all__ = [
    "Columns",
    "Excerpt",
    "Filter",
    "Fold",
    "FrameIndex",
    "History",
    "Journal",
    "JournalError",
    "Kind",
    "Readable",
    "Relevant",
    "Selection",
    "Times",
    "directory",
    "new_path",
    "of_frame",
    "whole",
]
