"""Source code kept as files of its own, of which a program gets the parts that it uses.

A line `%% if A B` begins a part for programs that use one of these features, `%% else` and
`%% end` go with it; parts may stand in each other. `@NAME@` is replaced by a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from functools import cache
from importlib.resources import files

_VALUE = re.compile(r"@([A-Z_]+)@")


@cache
def template(name: str) -> str:
    """The text of the file `templates/NAME`."""
    return (files("socklab.export") / "templates" / name).read_text(encoding="utf-8")


def filled(text: str, uses: Set[str], values: Mapping[str, str], gap: int = 2) -> str:
    """`text` with the parts for these features and with these values. No more than `gap` blank
    lines follow each other, whatever was left out."""
    kept: list[str] = []
    shown = [True]
    for line in text.splitlines():
        if not line.lstrip().startswith("%%"):
            if all(shown):
                kept.append(line)
            continue
        word, *names = line.split()[1:]
        if word == "if":
            shown.append(not uses.isdisjoint(names))
        elif word == "else":
            shown[-1] = not shown[-1]
        else:
            shown.pop()
    source = "\n".join(kept).strip("\n") + "\n"
    source = re.sub(rf"\n{{{gap + 2},}}", "\n" * (gap + 1), source)
    return _VALUE.sub(lambda found: values[found[1]], source)
