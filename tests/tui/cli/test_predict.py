import os
from pathlib import Path

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.data.deskewing import deskewed
from engine.data.picture_files import read_picture
from engine.data.preprocessing import prepare
from tests.photographs.making import Maker, Photograph
from tests.tui.cli.conftest import QUICK, Call

ONE, SEVERAL = 3, 8
"""Seeds of photographs with one digit, and with several."""


def sheet(path: Path, image: np.ndarray) -> Path:
    """Write a digit, dark on light and off the centre of a larger sheet, as a PGM."""
    page = np.full((90, 120), 240, np.uint8)
    page[50:78, 5:33] -= (0.9 * image).astype(np.uint8)
    path.write_bytes(b"P5 120 90 255\n" + page.tobytes())
    return path


def test_what_is_read_in_pictures_is_json(
    mlp_tui: Call, model: Path, small_dataset: Dataset, tmp_path: Path
) -> None:
    pictures = [sheet(tmp_path / f"{i}.pgm", small_dataset.test_images[i]) for i in range(40)]
    lines = mlp_tui("predict", *pictures, "--run", model, "--json").json()
    assert [line["image"] for line in lines] == [str(path) for path in pictures]
    right = [
        line["predicted"] == label for line, label in zip(lines, small_dataset.test_labels, strict=False)
    ]
    assert np.mean(right) > 0.6  # as many as of the test images themselves, nearly
    for line in lines:
        assert line["inverted"] and line["centred"]
        assert sum(line["probabilities"]) == pytest.approx(1.0, abs=1e-4)
        assert int(np.argmax(line["probabilities"])) == line["predicted"]
        assert np.array(line["pixels"]).shape == (28, 28)
    uncentred = mlp_tui("predict", *pictures, "--run", model, "--no-center", "--json").json()
    worse = [
        line["predicted"] == label for line, label in zip(uncentred, small_dataset.test_labels, strict=False)
    ]
    assert sum(worse) < sum(right) - 5


def test_a_person_sees_the_image_and_the_bars(
    mlp_tui: Call, model: Path, small_dataset: Dataset, tmp_path: Path
) -> None:
    path = sheet(tmp_path / "a.pgm", small_dataset.test_images[0])
    out = mlp_tui("predict", path, "--run", model).out
    assert f"{path} (dark on light, inverted): " in out
    assert "@@" in out
    assert "█" in out


def test_the_pixels_are_those_that_the_network_gets(
    mlp_tui: Call, small_npz: Path, small_dataset: Dataset, tmp_path: Path
) -> None:
    path, model = sheet(tmp_path / "a.pgm", small_dataset.test_images[0]), tmp_path / "upright.npz"
    assert mlp_tui("train", "--data", small_npz, *QUICK, "--deskew", "--save", model).status == 0
    picture = prepare(read_picture(path), 28, 28).image
    (line,) = mlp_tui("predict", path, "--run", model, "--json").json()
    assert not np.array_equal(line["pixels"], picture)
    np.testing.assert_array_equal(line["pixels"], deskewed(picture[None])[0])


def test_what_cannot_be_read_is_told(mlp_tui: Call, model: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pgm"
    empty.write_bytes(b"P5 30 30 255\n" + bytes(900))
    assert "Nothing is drawn" in mlp_tui("predict", empty, "--run", model).complaint(1)
    assert "nowhere.png" in mlp_tui("predict", tmp_path / "nowhere.png", "--run", model).complaint(1)
    assert "no-such-run" in mlp_tui("predict", empty, "--run", "no-such-run").complaint(1)
    assert mlp_tui("predict").status == 2


def photograph(path: Path, dataset: Dataset, seed: int) -> Photograph:
    """Write a photograph that was made of a seed."""
    made = Maker(dataset.test_images, dataset.test_labels, 0).make(seed, longest=900)
    path.write_bytes(made.data)
    return made


def test_each_digit_of_a_photograph_is_a_line(
    mlp_tui: Call, model: Path, small_dataset: Dataset, tmp_path: Path
) -> None:
    made = photograph(tmp_path / "several.jpg", small_dataset, SEVERAL)
    assert len(made.labels) > 1
    lines = mlp_tui("predict", tmp_path / "several.jpg", "--run", model, "--json").json()
    assert [line["digit"] for line in lines] == list(range(1, len(made.labels) + 1))
    for line, (left, top, width, height) in zip(lines, made.boxes, strict=True):
        np.testing.assert_allclose(line["box"], (left, top, width, height), atol=8)
        assert {"light_evened", "thresholded"} <= set(line["cleaning"])
        assert ("turned" in line["cleaning"]) == ("orientation 1" not in made.description)
        assert list(line)[:2] == ["image", "run"]
        assert np.array(line["pixels"]).shape == (28, 28)


def test_a_photograph_of_one_digit_is_one_line_and_shown_cleaned(
    mlp_tui: Call, model: Path, small_dataset: Dataset, tmp_path: Path
) -> None:
    made = photograph(tmp_path / "one.jpg", small_dataset, ONE)
    assert len(made.labels) == 1
    (line,) = mlp_tui("predict", tmp_path / "one.jpg", "--run", model, "--json").json()
    assert line["digit"] == 1
    out = mlp_tui("predict", tmp_path / "one.jpg", "--run", model).out
    assert "Cleaned: " in out
    assert "uneven light divided out" in out
    assert "@@" in out
    assert "one.jpg (dark on light, inverted): " in out


def test_digits_of_several_are_numbered_under_the_cleaned_picture(
    mlp_tui: Call, model: Path, small_dataset: Dataset, tmp_path: Path
) -> None:
    made = photograph(tmp_path / "several.jpg", small_dataset, SEVERAL)
    out = mlp_tui("predict", tmp_path / "several.jpg", "--run", model).out
    for number in range(1, len(made.labels) + 1):
        assert f"several.jpg, drawing {number} (dark on light, inverted): " in out


def test_paper_without_a_digit_and_a_fifo_are_told(mlp_tui: Call, model: Path, tmp_path: Path) -> None:
    paper = np.random.default_rng(0).normal(200, 7, (300, 400)).astype(np.uint8)
    blank = tmp_path / "blank.pgm"
    blank.write_bytes(b"P5 400 300 255\n" + paper.tobytes())
    assert "Nothing is found" in mlp_tui("predict", blank, "--run", model).complaint(1)
    os.mkfifo(tmp_path / "fifo")
    assert "a device or a pipe" in mlp_tui("predict", tmp_path / "fifo", "--run", model).complaint(1)
