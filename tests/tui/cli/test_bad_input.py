"""Whatever is wrong with what a person gives: one line on stderr, nothing on stdout, an exit status."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.hyperparameters import SPECIFICATIONS
from tests.tui.cli.conftest import Call

BAD_VALUES = {
    "hidden": ["0", "-3", "1,2,", "a", "1.5", "16385", ",".join("1" * 21), "9" * 5000, "1;2"],
    "activation": ["swish", ""],
    "initializer": ["ones"],
    "optimizer": ["sgdd", "lion"],
    "learning_rate": ["-0.1", "0", "nan", "inf", "-inf", "1e999", "", "fast", "0,1"],
    "schedule": ["linear"],
    "warmup_epochs": ["-1", "inf"],
    "momentum": ["1", "-0.1"],
    "clip_norm": ["-1"],
    "epochs": ["0", "100001", "1.5", "ten", "1e3"],
    "batch_size": ["0", "541", "10000000000000000000000"],
    "dropout": ["1", "-0.1", "nan"],
    "l2": ["-1", "nan"],
    "weight_decay": ["-1"],
    "label_smoothing": ["1"],
    "weight_average": ["1", "nan"],
    "receptive_field": ["-1", "1001"],
    "emphasis": ["1.5", "-0.1"],
    "adversarial": ["-0.1", "inf"],
    "distortion_fade": ["1.1", "-1"],
    "rotation": ["-1", "181", "inf"],
    "scaling": ["1", "-0.1"],
    "shear": ["2.1"],
    "shift": ["101"],
    "elastic": ["-1", "nan"],
    "elastic_sigma": ["0.4", "0"],
    "noise": ["1"],
    "monitor": ["accuracy"],
    "patience": ["0"],
    "min_delta": ["-0.1"],
    "validation_size": ["0", "1", "0.99999"],
    "seed": ["-1", "4294967296", "x" * 1000, "\x1b[31mred\n\n"],
    "threads": ["0", "100000"],
}


@pytest.mark.parametrize(
    "arguments",
    [
        ("predict", "PIPE.png"),
        ("predict", "PIPE.pgm"),
        ("train", "--config", "PIPE.toml"),
        ("train", "--data", "PIPE.npz"),
        ("train", "--data", "FOLDER"),
        ("data", "--data", "PIPE.npz"),
        ("lesson", "PIPE.toml"),
        ("evaluate", "PIPE.npz"),
        ("mistakes", "PIPE.safetensors"),
    ],
    ids=str,
)
def test_a_pipe_is_refused_and_not_waited_for(
    mlp_tui: Call, small_npz: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """A FIFO that nobody writes to would be waited for without end."""
    (tmp_path / "FOLDER").mkdir()
    for name in ("PIPE.png", "PIPE.pgm", "PIPE.toml", "PIPE.npz", "PIPE.safetensors"):
        os.mkfifo(tmp_path / name)
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        os.mkfifo(tmp_path / "FOLDER" / f"{part}-ubyte")
    if arguments[0] == "predict":
        mlp_tui("train", "--data", small_npz, "--epochs", "1", "--hidden", "4")
    done = mlp_tui(*(tmp_path / word if word.isupper() or "PIPE" in word else word for word in arguments))
    assert done.status != 0
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert (
        "device or a pipe" in done.err or "neither a folder nor a file" in done.err or "no file" in done.err
    )


def test_a_bad_value_is_tried_for_every_hyperparameter() -> None:
    texts = {name for name, given in SPECIFICATIONS.items() if not isinstance(given.default, bool)}
    assert set(BAD_VALUES) == texts


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD_VALUES.items() for value in values]
)
def test_a_bad_value_is_one_line_and_exit_status_2(
    mlp_tui: Call, small_npz: Path, name: str, value: str
) -> None:
    option = f"--{name.replace('_', '-')}={value}"
    complaint = mlp_tui("train", "--data", small_npz, option).complaint(2)
    assert complaint.startswith(name)
    assert complaint.endswith(".")
    assert complaint.isprintable()
    assert len(complaint) < 300


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--learning-rat", "1"], "--learning-rat"),
        (["--epochs"], "--epochs"),
        (["model"], "model"),
        (["--lang", "fr"], "fr"),
        (["--batch-norm=yes"], "--batch-norm"),
        (["--no-hidden"], "--no-hidden"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_status_2(mlp_tui: Call, arguments: list[str], says: str) -> None:
    assert says in mlp_tui("train", *arguments).complaint(2)


def broken_data(folder: Path, kind: str, whole: dict[str, Any]) -> Path:
    """Write a data set with a fault and return its path."""
    path = folder / "broken.npz"
    arrays = dict(whole)
    match kind:
        case "missing":
            return folder / "none.npz"
        case "empty folder":
            return folder
        case "truncated":
            np.savez(path, **arrays)
            path.write_bytes(path.read_bytes()[:-1000])
            return path
        case "not an npz":
            path.write_text("x_train, y_train\n")
            return path
        case "array missing":
            del arrays["y_test"]
        case "pickled":
            arrays["x_test"] = np.array([None], dtype=object)
        case "counts differ":
            arrays["y_train"] = arrays["y_train"][1:]
        case "labels negative":
            arrays["y_train"] = arrays["y_train"] - 1
        case "labels too large":
            arrays["y_train"] = arrays["y_train"] + 991
        case "labels as fractions":
            arrays["y_train"] = arrays["y_train"] + 0.5
        case "images not a number":
            arrays["x_train"] = arrays["x_train"] * np.nan
        case "other size in test":
            arrays["x_test"] = arrays["x_test"][:, 1:]
        case "no images":
            arrays["x_test"], arrays["y_test"] = arrays["x_test"][:0], arrays["y_test"][:0]
        case "gzip that is none":
            for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
                (folder / f"{name}-ubyte.gz").write_bytes(b"no gzip")
            return folder
        case "wrong magic number":
            for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
                (folder / f"{name}-ubyte").write_bytes(bytes(100))
            return folder
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    "kind",
    [
        *("missing", "empty folder", "truncated", "not an npz", "array missing", "pickled", "counts differ"),
        *("labels negative", "labels too large", "labels as fractions", "images not a number"),
        *("other size in test", "no images", "gzip that is none", "wrong magic number"),
    ],
)
@pytest.mark.parametrize(
    "command",
    [["train"], ["data"], ["data", "--json"], ["check-gradients"], ["find-learning-rate"]],
    ids=" ".join,
)
def test_data_that_will_not_do_is_one_line_and_exit_status_1(
    mlp_tui: Call, small_npz: Path, tmp_path: Path, kind: str, command: list[str]
) -> None:
    with np.load(small_npz) as stored:
        path = broken_data(tmp_path, kind, dict(stored))
    complaint = mlp_tui(*command, "--data", path).complaint(1)
    assert complaint.endswith(".")
    assert complaint.isprintable()
