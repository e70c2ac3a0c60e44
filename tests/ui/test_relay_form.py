"""The form for a relay: what it asks for, of each transport."""

from __future__ import annotations

import pytest

from socklab.ui.app import SocklabApp
from socklab.ui.panes.relay_form import RelayForm
from tests.ui.paper import (
    NARROW,
    WIDE,
    PaperLab,
    conversation,
    lab_screen,
    started,
    text_of,
    the,
    until,
)
from tests.ui.test_forms import choose, put


@pytest.mark.parametrize("size", [WIDE, NARROW])
async def test_a_relay_to_the_newest_server_by_keys_alone(size: tuple[int, int]) -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=size) as pilot:
        await started(app, pilot)
        await pilot.press("f12", "enter")
        await until(pilot, lambda: lab.submitted)
        assert lab.lines == ["relay: forward tcp 127.0.0.1 8080 127.0.0.1 8080"]
        assert text_of(app, "#relay .message").startswith("relay-2: forward")
        assert lab_screen(app).query_one("#relay").region.height > 0


async def test_another_relay_is_not_what_is_relayed_to() -> None:
    told = conversation()
    here = ("127.0.0.1", 9000)
    told.call("relay", "socket", "AF_INET", "SOCK_STREAM", 0, sock=20, result=3)
    told.call("relay", "bind", here, sock=20, local=here)
    told.call("relay", "listen", 5, sock=20)
    app = SocklabApp(PaperLab(told))
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        assert the(app, RelayForm).command().endswith(" 127.0.0.1 8080")


async def test_every_field_is_in_the_command_of_its_transport() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f12")
        form = the(app, RelayForm)
        said = {"host": "*", "port": "9", "to-host": "::1", "to-port": "10", "delay": "200ms"}
        tcp = {"slice": "3", "rate": "100k", "reset-after": "5000"}
        udp = {"loss": "10%", "duplicate": "0.1", "reorder": "5%"}
        for id, value in {**said, **tcp, **udp}.items():
            put(form, id, value)
        assert form.command() == (
            "relay: forward tcp * 9 ::1 10 delay=200ms slice=3 rate=100k reset-after=5000"
        )
        choose(form, "transport", "udp")
        await until(pilot, lambda: form.query_one("#loss").region.width > 0)
        assert form.query_one("#slice").region.width == 0
        assert form.command() == (
            "relay: forward udp * 9 ::1 10 delay=200ms loss=10% duplicate=0.1 reorder=5%"
        )


@pytest.mark.parametrize(
    ("id", "value", "said"),
    [
        ("port", "70000", "0 to 65535"),
        ("to-port", "0", "1 to 65535"),
        ("to-port", "", "port of the server"),
        ("to-host", "*", "one address"),
        ("delay", "61", "delay: seconds"),
        ("slice", "0", "number of bytes"),
        ("rate", "fast", "bytes per second"),
        ("reset-after", "-1", "number of bytes"),
    ],
)
async def test_what_is_wrong_is_said_while_one_types(id: str, value: str, said: str) -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, RelayForm)
        put(form, id, value)
        await until(pilot, lambda: said in text_of(app, "#relay .message"))
        assert form.query_one(f"#{id}").has_class("-wrong")
        await pilot.press("f12", "enter")
        await pilot.pause()
        assert lab.submitted == []


async def test_a_share_of_more_than_all_is_none() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, RelayForm)
        choose(form, "transport", "udp")
        put(form, "loss", "200%")
        await until(pilot, lambda: "loss: a share" in text_of(app, "#relay .message"))
