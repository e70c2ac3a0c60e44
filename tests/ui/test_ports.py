"""The port that a form offers."""

from __future__ import annotations

from socklab.ui.ports import free_port
from tests.ui.paper import FREE_PORT, PaperLab, conversation
from tests.ui.test_network_forms import WiredLab


def test_on_this_machine_it_is_one_that_the_machine_has_free() -> None:
    assert free_port(PaperLab(), conversation().table(), 1) == FREE_PORT


def test_on_private_hosts_it_is_one_that_no_program_has() -> None:
    table = conversation().table()  # with a server at port 8080
    assert free_port(WiredLab(), table, 8080) == 8081
    assert free_port(WiredLab(), table, 9000) == 9000
