from pathlib import Path

import numpy as np

from engine.data.dataset import Dataset
from tests.tui.cli.conftest import Call


def test_the_data_set_inside(mlp_tui: Call) -> None:
    """MNIST as its authors describe it, and they are named."""
    fields = mlp_tui("data", "--json").json()[0]
    assert fields["name"] == "MNIST"
    assert (fields["training_images"], fields["test_images"], fields["classes"]) == (60_000, 10_000, 10)
    assert (fields["height"], fields["width"]) == (28, 28)
    assert fields["training_counts"] == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert fields["test_counts"] == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    told = mlp_tui("data")
    assert (told.status, told.err) == (0, "")
    assert "60,000 training images and 10,000 test images of 28 x 28 pixels, 10 classes" in told.out
    assert "LeCun" in told.out
    assert fields["fingerprint"] in told.out


def test_a_data_set_of_ones_own(mlp_tui: Call, small_npz: Path, small_dataset: Dataset) -> None:
    fields = mlp_tui("data", "--data", small_npz, "--json").json()[0]
    assert (fields["training_images"], fields["test_images"]) == (600, 200)
    assert fields["training_counts"] == np.bincount(small_dataset.train_labels).tolist()
    assert fields["fingerprint"] == small_dataset.summary().fingerprint
    told = mlp_tui("data", "--data", small_npz)
    assert "small.npz" in told.out
    assert "LeCun" not in told.out
    rows = [line.split() for line in told.out.splitlines()[-10:]]
    assert [int(row[0]) for row in rows] == list(range(10))
    assert [int(row[1]) for row in rows] == fields["training_counts"]
    assert [int(row[2]) for row in rows] == fields["test_counts"]


def test_a_class_that_is_missing_counts_zero(mlp_tui: Call, tmp_path: Path) -> None:
    path = tmp_path / "gaps.npz"
    images = np.zeros((4, 2, 2), np.uint8)
    np.savez(path, x_train=images, y_train=[0, 0, 4, 4], x_test=images, y_test=[0, 2, 2, 2])
    fields = mlp_tui("data", "--data", path, "--json").json()[0]
    assert fields["classes"] == 5
    assert fields["training_counts"] == [2, 0, 0, 0, 2]
    assert fields["test_counts"] == [1, 0, 3, 0, 0]
