"""The Inside tab on a run that was really trained, as a person sees it."""

from pathlib import Path

import numpy as np

from engine.analysis.evaluation_sample import EvaluationSample
from engine.analysis.feature_visualization import by_norm
from engine.analysis.layer_summaries import layer_summaries
from engine.analysis.what_if import Change
from engine.data.dataset import Dataset
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun, outcome
from tests.tui.conftest import Open, Stage
from tui.panels.inside.layers import LayerTable
from tui.panels.page import Page
from tui.panels.paged_panel import PagedPanel
from tui.panels.tab_titles import TABS
from tui.text.phrases import percent

TAB = str(list(TABS).index("inside") + 1)


async def open_page(stage: Stage, page: str) -> Page:
    await stage.press(TAB)
    panel = stage.app.main_screen.tabs.panels["inside"]
    assert isinstance(panel, PagedPanel)
    while panel.active != page:
        await stage.press("full_stop")
    return panel.page


async def test_layers_are_told_with_their_histograms(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    second = layer_summaries(trained)[1]
    async with opened((80, 24), data=small_npz) as stage:
        await stage.press(TAB)
        await stage.see("ctrl+r starts a run.")
        await stage.press("full_stop", "comma")  # the keys of the pages work all the same
        await stage.trained(trained_run, ended=False)
        await stage.see("hidden 1: Healthy")
        assert "784×16" in stage.screen and "12×10" in stage.screen
        assert "█ now ◆ at the start" in stage.screen
        await stage.press("down")
        await stage.see("hidden 2: Healthy")
        assert f"{second.gradient_norm:.2g}" in stage.screen
        await stage.press("o")
        await stage.see("◆ weighted sums")
        await stage.press("u")
        await stage.see("Update, as a share of the weights → epoch")
        await stage.press("left")
        await stage.see("Gradient norm → epoch")
        await stage.press("g")
        await stage.see("Gradients of the weights")
        await stage.press("down", "o")
        await stage.see("What comes out here are the logits")
        await stage.pilot.resize_terminal(180, 50)
        await stage.press("t")
        await stage.see("Gradient norm → epoch")
        assert "Weights" in stage.screen  # beside it
        await stage.happen(trained_run.events[-1])
        table = stage.app.screen.query_one(LayerTable)
        await stage.pilot.click(table, offset=(5, 1))
        await stage.see("hidden 1: Healthy")


async def test_units_of_tanh_that_hardly_move_are_counted_as_flat(
    opened: Open, small_dataset: Dataset, small_npz: Path
) -> None:
    run = TrainedRun.of(small_dataset, activation="tanh", epochs=1)
    flat = layer_summaries(TrainedNetwork.of(run.weights, small_dataset))[0].saturated
    async with opened(data=small_npz) as stage:
        await stage.trained(run)
        await stage.press(TAB)
        await stage.see(f"{flat:.0%} flat")


async def test_units_are_shown_with_what_excites_them(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await stage.trained(trained_run)
        await open_page(stage, "weights")
        order = by_norm(trained, 0)
        await stage.see(f"unit {order[0]} of hidden 1")
        assert "excited most by test images" in stage.screen
        assert "##" in stage.screen and "==" in stage.screen  # signs that read without colour
        norm = float(np.linalg.norm(trained.network.dense[0].W[:, order[1]]))
        await stage.press("right")
        await stage.see(f"unit {order[1]} of hidden 1")
        assert f"norm {norm:.2f}" in stage.screen
        await stage.press("l", "l")
        await stage.see("of output")
        assert "found by gradient ascent" in stage.screen or "excites it most" in stage.screen


async def test_what_a_change_costs_is_seen_at_once(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    sample = EvaluationSample.of(trained, "test")
    before = percent(outcome(trained, sample, Change()).accuracy)
    async with opened((80, 24), data=small_npz) as stage:
        await stage.trained(trained_run)
        await open_page(stage, "what-if")
        await stage.see(f"accuracy {before} → {before}")
        await stage.press(*["right"] * 9)
        after = percent(outcome(trained, sample, Change(pruned=0.98)).accuracy)
        await stage.see(f"accuracy {before} → {after}")
        await stage.press("c", "down", "down", "right")
        after = percent(outcome(trained, sample, Change(bits=8)).accuracy)
        await stage.see("‹ 8 bits ›")
        await stage.see(f"accuracy {before} → {after}")
        await stage.press("c", "x")
        after = percent(outcome(trained, sample, Change(units=frozenset({(0, 0)}))).accuracy)
        await stage.see("unit 0 of hidden 1: off (x), 1 is off")
        await stage.see(f"accuracy {before} → {after}")
