"""The one chart of the program: a legend with values, and a plot of curves over epochs."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from rich.console import Console
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from engine.sentences import N_
from tui.text.glyphs import glyph, is_ascii
from tui.text.language import _
from tui.text.phrases import loss_figure, percent
from tui.widgets.chart_series import OTHERS, Curve, Drawing, MarkKind, View
from tui.widgets.drawn_lines import DrawnLines, hexadecimal
from tui.widgets.plotext_figure import Line, Rgb
from tui.widgets.plotext_plot import Frame, Plot, best_mark, plot

_LOW = 7
"""Rows below which a plot needs each of them."""


class Chart(DrawnLines, can_focus=True):
    """One widget, so that it is cheap to lay out and to draw; words stand in it while there is no point.

    A curve is told apart by its symbol, not by colour alone. Without a cursor the legend has the latest
    values, with one those of its epoch. How it is looked at may be shared with other charts: `Looked` tells
    them. Whoever holds the chart answers `Enlarged`.
    """

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,m", "enlarge", N_("Large"), tooltip=N_("This chart alone, or all charts again")),
        Binding("left", "read(-1)", N_("Read"), tooltip=N_("Read off the epoch before"), key_display="←→"),
        Binding("right", "read(1)", N_("Read"), tooltip=N_("Read off the next epoch"), show=False),
        Binding("home", "read_end(1)", N_("First epoch"), tooltip=N_("Read off the first epoch"), show=False),
        Binding("end", "read_end(-1)", N_("Last epoch"), tooltip=N_("Read off the last epoch"), show=False),
        Binding("z", "zoom", N_("Zoom"), tooltip=N_("All epochs, or only the last few")),
        Binding("l", "log", N_("Log"), tooltip=N_("A logarithmic axis of values, or a linear one")),
        Binding("escape", "back", N_("Back"), tooltip=N_("All charts again; without the cursor"), show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--title",
        "chart--axis",
        "chart--nothing",
        "chart--training",
        "chart--validation",
        "chart--batches",
        "chart--best",
        "chart--cursor",
        *(f"chart--{kind.value}" for kind in MarkKind),
        *(f"chart--other-{number}" for number in range(len(OTHERS))),
    }
    DEFAULT_CSS = """
    Chart {
        & > .chart--title { text-style: bold; }
        & > .chart--axis { color: $text-muted; }
        & > .chart--nothing { color: $text-muted; }
        & > .chart--training { color: $primary; }
        & > .chart--validation { color: $text-warning; }
        & > .chart--batches { color: $foreground 60%; }
        & > .chart--best { color: $text-success; }
        & > .chart--cursor { color: $foreground; }
        & > .chart--change { color: $text-accent; }
        & > .chart--would-stop { color: $foreground 60%; }
        & > .chart--diverged { color: $text-error; }
        &:focus > .chart--title { color: $block-cursor-foreground; background: $block-cursor-background; }
        OTHERS
    }
    """.replace(
        "OTHERS",
        "".join(f"& > .chart--other-{number} {{ color: {color}; }} " for number, color in enumerate(OTHERS)),
    )

    @dataclass
    class Looked(Message):
        """The cursor or the zoom is another."""

        view: View

    @dataclass
    class Enlarged(Message):
        """The chart wants to be alone, or (`large` is False) to stand with the others again."""

        chart: "Chart"
        large: bool

    def __init__(
        self,
        title: str,
        *,
        percent: bool = False,
        write: Callable[[float], str] = loss_figure,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """Make an empty chart; `write` writes a value in the legend, unless it is a fraction in `percent`."""
        super().__init__(id=id)
        self._title = title
        self._percent = percent
        self._write = write
        self._shown: tuple[Drawing, str] | None = None
        self._frame: Frame | None = None
        self._plot: tuple[Hashable, Plot | None] | None = None
        self._below = 0
        self.view = View()
        self.log_axis = False
        self.large = False

    # What is shown

    def show(self, drawing: Drawing, nothing: str) -> None:
        """Draw, if there is anything new; `nothing` is what to say while there is no point at all."""
        if self._shown != (drawing, nothing):
            self._shown = (drawing, nothing)
            self.redraw()

    def look(self, view: View) -> None:
        """Look at it in this way."""
        if view != self.view:
            self.view = view
            self.redraw()

    @property
    def _drawing(self) -> Drawing:
        return self._shown[0] if self._shown else Drawing((), 1)

    # Keys and mouse

    def action_read(self, step: int) -> None:
        """Move the cursor by so many epochs; the first time it appears at the last."""
        reading = self.view.reading(self._drawing)
        last = self._drawing.read_to
        self._read(last if reading is None else min(reading + step, last))

    def action_read_end(self, which: int) -> None:
        """Move the cursor to the first (1) or to the last (-1) of the epochs that are shown."""
        drawing = self._drawing
        self._read(drawing.read_to if which < 0 else self.view.span(drawing)[0])

    def _read(self, epoch: int) -> None:
        if not self._drawing.read_to:
            text = _("No epoch is complete yet, so there is nothing to read off.")
            self.notify(text, severity="warning", markup=False)
            return
        view = replace(self.view, cursor=max(1, epoch))
        self._look(replace(view, cursor=view.reading(self._drawing)))

    def action_zoom(self) -> None:
        """Show fewer of the last epochs, or all again."""
        view = self.view.zoomed(self._drawing)
        if view == self.view:
            text = _("There are too few epochs to show only the last ones.")
            self.notify(text, severity="warning", markup=False)
        self._look(view)

    def _look(self, view: View) -> None:
        self.look(view)
        self.post_message(self.Looked(view))

    def action_log(self) -> None:
        """Take the other axis of values."""
        self.log_axis = not self.log_axis
        self.redraw()

    def action_enlarge(self) -> None:
        """Ask to be alone, or to be one of several again."""
        self.post_message(self.Enlarged(self, not self.large))

    def action_back(self) -> None:
        """Be one of several charts again; if it is, drop the cursor."""
        if self.large:
            self.action_enlarge()
        else:
            self._look(replace(self.view, cursor=None))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave escape to others where there is nothing to go back from."""
        return action != "back" or self.large or self.view.cursor is not None

    def on_click(self, event: events.Click) -> None:
        """Read off the epoch that was clicked; enlarge by a click on the head, or by a double one."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < self._below or event.chain == 2:
            self.action_enlarge()
        elif self._frame is not None and event.chain == 1:
            self._read(self._frame.epoch_at(offset.x))

    def watch_has_focus(self, has_focus: bool) -> None:
        """Show where the keys go."""
        super().watch_has_focus(has_focus)
        self.redraw()

    # Drawing

    def shown(self) -> tuple[object, ...]:
        """Return what decides the lines."""
        return self._shown, self.view, self.log_axis

    def drawn(self) -> Sequence[Text | Line]:
        """Return the head, and below it the plot or the words for an empty one."""
        if self._shown is None:
            return []
        drawing, nothing = self._shown
        width, height = self.size
        head = self._head(drawing, width, height)
        self._below, self._frame = len(head), None
        below = height - len(head)
        body: Sequence[Text | Line] = []
        if any(curve.points for curve in drawing.curves):
            picture = self._plotted(drawing, width, below)
            if picture is not None:
                self._frame, body = picture.frame, picture.lines
        else:
            body = centred(
                nothing, self.get_component_rich_style("chart--nothing"), self.app.console, (width, below)
            )
        return [*head, *body][:height]

    def _plotted(self, drawing: Drawing, width: int, height: int) -> Plot | None:
        """Return the plot below the head: the focus, which changes the head alone, leaves it as it is."""
        key = self.shown(), width, height, self.app.theme, is_ascii()
        if self._plot is None or self._plot[0] != key:
            drawn = plot(
                drawing, width, height, self._rgb, view=self.view, percent=self._percent, log=self.log_axis
            )
            self._plot = key, drawn
        return self._plot[1]

    def _head(self, drawing: Drawing, width: int, height: int) -> list[Text]:
        """Return title, the epoch that is read off, the curves with their values there, and the marks.

        The names of marks give way where they would take a row from a low plot; the cursor tells them.
        """
        parts = [Text(f" {self._titled(drawing)} ", self.get_component_rich_style("chart--title"))]
        reading = self.view.reading(drawing)
        if reading is not None:
            text = _("epoch {epoch}").format(epoch=reading)
            parts.append(Text(f"{glyph('▼', 'V')} {text}", f"bold {self.color('cursor')}"))
        parts += [self._named(curve, reading) for curve in drawing.curves]
        if drawing.best is not None:
            text = _("epoch {epoch}").format(epoch=int(drawing.best[0]))
            parts.append(Text.assemble((best_mark(), self.color("best")), f" {text}"))
        without, whole = flowing(parts, width), flowing(parts + self._marks(drawing, reading), width)
        needed = reading is not None or height - len(whole) >= _LOW
        return whole if needed or len(whole) == len(without) else without

    def _titled(self, drawing: Drawing) -> str:
        """Return the title, and what is out of the ordinary about how the chart is looked at."""
        first, last = self.view.span(drawing)
        looks = []
        if first:
            looks.append(_("last {epochs} epochs").format(epochs=last - first))
        if self.log_axis:
            looks.append(_("log"))
        marker = glyph("▸", ">") + " " if self.has_focus else ""
        return marker + ", ".join([self._title, *looks])

    def _named(self, curve: Curve, reading: int | None) -> Text:
        """Return symbol, name and value of a curve: at the epoch that is read off, or the latest."""
        part = Text.assemble((curve.symbol, self.color(curve.style)), f" {curve.label}")
        value = curve.latest if reading is None else curve.at(reading)
        if value is not None:
            part.append(f" {percent(value) if self._percent else self._write(value)}", "bold")
        elif reading is not None:
            part.append(f" {glyph('–', '-')}")
        return part

    def _marks(self, drawing: Drawing, reading: int | None) -> list[Text]:
        """Return the newest mark of each kind, or in full those of the epoch that is read off."""
        marks = {mark.kind: mark for mark in drawing.marks}
        if reading is None:
            named = [(mark, mark.name) for mark in marks.values()]
        else:
            # one chart is enough to say it; the others keep their room
            told = [mark for mark in drawing.marks if mark.epoch == reading] if self.has_focus else []
            named = [(mark, mark.text) for mark in told]
        return [
            Text.assemble((mark.kind.symbol, self.color(mark.kind.value)), f" {text}") for mark, text in named
        ]

    def color(self, style: str) -> str:
        """Return the colour of a component class, as `#rrggbb`."""
        return hexadecimal(self._rgb(style))

    def _rgb(self, style: str) -> Rgb:
        return self.rgb(f"chart--{style}")


def flowing(parts: Sequence[Text], width: int) -> list[Text]:
    """Return the parts side by side in lines of `width` cells, broken between them and not inside."""
    lines: list[Text] = []
    for part in parts:
        if lines and lines[-1].cell_len + 2 + part.cell_len <= width:
            lines[-1] = Text("  ").join((lines[-1], part))
        else:
            lines.append(part)
    return lines


def centred(text: str, style: Style, console: Console, size: tuple[int, int]) -> list[Text]:
    """Return words as lines in the middle of `size` columns and rows."""
    width, height = size
    lines = Text(text, style).wrap(console, max(1, width - 4))
    above = [Text()] * max(0, (height - len(lines)) // 2)
    return above + [Text(" " * max(0, (width - line.cell_len) // 2)) + line for line in lines]
