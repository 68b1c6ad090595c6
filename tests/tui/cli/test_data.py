from pathlib import Path

import numpy as np
import pytest

from engine.data.dataset import Dataset, load_dataset
from tests.engine.data.forms_of_digits import write_pgm
from tests.tui.cli.conftest import QUICK, Call
from tui.text.cell_widths import width


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


def test_how_data_are_read_is_kept_with_the_run(mlp_tui: Call, tmp_path: Path) -> None:
    """Evaluate and resume find the same images again; the command that is shown has the options."""
    path = tmp_path / "clothes.csv"
    rows = [f"{('shirt', '衬衫', 'shoe')[n % 3]},{n},{n % 3 * 100},9,9,{n % 3},7" for n in range(200)]
    path.write_text("\n".join(rows), "utf-8")
    options = ("--data", path, "--shape", "2x3", "--test-size", "0.4")
    fields = mlp_tui("data", *options, "--json").json()[0]
    assert (fields["height"], fields["width"], fields["test_images"]) == (2, 3, 80)
    assert fields["class_names"] == ["shirt", "shoe", "衬衫"]
    assert "clothes.csv has no header; the labels are in column 1." in fields["decisions"]
    trained = mlp_tui("train", *options, "--epochs", "1", "--hidden", "8", "--batch-size", "10", "--json")
    started, *_others = trained.json()
    assert started["data"]["class_names"] == fields["class_names"]
    (evaluated,) = mlp_tui("evaluate", "latest", "--json").json()
    assert evaluated["data"]["fingerprint"] == fields["fingerprint"]
    assert [figures["name"] for figures in evaluated["classes"]] == fields["class_names"]
    assert mlp_tui("resume", "latest", "--epochs", "2").status == 0
    assert "--shape 2x3 --test-size 0.4" in mlp_tui("runs", "show", "latest").out


def test_options_that_do_not_fit(mlp_tui: Call, small_npz: Path) -> None:
    for value in ("28", "0x3", "3x513", "axb", "3x3x3"):
        assert "such as 28x28" in mlp_tui("data", "--data", small_npz, "--shape", value).complaint(2)
    for value in ("0", "1", "-1", "nan", "x"):
        assert "such as 0.2" in mlp_tui("data", "--data", small_npz, "--test-size", value).complaint(2)
    assert "name the data, too" in mlp_tui("data", "--shape", "2x2").complaint(2)
    assert "leave --test-size out" in mlp_tui("data", "--data", small_npz, "--test-size", "0.2").complaint(1)


def unbalanced(folder: Path) -> Path:
    """Three classes of 100, 10 and 1,000 images, two of which have names that are long or wide."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [100, 10, 1000])
    images = rng.integers(0, 60, (1110, 8, 8)) + 80 * labels[:, None, None]
    path = folder / "unbalanced.npz"
    np.savez(
        path,
        x_train=images,
        y_train=labels,
        class_names=["猫猫", "a name of more than forty letters " * 2, "c"],
    )
    return path


def test_names_of_any_width_stand_in_columns_and_the_balance_is_said(mlp_tui: Call, tmp_path: Path) -> None:
    path = unbalanced(tmp_path)
    out = mlp_tui("data", "--data", path).out
    assert "c, the largest, has 90.1% of the training images (857)" in out
    assert {width(line) for line in out.splitlines()[-4:]} == {40 + 22}
    assert mlp_tui("train", "--data", path, "--hidden", "4", "--epochs", "1").status == 0
    (fields,) = mlp_tui("evaluate", "latest", "--json").json()
    recalls = [figures["recall"] for figures in fields["classes"]]
    assert fields["mean_recall"] == sum(recalls) / 3
    out = mlp_tui("evaluate", "latest").out
    assert f"mean of the classes' recalls {fields['mean_recall']:.2%}" in out
    table, matrix = (block.splitlines() for block in out.split("\n\n")[1:])
    assert len({width(line) for line in table}) == 1
    assert len({width(line) for line in matrix[1:]}) == 1
    assert "猫猫" in matrix[1]
    shown = mlp_tui("mistakes", "latest", "--true", "猫猫")
    assert (shown.status, "mistake" in shown.out) == (0, True)
    assert "classes are 猫猫," in mlp_tui("mistakes", "latest", "--true", "dog").complaint(2)


def test_a_run_says_that_its_data_have_changed_or_are_gone(
    mlp_tui: Call, small_npz: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLP_TUI_HOME", str(tmp_path / "home"))
    data, picture = tmp_path / "data.npz", tmp_path / "picture.pgm"
    data.write_bytes(small_npz.read_bytes())
    write_pgm(picture, load_dataset(data).test_images[0])
    assert mlp_tui("train", "--data", data, *QUICK).status == 0
    commands = ("evaluate", "latest"), ("mistakes", "latest"), ("resume", "latest", "--epochs", "4")
    with np.load(small_npz) as arrays:
        np.savez(data, **{name: array[::-1] for name, array in arrays.items()})
    for command in commands:
        assert "data.npz, which has changed since" in mlp_tui(*command).complaint(1)
    assert mlp_tui("evaluate", "latest", "--data", data).status == 0  # named, they are wanted as they are
    data.write_bytes(b"no archive")
    for command in commands:
        assert "data.npz, which cannot be read any more. data.npz is " in mlp_tui(*command).complaint(1)
    data.unlink()
    for command in commands:
        assert "data.npz, which does not exist any more; " in mlp_tui(*command).complaint(1)
    assert mlp_tui("predict", picture).status == 0  # it needs none
    assert mlp_tui("evaluate", "latest", "--data", small_npz).status == 0
