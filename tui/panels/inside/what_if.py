"""Inside, What if: a copy of the network is changed, and its accuracy shown at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message

from engine.analysis.evaluation_sample import EvaluationSample
from engine.analysis.what_if import WHOLE, Change, Outcome, evaluate_change
from engine.errors import EngineError
from engine.sentences import N_
from tui.panels.evaluation_page import EvaluationCounter, EvaluationPage
from tui.text.cell_widths import column_width, cut, right
from tui.text.class_names import class_name
from tui.text.glyphs import glyph
from tui.text.language import _, plural, translate
from tui.text.phrases import loss_figure, percent
from tui.widgets.live_text import FixedText
from tui.widgets.value_sliders import ValueSliders

if TYPE_CHECKING:
    from engine.training.trained_network import TrainedNetwork
    from tui.session.background import BackgroundThread

MAX_CLASSES = 26


@dataclass(frozen=True)
class Control:
    """A field of `Change` with the values that it goes through; the first does nothing."""

    field: str
    title: str
    values: tuple[float, ...]
    write: Callable[[float], str]


def _share(value: float) -> str:
    return f"{value:.0%}"


def _bits(value: float) -> str:
    return _("{bits} bits").format(bits=int(value)) if value < WHOLE else _("as they are")


CONTROLS = (
    Control("pruned", N_("prune the smallest"), (0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98), _share),
    Control("noise", N_("add noise"), (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0), _share),
    Control("bits", N_("round weights to"), (WHOLE, 8, 6, 5, 4, 3, 2), _bits),
    Control("off", N_("switch off units"), (0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9), _share),
    Control("temperature", N_("temperature"), (1, 0.25, 0.5, 0.75, 1.5, 2, 3, 5, 10), "{:g}".format),
)


class Controls(ValueSliders):
    """A line for each control, and one for a single unit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", N_("Choose"), key_display="↑↓", tooltip=N_("The line before")),
        Binding("down", "go(1)", N_("Choose"), show=False, tooltip=N_("The next line")),
        Binding("right", "step(1)", N_("Change"), key_display="←→", tooltip=N_("More of it")),
        Binding("left", "step(-1)", N_("Change"), show=False, tooltip=N_("Less of it")),
        Binding("x", "unit", N_("Unit off"), tooltip=N_("Switch this one unit off, or on again")),
        Binding("c,backspace", "reset", N_("Reset"), tooltip=N_("Undo everything that was changed")),
    ]
    DEFAULT_CSS = """
    Controls { width: 46; }
    """

    class Changed(Message):
        """Something else is to be done."""

    def __init__(self) -> None:
        super().__init__(len(CONTROLS) + 1)
        self.change = Change()
        self.sizes: tuple[int, ...] = ()
        self.unit = 0

    def show(self, sizes: tuple[int, ...]) -> None:
        """Let single units be chosen from hidden layers of these sizes."""
        if sizes != self.sizes:
            self.sizes, self.unit = sizes, 0
            self.change = replace(self.change, units=frozenset())
            self.refresh()

    def action_step(self, by: int) -> None:
        """Take more of it, or less; on the last line another unit."""
        if self.at == len(CONTROLS):
            self.unit = (self.unit + by) % max(1, sum(self.sizes))
            self.refresh()
            return
        control = CONTROLS[self.at]
        values = sorted(control.values) if control.field == "temperature" else list(control.values)
        at = values.index(getattr(self.change, control.field))
        value = values[min(max(0, at + by), len(values) - 1)]
        if control.field == "bits":
            value = int(value)
        self._become(replace(self.change, **{control.field: value}))  # type: ignore[arg-type]

    def action_unit(self) -> None:
        """Switch the unit of the last line off or on."""
        if self.sizes:
            self.at = len(CONTROLS)
            self._become(replace(self.change, units=self.change.units ^ {self._place}))

    def action_reset(self) -> None:
        """Undo everything."""
        self._become(Change())

    def clicked(self, at: int, x: int) -> None:
        """Take more of what was pointed at already."""
        if at == self.at:
            self.action_unit() if at == len(CONTROLS) else self.action_step(1)

    def _become(self, change: Change) -> None:
        if change != self.change:
            self.change = change
            self.post_message(self.Changed())
        self.refresh()

    @property
    def _place(self) -> tuple[int, int]:
        """Layer and number of the unit that the last line is about."""
        unit = self.unit
        for layer, size in enumerate(self.sizes):
            if unit < size:
                return layer, unit
            unit -= size
        return 0, 0

    def render(self) -> Content:
        """Return the lines; what is changed stands out."""
        lines = []
        for number, control in enumerate(CONTROLS):
            value = getattr(self.change, control.field)
            changed = value != control.values[0]
            text = f"{_(control.title)}  {self.between_arrows(control.write(value))}"
            lines.append(self.line(number, text, "bold" if changed else ""))
        if self.sizes:
            layer, unit = self._place
            state = _("off") if (layer, unit) in self.change.units else _("on")
            text = _("unit {unit} of hidden {layer}: {state} (x)").format(
                unit=unit, layer=layer + 1, state=state
            )
            if self.change.units:
                count = len(self.change.units)
                off = plural("{count} is off", "{count} are off", count)
                text = _("{units}, {off}").format(units=text, off=off)
            lines.append(self.line(len(CONTROLS), text, "bold" if self.change.units else ""))
        return Content("\n").join(lines)


class WhatIfPage(EvaluationPage, can_focus=False):
    """Controls, and what they do to accuracy, loss and each class; the run keeps its weights."""

    TITLE = N_("What if")
    DEFAULT_CSS = """
    WhatIfPage {
        & > .examination--heading { max-height: 3; }
        & > Horizontal { height: auto; margin-bottom: 1; }
        & .what-if--figures { width: 1fr; height: 6; }
        & > .what-if--classes { height: 1fr; }
    }
    """

    def __init__(self, background: "BackgroundThread", counter: EvaluationCounter) -> None:
        super().__init__(background, counter)
        self.controls = Controls()
        self._figures = FixedText(classes="what-if--figures")
        self._classes_words = FixedText(classes="what-if--classes")
        self._tried: tuple[TrainedNetwork, EvaluationSample, Outcome] | None = None

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self.heading
        with Horizontal():
            yield self.controls
            yield self._figures
        yield self._classes_words

    async def examine_on(self, trained: "TrainedNetwork", split: str) -> None:
        """Try the network as it is, then as it would be."""
        sample = await self.background.run(lambda: EvaluationSample.of(trained, split))
        before = await self._outcome(trained, sample, Change())
        after = await self._outcome(trained, sample, self.controls.change)
        self._tried = trained, sample, before
        self.controls.show(trained.network.sizes[1:-1])
        about = _("What would become of the network? The run keeps its weights: a copy is altered.")
        self.heading.set_text(f"{self.what(trained, sample)}\n{about}")
        self._show(before, after)

    def on_controls_changed(self) -> None:
        """See what that costs."""
        self._try()

    @work(exclusive=True, group="try")
    async def _try(self) -> None:
        if self._tried is not None:
            trained, sample, before = self._tried
            try:
                after = await self._outcome(trained, sample, self.controls.change)
            except EngineError as error:
                self._figures.set_text(translate(error))
                return
            if self._tried is not None and self._tried[0] is trained:
                self._show(before, after)

    async def _outcome(self, trained: "TrainedNetwork", sample: EvaluationSample, change: Change) -> Outcome:
        """Return how the network does after a change, computed piece by piece."""
        found: Outcome | None = None
        async for piece in self.background.parts(lambda: evaluate_change(trained, sample, change)):
            found = piece
        assert found is not None
        return found

    def _show(self, before: Outcome, after: Outcome) -> None:
        self._figures.set_text(_figures(before, after, self.controls.change))
        room = self._classes_words.size
        self._classes_words.set_text(_classes(before, after, self.state.class_names, room.width, room.height))


def _figures(before: Outcome, after: Outcome, change: Change) -> Content:
    """Return the figures before and after."""
    arrow = glyph("→", "->")

    def loss(result: Outcome) -> str:
        return loss_figure(result.loss) if result.loss is not None else "–"

    points = 100 * (after.accuracy - before.accuracy)
    style = "bold $text-error" if points < -0.5 else "bold $text-success" if points > 0.05 else "bold"
    return Content("\n").join(
        [
            Content.assemble(
                _("accuracy") + f"  {percent(before.accuracy)} {arrow} ",
                (percent(after.accuracy), style),
                f"  {points:+.2f}",
            ),
            Content(_("loss") + f"  {loss(before)} {arrow} {loss(after)}"),
            Content(_("sureness") + f"  {percent(before.confidence)} {arrow} {percent(after.confidence)}"),
            Content(_("zero weights") + f"  {percent(after.zeros)}"),
            Content(
                _("size of the weights")
                + f"  {after.kilobytes:,.0f} kB"
                + (f" ({after.kilobytes / before.kilobytes:.0%})" if change.bits < WHOLE else "")
            ),
        ]
    )


def _classes(before: Outcome, after: Outcome, names: Sequence[str], width: int, height: int) -> Content:
    """Return how much of each class is read correctly, before and after."""
    count = len(after.recalls)
    if count > MAX_CLASSES or height < 3:
        return Content("")
    named = [class_name(names, label) for label in range(count)]
    first = max(3, min(column_width(named), width // 4))
    full = max(10, min(40, width - 31 - first))
    lines = [
        Content.styled(_("recall by class: after, with a mark where it was before"), "$foreground-muted")
    ]
    for label in range(min(count, height - 1)):
        was, now = float(before.recalls[label]), float(after.recalls[label])
        if was != was:  # the sample has no image of it
            continue
        cells = [glyph("█", "#")] * round(full * now) + [glyph("·", ".")] * (full - round(full * now))
        name = cut(named[label], first)
        cells[min(full - 1, round(full * was))] = glyph("│", "|")
        lines.append(
            Content(f"{right(name, first)} {''.join(cells)} {percent(now):>8}  {100 * (now - was):+.1f}")
        )
    return Content("\n").join(lines)
