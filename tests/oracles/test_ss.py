"""At moments in which everything stands still, in every one of the eleven states, what the lab has
recorded is what `ss -tan` shows, and what TCP_INFO says of the sockets that a descriptor holds."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from socklab.model.tcp_machine import moves
from socklab.model.tcp_states import TcpState
from tests import frozen

WHY_NOT = frozen.why_not()
pytestmark = [
    pytest.mark.skipif(bool(WHY_NOT), reason=f"nothing can be made to stand still: {WHY_NOT}"),
    pytest.mark.xdist_group("frozen"),  # each scene is played once
]

NEEDS_NO_DESCRIPTOR = {"SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT1", "FIN_WAIT2"} | {
    "CLOSING",
    "LAST_ACK",
    "TIME_WAIT",
}

play = cache(frozen.play)


def seen(scene: str, source: str = "kernel") -> list[dict[str, Any]]:
    """The states of a scene that are recorded with this source."""
    return [state for state in play(scene)["states"] if state["source"] == source]


@pytest.mark.parametrize("scene", frozen.SCENES)
def test_the_lab_has_recorded_what_the_kernel_shows(scene: str) -> None:
    for moment in play(scene)["moments"]:
        assert moment["lab"] == moment["ss"]


@pytest.mark.parametrize("scene", frozen.SCENES)
def test_tcp_info_says_the_same_of_what_a_descriptor_holds(scene: str) -> None:
    for moment in play(scene)["moments"]:
        for said in moment["tcp_info"].values():
            kernels, recorded = said.split()
            # Of TIME_WAIT the descriptor says CLOSE; `ss` has told that it is there.
            assert kernels == ("CLOSE" if recorded == "TIME_WAIT" else recorded)


@pytest.mark.parametrize("scene", frozen.SCENES)
def test_each_change_is_a_legal_move_from_the_one_before(scene: str) -> None:
    lives: dict[int, list[dict[str, Any]]] = {}
    for state in play(scene)["states"]:
        assert moves(state["old"], state["new"])
        lives.setdefault(state["sock"], []).append(state)
    for life in lives.values():
        assert life[0]["old"] in ("CLOSE", "LISTEN")
        for one, two in pairwise(life):
            assert one["new"] == two["old"]
            assert one["t"] <= two["t"]


def test_all_eleven_states_were_seen() -> None:
    stood: set[str] = set()
    for scene in frozen.SCENES:
        for moment in play(scene)["moments"]:
            stood.update(moment["ss"].values())
            stood.update(said.split()[0] for said in moment["tcp_info"].values())
    assert stood == set(TcpState)


def test_all_that_can_be_without_a_descriptor_were_seen_without_one() -> None:
    without = {
        state["new"] for scene in frozen.SCENES for state in seen(scene) if state["fd"] is None
    }
    assert without >= NEEDS_NO_DESCRIPTOR - {"CLOSING"}
    # Closed in CLOSING it stayed there: no change, and so no event.
    closed = play("simultaneous_close")["moments"][2]
    assert "CLOSING" in closed["lab"].values()
    assert len(closed["tcp_info"]) == 2


@pytest.mark.parametrize("scene", ["active_close", "orphans", "simultaneous_close"])
def test_time_wait_is_over_when_the_kernel_says(scene: str) -> None:
    last = play(scene)["moments"][-1]
    assert last["ss_forgets"].keys() == {
        ends for ends, state in last["ss"].items() if state == "TIME_WAIT"
    }
    for ends, (least, most) in last["ss_forgets"].items():
        assert least <= last["lab_forgets"][ends] <= most


def test_an_orphan_in_fin_wait2_has_its_time_too() -> None:
    (state,) = [state for state in seen("orphans") if state["new"] == "FIN_WAIT2"]
    assert state["fd"] is None
    assert 0 < state["expires"] - state["t"] <= 60e9  # tcp_fin_timeout


def test_what_stood_still_was_seen_and_not_inferred() -> None:
    both = {(state["old"], state["new"]) for state in seen("simultaneous_close")}
    assert {("FIN_WAIT1", "CLOSING"), ("CLOSING", "TIME_WAIT")} <= both
    opened = {(state["old"], state["new"]) for state in seen("simultaneous_open")}
    assert {("CLOSE", "SYN_SENT"), ("SYN_SENT", "SYN_RECV"), ("SYN_RECV", "ESTABLISHED")} <= opened


def test_what_went_too_fast_says_which_call_it_is_known_from() -> None:
    inferred = seen("orphans", "call")
    assert ("CLOSE_WAIT", "LAST_ACK") in [(state["old"], state["new"]) for state in inferred]
    ours = [state for state in inferred if state["new"] in ("SYN_SENT", "LAST_ACK")]
    assert all(state["cause"] is not None for state in ours)


def test_connections_in_a_closed_listener_went_with_its_close() -> None:
    states = play("left_waiting")["states"]
    (close,) = [state["cause"] for state in states if state["old"] == "LISTEN" and not state["fd"]
                and state["new"] == "CLOSE"]  # fmt: skip
    waited = [state for state in states if state["program"] is None and state["new"] == "CLOSE"]
    assert [state["cause"] for state in waited] == [close, close]
