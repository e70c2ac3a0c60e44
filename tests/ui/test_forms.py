"""The forms: what they ask for, and what they say while one types."""

from __future__ import annotations

from textual.widgets import Button, Input

from socklab.events import Call, Command
from socklab.lab.behaviours import BEHAVIOURS
from socklab.lab.commands import Serve
from socklab.lab.language import parse_line
from socklab.ui.app import SocklabApp
from socklab.ui.panes.client_form import ClientForm
from socklab.ui.panes.drop_down import DropDown
from socklab.ui.panes.form import Form
from socklab.ui.panes.send_form import SendForm
from socklab.ui.panes.server_form import ServerForm
from tests.ui.paper import WIDE, PaperLab, conversation, lab_screen, started, text_of, the, until


def put(form: Form, id: str, value: str) -> None:
    form.query_one(f"#{id}", Input).value = value


def choose(form: Form, id: str, value: str) -> None:
    form.query_one(f"#{id}", DropDown).value = value


async def test_the_server_s_defaults_make_the_command_of_the_textbook() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f2", "enter")
        await until(pilot, lambda: lab.submitted)
        assert lab.submitted == [("server: serve tcp 127.0.0.1 8080 echo", "form")]
        assert text_of(app, "#server .message") == "server-2: serve tcp 127.0.0.1 8080 echo"


async def test_any_address_asks_which_families() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, ServerForm)
        family = form.query_one("#family", DropDown)
        assert not family.region.area
        said = {}
        for host in ("*", "::"):
            put(form, "host", host)
            await until(pilot, lambda: family.region.area)
            await pilot.pause()
            for text, value in family.options:
                choose(form, "family", value)
                said[host, text] = form.command().removeprefix(f"server: serve tcp {host} 8080 ")
        assert said == {
            ("*", "IPv4"): "echo",
            ("*", "both"): "echo v6only=off",
            ("*", "IPv6"): "echo v6only=on",
            ("::", "both"): "echo v6only=off",
            ("::", "IPv6"): "echo v6only=on",
        }
        put(form, "host", "::1")
        await until(pilot, lambda: not family.region.area)
        assert form.command() == "server: serve tcp ::1 8080 echo"


async def test_every_field_of_the_server_s_form_is_in_its_command() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, ServerForm)
        for id, value in {"host": "::1", "port": "9", "backlog": "5", "clients": "3"}.items():
            put(form, id, value)
        put(form, "timeout", "2.5")
        for id, value in {"behaviour": "http", "accept": "manual"}.items():
            choose(form, id, value)
        await pilot.pause()
        assert form.command() == (
            "server: serve tcp ::1 9 http backlog=5 accept=manual max-clients=3 timeout=2.5"
        )
        choose(form, "read", "manual")
        await pilot.pause()
        assert form.command() == (
            "server: serve tcp ::1 9 http backlog=5 accept=manual max-clients=3 read=manual"
        )


async def test_a_server_s_form_offers_nothing_that_is_refused() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, ServerForm)
        for id, value in {"port": "9", "backlog": "5", "clients": "3", "timeout": "2"}.items():
            put(form, id, value)
        lines = []
        for transport in ("tcp", "udp"):
            choose(form, "transport", transport)
            await pilot.pause()
            for behaviour, _text in form.query_one("#behaviour", DropDown).options:
                choose(form, "behaviour", behaviour)
                for read in ("auto", "manual"):
                    choose(form, "read", read)
                    lines.append(form.command())
                    command = parsed(lines[-1])
                    assert transport in BEHAVIOURS[command.behaviour].transports
                await pilot.pause()
                assert form.query_one("#timeout").disabled
            choose(form, "read", "auto")
            choose(form, "behaviour", "echo")
            await pilot.pause()
            assert form.query_one("#timeout").disabled == (transport == "udp")
        assert "server: serve tcp 127.0.0.1 9 echo backlog=5 max-clients=3 timeout=2" in lines
        assert "server: serve udp 127.0.0.1 9 echo read=manual" in lines
        assert form.query_one("#backlog").disabled


def parsed(line: str) -> Serve:
    """The command that the line is. Raises LanguageError."""
    understood = parse_line(line)
    assert understood is not None
    assert isinstance(understood.command, Serve)
    return understood.command


async def test_what_is_wrong_is_said_while_one_types_and_nothing_is_asked() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f2", *"70000")
        await until(pilot, lambda: "0 to 65535" in text_of(app, "#server .message"))
        assert the(app, ServerForm).query_one("#port").has_class("-wrong")
        await pilot.press("enter")
        await pilot.pause()
        assert lab.submitted == []
        await pilot.press("backspace")
        await until(pilot, lambda: text_of(app, "#server .message").endswith("7000 echo"))
        assert not the(app, ServerForm).query_one("#port").has_class("-wrong")


async def test_a_server_for_others_says_where_they_can_call_it() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        put(the(app, ServerForm), "host", "*")
        await until(pilot, lambda: "192.0.2.7:8080" in text_of(app, "#server .message"))
        assert text_of(app, "#server .message").startswith("⚠")


async def test_a_client_calls_the_newest_server() -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        the(app, ClientForm).query_one("#port", Input).value = "8080"
        await pilot.press("f3", "enter")
        await until(pilot, lambda: lab.submitted)
        assert lab.lines == ["client-2: client tcp 127.0.0.1 8080 read=auto"]


async def test_a_client_needs_one_address() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        put(the(app, ClientForm), "host", "*")
        await until(pilot, lambda: "one address" in text_of(app, "#client .message"))


async def test_a_port_that_somebody_typed_is_not_replaced() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, ServerForm)
        put(form, "port", "9999")
        form.suggest()
        assert form.query_one("#port", Input).value == "9999"


async def test_sending_goes_to_the_newest_client_until_another_socket_is_selected() -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f4", "enter")
        await until(pilot, lambda: lab.submitted)
        assert lab.lines == [r'client: send 3 "hello\n"']
        await pilot.press("escape", "down")
        await until(pilot, lambda: text_of(app, "#send .message").startswith("server: send 4"))


async def test_without_a_connection_there_is_nowhere_to_send() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f4", "enter")
        await until(pilot, lambda: "no connection" in text_of(app, "#send .message"))
        assert lab.submitted == []


async def test_what_was_sent_comes_back_with_the_arrow_keys() -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, SendForm)
        await pilot.press("f4", *"one", "enter")
        choose(form, "kind", "hex")
        put(form, "data", "f0")
        await pilot.press("enter")
        await until(pilot, lambda: len(lab.submitted) == 2)
        assert lab.lines == ['client: send 3 "one"', "client: send 3 hex:f0"]
        await pilot.press("up", "up")
        assert form.command() == 'client: send 3 "one"'
        await pilot.press("down")
        assert form.command() == "client: send 3 hex:f0"


async def test_what_was_being_typed_is_there_again_after_going_back() -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, SendForm)
        choose(form, "kind", "bytes")
        await pilot.press("f4", *"7", "enter")
        await until(pilot, lambda: lab.lines == ["client: send 3 bytes:7"])
        choose(form, "kind", "text")
        await pilot.pause()
        put(form, "data", "1000")
        await pilot.press("up")
        await until(pilot, lambda: text_of(app, "#send .message") == "client: send 3 bytes:7")
        await pilot.press("down")
        await until(pilot, lambda: text_of(app, "#send .message") == 'client: send 3 "1000"')
        await pilot.press("down")
        await pilot.pause()
        assert form.command() == 'client: send 3 "1000"'


async def test_a_repetition_is_begun_and_ended() -> None:
    lab = PaperLab(conversation())
    lab.status = "running"
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, SendForm)
        put(form, "every", "0.5")
        await pilot.press("f4", "enter")
        await until(pilot, lambda: lab.submitted)
        assert lab.lines == [r'client: every 0.5 send 3 "hello\n"']
        (ticket,) = form.repetitions
        form.query_one("#stop-repeat", Button).press()
        await until(pilot, lambda: lab.withdrawn == [ticket])


async def test_every_repetition_is_ended_and_the_button_stays_until_then() -> None:
    lab = PaperLab(conversation())
    lab.status = "running"
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, SendForm)
        put(form, "every", "0.5")
        await pilot.press("f4", "enter")
        await until(pilot, lambda: len(form.repetitions) == 1)
        put(form, "every", "2")
        await pilot.press("enter")
        await until(pilot, lambda: len(form.repetitions) == 2)
        begun = list(form.repetitions)
        assert form.query_one("#stop-repeat").region.area
        begun[1].status = "done"
        form.renew()
        assert form.has_class("-repeating")
        form.query_one("#stop-repeat", Button).press()
        await until(pilot, lambda: lab.withdrawn == begun[:1])
        await until(pilot, lambda: not form.has_class("-repeating"))


async def test_the_endings_have_buttons() -> None:
    lab = PaperLab(conversation())
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        await pilot.press("f4")
        for id in ("#shutdown", "#close", "#reset"):
            await pilot.click(id)
        await until(pilot, lambda: len(lab.submitted) == 3)
        assert lab.lines == ["client: shutdown 3 out", "client: close 3", "client: reset 3"]


async def test_a_call_that_failed_is_explained_in_the_form_that_asked_for_it() -> None:
    lab = PaperLab()
    app = SocklabApp(lab)
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        form = the(app, ServerForm)
        await pilot.press("f2", "enter")
        await until(pilot, lambda: form.ticket is not None)
        assert form.ticket is not None
        form.ticket.n = lab.journal.append(
            Command(t=0, program="server", text=lab.lines[0], origin="form")
        )
        lab.journal.append(
            Call(t=0, program="server", name="bind", fd=3, error="EACCES", cause=form.ticket.n)
        )
        await until(pilot, lambda: "bind: EACCES" in text_of(app, "#server .message"))
        assert "1024" in text_of(app, "#server .message")
        await pilot.press("9")
        await until(pilot, lambda: "EACCES" not in text_of(app, "#server .message"))


async def test_a_form_that_asked_for_nothing_says_nothing_of_others_failures() -> None:
    app = SocklabApp(PaperLab())
    async with app.run_test(size=WIDE) as pilot:
        await started(app, pilot)
        for form in lab_screen(app).query(Form):
            assert form.ticket is None
