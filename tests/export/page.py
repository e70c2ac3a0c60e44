"""A page of the html export, read as a browser reads it but for its scripts."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

_VOID = frozenset({"meta", "input", "br", "link", "img"})


class Page(HTMLParser):
    """What is in a page. `faults` are elements that are not closed, or not in their order.

    `tags` counts the elements, `ids` and `links` are theirs, `texts` what stands in each element
    that has an id, `rows` the ladder's lines, `attributes` every attribute as (element, name,
    value).
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.texts: dict[str, str] = {}
        self.rows: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self._open: list[tuple[str, str | None, bool]] = []
        self.feed(text)
        self.close()
        self.faults += [f"{tag} is never closed" for tag, _id, _row in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        known = dict(attrs)
        if (id := known.get("id")) is not None:
            self.ids.append(id)
            self.texts[id] = ""
        if tag == "a" and known.get("href") is not None:
            self.links.append(known["href"] or "")
        if tag not in _VOID:
            row = "row" in (known.get("class") or "").split()
            self._open.append((tag, id, row))
            if row:
                self.rows.append("")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self.faults.append(f"{tag} closes {self._open[-1][0] if self._open else 'nothing'}")
        else:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for _tag, id, row in self._open:
            if id is not None:
                self.texts[id] += data
            if row:
                self.rows[-1] += data
