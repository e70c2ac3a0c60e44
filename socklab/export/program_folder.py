"""The folder that a session's programs stand in: their sources, the order of their calls, and the
script that starts them.

A journal is gone through three times: for the ports that were named, for what a program uses (its
beginning depends on that), and for its text, which is handed on as it comes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from socklab.export.ports import NamedPorts
from socklab.export.programs import items
from socklab.export.record import Piece, Record
from socklab.export.source import Profile, Source
from socklab.export.steps import Item
from socklab.export.turns import Turns, heading, run_script
from socklab.i18n import _
from socklab.model.units import date_text

_SAFE = re.compile(r"[a-z][a-z0-9-]*")
_AT_ONCE = 1 << 16
"""Characters of a file that are collected before they are handed on."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language to write programs in. `file_name` is that of a program's source; `build` and
    `start` are the shell's commands for a program, its file in $here, what is built in $work."""

    name: str
    source: type[Source]
    file_name: Callable[[str], str]
    start: Callable[[str], str]
    build: Callable[[str], str] | None = None


def write_folder(record: Record, language: Language) -> Iterator[Piece]:
    """A source file for each program, turns.txt with their order, and run.sh, which starts them."""
    named = NamedPorts.of(record)
    profiles = _profiles(record, named, language)
    files = _file_names(profiles)
    sources = {
        name: language.source(files[name], profile, record.header.started)
        for name, profile in profiles.items()
    }
    told = {name for name, profile in profiles.items() if "port" in profile.uses}
    folder, order = _Folder(), Turns(files, told)
    for name, source in sources.items():
        yield from folder.add(language.file_name(files[name]), source.head())
    yield from folder.add("turns.txt", heading())
    for item in items(record, named):
        of = program_of(item)
        if of is not None:
            yield from folder.add(language.file_name(files[of]), sources[of].take(item))
        yield from folder.add("turns.txt", order.take(item))
    for name, source in sources.items():
        yield from folder.add(language.file_name(files[name]), source.end())
    yield from folder.add("turns.txt", order.end())
    yield from folder.rest()
    loops = {files[name]: "loop" in profile.uses for name, profile in profiles.items()}
    yield Piece("run.sh", _run_script(record, language, loops, order), runs=True)


def _profiles(record: Record, named: NamedPorts, language: Language) -> dict[str, Profile]:
    """What each program uses, by going through its steps once for nothing else."""
    sources: dict[str, Source] = {}
    for item in items(record, named):
        name = program_of(item)
        if name is None:
            continue
        if name not in sources:
            sources[name] = language.source(name, Profile(), record.header.started, True)
        sources[name].take(item)
    return {name: source.profile for name, source in sources.items()}


def _run_script(
    record: Record, language: Language, programs: Mapping[str, bool], order: Turns
) -> str:
    about = _(
        "Starts the programs of the session of {date}, and gives each its turns in that order.",
        date=date_text(record.header.started),
    )
    builds = [language.build(name) for name in programs] if language.build else []
    starts = [f"start {name} {language.start(name)}" for name in programs]
    return run_script(about, programs, builds, starts, order.limit, order.asked.ports)


def program_of(item: Item) -> str | None:
    step = getattr(item, "step", item)
    name = getattr(step, "program", None)
    return name if isinstance(name, str) else None


def _file_names(programs: dict[str, Profile]) -> dict[str, str]:
    """A name that is fit for a file and a shell, for each program."""
    fit: dict[str, str] = {}
    for name in programs:
        wanted = name if _SAFE.fullmatch(name) and len(name) <= 64 else "program"
        candidate, more = wanted, 1
        while candidate in fit.values():
            more += 1
            candidate = f"{wanted}-{more}"
        fit[name] = candidate
    return fit


class _Folder:
    """Files that grow side by side: small pieces are collected."""

    def __init__(self) -> None:
        self._held: dict[str, list[str]] = {}
        self._sizes: dict[str, int] = {}

    def add(self, path: str, text: str) -> Iterator[Piece]:
        held = self._held.setdefault(path, [])
        if text:
            held.append(text)
            self._sizes[path] = self._sizes.get(path, 0) + len(text)
        if self._sizes.get(path, 0) > _AT_ONCE:
            yield self._take(path)

    def rest(self) -> Iterator[Piece]:
        for path in self._held:
            yield self._take(path)

    def _take(self, path: str) -> Piece:
        text = "".join(self._held[path])
        self._held[path], self._sizes[path] = [], 0
        return Piece(path, text)
