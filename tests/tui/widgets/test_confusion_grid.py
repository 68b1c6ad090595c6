import pytest
from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.color import Color

from engine.events import ConfusionMatrix
from tests.tui.screen_text import SIZES, lines, matrix_of, predictions
from tui.widgets.confusion_grid import CellOpened, ConfusionGrid

FOURS = {4: (9, 0.8), 6: (9, 0.7), 19: (9, 0.6), 2: (7, 0.9)}  # test images 4, 6 and 19 are fours, 2 is a 1


class Host(App[None]):
    def __init__(self, matrix: ConfusionMatrix) -> None:
        super().__init__()
        self.matrix = matrix
        self.opened: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        yield ConfusionGrid()

    def on_mount(self) -> None:
        self.grid.matrix = self.matrix
        self.grid.focus()

    def on_cell_opened(self, message: CellOpened) -> None:
        self.opened.append((message.true, message.predicted))

    @property
    def grid(self) -> ConfusionGrid:
        return self.query_one(ConfusionGrid)


def mnist_matrix() -> ConfusionMatrix:
    return matrix_of(predictions(FOURS))


def wide_matrix(classes: int) -> ConfusionMatrix:
    """Return a matrix with `label` right images of each class, and one more predicted the class before."""
    cells = [(label, label, label + 1) for label in range(classes)]
    cells += [(label, label - 1, 1) for label in range(1, classes)]
    return ConfusionMatrix(classes, tuple(sorted(cells)))


def numbers(line: str) -> list[str]:
    return line.replace("‹", " ").split()


def segment_at(app: App[None], x: int, y: int) -> Segment:
    strip = app.screen._compositor.render_strips()[y].crop(x, x + 1)
    return next(segment for segment in strip if segment.text)


def background(app: App[None], x: int, y: int) -> Color:
    style = segment_at(app, x, y).style
    assert style is not None and style.bgcolor is not None
    return Color.from_rich_color(style.bgcolor)


def distance(one: Color, other: Color) -> int:
    return abs(one.r - other.r) + abs(one.g - other.g) + abs(one.b - other.b)


@pytest.mark.parametrize("size", SIZES)
async def test_every_count_of_ten_classes_is_seen(size: tuple[int, int]) -> None:
    matrix = mnist_matrix()
    app = Host(matrix)
    async with app.run_test(size=size):
        shown = [numbers(line) for line in lines(app)]
        assert shown[0] == ["true", "↓", "predicted", "→"]
        assert shown[1] == [str(label) for label in range(10)]
        rows = [line for line in shown[2:] if line]
        for label, counts in enumerate(matrix.rows()):
            assert rows[label] == [str(label), *(str(count or "·") for count in counts)]


async def test_the_cells_are_taller_where_there_is_room() -> None:
    app = Host(mnist_matrix())
    async with app.run_test(size=(120, 40)) as pilot:
        assert app.grid.row_height == 2
        assert [line for line in lines(app)[2:22] if not line.strip()] == lines(app)[3:22:2]
        await pilot.resize_terminal(80, 24)
        assert app.grid.row_height == 2
        await pilot.resize_terminal(80, 20)
        assert app.grid.row_height == 1


async def test_mistakes_and_right_answers_are_shaded_on_scales_of_their_own() -> None:
    cells = [(label, label, 980) for label in range(10)] + [(0, 1, 20), (0, 2, 2)]
    app = Host(ConfusionMatrix(10, tuple(sorted(cells))))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("end", *["down"] * 9)  # the cursor out of the way
        columns = [2 + 6 * column for column in range(10)]
        plain, right, many, few = (background(app, columns[c], 2) for c in (3, 0, 1, 2))
        assert distance(plain, many) > distance(plain, few) > 30
        assert distance(plain, right) > 100
        assert distance(right, many) > 100


async def test_the_cursor_moves_stays_inside_and_tells_the_cell_by_a_sign() -> None:
    app = Host(mnist_matrix())
    async with app.run_test(size=(80, 24)) as pilot:
        assert app.grid.cursor == (0, 0)
        await pilot.press("up", "left")
        assert app.grid.cursor == (0, 0)
        await pilot.press("down", "down", "right")
        assert app.grid.cursor == (2, 1)
        marked = [line for line in lines(app) if "‹" in line]
        assert len(marked) == 1
        assert marked[0].split("‹")[0].split() == ["2", "·", "·"]
        await pilot.press("end", "pagedown", "pagedown", "pagedown")
        assert app.grid.cursor == (9, 9)
        await pilot.press("home", "pageup", "pageup", "pageup")
        assert app.grid.cursor == (0, 0)


async def test_enter_opens_the_cell_under_the_cursor() -> None:
    app = Host(mnist_matrix())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press(*["down"] * 4, *["right"] * 9, "enter")
        await pilot.pause()
        assert app.opened == [(4, 9)]


async def test_a_click_moves_the_cursor_and_a_double_click_opens() -> None:
    app = Host(mnist_matrix())
    async with app.run_test(size=(80, 20)) as pilot:
        width = (80 - 2) // 10
        x, y = 2 + 9 * min(width, 6) + 1, 2 + 4
        await pilot.click(ConfusionGrid, offset=(x, y))
        assert (app.grid.cursor, app.opened) == ((4, 9), [])
        await pilot.click(ConfusionGrid, offset=(3, 0))  # the header is no cell
        assert app.grid.cursor == (4, 9)
        await pilot.click(ConfusionGrid, offset=(x, y), times=2)
        await pilot.pause()
        assert app.opened == [(4, 9)]


@pytest.mark.parametrize("classes", [26, 100, 1000])
async def test_many_classes_scroll_with_the_cursor(classes: int) -> None:
    app = Host(wide_matrix(classes))
    async with app.run_test(size=(80, 24)) as pilot:
        last = classes - 1
        app.grid.cursor = (last, last)
        await pilot.pause()
        row = next(line for line in lines(app) if "‹" in line)
        assert numbers(row)[0] == str(last)
        assert row.split("‹")[0].split()[-2:] == ["1", str(classes)]
        assert numbers(lines(app)[1])[-1] == str(last)
        column = row.index("‹") - 1
        assert lines(app)[1][: column + 1].endswith(str(last)), "the label stands over its column"
        await pilot.press("up", "left")
        row = next(line for line in lines(app) if "‹" in line)
        assert row.split("‹")[0].split()[-1] == str(last)


@pytest.mark.parametrize("width", [40, 41])
async def test_no_count_is_cut_at_either_edge(width: int) -> None:
    """Each number in a row is one of its counts, wherever the columns happen to end."""
    app = Host(wide_matrix(300))
    async with app.run_test(size=(width, 20)) as pilot:
        for keys in (["down"] * 20, ["right"] * 25, ["left"] * 3, ["end"]):
            await pilot.press(*keys)
            await pilot.pause()
            header, *rows = [[int(n) for n in numbers(line) if n.isdigit()] for line in lines(app)[1:15]]
            assert len(header) > 3
            assert header == list(range(header[0], header[0] + len(header)))
            for label, *counts in rows:
                assert set(counts) <= {1, label + 1}


async def test_a_click_in_a_scrolled_grid_hits_what_is_seen() -> None:
    app = Host(wide_matrix(1000))
    async with app.run_test(size=(80, 24)) as pilot:
        app.grid.cursor = (500, 500)
        await pilot.pause()
        y = next(y for y, line in enumerate(lines(app)) if "‹" in line)
        x = lines(app)[y].index("‹") - 1
        app.grid.cursor = (498, 498)
        await pilot.pause()
        await pilot.click(ConfusionGrid, offset=(x, y))
        assert app.grid.cursor == (500, 500)


async def test_a_smaller_matrix_takes_the_cursor_along() -> None:
    app = Host(wide_matrix(26))
    async with app.run_test(size=(80, 24)) as pilot:
        app.grid.cursor = (25, 24)
        app.grid.matrix = mnist_matrix()
        await pilot.press("enter")
        await pilot.pause()
        assert app.opened == [(9, 9)]
        assert app.grid.scroll_offset == (0, 0)


async def test_without_a_matrix_nothing_is_drawn_and_nothing_opened() -> None:
    app = Host(ConfusionMatrix(0, ()))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("enter", "down", "right", "end", "pagedown")
        assert not "".join(lines(app)).strip()
        assert app.opened == []


async def test_it_is_readable_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    with_colour = Host(mnist_matrix())
    async with with_colour.run_test(size=(80, 24)):
        expected = lines(with_colour)
    monkeypatch.setenv("NO_COLOR", "1")
    app = Host(mnist_matrix())
    async with app.run_test(size=(80, 24)):
        assert app.no_color
        assert lines(app) == expected


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark"])
async def test_it_draws_in_any_theme(theme: str) -> None:
    app = Host(mnist_matrix())
    async with app.run_test(size=(80, 24)) as pilot:
        assert theme in app.available_themes
        app.theme = theme
        await pilot.pause()
        assert "‹" in lines(app)[2]


@pytest.mark.parametrize("width", [30, 80])
async def test_names_are_cut_to_their_column_and_row_by_cells(width: int) -> None:
    """Every line is as long as the others, whatever the names; a name that fits is whole."""
    names = ("猫猫猫猫猫猫猫猫", "cat", "a name of more than forty characters, in words")
    app = Host(ConfusionMatrix(3, ((0, 0, 5), (1, 2, 3), (2, 2, 9))))
    async with app.run_test(size=(width, 12)) as pilot:
        app.grid.names = names
        await pilot.pause()
        drawn = [app.grid.render_line(y).text for y in range(1, 5)]
        assert {cell_len(line) for line in drawn} == {app.grid.size.width}
        assert " cat " in drawn[0]
        assert "猫" in drawn[1]
        assert "…" in drawn[0]


@pytest.mark.parametrize("width", range(40, 44))
async def test_no_count_lies_half_under_the_scrollbar(width: int) -> None:
    app = Host(ConfusionMatrix(30, tuple((row, column, 123) for row in range(30) for column in range(30))))
    async with app.run_test(size=(width, 12)):
        assert set(numbers(lines(app)[4])[1:]) == {"123"}
