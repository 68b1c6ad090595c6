import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data.dataset import Dataset
from engine.errors import CheckpointError
from engine.events import RunEnded
from engine.storage.checkpoint import Checkpoint, check_writable, load, save
from engine.training.trainer import Trainer
from tests.runs import follow, only, quick

Arrays = dict[str, Any]


@pytest.fixture(scope="module")
def trained(small_dataset: Dataset) -> Trainer:
    """A network with batch normalisation, so that there are statistics to be kept."""
    trainer = Trainer(quick(hidden=(6, 5), batch_norm=True, dropout=0.1, threads=None), small_dataset)
    only(follow(trainer), RunEnded)
    return trainer


@pytest.fixture(scope="module")
def checkpoint(trained: Trainer) -> Checkpoint:
    return Checkpoint.of(trained, 3)


@pytest.fixture
def saved(checkpoint: Checkpoint, tmp_path: Path) -> Path:
    path = tmp_path / "model.npz"
    save(path, checkpoint)
    return path


def same(one: Checkpoint, other: Checkpoint) -> bool:
    """Return whether two checkpoints hold the same, apart from the threads of the machine."""
    return (
        replace(one, parameters=other.parameters, statistics=other.statistics)
        == replace(other, hyperparameters=replace(other.hyperparameters, threads=one.hyperparameters.threads))
        and np.array_equal(one.parameters, other.parameters)
        and np.array_equal(one.statistics, other.statistics)
    )


def refused(path: Path) -> str:
    """Return the one sentence that `load` refuses a file with."""
    with pytest.raises(CheckpointError) as refusal:
        load(path)
    message = str(refusal.value)
    assert str(path) in message or "checkpoint" in message
    assert "\n" not in message
    return message


def rewritten(path: Path, change: Callable[[Arrays, Arrays], None], **options: Any) -> Path:
    """Write the checkpoint anew after `change` has had its arrays and its description."""
    with np.load(path) as stored:
        arrays = dict(stored)
    description = json.loads(str(arrays["description"]))
    change(arrays, description)
    if "description" in arrays and arrays["description"].dtype.kind == "U":
        arrays["description"] = np.array(json.dumps(description))
    np.savez(path, **arrays)
    return path


def test_what_is_saved_comes_back(saved: Path, checkpoint: Checkpoint) -> None:
    back = load(saved)
    assert same(back, checkpoint)
    assert back.statistics.size == 2 * (6 + 5)
    assert back.parameters.dtype == back.statistics.dtype == np.float32
    assert list(saved.parent.iterdir()) == [saved]


def test_its_predictions_are_those_of_the_trainer(
    saved: Path, trained: Trainer, small_dataset: Dataset
) -> None:
    predictions = trained.predictions()
    assert predictions is not None
    assert predictions.split == "test"
    np.testing.assert_array_equal(load(saved).test_probabilities(small_dataset), predictions.probabilities)


def test_a_checkpoint_from_a_machine_with_more_cores(saved: Path, checkpoint: Checkpoint) -> None:
    def change(arrays: Arrays, description: Arrays) -> None:
        description["hyperparameters"]["threads"] = 4096

    assert same(load(rewritten(saved, change)), checkpoint)


def test_saving_replaces_a_file(saved: Path, checkpoint: Checkpoint) -> None:
    save(saved, replace(checkpoint, epoch=2))
    assert load(saved).epoch == 2
    assert list(saved.parent.iterdir()) == [saved]


def test_a_file_is_replaced_whole_or_not_at_all(
    saved: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full in the middle of writing: the old file stays, and nothing besides it."""
    before = saved.read_bytes()

    def full(file: io.BufferedWriter, **arrays: Any) -> None:
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(CheckpointError, match="No space left on device"):
        save(saved, replace(checkpoint, epoch=2))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_what_is_written_is_flushed_before_it_takes_the_old_ones_place(
    saved: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    replace_file = Path.replace
    fsync = os.fsync

    def noted_replace(self: Path, target: Path) -> Path:
        done.append("replaced")
        return replace_file(self, target)

    def noted_fsync(number: int) -> None:
        done.append("flushed")
        fsync(number)

    monkeypatch.setattr(Path, "replace", noted_replace)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    save(saved, checkpoint)
    assert done == ["flushed", "replaced"]


@pytest.mark.parametrize("place", ["no folder/model.npz", "", "file/model.npz", "pipe", "n" * 300])
@pytest.mark.parametrize("writing", [True, False])
def test_a_place_that_cannot_be_written(
    tmp_path: Path, checkpoint: Checkpoint, place: str, writing: bool
) -> None:
    """Found out before a run, and told in the same way after it; what is there stays as it is."""
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    before = {path: path.stat().st_mode for path in tmp_path.iterdir()}
    with pytest.raises(CheckpointError) as refusal:
        save(tmp_path / place, checkpoint) if writing else check_writable(tmp_path / place)
    assert str(tmp_path) in str(refusal.value)
    assert {path: path.stat().st_mode for path in tmp_path.iterdir()} == before


def test_finding_out_leaves_nothing_behind(saved: Path) -> None:
    before = saved.read_bytes()
    check_writable(saved)
    check_writable(saved.parent / "new.npz")
    assert list(saved.parent.iterdir()) == [saved]
    assert saved.read_bytes() == before


def test_a_file_cut_off_anywhere(saved: Path) -> None:
    whole = saved.read_bytes()
    offsets = {0, 1, 4, 30, len(whole) - 1, len(whole) - 22, *range(0, len(whole), len(whole) // 60)}
    for offset in sorted(offsets):
        saved.write_bytes(whole[:offset])
        refused(saved)


def test_a_file_with_a_flipped_bit(saved: Path, checkpoint: Checkpoint) -> None:
    """It is refused, or the bit had no meaning (a date in the archive's directory, for one).

    The bits are drawn from the whole file and, more densely, from its headers. One is there in any case: it
    shortens NumPy's header, so that the weights would be read four bytes too early.
    """
    whole = saved.read_bytes()
    draw = random.Random(2)
    headers = [*range(300), *range(len(whole) - 400, len(whole))]
    with zipfile.ZipFile(saved) as archive:
        for member in archive.infolist():
            headers += range(member.header_offset, member.header_offset + 300)
    places = draw.choices(range(len(whole)), k=200) + draw.choices(headers, k=600)
    flips = [(place, draw.randrange(8)) for place in places]
    with zipfile.ZipFile(saved) as archive:
        header = whole.index(b"\x93NUMPY", archive.getinfo("parameters.npy").header_offset)
    assert whole[header + 8] & 4
    flips.append((header + 8, 2))
    harmless = 0
    for place, bit in flips:
        damaged = bytearray(whole)
        damaged[place] ^= 1 << bit
        saved.write_bytes(damaged)
        try:
            back = load(saved)
        except CheckpointError:
            continue
        assert same(back, checkpoint)
        harmless += 1
    assert harmless < len(places) / 3


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"\x93NUMPY", b"{}", b"\x00" * 1000, b"PK\x05\x06" + b"\0" * 18]
)
def test_a_file_that_is_something_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.npz"
    path.write_bytes(content)
    assert "mlp-tui train --save" in refused(path)


def test_a_place_with_no_file(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "missing.npz")
    assert "directory" in refused(tmp_path)
    os.mkfifo(tmp_path / "pipe")  # reading one would wait for ever
    assert "pipe" in refused(tmp_path / "pipe")
    refused(tmp_path / ("n" * 300))


class Mischief:
    """Unpickled, it would leave a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.trace,)


@pytest.mark.parametrize("name", ["description", "parameters", "statistics"])
def test_no_pickle_is_read(saved: Path, name: str) -> None:
    trace = saved.parent / "trace"

    def change(arrays: Arrays, description: Arrays) -> None:
        arrays[name] = np.array([Mischief(trace)], dtype=object)

    refused(rewritten(saved, change))
    assert not trace.exists()


CHANGES: dict[str, Callable[[Arrays, Arrays], object]] = {
    "no description": lambda arrays, fields: arrays.pop("description"),
    "no parameters": lambda arrays, fields: arrays.pop("parameters"),
    "no statistics": lambda arrays, fields: arrays.pop("statistics"),
    "a matrix": lambda arrays, fields: arrays.update(parameters=arrays["parameters"][None]),
    "a number": lambda arrays, fields: arrays.update(parameters=np.float32(1)),
    "float64": lambda arrays, fields: arrays.update(parameters=arrays["parameters"].astype(float)),
    "text": lambda arrays, fields: arrays.update(parameters=np.array(["a"])),
    "too few": lambda arrays, fields: arrays.update(parameters=arrays["parameters"][:-1]),
    "too many": lambda arrays, fields: arrays.update(statistics=np.ones(23, np.float32)),
    "NaN": lambda arrays, fields: arrays["parameters"].__setitem__(7, np.nan),
    "infinity": lambda arrays, fields: arrays["statistics"].__setitem__(-1, np.inf),
    "a format to come": lambda arrays, fields: fields.update(format="mlp-tui model 2"),
    "no format": lambda arrays, fields: fields.pop("format"),
    "no epoch": lambda arrays, fields: fields.pop("epoch"),
    "half an epoch": lambda arrays, fields: fields.update(epoch=1.5),
    "no rows": lambda arrays, fields: fields.update(height=0),
    "negative rows": lambda arrays, fields: fields.update(height=-28, width=-28),
    "endless rows": lambda arrays, fields: fields.update(height=float("inf")),
    "huge images": lambda arrays, fields: fields.update(height=10**9, width=10**9),
    "huge layers": lambda arrays, fields: fields["hyperparameters"].update(hidden=[16384] * 20),
    "other layers": lambda arrays, fields: fields["hyperparameters"].update(hidden=[6, 4]),
    "no such hyperparameter": lambda arrays, fields: fields["hyperparameters"].update(depth=3),
    "a bad hyperparameter": lambda arrays, fields: fields["hyperparameters"].update(dropout=2),
    "no hyperparameters": lambda arrays, fields: fields.update(hyperparameters=None),
    "no mean": lambda arrays, fields: fields.update(standardization={"deviation": 1.0}),
    "mean NaN": lambda arrays, fields: fields["standardization"].update(mean=float("nan")),
    "mean in words": lambda arrays, fields: fields["standardization"].update(mean="a little"),
    "deviation zero": lambda arrays, fields: fields["standardization"].update(deviation=0.0),
    "more figures": lambda arrays, fields: fields["standardization"].update(median=0.5),
    "no JSON": lambda arrays, fields: arrays.update(description=np.array(b"{")),
    "nested JSON": lambda arrays, fields: arrays.update(description=np.array([b"[" * 100_000])),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_content_that_does_not_fit_together(saved: Path, change: Callable[[Arrays, Arrays], object]) -> None:
    load(saved)

    def apply(arrays: Arrays, description: Arrays) -> None:
        change(arrays, description)

    refused(rewritten(saved, apply))


def test_a_file_that_would_unpack_to_more_than_memory(saved: Path) -> None:
    """Refused by what it announces, before anything is unpacked."""
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "<f4", "fortran_order": False, "shape": (10**12,)}
        )
        archive.writestr("parameters.npy", header.getvalue())
        archive.writestr("zeros.npy", b"0" * 1000)
    refused(saved)
    content = bytearray(saved.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (3 * 1024**3).to_bytes(4, "little")  # its unpacked size
    saved.write_bytes(content)
    assert "2 GiB" in refused(saved)


def test_data_of_another_size_or_other_classes(checkpoint: Checkpoint, small_dataset: Dataset) -> None:
    smaller = Dataset(
        "smaller",
        "a test",
        small_dataset.train_images[:, :20],
        small_dataset.train_labels,
        small_dataset.test_images[:, :20],
        small_dataset.test_labels,
    )
    with pytest.raises(CheckpointError, match="20 x 28"):
        checkpoint.test_probabilities(smaller)
    fewer = Dataset(
        "fewer",
        "a test",
        small_dataset.train_images,
        small_dataset.train_labels // 2,
        small_dataset.test_images,
        small_dataset.test_labels // 2,
    )
    with pytest.raises(CheckpointError, match="5"):
        checkpoint.test_probabilities(fewer)


def test_weights_of_another_network_are_refused(checkpoint: Checkpoint) -> None:
    other = replace(checkpoint, hyperparameters=replace(checkpoint.hyperparameters, hidden=(6, 4)))
    with pytest.raises(CheckpointError, match="parameters"):
        other.network()
