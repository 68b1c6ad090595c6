"""The events that bring a run to each of its phases."""

from engine.events import (
    DataFailed,
    DataLoaded,
    Event,
    Paused,
    RunFailed,
)
from engine.sentences import Sentence
from tests.tui.conftest import Stage
from tests.tui.screen_text import (
    MNIST,
    epoch_ended,
    matrix_of,
    predictions,
    run_ended,
    started,
)
from tui.session.run_state import Phase

MADE = predictions({0: (3, 0.8), 1: (8, 0.7)}, split="validation", epoch=1)
TEST = predictions({0: (3, 0.8), 1: (8, 0.7)})
STARTED, PAUSED = started(), Paused(1, 5, 5)
FAILED = RunFailed(Sentence("The training process died."))
PHASES: dict[Phase, list[Event]] = {
    Phase.LOADING: [],
    Phase.NO_DATA: [DataFailed(Sentence("There is no such folder."))],
    Phase.READY: [DataLoaded(MNIST)],
    Phase.RUNNING: [DataLoaded(MNIST), STARTED],
    Phase.PAUSED: [DataLoaded(MNIST), STARTED, PAUSED],
    Phase.ENDED: [DataLoaded(MNIST), STARTED, epoch_ended(1, matrix_of(MADE)), run_ended(matrix_of(TEST))],
    Phase.FAILED: [DataLoaded(MNIST), STARTED, FAILED],
}


async def bring_to(stage: Stage, phase: Phase) -> None:
    """Send the app there, and clear what it told on the way."""
    await stage.happen(*PHASES[phase])
    assert stage.app.state.phase is phase
    stage.app.clear_notifications()
    await stage.pilot.pause()
