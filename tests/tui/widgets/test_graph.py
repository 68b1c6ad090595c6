"""A plot of anything: what is drawn stands where its values say, and nothing brings it down."""

import math

import pytest

from tui.text.glyphs import use_ascii
from tui.widgets.graph_figure import Axis, Curve, Figure, draw

SQUARES = tuple((float(x), float(x * x)) for x in range(11))


def plain(figure: Figure, width: int = 60, height: int = 16) -> list[str]:
    """Return the plot without its colours."""
    drawn = draw(figure, width, height, lambda _name: (200, 200, 200))
    assert drawn is not None
    return ["".join(text for text, _color in line) for line in drawn]


def test_a_line_rises_from_the_lower_left_to_the_upper_right() -> None:
    lines = plain(Figure((Curve("squares", SQUARES),)))
    assert len(lines) == 16
    assert (lines[0] + lines[1]).index("●") > 50
    assert "●" in lines[-3][:20]
    assert "10" in lines[-1] and lines[-1].split()[0] == "0"


def test_bars_stand_on_the_axis_and_are_as_high_as_their_values() -> None:
    figure = Figure((Curve("", ((0.0, 1.0), (1.0, 4.0), (2.0, 2.0)), kind="bars"),), y_range=(0.0, 4.0))
    lines = plain(figure, 62, 18)
    rows = lines[:-2]
    heights = [sum(line[at : at + 1] == "█" for line in rows) for at in (6, 32, 57)]
    assert heights[1] == len(rows)
    assert heights[2] == pytest.approx(len(rows) / 2, abs=1)
    assert heights[0] == pytest.approx(len(rows) / 4, abs=1)
    assert heights[0] > 0


def test_logarithmic_axes_leave_out_what_has_no_logarithm() -> None:
    points = ((1e-4, 3.0), (1e-2, 1.0), (1.0, 2.0), (0.0, 9.0), (-1.0, 9.0))
    lines = plain(Figure((Curve("loss", points),), log_x=True, log_y=True))
    assert "0.01" in lines[-1]
    axis = Axis([0.0, 1e-3, 10.0], limits=None, log=True, limit=5)
    assert not axis.has(0.0)
    assert axis.at(1e-3) < axis.at(1.0) < axis.at(10.0)


def test_marks_run_from_top_to_bottom_and_ticks_have_their_names() -> None:
    figure = Figure(
        (Curve("", SQUARES),), marks=((5.0, "here"),), x_ticks=((0.0, "none"), (10.0, "all")), percent=True
    )
    lines = plain(figure)
    assert sum("┆" in line for line in lines) >= 12
    assert "none" in lines[-1]
    assert "%" in "".join(lines)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_numbers_that_are_none_are_left_out(value: float) -> None:
    assert plain(Figure((Curve("", (*SQUARES, (5.0, value), (value, 5.0))),)))
    assert draw(Figure((Curve("", ((1.0, value),)),)), 60, 16, lambda _name: (0, 0, 0)) is None


@pytest.mark.parametrize("size", [(12, 3), (13, 40), (250, 4), (5, 5), (60, 2)])
def test_any_size_is_drawn_or_left_alone(size: tuple[int, int]) -> None:
    for kind in ("line", "bars", "dots", "cloud"):
        drawn = draw(Figure((Curve("", SQUARES, kind=kind),)), *size, lambda _name: (0, 0, 0))
        assert (drawn is None) == (size[0] < 12 or size[1] < 3)
    assert draw(Figure((Curve("", ((2.0, 7.0),)),)), *size, lambda _name: (0, 0, 0)) is None or min(size) >= 3


def test_in_ascii_nothing_else_is_drawn() -> None:
    use_ascii(True)
    try:
        figure = Figure((Curve("", SQUARES, 1), Curve("", SQUARES, 2, "bars")), marks=((3.0, "x"),))
        assert all(line.isascii() for line in plain(figure))
    finally:
        use_ascii(False)
