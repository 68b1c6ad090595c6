"""A plot of anything over anything: histograms, curves of accuracy over noise. `Chart` is that of epochs."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text

from tui.text.glyphs import is_ascii
from tui.widgets.chart import centred, flowing
from tui.widgets.drawn_lines import DrawnLines, hexadecimal
from tui.widgets.graph_figure import COLORS, Figure, draw, mark_symbol, symbol
from tui.widgets.plotext_figure import Line, Rgb


class Graph(DrawnLines):
    """One widget: the title and a legend with the curves' symbols, and below them the plot.

    Words stand in its middle while there is nothing to draw.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "graph--title",
        "graph--axis",
        "graph--mark",
        *(f"graph--{number}" for number in range(len(COLORS))),
    }
    DEFAULT_CSS = """
    Graph {
        height: 1fr;
        & > .graph--title { text-style: bold; }
        & > .graph--axis { color: $text-muted; }
        & > .graph--mark { color: $text-success; }
        CURVES
    }
    """.replace(
        "CURVES",
        "".join(f"& > .graph--{number} {{ color: {color}; }} " for number, color in enumerate(COLORS)),
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._figure: Figure | None = None
        self._nothing = ""

    def show(self, figure: Figure | None, nothing: str = "") -> None:
        """Draw `figure`, if it is another; without a point to draw, say `nothing`."""
        if (figure, nothing) != (self._figure, self._nothing):
            self._figure, self._nothing = figure, nothing
            self.redraw()

    def shown(self) -> tuple[object, ...]:
        """Return what decides the lines."""
        return self._figure, self._nothing

    def drawn(self) -> Sequence[Text | Line]:
        """Return head and plot."""
        width, height = self.size
        figure = self._figure
        head = flowing(self._head(figure), width) if figure is not None else []
        body: Sequence[Text | Line] = []
        if figure is not None and any(curve.points for curve in figure.curves):
            body = draw(figure, width, height - len(head), self._rgb) or []
        else:
            body = centred(
                self._nothing,
                self.get_component_rich_style("graph--axis"),
                self.app.console,
                (width, height - len(head)),
            )
        return [*head, *body][:height]

    def _head(self, figure: Figure) -> list[Text]:
        """Return title, what the axes are, curves and marks."""
        parts = [Text(figure.title, self._style("title"))] if figure.title else []
        axes = figure.y_title, figure.x_title
        if any(axes):
            arrows = ("|", "-") if is_ascii() else ("↑", "→")
            named = [f"{arrow} {name}" for arrow, name in zip(arrows, axes, strict=True) if name]
            parts.append(Text("  ".join(named), self._style("axis")))
        parts += [
            Text.assemble((symbol(curve), self._style(str(curve.number % len(COLORS)))), f" {curve.label}")
            for curve in figure.curves
            if curve.label
        ]
        return parts + [
            Text.assemble((mark_symbol(), self._style("mark")), f" {label}")
            for _x, label in figure.marks
            if label
        ]

    def _style(self, name: str) -> str:
        """Return the style of a component class, its colour as `#rrggbb`."""
        style = self.get_component_rich_style(f"graph--{name}")
        bold = "bold " if style.bold else ""
        return bold + hexadecimal(self._rgb(name))

    def _rgb(self, name: str) -> Rgb:
        return self.rgb(f"graph--{name}")
