from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from engine.hyperparameters import Hyperparameters
from engine.storage.presets import PRESETS
from tests.tui.cli.conftest import QUICK, Call
from tui.cli.options import gather


def values(**changes: Any) -> Hyperparameters:
    return Hyperparameters(**changes).resolved()


def test_the_presets_that_ship_with_the_program() -> None:
    bad = ["bad_learning_rate", "bad_zeros", "bad_sigmoid"]
    assert list(PRESETS) == ["textbook", "tiny", "adam", "deep", "quick", "record", *bad]
    files_there = (files("assets") / "presets").iterdir()
    assert {file.name for file in files_there if file.name.endswith(".toml")} == {
        f"{n}.toml" for n in PRESETS
    }
    assert gather("textbook", None, {}).resolved() == values()
    assert gather("adam", None, {}).resolved() == values(optimizer="adam", learning_rate=0.001)
    deep = gather("deep", None, {})
    assert deep.hidden == (512, 256, 128)
    tiny = gather("tiny", None, {})
    assert (tiny.hidden, tiny.epochs) == ((16,), 3)
    assert gather("bad_learning_rate", None, {}).learning_rate == 10.0
    assert gather("bad_zeros", None, {}).initializer == "zeros"
    sigmoids = gather("bad_sigmoid", None, {})
    assert (len(sigmoids.hidden), sigmoids.activation) == (10, "sigmoid")
    assert (deep.batch_norm, deep.dropout, deep.optimizer) == (True, 0.2, "adamw")


def test_without_a_preset_it_is_the_textbook() -> None:
    assert gather(None, None, {}).resolved() == gather("textbook", None, {}).resolved()


def test_another_optimizer_brings_its_own_learning_rate() -> None:
    assert gather("textbook", None, {"optimizer": "adam"}).resolved().learning_rate == 0.001


def test_an_option_wins_over_the_file_and_the_file_over_the_preset(tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text("epochs = 20\nhidden = [300, 100]\nlearning_rate = 0.005\nearly_stopping = false\n")
    options: dict[str, object] = {"epochs": "30", "dropout": "0.5", "seed": None}
    assert gather("adam", config, options) == Hyperparameters(
        optimizer="adam",
        learning_rate=0.005,
        hidden=(300, 100),
        epochs=30,
        dropout=0.5,
        early_stopping=False,
    )


def test_they_reach_the_run(mlp_tui: Call, small_npz: Path, tmp_path: Path) -> None:
    config = tmp_path / "run.toml"
    config.write_text("batch_size = 30\nseed = 7\n")
    options = ["--preset", "adam", "--config", config, *QUICK, "--seed", "8", "--epochs", "1"]
    used = mlp_tui("train", "--data", small_npz, *options, "--json").json()[0]["hyperparameters"]
    assert (used["optimizer"], used["learning_rate"]) == ("adam", 0.001)
    assert (used["batch_size"], used["seed"], used["epochs"]) == (50, 8, 1)
    used = mlp_tui("train", "--data", small_npz, "--config", config, "--epochs", "1", "--json").json()[0]
    assert used["hyperparameters"]["batch_size"] == 30
    assert used["hyperparameters"]["seed"] == 7


@pytest.mark.parametrize("flag", [True, False])
def test_a_flag_can_be_set_and_taken_back(tmp_path: Path, flag: bool) -> None:
    config = tmp_path / "run.toml"
    config.write_text(f"batch_norm = {str(not flag).lower()}\n")
    assert gather(None, config, {"batch_norm": flag}).batch_norm is flag
    assert gather(None, config, {"batch_norm": None}).batch_norm is not flag


@pytest.mark.parametrize(
    ("content", "status", "says"),
    [
        ("epochs = ", 1, "is not TOML"),
        ("epochs = 1\nepochs = 2", 1, "is not TOML"),
        ("= = =", 1, "is not TOML"),
        (b"epochs = '\xff'", 1, "is not TOML"),
        (b"PK\x03\x04\x00", 1, "is not TOML"),
        ("epochs = " + "9" * 5000, 1, "is not TOML"),
        ("a = " + "[" * 100_000, 1, "is not TOML"),
        ("epoch = 3", 2, "epoch"),
        ("[training]\nepochs = 3", 2, "training"),
        ("[epochs]\nvalue = 3", 2, "epochs"),
        ("learning-rate = 0.1", 2, "learning-rate"),
        ("epochs = 'many'", 2, "epochs"),
        ("epochs = true", 2, "epochs"),
        ("epochs = 0", 2, "epochs"),
        ("epochs = 2.5", 2, "epochs"),
        ("learning_rate = nan", 2, "learning_rate"),
        ("learning_rate = 1979-05-27", 2, "learning_rate"),
        ("hidden = [[128]]", 2, "hidden"),
        ("hidden = [0]", 2, "hidden"),
        ("early_stopping = 1", 2, "early_stopping"),
        ("activation = 3", 2, "activation"),
    ],
)
def test_a_file_that_will_not_do(
    mlp_tui: Call, tmp_path: Path, content: str | bytes, status: int, says: str
) -> None:
    config = tmp_path / "run.toml"
    config.write_bytes(content if isinstance(content, bytes) else content.encode())
    complaint = mlp_tui("train", "--config", config).complaint(status)
    assert says in complaint
    assert complaint.endswith(".")


def test_a_file_that_is_not_there(mlp_tui: Call, tmp_path: Path) -> None:
    assert "No such file" in mlp_tui("train", "--config", tmp_path / "none.toml").complaint(1)
    assert "directory" in mlp_tui("train", "--config", tmp_path).complaint(1)


@pytest.mark.parametrize("name", ["nothing", "../presets/adam", "adam.toml", "Adam"])
def test_a_preset_that_is_not_there(mlp_tui: Call, name: str) -> None:
    assert "textbook, tiny, adam, deep" in mlp_tui("train", "--preset", name).complaint(2)
