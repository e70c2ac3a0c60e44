"""The one exception that this package raises for a user's sake."""

from __future__ import annotations


class JournalError(Exception):
    """A journal can't be read or written as asked; its text is a sentence for the user."""
