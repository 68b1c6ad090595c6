"""A plotext figure: made with its axes, drawn on, and read as lines of coloured text. It knows no widget."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from engine.analysis.thinning import Point
from tui.text.glyphs import is_ascii

Rgb = tuple[int, int, int]
Line = tuple[tuple[str, Rgb | None], ...]
"""A line of a plot: texts from left to right, each with its colour, if it has one."""

SMALLEST = (12, 3)
"""Below this many columns and rows there is no room for axes, and nothing is drawn."""

_AXES_IN_ASCII = str.maketrans("┤└┬│─", "+++|-")


def empty_figure(
    size: tuple[int, int],
    limits: tuple[tuple[float, float], tuple[float, float]],
    x_ticks: tuple[Sequence[float], Sequence[str]],
    y_ticks: tuple[Sequence[float], Sequence[str]],
    color: Rgb,
) -> Any:
    """Return a plotext figure of `size` columns and rows that has its axes.

    limits: of the x axis and of the y axis; ticks: places on an axis, and what stands there
    """
    from textual_plotext.plot import Plot

    figure: Any = Plot()
    figure.plotsize(*size)
    figure._set_size(*size)
    figure.ticks_color(color)
    figure.axes_color("default")
    figure.canvas_color("default")
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    figure.xlim(*limits[0])
    figure.ylim(*limits[1])
    figure.xticks(list(x_ticks[0]), list(x_ticks[1]))
    figure.yticks(list(y_ticks[0]), list(y_ticks[1]))
    return figure


def scatter(figure: Any, points: Sequence[Point], symbol: str, color: Rgb) -> None:
    """Draw a symbol at each point."""
    if points:
        figure.scatter(*zip(*points, strict=True), marker=symbol, color=color)


def drawn_lines(figure: Any) -> list[Line]:
    """Return the lines of a figure from top to bottom.

    plotext's own `build` makes ANSI text of its cells, which would have to be parsed: twice the time.
    """
    figure._set_sizes()
    figure._build_matrix()
    matrix = figure.monitor.matrix
    return [
        tuple(
            (_text([symbol for symbol, _color in cells]), None if color == "default" else color)
            for color, cells in groupby(zip(symbols, colors, strict=True), key=lambda cell: cell[1])
        )
        for symbols, colors in zip(matrix.marker[::-1], matrix.fullground[::-1], strict=True)
    ]


def _text(symbols: list[str]) -> str:
    text = "".join(symbols)
    return text.translate(_AXES_IN_ASCII) if is_ascii() else text
