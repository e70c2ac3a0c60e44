"""The actions: one definition each, no key twice, everything offered can be done."""

from __future__ import annotations

import pytest
from textual.actions import parse
from textual.binding import Binding, BindingType
from textual.widgets import Input

from socklab.ui.actions import APP, SCREEN, SOCKETS, Action, action, key_name
from socklab.ui.app import SocklabApp
from socklab.ui.panes.inspect import INSPECT
from socklab.ui.panes.log_lines import LOG
from socklab.ui.panes.messages import MESSAGES
from socklab.ui.panes.wire import WirePane
from socklab.ui.panes.wire_actions import WIRE
from socklab.ui.screens.lab import LabScreen

ALL = (*APP, *SCREEN, *SOCKETS)
NARROWEST_FOOTER = 80


def keys_of(actions: tuple[Action, ...]) -> list[str]:
    return [key for action in actions for key in action.keys.split(",")]


def test_no_id_is_used_twice() -> None:
    ids = [action.id for action in (*ALL, *LOG, *INSPECT, *MESSAGES, *WIRE)]
    assert len(ids) == len(set(ids))


def test_no_key_means_two_things_in_one_place() -> None:
    everywhere = keys_of((*APP, *SCREEN))
    assert len(everywhere) == len(set(everywhere))
    for pane in (SOCKETS, INSPECT, MESSAGES):
        here = [*everywhere, *keys_of(pane)]
        assert len(here) == len(set(here))
    wire = keys_of(WIRE)
    assert len(wire) == len(set(wire))
    assert set(wire) & set(everywhere) == {"slash", "escape"}  # its own filter, and its own way out


@pytest.mark.parametrize("action", ALL, ids=lambda action: action.id)
def test_each_action_exists_and_is_explained(action: Action) -> None:
    namespace, name, _parameters = parse(action.run)
    owner = SocklabApp if namespace == "app" else LabScreen
    assert callable(getattr(owner, f"action_{name}"))
    assert action.label
    assert action.help.endswith(".")


@pytest.mark.parametrize("action", WIRE, ids=lambda action: action.id)
def test_what_is_done_to_the_wire_exists_and_is_explained(action: Action) -> None:
    _namespace, name, _parameters = parse(action.run)
    assert callable(getattr(WirePane, f"action_{name}"))
    assert action.help.endswith(".")


def test_close_is_not_always_polite() -> None:
    assert "RST" in action("close").help  # with unread data: RFC 9293, 3.10.4, and Linux


def test_what_works_everywhere_has_a_key_that_no_input_swallows() -> None:
    panes = {f"pane-{number}" for number in range(1, 10)}
    swallowed = {key for binding in Input.BINDINGS for key in keys_bound(binding)}
    assert "ctrl+e" in swallowed
    for each in (*APP, *SCREEN):
        first = each.keys.split(",")[0]
        assert each.id in panes or len(first) > 1
        assert each.priority or first not in swallowed, each.id


def keys_bound(binding: BindingType) -> list[str]:
    keys = binding.key if isinstance(binding, Binding) else binding[0]
    return keys.split(",")


def test_the_footer_has_help_first_and_fits_80_columns() -> None:
    footer = [action for action in (*SCREEN, *APP) if action.footer]
    assert footer[0].id == "help"
    written = "  ".join(f"{action.key} {action.label}" for action in footer)
    assert len(written) <= NARROWEST_FOOTER - 2


def test_keys_that_terminals_keep_have_a_second_one() -> None:
    assert "question_mark" in action("help").keys
    assert "z" in action("maximise").keys


@pytest.mark.parametrize(
    ("key", "written"),
    [("f2", "F2"), ("ctrl+s", "^S"), ("question_mark", "?"), ("a", "a"), ("shift+f8", "⇧F8")],
)
def test_how_a_key_is_written(key: str, written: str) -> None:
    assert key_name(key) == written
