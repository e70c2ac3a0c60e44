"""Mermaid itself parses the exported diagrams, and shows in them what was said."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Wait
from socklab.export.mermaid import MOST_CHARACTERS, write_mermaid
from socklab.lab.lab import Lab
from tests.export.journal import ListJournal, T
from tests.journal.samples import any_event
from tests.oracles import mermaid
from tests.oracles.browser import browser
from tests.watching import PATIENCE

pytestmark = pytest.mark.xdist_group("mermaid")

Ask = Callable[..., list[mermaid.Answer]]

NASTY = [
    "a;b",
    "#",
    "#35;",
    "<br>",
    "<br/>two",
    "<script>alert(1)</script>",
    "end",
    "end note",
    'say "hi"',
    "it's",
    "%%{init: {'theme':'dark'}}%%",
    "%% comment",
    "$$x^2$$",
    "wrap: no",
    ": colon",
    "p0->>p1: forged",
    "ﬂ°°35¶ß",
    "&lt;&amp;",
    "\\n\\",
    "😀 굵게",
    "loop alt else opt par and rect",
    "[link](http://x) {a} `b`",
    "~c~ |d| ^e^ @f ?g !h *i*",
    "style a:#f00;",
    "-->> --) -x +",
]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Asks the real mermaid."""
    if browser() is None:
        pytest.skip("no Chromium: apt-get install chromium")
    if os.environ.get("CI") == "true":
        mermaid.fetch()
    if not (mermaid.folder() / "mermaid.min.js").exists():
        pytest.skip("mermaid isn't here: python -m tests.oracles.mermaid gets it")

    def ask(*diagrams: str, drawn: bool = False) -> list[mermaid.Answer]:
        scratch: Path = tmp_path_factory.mktemp("mermaid")
        return mermaid.ask([(text, drawn) for text in diagrams], scratch)

    return ask


def exported(events: list[AnyEvent]) -> str:
    return "".join(write_mermaid(ListJournal(events)))


def sends(*bodies: bytes) -> list[AnyEvent]:
    return [
        Call(
            t=T + number,
            program="main",
            name="send",
            fd=3,
            sock=1,
            args=("0",),
            result=len(body),
            data=body,
            size=len(body),
        )
        for number, body in enumerate(bodies)
    ]


def test_what_was_sent_is_shown_as_it_was(ask: Ask) -> None:
    (answer,) = ask(exported(sends(*(text.encode() for text in NASTY))), drawn=True)
    assert answer.error == ""
    for text in NASTY:
        written = text.replace("\\", "\\\\").replace('"', '\\"')
        assert any(written in shown for shown in answer.shown), text


def test_programs_may_be_called_anything(ask: Ask) -> None:
    events: list[AnyEvent] = [
        Call(t=T, program=name, name="socket", fd=3, sock=1, result=3)
        for name in (*NASTY, "", " ", "\x1b[2J", "a" * 500)
    ]
    (answer,) = ask(exported(events))
    assert answer.error == ""


SESSION = """\
server: socket tcp
server: bind 3 127.0.0.1 0
server: listen 3
server: accept 3
client: socket tcp
client: connect 3 @server
expect server accept = *
server: recv 4
client: send 3 "GET / HTTP/1.0\\r\\n;#<br>\\r\\n"
expect server recv 4 = *
server: recv 4
client: shutdown 3 out
expect server recv 4 = 0
client: recv 3
server: close 4
client: connect 3 127.0.0.1 1
u: socket udp
v: socket udp
u: bind 3 127.0.0.1 0
v: sendto 3 @u ";"
u: recvfrom 3
u: recvfrom 3
"""


def test_a_session(ask: Ask, lab: Lab) -> None:
    assert lab.run(lab.script(SESSION)).result(PATIENCE) == "done"
    (answer,) = ask("".join(write_mermaid(lab.journal)), drawn=True)
    assert answer.error == ""
    assert any("HTTP/1.0\\r\\n;#<br>" in shown for shown in answer.shown)
    assert any("blocked" in shown for shown in answer.shown)


def test_a_long_session_and_none(ask: Ask) -> None:
    long = exported(sends(*[b"#" * 40] * 3000))
    assert len(long) > MOST_CHARACTERS - 1000
    answers = ask(long, exported([]), drawn=True)
    assert [answer.error for answer in answers] == ["", ""]
    assert any("more rows" in shown for shown in answers[0].shown)


def test_a_call_that_never_returns(ask: Ask) -> None:
    waits: list[AnyEvent] = [
        Wait(t=T, program=name, name="recv", fd=3, sock=sock, args=(9, "0"))
        for sock, name in enumerate(("a", "b", "a"))
    ]
    (answer,) = ask(exported(waits), drawn=True)
    assert answer.error == ""


def test_anything(ask: Ask) -> None:
    diagrams: list[str] = []

    @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(any_event, max_size=30))
    def collect(events: list[AnyEvent]) -> None:
        diagrams.append(exported(events))

    collect()
    refused = [
        (answer.error, text)
        for answer, text in zip(ask(*diagrams), diagrams, strict=True)
        if answer.error
    ]
    assert refused == []
