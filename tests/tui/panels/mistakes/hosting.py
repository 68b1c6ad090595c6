"""The Mistakes panel with nobody behind it: a test answers for the worker."""

from textual.app import ComposeResult

from engine.events import Predictions
from tests.digits import mnist
from tests.tui.panels.hosting import PanelHost
from tests.tui.screen_text import (
    epoch_ended,
    lines,
    matrix_of,
    predictions,
    run_ended,
    running,
)
from tui.panels.messages import ExplanationWanted, PredictionsWanted
from tui.panels.mistakes import MistakesPanel
from tui.session.run_state import RunState
from tui.text.ascii_art import ascii_art
from tui.widgets.digit import Digit

# Test images 4, 6 and 19 are fours, 2 is a one, 9 is a nine.
MISCLASSIFIED = {4: (9, 0.6), 6: (9, 0.99), 19: (9, 0.8), 2: (7, 0.95), 9: (4, 0.7)}
SUREST_FIRST = [6, 2, 19, 9, 4]


class Host(PanelHost):
    """Asks nobody: a test answers for the worker."""

    def __init__(self, state: RunState) -> None:
        super().__init__(state)
        self.wanted = 0
        self.source = ("", 0)
        self.questions: list[tuple[str, int, int]] = []

    def compose(self) -> ComposeResult:
        yield MistakesPanel()

    def on_mount(self) -> None:
        self.panel.focus()
        self.panel.show(self.state)

    def on_predictions_wanted(self, message: PredictionsWanted) -> None:
        self.wanted += 1
        self.source = message.split, message.epoch

    def on_explanation_wanted(self, message: ExplanationWanted) -> None:
        self.questions.append((message.split, message.index, message.other))

    @property
    def panel(self) -> MistakesPanel:
        return self.query_one(MistakesPanel)


def validation(epoch: int, misclassified: dict[int, tuple[int, float]] | None = None) -> Predictions:
    return predictions(
        MISCLASSIFIED if misclassified is None else misclassified, split="validation", epoch=epoch
    )


def in_epoch(epoch: int) -> RunState:
    """Return a run whose newest matrix is that of `epoch`, with no predictions yet."""
    state = running()
    state.fold(epoch_ended(epoch, matrix_of(validation(epoch))))
    return state


def after_the_run(misclassified: dict[int, tuple[int, float]] = MISCLASSIFIED) -> RunState:
    """Return a run that has ended, with the predictions of the test set."""
    state = in_epoch(9)
    made = predictions(misclassified)
    state.fold(run_ended(matrix_of(made)))
    state.fold(made)
    return state


def assert_digit(app: Host, position: int) -> None:
    """The digit on the screen is the image at `position`, as large as there is room for."""
    digit = app.panel.query_one(Digit)
    art = ascii_art(mnist()[0][position], *digit.size)
    drawn = [line[: digit.region.right].strip() for line in lines(app)[digit.region.y :]]
    assert [line for line in drawn if line] == [line.strip() for line in art if line.strip()]
