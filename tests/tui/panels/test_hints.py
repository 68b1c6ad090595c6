"""What the coach says on the tab Train, and the key that does what it proposes: on events of real runs."""

import dataclasses
from pathlib import Path

import pytest

from engine.commands import ChangeHyperparameter
from engine.data.dataset import Dataset
from engine.events import EpochEnded, Event, HyperparameterChanged, RunEnded, RunStarted
from engine.hyperparameters import Hyperparameters
from engine.storage.recorder import record_run
from engine.training.trainer import Trainer
from tests.runs import of_kind, quick
from tests.tui.conftest import Open, Stage
from tests.tui.screen_text import SIZES, lines
from tui.panels.messages import RunOpened
from tui.panels.train.phrases import hint_words
from tui.session.run_state import RunState
from tui.text.language import use_language

SLOW = quick(learning_rate=0.001, schedule="constant", epochs=4, early_stopping=False)
ZEROS = quick(initializer="zeros")
WIDE_LETTERS = ("学习率过低", "learning_rate 0.001 → 0.1，立即生效")


@pytest.fixture(scope="module")
def slow(small_dataset: Dataset) -> list[Event]:
    return list(Trainer(SLOW, small_dataset))


@pytest.fixture(scope="module")
def zeros(small_dataset: Dataset) -> list[Event]:
    return list(Trainer(ZEROS, small_dataset))


def unended(events: list[Event]) -> list[Event]:
    return [event for event in events if not isinstance(event, RunEnded)]


def learning_rate(stage: Stage) -> str:
    form = stage.app.main_screen.drawer._form
    assert form is not None
    return str(form.values()["learning_rate"])


async def follow(stage: Stage, events: list[Event]) -> None:
    """Have the run of these events on the screen, as the form started it."""
    started = of_kind(events, RunStarted)[0]
    stage.app.main_screen.drawer.put(started.hyperparameters)
    await stage.pilot.pause()
    stage.worker.commands.clear()
    await stage.happen(*events)


@pytest.mark.parametrize("size", SIZES)
async def test_a_hint_says_what_shows_it_what_it_means_and_which_key_mends_it(
    opened: Open, size: tuple[int, int], slow: list[Event]
) -> None:
    async with opened(size) as stage:
        await follow(stage, unended(slow)[:2])
        assert "Learning rate" not in hint_words(stage.app.state)
        await stage.happen(*unended(slow)[2:])
        said = hint_words(stage.app.state)
        last = of_kind(slow, EpochEnded)[-1]
        assert f"to {last.train_loss:.3f}." in said
        for part in ("▸ Learning rate too low: in an epoch", "h: learning_rate 0.001 → 0.1, at once"):
            assert part in said
        if size == (80, 24):  # on a wide screen the lines of the form stand between
            assert said in stage.screen
        assert not any("…" in line for line in lines(stage.app))
        rows = stage.app.query_one("#note").region
        assert 1 <= rows.height <= 4  # all of it, and room left for the charts
        assert stage.app.query_one("#loss").region.height >= 4


async def test_h_changes_the_run_at_once_and_undo_takes_it_back(opened: Open, slow: list[Event]) -> None:
    async with opened() as stage:
        await follow(stage, unended(slow))
        await stage.press("h")
        assert stage.sent == [ChangeHyperparameter("learning_rate", 0.1)]
        assert learning_rate(stage) == "0.1"
        await stage.happen(HyperparameterChanged(4, 11, 44, "learning_rate", 0.001, 0.1))
        assert hint_words(stage.app.state) == ""
        await stage.press("f2", "ctrl+z")
        assert stage.sent[1:] == [ChangeHyperparameter("learning_rate", 0.001)]
        assert learning_rate(stage) == "0.001"


async def test_h_puts_what_a_run_cannot_take_into_the_form_for_the_next(
    opened: Open, zeros: list[Event]
) -> None:
    async with opened((80, 24)) as stage:
        await follow(stage, zeros)
        assert "h: initializer zeros → he_normal, in the next run" in stage.screen
        await stage.press("h")
        assert stage.sent == []
        assert stage.told == [
            "initializer zeros → he_normal is in the form for the next run; ctrl+z there takes it back."
        ]
        hyperparameters = stage.app.main_screen.drawer.hyperparameters()
        started = of_kind(zeros, RunStarted)[0].hyperparameters
        assert hyperparameters == started.changed("initializer", "he_normal")


async def test_a_click_on_the_hint_takes_it(opened: Open, slow: list[Event]) -> None:
    async with opened() as stage:
        await follow(stage, unended(slow))
        await stage.pilot.click("#note")
        await stage.pilot.pause()
        assert stage.sent == [ChangeHyperparameter("learning_rate", 0.1)]


async def test_the_key_is_offered_only_while_there_is_a_hint(opened: Open, slow: list[Event]) -> None:
    async with opened((250, 40)) as stage:
        await follow(stage, slow[:1])
        await stage.press("h")
        assert stage.sent == [] and stage.told == []
        assert "Take hint" not in lines(stage.app)[-1]
        assert not stage.app.query_one("#note").display
        await stage.happen(*slow[1:])
        assert "h Take hint" in " ".join(lines(stage.app)[-1].split())
        await stage.happen(slow[0])
        assert "Take hint" not in lines(stage.app)[-1]
        assert not stage.app.query_one("#note").display


async def test_a_hint_is_told_in_chinese(opened: Open, slow: list[Event]) -> None:
    async with opened((80, 24)) as stage:
        await follow(stage, unended(slow))
        use_language("zh")
        await stage.app.replace_screen()
        await stage.pilot.pause()
        for text in WIDE_LETTERS:
            assert text in hint_words(stage.app.state)
        assert "学习率过低" in stage.screen.replace(" ", "")


def test_a_run_that_is_replayed_gives_the_same_hint(slow: list[Event]) -> None:
    live, replayed = RunState(), RunState()
    for event in slow:
        live.fold(event)
    for event in slow:
        if isinstance(event, EpochEnded):
            event = dataclasses.replace(event, validation_confusion_matrix=None)
        replayed.fold(event)
    assert live.coach.hint is not None
    assert replayed.coach.hint == live.coach.hint


async def test_of_a_stored_run_the_whole_form_is_taken_with_the_change(
    opened: Open, small_dataset: Dataset, tmp_path: Path
) -> None:
    trainer = Trainer(ZEROS, small_dataset)
    assert len(list(record_run(trainer, tmp_path))) > 1
    async with opened(home=tmp_path) as stage:
        stage.app.post_message(RunOpened(trainer.run))
        await stage.see("Equal initial weights")
        await stage.press("h")
        taken = stage.app.main_screen.drawer.hyperparameters()
        assert taken == trainer.hyperparameters.changed("initializer", "he_normal")
        await stage.press("f2", "ctrl+z")
        assert stage.app.main_screen.drawer.hyperparameters() == Hyperparameters()


async def test_a_run_that_diverges_says_so_and_what_to_do(opened: Open, small_dataset: Dataset) -> None:
    async with opened((80, 24)) as stage:
        await follow(stage, list(Trainer(quick(learning_rate=10_000.0), small_dataset)))
        assert "Diverged at epoch 1" in stage.screen
        assert "h: learning_rate 10000 → 0.1, in the next run" in stage.screen
