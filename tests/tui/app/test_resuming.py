"""Going on with a stored run from the app."""

from pathlib import Path

import numpy as np
import pytest

from engine.commands import ResumeStoredRun, StartRun
from engine.data.dataset import Dataset
from engine.events import ConfusionMatrix, DataLoaded, EpochEnded, RunEnded
from engine.storage.recorder import record_run
from engine.storage.resuming import trainer_for_id
from engine.training.trainer import Trainer
from tests.runs import quick
from tests.tui.conftest import Open
from tests.tui.screen_text import SIZES, run_ended, started
from tui.session.run_state import Phase


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def interrupted(home: Path, dataset: Dataset) -> str:
    """Leave a run after its second epoch; return its id."""
    trainer = Trainer(quick(epochs=5), dataset)
    events = record_run(trainer, home)
    for event in events:
        if isinstance(event, EpochEnded) and event.epoch == 2:
            break
    events.close()  # type: ignore[attr-defined]
    return trainer.run


@pytest.mark.parametrize("size", SIZES)
async def test_an_interrupted_run_goes_on_with_its_past(
    opened: Open, home: Path, small_dataset: Dataset, size: tuple[int, int]
) -> None:
    run = interrupted(home, small_dataset)
    async with opened(size, home=home) as stage:
        await stage.press("8")
        await stage.see("interrupted")
        await stage.press("r")
        await stage.until(lambda: bool(stage.sent))
        assert stage.sent == [ResumeStoredRun(run)]
        assert stage.app.main_screen.tabs.active == "train"
        assert [epoch.epoch for epoch in stage.app.state.epochs] == [1, 2]
        trainer = trainer_for_id(home, run, small_dataset, Trainer(quick(), small_dataset).commands)
        for event in record_run(trainer, home):
            await stage.happen(event)
        assert [epoch.epoch for epoch in stage.app.state.epochs] == [1, 2, 3, 4, 5]
        assert stage.app.state.phase is Phase.ENDED
        assert "Goes on after 2 epochs" in " ".join(stage.screen.split()) or size == (80, 24)


async def test_a_run_that_is_done_is_asked_how_far_it_is_to_go(
    opened: Open, home: Path, small_dataset: Dataset
) -> None:
    trainer = Trainer(quick(epochs=2), small_dataset)
    assert isinstance(list(record_run(trainer, home))[-1], RunEnded)
    async with opened(home=home) as stage:
        await stage.press("8")
        await stage.see("completed")
        await stage.press("r")
        await stage.see("up to which epoch?")
        await stage.press("escape")
        assert stage.sent == []
        await stage.press("r", "backspace", "x", "enter")
        assert "epochs is “x”" in stage.told[0]
        assert stage.sent == []
        await stage.press("r", "backspace", "7", "enter")
        await stage.until(lambda: bool(stage.sent))
        assert stage.sent == [ResumeStoredRun(trainer.run, 7)]


async def test_while_a_run_is_active_another_cannot_go_on(
    opened: Open, home: Path, small_dataset: Dataset
) -> None:
    interrupted(home, small_dataset)
    async with opened(home=home) as stage:
        await stage.happen(started())
        await stage.press("8")
        await stage.see("interrupted")
        await stage.press("r")
        assert stage.told == ["A run is active; f4 stops it."]
        assert stage.sent == []


async def test_a_matrix_of_a_long_run_is_looked_up(opened: Open, home: Path, small_dataset: Dataset) -> None:
    trainer = Trainer(quick(epochs=230, early_stopping=False, hidden=()), small_dataset)
    kept = [event for event in record_run(trainer, home) if isinstance(event, EpochEnded)]
    async with opened(home=home) as stage:
        await stage.press("8")
        await stage.see("completed")
        await stage.press("enter")
        await stage.until(lambda: stage.app.state.epochs_done == 230)
        assert stage.app.state.epochs[0].validation_confusion_matrix is None
        assert stage.app.state.matrix(7) == kept[6].validation_confusion_matrix


async def test_a_run_goes_on_with_its_own_data_and_other_data_can_be_opened(
    opened: Open, home: Path, small_dataset: Dataset, small_npz: Path
) -> None:
    trainer = Trainer(quick(epochs=2), small_dataset)
    list(record_run(trainer, home, data=small_npz))
    async with opened(home=home) as stage:
        await stage.press("8")
        await stage.see("completed")
        await stage.press("r", "enter")
        await stage.until(lambda: bool(stage.sent))
        assert stage.sent == [ResumeStoredRun(trainer.run, 4)]
        assert (stage.worker.data, stage.worker.starts) == (small_npz, 2)
        await stage.happen(
            DataLoaded(small_dataset.summary()), started(trainer.run), run_ended(ConfusionMatrix(10, ()))
        )
        assert stage.app.state.ended is not None

        copy = small_npz.with_name("copy.npz")
        copy.write_bytes(small_npz.read_bytes())
        await stage.press("7", "o")
        stage.app.screen.query_one("FilePrompt Input").value = str(copy)  # type: ignore[attr-defined]
        await stage.press("enter")
        await stage.until(lambda: stage.worker.starts == 3)
        assert stage.worker.data == copy
        assert stage.app.state.started is None
        assert stage.told[-1] == (
            "copy.npz is there: 600 training and 200 test images. The next run learns from it."
        )
        await stage.press("ctrl+r")
        await stage.happen(DataLoaded(small_dataset.summary()))
        assert isinstance(stage.sent[-1], StartRun)
        assert stage.app.settings.recent_data == (str(copy), str(small_npz))


async def test_a_run_whose_data_have_changed_is_not_resumed(
    opened: Open, home: Path, small_dataset: Dataset, small_npz: Path
) -> None:
    data = home.with_name("data.npz")
    data.write_bytes(small_npz.read_bytes())
    trainer = Trainer(quick(epochs=2), small_dataset)
    list(record_run(trainer, home, data=data))
    with np.load(small_npz) as arrays:
        np.savez(data, **{name: array[::-1] for name, array in arrays.items()})
    async with opened(home=home) as stage:
        await stage.press("8")
        await stage.see("completed")
        await stage.press("r", "enter")
        await stage.until(lambda: bool(stage.told))
        assert "data.npz, which has changed since" in stage.told[0]
        assert (stage.sent, stage.worker.starts) == ([], 1)
