"""The Evaluate tab on a run that was really trained, as a person reads it."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.calibration import at_temperature, calibration
from engine.analysis.evaluation_sample import EvaluationSample, logits_of
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun
from tests.tui.conftest import Open, Stage
from tui.panels.evaluate import robustness
from tui.panels.evaluate.robustness import RobustnessPage
from tui.panels.evaluation_page import split_for
from tui.panels.paged_panel import PagedPanel
from tui.panels.tab_titles import TABS
from tui.session.run_state import RunState
from tui.text.phrases import percent

TAB = str(list(TABS).index("evaluate") + 1)


async def open_page(stage: Stage, run: TrainedRun, page: str, *, ended: bool = True) -> None:
    await stage.trained(run, ended=ended)
    await stage.press(TAB)
    panel = stage.app.main_screen.tabs.panels["evaluate"]
    assert isinstance(panel, PagedPanel)
    for _ in range(list(panel.pages).index(page)):
        await stage.press("full_stop")
    assert panel.active == page


async def test_robustness_is_a_curve_for_each_corruption(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    labels = trained.dataset.test_labels
    predicted = logits_of(trained, EvaluationSample.of(trained, "test").images).argmax(axis=1)
    accuracy = percent(float(np.mean(predicted == labels)))
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, trained_run, "robustness")
        await stage.see(f"clean {accuracy}")
        assert f"200 test images, weights of epoch {trained_run.weights.epoch}" in stage.screen
        await stage.see("it has lost more than 10 points of accuracy: ")
        assert "Noise → of full ink" in stage.screen
        await stage.press("right")
        await stage.see("Rotation → degrees")
        assert f"clean {accuracy}" in stage.screen
        first = int(predicted[0])
        mark = "" if first == labels[0] else "✗"
        await stage.see(f"0°→{first}{mark} ")
        assert "45°→" in stage.screen
        await stage.press("left", "left")
        await stage.see("Occlusion → of the area")


async def test_before_the_end_of_a_run_the_test_set_is_left_alone(
    opened: Open, trained_run: TrainedRun, small_npz: Path, tmp_path: Path
) -> None:
    async with opened(data=small_npz, home=tmp_path) as stage:
        await open_page(stage, trained_run, "coverage", ended=False)
        await stage.see("60 validation images")
        assert "test image" not in stage.screen
        await stage.happen(trained_run.events[-1])
        stage.app.clear_notifications()
        await stage.see("200 test images")
        await stage.see("This test set has been evaluated for")
        assert "1 network." in stage.screen
        await stage.press("full_stop", "comma")
        assert "1 network." in stage.screen  # counted once for a network


async def test_calibration_and_coverage_say_what_is_computed(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    sample = EvaluationSample.of(trained, "test")
    found = calibration(at_temperature(logits_of(trained, sample.images), 1.0), sample.labels)
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, trained_run, "calibration")
        await stage.see(f"expected calibration error {found.error:.2%}")
        await stage.see("█ right")
        surest = found.bins[-1]
        assert f"On {surest.images} of 200 images its confidence is at least 93%." in stage.screen
        await stage.press("full_stop")
        await stage.see(f"Reading every image, {percent(found.accuracy)} are right.")
        assert "With thresholds fitted to these same images:" in stage.screen
        assert "of the rest are right." in stage.screen


async def test_the_map_shows_the_image_under_its_cursor(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    sample = EvaluationSample.of(trained, "test")
    predicted = logits_of(trained, sample.images).argmax(axis=1)
    wrong = np.flatnonzero(predicted != sample.labels)
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, trained_run, "map")
        await stage.see(f"{len(wrong)} misclassified, reversed.")
        await stage.press("m")
        first = int(wrong[wrong > 0][0])
        await stage.see(f"image {first} ")
        assert f"true class {sample.labels[first]}" in stage.screen
        assert f"predicted {predicted[first]}, " in stage.screen
        await stage.press("right", "up")
        assert f"image {first} " not in stage.screen
        before = stage.screen
        await stage.press("l")
        await stage.until(lambda: stage.screen != before)


async def test_a_network_is_examined_to_its_end_and_then_the_newest(
    opened: Open, trained_run: TrainedRun, small_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int | None] = []
    done: list[int | None] = []
    may_end = asyncio.Event()

    async def slowly(page: RobustnessPage, trained: TrainedNetwork, split: str) -> None:
        begun.append(trained.batch)
        await may_end.wait()
        done.append(trained.batch)

    monkeypatch.setattr(RobustnessPage, "examine_on", slowly)
    first = replace(trained_run, weights=replace(trained_run.weights, batch=1))
    async with opened(data=small_npz) as stage:
        await open_page(stage, first, "robustness", ended=False)
        await stage.until(lambda: begun == [1])
        await stage.see("The network is being tried on images.")
        for batch in (2, 3):
            await stage.happen(replace(trained_run.weights, batch=batch))
        assert (begun, done) == ([1], [])
        may_end.set()
        await stage.until(lambda: done == [1, 3])
        assert begun == [1, 3]


async def test_the_test_set_is_for_the_network_that_the_run_tested(trained_run: TrainedRun) -> None:
    state = RunState()
    for event in trained_run.events[:-1]:
        state.fold(event)
    weights, dataset = trained_run.weights, trained_run.dataset
    assert split_for(state, TrainedNetwork.of(weights, dataset)) == "validation"
    state.fold(trained_run.events[-1])
    assert split_for(state, TrainedNetwork.of(weights, dataset)) == "test"
    for other in (replace(weights, epoch=weights.epoch - 1), replace(weights, batch=3)):
        assert split_for(state, TrainedNetwork.of(other, dataset)) == "validation"


async def test_all_images_are_tried_when_that_is_asked_for(
    opened: Open, trained_run: TrainedRun, small_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(robustness, "FEW", 50)
    async with opened(data=small_npz) as stage:
        await open_page(stage, trained_run, "robustness")
        await stage.see("50 of 200 test images, weights of")
        await stage.press("a")
        await stage.see("200 test images, weights of")
        await stage.until(lambda: "of 200 test images" not in stage.screen)
        await stage.press("a")
        await stage.see("50 of 200 test images, weights of")


async def test_a_network_that_is_beyond_use_is_told_on_every_page(
    opened: Open, trained_run: TrainedRun, small_npz: Path
) -> None:
    weights = trained_run.weights
    spoiled = replace(weights, parameters=np.full_like(weights.parameters, 1e30))
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, replace(trained_run, weights=spoiled), "robustness")
        for _page in range(4):
            await stage.see("The outputs of this network are no longer finite numbers.")
            await stage.press("full_stop")
        await stage.happen(weights)  # as of a run that has come to its senses
        await stage.see("clean")


async def test_the_map_forms_by_t_sne_where_that_is_installed(
    opened: Open, trained_run: TrainedRun, small_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, trained_run, "map")
        await stage.see("t PCA")
        with monkeypatch.context() as patched:
            patched.setitem(sys.modules, "openTSNE", None)
            await stage.press("t")
            assert any("pip install 'mlp-tui[tsne]'" in text for text in stage.told)
        await stage.see("of the variance.")
        await stage.press("t")
        await stage.see("t t-SNE")
        await stage.see("t-SNE; nearness counts, distance does not.")
        await stage.press("t")
        await stage.see("of the variance.")


async def test_the_map_can_be_that_of_one_class(
    opened: Open, trained_run: TrainedRun, trained: TrainedNetwork, small_npz: Path
) -> None:
    sample = EvaluationSample.of(trained, "test")
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, trained_run, "map")
        await stage.see("c all classes")
        await stage.press("c", "c")
        await stage.see("c class 1")
        ones = np.flatnonzero(sample.labels == 1)
        assert f"image {ones[0]} true class 1" in stage.screen
        for key in ("left", "up", "right", "down", "m"):
            await stage.press(key)
            assert "true class 1 " in stage.screen
        await stage.press("C", "C")
        await stage.see("c all classes")
        assert "true class 0 " in stage.screen  # the class that was passed through
