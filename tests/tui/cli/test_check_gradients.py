from pathlib import Path

import pytest

from engine.analysis.gradient_check import GradientCheck
from engine.data.dataset import Dataset
from engine.hyperparameters import Hyperparameters
from engine.network.layers import Array, Dense
from tests.tui.cli.conftest import Call

NETWORK = ["--hidden", "8,6", "--activation", "tanh", "--samples", "20"]


def test_backpropagation_agrees(mlp_tui: Call, small_npz: Path) -> None:
    done = mlp_tui("check-gradients", "--data", small_npz, *NETWORK, "--l2", "0.1", "--json")
    assert (done.status, done.err) == (0, "")
    lines = done.json()
    assert [line["layer"] for line in lines] == ["hidden 1", "hidden 2", "output"]
    for line in lines:
        assert set(line) == {
            *("layer", "parameters", "checked", "kinks", "relative_error", "tolerance", "rounding"),
            "passed",
        }
        assert line["passed"] is True
        assert 0.0 < line["relative_error"] < line["tolerance"] == 1e-7
        assert line["kinks"] == 0
    assert [line["checked"] for line in lines] == [20 + 8, 20 + 6, 20 + 10]  # weights, and biases
    assert [line["parameters"] for line in lines] == [784 * 8 + 8, 8 * 6 + 6, 6 * 10 + 10]


def test_a_person_sees_a_table_and_a_verdict(mlp_tui: Call, small_npz: Path) -> None:
    done = mlp_tui("check-gradients", "--data", small_npz, *NETWORK)
    assert done.status == 0
    header, *layers, scale, verdict = done.out.splitlines()
    assert "relative error" in header
    assert len(layers) == 3
    for layer in layers:
        bar, _space, text = layer.partition("e-")[2][2:].strip().partition("  agrees")
        assert text == ""
        assert set(bar) <= {"#", " ", ":"}  # it ends before the tolerance, which is marked
        assert bar.index(":") > bar.count("#") > 0
        assert max(map(len, (header, layer))) <= 80
    assert "1e-07" in scale
    assert verdict == "Backpropagation agrees with the difference quotients."


@pytest.mark.parametrize("options", [["--batch-norm"], ["--dropout", "0.4"], ["--activation", "relu"]])
def test_other_networks_agree_as_well(mlp_tui: Call, small_npz: Path, options: list[str]) -> None:
    done = mlp_tui("check-gradients", "--data", small_npz, *NETWORK, *options, "--json")
    assert done.status == 0
    assert all(line["passed"] for line in done.json())


def test_a_wrong_gradient_is_found(mlp_tui: Call, small_npz: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 1, with the layer that is wrong named, and the others right."""
    right = Dense.parameter_gradients

    def wrong(self: Dense, dY: Array) -> None:
        right(self, dY)
        if self.outputs == 6:
            self.dW *= 1.001

    monkeypatch.setattr(Dense, "parameter_gradients", wrong)
    done = mlp_tui("check-gradients", "--data", small_npz, *NETWORK, "--json")
    assert done.status == 1
    assert [line["passed"] for line in done.json()] == [True, False, True]
    told = mlp_tui("check-gradients", "--data", small_npz, *NETWORK)
    assert told.status == 1
    assert told.err == ""
    assert "#:##" in told.out.splitlines()[2]  # beyond the tolerance
    assert told.out.splitlines()[2].endswith("  DIFFERS: W")
    assert told.out.splitlines()[-1] == "Backpropagation differs from the difference quotients."


def test_figures_that_are_no_numbers_do_not_pass(mlp_tui: Call, small_npz: Path) -> None:
    done = mlp_tui("check-gradients", "--data", small_npz, *NETWORK, "--l2", "1e300", "--json")
    assert done.status == 1
    assert done.err == ""
    assert {line["relative_error"] for line in done.json()} == {None}


def test_the_checks_are_of_the_preset_that_is_named(
    mlp_tui: Call, small_npz: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Hyperparameters] = []
    on_data = GradientCheck.on_data

    def noted(hyperparameters: Hyperparameters, dataset: Dataset) -> GradientCheck:
        seen.append(hyperparameters)
        return on_data(hyperparameters, dataset)

    monkeypatch.setattr(GradientCheck, "on_data", noted)
    mlp_tui("check-gradients", "--data", small_npz, "--preset", "deep", "--hidden", "5", "--samples", "2")
    assert (seen[0].hidden, seen[0].batch_norm, seen[0].dropout) == ((5,), True, 0.2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--samples", "0"], "--samples"),
        (["--hidden", "0"], "hidden"),
        (["--learning-rate", "1"], "--learning-rate"),
    ],
)
def test_bad_values(mlp_tui: Call, options: list[str], says: str) -> None:
    assert says in mlp_tui("check-gradients", *options).complaint(2)
