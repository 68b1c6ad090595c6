"""A data set of training and test images with labels, and reading it from IDX files or an `.npz`."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.deskewing import deskewed
from engine.data.idx import read_images, read_labels
from engine.data.npz import read_arrays
from engine.errors import DataError, cannot_read
from engine.events import DataSummary
from engine.sentences import N_, Sentence
from engine.specification import printable, quoted

MAX_CLASSES = 1000


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images as bytes, labels as numbers; validated on creation.

    train_images, test_images: `(images, height, width)`, uint8, 0 is background
    train_labels, test_labels: `(images,)`, int64, from 0 to `classes` - 1; a class may be missing from either
    source: where it came from, for people

    Raises:
        DataError: when the parts do not fit together.
    """

    name: str
    source: str
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        for split, images, labels in (
            (Sentence(N_("training")), self.train_images, self.train_labels),
            (Sentence(N_("test")), self.test_images, self.test_labels),
        ):
            _check_split(split, images, labels)
        ours, theirs = self.train_images.shape[1:], self.test_images.shape[1:]
        if ours != theirs:
            raise DataError(
                N_("Training images are {ours} pixels and test images {theirs}; they must be of one size."),
                ours=" x ".join(map(str, ours)),
                theirs=" x ".join(map(str, theirs)),
            )
        if len(self.train_labels) < 2:
            raise DataError(N_("There is only one training image; validation needs at least one more."))
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            array.flags.writeable = False

    @property
    def height(self) -> int:
        """Rows of an image."""
        return int(self.train_images.shape[1])

    @property
    def width(self) -> int:
        """Columns of an image."""
        return int(self.train_images.shape[2])

    @property
    def pixels(self) -> int:
        """Pixels of an image: the inputs of a network."""
        return self.height * self.width

    @cached_property
    def classes(self) -> int:
        """The largest label of both sets plus one."""
        return int(max(self.train_labels.max(), self.test_labels.max())) + 1

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with any image or label."""
        return _fingerprint(self.train_images, self.train_labels, self.test_images, self.test_labels)

    @cached_property
    def test_fingerprint(self) -> str:
        """The same of the test set alone."""
        return _fingerprint(self.test_images, self.test_labels)

    @cached_property
    def upright(self) -> "Dataset":
        """The same data with their images deskewed; it takes half a second for MNIST, once."""
        return replace(self, train_images=deskewed(self.train_images), test_images=deskewed(self.test_images))

    def summary(self) -> DataSummary:
        """Return names and counts, without the images."""
        return DataSummary(
            name=self.name,
            source=self.source,
            fingerprint=self.fingerprint,
            height=self.height,
            width=self.width,
            classes=self.classes,
            training_images=len(self.train_labels),
            test_images=len(self.test_labels),
        )


def _fingerprint(*arrays: NDArray[np.generic]) -> str:
    """Return sixteen hexadecimal digits that change with any number and any shape."""
    digest = hashlib.blake2b(digest_size=8)
    for array in arrays:
        digest.update(repr(array.shape).encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def load_dataset(path: Path | None = None) -> Dataset:
    """Read a data set: MNIST, which ships with the program, or a folder of IDX files, or an `.npz`.

    Raises:
        DataError: in one sentence, what is wrong and what is wanted.
    """
    source = N_("the program itself") if path is None else printable_name(path, whole=True)
    try:
        if path is None:
            return _from_idx("MNIST", source, (files("assets") / "mnist").iterdir())
        if path.is_dir():
            return _from_idx(printable_name(path), source, path.iterdir())
        if path.is_file():
            return _from_npz(path)
        exists = path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise cannot_read(DataError, source, error) from None
    except MemoryError:
        raise DataError(N_("There is not enough memory to read {path}."), path=source) from None
    raise DataError(
        N_("{path} is neither a folder nor a file; name a folder of IDX files or an .npz file.")
        if exists  # a pipe or a device, which might never end
        else N_("{path} does not exist; name a folder of IDX files or an .npz file."),
        path=quoted(str(path)),
    )


def printable_name(path: Path, *, whole: bool = False) -> str:
    """Return the name of a file or folder (the whole path, if asked for) as it may safely be shown."""
    return printable(str(path), limit=4096) if whole else printable(path.resolve().name)


def _check_split(split: Sentence, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
    """Check that a split has as many labels as images, and that the labels are valid classes."""
    if len(images) != len(labels):
        raise DataError(
            N_(
                "There are {images:,} {split} images and {labels:,} {split} labels; each image needs one "
                "label."
            ),
            split=split,
            images=len(images),
            labels=len(labels),
        )
    if not images.size:
        raise DataError(N_("There are no {split} images."), split=split)
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= MAX_CLASSES:
        raise DataError(
            N_("The {split} labels go from {low:,} to {high:,}; allowed are 0 to {limit}."),
            split=split,
            low=low,
            high=high,
            limit=MAX_CLASSES - 1,
        )


def _from_idx(name: str, source: str, entries: Iterable[Path | Traversable]) -> Dataset:
    """Read the four files among `entries`, found by the words in their names."""
    found = [entry for entry in entries if entry.is_file()]
    return Dataset(
        name,
        source,
        read_images(_find(found, source, "train", "images")),
        read_labels(_find(found, source, "train", "labels")),
        read_images(_find(found, source, "t10k", "images")),
        read_labels(_find(found, source, "t10k", "labels")),
    )


def _find(entries: Iterable[Path | Traversable], source: str, split: str, kind: str) -> Path | Traversable:
    """Return the file of a split and kind, such as `train-images-idx3-ubyte`, rather than its `.gz`."""
    matching = {entry.name: entry for entry in entries if _split_of(entry.name, kind) == split}
    stems = {name.lower().removesuffix(".gz") for name in matching}
    if len(stems) != 1:
        raise DataError(
            N_("There is no file {wanted} in {folder}.")
            if not stems
            else N_("There are several files {wanted} in {folder}; keep one data set in a folder."),
            wanted=f"{split}-{kind}-idx{3 if kind == 'images' else 1}-ubyte[.gz]",
            folder=source,
        )
    return matching[min(matching, key=len)]


def _split_of(name: str, kind: str) -> str | None:
    """Return `train` or `t10k` if that is what an IDX file of this name and kind would hold, else None.

    Any prefix and separator will do, as in `emnist-letters-test-images.idx3-ubyte.gz`, and `idx` may be left
    out at the end of the name. "train" is looked for first: `contest-train-images` has "test" in it too.
    """
    stem = name.lower().removesuffix(".gz")
    hidden = stem.startswith(".")  # macOS writes a `._train-images-idx3-ubyte` beside the file
    if hidden or kind not in stem or not ("idx" in stem or stem.endswith((kind, "ubyte"))):
        return None
    if "train" in stem:
        return "train"
    return "t10k" if "t10k" in stem or "test" in stem else None


def _from_npz(path: Path) -> Dataset:
    """Read the four arrays of an `.npz`. No pickle is ever read."""
    name = printable_name(path)
    arrays = read_arrays(path, ("x_train", "y_train", "x_test", "y_test"))
    return Dataset(
        name,
        printable_name(path, whole=True),
        _images(arrays["x_train"], "x_train", name),
        _labels(arrays["y_train"], "y_train", name),
        _images(arrays["x_test"], "x_test", name),
        _labels(arrays["y_test"], "y_test", name),
    )


def _images(array: NDArray[np.generic], key: str, name: str) -> NDArray[np.uint8]:
    """Return images as `(images, height, width)`, uint8."""
    if array.dtype.kind not in "iu":
        raise DataError(
            N_("{key} in {file} is of {dtype}; images must be whole numbers from 0 to 255 (uint8)."),
            key=key,
            file=name,
            dtype=array.dtype.name,
        )
    if array.dtype != np.uint8 and array.size and (int(array.min()) < 0 or int(array.max()) > 255):
        raise DataError(
            N_("{key} in {file} goes from {low} to {high}; images must be whole numbers from 0 to 255."),
            key=key,
            file=name,
            low=int(array.min()),
            high=int(array.max()),
        )
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim == 2:  # one row an image: a square if it can be one
        side = math.isqrt(array.shape[1])
        square = side * side == array.shape[1]
        array = array.reshape(len(array), *((side, side) if square else (1, array.shape[1])))
    if array.ndim != 3:
        raise DataError(
            N_("{key} in {file} has the shape {shape}; expected is (images, height, width)."),
            key=key,
            file=name,
            shape=str(array.shape),
        )
    return np.ascontiguousarray(array, dtype=np.uint8)


def _labels(array: NDArray[np.generic], key: str, name: str) -> NDArray[np.int64]:
    """Return labels as `(images,)`, int64."""
    if array.dtype.kind not in "iu":
        raise DataError(
            N_("{key} in {file} is of {dtype}; labels must be whole numbers."),
            key=key,
            file=name,
            dtype=array.dtype.name,
        )
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise DataError(
            N_("{key} in {file} has the shape {shape}; expected is one label for each image."),
            key=key,
            file=name,
            shape=str(array.shape),
        )
    return array.astype(np.int64)
