"""Makes the README's pictures: `python screenshots/make.py`, from the top of the repository.

Each runs the real application on a real lab, without a terminal, over a script of this folder.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from socklab.lab.lab import Lab
from socklab.ui.app import SocklabApp

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Picture:
    """What to show: a script, the terminal's size, and the keys pressed after it has run."""

    name: str
    script: str = ""
    size: tuple[int, int] = (120, 36)
    keys: tuple[str, ...] = ()


_CONNECTION = ("down", "down")
"""To the server's end of the connection in the list of sockets."""

PICTURES = (
    Picture("lab-dark", "streams.lab", keys=_CONNECTION),
    Picture("lab-light", "streams.lab", keys=("ctrl+t", *_CONNECTION)),
    Picture("lab-small", "streams.lab", size=(80, 24), keys=(*_CONNECTION, "2")),
    Picture("states", "streams.lab", keys=(*_CONNECTION, "3", "1")),
    Picture("inspect", "streams.lab", keys=("7", "e", "home", "enter")),
    Picture("wire", "lost.lab", keys=("8",)),
    Picture("wire-syn", "syn.lab", keys=(*_CONNECTION, "8")),
    Picture("wire-states", "syn.lab", keys=("8", "space", "1", *_CONNECTION, "3")),
    Picture("wire-frame", "lost.lab", size=(200, 60), keys=("8", "up")),
    Picture("retransmission", "lost.lab", keys=(*_CONNECTION, "2")),
    Picture("start", size=(120, 36)),
    Picture("help", "streams.lab", keys=("f1",)),
)


async def make(picture: Picture) -> None:
    """Run the script to its end, press the keys, and keep what the screen then shows."""
    with Lab() as lab:
        app = SocklabApp(lab)
        async with app.run_test(size=picture.size) as pilot:
            if picture.script:
                script = lab.script((HERE / picture.script).read_text(encoding="utf-8"))
                running = lab.run(script)
                while not running.done():
                    await pilot.pause(0.05)
            await pilot.pause(0.5)
            for key in picture.keys:
                await pilot.press(key)
            await pilot.pause(0.5)
            app.save_screenshot(f"{picture.name}.svg", path=str(HERE))


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state
        for picture in PICTURES:
            asyncio.run(make(picture))
            print(f"screenshots/{picture.name}.svg")


if __name__ == "__main__":
    main()
