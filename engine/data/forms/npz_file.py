"""Reads a data set from an `.npz` file with `x_train`, `y_train`, and perhaps `x_test`, `y_test`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.forms.labels import as_words, check_name_count, checked_names, whole_labels
from engine.data.forms.loaded import TEST, TRAINING, Images, LoadedData, RawLabels, Source, check_counts
from engine.data.forms.pixels import (
    check_shape,
    check_size,
    grey,
    has_fractions,
    not_alike,
    scale_of,
    square_side,
    to_bytes,
)
from engine.data.npz import array_names, read_arrays
from engine.errors import DataError
from engine.sentences import N_, Sentence

TRAINING_ARRAYS, TEST_ARRAYS, NAMES = ("x_train", "y_train"), ("x_test", "y_test"), "class_names"
COLOURS = 3
COLOURED = N_("The images are in colour: they were turned into grey.")


def load_npz(source: Source) -> LoadedData:
    """Read the arrays. No pickle is ever read.

    Raises:
        DataError: when an array is missing or holds what no images or labels are.
    """
    names = array_names(source.path)
    test_arrays = TEST_ARRAYS if names & set(TEST_ARRAYS) else ()
    wanted = [*TRAINING_ARRAYS, *test_arrays, *([NAMES] if NAMES in names else [])]
    arrays = read_arrays(source.path, wanted)
    scale, decisions = scale_of(arrays["x_train"])
    if "x_test" in arrays and scale == 1 and has_fractions(arrays["x_test"]):
        high = arrays["x_train"].max(initial=0)
        if high > 1:
            raise not_alike(source.file, float(high))
    train_images, reshaped = _images(arrays.pop("x_train"), "x_train", source, scale)
    train_labels = _labels(arrays["y_train"], "y_train", TRAINING, train_images, source)
    test_images: Images | None = None
    test_labels: RawLabels | None = None
    if "x_test" in arrays:
        test_images, _ = _images(arrays.pop("x_test"), "x_test", source, scale)
        test_labels = _labels(arrays["y_test"], "y_test", TEST, test_images, source)
        _check_same_kind(train_labels, test_labels, source)
    return LoadedData(
        train_images,
        train_labels,
        test_images,
        test_labels,
        class_names=_class_names(arrays.get(NAMES), source),
        known_names=_columns(arrays, source),
        decisions=(*decisions, *reshaped),
    )


def _images(array: NDArray[Any], key: str, source: Source, scale: int) -> tuple[Images, tuple[Sentence, ...]]:
    """Return images as `(images, height, width)`, uint8, and what was decided."""
    given = array.shape
    decided: tuple[Sentence, ...] = ()
    if array.ndim == 4 and array.shape[3] not in (1, COLOURS) and array.shape[1] in (1, COLOURS):
        array = np.moveaxis(array, 1, 3)
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    if array.ndim == 2:
        array, decisions = _from_rows(array, key, source)
        return to_bytes(array, scale, key, source.file), decisions
    if array.ndim == 4 and array.shape[3] == COLOURS:
        decided = (Sentence(COLOURED),)
        images = grey(to_bytes(array, scale, key, source.file))
    elif array.ndim == 3:
        images = to_bytes(array, scale, key, source.file)
    else:
        raise DataError(
            N_("{key} in {file} has the shape {shape}; expected is (images, height, width)."),
            key=key,
            file=source.file,
            shape=str(given),
        )
    if images.size:
        check_size(source.options.shape, images, source.file)
    return images, decided


def _labels(array: NDArray[Any], key: str, split: Sentence, images: Images, source: Source) -> RawLabels:
    """Return the labels of images, whose number is compared first: far too many would take much memory."""
    if array.ndim:
        check_counts(split, images, array)
    return whole_labels(array, key, source.file)


def _from_rows(array: NDArray[Any], key: str, source: Source) -> tuple[NDArray[Any], tuple[Sentence, ...]]:
    """Return rows of pixels as images: of the shape that was asked for, or a square if they can be one."""
    pixels = array.shape[1]
    asked, side = source.options.shape, square_side(pixels)
    if asked is not None:
        check_shape(asked, pixels, f"{key} in {source.file}")
        return array.reshape(-1, *asked), ()
    if side is not None:
        return array.reshape(len(array), side, side), ()
    text = N_(
        "{pixels:,} pixels are not a square: the images are 1 x {pixels}; --shape HEIGHTxWIDTH changes it."
    )
    return array.reshape(len(array), 1, pixels), (Sentence(text, {"pixels": pixels}),)


def _class_names(array: NDArray[Any] | None, source: Source) -> tuple[str, ...]:
    """Return the names in `class_names`."""
    if array is None:
        return ()
    if array.ndim == 1 and array.dtype.kind in "USiu":
        whose = f"{NAMES} in {source.file}"
        check_name_count(len(array), whose)  # far too many would take much memory as words
        names = as_words(array, NAMES, source.file) if array.dtype.kind == "S" else array.astype(str)
        return checked_names(names.tolist(), whose)
    raise DataError(
        N_("{key} in {file} is of {dtype} and has the shape {shape}; expected is one word for each class."),
        key=NAMES,
        file=source.file,
        dtype=array.dtype.name,
        shape=str(array.shape),
    )


def _columns(arrays: dict[str, NDArray[Any]], source: Source) -> tuple[str, ...]:
    """Return numbers as the names of the columns, where labels are one-hot: none is left out."""
    columns = [
        arrays[key].shape[1] for key in ("y_train", "y_test") if key in arrays and _is_one_hot(arrays[key])
    ]
    if not columns:
        return ()
    if len(set(columns)) > 1:
        raise DataError(
            N_("y_train in {file} has {ours} columns and y_test {theirs}; one-hot rows have one a class."),
            file=source.file,
            ours=columns[0],
            theirs=columns[1],
        )
    return tuple(map(str, range(columns[0])))


def _is_one_hot(labels: NDArray[Any]) -> bool:
    return labels.ndim == 2 and labels.shape[1] > 1


def _check_same_kind(train: RawLabels, test: RawLabels, source: Source) -> None:
    """Check that labels are words in both parts or in none."""
    if train.dtype.kind != test.dtype.kind:
        raise DataError(
            N_("The labels in {file} are words in one of y_train and y_test, and numbers in the other."),
            file=source.file,
        )
