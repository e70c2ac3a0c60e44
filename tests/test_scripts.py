"""Each script of `tests/scripts` holds: it runs to its end and every expectation in it is met."""

from __future__ import annotations

from pathlib import Path

import pytest

from socklab.lab.lab import Lab

SCRIPTS = [
    # One that needs a port of its own must not run twice at the same time.
    pytest.param(path, id=path.stem, marks=pytest.mark.xdist_group(path.stem))
    for path in sorted((Path(__file__).parent / "scripts").glob("*.lab"))
]
MOST = 60.0
"""Seconds: as `run` gives a script."""


def test_there_are_scripts() -> None:
    assert SCRIPTS


@pytest.mark.parametrize("path", SCRIPTS)
def test_script_holds(lab: Lab, path: Path) -> None:
    script = lab.script(path.read_text(encoding="utf-8"), path.parent)
    result = lab.run(script).result(MOST)
    assert (result, script.failure) == ("done", None)
