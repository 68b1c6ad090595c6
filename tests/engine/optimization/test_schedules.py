"""The curves at their ends and in between, warm-up, and what stretching does to them.

Against PyTorch's classes: `tests/engine/reference/test_pytorch.py`.
"""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hyperparameters import SPECIFICATIONS
from engine.optimization.schedules import CURVES, Schedule
from engine.specification import Choice

FALLING = ("constant", "step", "exponential", "cosine")
"""The schedules that end after the last step; one-cycle ends at it, as in PyTorch."""

every_curve = pytest.mark.parametrize("curve", CURVES)
no_deadline = settings(deadline=None)

schedules = st.builds(
    Schedule,
    curve=st.sampled_from(sorted(CURVES)),
    total_steps=st.integers(1, 500),
    warmup_steps=st.integers(0, 200),
)


def test_every_name_that_may_be_asked_for_is_there() -> None:
    kind = SPECIFICATIONS["schedule"].kind
    assert isinstance(kind, Choice)
    assert set(CURVES) == set(kind.names)


@pytest.mark.parametrize(
    ("curve", "progress", "factor"),
    [
        ("constant", 0.0, 1.0),
        ("constant", 1.0, 1.0),
        ("step", 0.0, 1.0),
        ("step", 0.333, 1.0),
        ("step", 1 / 3, 0.1),  # after each third
        ("step", 0.666, 0.1),
        ("step", 2 / 3, 0.01),
        ("step", 1.0, 0.01),
        ("exponential", 0.0, 1.0),
        ("exponential", 0.5, 0.1),  # 0.01 ^ 0.5
        ("exponential", 1.0, 0.01),
        ("cosine", 0.0, 1.0),
        ("cosine", 1 / 3, 0.75),  # (1 + cos 60°) / 2
        ("cosine", 0.5, 0.5),
        ("cosine", 1.0, 0.0),
        ("one_cycle", 0.0, 1 / 25),
        ("one_cycle", 0.15, (1 + 1 / 25) / 2),  # half way up
        ("one_cycle", 0.3, 1.0),
        ("one_cycle", 0.65, (1 + 1 / 250_000) / 2),  # half way down
        ("one_cycle", 1.0, 1 / 250_000),
    ],
)
def test_points_by_hand(curve: str, progress: float, factor: float) -> None:
    assert CURVES[curve](progress) == pytest.approx(factor, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("curve", FALLING)
def test_the_first_step_stands_at_the_start_and_the_end_comes_after_the_last(curve: str) -> None:
    schedule = Schedule(curve, 10)
    assert schedule.factor(0) == CURVES[curve](0.0)
    assert schedule.factor(9) == CURVES[curve](0.9)
    assert schedule.factor(10) == schedule.factor(1000) == CURVES[curve](1.0)


@pytest.mark.parametrize("curve", FALLING)
def test_the_warm_up_rises_evenly_and_then_the_curve_begins(curve: str) -> None:
    schedule = Schedule(curve, 24, warmup_steps=4)
    assert [schedule.factor(step) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    for step in range(4, 30):
        assert schedule.factor(step) == pytest.approx(CURVES[curve](min((step - 4) / 20, 1.0)), rel=1e-12)


def test_step_divides_by_ten_after_whole_thirds_of_any_run() -> None:
    # 3 * (n/3) must not fall just short of a whole number
    for total in range(3, 600, 3):
        schedule = Schedule("step", total)
        changes = [n for n in range(1, total) if schedule.factor(n) != schedule.factor(n - 1)]
        assert changes == [total // 3, 2 * total // 3]
    # from 1/9 at step 1 on, 8/9 are spread over 24 steps: 1/27 each, and 2/3 is reached at step 16; in
    # floating point it is 0.6666666666666665 there
    stretched = Schedule("step", 9).stretched(1, 25)
    assert [stretched.factor(n) for n in (15, 16)] == pytest.approx([0.1, 0.01])


@every_curve
@no_deadline
@given(progress=st.floats(0.0, 1.0))
def test_a_factor_is_between_0_and_1(curve: str, progress: float) -> None:
    assert 0.0 <= CURVES[curve](progress) <= 1.0


@pytest.mark.parametrize("curve", FALLING)
@no_deadline
@given(two=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)))
def test_these_never_rise(curve: str, two: tuple[float, float]) -> None:
    earlier, later = sorted(two)
    assert CURVES[curve](earlier) >= CURVES[curve](later)


@no_deadline
@given(two=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0)))
def test_one_cycle_rises_to_30_percent_and_falls_from_there(two: tuple[float, float]) -> None:
    earlier, later = sorted(two)
    one_cycle = CURVES["one_cycle"]
    if later < 0.3:
        assert one_cycle(earlier) <= one_cycle(later)
    if earlier >= 0.3:
        assert one_cycle(earlier) >= one_cycle(later)


@pytest.mark.parametrize("curve", ["exponential", "cosine", "one_cycle"])
def test_these_have_no_jump(curve: str) -> None:
    factors = [CURVES[curve](n / 10_000) for n in range(10_001)]
    # the steepest: exponential at its start, ln(100) a run; one-cycle on its way up, π/2 in 30 % of one
    steepest = max(math.log(100), math.pi / 2 / 0.3)
    assert max(abs(b - a) for a, b in pairwise(factors)) < 1.01 * steepest / 10_000


@no_deadline
@given(schedule=schedules, step=st.integers(0, 800))
def test_a_schedule_is_a_pure_function_within_bounds(schedule: Schedule, step: int) -> None:
    factor = schedule.factor(step)
    assert 0.0 <= factor <= 1.0
    assert schedule.factor(step) == factor
    assert 0.0 <= schedule.progress(step) <= 1.0
    assert schedule.progress(step) <= schedule.progress(step + 1)


# --- stretching


@no_deadline
@given(schedule=schedules, step=st.integers(0, 500), total=st.integers(1, 1000))
def test_stretching_goes_on_from_where_it_stands_and_ends_at_the_new_total(
    schedule: Schedule, step: int, total: int
) -> None:
    stretched = schedule.stretched(step, total)
    assert stretched.total_steps == total
    assert stretched.factor(step) == schedule.factor(step)
    if total > max(step, schedule.warmup_steps):
        assert stretched.factor(total) == CURVES[schedule.curve](1.0)
    for earlier in range(schedule.warmup_steps):  # the warm-up is not stretched
        assert stretched.factor(earlier) == schedule.factor(earlier)
    ahead = [stretched.progress(later) for later in range(step, max(step, total) + 3)]
    assert ahead == sorted(ahead)
    assert all(0.0 <= progress <= 1.0 for progress in ahead)


def test_stretching_by_hand() -> None:
    # at step 4 of 10 the progress is 0.4; the other 0.6 are spread over the 12 steps to 16: 0.05 each
    stretched = Schedule("cosine", 10).stretched(4, 16)
    assert stretched.progress(4) == pytest.approx(0.4)
    assert stretched.progress(5) == pytest.approx(0.45)
    assert stretched.progress(15) == pytest.approx(0.95)
    assert stretched.progress(16) == 1.0
    # and back to 10 from step 8, where it stands at 0.6: 0.2 each
    again = stretched.stretched(8, 10)
    assert again.progress(8) == pytest.approx(0.6)
    assert again.progress(9) == pytest.approx(0.8)
    assert again.progress(10) == 1.0


def test_stretching_during_the_warm_up_lets_it_finish() -> None:
    stretched = Schedule("cosine", 20, warmup_steps=4).stretched(1, 12)
    assert [stretched.factor(step) for step in range(5)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert stretched.factor(8) == pytest.approx(0.5)  # half way from 4 to 12


def test_one_cycle_after_a_warm_up_is_that_of_the_steps_that_are_left() -> None:
    schedule, alone = Schedule("one_cycle", 24, warmup_steps=4), Schedule("one_cycle", 20)
    assert [schedule.factor(step) for step in range(4)] == [0.25, 0.5, 0.75, 1.0]
    assert [schedule.swing(step) for step in range(4)] == [1.0] * 4
    for step in range(4, 30):
        assert schedule.factor(step) == pytest.approx(alone.factor(step - 4), rel=1e-12)
        assert schedule.swing(step) == pytest.approx(alone.swing(step - 4), rel=1e-12)


def test_momentum_swings_against_the_learning_rate_of_one_cycle() -> None:
    schedule = Schedule("one_cycle", 100)  # the peak is at step 29, one before 30 % of them
    swings = [schedule.swing(step) for step in range(100)]
    assert (swings[0], swings[29], swings[99]) == pytest.approx((1.0, -1.0, 1.0))
    assert swings[:30] == sorted(swings[:30], reverse=True)
    assert swings[29:] == sorted(swings[29:])
    assert {Schedule(curve, 100).swing(step) for curve in FALLING for step in range(100)} == {0.0}


def test_one_cycle_stretched_by_hand() -> None:
    # of 50 steps the peak is at 14 and the end at 49; at 20, 6 / 35 of the way down, nine steps are left
    stretched = Schedule("one_cycle", 50).stretched(20, 30)
    reached = 0.3 + 0.7 * 6 / 35
    for step in (20, 23, 29, 30):
        expected = min(reached + (1.0 - reached) * (step - 20) / 9, 1.0)
        assert stretched.progress(step) == pytest.approx(expected)


def test_stretching_by_nothing_changes_nothing() -> None:
    schedule = Schedule("one_cycle", 50, warmup_steps=5)
    same = schedule.stretched(20, 50)
    for step in range(20, 55):
        assert same.factor(step) == pytest.approx(schedule.factor(step), rel=1e-12)


def test_what_fades_is_whole_until_the_last_share_of_the_run() -> None:
    schedule = Schedule("cosine", 100, warmup_steps=0)
    assert [schedule.fade_factor(step, 0.2) for step in (0, 50, 79)] == [1.0, 1.0, 1.0]
    assert [schedule.fade_factor(step, 0.2) for step in (80, 85, 99, 100)] == pytest.approx(
        [1.0, 0.75, 0.05, 0.0]
    )
    assert [schedule.fade_factor(step, 1.0) for step in (0, 25, 100)] == pytest.approx([1.0, 0.75, 0.0])
    assert {schedule.fade_factor(step, 0.0) for step in range(120)} == {1.0}


@pytest.mark.parametrize("warmup", [0, 40, 100])
def test_what_fades_does_so_over_the_run_whatever_of_it_is_warm_up(warmup: int) -> None:
    schedule = Schedule("cosine", 100, warmup_steps=warmup)
    faded = [step for step in range(100) if schedule.fade_factor(step, 0.2) < 0.999]
    assert faded == list(range(81, 100))
    assert schedule.fade_factor(90, 0.2) == pytest.approx(0.5)


def test_what_fades_does_so_over_a_share_of_the_steps_that_the_run_has_by_now() -> None:
    """At step 50 of 100 the run is given 200: the last fifth of it are the steps from 160."""
    longer = Schedule("cosine", 100).stretched(50, 200)
    assert [longer.fade_factor(step, 0.2) for step in (50, 160, 180, 199)] == pytest.approx(
        [1.0, 1.0, 0.5, 0.025]
    )
    shorter = Schedule("cosine", 100).stretched(50, 60)
    assert [shorter.fade_factor(step, 0.2) for step in (50, 54, 57)] == pytest.approx([10 / 12, 0.5, 0.25])
