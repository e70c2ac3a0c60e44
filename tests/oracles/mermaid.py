"""The real mermaid package, in a headless browser: does it take a diagram, and what does it show?

The package comes from the npm registry into a cache folder outside of this repository; on CI by
itself, elsewhere by `python -m tests.oracles.mermaid`.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.oracles.browser import dom

VERSION = "11.17.2"

_PATIENCE = 240  # seconds

_PAGE = """<!doctype html><meta charset="utf-8"><body><pre id="out"></pre>
<script src="mermaid.min.js"></script>
<script id="diagrams" type="application/json">DIAGRAMS</script>
<script>
(async () => {
  mermaid.initialize({startOnLoad: false});
  const answers = [];
  let number = 0;
  for (const [text, drawn] of JSON.parse(document.getElementById("diagrams").textContent)) {
    try {
      await mermaid.parse(text);
      let shown = [];
      if (drawn) {
        const holder = document.createElement("div");
        holder.innerHTML = (await mermaid.render("d" + number++, text)).svg;
        shown = Array.from(holder.querySelectorAll("text"), (node) => node.textContent);
      }
      answers.push({error: "", shown});
    } catch (error) {
      answers.push({error: String(error), shown: []});
    }
  }
  document.getElementById("out").textContent = JSON.stringify(answers);
})();
</script>
"""


class Answer(NamedTuple):
    """Why mermaid refuses a diagram ("" if it doesn't), and every text in it as drawn."""

    error: str
    shown: list[str]


def folder() -> Path:
    """Where the package is, or would be."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "socklab-tests" / f"mermaid-{VERSION}"


def fetch() -> None:
    """Get the package, if it isn't there. Raises OSError or CalledProcessError."""
    home = folder()
    if (home / "mermaid.min.js").exists():
        return
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home) as name:
        subprocess.run(
            ["npm", "pack", "--silent", f"mermaid@{VERSION}"],
            cwd=name,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=_PATIENCE,
        )
        (packed,) = Path(name).glob("*.tgz")
        with tarfile.open(packed) as archive:
            member = archive.extractfile("package/dist/mermaid.min.js")
            assert member is not None
            whole = Path(name) / "mermaid.min.js"
            whole.write_bytes(member.read())
        whole.replace(home / "mermaid.min.js")


def ask(diagrams: Sequence[tuple[str, bool]], scratch: Path) -> list[Answer]:
    """What mermaid says to each diagram; it draws those with a True.

    `scratch` is an empty folder for what the browser needs.
    """
    page = scratch / "page.html"
    shutil.copy(folder() / "mermaid.min.js", scratch)
    data = json.dumps(diagrams).replace("<", "\\u003c")
    page.write_text(_PAGE.replace("DIAGRAMS", data), encoding="utf-8")
    shown = dom(page, scratch)
    found = re.search(r'<pre id="out">(.*?)</pre>', shown, re.DOTALL)
    assert found is not None
    return [Answer(**answer) for answer in json.loads(html.unescape(found[1]))]


if __name__ == "__main__":
    fetch()
    print(folder())
