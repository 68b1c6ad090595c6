"""The Evaluate tab on a run that was really trained, as a person reads it."""

from pathlib import Path

import numpy as np
import pytest

from engine.analysis.calibration import at_temperature, calibration
from engine.analysis.sample import Sample, logits_of, probabilities_of
from engine.training.subject import Subject
from tests.runs import TrainedRun
from tests.tui.conftest import Open, Stage
from tests.tui.looking import SIZES
from tui.keys import TABS
from tui.panels.paged import PagedPanel
from tui.sentences import percent

TAB = str(list(TABS).index("evaluate") + 1)


async def open_page(stage: Stage, run: TrainedRun, page: str, *, ended: bool = True) -> None:
    await stage.trained(run, ended=ended)
    await stage.press(TAB)
    panel = stage.app._tabs.panels["evaluate"]
    assert isinstance(panel, PagedPanel)
    for _ in range(list(panel.pages).index(page)):
        await stage.press("full_stop")
    assert panel.active == page


@pytest.mark.parametrize("size", SIZES)
async def test_robustness_is_a_curve_for_each_damage(
    opened: Open, trained_run: TrainedRun, trained: Subject, small_npz: Path, size: tuple[int, int]
) -> None:
    labels = trained.dataset.test_labels
    predicted = probabilities_of(trained, Sample.of(trained, "test")).argmax(axis=1)
    accuracy = percent(float(np.mean(predicted == labels)))
    async with opened(size, data=small_npz) as stage:
        await open_page(stage, trained_run, "robustness")
        await stage.see(f"undamaged {accuracy}")
        assert f"200 test images, weights of epoch {trained_run.weights.epoch}" in stage.screen
        await stage.see("It loses more than 10 points of accuracy from")
        assert "Noise → of full ink" in stage.screen
        await stage.press("right")
        await stage.see("Rotation → degrees")
        assert f"undamaged {accuracy}" in stage.screen
        assert "45°" in stage.screen
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
        await stage.see("200 test images")
        await stage.see("Looked at this test set 1 time.")
        await stage.press("full_stop", "comma")
        assert "Looked at this test set 1 time." in stage.screen  # counted once for a network


async def test_calibration_and_coverage_say_what_is_computed(
    opened: Open, trained_run: TrainedRun, trained: Subject, small_npz: Path
) -> None:
    sample = Sample.of(trained, "test")
    found = calibration(at_temperature(logits_of(trained, sample.images), 1.0), sample.labels)
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, trained_run, "calibration")
        await stage.see(f"expected calibration error {found.error:.2%}")
        assert "█ right" in stage.screen
        await stage.press("full_stop")
        await stage.see(f"Reading every image, {percent(found.accuracy)} are right.")
        assert "of the rest are right." in stage.screen


async def test_the_map_shows_the_image_under_its_cursor(
    opened: Open, trained_run: TrainedRun, trained: Subject, small_npz: Path
) -> None:
    sample = Sample.of(trained, "test")
    predicted = probabilities_of(trained, sample).argmax(axis=1)
    wrong = np.flatnonzero(predicted != sample.labels)
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, trained_run, "map")
        await stage.see(f"{len(wrong)} misread, reversed.")
        await stage.press("m")
        first = int(wrong[wrong > 0][0])
        await stage.see(f"image {first} ")
        assert f"true class {sample.labels[first]}" in stage.screen
        assert f"read as {predicted[first]}, " in stage.screen
        await stage.press("right", "up")
        assert f"image {first} " not in stage.screen
        before = stage.screen
        await stage.press("l")
        await stage.until(lambda: stage.screen != before)
