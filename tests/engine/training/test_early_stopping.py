"""Early stopping: which epoch is kept, what resets the count, and when patience ends.

Values are sums of powers of two, so that a target is met exactly where it is to be met exactly.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.events import EarlyStoppingStatus
from engine.hyperparameters import Hyperparameters
from engine.training.early_stopping import EarlyStopping

ACCURACY, LOSS = "validation_accuracy", "validation_loss"


def observed(stopping: EarlyStopping, *values: float | None) -> list[tuple[bool, int, bool]]:
    """Return, after each epoch: is it the best, the count without improvement, does it want to stop."""
    return [
        (stopping.observe(epoch, value), stopping.epochs_without_improvement, stopping.wants_to_stop)
        for epoch, value in enumerate(values, 1)
    ]


def test_it_is_made_from_the_hyperparameters() -> None:
    chosen = Hyperparameters(monitor=LOSS, patience=3, min_delta=0.25, early_stopping=False)
    assert EarlyStopping.of(chosen, 60) == EarlyStopping(LOSS, 3, 0.25, enabled=False, images=60)
    assert EarlyStopping.of(Hyperparameters(), 60).enabled


@pytest.mark.parametrize(("monitor", "sign"), [(ACCURACY, 1.0), (LOSS, -1.0)])
def test_patience_counts_epochs_in_a_row_without_improvement(monitor: str, sign: float) -> None:
    stopping = EarlyStopping(monitor, patience=2, min_delta=0.0)
    better, worse = 1.0 + sign / 4, 1.0 - sign / 4
    assert observed(stopping, 1.0, worse, better, worse, 1.0) == [
        (True, 0, False),
        (False, 1, False),
        (True, 0, False),  # the count starts again
        (False, 1, False),
        (False, 2, True),  # better than the epoch before is not better than the best
    ]
    assert (stopping.best_epoch, stopping.best_value) == (3, better)


def test_patience_of_one_stops_at_the_first_disappointment() -> None:
    stopping = EarlyStopping(ACCURACY, patience=1, min_delta=0.0)
    assert observed(stopping, 0.5, 0.75, 0.75) == [(True, 0, False), (True, 0, False), (False, 1, True)]


@pytest.mark.parametrize("monitor", [ACCURACY, LOSS])
def test_of_equals_the_first_is_kept_and_a_tie_is_no_improvement(monitor: str) -> None:
    stopping = EarlyStopping(monitor, patience=2, min_delta=0.0)
    assert observed(stopping, 0.5, 0.5, 0.5) == [(True, 0, False), (False, 1, False), (False, 2, True)]
    assert stopping.best_epoch == 1


@pytest.mark.parametrize(("monitor", "sign"), [(ACCURACY, 1.0), (LOSS, -1.0)])
def test_an_improvement_below_min_delta_is_kept_but_does_not_reset_the_count(
    monitor: str, sign: float
) -> None:
    stopping = EarlyStopping(monitor, patience=9, min_delta=0.25)
    start = 0.5
    assert stopping.target is None
    stopping.observe(1, start)
    assert stopping.target == start + sign * 0.25
    assert stopping.observe(2, start + sign * 0.125)  # the best, though not by enough
    assert (stopping.best_epoch, stopping.epochs_without_improvement) == (2, 1)
    assert stopping.observe(3, start + sign * 0.25)  # the target is to be passed, not met
    assert (stopping.best_epoch, stopping.epochs_without_improvement) == (3, 2)
    assert stopping.target == start + sign * 0.25
    assert stopping.observe(4, start + sign * 0.375)
    assert (stopping.best_epoch, stopping.epochs_without_improvement) == (4, 0)
    assert stopping.target == start + sign * 0.625


def test_small_improvements_count_once_they_add_up() -> None:
    stopping = EarlyStopping(ACCURACY, patience=3, min_delta=0.25)
    steps = [stopping.observe(epoch, epoch / 8) for epoch in range(1, 8)]
    assert all(steps)  # each is the best
    # 1/8 is the reference; 2/8 and 3/8 do not pass 3/8, 4/8 does; then 5/8 and 6/8 do not, 7/8 does
    assert stopping.reference == 7 / 8
    assert stopping.epochs_without_improvement == 0


@pytest.mark.parametrize("monitor", [ACCURACY, LOSS])
def test_a_value_that_does_not_exist_is_no_improvement(monitor: str) -> None:
    stopping = EarlyStopping(monitor, patience=2, min_delta=0.0)
    assert observed(stopping, None) == [(False, 1, False)]
    assert (stopping.best_epoch, stopping.best_value, stopping.target) == (None, None, None)
    assert stopping.observe(2, 0.5)
    assert stopping.epochs_without_improvement == 0
    assert not stopping.observe(3, None)
    assert not stopping.observe(4, None)
    assert stopping.wants_to_stop
    assert (stopping.best_epoch, stopping.best_value) == (2, 0.5)


def test_disabled_it_watches_all_the_same() -> None:
    stopping = EarlyStopping(ACCURACY, patience=1, min_delta=0.0, enabled=False)
    assert observed(stopping, 0.5, 0.25) == [(True, 0, False), (False, 1, True)]
    assert not stopping.status().enabled


def test_patience_and_min_delta_may_change_during_a_run() -> None:
    stopping = EarlyStopping(ACCURACY, patience=5, min_delta=0.0)
    observed(stopping, 0.5, 0.5, 0.5)
    assert not stopping.wants_to_stop
    stopping.patience = 2
    assert stopping.wants_to_stop
    stopping.patience, stopping.min_delta = 3, 0.25
    assert stopping.target == 0.75


@pytest.mark.parametrize(
    ("images", "min_delta", "least"),  # the least gain, in images, that is larger than min_delta
    [
        (6_000, 0.0005, 4),
        (6_000, 0.001, 7),
        (10_000, 0.0001, 2),
        (600, 0.001, 1),
        (6_000, 0.0, 1),
        (59, 0.1, 6),
    ],
)
def test_accuracies_are_compared_as_counts_of_images(images: int, min_delta: float, least: int) -> None:
    """A gain of exactly min_delta is none, whatever the rounding of the two accuracies makes of it."""
    for right in range(images + 1 - least):
        stopping = EarlyStopping(ACCURACY, 5, min_delta, images=images)
        stopping.observe(1, right / images)
        stopping.observe(2, (right + least - 1) / images)
        assert stopping.epochs_without_improvement == 1, right
        stopping.observe(3, (right + least) / images)
        assert stopping.epochs_without_improvement == 0, right


@pytest.mark.parametrize(("monitor", "sign"), [(ACCURACY, 1.0), (LOSS, -1.0)])
def test_a_lower_min_delta_lets_the_best_epoch_count(monitor: str, sign: float) -> None:
    """So that what is said is true: since the reference no epoch has passed it by more than min_delta."""
    stopping = EarlyStopping(monitor, patience=5, min_delta=0.5)
    observed(stopping, 1.0, 1.0, 1.0 + sign / 4, 1.0, 1.0)
    assert stopping.epochs_without_improvement == 4
    stopping.min_delta = 0.125
    stopping.observe(6, 1.0 + sign / 4)
    assert (stopping.reference, stopping.epochs_without_improvement) == (1.0 + sign / 4, 3)
    stopping.min_delta = 0.5
    stopping.observe(7, 1.0)
    assert (stopping.reference, stopping.epochs_without_improvement) == (1.0 + sign / 4, 4)


def test_its_status_says_all_that_it_remembers() -> None:
    stopping = EarlyStopping(LOSS, patience=4, min_delta=0.25)
    observed(stopping, 2.0, 1.0, 0.875)
    assert stopping.status() == EarlyStoppingStatus(
        enabled=True,
        monitor=LOSS,
        best_epoch=3,
        best_value=0.875,
        target=0.75,
        epochs_without_improvement=1,
        patience=4,
    )


@settings(deadline=None)
@given(
    values=st.lists(st.one_of(st.none(), st.integers(0, 40).map(lambda n: n / 8)), max_size=30),
    min_delta=st.integers(0, 12).map(lambda n: n / 8),
    patience=st.integers(1, 6),
    monitor=st.sampled_from([ACCURACY, LOSS]),
)
def test_against_the_whole_history(
    values: list[float | None], min_delta: float, patience: int, monitor: str
) -> None:
    """What it knows after each epoch, looked up in the list of all values."""
    stopping = EarlyStopping(monitor, patience, min_delta)
    sign = 1.0 if monitor == ACCURACY else -1.0
    last_improvement, reference = 0, None
    for epoch, value in enumerate(values, 1):
        stopping.observe(epoch, value)
        seen = [(sign * v, -n) for n, v in enumerate(values[:epoch], 1) if v is not None]
        if value is not None and (reference is None or sign * value > sign * reference + min_delta):
            last_improvement, reference = epoch, value
        if seen:
            best, place = max(seen)
            assert (stopping.best_value, stopping.best_epoch) == (sign * best, -place)
        assert stopping.epochs_without_improvement == epoch - last_improvement
        assert stopping.wants_to_stop == (epoch - last_improvement >= patience)
