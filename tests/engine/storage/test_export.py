"""Exports of a run: metrics, models, the script and the report."""

import csv
import io
import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.dataset import Dataset, load_dataset
from engine.errors import CheckpointError, EngineError, ExportError
from engine.events import ConfusionMatrix, EpochEnded, HyperparameterChanged, RunEnded, RunStarted
from engine.storage.checkpoint import Checkpoint, checkpoint_to_json, checksum
from engine.storage.export import KINDS, ExportedRun, export, load_model
from engine.storage.export.charts import MAX_POINTS, ticks
from engine.storage.export.models import tensors
from engine.training.trainer import Trainer
from tests.runs import follow, of_kind, only, quick, strict_json

HOSTILE = "<script>alert('x')</script>\x1b[2J\" & 数字\n\ud800"
Run = tuple[ExportedRun, Checkpoint]
Array = NDArray[np.floating]


def run(dataset: Dataset, **changes: Any) -> Run:
    trainer = Trainer(quick(**changes), dataset, name="a run")
    events = follow(trainer)
    ended = only(events, RunEnded)
    history = ExportedRun(
        only(events, RunStarted), tuple(of_kind(events, EpochEnded)), (), ended, ended.reason, "today", ""
    )
    return history, Checkpoint.of(trainer, ended.best_epoch or 0)


@pytest.fixture(scope="module")
def done(small_dataset: Dataset) -> Run:
    return run(small_dataset, hidden=(6, 5), batch_norm=True, dropout=0.1)


def written(kind: str, folder: Path, history: ExportedRun, model: Checkpoint | None = None) -> Path:
    path = folder / f"out.{kind}"
    export(kind, path, history, model)
    return path


def test_csv_has_a_row_an_epoch_and_empty_cells(done: Run, tmp_path: Path) -> None:
    history = replace(done[0], epochs=(*done[0].epochs[:-1], replace(done[0].epochs[-1], train_loss=None)))
    rows = list(csv.DictReader(io.StringIO(written("csv", tmp_path, history).read_text())))
    assert [float(row["validation_loss"]) for row in rows] == [e.validation_loss for e in history.epochs]
    assert rows[-1]["train_loss"] == ""
    assert rows[0]["is_best"] == "1"


def test_json_holds_everything(done: Run, tmp_path: Path) -> None:
    history = replace(
        done[0], note=HOSTILE[:-1], changes=(HyperparameterChanged(2, 3, 14, "learning_rate", 0.1, 0.2),)
    )
    document = strict_json(written("json", tmp_path, history).read_text("utf-8"))
    assert document["note"] == HOSTILE[:-1]
    assert document["changes"][0]["new"] == 0.2
    assert document["epochs"][0]["layers"][0]["name"] == "hidden 1"
    assert document["hyperparameters"]["hidden"] == [6, 5]
    assert document["result"]["test_accuracy"] == history.ended.test_accuracy  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_a_model_comes_back(done: Run, tmp_path: Path, kind: str) -> None:
    history, model = done
    back = load_model(written(kind, tmp_path, history, model))
    np.testing.assert_array_equal(back.parameters, model.parameters)
    np.testing.assert_array_equal(back.statistics, model.statistics)
    assert (back.epoch, back.standardization) == (model.epoch, model.standardization)


def torch_logits(state: dict[str, Array], module: str, X: Array) -> Array:
    """Return what PyTorch's modules compute, by their documentation, place by place of a `Sequential`."""
    layers = re.findall(r"(\w+)\(([^)]*)\)", module.removeprefix("Sequential("))
    for place, (kind, arguments) in enumerate(layers):
        own = {name.partition(".")[2]: a for name, a in state.items() if name.startswith(f"{place}.")}
        if kind == "Linear":
            inputs, outputs = map(int, arguments.split(", "))
            assert (own["weight"].shape, own["bias"].shape) == ((outputs, inputs), (outputs,))
            X = X @ own["weight"].T + own["bias"]
        elif kind == "BatchNorm1d":
            X = (X - own["running_mean"]) / np.sqrt(own["running_var"] + 1e-5) * own["weight"] + own["bias"]
        else:
            assert not own
            activations: dict[str, Callable[[Array], Array]] = {
                "ReLU": lambda x: np.maximum(x, 0),
                "LeakyReLU": lambda x: np.where(x > 0, x, 0.01 * x),
                "GELU": lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
                "Tanh": np.tanh,
                "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
            }
            X = activations[kind](X)
    return X


SQUARE = {"hidden": (8, 8), "activation": "tanh"}
"""Between layers of the same size a transposed matrix would be taken without a word."""


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": ()},
        SQUARE,
        SQUARE | {"batch_norm": True, "dropout": 0.1, "activation": "gelu"},
        {"hidden": (6, 5), "activation": "leaky_relu", "batch_norm": True},
        {"hidden": (6, 5), "activation": "sigmoid", "deskew": True},
    ],
    ids=str,
)
def test_safetensors_are_the_state_dict_of_a_pytorch_module(
    small_dataset: Dataset, tmp_path: Path, changes: dict[str, Any]
) -> None:
    """With PyTorch 2.13.0 `load_state_dict` took these files and gave the same logits, to 5e-6 at most."""
    from safetensors import safe_open

    history, model = run(small_dataset, epochs=2, **changes)
    with safe_open(written("safetensors", tmp_path, history, model), "numpy") as file:
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        module = file.metadata()["module"]
    images = model.standardization.prepared(small_dataset.test_images).reshape(-1, 784)
    X = (images / 255 - model.standardization.mean) / model.standardization.deviation
    ours = model.test_evaluation(small_dataset).logits
    np.testing.assert_allclose(torch_logits(state, module, X), ours, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_safetensors_of_the_version_before_are_read(
    small_dataset: Dataset, tmp_path: Path, batch_norm: bool
) -> None:
    """They have names of our own, and matrices of `(inputs, outputs)`."""
    from safetensors.numpy import save

    _history, model = run(small_dataset, epochs=1, hidden=(8, 8), batch_norm=batch_norm)
    description = json.dumps(checkpoint_to_json(model))
    metadata = {"description": description, "checksum": checksum(description, model)}
    arrays = {name: np.ascontiguousarray(array) for name, array in tensors(model.network()).items()}
    assert {"hidden_1.weight", "hidden_2.bias", "output.weight"} <= arrays.keys()
    (tmp_path / "old.safetensors").write_bytes(save(arrays, metadata=metadata))
    back = load_model(tmp_path / "old.safetensors")
    np.testing.assert_array_equal(back.parameters, model.parameters)
    np.testing.assert_array_equal(back.statistics, model.statistics)


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "gelu", "tanh", "sigmoid"])
def test_onnx_reads_a_thousand_images_alike(
    small_dataset: Dataset, tmp_path: Path, activation: str, batch_norm: bool
) -> None:
    import onnxruntime

    history, model = run(small_dataset, hidden=(20, 12), activation=activation, batch_norm=batch_norm)
    mnist = load_dataset()
    images = mnist.test_images[:1000]
    session = onnxruntime.InferenceSession(written("onnx", tmp_path, history, model).read_bytes())
    logits, probabilities = session.run(["logits", "probabilities"], {"images": images})
    ours = model.test_evaluation(
        Dataset("m", "m", mnist.train_images, mnist.train_labels, images, mnist.test_labels[:1000])
    )
    np.testing.assert_allclose(logits, ours.logits, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(logits.argmax(axis=1), ours.predicted)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, rtol=1e-5)
    assert session.run(["logits"], {"images": images[:1]})[0].shape == (1, 10)


def test_safetensors_that_are_damaged_are_refused(done: Run, tmp_path: Path) -> None:
    path = written("safetensors", tmp_path, *done)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    length = int.from_bytes(whole[:8], "little")
    for attempt in range(2000):
        damaged = bytearray(whole)
        if attempt % 4 == 0:
            damaged = damaged[: rng.integers(len(whole))]
        else:
            end = (8, 8 + length, len(whole))[attempt % 4 - 1]
            damaged[rng.integers(end)] ^= 1 << rng.integers(8)
        path.write_bytes(damaged)
        try:
            back = load_model(path)
        except CheckpointError as error:
            assert "\n" not in str(error)
        else:
            np.testing.assert_array_equal(back.parameters, done[1].parameters)


@pytest.mark.parametrize(
    ("found", "forged"),
    [
        (b'"F32"', b'"F16"'),
        (b'\\"hidden\\": [6, 5]', b'\\"hidden\\": [16384]'),
        (b'\\"height\\": 28', b'\\"height\\": 10000000000'),
        (b'"data_offsets":[0,', b'"data_offsets":[8,'),
    ],
)
def test_a_forged_header_is_refused(done: Run, tmp_path: Path, found: bytes, forged: bytes) -> None:
    path = written("safetensors", tmp_path, *done)
    whole = path.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    header = whole[8 : 8 + length].replace(found, forged)
    assert header != whole[8 : 8 + length]
    path.write_bytes(len(header).to_bytes(8, "little") + header + whole[8 + length :])
    with pytest.raises(CheckpointError):
        load_model(path)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_model_there_are_figures_alone(done: Run, tmp_path: Path, kind: str) -> None:
    history = replace(done[0], epochs=(), ended=None)
    if kind in ("npz", "safetensors", "onnx"):
        with pytest.raises(ExportError, match="no epoch"):
            written(kind, tmp_path, history)
        assert not list(tmp_path.iterdir())
    else:
        assert written(kind, tmp_path, history).stat().st_mode & 0o77 == 0


def test_what_cannot_be_written_is_one_sentence(done: Run, tmp_path: Path) -> None:
    for kind in KINDS:
        with pytest.raises(EngineError, match="folder"):
            export(kind, tmp_path, *done)
    with pytest.raises(ExportError, match="no export"):
        export("pdf", tmp_path / "x", *done)


@pytest.mark.parametrize(("before", "after"), [(b'epoch\\": ', b'epoch\\": 1'), (b"relu", b"tanh")])
def test_safetensors_with_another_description_are_refused(
    done: Run, tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = written("safetensors", tmp_path, *done)
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = content[8 : 8 + length]
    assert before in header
    forged = header.replace(before, after, 1)
    path.write_bytes(struct.pack("<Q", len(forged)) + forged + content[8 + length :])
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(path)


@pytest.mark.parametrize(("kind", "module"), [("onnx", "onnx"), ("safetensors", "safetensors.numpy")])
def test_a_missing_extra_is_named(
    done: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, module: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExportError, match=re.escape(f"'mlp-tui[{kind}]'")):
        written(kind, tmp_path, *done)


CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "plain": {"hidden": (), "schedule": "constant", "early_stopping": False},
    "default": {},
    "richest": {
        "hidden": (20, 12), "activation": "gelu", "batch_norm": True, "dropout": 0.2, "l2": 1e-4,
        "label_smoothing": 0.1, "clip_norm": 1.0, "optimizer": "adamw", "schedule": "one_cycle",
        "warmup_epochs": 0.5, "monitor": "validation_loss", "seed": 7,
    },
    "momentum": {"optimizer": "momentum", "schedule": "step", "activation": "tanh",
                 "initializer": "xavier_uniform", "epochs": 6},
    "nesterov": {"optimizer": "nesterov", "schedule": "exponential", "activation": "sigmoid",
                 "initializer": "lecun_normal", "patience": 1, "epochs": 8, "min_delta": 0.05},
    "one cycle": {"optimizer": "nesterov", "schedule": "one_cycle", "momentum": 0.8, "batch_norm": True,
                  "batch_size": 77},
    "rmsprop": {"optimizer": "rmsprop", "schedule": "one_cycle"},
    "rmsprop warm": {"optimizer": "rmsprop", "activation": "leaky_relu", "initializer": "he_uniform",
                "schedule": "constant", "warmup_epochs": 1.0},
    "adam": {"optimizer": "adam", "initializer": "xavier_normal", "hidden": (16, 8)},
    "zeros": {"initializer": "zeros", "batch_norm": True},
    "diverges": {"initializer": "large", "learning_rate": 1000.0},
}  # fmt: skip


@pytest.mark.parametrize("changes", CONFIGURATIONS.values(), ids=CONFIGURATIONS.keys())
def test_the_script_trains_the_same(
    small_dataset: Dataset, small_npz: Path, tmp_path: Path, changes: dict[str, Any]
) -> None:
    history, _ = run(small_dataset, **changes)
    path = tmp_path / "again.py"
    export("script", path, history, None)
    assert path.read_text().count("\n") <= 330
    subprocess.run([sys.executable, "-m", "ruff", "check", "--quiet", str(path)], check=True)
    answer = subprocess.run(
        [sys.executable, str(path), str(small_npz)], capture_output=True, text=True, check=True
    )
    assert not answer.stderr
    lines = re.findall(r"validation loss (\S+), accuracy (\S+)%", answer.stdout)
    assert len(lines) == len(history.epochs)
    for (loss, accuracy), epoch in zip(lines, history.epochs, strict=True):
        assert float(loss) == pytest.approx(epoch.validation_loss, rel=2e-2)
        assert float(accuracy) == pytest.approx(100 * epoch.validation_accuracy, abs=2.0)
    assert history.ended
    if history.ended.test_accuracy is not None:
        tested = re.findall(r"test loss \S+, accuracy (\S+)%, with the weights of epoch (\d+)", answer.stdout)
        assert float(tested[0][0]) == pytest.approx(100 * history.ended.test_accuracy, abs=1.0)
        assert int(tested[0][1]) == history.ended.best_epoch
    assert ("diverged" in answer.stdout) == (history.ended.reason == "diverged")


def test_the_script_reads_the_mnist_files(small_dataset: Dataset, tmp_path: Path) -> None:
    history, _ = run(small_dataset, hidden=(), epochs=1)
    export("script", tmp_path / "again.py", history, None)
    folder = Path(__file__).parents[3] / "assets" / "mnist"
    command = [sys.executable, str(tmp_path / "again.py"), str(folder)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    accuracy = re.findall(r"test loss \S+, accuracy (\S+)%", answer.stdout)
    whole, _ = run(load_dataset(), hidden=(), epochs=1)
    assert whole.ended
    assert whole.ended.test_accuracy
    assert float(accuracy[0]) == pytest.approx(100 * whole.ended.test_accuracy, abs=0.3)


def matrix_of_many(history: ExportedRun) -> ExportedRun:
    assert history.ended
    many = ConfusionMatrix(1000, ((0, 0, 5), (3, 999, 7), (999, 999, 1)))
    return replace(history, ended=replace(history.ended, confusion_matrix=many))


REPORTS: dict[str, Callable[[ExportedRun], ExportedRun]] = {
    "whole": lambda history: history,
    "no epoch": lambda history: replace(history, epochs=(), ended=None),
    "one epoch": lambda history: replace(history, epochs=history.epochs[:1], ended=None),
    "diverged": lambda history: replace(
        history, epochs=tuple(replace(e, train_loss=None, validation_loss=None) for e in history.epochs)
    ),
    "curves alone": lambda history: replace(
        history,
        ended=None,
        epochs=tuple(replace(e, layers=(), validation_confusion_matrix=None) for e in history.epochs),
    ),
    "hostile": lambda history: replace(
        history, note=HOSTILE, state=HOSTILE, started=replace(history.started, name=HOSTILE)
    ),
    "many classes": matrix_of_many,
    "many epochs": lambda history: replace(
        history, epochs=tuple(replace(history.epochs[0], epoch=n + 1) for n in range(100_000))
    ),
}


@pytest.mark.parametrize("change", REPORTS.values(), ids=REPORTS.keys())
def test_a_report_is_one_whole_page(
    done: Run, tmp_path: Path, change: Callable[[ExportedRun], ExportedRun]
) -> None:
    page = written("report", tmp_path, change(done[0])).read_text("utf-8")
    root = ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
    assert root.find("body/h1") is not None
    assert not list(root.iter("script"))
    assert not re.search(r"(src|href|url)\s*[=(]|https?:|\x1b", page)
    assert len(page) < 300_000
    for line in root.iter("polyline"):
        assert len(line.attrib["points"].split()) <= MAX_POINTS + 1


def test_a_report_says_the_mean_of_the_recalls_where_classes_differ_in_size(
    done: Run, tmp_path: Path
) -> None:
    assert done[0].ended
    even = replace(done[0].ended, confusion_matrix=ConfusionMatrix(2, ((0, 1, 5), (1, 1, 6))))
    page = written("report", tmp_path, replace(done[0], ended=even)).read_text("utf-8")
    assert "their sizes differ" not in page
    page = written("report", tmp_path, matrix_of_many(done[0])).read_text("utf-8")
    assert re.search(r"recalls \(their sizes differ\)</t[hd]><td>66\.67%", page)  # all, none and all of three


def test_ticks_are_round_and_hold_the_values() -> None:
    assert ticks(0.0, 1.0) == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    for low, high in ((0.1, 0.1), (0.0, 0.0), (-3.0, 1e9), (1e-12, 2e-12)):
        found = ticks(low, high)
        assert found[0] <= low <= high <= found[-1]
        assert 2 <= len(found) <= 9


@pytest.mark.parametrize(
    "beyond",
    [
        {"elastic": 1.0},
        {"weight_average": 0.9, "shift": 1.0},
        {"optimizer": "muon"},
        {"deskew": True},
        {"receptive_field": 4.0, "emphasis": 0.5, "adversarial": 0.3},
    ],
)
def test_the_script_says_what_it_cannot_do(
    small_dataset: Dataset, tmp_path: Path, beyond: dict[str, Any]
) -> None:
    history, _model = run(small_dataset, epochs=1, **beyond)
    with pytest.raises(ExportError, match="muon" if "optimizer" in beyond else ", ".join(beyond)):
        written("script", tmp_path, history)
    assert not (tmp_path / "out.script").exists()
