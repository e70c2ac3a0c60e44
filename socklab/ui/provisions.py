"""What is read from files only when it is wanted, read before: a lab may run out of descriptors,
and then no file can be opened any more, not even one that says what that means."""

from __future__ import annotations

from importlib import import_module

from socklab.explain import load_texts

_WANTED_LATER = (
    "rich.traceback",
    "socklab.ui.screens.export",
    "socklab.ui.screens.network",
    "textual.system_commands",
)


def lay_in() -> None:
    """Load all of it: some hundredths of a second, the first time."""
    load_texts()
    for module in _WANTED_LATER:
        import_module(module)
