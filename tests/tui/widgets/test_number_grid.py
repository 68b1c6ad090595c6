"""Numbers in cells: each sign and size can be read, and the cursor is where a person looks."""

import numpy as np
import pytest
from textual import events
from textual.app import App, ComposeResult

from tests.tui.screen_text import lines
from tui.text.glyphs import use_ascii
from tui.widgets.number_grid import NumberGrid
from tui.widgets.number_layouts import Place, Sheet

WHEEL_UP = events.MouseScrollUp(None, 1, 1, 0, -1, 0, False, False, False)
EIGHTHS = "▁▂▃▄▅▆▇█"


class Host(App[None]):
    def __init__(self, sheet: Sheet) -> None:
        super().__init__()
        self.sheet = sheet
        self.moves: list[Place] = []

    def compose(self) -> ComposeResult:
        yield NumberGrid()

    def on_mount(self) -> None:
        self.cells.focus()

    def on_ready(self) -> None:
        self.cells.show(self.sheet)

    def on_number_grid_moved(self, message: NumberGrid.Moved) -> None:
        self.moves.append(message.place)

    @property
    def cells(self) -> NumberGrid:
        return self.query_one(NumberGrid)


async def test_a_vector_is_a_table_of_signs_and_sizes() -> None:
    values = np.linspace(-1, 1, 25)
    async with Host(Sheet(values)).run_test(size=(30, 8)) as pilot:
        await pilot.pause()
        shown = lines(pilot.app)
        for row in range(3):
            label, *cells = shown[row][:3], *(shown[row][3 + 2 * i : 5 + 2 * i] for i in range(10))
            assert int(label) == 10 * row
            for value, cell in zip(values[10 * row :], cells, strict=False):
                if value == 0:
                    assert cell == "· "
                    continue
                assert cell[0] == ("-" if value < 0 else "+")
                assert EIGHTHS.index(cell[1]) + 1 == max(1, round(abs(value) * 8))


async def test_the_cursor_starts_on_the_largest_and_moves_by_rows_and_columns() -> None:
    values = np.zeros(50)
    values[17] = -3
    app = Host(Sheet(values))
    async with app.run_test(size=(30, 4)) as pilot:
        await pilot.pause()
        assert app.cells.cursor == (17,)
        await pilot.press("down", "down", "right", "up")
        assert app.cells.cursor == (28,)
        await pilot.press("down", "down", "down", "down")
        assert app.cells.cursor == (48,)  # below is nothing more
        assert lines(app)[3].startswith("40 ")  # and it is in view
        await pilot.press("pageup", "home")
        assert app.cells.cursor == (17,)
        await pilot.click(NumberGrid, offset=(3 + 2 * 4, 0))
        assert app.moves[-1] == app.cells.cursor == (14,)


async def test_a_matrix_scrolls_both_ways_to_the_cursor() -> None:
    values = np.ones((100, 60))
    values[80, 50] = -4
    app = Host(Sheet(values))
    async with app.run_test(size=(30, 6)) as pilot:
        await pilot.pause()
        row = next(line for line in lines(app) if line.startswith("80 "))
        assert "-█" in row
        await pilot.press(*["left"] * 3)
        assert app.cells.cursor == (80, 47)
        top = [line[:3] for line in lines(app)]
        app.cells.post_message(WHEEL_UP)
        await pilot.pause()
        assert [line[:3] for line in lines(app)] != top


async def test_few_numbers_are_bars_with_what_they_stand_for() -> None:
    app = Host(Sheet(np.array([0.5, -1.0, 0.25]), label=lambda at: f"class {at}"))
    async with app.run_test(size=(44, 6)) as pilot:
        await pilot.pause()
        first, second, third, *_rest = lines(app)
        assert first.startswith(" class 0  0.5 ")
        assert second.startswith("›class 1   -1 ")
        assert first.count("█") == 2 * third.count("█") > 4
        assert second.count("▒") == 2 * first.count("█")


async def test_an_image_fills_the_room_and_a_click_finds_its_pixel() -> None:
    image = np.zeros((8, 8), np.uint8)
    image[2, 5] = 255
    app = Host(Sheet(image, picture=True, ink=True))
    async with app.run_test(size=(40, 16)) as pilot:
        await pilot.pause()
        assert app.cells.cursor == (2, 5)
        dark = [(y, x) for y, line in enumerate(lines(app)) for x, sign in enumerate(line) if sign == "@"]
        assert dark == [(y, x) for y in (4, 5) for x in range(20, 24)]
        await pilot.click(NumberGrid, offset=(1, 15))
        assert app.cells.cursor == (7, 0)


@pytest.mark.parametrize("room", [(1, 1), (3, 2), (12, 3)])
@pytest.mark.parametrize(
    "values", [np.full((28, 28), np.nan), np.array([np.inf, -np.inf, np.nan]), np.zeros(0), np.zeros((3, 0))]
)
async def test_nothing_is_too_small_or_not_finite_enough_to_be_drawn(
    room: tuple[int, int], values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]"
) -> None:
    app = Host(Sheet(values, picture=values.shape == (28, 28), label=str))
    async with app.run_test(size=room) as pilot:
        await pilot.pause()
        await pilot.press("down", "right", "pagedown", "home")
        assert len(lines(app)) == room[1]


async def test_ascii_tells_sign_and_size_too() -> None:
    use_ascii(True)
    try:
        app = Host(Sheet(np.array([1.0, -0.5, 0.0])))
        async with app.run_test(size=(20, 3)) as pilot:
            await pilot.pause()
            assert lines(app)[0].split() == ["0", "+8-4."]
    finally:
        use_ascii(False)
