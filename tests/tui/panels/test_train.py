import dataclasses

import pytest

from engine.events import (
    BatchEnded,
    ConfusionMatrix,
    Diverged,
    EarlyStoppingStatus,
    EpochEnded,
    HyperparameterChanged,
    Paused,
    RunEnded,
    RunStarted,
    StoppedEarly,
)
from engine.hyperparameters import Hyperparameters
from tests.tui.conftest import Open, Stage
from tests.tui.screen_text import SIZES, lines, started
from tui.panels.train.charts import Series, last_epoch, marks
from tui.panels.train.phrases import early_stopping_words, note
from tui.session.run_state import RunState
from tui.text.phrases import sentence
from tui.widgets.chart_series import MarkKind

MATRIX = ConfusionMatrix(10, ((0, 0, 600),))


def start(**values: object) -> RunStarted:
    hyperparameters = Hyperparameters(**values).resolved()  # type: ignore[arg-type]
    return dataclasses.replace(started(), hyperparameters=hyperparameters)


def batch(number: int, epoch: int = 1) -> BatchEnded:
    loss = 2.3 - number / 500
    return BatchEnded(
        epoch, number, 844, 844 * (epoch - 1) + number, loss, loss, 0.5, 0.1, 1.0, 0.5, 118_237.0
    )


def epoch(
    number: int, *, best: int | None = None, without: int = 0, monitor: str = "validation_accuracy"
) -> EpochEnded:
    best = number if best is None else best
    value = 0.95 if monitor == "validation_accuracy" else 0.25
    target = value + 0.001 if monitor == "validation_accuracy" else value - 0.001
    return EpochEnded(
        epoch=number,
        epochs=10,
        step=844 * number,
        train_loss=1 / number,
        train_accuracy=1 - 0.1 / number,
        validation_loss=1 / number + 0.1,
        validation_accuracy=0.9,
        learning_rate=0.1,
        seconds=0.5,
        samples_per_second=118_237.0,
        is_best=best == number,
        early_stopping=EarlyStoppingStatus(True, monitor, best, value, target, without, 5),
        layers=(),
        validation_confusion_matrix=MATRIX,
    )


def ended(reason: str = "completed", best: int | None = 2) -> RunEnded:
    accuracy = None if best is None else 0.9781
    return RunEnded(reason, 3, best, accuracy, 0.1, accuracy, 0.1, MATRIX if best else None, 4.2)


def after(*events: object) -> RunState:
    state = RunState()
    for event in events:
        state.fold(event)  # type: ignore[arg-type]
    return state


@pytest.mark.parametrize("size", SIZES)
async def test_before_a_run_the_panel_says_what_will_come_and_which_key_starts_it(
    opened: Open, size: tuple[int, int]
) -> None:
    async with opened(size) as stage:
        assert "The loss of each epoch comes here." in stage.screen
        assert "The accuracy of each epoch comes here." in stage.screen
        assert stage.screen.count("ctrl+r starts a run.") >= 3
        assert "MNIST: 60,000 training and 10,000" in stage.screen


async def test_the_first_epoch_is_drawn_while_it_runs(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(start(), *(batch(number) for number in range(1, 400, 20)))
        assert any("┤" in line for line in lines(stage.app))
        assert "comes here" not in stage.screen
        assert "The first epoch is not over yet." in stage.screen


async def test_both_charts_show_both_curves_and_the_best_epoch(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(start(), epoch(1), epoch(2), epoch(3, best=2, without=1), batch(5, 4))
        text = stage.screen
        assert "○ training (running) 0.3333" in text
        assert "● validation 0.4333" in text
        assert "○ training (running) 96.67%" in text
        assert "● validation 90.00%" in text
        assert text.count("★ epoch 2") == 2
        assert "118,000 images/s" in text


@pytest.mark.parametrize("size", SIZES)
async def test_no_line_is_cut_off(opened: Open, size: tuple[int, int]) -> None:
    async with opened(size) as stage:
        await stage.happen(start(), *(epoch(n) for n in range(1, 11)), ended())
        assert not any("…" in line for line in lines(stage.app))
        assert "best epoch 2" in lines(stage.app)[0]
        assert "97.81%" in stage.screen


async def test_with_dropout_the_charts_say_that_the_curves_are_not_comparable(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(start(), epoch(1))
        assert "not comparable" not in stage.screen
        await stage.happen(HyperparameterChanged(1, 1, 1, "dropout", 0.0, 0.2))
        assert "training and validation are not comparable" in stage.screen


@pytest.mark.parametrize("harder", [{"shift": 1.0}, {"adversarial": 0.3}, {"emphasis": 0.5}])
async def test_with_harder_training_images_the_charts_say_so_too(
    opened: Open, harder: dict[str, float]
) -> None:
    async with opened() as stage:
        await stage.happen(start(**harder), epoch(1))
        assert "Training images are made harder, so training and validation" in stage.screen


async def test_divergence_before_the_first_epoch_is_on_the_panel(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(start(), Diverged(1, 7, 7, "loss", None), ended("diverged", None))
        assert "Diverged at epoch 1, batch 7: the loss is no longer finite" in stage.screen
        assert "try a lower learning rate" in stage.screen


async def test_what_happened_stands_newest_first(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(
            start(), HyperparameterChanged(1, 412, 412, "learning_rate", 0.1, 0.05), Paused(2, 3, 847)
        )
        stage.app.clear_notifications()
        await stage.pilot.pause()
        await stage.see("learning_rate 0.1 → 0.05 after")
        text = stage.screen
        changed = text.index("learning_rate 0.1 → 0.05 after")
        assert text.index("Paused after") < changed < text.index("Started:")


def test_early_stopping_says_what_it_waits_for() -> None:
    text = early_stopping_words(after(start(), epoch(1), epoch(2, best=1, without=1)))
    assert text == [
        "★ Best epoch: 1, 95.00%",
        "1 of 5 epochs without enough gain\n■□□□□",
        "Waits for more than 95.10%",
    ]


def test_early_stopping_on_the_loss_waits_for_less() -> None:
    text = early_stopping_words(after(start(monitor="validation_loss"), epoch(1, monitor="validation_loss")))
    assert text[0] == "★ Best epoch: 1, 0.2500"
    assert text[-1] == "Waits for less than 0.2490"


def test_early_stopping_that_is_off_says_when_the_run_ends() -> None:
    text = early_stopping_words(after(start(early_stopping=False), epoch(1)))
    assert text[-1] == "It is off: the run goes on to epoch 10."


def test_patience_that_was_changed_is_the_one_that_counts() -> None:
    changed = HyperparameterChanged(1, 1, 845, "patience", 5, 30)
    text = early_stopping_words(after(start(), epoch(1), changed))
    assert text[1] == "0 of 30 epochs without enough gain"  # too many for boxes


def test_after_the_run_early_stopping_says_how_it_ended() -> None:
    stopped = StoppedEarly(7, 2, "validation_accuracy", 0.95, 5)
    text = early_stopping_words(after(start(), epoch(1), stopped, ended("stopped_early")))
    assert text == [
        "★ Best epoch: 1, 95.00%",
        "Stopped early after epoch 7: 5 epochs without enough improvement.",  # of a store before
        "The weights of epoch 2 are restored.",
    ]


@pytest.mark.parametrize(
    ("monitor", "reference", "count", "text"),
    [
        (
            "validation_accuracy",
            0.9375,
            1,
            "validation accuracy has not risen above 93.75% by more than 0.5 in 1 epoch.",
        ),
        (
            "validation_loss",
            0.25,
            5,
            "validation loss has not fallen below 0.2500 by more than 0.5 in 5 epochs.",
        ),
    ],
)
def test_what_early_stopping_went_by_is_said(monitor: str, reference: float, count: int, text: str) -> None:
    stopped = StoppedEarly(7, 7, monitor, 0.95, count, count, reference, 0.5)
    assert sentence(stopped) == f"Stopped early after epoch 7: {text}"


def test_losses_with_label_smoothing_are_called_so() -> None:
    assert "are with label smoothing" in note(after(start(label_smoothing=0.1)))


def test_dropout_without_hidden_units_switches_nothing_off() -> None:
    assert "units switched off" in note(after(start(dropout=0.5)))
    assert note(after(start(dropout=0.5, hidden=()))) == ""


def test_a_run_that_was_left_was_not_tested_though_epochs_are_complete() -> None:
    left = dataclasses.replace(ended("stopped"), test_accuracy=None, test_loss=None, confusion_matrix=None)
    assert sentence(left) == "Stopped: the test set was not evaluated."


@pytest.mark.parametrize(
    ("epochs", "done", "end"), [(10, 0, 10), (100, 0, 10), (100, 10, 20), (100, 55, 100), (3, 1, 3)]
)
def test_the_axis_grows_with_the_run(epochs: int, done: int, end: int) -> None:
    state = after(start(epochs=epochs), *(epoch(number) for number in range(1, done + 1)))
    assert last_epoch(state) == end


def test_the_axis_ends_with_the_run() -> None:
    assert last_epoch(after(start(), epoch(1), epoch(2), ended())) == 2


async def rows_of(stage: Stage, chart: str) -> int:
    return stage.app.query_one(f"#{chart}").size.height if stage.app.query_one(f"#{chart}").display else 0


async def test_a_chart_is_enlarged_and_put_back_by_keys_and_by_a_click(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(start(), epoch(1), epoch(2))
        small = await rows_of(stage, "loss")
        await stage.press("enter")
        assert await rows_of(stage, "loss") > 1.5 * small
        assert "validation 90.00%" not in stage.screen
        await stage.press("v")
        assert "▸ Accuracy" in stage.screen
        assert "▸ Loss" not in stage.screen
        await stage.press("escape")
        assert await rows_of(stage, "loss") == small
        await stage.pilot.click("#accuracy", offset=(3, 0))
        assert await rows_of(stage, "loss") == 0
        await stage.press("m")
        assert await rows_of(stage, "loss") == small


async def test_at_80_columns_the_learning_rate_takes_its_turn(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(start(), epoch(1), epoch(2))
        assert "Learning rate" not in stage.screen
        await stage.press("v", "v")
        assert "▸ Learning rate ◇ of the last step 0.1" in stage.screen
        await stage.press("v")
        assert "▸ Loss" in stage.screen


async def test_cursor_and_zoom_are_the_same_on_all_charts(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(start(epochs=50), *(epoch(n, best=7) for n in range(1, 31)))
        await stage.press("left", "left")
        assert "▼ epoch 29 ○ training (running) 0.0345" in stage.screen
        assert "▼ epoch 29 ○ training (running) 99.66%" in stage.screen
        await stage.press("z")
        assert "Accuracy, last 20 epochs" in stage.screen


async def test_the_loss_of_batches_is_shown_then_smoothed_then_hidden(opened: Open) -> None:
    async with opened() as stage:
        await stage.happen(start(), *(batch(number) for number in range(1, 400, 20)))
        await stage.press("b")
        assert "· batches 1.5380" in stage.screen
        await stage.press("b")
        assert "batches (smoothed)" in stage.screen
        await stage.press("b")
        assert "batches" not in stage.screen.split("Loss")[1].split("Accuracy")[0]


async def test_a_live_change_is_marked_and_told_at_its_epoch(opened: Open) -> None:
    async with opened((80, 24)) as stage:
        await stage.happen(
            start(), epoch(1), HyperparameterChanged(2, 422, 1266, "dropout", 0.0, 0.2), epoch(2), epoch(3)
        )
        stage.app.clear_notifications()
        await stage.pilot.pause()
        assert "◆" in stage.screen
        await stage.press("left", "left")
        assert "◆ dropout 0 → 0.2 after epoch 2, batch 422." in stage.screen


def test_early_stopping_that_is_off_says_where_it_would_have_ended_the_run() -> None:
    late = epoch(6, best=1, without=5)
    late = dataclasses.replace(late, early_stopping=dataclasses.replace(late.early_stopping, enabled=False))
    state = after(start(early_stopping=False), epoch(1), late)
    assert early_stopping_words(state)[-1] == (
        "◌ It would have ended the run after epoch 6; best until then: 95.00% (epoch 1)."
    )
    assert [(mark.x, mark.kind) for mark in marks(state)] == [(6, MarkKind.WOULD_STOP)]


def test_a_long_run_is_not_gone_through_anew() -> None:
    state = after(start(), epoch(1), epoch(2))
    asked: list[int] = []
    series = Series(lambda event: asked.append(event.epoch) or event.train_loss)  # type: ignore[func-returns-value]
    assert len(series.points(state)) == 2
    state.fold(epoch(3))
    assert len(series.points(state)) == 3
    assert asked == [1, 2, 3]
    assert series.points(after(start(), epoch(1))) == ((1, 1.0),)
