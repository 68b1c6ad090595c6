"""One step on one mini-batch is taken, looked at, and taken again with another learning rate."""

from pathlib import Path

import numpy as np

from engine.analysis.walkthrough import BatchTracer, BatchWalkthrough
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun
from tests.tui.conftest import Open
from tests.tui.panels.inside.conftest import walk_to, walking


def rate_of(trained: TrainedNetwork) -> float:
    rate = trained.hyperparameters.resolved().learning_rate
    assert rate is not None
    return rate


def walked(trained: TrainedNetwork, number: int, rate: float) -> BatchWalkthrough:
    walk = list(BatchTracer(trained).trace(number, rate))[-1]
    assert walk is not None
    return walk


async def test_a_step_is_walked_through(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    walk = walked(trained, 0, rate_of(trained))
    async with opened((80, 24), data=small_npz) as stage:
        view = await walking(stage, trained_run, "one-batch")
        await stage.see("Mini-batch 1 of 11 · 50 images")
        assert f"learning rate {rate_of(trained):g}" in stage.screen
        assert f"loss {walk.loss_before:.3g} → {walk.loss_after:.3g}" in stage.screen
        assert f"validation {walk.validation_before.loss:.3g} → " in stage.screen
        seen = []
        for _ in walk.stages:
            assert view.stage is not None
            seen.append(view.stage.title)
            await stage.press("right")
        assert seen == [stage.title for stage in walk.stages]
        assert f"Mean loss {walk.loss_before:.4g}, then {walk.loss_after:.4g}" in stage.screen


async def test_a_weight_is_seen_before_and_after_its_step(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    walk = walked(trained, 0, rate_of(trained))
    async with opened(data=small_npz) as stage:
        view = await walking(stage, trained_run, "one-batch")
        await walk_to(stage, view, "Change of weights", "Hidden 2")
        assert view.stage is not None
        change = view.stage.values
        at = np.unravel_index(abs(change).argmax(), change.shape)
        before = trained.network.dense[1].W[at]
        assert f"input {at[0]} to unit {at[1]}: {change[at]:.4g}" in stage.screen
        assert f"before: {before:.4g}" in stage.screen
        assert f"after: {before + change[at]:.4g}" in stage.screen
        step = next(s for s in walk.stages if (s.title, str(s.group)) == ("Change of weights", "Hidden 2"))
        assert np.array_equal(step.values, change)
        assert f"= −{rate_of(trained):g} · " in stage.screen


async def test_a_longer_step_overshoots_and_the_run_knows_nothing_of_it(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    weights = trained_run.weights.parameters.copy()
    async with opened(data=small_npz) as stage:
        await walking(stage, trained_run, "one-batch")
        sent = list(stage.sent)
        rate = rate_of(trained)
        for _ in range(6):
            await stage.press("plus")
            rate *= 2
        await stage.see(f"learning rate {rate:.4g}")
        await stage.see(f"→ {walked(trained, 0, rate).loss_after:.3g}")
        assert "overshot" in stage.screen
        for _ in range(8):
            await stage.press("minus")
        short = rate_of(trained) / 4
        await stage.see(f"learning rate {short:g}")
        await stage.see(f"→ {walked(trained, 0, short).loss_after:.3g}")
        await stage.press("left_square_bracket")
        await stage.see("Mini-batch 11 of 11 · 40 images")
        assert stage.sent == sent
    assert np.array_equal(weights, trained_run.weights.parameters)
    assert np.array_equal(weights, trained.network.parameters)
