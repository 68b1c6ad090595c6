"""A data set of training and test images with labels, and reading it in whatever form it comes."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.deskewing import deskewed
from engine.data.forms.csv_files import csv_of_folder, is_csv, load_csv
from engine.data.forms.idx_folder import is_idx, load_idx
from engine.data.forms.labels import MAX_CLASSES, NAMES_FILE, number_classes, read_names
from engine.data.forms.loaded import TEST, TRAINING, LoadedData, Source, check_counts
from engine.data.forms.npz_file import load_npz
from engine.data.forms.picture_folders import is_picture_folder, load_pictures
from engine.data.forms.splitting import test_part
from engine.data.location import MAX_SIDE, Location, parts
from engine.errors import DataError, cannot_read
from engine.events import DataSummary
from engine.sentences import N_, Sentence
from engine.specification import printable, quoted

IDX, NPZ = N_("IDX files"), N_("NumPy archive")
CSV, PICTURES = N_("CSV"), N_("pictures by class")
WANTED = N_(
    "name a folder of IDX files, an .npz file, a .csv file, a folder with train.csv, or a folder of pictures "
    "by class"
)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images as bytes, labels as numbers; validated on creation.

    train_images, test_images: `(images, height, width)`, uint8, 0 is background
    train_labels, test_labels: `(images,)`, int64, from 0 to `classes` - 1; a class may be missing from either
    source: where it came from, for people
    class_names: in the order of the labels; those beyond the names that are given are called by their numbers
    decisions: what was decided in reading it, a sentence each
    form: what it was read from, in a word or two, for people

    Raises:
        DataError: when the parts do not fit together.
    """

    name: str
    source: str
    train_images: NDArray[np.uint8]
    train_labels: NDArray[np.int64]
    test_images: NDArray[np.uint8]
    test_labels: NDArray[np.int64]
    class_names: tuple[str, ...] = ()
    decisions: tuple[Sentence, ...] = ()
    form: str = ""

    def __post_init__(self) -> None:
        for split, images, labels in (
            (TRAINING, self.train_images, self.train_labels),
            (TEST, self.test_images, self.test_labels),
        ):
            check_counts(split, images, labels)
            _check_labels(split, labels)
        ours, theirs = self.train_images.shape[1:], self.test_images.shape[1:]
        if ours != theirs:
            raise DataError(
                N_("Training images are {ours} pixels and test images {theirs}; they must be of one size."),
                ours=" x ".join(map(str, ours)),
                theirs=" x ".join(map(str, theirs)),
            )
        if len(self.train_labels) < 2:
            raise DataError(N_("There is only one training image; validation needs at least one more."))
        if self.pixels > MAX_SIDE**2:
            raise DataError(
                N_("The images are of {height:,} x {width:,} pixels; {limit} x {limit} are the most."),
                height=self.height,
                width=self.width,
                limit=MAX_SIDE,
            )
        count = int(max(self.train_labels.max(), self.test_labels.max())) + 1
        names = *self.class_names, *map(str, range(len(self.class_names), count))
        object.__setattr__(self, "class_names", names)
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

    @property
    def classes(self) -> int:
        """How many classes there are, those without an image included."""
        return len(self.class_names)

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
            class_names=self.class_names,
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


def load_dataset(place: Location | None = None) -> Dataset:
    """Read a data set: MNIST, which ships with the program, or one of the forms that `--data` knows.

    Raises:
        DataError: in one sentence, what is wrong and what is wanted.
    """
    if place is None:
        loaded = load_idx((files("assets") / "mnist").iterdir(), "MNIST")
        return _numbered("MNIST", N_("the program itself"), IDX, loaded, (), None)
    path, options = parts(place)
    source = printable_name(path, whole=True)
    try:
        _check_is_there(path)
        name = printable_name(path)
        form, loaded = _load(Source(path, name, options), source)
        names = read_names(path if path.is_dir() else path.parent)
        return _numbered(name, source, form, loaded, names, options.test_size)
    except OSError as error:  # a name that is too long, a folder that may not be entered
        raise cannot_read(DataError, source, error) from None
    except MemoryError:
        raise DataError(N_("There is not enough memory to read {path}."), path=source) from None


def _check_is_there(path: Path) -> None:
    """Check that there is a file or a folder."""
    if not (path.is_file() or path.is_dir()):
        raise DataError(
            N_("{path} is neither a folder nor a file; {wanted}.")
            if path.exists()  # a pipe or a device, which might never end
            else N_("{path} does not exist; {wanted}."),
            path=quoted(str(path)),
            wanted=Sentence(WANTED),
        )


def _load(source: Source, shown: str) -> tuple[str, LoadedData]:
    """Read a file or folder, and return the form that it is in as well. shown: its path, for people."""
    path = source.path
    if path.is_file():
        return (CSV, load_csv(path, None, source)) if is_csv(path.name) else (NPZ, load_npz(source))
    entries = [entry for entry in path.iterdir() if not entry.is_dir()]
    if any(is_idx(entry.name) for entry in entries):
        return IDX, load_idx(entries, shown, source.options.shape)
    train, test = csv_of_folder([entry for entry in entries if entry.is_file()], shown)
    if train is not None:
        return CSV, load_csv(train, test, source)
    if is_picture_folder(path):
        return PICTURES, load_pictures(source)
    raise DataError(N_("{path} holds no data set; {wanted}."), path=shown, wanted=Sentence(WANTED))


def _numbered(
    name: str, source: str, form: str, loaded: LoadedData, names: tuple[str, ...], test_size: float | None
) -> Dataset:
    """Number the classes, and take a test part where there is none. names: those in `classes.txt`."""
    check_counts(TRAINING, loaded.train_images, loaded.train_labels)
    if loaded.test_images is not None and loaded.test_labels is not None:
        check_counts(TEST, loaded.test_images, loaded.test_labels)
    names_source: str | None = NAMES_FILE
    if loaded.class_names:
        names, names_source = loaded.class_names, name
    elif not names:
        names, names_source = loaded.known_names, None
    labels = number_classes(loaded.train_labels, loaded.test_labels, names, names_source)
    decisions = (*loaded.decisions, *labels.decisions)
    train_images, test_images = loaded.train_images, loaded.test_images
    train_labels, test_labels = labels.train, labels.test
    if test_images is None or test_labels is None:
        is_test, decision = test_part(train_labels, labels.class_names, test_size)
        decisions = *decisions, decision
        test_images, test_labels = train_images[is_test], train_labels[is_test]
        train_images, train_labels = train_images[~is_test], train_labels[~is_test]
    elif test_size is not None:
        raise DataError(N_("{name} has a test part of its own; leave --test-size out."), name=name)
    return Dataset(
        name,
        source,
        train_images,
        train_labels,
        test_images,
        test_labels,
        labels.class_names,
        decisions,
        form,
    )


def printable_name(path: Path, *, whole: bool = False) -> str:
    """Return the name of a file or folder (the whole path, if asked for) as it may safely be shown."""
    return printable(str(path), limit=4096) if whole else printable(path.resolve().name)


def _check_labels(split: Sentence, labels: NDArray[np.int64]) -> None:
    """Check that labels are numbers of classes."""
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= MAX_CLASSES:
        raise DataError(
            N_("The {split} labels go from {low:,} to {high:,}; allowed are 0 to {limit}."),
            split=split,
            low=low,
            high=high,
            limit=MAX_CLASSES - 1,
        )
