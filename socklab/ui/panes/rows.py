"""A list of whole numbers that grows at both ends.

A filter looks at the newest events first, so that its first page shows at once, and works its way
back while the lab goes on at the other end. A row's *position* (its index counted from where the
list began) therefore stays the same while rows are put before it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable


class Rows:
    """Numbers in ascending order, or nearly so, eight bytes each."""

    def __init__(self) -> None:
        self._back = array("q")  # what was put before, nearest first
        self._front = array("q")
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._back) + len(self._front)

    def __getitem__(self, index: int) -> int:
        """The number at `index`. Raises IndexError outside."""
        back = len(self._back)
        if index < 0:
            raise IndexError(index)
        return self._back[back - 1 - index] if index < back else self._front[index - back]

    @property
    def origin(self) -> int:
        """The position of index 0: it falls as rows are put before, grows as they are dropped."""
        return self._dropped - len(self._back)

    def extend(self, numbers: Iterable[int]) -> None:
        """Add `numbers` (ascending, all above the last) at the end."""
        self._front.extend(numbers)

    def extend_before(self, numbers: Iterable[int]) -> None:
        """Add `numbers` (descending, all below the first) before the start."""
        self._back.extend(numbers)

    def find(self, number: int) -> int:
        """The index of `number`, or of the first one above it (the length if there is none)."""
        return bisect_left(self, number)

    def drop_below(self, number: int) -> None:
        """Forget all rows below `number`."""
        gone = self.find(number)
        of_back = min(gone, len(self._back))
        if of_back:
            del self._back[len(self._back) - of_back :]
        of_front = gone - of_back
        if of_front:
            del self._front[:of_front]
            self._dropped += of_front
