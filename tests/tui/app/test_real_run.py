"""The app with its real training process, on a small slice of the real data."""

import os
from pathlib import Path

import numpy as np
import pytest

from engine.hyperparameters import Hyperparameters
from engine.worker import TrainingWorker
from tests.digits import mnist
from tests.tui.conftest import Stage
from tests.tui.screen_text import lines
from tui.app.app import MlpApp
from tui.panels.tab_titles import TABS
from tui.session.run_state import Phase


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Return a file with 300 real images to learn from and 200 to be tested with."""
    images, labels = mnist()
    path = tmp_path / "small.npz"
    np.savez(path, x_train=images[:300], y_train=labels[:300], x_test=images[300:], y_test=labels[300:])
    return path


async def test_a_real_run_from_the_first_key_to_the_digits(small: Path) -> None:
    app = MlpApp(Hyperparameters(hidden=(16,), epochs=2, batch_size=32, threads=1), data=small)
    async with app.run_test(size=(80, 24)) as pilot:
        stage = Stage(app, pilot)
        await stage.press("ctrl+r")
        await stage.see("■ Completed")
        assert app.state.ended is not None
        assert app.state.ended.test_accuracy is not None
        assert f"{100 * app.state.ended.test_accuracy:.2f}%" in lines(app)[0]
        await stage.until(lambda: len(app.main_screen.tabs.panels) == len(TABS))
        await stage.press("2")
        await stage.see("est set")
        await stage.press("3")
        await stage.see("predicted")
        assert app.state.predictions is not None
        assert app.state.predictions.split == "test"


LONG = Hyperparameters(hidden=(16,), epochs=100_000, early_stopping=False, threads=1)


async def test_a_real_run_is_paused_stepped_changed_resumed_and_stopped(small: Path) -> None:
    app = MlpApp(LONG, data=small)
    async with app.run_test(size=(80, 24)) as pilot:
        stage, state = Stage(app, pilot), app.state
        await stage.press("ctrl+r")
        await stage.until(lambda: state.phase is Phase.RUNNING)
        await stage.press("f3")
        await stage.until(lambda: state.phase is Phase.PAUSED)
        before = state.batches_done
        await stage.press("n")
        await stage.until(lambda: state.batches_done > before)
        stepped = state.batches_done
        assert state.phase is Phase.PAUSED
        app.training.change("learning_rate", 0.05)
        await stage.until(lambda: bool(state.changes))
        assert state.changes[0].new == 0.05
        assert state.changes[0].step == stepped
        await stage.press("space")
        await stage.until(lambda: state.phase is Phase.RUNNING)
        await stage.press("s")
        await stage.until(lambda: state.phase is Phase.ENDED)
        assert state.ended is not None
        assert state.ended.reason == "stopped"


async def test_quitting_in_a_real_run_leaves_no_process(small: Path) -> None:
    app = MlpApp(LONG, data=small)
    async with app.run_test(size=(80, 24)) as pilot:
        stage = Stage(app, pilot)
        await stage.press("ctrl+r")
        await stage.until(lambda: app.state.phase is Phase.RUNNING)
        worker = app.training._worker
        assert isinstance(worker, TrainingWorker)
        pid = worker.pid
        assert pid is not None
        await stage.press("ctrl+q")
    assert not worker.is_alive
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
