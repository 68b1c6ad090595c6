"""Hostile `.npz` files: the right content or one error, in little memory."""

import io
import random
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.dataset import load_dataset
from engine.data.npz import read_arrays
from engine.errors import DataError

CONTENT = {"a": np.arange(2000, dtype=np.int64).reshape(40, 50), "b": np.asfortranarray(np.eye(30))}
NAMES = tuple(CONTENT)


def whole(*, compressed: bool) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(file, a=CONTENT["a"], b=CONTENT["b"])
    return file.getvalue()


def right_or_refused(path: Path, content: bytes) -> bool:
    """Return whether the file was read, and then it is what it was."""
    path.write_bytes(content)
    try:
        arrays = read_arrays(path, NAMES)
    except DataError as error:
        assert "\n" not in str(error)
        return False
    for name, array in CONTENT.items():
        np.testing.assert_array_equal(arrays[name], array)
    return True


@pytest.mark.parametrize("compressed", [False, True])
def test_mutations_give_the_content_or_an_error_in_little_memory(tmp_path: Path, compressed: bool) -> None:
    original = whole(compressed=compressed)
    path, draw = tmp_path / "data.npz", random.Random(1)
    assert right_or_refused(path, original)
    refused = 0
    tracemalloc.start()
    for attempt in range(600):
        damaged = bytearray(original)
        place = draw.choice((draw.randrange(len(damaged)), draw.randrange(250), -draw.randrange(1, 250)))
        if attempt % 3 == 0:
            del damaged[place:]
        elif attempt % 3 == 1:
            damaged[place] ^= 1 << draw.randrange(8)
        else:
            at = draw.randrange(len(damaged))
            damaged[place : place + 8] = damaged[at : at + draw.randrange(16)]
        refused += not right_or_refused(path, bytes(damaged))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused > 280
    assert peak < 8 * 1024**2


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    assert not right_or_refused(tmp_path_factory.getbasetemp() / "any.npz", content)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("shape", [(10**12,), (-1, -2000), (2**62, 4), (1 << 28,), (1999,)])
def test_a_header_that_announces_another_size(tmp_path: Path, shape: tuple[int, ...], method: int) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<i8", "fortran_order": False, "shape": shape})
    forged = io.BytesIO()
    with zipfile.ZipFile(forged, "w", method) as archive:
        archive.writestr("a.npy", header.getvalue() + CONTENT["a"].tobytes())
        archive.writestr("b.npy", header.getvalue())
    tracemalloc.start()
    assert not right_or_refused(tmp_path / "forged.npz", forged.getvalue())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 1024**2


def test_a_header_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    forged = io.BytesIO()
    with zipfile.ZipFile(forged, "w", zipfile.ZIP_DEFLATED) as archive:
        length = (16 * 1024**2).to_bytes(4, "little")
        archive.writestr("a.npy", b"\x93NUMPY\x02\x00" + length + b" " * 16 * 1024**2)
        archive.writestr("b.npy", b"")
    content = forged.getvalue()
    tracemalloc.start()
    assert not right_or_refused(tmp_path / "forged.npz", content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 1024**2


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("y_train", "There are 4 training images and 4,194,304 training labels"),
        ("class_names", "has 4,194,304 names of classes; there may be 2 to 1,000"),
    ],
)
def test_far_too_many_labels_or_names_are_refused_before_they_are_converted(
    tmp_path: Path, name: str, told: str
) -> None:
    many = np.zeros(1 << 22, np.int32 if name == "class_names" else np.float32)
    arrays = {"x_train": np.zeros((4, 2, 2), np.uint8), "y_train": np.array([0, 1, 0, 1]), name: many}
    np.savez_compressed(tmp_path / "bomb.npz", **arrays)  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=told):
            load_dataset(tmp_path / "bomb.npz")
        assert tracemalloc.get_traced_memory()[1] < 1.5 * many.nbytes
    finally:
        tracemalloc.stop()


def test_a_directory_without_end_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "many.npz"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(45_000):
            archive.writestr(f"{number}.npy", b"")
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match="or it is damaged"):
            read_arrays(path, ["x"])
        assert tracemalloc.get_traced_memory()[1] < 1024**2
    finally:
        tracemalloc.stop()
