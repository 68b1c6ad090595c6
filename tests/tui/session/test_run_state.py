import dataclasses
from dataclasses import replace
from itertools import pairwise

import pytest

from engine.events import (
    BatchEnded,
    CheckpointSaved,
    DataFailed,
    DataLoaded,
    Diverged,
    EarlyStoppingStatus,
    EpochEnded,
    Event,
    HyperparameterChanged,
    Paused,
    Resumed,
    RunEnded,
    RunFailed,
    StoppedEarly,
)
from engine.sentences import Sentence
from tests.tui.screen_text import (
    MNIST,
    epoch_ended,
    matrix_of,
    predictions,
    ready,
    run_ended,
    running,
    started,
)
from tui.session.run_state import MOST_EPOCHS, WHOLE_EPOCHS, Phase, RunState

VALIDATION = predictions({0: (3, 0.8)}, split="validation", epoch=2)
TEST = predictions({0: (3, 0.8)})


def batch(
    number: int, epoch: int = 1, *, step: int | None = None, seconds: float = 1.0, speed: float = 54_000.0
) -> BatchEnded:
    steps = 844 * (epoch - 1) + number if step is None else step
    return BatchEnded(epoch, number, 844, steps, 0.5, 0.5, 0.8, 0.1, 1.0, seconds, speed)


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([], Phase.LOADING),
        ([DataLoaded(MNIST)], Phase.READY),
        ([DataFailed(Sentence("no file"))], Phase.NO_DATA),
        ([DataLoaded(MNIST), started()], Phase.RUNNING),
        ([DataLoaded(MNIST), started(), Paused(1, 5, 5)], Phase.PAUSED),
        ([DataLoaded(MNIST), started(), Paused(1, 5, 5), Resumed(1, 5, 5)], Phase.RUNNING),
        ([DataLoaded(MNIST), started(), run_ended(None)], Phase.ENDED),
        ([DataLoaded(MNIST), started(), RunFailed(Sentence("killed"))], Phase.FAILED),
        ([DataLoaded(MNIST), RunFailed(Sentence("batch too large"), "batch_size")], Phase.FAILED),
    ],
)
def test_the_phase_follows_the_events(events: list[Event], phase: Phase) -> None:
    state = RunState()
    for event in events:
        state.fold(event)
    assert state.phase is phase
    assert state.active is (phase in (Phase.RUNNING, Phase.PAUSED))


def test_a_worker_that_ends_for_want_of_data_leaves_the_reason_standing() -> None:
    state = RunState()
    state.fold(DataFailed(Sentence("no such folder")))
    state.fold(RunFailed(Sentence("the process died")))
    assert state.phase is Phase.NO_DATA
    assert str(state.failure) == "no such folder"


def test_a_run_that_was_asked_for_counts_as_active_until_it_answers() -> None:
    for answer in (started(), RunFailed(Sentence("batch too large"), "batch_size")):
        state = ready()
        state.expect_run()
        assert state.active
        state.fold(answer)
        assert not state.starting


def test_a_new_run_starts_from_nothing() -> None:
    state = running()
    for event in (
        batch(3),
        epoch_ended(1, matrix_of(VALIDATION)),
        VALIDATION,
        HyperparameterChanged(1, 3, 3, "dropout", 0.0, 0.5),
        Diverged(2, 1, 845, "loss", None),
        run_ended(matrix_of(TEST), 1),
    ):
        state.fold(event)
    state.fold(started("r2"))
    fresh = running("r2")
    assert vars(state).keys() == vars(fresh).keys()
    assert state == fresh


def test_a_run_that_cannot_start_leaves_the_one_before_in_sight() -> None:
    state = running()
    state.fold(epoch_ended(1, matrix_of(VALIDATION)))
    state.fold(run_ended(matrix_of(TEST), 1))
    state.fold(RunFailed(Sentence("batch too large"), "batch_size"))
    assert state.epochs
    assert state.ended is not None


def test_a_change_that_took_effect_is_in_the_hyperparameters() -> None:
    state = running()
    state.fold(HyperparameterChanged(1, 412, 412, "learning_rate", 0.1, 0.05))
    assert state.hyperparameters is not None
    assert state.hyperparameters.learning_rate == 0.05
    assert [change.name for change in state.changes] == ["learning_rate"]


def test_the_best_epoch_is_the_last_that_was_kept() -> None:
    state = running()
    assert state.best is None
    for number in (1, 2):
        state.fold(epoch_ended(number, matrix_of(VALIDATION)))
    assert state.best is not None
    assert state.best.epoch == 2


def test_the_matrix_is_validation_in_a_run_and_test_after_it() -> None:
    state = running()
    assert state.confusion is None
    state.fold(epoch_ended(2, matrix_of(VALIDATION)))
    assert state.confusion is not None
    assert state.confusion[1:] == ("validation", 2)
    state.fold(run_ended(matrix_of(TEST), 9))
    assert state.confusion[1:] == ("test", 9)


def test_batches_of_the_whole_run_are_kept_evenly_and_never_too_many() -> None:
    state = running()
    for step in range(1, 20_001):
        state.fold(batch((step - 1) % 844 + 1, epoch=(step - 1) // 844 + 1, step=step))
    steps = [event.step for event in state.batches]
    assert 400 < len(steps) <= 1_000
    assert steps[0] == 1
    assert len({after - before for before, after in pairwise(steps)}) == 1
    assert 20_000 - steps[-1] < 50
    assert state.batch is not None
    assert state.batch.step == 20_000


@pytest.mark.parametrize("enabled", [False, True])
def test_where_early_stopping_that_is_off_would_have_ended_the_run(enabled: bool) -> None:
    state = running()
    for number, without in enumerate((0, 1, 2, 3, 0, 1, 2, 3, 4), 1):
        status = EarlyStoppingStatus(enabled, "validation_accuracy", 1, 0.9, 0.901, without, 3)
        made = epoch_ended(number, matrix_of(VALIDATION))
        state.fold(dataclasses.replace(made, early_stopping=status))
    assert (state.would_have_stopped and state.would_have_stopped.epoch) == (None if enabled else 4)


def test_bars_are_shares_of_the_run_and_of_its_epoch() -> None:
    state = running()
    assert (state.share_of_run, state.share_of_epoch) == (0.0, 0.0)
    state.fold(batch(422, epoch=3))
    assert state.share_of_epoch == 0.5
    assert state.share_of_run == pytest.approx(0.25)


def test_a_pause_after_each_single_step_is_one_happening() -> None:
    state = running()
    for number in range(1, 6):
        state.fold(Paused(1, number, number))
    for number in range(1, 4):
        state.fold(CheckpointSaved(number, "best.npz"))
    state.fold(Resumed(1, 5, 5))
    kinds = [type(event).__name__ for event in state.notable_events]
    assert kinds == ["RunStarted", "Paused", "CheckpointSaved", "Resumed"]
    assert state.notable_events[1] == Paused(1, 5, 5)


def test_epochs_and_batches_are_no_event_log() -> None:
    state = running()
    state.fold(batch(1))
    state.fold(epoch_ended(1, matrix_of(VALIDATION)))
    state.fold(StoppedEarly(1, 1, "validation_loss", 0.1, 5))
    assert [type(event) for event in state.notable_events] == [type(started()), StoppedEarly]


def test_time_left_is_estimated_from_speed_and_batches() -> None:
    state = running()
    assert state.seconds_left is None
    state.fold(batch(422, speed=54_000.0))
    assert state.seconds_left == pytest.approx(9.5)
    state.fold(Paused(1, 422, 422))
    assert state.seconds_left == pytest.approx(9.5)  # a pause takes no training time
    state.fold(run_ended(None))
    assert state.seconds_left is None


def test_the_first_moments_of_an_epoch_are_too_short_to_tell_its_speed() -> None:
    state = running()
    state.fold(batch(1, seconds=0.01, speed=800.0))
    assert state.samples_per_second == 800.0
    assert state.seconds_left is None
    state.fold(epoch_ended(1, matrix_of(VALIDATION)))
    state.fold(batch(1, epoch=2, seconds=0.01, speed=800.0))
    assert state.samples_per_second == 54_000.0
    state.fold(batch(300, epoch=2, seconds=0.4, speed=60_000.0))
    assert state.samples_per_second == 60_000.0


def test_more_epochs_make_more_batches() -> None:
    state = running()
    assert state.batches_in_all == 8_440
    state.fold(HyperparameterChanged(1, 1, 1, "epochs", 10, 20))
    assert state.batches_in_all == 16_880


def test_a_diverged_run_keeps_what_it_had() -> None:
    state = running()
    state.fold(epoch_ended(1, matrix_of(VALIDATION)))
    state.fold(Diverged(2, 3, 847, "loss", None))
    state.fold(RunEnded("diverged", 1, 1, 0.9, 0.3, 0.9, 0.3, matrix_of(TEST), 1.0))
    assert state.diverged is not None
    assert state.phase is Phase.ENDED
    assert state.confusion is not None


# Runs of any length, and runs that go on


def test_a_run_of_any_length_takes_a_bounded_number_of_epochs() -> None:
    state = running()
    looked_up: list[tuple[str, int]] = []
    matrix = matrix_of(predictions({}))

    def look_up(run: str, epoch: int) -> EpochEnded:
        looked_up.append((run, epoch))
        return epoch_ended(epoch, matrix)

    state.look_up = look_up
    for epoch in range(1, 10_001):
        state.fold(epoch_ended(epoch, matrix))
    assert len(state.epochs) <= MOST_EPOCHS
    numbers = [epoch.epoch for epoch in state.epochs]
    assert numbers == sorted(set(numbers))
    assert (numbers[0], state.epochs_done) == (1, 10_000)
    assert numbers[-WHOLE_EPOCHS:] == list(range(10_001 - WHOLE_EPOCHS, 10_001))
    whole = [epoch.epoch for epoch in state.epochs if epoch.validation_confusion_matrix]
    assert whole == numbers[-WHOLE_EPOCHS:]
    assert state.matrix(10_000) is matrix
    assert looked_up == []
    assert state.matrix(4_321) is matrix
    assert looked_up == [("r1", 4_321)]
    state.look_up = None
    assert state.matrix(4_321) is None


def test_a_run_that_goes_on_keeps_its_past() -> None:
    state = running()
    change = HyperparameterChanged(1, 3, 3, "dropout", 0.0, 0.1)
    matrix = matrix_of(predictions({}))
    for event in (change, epoch_ended(1, matrix), epoch_ended(2, matrix), run_ended(matrix)):
        state.fold(event)
    state.fold(replace(started(), epochs_before=2))
    assert state.phase is Phase.RUNNING
    assert state.ended is None
    assert [epoch.epoch for epoch in state.epochs] == [1, 2]
    assert state.best is state.epochs[-1]
    assert state.changes == [change]
    state.fold(epoch_ended(3, matrix))
    assert state.epochs_done == 3


def test_a_run_that_starts_over_has_no_past() -> None:
    state = running()
    state.fold(epoch_ended(1, matrix_of(predictions({}))))
    state.fold(started())
    assert state.epochs == []
    assert state.best is None
