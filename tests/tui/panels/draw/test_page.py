"""The Draw tab: drawn with keys and mouse, read by a network that was really trained, kept and tried."""

from dataclasses import replace
from pathlib import Path
from string import ascii_uppercase

import numpy as np
import pytest
from textual.widgets import Input

from engine.events import DataLoaded
from engine.storage.drawings import DrawingFile
from tests.photographs.making import Maker
from tests.runs import TrainedRun
from tests.tui.conftest import Open, Stage
from tests.tui.screen_text import MNIST, SIZES
from tui.panels.draw import DrawPage
from tui.panels.tab_titles import TABS
from tui.text.glyphs import use_ascii
from tui.widgets.thumbnails import Thumbnails

TAB = str(list(TABS).index("draw") + 1)


def page_of(stage: Stage) -> DrawPage:
    page = stage.app.main_screen.tabs.panels["draw"]
    assert isinstance(page, DrawPage)
    return page


async def test_a_drawing_is_read_at_once_by_the_network_of_the_run(
    opened: Open, trained_run: TrainedRun, small_npz: Path
) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await stage.press(TAB, "d", *["down"] * 9)
        await stage.see("ctrl+r starts a run.")  # one may draw before there is a network
        page = page_of(stage)
        assert page.canvas.drawing.pixels.any()
        await stage.trained(trained_run)
        await stage.see("predicted")
        assert f"weights of epoch {trained_run.weights.epoch}" in stage.screen
        assert "units are active" in stage.screen
        prediction = page._prediction
        assert prediction is not None
        await stage.press("d", "up", "c")
        await stage.see("Draw with the mouse")
        await stage.press("z")
        await stage.until(lambda: page._prediction is not None)
        np.testing.assert_array_equal(page._prediction.probabilities, prediction.probabilities)  # type: ignore[union-attr]


async def test_centring_shows_why_it_matters(opened: Open, trained_run: TrainedRun, small_npz: Path) -> None:
    async with opened(data=small_npz) as stage:
        await stage.trained(trained_run)
        await stage.press(TAB, "t")
        page = page_of(stage)
        await stage.until(lambda: page._prediction is not None)
        image = trained_run.dataset.test_images[0]
        np.testing.assert_array_equal(page.canvas.drawing.pixels, image)
        page.canvas.drawing.put(np.roll(image, (6, -5), axis=(0, 1)))
        page._read()
        label = int(trained_run.dataset.test_labels[0])
        await stage.until(lambda: page._prediction is not None and page._prediction.predicted == label)
        await stage.press("p")
        await stage.see("p as drawn")
        await stage.until(lambda: not np.array_equal(page._prediction.prepared.image, image))  # type: ignore[union-attr]
        np.testing.assert_array_equal(page._prediction.prepared.image, page.canvas.drawing.pixels)  # type: ignore[union-attr]


async def test_the_mouse_draws_and_with_the_right_button_wipes(opened: Open, small_npz: Path) -> None:
    async with opened((80, 24), data=small_npz) as stage:
        await stage.press(TAB)
        canvas = page_of(stage).canvas
        await stage.pilot.mouse_down(canvas, offset=(5, 5))
        await stage.pilot.hover(canvas, offset=(15, 5))
        await stage.pilot.mouse_up(canvas, offset=(15, 5))
        row = 2 * (5 - 1)  # inside the border
        assert canvas.drawing.pixels[row, 5:14].min() == 255
        await stage.pilot.mouse_down(canvas, offset=(5, 5), button=3)
        await stage.pilot.hover(canvas, offset=(15, 5))
        await stage.pilot.mouse_up(canvas, offset=(15, 5))
        assert canvas.drawing.pixels[row, 5:14].max() == 0
        await stage.press("ctrl+z")
        assert canvas.drawing.pixels[row, 5:14].min() == 255


async def test_letters_are_drawn_at_their_own_size_and_labelled_in_two_digits(
    opened: Open, tmp_path: Path
) -> None:
    letters = replace(MNIST, height=14, width=20, classes=26, class_names=tuple(ascii_uppercase))
    use_ascii(True)
    try:
        async with opened((160, 60), home=tmp_path, loaded=False) as stage:
            await stage.happen(DataLoaded(letters))
            await stage.press(TAB)
            page = page_of(stage)
            canvas = page.canvas
            assert (canvas.drawing.rows, canvas.drawing.columns, canvas.scale) == (14, 20, 2)
            await stage.press("d", "right", "right", "d")
            drawn = canvas.drawing.pixels.copy()
            assert drawn.any()
            assert "@@" in stage.screen
            await stage.press("e", "d", "left", "left", "e")
            assert canvas.drawing.pixels.sum() < drawn.sum()
            await stage.press("z")
            np.testing.assert_array_equal(canvas.drawing.pixels, drawn)
            await stage.press("y")
            assert canvas.drawing.pixels.sum() < drawn.sum()
            await stage.press("a", "1")
            assert "0 to 25? 1_" in stage.screen
            assert "1 B 10 K 11 L" in stage.screen
            await stage.press("backspace", "9", "9")
            assert stage.told[-1] == "99 is no class; the classes are 0 to 25."
            await stage.press("a", "2", "enter")
            assert stage.told[-1] == "Kept as C."
            await stage.press("c")
            kept = stage.app.screen.query_one(Thumbnails)
            kept.post_message(kept.Picked(0, twice=True))
            await stage.until(lambda: bool(canvas.drawing.pixels.any()))
    finally:
        use_ascii(False)


async def test_drawings_are_kept_with_their_labels_and_tried(
    opened: Open, trained_run: TrainedRun, small_npz: Path, tmp_path: Path
) -> None:
    async with opened((80, 24), data=small_npz, home=tmp_path) as stage:
        await stage.trained(trained_run)
        labels = trained_run.dataset.test_labels[:3].tolist()
        await stage.press(TAB)
        page = page_of(stage)
        for number, label in enumerate(labels):
            await stage.press("t")
            await stage.until(lambda n=number: page._next_test_image == n + 1)  # type: ignore[misc]
            await stage.press("a")
            await stage.see("Which class is it, 0 to 9?")
            await stage.press(str(label))
        assert stage.app.main_screen.tabs.active == "draw"  # the digits were labels, not tabs
        await stage.see("3 drawings of yours are kept")
        kept = DrawingFile(tmp_path, 28, 28).read()
        assert kept.labels.tolist() == labels
        np.testing.assert_array_equal(kept.images, trained_run.dataset.test_images[:3])
        await stage.press("v")
        await stage.see("of 3 of your drawings are predicted correctly, scaled and centred.")
        await stage.press("backspace")
        await stage.see("of 2 of your drawings")
        assert DrawingFile(tmp_path, 28, 28).read().labels.tolist() == labels[:2]
        await stage.press("u")
        await stage.see("of 3 of your drawings")
        assert DrawingFile(tmp_path, 28, 28).read().labels.tolist() == labels
        await stage.press("v", "a", "x")
        assert "Which class" not in stage.screen
        assert len(DrawingFile(tmp_path, 28, 28).read()) == 3


async def test_a_file_that_is_not_ours_is_told_and_left_alone(
    opened: Open, small_npz: Path, tmp_path: Path
) -> None:
    path = tmp_path / "drawings-28x28.npz"
    path.write_bytes(b"something of mine")
    async with opened(data=small_npz, home=tmp_path) as stage:
        await stage.press(TAB, "d", "a", "3")
        assert "drawings-28x28.npz" in stage.told[-1]
        assert path.read_bytes() == b"something of mine"
    async with opened(data=small_npz) as stage:
        await stage.press(TAB, "d", "a", "3")
        assert "without a folder" in stage.told[-1]


@pytest.mark.parametrize("size", SIZES)
async def test_a_photograph_is_opened_in_place_of_a_drawing_and_its_digits_are_stepped_through(
    opened: Open, trained_run: TrainedRun, small_npz: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    dataset = trained_run.dataset
    made = Maker(dataset.test_images, dataset.test_labels, 0).make(8, longest=900)
    path = tmp_path / "photo.jpg"
    path.write_bytes(made.data)
    count = len(made.labels)
    async with opened(size, data=small_npz) as stage:
        await stage.trained(trained_run)
        await stage.press(TAB, "o")
        await stage.see("Open a picture")
        page = page_of(stage)
        page.query_one(Input).value = str(tmp_path / "nothing.jpg")
        await stage.press("enter")
        await stage.see("nothing.jpg cannot be read")
        page.query_one(Input).value = str(path)
        await stage.press("enter")
        await stage.see(f"photo.jpg: drawing 1 of {count}")
        await stage.see("Cleaned:")
        found = page._picture.digits
        assert count == len(found) > 1
        for number in (*range(1, count), 0):
            await stage.press("pagedown")
            await stage.see(f"drawing {number + 1} of {count}")
            np.testing.assert_array_equal(page.canvas.drawing.pixels, found[number].prepared.image)
        await stage.press("pageup")
        await stage.see(f"drawing {count} of {count}")
        await stage.until(lambda: page._prediction is not None)
        network_gets = page._prediction.prepared.image  # type: ignore[union-attr]
        assert np.abs(network_gets.astype(int) - found[-1].prepared.image).mean() < 8
        await stage.press("d", "down", "down")  # it may be drawn on, and is then no longer the photograph's
        assert f"of {count}" not in stage.screen
        assert "photo.jpg" not in stage.screen


async def test_the_prompt_for_a_picture_is_given_up_and_completes_paths(
    opened: Open, small_npz: Path, tmp_path: Path
) -> None:
    (tmp_path / "photograph.jpg").write_bytes(b"no picture")
    async with opened((80, 24), data=small_npz) as stage:
        await stage.press(TAB, "o")
        page = page_of(stage)
        prompt = page.query_one(Input)
        prompt.value = str(tmp_path / "phot")
        prompt.cursor_position = len(prompt.value)
        await stage.until(lambda: bool(prompt._suggestion))
        await stage.press("right")
        assert prompt.value == str(tmp_path / "photograph.jpg")
        await stage.press("enter")
        await stage.see("is no picture that can be read")
        await stage.press("escape")
        assert not page.query(Input)
        assert page.canvas.has_focus
