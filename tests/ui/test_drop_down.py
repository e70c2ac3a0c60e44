"""The choice of one word: by keys, by letters, by mouse; and that it is one widget while closed."""

from __future__ import annotations

import pytest
from textual import on
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.events import AppBlur, AppFocus
from textual.pilot import Pilot
from textual.widgets import Button

from socklab.ui.panes.drop_down import DropDown, DropDownList
from tests.ui.paper import until

BEHAVIOURS = [(name, name) for name in ("echo", "discard", "chargen", "chat")]


class Choosing(App[None]):
    """Two choices and a button below the others' lists; keeps what is chosen."""

    AUTO_FOCUS = "#behaviour"
    CSS = "#far { margin-top: 9; }"

    def __init__(self) -> None:
        super().__init__()
        self.chosen: list[str | None] = []

    def compose(self) -> ComposeResult:
        with Vertical():
            yield DropDown(BEHAVIOURS, id="behaviour")
            yield DropDown([("[b]one[/b]", "1")], prompt="any program", id="program")
            yield Button("Start", id="far")

    @on(DropDown.Changed)
    def keep(self, message: DropDown.Changed) -> None:
        self.chosen.append(message.value)

    @on(Button.Pressed)
    def pressed(self) -> None:
        self.chosen.append("the button")


def drop_down(app: App[None], id: str = "behaviour") -> DropDown:
    return app.query_one(f"#{id}", DropDown)


def line(app: App[None], id: str = "behaviour") -> str:
    return drop_down(app, id).render_line(0).text


def listed(app: App[None]) -> list[str]:
    return [str(option.prompt) for option in app.query_one(DropDownList).options]


def pointed_at(app: App[None]) -> str:
    option = app.query_one(DropDownList).highlighted_option
    return "" if option is None else str(option.prompt)


async def opened(app: App[None], pilot: Pilot[None], key: str = "enter") -> None:
    await pilot.press(key)
    await until(pilot, lambda: isinstance(app.focused, DropDownList))


async def closed(app: App[None], pilot: Pilot[None]) -> None:
    await until(pilot, lambda: not app.query(DropDownList))


@pytest.mark.parametrize("key", ["enter", "space", "down", "up"])
async def test_a_key_opens_the_list_at_what_is_chosen(key: str) -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        drop_down(app).value = "discard"
        await opened(app, pilot, key)
        assert listed(app) == ["echo", "discard", "chargen", "chat"]
        assert pointed_at(app) == "discard"


async def test_arrow_keys_and_enter_choose() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        assert line(app).split() == ["echo", "▼"]
        await opened(app, pilot)
        assert line(app).split() == ["echo", "▲"]
        await pilot.press("down", "down", "enter")
        await closed(app, pilot)
        assert drop_down(app).value == "chargen"
        assert app.chosen == ["chargen"]
        assert line(app).split() == ["chargen", "▼"]
        assert app.focused is drop_down(app)


async def test_letters_go_to_the_option_that_says_them_earliest() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        await opened(app, pilot)
        await pilot.press("C")
        assert pointed_at(app) == "chargen"
        await pilot.press("h", "a", "t")
        assert pointed_at(app) == "chat"


async def test_a_letter_after_a_pause_begins_another_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socklab.ui.panes.drop_down.SEARCH", 0.0)
    app = Choosing()
    async with app.run_test() as pilot:
        await opened(app, pilot)
        await pilot.press("c", "d")
        assert pointed_at(app) == "discard"


async def test_escape_leaves_everything_as_it_was() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        await opened(app, pilot)
        await pilot.press("down", "escape")
        await closed(app, pilot)
        assert app.chosen == []
        assert app.focused is drop_down(app)


async def test_it_goes_by_mouse_alone() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        await pilot.click("#behaviour")
        await until(pilot, lambda: app.query(DropDownList))
        await pilot.pause()
        await pilot.click(DropDownList, offset=(3, 2))
        await closed(app, pilot)
        assert app.chosen == ["discard"]


@pytest.mark.parametrize("where", ["#behaviour", "#far"])
async def test_a_click_elsewhere_closes_it_and_does_nothing_else(where: str) -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        await opened(app, pilot)
        await pilot.mouse_down(where)
        await pilot.pause()
        await pilot.mouse_up(where)
        await closed(app, pilot)
        assert app.chosen == []


async def test_another_window_s_turn_does_not_close_it() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        await opened(app, pilot)
        app.post_message(AppBlur())
        await until(pilot, lambda: app.focused is None)
        app.post_message(AppFocus())
        await until(pilot, lambda: isinstance(app.focused, DropDownList))
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.chosen == ["discard"])


async def test_a_prompt_stands_for_nothing_chosen_and_can_be_chosen_again() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        assert line(app, "program").split("▼")[0].strip() == "any program"
        await pilot.press("tab")
        await opened(app, pilot)
        assert listed(app) == ["any program", "[b]one[/b]"]
        await pilot.press("down", "enter")
        await until(pilot, lambda: app.chosen == ["1"])
        assert "[b]one[/b]" in line(app, "program")
        await closed(app, pilot)
        await opened(app, pilot)
        await pilot.press("up", "enter")
        await until(pilot, lambda: app.chosen == ["1", None])


async def test_other_options_keep_what_is_chosen_if_it_is_among_them() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        drop_down(app).value = "chat"
        drop_down(app).offer([("chat", "chat"), ("http", "http")])
        assert drop_down(app).value == "chat"
        drop_down(app).offer([("http", "http")])
        assert drop_down(app).value == "http"
        drop_down(app, "program").value = "1"
        drop_down(app, "program").offer([])
        assert drop_down(app, "program").value is None
        await pilot.pause()
        assert app.chosen == ["chat", "http", "1", None]


async def test_other_options_show_in_an_open_list() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        await opened(app, pilot)
        drop_down(app).offer([("http", "http"), ("echo", "echo")])
        assert listed(app) == ["http", "echo"]
        assert pointed_at(app) == "echo"


async def test_what_is_not_offered_cannot_be_chosen() -> None:
    app = Choosing()
    async with app.run_test():
        with pytest.raises(ValueError, match="'daytime'"):
            drop_down(app).value = "daytime"
        assert drop_down(app).value == "echo"


async def test_what_is_too_long_for_its_line_is_cut() -> None:
    app = Choosing()
    async with app.run_test() as pilot:
        drop_down(app).styles.width = 6
        drop_down(app).value = "discard"
        await pilot.pause()
        assert line(app) == "dis… ▼"


async def test_closed_it_is_one_widget() -> None:
    app = Choosing()
    async with app.run_test():
        assert not drop_down(app).children
