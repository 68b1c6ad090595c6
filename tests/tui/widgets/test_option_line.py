import pytest
from textual.app import App, ComposeResult

from tests.tui.screen_text import lines
from tui.widgets.option_line import Option, OptionLine

OPTIONS = [
    Option("t", "true any"),
    Option("p", "读作 任意", "Next class"),
    Option("o", "confident first", changed=True),
]


class Host(App[None]):
    BINDINGS = [("p", "press", "")]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__()
        self.pressed = 0

    def compose(self) -> ComposeResult:
        yield OptionLine()

    def action_press(self) -> None:
        self.pressed += 1


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (80, "t true any  p 读作 任意  o confident first"),
        (38, "t true any  p 读作 任意"),
        (23, "t true any  p 读作 任意"),
        (22, "t true any"),
        (5, ""),
    ],
)
async def test_as_many_as_fit_none_cut_in_two(width: int, expected: str) -> None:
    app = Host()
    async with app.run_test(size=(width, 3)) as pilot:
        app.query_one(OptionLine).show(OPTIONS)
        await pilot.pause()
        assert lines(app)[0].rstrip() == expected


def bold(app: App[None], y: int) -> set[str]:
    """Return what is bold in a line."""
    parts = app.screen._compositor.render_strips()[y]
    return {part.text.strip() for part in parts if part.style and part.style.bold}


async def test_a_click_presses_the_key_and_pointing_explains_it() -> None:
    app = Host()
    async with app.run_test(size=(80, 3)) as pilot:
        app.query_one(OptionLine).show(OPTIONS)
        await pilot.pause()
        await pilot.hover(OptionLine, offset=(15, 0))
        assert app.query_one(OptionLine).tooltip == "Next class"
        assert "读作 任意" in bold(app, 0)
        await pilot.hover(OptionLine, offset=(70, 0))
        assert app.query_one(OptionLine).tooltip is None
        assert "读作 任意" not in bold(app, 0)
        await pilot.click(OptionLine, offset=(15, 0))
        await pilot.pause()
        assert app.pressed == 1
        await pilot.click(OptionLine, offset=(70, 0))
        await pilot.pause()
        assert app.pressed == 1


async def test_what_is_not_as_at_first_stands_out() -> None:
    app = Host()
    async with app.run_test(size=(80, 3)) as pilot:
        app.query_one(OptionLine).show(OPTIONS)
        await pilot.pause()
        underlined = {
            part.text
            for part in app.screen._compositor.render_strips()[0]
            if part.style and part.style.underline
        }
        assert underlined == {"confident first"}
