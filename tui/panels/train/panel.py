"""The Train tab: loss, accuracy and learning rate as they come, early stopping, the latest events."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, VerticalScroll
from textual.events import Click

from engine.sentences import N_
from tui.panels.messages import HintTaken
from tui.panels.train.charts import ACCURACY, LOSS, Batches, FigureChart, RateChart
from tui.panels.train.phrases import (
    early_stopping_words,
    happened,
    hint_words,
    monitor,
    note,
    nothing_drawn,
    pace,
)
from tui.session.run_state import RunState
from tui.text.language import _
from tui.widgets.chart import Chart
from tui.widgets.live_text import LiveText

ROOM_FOR_THREE = 28
"""Rows from which three charts stand one below the other."""

ROOM_BESIDE = 104
"""Columns from which charts stand side by side."""


class TrainPanel(Container):
    """Charts above two boxes of words. Cursor and zoom are the same on all charts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "b", "batches", N_("Batches"), tooltip=N_("The loss of each mini-batch: hidden, shown, smoothed")
        ),
        Binding(
            "h",
            "take_hint",
            N_("Take hint"),
            tooltip=N_("Change what the hint proposes: at once, or in the form for the next run"),
        ),
        Binding("v", "next_chart", N_("Next"), tooltip=N_("Loss, accuracy, learning rate")),
    ]
    DEFAULT_CSS = """
    TrainPanel {
        layout: vertical;
        & #charts { height: 1fr; layout: vertical; }
        & Chart { height: 3fr; width: 1fr; padding: 0 1; }
        & #rate { height: 2fr; }
        &.-beside #charts { layout: grid; grid-size: 2; grid-rows: 3fr 2fr; grid-gutter: 0 1; }
        &.-beside #rate { column-span: 2; }
        &.-large #charts { layout: vertical; }
        & #note { height: auto; padding: 0 2; color: $text-warning; display: none; }
        & #note.-diverged { color: $text-error; }
        & #words { height: 9; }
        & #words > * { width: 1fr; border: round $foreground 25%; padding: 0 1;
                       border-title-style: bold; border-title-color: $foreground;
                       border-subtitle-color: $text-muted; }
        & #words LiveText { width: 1fr; height: auto; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._loss = Chart(_("Loss"), id="loss")
        self._accuracy = Chart(_("Accuracy"), percent=True, id="accuracy")
        self._rate = Chart(_("Learning rate"), write=lambda rate: f"{rate:.4g}", id="rate")
        self._charts = (self._loss, self._accuracy, self._rate)
        self._of_loss, self._of_accuracy, self._of_rate = (
            FigureChart(LOSS),
            FigureChart(ACCURACY),
            RateChart(),
        )
        self._current = 0
        self._large = False
        self._batches = Batches.HIDDEN
        self._state = RunState()
        self._has_hint = False
        self._note = LiveText(id="note", markup=False)
        self._stopping = LiveText(markup=False)
        self._event_log = LiveText(markup=False)
        self._stopping_box = VerticalScroll(self._stopping, can_focus=False)
        self._event_log_box = VerticalScroll(self._event_log, can_focus=False)
        self._words = Horizontal(self._stopping_box, self._event_log_box, id="words")

    def compose(self) -> ComposeResult:
        """Yield charts and boxes."""
        yield Container(*self._charts, id="charts")
        yield self._note
        yield self._words

    def show(self, state: RunState) -> None:
        """Draw the run as far as it has come."""
        self._state = state
        self._draw()
        self._show_note()
        self._stopping_box.border_title = _("Early stopping")
        self._stopping_box.border_subtitle = monitor(state)
        self._stopping.set_text("\n".join(early_stopping_words(state)))
        self._event_log_box.border_title = _("What happened")
        self._event_log_box.border_subtitle = pace(state)
        self._event_log.set_text("\n".join(happened(state)))

    def _show_note(self) -> None:
        """Say what the coach has to say, and what must be known to read the charts where there is room."""
        state, hint = self._state, self._state.coach.hint
        text = hint_words(state)
        if not text or (self.size.height >= ROOM_FOR_THREE and state.diverged is None):
            text = "\n".join(filter(None, (text, note(state))))
        self._note.set_text(text)
        self._note.display = bool(text)
        self._note.set_class(state.diverged is not None, "-diverged")
        if (hint is not None) != self._has_hint:
            self._has_hint = hint is not None
            self.refresh_bindings()

    def _draw(self) -> None:
        """Draw the charts that can be seen."""
        state = self._state
        if self._loss.display:
            text = nothing_drawn(state, _("The loss of each epoch comes here."))
            self._loss.show(self._of_loss.drawing(state, self._batches), text)
        if self._accuracy.display:
            text = nothing_drawn(state, _("The accuracy of each epoch comes here."))
            self._accuracy.show(self._of_accuracy.drawing(state), text)
        if self._rate.display:
            text = nothing_drawn(state, _("The learning rate comes here."))
            self._rate.show(self._of_rate.drawing(state), text)

    # Which charts are seen

    def on_resize(self) -> None:
        """Show as many charts as there is room for."""
        self._arrange()
        self._show_note()

    def _arrange(self) -> None:
        """Show the current chart alone, all of them, or two of which it is one."""
        beside = self.size.width >= ROOM_BESIDE
        if self._large:
            seen = {self._current}
        elif beside or self.size.height >= ROOM_FOR_THREE:
            seen = {0, 1, 2}
        else:
            seen = {0, 1} if self._current < 2 else {1, 2}
        self.set_class(beside, "-beside")
        self.set_class(self._large, "-large")
        for number, chart in enumerate(self._charts):
            chart.display = number in seen
            chart.large = self._large
        self._words.display = not self._large
        self._draw()

    def _go_to(self, number: int, *, large: bool) -> None:
        self._current, self._large = number, large
        with self.app.batch_update():
            self._arrange()
        self.screen.set_focus(self._charts[number], scroll_visible=False)
        self.refresh_bindings()

    def action_next_chart(self) -> None:
        """Give the keys to the next chart, and bring it into view."""
        self._go_to((self._current + 1) % len(self._charts), large=self._large)

    def action_batches(self) -> None:
        """Show the loss of each mini-batch, then its average, then neither."""
        self._batches = self._batches.next
        if not self._loss.display:
            self._go_to(0, large=self._large)
        self._draw()

    # The hint of the coach

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to take a hint only where there is one."""
        return action != "take_hint" or self._state.coach.hint is not None

    def action_take_hint(self) -> None:
        """Have done what the hint proposes."""
        if self._state.coach.hint is not None:
            self.post_message(HintTaken(self._state.coach.hint))

    def on_click(self, event: Click) -> None:
        """Take the hint that is clicked."""
        if event.widget is self._note:
            self.action_take_hint()

    def on_descendant_focus(self) -> None:
        """Remember which chart has the keys."""
        for number, chart in enumerate(self._charts):
            if chart.has_focus:
                self._current = number

    def on_chart_enlarged(self, message: Chart.Enlarged) -> None:
        """Show a chart alone, or all again."""
        self._go_to(self._charts.index(message.chart), large=message.large)

    def on_chart_looked(self, message: Chart.Looked) -> None:
        """Look at every chart in the same way."""
        for chart in self._charts:
            chart.look(message.view)
        self.refresh_bindings()
