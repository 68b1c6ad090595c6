"""Reads a data set from folders of pictures, one a class, with or without `train` and `test` above them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.data.forms.labels import class_order, listed
from engine.data.forms.loaded import Images, LoadedData, Source
from engine.data.forms.pixels import too_large
from engine.data.location import MAX_SIDE
from engine.data.npz import MAX_BYTES
from engine.data.picture_files import read_picture
from engine.data.resampling import averaged
from engine.errors import DataError
from engine.sentences import N_, Sentence
from engine.specification import printable, quoted

ENDINGS = {".png", ".pgm", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
TRAIN, TEST = "train", "test"


def is_picture_folder(folder: Path) -> bool:
    """Whether there are folders in it, as there are of classes."""
    return any(_folders(folder))


def load_pictures(source: Source) -> LoadedData:
    """Read all pictures, class after class, in the order of their names.

    Raises:
        DataError: when a class has no picture, a picture is none, or they are of different sizes.
    """
    folder, decisions = source.path, list[Sentence]()
    names = {path.name: path for path in _folders(folder)}
    if TRAIN in names:
        classes = sorted((path.name for path in _folders(names[TRAIN])), key=class_order)
        training = _Pictures.of(names[TRAIN], TRAIN, classes)
        test = _Pictures.of(names[TEST], TEST, classes) if TEST in names else None
        if test is not None:
            _check_test_classes(names[TEST], classes)
        if ignored := sorted(set(names) - {TRAIN, TEST}):
            text = N_("Not used, beside train and test: {names}.")
            decisions.append(Sentence(text, {"names": listed([printable(name) for name in ignored])}))
    else:
        classes = sorted(names, key=class_order)
        training, test = _Pictures.of(folder, source.file, classes), None
    if not classes:
        raise DataError(N_("{folder} has no folders of classes with pictures in them."), folder=source.file)
    for label, name in enumerate(classes):
        if label not in training.labels:
            raise DataError(
                N_("The folder {name} has no pictures ({endings}); add some, or remove the folder."),
                name=quoted(str(Path(training.name) / name)),
                endings=" ".join(sorted(ENDINGS)),
            )
    left_out = training.left_out + (test.left_out if test else 0)
    if left_out:
        text = N_("{count:,} files whose names do not end as those of pictures do are not used.")
        decisions.append(Sentence(text, {"count": left_out}))
    shape = source.options.shape
    if shape is not None:
        text = N_("The pictures were resized to {height} x {width} pixels.")
        decisions.append(Sentence(text, {"height": shape[0], "width": shape[1]}))
    else:
        shape = _size_of_first(training)
    train_images = training.read(shape, resizes=source.options.shape is not None)
    labels = np.array(classes)
    if test is None or not test.labels:
        return LoadedData(train_images, labels[training.labels], decisions=tuple(decisions))
    test_images = test.read(shape, resizes=source.options.shape is not None)
    return LoadedData(
        train_images, labels[training.labels], test_images, labels[test.labels], decisions=tuple(decisions)
    )


@dataclass(frozen=True)
class _Pictures:
    """The picture files of a part, and the class of each. name: of the part; left_out: other files."""

    name: str
    paths: list[Path]
    labels: list[int]
    left_out: int

    @classmethod
    def of(cls, folder: Path, name: str, classes: list[str]) -> "_Pictures":
        """Find the pictures of these classes in a folder; a class may have none."""
        paths, labels, left_out = list[Path](), list[int](), 0
        for label, class_name in enumerate(classes):
            place = folder / class_name
            if not place.is_dir():
                continue
            for path in sorted(place.iterdir(), key=lambda one: one.name):
                if path.name.startswith("."):
                    continue
                if path.suffix.lower() not in ENDINGS or not path.is_file():
                    left_out += 1
                    continue
                paths.append(path)
                labels.append(label)
        return cls(name, paths, labels, left_out)

    def read(self, shape: tuple[int, int], *, resizes: bool) -> Images:
        """Return the pictures as images of one shape."""
        if len(self.paths) * shape[0] * shape[1] > MAX_BYTES:
            raise too_large(self.name)
        images = np.empty((len(self.paths), *shape), np.uint8)
        for place, path in enumerate(self.paths):
            images[place] = _read(path, shape, resizes=resizes)
        return images


def _read(path: Path, shape: tuple[int, int], *, resizes: bool) -> NDArray[np.uint8]:
    """Return a picture as an image of this shape."""
    picture = read_picture(path)
    if picture.shape == shape:
        return picture
    if resizes:
        return np.rint(averaged(picture, *shape)).astype(np.uint8)
    raise DataError(
        N_(
            "{file} is of {height} x {width} pixels, and the first picture of {ours[0]} x {ours[1]}; "
            "--shape HEIGHTxWIDTH makes all of one size."
        ),
        file=quoted(str(Path(path.parent.name) / path.name)),
        height=picture.shape[0],
        width=picture.shape[1],
        ours=shape,
    )


def _size_of_first(pictures: _Pictures) -> tuple[int, int]:
    """Return the size that all pictures must have."""
    height, width = read_picture(pictures.paths[0]).shape
    if max(height, width) > MAX_SIDE:
        raise DataError(
            N_(
                "{file} is of {height} x {width} pixels, and {limit} x {limit} are the most; "
                "--shape HEIGHTxWIDTH resizes the pictures."
            ),
            file=quoted(str(Path(pictures.paths[0].parent.name) / pictures.paths[0].name)),
            height=height,
            width=width,
            limit=MAX_SIDE,
        )
    return height, width


def _check_test_classes(folder: Path, classes: list[str]) -> None:
    """Check that there is no class in the test that is not learned."""
    if strange := sorted({path.name for path in _folders(folder)} - set(classes)):
        raise DataError(
            N_("There is a class in test that is not in train: {names}. Each class needs a folder in both."),
            names=listed([printable(name) for name in strange]),
        )


def _folders(folder: Path) -> Iterator[Path]:
    """Yield the folders in a folder that are meant to be there."""
    for path in folder.iterdir():
        if path.is_dir() and not path.name.startswith((".", "__")):
            yield path
