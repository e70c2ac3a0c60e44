"""The page: whole, closed to everything outside, and nothing in it but text that was said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socklab.events import AnyEvent, Call, Note, Program, State
from socklab.export import html
from socklab.export.html import write_html
from socklab.export.html_states import MOST_CONNECTIONS
from socklab.export.ladder import write_ladder
from socklab.export.markup import harmless
from socklab.lab.lab import Lab
from tests.export.journal import ListJournal, T, session
from tests.export.page import Page
from tests.journal.samples import any_event, mixed
from tests.watching import do

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

NASTY = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "</td></table>",
    '" onload="alert(3)',
    "' onclick='alert(4)",
    "<!-- -->",
    "&lt;&amp;&#60;",
    "@TITLE@ @SECTIONS@",
    "%% if x",
    "<img src=x onerror=alert(5)>",
]


def page_of(events: Sequence[AnyEvent], first: int = 0) -> Page:
    text = "".join(write_html(ListJournal(events, first)))
    page = Page(text)
    assert page.faults == []
    return page


def assert_closed(page: Page) -> None:
    """Nothing is fetched, nothing runs but the page's own script, every link leads somewhere."""
    assert ("meta", "content", POLICY) in page.attributes
    assert page.tags["script"] == page.tags["style"] == 1
    assert not {"img", "link", "iframe", "object", "base"} & page.tags.keys()
    names = {name for _tag, name, _value in page.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not {"src", "style", "srcdoc", "action", "formaction"} & names
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_it_has_every_part_of_a_session() -> None:
    page = page_of(session())
    assert_closed(page)
    assert "server" in page.texts["summary"]
    assert "ECONNREFUSED" in page.texts["ladder"]
    assert "LISTEN" in page.texts["summary"]
    assert "nobody listens on that port" in page.texts["e6"]
    assert "✗" in page.texts["e6"]
    assert "client has no\\ndescriptor" in page.texts["e4"]


def test_the_ladder_is_the_text_ladder() -> None:
    whole = "".join(write_ladder(ListJournal(session())))
    rows = [line for line in whole.splitlines() if line and not line.startswith("#")]
    assert [row.rstrip() for row in page_of(session()).rows] == rows


def test_states_and_hints_lead_to_the_events_that_tell_of_them(lab: Lab) -> None:
    do(
        lab,
        *("server: socket tcp", "server: bind 3 127.0.0.1 0", "server: listen 3"),
        *("client: socket tcp", "client: connect 3 @server", "server: accept 3"),
        *('client: send 3 "a"', 'client: send 3 "b"', "server: recv 4"),
        *("client: close 3", "server: recv 4", "server: close 4"),
        *("expect client 3 TIME_WAIT", "expect server 4 CLOSE"),
    )
    events = list(lab.journal)
    page = page_of(events)
    assert_closed(page)
    assert "● client 3" in page.texts["states"]
    assert "◆ server 4" in page.texts["states"]
    assert "connect(3), snd SYN · inferred" in page.texts["states"]
    assert "TCP is a stream" in page.texts["hints"]
    recv = next(event.n for event in events if isinstance(event, Call) and event.name == "recv")
    assert f"#e{recv}" in page.links


@pytest.mark.parametrize("said", NASTY)
def test_what_was_said_stays_text_wherever_it_was_said(said: str) -> None:
    page = page_of(
        [
            Program(t=T, program=said, change="started", host=said),
            Call(t=T, program=said, name="socket", fd=3, sock=1, result=3, args=(said,)),
            Call(t=T, program=said, name=said, fd=3, sock=1, error=said, args=(said,)),
            Call(t=T, program=said, name="send", fd=3, sock=1, result=9, data=said.encode()),
            Call(t=T, program=said, name="bind", fd=3, sock=1, result=0, local=(said, 1)),
            Note(t=T, program=said, text=said),
        ]
    )
    assert_closed(page)
    assert said in page.texts["e5"]
    assert said in page.texts["summary"]
    assert ("tr", "data-program", said) in page.attributes


@given(st.lists(any_event, max_size=12))
def test_whatever_a_journal_holds_the_page_is_whole(events: list[AnyEvent]) -> None:
    assert_closed(page_of(events))


@given(st.text(max_size=60))
def test_no_text_can_become_anything_else(said: str) -> None:
    page = page_of([Note(t=T, text=said)])
    assert_closed(page)
    assert harmless(said).replace("\n", "\\n") in page.texts["e0"]


def test_nothing_recorded_is_said() -> None:
    page = page_of([])
    assert_closed(page)
    assert "No program did anything." in page.texts["summary"]
    assert "No program has made a call." in page.texts["ladder"]


def test_a_long_session_is_shown_by_both_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_ROWS", 20)
    page = page_of(list(mixed(3_000))[:3_000])
    assert_closed(page)
    rows = [id for id in page.ids if id.startswith("e")]
    assert rows == [f"e{n}" for n in (*range(20), *range(2_980, 3_000))]
    assert "2,960 events are left out here; --to text has them all" in page.texts["log"]
    assert "--to ladder has them all" in page.texts["ladder"]
    assert len(page.rows) == 1 + 20 + 1 + 20


def test_events_that_a_journal_in_memory_has_let_go_of_are_counted() -> None:
    page = page_of(session(), first=3)
    assert_closed(page)
    assert "e2" not in page.ids
    assert "e3" in page.ids


def test_of_many_programs_and_sockets_some_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_TOTALS", 5)
    events = [Call(t=T, program=f"p{n}", name="socket", fd=3, sock=n, result=3) for n in range(9)]
    page = page_of(events)
    assert page.texts["summary"].count("There were more than these.") == 2
    assert "p4" in page.texts["summary"]
    assert "p5" not in page.texts["summary"]


def test_of_many_connections_the_first_are_drawn() -> None:
    def tried(sock: int) -> list[AnyEvent]:
        moved = [("CLOSE", "SYN_SENT"), ("SYN_SENT", "CLOSE")]
        return [
            Call(t=T, program="p", name="socket", fd=3, sock=sock, result=3),
            *(State(t=T, sock=sock, fd=3, old=old, new=new, source="call") for old, new in moved),
        ]

    page = page_of([event for sock in range(5_000) for event in tried(sock)])
    assert page.texts["states"].count("● p 3") == MOST_CONNECTIONS
    assert "There were more connections than these." in page.texts["states"]
