import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text
from textual.app import App, ComposeResult

from engine.analysis.thinning import Point, thinned
from tests.tui.screen_text import lines, seen
from tui.widgets import chart
from tui.widgets.chart import Chart, flowing
from tui.widgets.chart_axes import ValueAxis, epoch_ticks, log_ticks, nice_ticks, value_range
from tui.widgets.chart_series import Curve, Drawing, Mark, MarkKind, View, finite, smoothed, spaced_out

BEST = "★"


class Host(App[None]):
    CSS = "Chart { width: 1fr; height: 1fr; }"

    def __init__(self, *, percent: bool = False) -> None:
        super().__init__()
        self.chart = Chart("Loss", percent=percent)

    def compose(self) -> ComposeResult:
        yield self.chart


def drawing(
    training: tuple[Point, ...], validation: tuple[Point, ...] = (), last: int = 10, **marks: object
) -> Drawing:
    curves = (
        Curve("training (running)", training, "○", "training"),
        Curve("validation", validation, "●", "validation"),
    )
    return Drawing(curves, last, **marks)  # type: ignore[arg-type]


DIVERGED = Mark(8.5, MarkKind.DIVERGED, "diverged", "diverged at epoch 9")
FALLING = tuple((float(epoch), 1 / epoch) for epoch in range(1, 9))
ABOVE = tuple((epoch, value + 0.2) for epoch, value in FALLING)


async def draw(
    what: Drawing, size: tuple[int, int] = (60, 14), *, percent: bool = False
) -> tuple[list[str], str]:
    app = Host(percent=percent)
    async with app.run_test(size=size) as pilot:
        app.chart.show(what, "nothing yet")
        await pilot.pause()
        return lines(app), seen(app)


async def test_title_legend_and_latest_values_stand_above_the_plot() -> None:
    rows, _ = await draw(drawing(FALLING, ABOVE, best=(8, 0.325)), (80, 14))
    assert rows[0].split() == [
        *("▸", "Loss", "○", "training", "(running)", "0.1250", "●", "validation", "0.3250"),
        *(BEST, "epoch", "8"),
    ]


async def test_curves_differ_by_symbol_and_the_best_epoch_is_marked() -> None:
    rows, _ = await draw(drawing(FALLING, ABOVE, best=(8, 0.325)))
    plot = "".join(rows[2:])
    assert plot.count("○") == 8
    assert plot.count("●") == 7
    assert plot.count(BEST) == 1


async def test_epoch_ticks_are_whole_numbers() -> None:
    rows, _ = await draw(drawing(FALLING, last=8))
    assert [int(tick) for tick in rows[-1].split()] == [0, 2, 4, 6, 8]


async def test_accuracy_is_in_percent() -> None:
    rows, _ = await draw(drawing(((1.0, 0.9), (2.0, 0.95), (3.0, 0.97))), percent=True)
    assert "97.00%" in rows[0]
    assert any("94%┤" in row for row in rows)


async def test_without_a_point_words_stand_in_its_place() -> None:
    _, text = await draw(drawing(()))
    assert "nothing yet" in text
    assert "┤" not in text


async def test_a_symbol_stands_on_its_line() -> None:
    rows, _ = await draw(drawing(FALLING, last=8), size=(90, 24))
    for above, row, below in zip(rows[1:], rows[2:], rows[3:], strict=False):
        for column, cell in enumerate(row):
            if cell == "○":
                around = "".join(line[column - 1 : column + 2] for line in (above, row, below))
                assert any("⠀" < neighbour <= "⣿" for neighbour in around)


async def test_divergence_is_a_line_from_top_to_bottom() -> None:
    rows, _ = await draw(drawing(FALLING, marks=(DIVERGED,)))
    with_line = [row for row in rows[1:] if "│" in row[10:]]
    assert len(with_line) >= 9
    assert sum("✗" in row[10:] for row in rows[1:]) == 1


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (5, 3), (11, 4), (13, 4), (20, 5), (80, 2), (12, 40)])
async def test_tiny_sizes_do_no_harm(size: tuple[int, int]) -> None:
    await draw(drawing(FALLING, ABOVE, best=(8, 0.325), marks=(DIVERGED,)), size)


@pytest.mark.parametrize(
    "points",
    [
        ((1.0, 0.5),),
        ((0.25, 0.5),),
        ((1.0, 0.5), (2.0, 0.5)),
        ((1.0, 0.0), (2.0, 0.0)),
        ((1.0, 1.0), (2.0, 1.0)),
        ((1.0, math.inf), (2.0, 1.0)),
        ((1.0, math.nan), (2.0, -math.inf)),
        ((1.0, 1e30), (2.0, 1e-30)),
        tuple((float(epoch), epoch % 7 / 7) for epoch in range(1, 5001)),
    ],
)
@pytest.mark.parametrize("percent", [False, True])
async def test_odd_points_do_no_harm(points: tuple[Point, ...], percent: bool) -> None:
    what = drawing(points, last=int(points[-1][0]) + 1, best=points[0])
    _, text = await draw(what, percent=percent)
    assert "Loss" in text


async def test_a_single_point_has_axes_and_a_symbol() -> None:
    rows, _ = await draw(drawing(((0.25, 0.5),)))
    assert any("○" in row for row in rows[1:])
    assert any("┤" in row for row in rows[1:])


@pytest.mark.usefixtures("draws")
async def test_the_same_drawing_is_not_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.chart.show(drawing(FALLING), "")
        await pilot.pause()
        built: list[int] = []
        monkeypatch.setattr(chart, "plot", lambda *_, **__: built.append(1))
        app.chart.show(drawing(FALLING), "")
        await pilot.pause()
        assert not built
        app.chart.show(drawing(FALLING[:-1]), "")
        await pilot.pause()
        assert built


async def test_colours_follow_the_theme() -> None:
    app = Host()
    async with app.run_test() as pilot:
        app.chart.show(drawing(FALLING, ABOVE), "")
        await pilot.pause()
        seen_colours = set()
        for theme in ("textual-dark", "textual-light", "nord", "ansi-light"):
            app.theme = theme
            await pilot.pause()
            seen_colours.add(app.chart.color("training"))
            assert app.chart.color("training") != app.chart.color("validation")
            assert app.chart.color("training") in app.export_screenshot().lower()
        assert len(seen_colours) >= 3


async def test_without_colour_the_curves_are_still_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    rows, _ = await draw(drawing(FALLING, ABOVE))
    assert "○" in "".join(rows[1:])
    assert "●" in "".join(rows[1:])


def test_a_legend_breaks_between_its_parts_alone() -> None:
    parts = [Text("one two"), Text("three"), Text("混淆矩阵 five")]
    assert [line.plain for line in flowing(parts, 40)] == ["one two  three  混淆矩阵 five"]
    assert [line.plain for line in flowing(parts, 15)] == ["one two  three", "混淆矩阵 five"]
    assert [line.plain for line in flowing(parts, 1)] == ["one two", "three", "混淆矩阵 five"]


def test_thinning_keeps_the_spikes_and_the_order() -> None:
    points = [(float(n), 0.0) for n in range(10_000)]
    points[4_321] = (4_321.0, 9.0)
    few = thinned(points, 50)
    assert len(few) <= 100
    assert (4_321.0, 9.0) in few
    assert few == sorted(few)


def test_few_points_are_not_thinned() -> None:
    assert thinned(FALLING, 4) == list(FALLING)


def test_symbols_stand_at_whole_epochs_the_last_included() -> None:
    points = [(0.5, 1.0), *((float(n), 1.0) for n in range(1, 101))]
    few = spaced_out(points, 10)
    assert len(few) == 10
    assert few[0] == (100.0, 1.0)
    assert (0.5, 1.0) not in few


@given(st.integers(1, 100_000), st.integers(1, 40))
def test_epoch_ticks_are_few_and_start_at_nought(last: int, limit: int) -> None:
    ticks = epoch_ticks(0, last, limit)
    assert ticks[0] == 0
    assert ticks[-1] <= last
    assert len(ticks) <= limit + 1


numbers = st.floats(0, 1e6, allow_nan=False)


@given(st.lists(numbers, min_size=1), st.integers(2, 12))
def test_value_ticks_lie_on_the_axis(values: list[float], limit: int) -> None:
    low, high = value_range(values, (0.0, math.inf))
    assert low < high
    assert low <= min(values)
    assert high >= max(values)
    ticks = nice_ticks(low, high, limit)
    assert len(ticks) <= limit
    slack = 1e-6 * (high - low)
    assert all(low - slack <= tick <= high + slack for tick in ticks)


def test_points_that_are_not_finite_are_left_out() -> None:
    points = [(1.0, math.nan), (2.0, math.inf), (3.0, 0.5), (4.0, -math.inf)]
    assert finite(points) == [(3.0, 0.5)]


@pytest.mark.parametrize("percent", [False, True])
def test_a_logarithmic_axis_takes_values_without_a_logarithm(percent: bool) -> None:
    axis = ValueAxis([0.0, 0.5, 0.01, 1.0], percent=percent, log=True)
    assert axis.low < axis.high
    assert ("100%" if percent else "0") in axis.labels
    places = [axis.at(value) for value in (0.0, 0.01, 0.5, 1.0)]
    assert places == sorted(places)
    assert len(set(places)) == 4


def test_numbers_of_a_logarithmic_axis_are_round() -> None:
    assert log_ticks(-3.1, 0.2, 4) == pytest.approx([0.001, 0.01, 0.1, 1.0])
    assert log_ticks(-0.5, 0.5, 4) == pytest.approx([0.5, 1.0, 2.0])


async def test_the_cursor_reads_off_an_epoch_and_what_happened_in_it() -> None:
    app = Host()
    change = Mark(6.5, MarkKind.CHANGE, "dropout 0 → 0.2", "dropout 0 → 0.2 after epoch 7, batch 422.")
    async with app.run_test(size=(90, 16)) as pilot:
        app.chart.show(drawing(FALLING, ABOVE, marks=(change,)), "")
        app.chart.focus()
        await pilot.press("left")
        assert app.chart.view.cursor == 8
        await pilot.press("left")
        assert "▼ epoch 7 ○ training (running) 0.1429 ● validation 0.3429" in seen(app)
        assert "◆ dropout 0 → 0.2 after epoch 7, batch 422." in seen(app)
        await pilot.press("home", "left")
        assert app.chart.view.cursor == 1
        await pilot.press("end")
        assert app.chart.view.cursor == 8
        await pilot.press("escape")
        assert app.chart.view.cursor is None
        assert "▼" not in seen(app)


async def test_a_click_reads_off_the_epoch_under_it() -> None:
    app = Host()
    async with app.run_test(size=(90, 16)) as pilot:
        app.chart.show(drawing(FALLING, last=8), "")
        await pilot.pause()
        await pilot.click(Chart, offset=(48, 8))
        assert app.chart.view.cursor == 4


async def test_zoom_shows_the_last_epochs_and_then_all_again() -> None:
    app = Host()
    points = tuple((float(epoch), 1 / epoch) for epoch in range(1, 31))
    async with app.run_test(size=(90, 16)) as pilot:
        app.chart.show(drawing(points, last=50), "")
        app.chart.focus()
        await pilot.press("z")
        assert "Loss, last 20 epochs" in seen(app)
        await pilot.press("z")
        assert "Loss, last 5 epochs" in seen(app)
        assert [int(tick) for tick in lines(app)[-1].split()] == [25, 26, 27, 28, 29, 30]
        await pilot.press("z", "l")
        assert "Loss, log " in seen(app)


def test_the_cursor_stays_in_what_is_shown() -> None:
    what = drawing(tuple((float(epoch), 1.0) for epoch in range(1, 31)))
    assert View(cursor=3, zoom=5).reading(what) == 25
    assert View(cursor=99).reading(what) == 30
    assert View(cursor=3).reading(drawing(())) is None


def test_smoothing_starts_at_the_first_value_and_keeps_a_constant() -> None:
    assert smoothed([(1.0, 3.0)])[0] == pytest.approx((1.0, 3.0))
    assert [y for _, y in smoothed([(n, 2.0) for n in range(50)])] == pytest.approx([2.0] * 50)
    assert smoothed([(0.0, 0.0), (1.0, 1.0)])[1][1] == pytest.approx(0.1 / 0.19)
