"""The line at the top: where the run stands, how fast it is, how long it will take."""

from typing import ClassVar

from rich.text import Text
from textual.widget import Widget

from tui.session.run_state import Phase, RunState
from tui.text.glyphs import glyph
from tui.text.language import _, translate
from tui.text.phrases import duration, ending, loss_figure, percent, run_label, speed

_SYMBOLS = {
    Phase.LOADING: "…",
    Phase.NO_DATA: "✗",
    Phase.READY: "○",
    Phase.RUNNING: "●",
    Phase.PAUSED: "‖",
    Phase.ENDED: "■",
    Phase.FAILED: "✗",
}

GAP = "  "
SHORTEST_BAR = 5


class StatusPanel(Widget):
    """One line: on the left how far run and epoch are, each with a bar; on the right speed and time."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "status--bar",
        "status--rest",
        "status--active",
        "status--bad",
        "status--quiet",
    }
    DEFAULT_CSS = """
    StatusPanel {
        height: 1;
        padding: 0 1;
        background: $panel;
        & > .status--bar { color: $primary; }
        & > .status--rest { color: $foreground; }
        & > .status--active { color: $success; text-style: bold; }
        & > .status--bad { color: $error; text-style: bold; }
        & > .status--quiet { color: $foreground; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._state = RunState()

    def show(self, state: RunState) -> None:
        """Show where the run stands."""
        self._state = state
        self.refresh()

    def render(self) -> Text:
        """Return the line, as wide as the widget."""
        state = self._state
        parts = [self._phase(state), *map(Text, _figures(state))]
        if state.started is None or not state.phase.active:
            return self._spread(parts, Text("mlp-tui", style=self._style("quiet")))
        pace = _pace(state)
        for right in (Text(GAP.join(pace)), Text(GAP.join(pace[-1:]))):  # the speed gives way to the bars
            taken = sum(part.cell_len + len(GAP) for part in parts) + right.cell_len
            room = (self.size.width - taken) // 2 - 1
            if room >= SHORTEST_BAR:
                shares = (state.share_of_run, state.share_of_epoch)
                for part, share in zip(parts[1:], shares, strict=False):  # of the epoch it may not be told
                    part.append(" ").append_text(self._bar(room, share))
                return self._spread(parts, right)
        return self._spread(parts, right)

    def _spread(self, left: list[Text], right: Text) -> Text:
        """Return parts on the left, one at the right edge, and nothing between them."""
        line = Text(GAP).join(left)
        gap = max(len(GAP), self.size.width - line.cell_len - right.cell_len)
        return Text.assemble(line, " " * gap, right, no_wrap=True, end="")

    def _phase(self, state: RunState) -> Text:
        """Return symbol and word."""
        bad = state.phase in (Phase.NO_DATA, Phase.FAILED) or (
            state.ended is not None and state.ended.reason == "diverged"
        )
        style = "bad" if bad else "active" if state.phase.active else "quiet"
        text = _("Starting") if state.starting else phase_word(state)
        return Text.assemble((f"{_SYMBOLS[state.phase]} {text}", self._style(style)))

    def _bar(self, room: int, share: float) -> Text:
        """Return a bar that fills the room; done and left differ in shape, not in colour alone."""
        figure = f" {100 * share:3.0f}%" if room >= 3 * SHORTEST_BAR else ""
        width = room - len(figure)
        done = round(width * share)
        return Text.assemble(
            (glyph("━", "=") * done, self._style("bar")),
            (glyph("─", "-") * (width - done), self._style("rest")),
            figure,
        )

    def _style(self, name: str) -> str:
        return str(self.get_component_rich_style(f"status--{name}", partial=True))


def phase_word(state: RunState) -> str:
    """Return the word for where the run stands; of a stored one, that it is one, and which."""
    if state.watched is not None and state.phase is Phase.RUNNING:
        return _("Watching {name}").format(name=state.watched.name)
    if state.stored is not None and state.phase is Phase.ENDED:
        record = state.stored.record
        text = _("Stored run {name}: {state}")
        return text.format(name=run_label(record), state=translate(record.state_name))
    if state.phase is Phase.ENDED and state.ended is not None:
        return ending(state.ended.reason)
    return {
        Phase.LOADING: _("Reading the data"),
        Phase.NO_DATA: _("No data"),
        Phase.READY: _("Ready"),
        Phase.RUNNING: _("Running"),
        Phase.PAUSED: _("Paused"),
        Phase.ENDED: _("Ended"),
        Phase.FAILED: _("Failed"),
    }[state.phase]


def _figures(state: RunState) -> list[str]:
    """Return how far the run has come, or how it came out."""
    if state.phase is Phase.ENDED and state.ended is not None:
        if state.ended.test_accuracy is None:
            return _newest_figures(state) if state.watched is not None else []
        return [
            _("test accuracy {accuracy}").format(accuracy=percent(state.ended.test_accuracy)),
            _("best epoch {epoch}").format(epoch=state.ended.best_epoch),
        ]
    if state.watched is not None and (state.started is None or state.hyperparameters is None):
        return _newest_figures(state)
    if not state.phase.active or state.started is None or state.hyperparameters is None:
        return []
    if state.watched is not None and state.batch is None:
        text = _("epoch {epoch}/{epochs}")
        return [text.format(epoch=state.epochs_done, epochs=state.hyperparameters.epochs)]
    epoch, batch = (state.batch.epoch, state.batch.batch) if state.batch else (1, 0)
    return [
        _("epoch {epoch}/{epochs}").format(epoch=epoch, epochs=state.hyperparameters.epochs),
        _("batch {batch}/{batches}").format(batch=batch, batches=state.started.batches_per_epoch),
    ]


def _newest_figures(state: RunState) -> list[str]:
    """Return how far a run has come that is watched, and its newest validation figure."""
    if not state.epochs:
        return []
    newest = state.epochs[-1]
    figures = [_("epoch {epoch}").format(epoch=newest.epoch)]
    if newest.validation_accuracy is not None:
        figures.append(
            _("validation accuracy {accuracy}").format(accuracy=percent(newest.validation_accuracy))
        )
    elif newest.validation_loss is not None:
        figures.append(_("validation loss {loss}").format(loss=loss_figure(newest.validation_loss)))
    return figures


def _pace(state: RunState) -> list[str]:
    """Return speed and time left."""
    parts = []
    if state.phase.active and state.samples_per_second:
        parts.append(speed(state.samples_per_second))
    if state.seconds_left is not None:
        parts.append(time_left(state))
    return parts


def time_left(state: RunState) -> str:
    """Return how much training is left: at most so much, where the run may stop early."""
    time = duration(state.seconds_left or 0.0)
    if state.hyperparameters is not None and state.hyperparameters.early_stopping:
        time = f"{glyph('≤', '<=')} {time}"
    return _("{time} left").format(time=time)
