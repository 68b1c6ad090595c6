"""The same digits in every form give the same bits, or, in folders of pictures, the same images."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.data.dataset import Dataset, load_dataset
from engine.events import RunEnded
from engine.hyperparameters import Hyperparameters
from engine.training.trainer import Trainer
from tests.engine.data.forms_of_digits import WORDS, Digits, made_digits

DIGITS = Digits(made_digits())


def quoted(text: object) -> str:
    return f'"{text}"'


FORMS: dict[str, Callable[[Path], Path]] = {
    "idx": DIGITS.idx,
    "idx.gz": lambda folder: DIGITS.idx(folder, zipped=True),
    "emnist": lambda folder: DIGITS.idx(folder, prefix="emnist-digits-", turned=True),
    "npz": DIGITS.npz,
    "npz int64": lambda folder: DIGITS.npz(
        folder, **{name: array.astype(np.int64) for name, array in DIGITS.arrays().items()}
    ),
    "npz float32 to 1": lambda folder: DIGITS.floats(folder, np.float32, 255),
    "npz float16 to 255": lambda folder: DIGITS.floats(folder, np.float16, 1),
    "npz float64 to 1": lambda folder: DIGITS.floats(folder, np.float64, 255),
    "npz one-hot rows": DIGITS.one_hot,
    "npz text": lambda folder: DIGITS.strings(folder, encoded=False),
    "npz bytes": lambda folder: DIGITS.strings(folder, encoded=True),
    "npz colour": lambda folder: DIGITS.npz(
        folder, **{f"x_{part}": np.stack([DIGITS.arrays()[f"x_{part}"]] * 3, 3) for part in ("train", "test")}
    ),
    "csv": DIGITS.csv,
    "csv.gz": lambda folder: DIGITS.csv(folder, zipped=True),
    "csv without header": lambda folder: DIGITS.csv(folder, header=False),
    "csv label last": lambda folder: DIGITS.csv(folder, label_column=64),
    "csv label inside": lambda folder: DIGITS.csv(folder, label_column=7),
    "csv of Excel": lambda folder: DIGITS.csv(folder, encoding="utf-8-sig", delimiter=";", ending="\r\n"),
    "csv of tabs": lambda folder: DIGITS.csv(folder, delimiter="\t"),
    "csv quoted": lambda folder: DIGITS.csv(folder, cell=quoted, name=quoted),
    "csv spaced": lambda folder: DIGITS.csv(folder, cell=lambda pixel: f" {pixel} "),
    "csv floats to 1": lambda folder: DIGITS.csv(folder, cell=lambda pixel: repr(pixel / 255)),
    "csv floats to 255": lambda folder: DIGITS.csv(folder, cell=lambda pixel: f"{pixel}.0"),
    "csv mixed floats": lambda folder: DIGITS.csv(folder, cell=lambda pixel: f"{pixel / 255:g}"),
    "csv words": lambda folder: DIGITS.csv(folder, name=lambda label: f"{'abcdefghij'[label]} class"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_the_same_bits_in_every_form(tmp_path: Path, form: str) -> None:
    assert load_dataset(FORMS[form](tmp_path)).fingerprint == DIGITS.data.fingerprint


def test_the_same_accuracy_to_the_last_digit(tmp_path: Path) -> None:
    """Of forms that have nothing but the images in common: the fingerprints above say the rest."""
    hyperparameters = Hyperparameters(hidden=(8,), epochs=2, batch_size=20, threads=1)
    ended = []
    for place in (FORMS["npz float64 to 1"](tmp_path), FORMS["csv words"](tmp_path)):
        *_others, last = Trainer(hyperparameters, load_dataset(place))
        assert isinstance(last, RunEnded)
        ended.append((last.test_accuracy, last.test_loss))
    assert ended[0] == ended[1]


def test_folders_of_pictures_are_learned_as_well(tmp_path: Path) -> None:
    """Their images stand in another order, so the bits are others; the accuracy is not. Of MNIST's, 8 x 8."""
    mnist = load_dataset()
    train, test = (
        images[:, 2:26, 2:26].reshape(-1, 8, 3, 8, 3).mean((2, 4)).astype(np.uint8)
        for images in (mnist.train_images[:1_500], mnist.test_images[:500])
    )
    small = Digits(Dataset("8 x 8", "here", train, mnist.train_labels[:1_500], test, mnist.test_labels[:500]))
    means = []
    for place in (small.npz(tmp_path), small.pictures(tmp_path / "pictures", WORDS)):
        data, found = load_dataset(place), []
        for seed in range(4):
            values = Hyperparameters(hidden=(32,), epochs=8, batch_size=20, threads=1, seed=seed)
            *_others, last = Trainer(values, data)
            assert isinstance(last, RunEnded)
            found.append(last.test_accuracy or 0.0)
        means.append(np.mean(found))
    assert min(means) > 0.8
    assert abs(means[0] - means[1]) < 0.04  # the standard error of one accuracy on 500 images is 0.016


@pytest.mark.parametrize("names", [tuple(map(str, range(10))), WORDS])
def test_folders_of_pictures_hold_the_same_images(tmp_path: Path, names: tuple[str, ...]) -> None:
    found = load_dataset(DIGITS.pictures(tmp_path, names))
    assert found.class_names == tuple(sorted(names))
    for images, labels, given, given_labels in (
        (found.train_images, found.train_labels, DIGITS.data.train_images, DIGITS.data.train_labels),
        (found.test_images, found.test_labels, DIGITS.data.test_images, DIGITS.data.test_labels),
    ):
        words = np.array(names)[given_labels]
        for number, name in enumerate(found.class_names):
            assert np.array_equal(images[labels == number], given[words == name])
