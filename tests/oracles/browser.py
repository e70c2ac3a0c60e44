"""A real browser, without a window."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PATIENCE = 240  # seconds


def browser() -> str | None:
    """One that is installed, if any is."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def dom(page: Path, scratch: Path) -> str:
    """The page as it is once its scripts have run, as HTML.

    `scratch` is a folder for what the browser needs. Raises CalledProcessError.
    """
    program = browser()
    assert program is not None
    options = ["--headless", "--disable-gpu", "--disable-dev-shm-usage", "--disable-extensions"]
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [
            program,
            *options,
            f"--user-data-dir={scratch / 'profile'}",
            "--virtual-time-budget=100000000",
            "--dump-dom",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=_PATIENCE,
        env={**os.environ, "HOME": str(scratch)},
    )
    return done.stdout.decode()
