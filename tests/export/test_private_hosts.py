from __future__ import annotations

import pytest

from socklab.events import Call, Program
from socklab.export.c_source import write_c
from socklab.export.private_hosts import PrivateHosts
from socklab.export.python_source import write_python
from tests.export.calls import Story, folder
from tests.export.journal import T

SERVER = Program(
    t=T, program="server", change="started", host="server", addresses=("10.0.0.2", "fd00::2")
)


@pytest.mark.parametrize(
    ("there", "here"),
    [
        ("10.0.0.2", "127.0.0.2"),
        ("10.0.0.77", "127.0.0.77"),  # one that nobody has: nothing goes to it either
        ("10.0.0.255", "127.255.255.255"),
        ("fd00::2", "::1"),
        ("fd00::2%eth0", "::1"),
        ("10.0.1.2", "10.0.1.2"),
        ("0.0.0.0", "0.0.0.0"),
        ("239.1.2.3", "239.1.2.3"),
    ],
)
def test_this_machine_stands_for_a_private_host(there: str, here: str) -> None:
    hosts = PrivateHosts()
    hosts.take(SERVER)
    assert hosts.here((there, 80)) == (here, 80)


def test_on_this_machine_every_address_is_meant() -> None:
    hosts = PrivateHosts()
    hosts.take(Program(t=T, program="a", change="started", host="this machine"))
    assert hosts.here(("10.0.0.2", 80)) == ("10.0.0.2", 80)


def test_an_interface_is_named_by_an_address_too() -> None:
    hosts = PrivateHosts()
    hosts.take(SERVER)
    args = ("IPPROTO_IP", "IP_ADD_MEMBERSHIP", "239.1.2.3 10.0.0.2")
    call = hosts.with_interface(Call(t=T, name="setsockopt", args=args))
    assert call.args[2] == "239.1.2.3 127.0.0.2"


@pytest.mark.parametrize("language", ["python", "c"])
def test_exported_programs_send_nothing_to_an_address_of_a_private_host(language: str) -> None:
    story = Story()
    story.events.append(SERVER)
    story.socket("client")
    story.call("client", "connect", ("10.0.0.2", 8080))
    files = folder({"python": write_python, "c": write_c}[language], story.journal)
    source = files["client.py" if language == "python" else "client.c"]
    assert '"127.0.0.2", 8080' in source
    assert '"10.0.0.2"' not in source
