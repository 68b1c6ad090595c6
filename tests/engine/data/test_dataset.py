"""Data sets: MNIST inside, folders of IDX files, `.npz` archives, and what is wrong with bad ones."""

import gzip
import io
import os
import random
import shutil
import struct
import zipfile
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.dataset import Dataset, load_dataset
from engine.errors import DataError
from tests.engine.data.reading import complaint

Arrays = dict[str, NDArray[Any]]


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load_dataset()


@pytest.fixture
def good(mnist: Dataset) -> Arrays:
    """A slice of MNIST that holds every class in both splits."""
    return {
        "x_train": mnist.train_images[:60],
        "y_train": mnist.train_labels[:60],
        "x_test": mnist.test_images[:30],
        "y_test": mnist.test_labels[:30],
    }


def saved(folder: Path, arrays: Arrays) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def test_mnist_is_inside(mnist: Dataset) -> None:
    assert mnist.train_images.shape == (60_000, 28, 28)
    assert mnist.test_images.shape == (10_000, 28, 28)
    assert np.bincount(mnist.train_labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert (mnist.classes, mnist.pixels, mnist.name) == (10, 784, "MNIST")
    assert mnist.train_images.mean() == pytest.approx(33.318421449829934, rel=1e-12)


def test_a_data_set_cannot_be_written_to(mnist: Dataset) -> None:
    with pytest.raises(ValueError, match="read-only"):
        mnist.train_images[0, 0, 0] = 1


def test_the_fingerprint_changes_with_one_label(good: Arrays, tmp_path: Path) -> None:
    before = load_dataset(saved(tmp_path, good)).fingerprint
    assert load_dataset(saved(tmp_path, good)).fingerprint == before
    good["y_test"] = np.roll(good["y_test"], 1)
    assert load_dataset(saved(tmp_path, good)).fingerprint != before


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with as_file(files("assets") / "mnist") as source:
        return Path(shutil.copytree(source, tmp_path / "mnist"))


def test_a_folder_of_gzipped_files_is_the_same_data(folder: Path, mnist: Dataset) -> None:
    assert load_dataset(folder).fingerprint == mnist.fingerprint


def test_unzipped_files_and_other_names_are_found(folder: Path, mnist: Dataset) -> None:
    for zipped in list(folder.iterdir()):
        name = zipped.name.removesuffix(".gz").replace("t10k", "test").replace("-idx", ".idx")
        (folder / f"letters-{name}").write_bytes(gzip.decompress(zipped.read_bytes()))
        zipped.unlink()
    assert load_dataset(folder).fingerprint == mnist.fingerprint


def test_the_unzipped_file_wins_over_its_gz(folder: Path) -> None:
    labels = np.ones(10_000, np.uint8)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, 10_000) + labels.tobytes())
    assert (load_dataset(folder).test_labels == 1).all()


def test_a_missing_file_and_a_second_one_are_named(folder: Path) -> None:
    (folder / "more-train-images-idx3-ubyte.gz").write_bytes(b"")
    assert "several files train-images" in complaint(folder)
    (folder / "more-train-images-idx3-ubyte.gz").unlink()
    (folder / "t10k-labels-idx1-ubyte.gz").unlink()
    assert "no file t10k-labels-idx1-ubyte" in complaint(folder)


@pytest.mark.parametrize(
    "pattern",
    [
        "{split}-{kind}",
        "{split}-{kind}.idx-ubyte",
        "emnist-letters-{split}-{kind}-idx-ubyte",
        "contest-{split}-{kind}-idx-ubyte",
        "{split}_{kind}.ubyte",
    ],
)
@pytest.mark.parametrize("form", [str.lower, str.upper])
@pytest.mark.parametrize("test", ["test", "t10k"])
def test_files_are_found_by_the_words_in_their_names(
    tmp_path: Path, pattern: str, form: Callable[[str], str], test: str
) -> None:
    for split in ("train", test):
        for kind, sizes in (("images", (2051, 2, 2, 3)), ("labels", (2049, 2))):
            name = form(pattern.format(split=split, kind=kind))
            content = struct.pack(f">{len(sizes)}I", *sizes) + (bytes(12) if kind == "images" else b"\0\1")
            (tmp_path / name).write_bytes(content)
            (tmp_path / f"._{name}").write_bytes(b"what macOS leaves on a foreign disk")
    (tmp_path / "train-images.png").write_bytes(b"a picture")
    data = load_dataset(tmp_path)
    shape = (2, 3, 2) if "emnist" in pattern else (2, 2, 3)
    assert (data.train_images.shape, data.test_images.shape) == (shape, shape)


@pytest.mark.parametrize(
    ("change", "shape"),
    [
        (lambda x: x[..., np.newaxis], (28, 28)),
        (lambda x: x.reshape(len(x), -1), (28, 28)),
        (lambda x: x.reshape(len(x), -1)[:, :780], (1, 780)),
        (lambda x: x[:, :20, 5:], (20, 23)),
        (lambda x: x.astype(np.int64), (28, 28)),
    ],
)
def test_images_of_other_forms_and_sizes_are_read(
    good: Arrays, tmp_path: Path, change: object, shape: tuple[int, int]
) -> None:
    assert callable(change)
    for key in ("x_train", "x_test"):
        good[key] = change(good[key])
    data = load_dataset(saved(tmp_path, good))
    assert (data.height, data.width) == shape
    assert np.array_equal(data.train_images.ravel(), np.asarray(good["x_train"]).ravel())


def test_labels_in_a_column_are_read(good: Arrays, tmp_path: Path) -> None:
    expected = good["y_train"]
    good["y_train"] = np.asarray(expected)[:, np.newaxis]
    assert np.array_equal(load_dataset(saved(tmp_path, good)).train_labels, expected)


def test_classes_are_the_largest_label_plus_one_and_may_be_missing(good: Arrays, tmp_path: Path) -> None:
    good["y_train"] = np.arange(60) % 2 * 5
    good["y_test"] = np.full(30, 999)
    assert load_dataset(saved(tmp_path, good)).classes == 1000


def test_every_bad_array_gets_its_sentence(good: Arrays, tmp_path: Path) -> None:
    bad: list[tuple[str, NDArray[np.generic], str]] = [
        ("y_train", np.array([None] * 60, dtype=object), "pickled"),
        ("y_train", np.asarray(good["y_train"]) + 0.5, "image 0 is “5.5”; labels must be whole numbers"),
        ("y_train", np.asarray(good["y_train"])[:50], "60 training images and 50 training labels"),
        ("y_test", np.full(30, 1000), "from 0 to 1,000; allowed are 0 to 999"),
        ("y_test", np.full(30, -1), "allowed are 0 to 999"),
        ("y_test", np.zeros((30, 10), np.int64), "row 0 is not one-hot"),
        ("x_train", np.full((60, 28, 28), 256), "image 0 has a pixel of 256; pixels go from 0 to 255"),
        ("x_train", np.full((60, 28, 28), -1), "image 0 has a pixel of -1;"),
        ("x_train", np.zeros((0, 5), np.uint8), "0 training images and 60 training labels"),
        ("x_train", np.zeros((60, 28), [("\x1b[2J" * 99, "u1")]), "is of void8; images must be"),
        ("x_train", np.zeros(60, np.uint8), "expected is (images, height, width)"),
        ("x_train", np.zeros((60, 28, 28, 4), np.uint8), "expected is (images, height, width)"),
        ("x_test", np.zeros((30, 27, 28), np.uint8), "28 x 28 pixels and test images 27 x 28"),
        ("x_test", np.zeros((30, 0, 28), np.uint8), "no test images"),
    ]
    for key, array, said in bad:
        assert said in complaint(saved(tmp_path, good | {key: array})), (key, said)


def test_an_empty_split_is_refused(good: Arrays, tmp_path: Path) -> None:
    good |= {"x_test": np.zeros((0, 28, 28), np.uint8), "y_test": np.zeros(0, np.int64)}
    assert "no test images" in complaint(saved(tmp_path, good))


def test_one_training_image_is_too_few(good: Arrays, tmp_path: Path) -> None:
    good |= {"x_train": np.asarray(good["x_train"])[:1], "y_train": np.asarray(good["y_train"])[:1]}
    assert "one training image" in complaint(saved(tmp_path, good))


def test_missing_arrays_are_named(good: Arrays, tmp_path: Path) -> None:
    del good["y_train"], good["x_test"]
    assert "has no array y_train, x_test" in complaint(saved(tmp_path, good))


def test_what_is_no_data_set_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in complaint(tmp_path / "nothing")
    assert "holds no data set; name a folder of IDX files" in complaint(tmp_path)
    (tmp_path / "text.npz").write_bytes(b"not a zip file")
    assert "not an .npz file, or it is damaged" in complaint(tmp_path / "text.npz")


def test_a_path_that_the_system_refuses_is_an_error_with_the_reason() -> None:
    assert "File name too long" in complaint(Path("x" * 5000))
    assert "does not exist" in complaint(Path("no\0such"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.npz")
    assert "neither a folder nor a file" in complaint(tmp_path / "pipe.npz")


def test_a_data_set_too_large_for_the_memory_is_an_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exhausted(path: object) -> None:
        raise MemoryError

    monkeypatch.setattr("engine.data.forms.idx_folder.read_images", exhausted)
    assert "not enough memory to read" in complaint(folder)


def test_an_array_that_announces_a_trillion_images_is_refused(good: Arrays, tmp_path: Path) -> None:
    path = saved(tmp_path, good)
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "|u1", "fortran_order": False, "shape": (10**12, 28, 28)}
    )
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["x_train.npy"] = header.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "damaged" in complaint(path)


def test_a_damaged_archive_gives_an_error_or_a_data_set_and_nothing_else(
    good: Arrays, tmp_path: Path
) -> None:
    original = saved(tmp_path, good).read_bytes()
    path = tmp_path / "damaged.npz"
    rng = random.Random(0)
    refused = 0
    for attempt in range(300):
        damaged = bytearray(original)
        if attempt % 3 == 0:
            damaged = damaged[: rng.randrange(len(damaged))]
        else:
            for _ in range(8):  # headers stand at both ends
                end = rng.choice((rng.randrange(300), len(damaged) - 1 - rng.randrange(600)))
                damaged[end] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            load_dataset(path)
        except DataError:
            refused += 1
    assert refused > 200
