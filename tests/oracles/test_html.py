"""A real browser shows the exported page: the same ladder, and a log that can be filtered."""

from __future__ import annotations

from pathlib import Path

import pytest

from socklab.export.html import write_html
from socklab.export.ladder import write_ladder
from socklab.journal import Excerpt
from socklab.lab.lab import Lab
from tests.export.page import Page
from tests.oracles.browser import browser, dom
from tests.watching import do

pytestmark = pytest.mark.skipif(browser() is None, reason="no Chromium: apt-get install chromium")

LOOKED_FOR = "ECONNREFUSED"
MARKUP = "<b>&amp;</b>"


@pytest.fixture
def session(lab: Lab) -> Excerpt:
    """One connection with data that looks like markup, and a call that fails, up to now: the
    kernel's later states are recorded still."""
    do(
        lab,
        *("server: socket tcp", "server: bind 3 127.0.0.1 0", "server: listen 3"),
        *("client: socket tcp", "client: connect 3 @server", "server: accept 3"),
        f'client: send 3 "{MARKUP}"',
        *("server: recv 4", "client: close 3", "server: recv 4", "server: close 4"),
        "late: client tcp 127.0.0.1 1",
    )
    return Excerpt(lab.journal, len(lab.journal))


def test_it_shows_the_same_ladder(session: Excerpt, tmp_path: Path) -> None:
    written = "".join(write_html(session))
    path = tmp_path / "session.html"
    path.write_text(written, encoding="utf-8")
    shown = Page(dom(path, tmp_path))
    ladder = "".join(write_ladder(session))
    rows = [line for line in ladder.splitlines() if line and not line.startswith("#")]
    assert [row.rstrip() for row in shown.rows] == rows
    assert any(MARKUP in row for row in shown.rows)
    # The page's own script has run: without it the form is hidden.
    assert ("form", "hidden", "") not in shown.attributes
    assert f"{len(session)} of {len(session)} events" in shown.texts["filter"]


def test_its_log_can_be_filtered(session: Excerpt, tmp_path: Path) -> None:
    written = "".join(write_html(session))
    typed = (
        'const form = document.getElementById("filter");'
        f'form.elements.text.value = "{LOOKED_FOR.lower()}";'
        'form.dispatchEvent(new Event("input"));'
    )
    path = tmp_path / "filtered.html"
    path.write_text(written.replace("</body>", f"<script>{typed}</script></body>"), "utf-8")
    shown = dom(path, tmp_path)
    page = Page(shown)
    hidden = shown.count('hidden=""')
    with_it = [id for id, text in page.texts.items() if id.startswith("e") and LOOKED_FOR in text]
    assert with_it
    assert hidden == len(session) - len(with_it)
