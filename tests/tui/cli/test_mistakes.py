from pathlib import Path

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.storage.checkpoint import load
from tests.tui.cli.conftest import Call


@pytest.fixture
def probabilities(model: Path, small_dataset: Dataset) -> np.ndarray:
    return load(model).test_probabilities(small_dataset)


def test_every_mistake_is_listed_the_surest_first(
    mlp_tui: Call, model: Path, small_npz: Path, small_dataset: Dataset, probabilities: np.ndarray
) -> None:
    done = mlp_tui("mistakes", model, "--data", small_npz, "--limit", "0", "--json")
    assert done.status == 0
    assert done.err == ""
    lines = done.json()
    read_as = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(read_as != small_dataset.test_labels)
    assert sorted(line["index"] for line in lines) == wrong.tolist()
    assert len(lines) > 10
    confidence = [max(line["probabilities"]) for line in lines]
    assert confidence == sorted(confidence, reverse=True)
    for line in lines:
        place = line["index"]
        assert set(line) == {
            *("index", "true", "predicted", "true_name", "predicted_name", "probabilities", "ascii")
        }
        assert line["true"] == small_dataset.test_labels[place]
        assert line["predicted"] == read_as[place]
        np.testing.assert_allclose(line["probabilities"], probabilities[place], atol=1e-6)
        assert len(line["ascii"]) == 28
        assert {len(row) for row in line["ascii"]} == {56}
        assert any(row.strip() for row in line["ascii"])


def test_one_cell_of_the_matrix(
    mlp_tui: Call, model: Path, small_npz: Path, small_dataset: Dataset, probabilities: np.ndarray
) -> None:
    """--true and --predicted together are a cell, each alone a row or a column without the diagonal."""
    labels, read_as = small_dataset.test_labels, probabilities.argmax(axis=1)
    pairs = [(t, p) for t in range(10) for p in range(10) if t != p]
    true, predicted = max(pairs, key=lambda pair: np.sum((labels == pair[0]) & (read_as == pair[1])))
    everything = ["mistakes", model, "--data", small_npz, "--limit", "0", "--json"]
    cell = mlp_tui(*everything, "--true", true, "--predicted", predicted).json()
    expected = np.flatnonzero((labels == true) & (read_as == predicted)).tolist()
    assert expected
    assert sorted(line["index"] for line in cell) == expected
    row = mlp_tui(*everything, "--true", true).json()
    assert (
        sorted(line["index"] for line in row) == np.flatnonzero((labels == true) & (read_as != true)).tolist()
    )
    column = mlp_tui(*everything, "--predicted", predicted).json()
    assert (
        sorted(line["index"] for line in column)
        == np.flatnonzero((labels != predicted) & (read_as == predicted)).tolist()
    )


def test_a_person_sees_the_digits_and_how_many_there_are(mlp_tui: Call, model: Path, small_npz: Path) -> None:
    done = mlp_tui("mistakes", model, "--data", small_npz, "--limit", "2")
    assert done.status == 0
    assert done.out.count("test image ") == 2
    assert "@" in done.out
    *_, last = done.out.splitlines()
    assert last.endswith("in 200 test images; 2 shown, --limit 0 for all")
    assert mlp_tui("mistakes", model, "--data", small_npz).out.count("test image ") == 10


def test_a_cell_without_mistakes(mlp_tui: Call, model: Path, small_npz: Path) -> None:
    done = mlp_tui("mistakes", model, "--data", small_npz, "--true", "3", "--predicted", "3")
    assert (done.status, done.out) == (0, "0 mistakes in 200 test images\n")
    done = mlp_tui("mistakes", model, "--data", small_npz, "--true", "3", "--predicted", "3", "--json")
    assert (done.status, done.out) == (0, "")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--true", "10"], "--true is 10"),
        (["--predicted", "-1"], "--predicted"),
        (["--true", "four"], "four"),
        (["--limit", "-1"], "--limit"),
    ],
)
def test_a_class_that_there_is_not(
    mlp_tui: Call, model: Path, small_npz: Path, options: list[str], says: str
) -> None:
    assert says in mlp_tui("mistakes", model, "--data", small_npz, *options).complaint(2)


def test_a_file_that_is_no_checkpoint(mlp_tui: Call, model: Path, small_npz: Path, tmp_path: Path) -> None:
    assert "No such file" in mlp_tui("mistakes", tmp_path / "none.npz").complaint(1)
    assert "not a checkpoint" in mlp_tui("mistakes", small_npz).complaint(1)
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(model.read_bytes()[:-100])
    assert "not a checkpoint" in mlp_tui("mistakes", damaged).complaint(1)
    assert "RUN" in mlp_tui("mistakes").complaint(2)


def test_data_that_it_was_not_made_for(mlp_tui: Call, model: Path, small_npz: Path, tmp_path: Path) -> None:
    with np.load(small_npz) as stored:
        arrays = dict(stored)
    other = tmp_path / "other.npz"
    np.savez(other, **(arrays | {"x_train": arrays["x_train"][:, 8:], "x_test": arrays["x_test"][:, 8:]}))
    complaint = mlp_tui("mistakes", model, "--data", other).complaint(1)
    assert "28 x 28" in complaint
    assert "20 x 28" in complaint
