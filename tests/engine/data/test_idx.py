"""The IDX reader: MNIST's own files, and every way in which a file can be bad."""

import gzip
import hashlib
import random
import struct
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.data.idx import read_images, read_labels
from engine.errors import DataError

MNIST = files("assets") / "mnist"


def idx(values: np.ndarray, magic: int) -> bytes:
    return struct.pack(f">{values.ndim + 1}I", magic, *values.shape) + values.astype(np.uint8).tobytes()


IMAGES = idx(np.arange(2 * 3 * 4).reshape(2, 3, 4), 2051)
LABELS = idx(np.array([7, 0, 3]), 2049)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("train-images-idx3-ubyte", "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"),
        ("t10k-images-idx3-ubyte", "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"),
    ],
)
def test_the_images_of_mnist_are_the_published_bytes(name: str, digest: str) -> None:
    images = read_images(MNIST / f"{name}.gz")
    header = struct.pack(">4I", 2051, *images.shape)
    assert hashlib.sha256(header + images.tobytes()).hexdigest() == digest


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("train-labels-idx1-ubyte", "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        ("t10k-labels-idx1-ubyte", "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ],
)
def test_the_labels_of_mnist_are_the_published_bytes(name: str, digest: str) -> None:
    labels = read_labels(MNIST / f"{name}.gz")
    header = struct.pack(">2I", 2049, len(labels))
    assert hashlib.sha256(header + labels.astype(np.uint8).tobytes()).hexdigest() == digest
    assert labels.dtype == np.int64


@given(
    values=arrays(np.uint8, st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 6))),
    zipped=st.booleans(),
)
def test_what_is_written_is_read(
    values: np.ndarray, zipped: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("idx") / "images"
    content = idx(values, 2051)
    path.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    assert np.array_equal(read_images(path), values)


def complaint(tmp_path: Path, content: bytes, *, labels: bool = False) -> str:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        (read_labels if labels else read_images)(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_truncated_file_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    for length in range(len(IMAGES)):
        complaint(tmp_path, IMAGES[:length])
    zipped = gzip.compress(IMAGES, mtime=0)
    for length in range(len(zipped)):
        complaint(tmp_path, zipped[:length])


def test_flipped_bits_give_an_error_or_other_bytes_but_never_a_crash(tmp_path: Path) -> None:
    rng = random.Random(0)
    path = tmp_path / "file"
    refused = 0
    for original in (IMAGES, gzip.compress(IMAGES, mtime=0)):
        for _ in range(300):
            damaged = bytearray(original)
            for _ in range(rng.randint(1, 3)):
                damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
            path.write_bytes(damaged)
            try:
                images = read_images(path)
            except DataError:
                refused += 1
            else:
                assert images.dtype == np.uint8
    assert refused > 100


@pytest.mark.parametrize(
    ("content", "labels", "said"),
    [
        (b"", False, "holds 0 bytes and ends within its header; an IDX file of images"),
        (
            gzip.compress(b"", mtime=0),
            True,
            "holds 0 bytes and ends within its header; an IDX file of labels",
        ),
        (IMAGES[:9], False, "holds 9 bytes and ends within its header"),
        (gzip.compress(IMAGES, mtime=0)[:-8] + b"checksum", False, "damaged"),
        (b"not an IDX file at all", False, "not an IDX file of images"),
        (b"\x1f\x8bnot gzip", False, "damaged"),
        (LABELS, False, "holds labels; images are expected"),
        (IMAGES, True, "holds images; labels are expected"),
        (IMAGES + b"x", False, "24 bytes (2 x 3 x 4) and holds more"),
        (gzip.compress(IMAGES[:-1], mtime=0), False, "declares 24 bytes (2 x 3 x 4) and holds 23"),
        (struct.pack(">4I", 2051, 0, 28, 28), False, "no data at all"),
        (struct.pack(">4I", 2051, 3, 0, 28), False, "no data at all"),
        (struct.pack(">2I", 2049, 0), True, "no data at all"),
        (
            gzip.compress(struct.pack(">4I", 2051, 2**32 - 1, 2**32 - 1, 2**32 - 1), mtime=0),
            False,
            "more than it can hold",
        ),
        (struct.pack(">4I", 2051, 10**9, 28, 28), False, "more than it can hold"),
    ],
)
def test_each_bad_file_gets_its_sentence(tmp_path: Path, content: bytes, labels: bool, said: str) -> None:
    assert said in complaint(tmp_path, content, labels=labels)


def test_more_than_the_limit_is_refused_without_calling_it_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.data.idx.MAX_BYTES", 23)
    said = complaint(tmp_path, IMAGES)
    assert "at most" in said
    assert "damaged" not in said


def test_a_file_that_cannot_be_opened_is_an_error_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_images(tmp_path / "missing")
    with pytest.raises(DataError, match="directory"):
        read_images(tmp_path)


def test_control_characters_of_a_file_name_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "evil\x1b[2Jname"
    path.write_bytes(b"")
    with pytest.raises(DataError) as caught:
        read_images(path)
    assert "\x1b" not in str(caught.value)
