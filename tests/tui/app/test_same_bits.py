"""What is looked at does not change what is learned: a run in the app has the bits of a headless one."""

from pathlib import Path

import pytest

from engine.data.dataset import load_dataset
from engine.events import EpochEnded, RunEnded
from engine.hyperparameters import Hyperparameters
from engine.training.trainer import Trainer
from tests.tui.conftest import Stage
from tui.app.app import MlpApp
from tui.panels.tab_titles import TABS

HYPERPARAMETERS = Hyperparameters(
    hidden=(24, 12), dropout=0.2, batch_norm=True, optimizer="adamw", epochs=3, batch_size=32, threads=1
)


def figures(epochs: list[EpochEnded], ended: RunEnded) -> list[object]:
    """Return every figure of a run that does not tell the time."""
    losses = [(epoch.train_loss, epoch.validation_loss, epoch.layers) for epoch in epochs]
    return [*losses, ended.best_epoch, ended.test_loss, ended.test_accuracy, ended.confusion_matrix]


@pytest.fixture(scope="module")
def headless(small_npz: Path) -> list[object]:
    events = list(Trainer(HYPERPARAMETERS, load_dataset(small_npz)))
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    return figures([event for event in events if isinstance(event, EpochEnded)], ended)


@pytest.mark.parametrize("keys", [(), ("2",), ("3",), ("1", "2", "3", "f1", "f2")])
async def test_any_tab_may_be_open(keys: tuple[str, ...], headless: list[object], small_npz: Path) -> None:
    app = MlpApp(HYPERPARAMETERS, data=small_npz)
    async with app.run_test(size=(120, 40)) as pilot:
        stage = Stage(app, pilot)
        await stage.until(lambda: len(app.main_screen.tabs.panels) == len(TABS))
        await stage.press("ctrl+r", *keys)
        await stage.until(lambda: app.state.ended is not None)
        assert app.state.ended is not None
        epochs = [event for event in app.state.epochs if isinstance(event, EpochEnded)]
        assert figures(epochs, app.state.ended) == headless
