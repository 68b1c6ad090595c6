"""Inside, Layers: the weights, gradients and outputs of each layer, and whether it is healthy."""

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from engine.analysis.layer_summaries import LayerSummary, layer_summaries
from engine.errors import EngineError
from engine.sentences import N_
from tui.panels.page import Page, weights_text
from tui.text.glyphs import glyph
from tui.text.language import _, translate
from tui.text.phrases import layer_name
from tui.widgets.chart_axes import epoch_ticks
from tui.widgets.graph import Graph
from tui.widgets.graph_figure import Curve, Figure
from tui.widgets.live_text import FixedText, LiveText
from tui.widgets.option_line import Option, OptionLine

if TYPE_CHECKING:
    from engine.events import LayerStatistics
    from tui.session.background import BackgroundThread

ROOM_FOR_TWO = 96
"""Columns from which two graphs stand side by side."""
VIEWS = {
    "w": N_("weights"),
    "g": N_("gradients"),
    "o": N_("outputs"),
    "t": N_("gradient over time"),
    "u": N_("updates over time"),
}
"""What a graph can show of a layer, by its key."""
OVER_TIME = ("t", "u")


class LayerTable(Widget, can_focus=True):
    """A line for each layer; the cursor chooses one."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", N_("Layer"), key_display="↑↓", tooltip=N_("The layer before")),
        Binding("down", "go(1)", N_("Layer"), show=False, tooltip=N_("The next layer")),
    ]
    DEFAULT_CSS = """
    LayerTable { height: auto; max-height: 40%; text-wrap: nowrap; overflow-y: hidden; }
    """

    class Chosen(Message):
        """Another layer is looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.layer_summaries: tuple[LayerSummary, ...] = ()
        self.at = 0

    def show(self, layers: tuple[LayerSummary, ...]) -> None:
        """Show these layers."""
        fewer = len(layers) != len(self.layer_summaries)
        self.layer_summaries, self.at = layers, min(self.at, len(layers) - 1)
        self.refresh(layout=fewer)

    @property
    def summary(self) -> LayerSummary | None:
        """The layer under the cursor."""
        return self.layer_summaries[self.at] if self.layer_summaries else None

    def action_go(self, by: int) -> None:
        """Go to another layer."""
        self._choose(min(max(0, self.at + by), len(self.layer_summaries) - 1))

    def on_click(self, event: events.Click) -> None:
        """Go to the layer that was clicked."""
        row = self._first + event.y - 1
        if 0 <= row < len(self.layer_summaries):
            self._choose(row)

    def _choose(self, at: int) -> None:
        self.at = at
        self.refresh()
        self.post_message(self.Chosen())

    def get_content_height(self, *_sizes: object) -> int:
        """Return a line for each layer, and one for the headings."""
        return len(self.layer_summaries) + 1

    @property
    def _first(self) -> int:
        """The first layer in view."""
        room = max(1, self.size.height - 1)
        return max(0, min(self.at - room // 2, len(self.layer_summaries) - room))

    def render(self) -> Content:
        """Return the table, as much of it as there is room for."""
        if not self.layer_summaries:
            return Content.styled(_("The layers are being examined."), "$foreground-muted")
        heads = (_("layer"), _("shape"), _("parameters"), _("gradient"), _("moved"), _("idle units"))
        lines = [Content.styled(_row(heads, self.size.width), "$foreground-muted")]
        room = max(1, self.size.height - 1)
        for number in range(self._first, min(len(self.layer_summaries), self._first + room)):
            layer = self.layer_summaries[number]
            cells = (
                layer_name(layer.name),
                f"{layer.inputs}{glyph('×', 'x')}{layer.units}",
                f"{layer.parameters:,}",
                f"{layer.gradient_norm:.2g}",
                f"{layer.moved:.0%}" if layer.moved is not None else glyph("–", "-"),
                _idle(layer),
            )
            sign = glyph("✓", " ") if layer.is_healthy else glyph("✗", "!")
            style = "reverse" if number == self.at else ""
            line = Content.styled(f"{sign} ", "$text-success" if layer.is_healthy else "bold $text-error")
            lines.append(line + Content.styled(_row(cells, self.size.width)[2:], style))
        return Content("\n").join(lines)


def _row(cells: tuple[str, ...], width: int) -> str:
    """Return one line: the name on the left, the others right of it."""
    columns = min(12, max(9, (width - 14) // 5))
    others = (" " * max(1, columns - cell_len(cell)) + cell for cell in cells[1:])
    return "  " + set_cell_size(cells[0], 11) + "".join(others)


def _idle(layer: LayerSummary) -> str:
    if layer.dead is not None:
        return _("{share:.0%} dead").format(share=layer.dead)
    if layer.saturated is not None:
        return _("{share:.0%} flat").format(share=layer.saturated)
    return glyph("–", "-")


class LayersPage(Page, can_focus=False):
    """A table of the layers, and of the one that is chosen its histograms and its way through the run."""

    TITLE = N_("Layers")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "left", "view(-1)", N_("View"), key_display="←→", tooltip=N_("Show another graph of the layer")
        ),
        Binding("right", "view(1)", N_("View"), show=False, tooltip=N_("Show another graph of the layer")),
        Binding("w", "see('w')", N_("Weights"), show=False, tooltip=N_("Its weights, now and at the start")),
        Binding("g", "see('g')", N_("Gradients"), show=False, tooltip=N_("The gradients of its weights")),
        Binding("o", "see('o')", N_("Outputs"), show=False, tooltip=N_("What comes out of it")),
        Binding(
            "t", "see('t')", N_("Over time"), show=False, tooltip=N_("Its gradient norm over the epochs")
        ),
        Binding("u", "see('u')", N_("Updates"), show=False, tooltip=N_("How far steps take its weights")),
    ]
    DEFAULT_CSS = """
    LayersPage {
        & > .layers--heading { height: 1; }
        & > .layers--verdict { height: auto; max-height: 2; }
        & > Horizontal { height: 1fr; }
        & Graph { width: 1fr; }
        & .layers--second { display: none; padding-left: 2; }
        &.-wide .layers--second { display: block; }
    }
    """

    def __init__(self, background: "BackgroundThread") -> None:
        super().__init__(background)
        self._heading = FixedText(classes="layers--heading", markup=False)
        self.table = LayerTable()
        self._verdict = LiveText(classes="layers--verdict", markup=False)
        self._choices = OptionLine()
        self._graph = Graph()
        self._second = Graph(classes="layers--second")
        self._view = "w"

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        yield self.table
        yield self._verdict
        yield self._choices
        with Horizontal():
            yield self._graph
            yield self._second

    def on_resize(self) -> None:
        """Show two graphs where there is room."""
        self.set_class(self.size.width >= ROOM_FOR_TWO, "-wide")
        self._show()

    @work(exclusive=True, group="compute")
    async def compute(self) -> None:
        """Look at all layers."""
        trained = await self.trained_network()
        if trained is not None:
            try:
                layers = await self.background.run(lambda: layer_summaries(trained))
            except EngineError as error:
                self.show_message(translate(error))
                return
            what = _("{weights}; gradients and outputs are of these, dropout off")
            self._heading.set_text(what.format(weights=weights_text(trained)))
            self.table.show(layers)
            self._show()

    def draw(self) -> None:
        """Follow the epochs."""
        if self._view in OVER_TIME or self.has_class("-wide"):
            self._show()

    # Keys

    def action_view(self, by: int) -> None:
        """Show the next graph."""
        views = list(VIEWS)
        self.action_see(views[(views.index(self._view) + by) % len(views)])

    def action_see(self, view: str) -> None:
        """Show a graph."""
        self._view = view
        self._show()

    def on_layer_table_chosen(self) -> None:
        """Show the layer under the cursor."""
        self._show()

    # Drawing

    def _show(self) -> None:
        layer = self.table.summary
        if layer is None:
            return
        self._verdict.set_text(f"{layer_name(layer.name)}: {translate(layer.verdict)}")
        self._choices.show(Option(key, _(name), changed=key == self._view) for key, name in VIEWS.items())
        wide = self.has_class("-wide")
        left = "w" if wide and self._view in OVER_TIME else self._view
        self._draw_view(self._graph, layer, left)
        if wide:
            self._draw_view(self._second, layer, self._view if self._view in OVER_TIME else "t")

    def _draw_view(self, graph: Graph, layer: LayerSummary, view: str) -> None:
        """Draw one graph of a layer."""
        count = _("how many")
        match view:
            case "w":
                curves: tuple[Curve, ...] = (Curve(_("now"), layer.weights.points(), 0, "bars"),)
                if layer.initial is not None:
                    curves += (Curve(_("at the start"), layer.initial.points(), 1),)
                graph.show(Figure(curves, title=_("Weights"), y_title=count))
            case "g":
                curves = (Curve("", layer.gradients.points(), 0, "bars"),)
                graph.show(Figure(curves, title=_("Gradients of the weights"), y_title=count, log_y=True))
            case "o":
                if layer.sums is None or layer.outputs is None:
                    text = _("What comes out here are the logits; softmax makes probabilities of them.")
                    graph.show(None, text)
                else:
                    curves = (
                        Curve(_("after the activation"), layer.outputs.points(), 0, "bars"),
                        Curve(_("weighted sums"), layer.sums.points(), 1),
                    )
                    graph.show(Figure(curves, title=_("Outputs"), y_title=count, log_y=True))
            case _:
                graph.show(*self._over_time(view))

    def _over_time(self, view: str) -> tuple[Figure, str]:
        """Return the gradient norm, or the update ratio, of all layers over the epochs."""
        chosen = self.table.at
        points: dict[int, list[tuple[float, float]]] = {}
        for epoch in self.state.epochs:
            for number, figures in enumerate(epoch.layers):
                value = _figure(figures, view)
                if value:
                    points.setdefault(number, []).append((float(epoch.epoch), value))
        first = sorted(points, key=lambda number: (number != chosen, number))[:6]
        curves = tuple(
            Curve(layer_name(self.table.layer_summaries[number].name), tuple(points[number]), color)
            for color, number in enumerate(first)
            if number < len(self.table.layer_summaries)
        )
        title = _("Gradient norm") if view == "t" else _("Update, as a share of the weights")
        epochs = [int(x) for curve in curves for x, _y in curve.points]
        ticks = epoch_ticks(min(epochs), max(epochs), 8) if epochs else []
        named = tuple((float(tick), str(tick)) for tick in ticks)
        figure = Figure(curves, title=title, x_title=_("epoch"), log_y=True, x_ticks=named)
        return figure, _("It is measured at the end of each epoch; none has ended yet.")


def _figure(figures: "LayerStatistics", view: str) -> float | None:
    return figures.gradient_norm if view == "t" else figures.update_ratio
