"""The one chart of the program: a legend with the latest values, and a plot of curves over epochs."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.widget import Widget

from tui.language import _
from tui.sentences import loss_figure, percent
from tui.widgets.plotting import BEST, Drawing, Rgb, plot


class Chart(Widget):
    """One widget, so that it is cheap to lay out and to draw; words stand in it while there is no point.

    A curve is told apart by its symbol, not by colour alone.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--axis",
        "chart--nothing",
        "chart--training",
        "chart--validation",
        "chart--best",
        "chart--diverged",
    }
    DEFAULT_CSS = """
    Chart {
        & > .chart--axis { color: $text-muted; }
        & > .chart--nothing { color: $text-muted; }
        & > .chart--training { color: $primary; }
        & > .chart--validation { color: $text-warning; }
        & > .chart--best { color: $text-success; }
        & > .chart--diverged { color: $text-error; }
    }
    """

    def __init__(
        self,
        title: str,
        *,
        percent: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.border_title = title
        self._title = title
        self._percent = percent
        self._shown: tuple[Drawing, str] | None = None

    def show(self, drawing: Drawing, nothing: str) -> None:
        """Draw, if there is anything new; `nothing` is what to say while there is no point at all."""
        if self._shown != (drawing, nothing):
            self._shown = (drawing, nothing)
            self.refresh()

    def render(self) -> Text:
        """Return the head, and below it the plot or the words for an empty one."""
        if self._shown is None:
            return Text()
        drawing, nothing = self._shown
        width, height = self.size
        head = self._head(drawing, width)
        below = height - len(head)
        if any(curve.points for curve in drawing.curves):
            picture = plot(drawing, width, below, self._rgb, percent=self._percent)
            body = [Text.from_ansi(picture, no_wrap=True, end="")] if picture else []
        else:
            words = Text(nothing, self.get_component_rich_style("chart--nothing"), justify="center")
            said = words.wrap(self.app.console, max(1, width - 4))
            body = [Text()] * max(0, (below - len(said)) // 2)
            body += [Text(" " * max(0, (width - line.cell_len) // 2)) + line for line in said]
        return Text("\n", no_wrap=True, end="").join((head + body)[: max(1, height)])

    def _head(self, drawing: Drawing, width: int) -> list[Text]:
        """Return the title unless a border carries it, then symbol, name and latest value of each curve."""
        parts = [] if self.styles.border_top[0] else [Text(self._title, "bold")]
        for curve in drawing.curves:
            part = Text.assemble((curve.symbol, self.color(curve.style)), f" {curve.label}")
            if curve.latest is not None:
                part.append(f" {self._figure(curve.latest)}", "bold")
            parts.append(part)
        if drawing.best is not None:
            words = _("epoch {epoch}").format(epoch=int(drawing.best[0]))
            parts.append(Text.assemble((BEST, self.color("best")), f" {words}"))
        return flowing(parts, width)

    def _figure(self, value: float) -> str:
        return percent(value) if self._percent else loss_figure(value)

    def color(self, style: str) -> str:
        """Return the colour of a component class, as `#rrggbb`."""
        return "#{:02x}{:02x}{:02x}".format(*self._rgb(style))

    def _rgb(self, style: str) -> Rgb:
        color = self.get_component_rich_style(f"chart--{style}").color
        red, green, blue = color.get_truecolor() if color is not None else (128, 128, 128)
        return red, green, blue


def flowing(parts: Sequence[Text], width: int) -> list[Text]:
    """Return the parts side by side in lines of `width` cells, broken between them and not inside."""
    lines: list[Text] = []
    for part in parts:
        if lines and lines[-1].cell_len + 2 + part.cell_len <= width:
            lines[-1] = Text("  ").join((lines[-1], part))
        else:
            lines.append(part)
    return lines
