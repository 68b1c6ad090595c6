"""The Data tab as a person sees it: before a run, during and after it, in any data."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.analysis.label_errors import LabelIssues, find_label_issues
from engine.data.dataset import Dataset
from engine.events import Weights
from engine.hyperparameters import Hyperparameters
from engine.training.learner import split_dataset
from engine.training.trained_network import TrainedNetwork
from tests.runs import TrainedRun
from tests.tui.conftest import Open, Stage
from tests.tui.screen_text import SIZES, lines
from tui.panels.paged_panel import PagedPanel
from tui.text.glyphs import use_ascii


async def open_page(stage: Stage, page: str) -> None:
    """Open the tab, and turn to a page by its keys."""
    await stage.app.action_show_tab("data")
    panel = stage.app.main_screen.tabs.panels["data"]
    assert isinstance(panel, PagedPanel)
    await stage.until(lambda: stage.app.screen.focused is not None)
    while panel.active != page:
        await stage.press("full_stop")
    await stage.until(lambda: panel.page.is_mounted and panel.page.display)


@pytest.mark.parametrize("size", SIZES)
async def test_the_pages_that_need_no_run(
    opened: Open, small_npz: Path, small_dataset: Dataset, size: tuple[int, int]
) -> None:
    split = split_dataset(Hyperparameters(), small_dataset)
    images, labels = small_dataset.train_images[split.training], small_dataset.train_labels[split.training]
    async with opened(size, data=small_npz) as stage:
        await open_page(stage, "overview")
        await stage.see("small.npz from")
        assert "split by default: seed 0, 10% held out for validation" in stage.screen
        assert "540 67.50%" in stage.screen
        row = next(line for line in lines(stage.app) if " 7 " in line and "%" in line)
        of_seven = np.count_nonzero(labels == 7)
        assert (
            f"{of_seven} {of_seven / 540:8.2%}".split()
            == [word for word in row.split() if word.strip("█▏▎▍▌▋▊▉│")][-6:-4]
        )

        await open_page(stage, "samples")
        await stage.see("training images, all classes: 540")
        assert f"labelled {labels[0]}" in stage.screen
        assert f"training image {split.training[0]}" in stage.screen
        await stage.press("t", "t", "right", "p")  # class 1, its second image, then those of validation
        validation = split.validation[small_dataset.train_labels[split.validation] == 1]
        await stage.see(f"validation images, class 1: {len(validation)}")
        await stage.see(f"training image {validation[0]}")
        await stage.press("end")
        await stage.see(f"training image {validation[-1]}")
        await stage.press("p", "a")
        await stage.see("test images, all classes: 200")
        await stage.press("pagedown")
        assert "1 of 200" not in stage.screen

        await open_page(stage, "averages")
        await stage.see("most alike: 7–9")
        await stage.press("right", "right")  # all, 0, 1
        await stage.see(f"Class 1 · {np.count_nonzero(labels == 1)} images")
        await stage.see(f"{images[labels == 1].mean() / 255:.2%} ink")

        await open_page(stage, "pixels")
        await stage.see(f"{540 * 784:,} pixels of 540 training images")
        assert f"Mean {images.mean() / 255:.4f}, standard deviation {images.std() / 255:.4f}" in stage.screen
        assert "Values of the pixels" in stage.screen
        assert f"{np.mean(images == 0):.2%} are blank" in stage.screen

        await open_page(stage, "doubtful")
        await stage.see("ctrl+r starts a run.")
        await stage.press("p", "right", "enter")  # there is nothing to turn to


async def test_labels_in_doubt_say_for_which_weights(
    opened: Open, small_npz: Path, trained_run: TrainedRun, trained: TrainedNetwork
) -> None:
    *_shares, doubts = find_label_issues(trained)
    assert isinstance(doubts, LabelIssues)
    assert len(doubts.indices) > 3
    fair = int(doubts.is_validation.sum())
    assert 0 < fair < len(doubts.indices)
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, "doubtful")
        await stage.trained(trained_run, ended=False)
        await stage.see(f"{len(doubts.indices)} labels in doubt: {fair} of 60 validation images")
        assert f"weights of epoch {trained.epoch}" in stage.screen
        assert "Validation images are the fair ones" in stage.screen
        for number in (0, 1):
            label, read = doubts.labels[number], doubts.predicted[number]
            await stage.see(f"training image {doubts.indices[number]}")
            assert f"Labelled {label}, predicted {read}" in stage.screen
            assert f"{read}: {doubts.predicted_probabilities[number]:.2%}" in stage.screen
            learned = "learned from, with this label" in stage.screen
            assert learned != bool(doubts.is_validation[number])
            await stage.press("right")
        await stage.press("p")
        await stage.see("validation alone")
        first = int(np.flatnonzero(doubts.is_validation)[0])
        await stage.see(f"training image {doubts.indices[first]}")
        await stage.press("end", "p", "end")
        last = int(np.flatnonzero(~doubts.is_validation)[-1])
        await stage.see(f"training image {doubts.indices[last]}")
        assert "learned from, with this label" in stage.screen


async def test_newer_weights_are_read_anew(
    opened: Open, small_npz: Path, trained_run: TrainedRun, trained: TrainedNetwork
) -> None:
    """The image that is looked at stays, if it is still in doubt."""
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, "doubtful")
        await stage.trained(trained_run, ended=False)
        await stage.see("labels in doubt")
        await stage.press("right", "right")
        *_shares, doubts = find_label_issues(trained)
        assert isinstance(doubts, LabelIssues)
        await stage.see(f"training image {doubts.indices[2]}")
        newer: Weights = replace(trained_run.weights, epoch=77, batch=5)
        stage.worker.weights = newer
        await stage.happen(newer)
        await stage.see("weights in epoch 77, after 5 mini-batches")
        assert f"training image {doubts.indices[2]}" in stage.screen
        broken = replace(newer, epoch=78, parameters=np.full_like(newer.parameters, np.inf))
        stage.worker.weights = broken
        await stage.happen(broken)
        await stage.see("For 600 images the network gives no numbers any more.")
        await stage.see("No label is in doubt")


async def test_the_split_follows_the_run_that_is_shown(
    opened: Open, small_npz: Path, small_dataset: Dataset
) -> None:
    run = TrainedRun.of(small_dataset, epochs=1, seed=5, validation_size=0.25)
    async with opened(data=small_npz) as stage:
        await open_page(stage, "overview")
        await stage.see("split by default: seed 0, 10% held out")
        await stage.trained(run, ended=False)
        await stage.see("split of the run shown: seed 5, 25% held out")
        assert "450 56.25%" in stage.screen
        await open_page(stage, "pixels")
        pixels = small_dataset.train_images[
            split_dataset(run.weights.hyperparameters, small_dataset).training
        ]
        await stage.see(f"Mean {pixels.mean() / 255:.4f}")


async def test_other_data_than_the_run_learned_from_are_told_and_so_is_a_split_that_cannot_be(
    opened: Open, tmp_path: Path, trained_run: TrainedRun
) -> None:
    other, tiny = tmp_path / "other.npz", tmp_path / "tiny.npz"
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 8, 8), dtype=np.uint8)
    labels = np.arange(40) % 2
    np.savez(other, x_train=images, y_train=labels, x_test=images[:3], y_test=[0, 1, 2])
    np.savez(tiny, x_train=images[:3], y_train=[0, 1, 1], x_test=images[:3], y_test=[0, 1, 1])
    async with opened((80, 24), data=other) as stage:
        await open_page(stage, "overview")
        await stage.see("8 x 8 pixels · 3 classes")
        await stage.happen(*trained_run.events)
        await stage.see("The run that is shown learned from other images than these.")
        await open_page(stage, "samples")
        await stage.press("T")
        await stage.see("No such image.")  # class 2 is in the test set alone
        await open_page(stage, "averages")
        await stage.press("end")
        await stage.see("Class 2 · 0 images")
    async with opened((80, 24), data=tiny) as stage:
        await open_page(stage, "overview")
        await stage.see("leaves no image for training")
        await stage.press("down", "end")


async def test_plain_characters_alone(opened: Open, small_npz: Path, trained_run: TrainedRun) -> None:
    use_ascii(True)
    try:
        async with opened((80, 24), data=small_npz) as stage:
            await stage.trained(trained_run, ended=False)
            for page, text in (
                ("overview", "held out"),
                ("averages", "most alike: 7-9"),
                ("pixels", "Values of the pixels"),
                ("doubtful", "labels in doubt"),
            ):
                await open_page(stage, page)
                await stage.see(text)
                assert stage.screen.isascii(), [line for line in lines(stage.app) if not line.isascii()]
    finally:
        use_ascii(False)


async def test_distortions_are_seen_as_their_strengths_change_and_go_into_the_form(
    opened: Open, small_npz: Path, small_dataset: Dataset
) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await open_page(stage, "distortions")
        first = split_dataset(Hyperparameters(), small_dataset).training[0]
        await stage.see(
            f"Training image {first}, {small_dataset.train_labels[first]}, and 12 of the distortions"
        )
        await stage.until(lambda: "12" in stage.screen.partition("as it is")[2])  # all are in view
        assert "rotation ‹ 10 ›" in " ".join(stage.screen.split())
        before = lines(stage.app)
        await stage.press("right")
        await stage.until(lambda: lines(stage.app) != before)
        assert "rotation ‹ 20 ›" in " ".join(stage.screen.split())
        for key in ("a", "i", "I"):
            before = lines(stage.app)
            await stage.press(key)
            await stage.until(lambda before=before: lines(stage.app) != before)  # type: ignore[misc]
        await stage.press("down", "down", "left", "enter")
        form = stage.app.main_screen.drawer.hyperparameters()
        assert form is not None
        assert (form.rotation, form.scaling, form.shear, form.elastic) == (20.0, 0.1, 0.05, 1.0)
        assert "They are in the form; ctrl+z there takes them back." in stage.told


async def test_a_run_that_distorts_shows_its_own_strengths(
    opened: Open, small_npz: Path, small_dataset: Dataset
) -> None:
    run = TrainedRun.of(small_dataset, epochs=1, elastic=2.0, noise=0.1)
    async with opened(data=small_npz) as stage:
        await stage.trained(run)
        await open_page(stage, "distortions")
        await stage.see("noise")
        assert "elastic ‹ 2 ›" in " ".join(stage.screen.split())
        assert "rotation ‹ 0 ›" in " ".join(stage.screen.split())
        assert "noise ‹ 0.1 ›" in " ".join(stage.screen.split())
