"""Numbers the classes of labels that are numbers, words or one-hot rows, and finds their names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.forms.loaded import RawLabels
from engine.errors import DataError, cannot_read
from engine.sentences import N_, Sentence
from engine.specification import printable, quoted

MAX_CLASSES = 1000
MAX_NAME_LENGTH = 100
MOST_NAMES = 12
"""Names that a sentence lists."""
MAX_NAMES_BYTES = MAX_CLASSES * 4 * MAX_NAME_LENGTH * 2
"""Bytes of `classes.txt` that are read."""
NAMES_FILE = "classes.txt"
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
MAX_DIGITS = 15


@dataclass(frozen=True, eq=False)
class NumberedLabels:
    """Labels from 0, the names of all classes in this order, and what was decided. test: None without one."""

    train: NDArray[np.int64]
    test: NDArray[np.int64] | None
    class_names: tuple[str, ...]
    decisions: tuple[Sentence, ...]


def number_classes(
    train: RawLabels, test: RawLabels | None, names: tuple[str, ...], names_source: str | None
) -> NumberedLabels:
    """Number the classes from 0: numbers by their value, words by their order in `names`, else sorted.

    names: of the classes, as the form or `classes.txt` has them; empty where nobody says
    names_source: the file that they are from; None: they only say how many classes there are

    Raises:
        DataError: when a label is negative, there are fewer than two classes or more than a thousand, or the
            names are fewer than the classes.
    """
    both = train if test is None else np.concatenate([train, test])
    found = np.unique(both)
    if found.dtype.kind == "U":
        numbered = _by_words(found, names, names_source)
    else:
        numbered = _by_numbers(found.astype(np.int64), names, names_source)
    class_names, numbers, decisions = numbered
    if len(class_names) > MAX_CLASSES:
        raise DataError(
            N_("There are {count:,} classes; there may be {limit:,}. Are the labels what they should be?"),
            count=len(class_names),
            limit=MAX_CLASSES,
        )
    train_numbers = numbers[np.searchsorted(found, train)]
    counts = np.bincount(train_numbers, minlength=len(class_names))
    if len(train) > 1 and np.count_nonzero(counts) < 2:
        raise DataError(
            N_("All training images are of one class, {name}; a network needs at least two to tell apart."),
            name=class_names[int(counts.argmax())],
        )
    if missing := [name for name, count in zip(class_names, counts, strict=True) if not count]:
        text = N_("There is no training image of {names}: no network can learn that.")
        decisions = *decisions, Sentence(text, {"names": listed(missing)})
    return NumberedLabels(
        train_numbers,
        None if test is None else numbers[np.searchsorted(found, test)],
        class_names,
        decisions,
    )


_Numbering = tuple[tuple[str, ...], NDArray[np.int64], tuple[Sentence, ...]]
"""The names of all classes, the number of each label found, and what was decided."""


def _by_words(found: NDArray[Any], names: tuple[str, ...], source: str | None) -> _Numbering:
    words = sorted(found.tolist(), key=class_order)
    place = {word: number for number, word in enumerate(words)}
    numbers = np.array([place[word] for word in found.tolist()], np.int64)
    if not names:
        shown = tuple(clean_name(word) for word in words)
        if len(set(shown)) < len(shown):
            shown = tuple(f"{name} ({number})" for number, name in enumerate(shown))
        text = Sentence(
            N_("The classes have names: {count:,} of them, numbered from 0 in this order."),
            {"count": len(shown)},
        )
        return shown, numbers, (text,)
    places = {name: number for number, name in enumerate(names)}
    if all(clean_name(word) in places for word in words):
        numbers = np.array([places[clean_name(word)] for word in found.tolist()], np.int64)
    elif len(names) != len(words):
        raise _wrong_count(source, len(names), len(words))
    return names, numbers, _named(source)


def _by_numbers(found: NDArray[np.int64], names: tuple[str, ...], source: str | None) -> _Numbering:
    low, high = int(found[0]), int(found[-1])
    if low < 0 or (low == 0 and high >= MAX_CLASSES):
        raise DataError(
            N_("The labels go from {low:,} to {high:,}; allowed are 0 to {limit}."),
            low=low,
            high=high,
            limit=MAX_CLASSES - 1,
        )
    decisions = _named(source) if names else ()
    if low == 0 and not names:
        return tuple(map(str, range(high + 1))), found, ()
    if names and high < len(names):
        return names, found, decisions
    if names and low > 0 and high == len(names):
        numbers = found - 1
    elif names and len(names) != len(found):
        raise _wrong_count(source, len(names), len(found) if low else high + 1)
    else:
        numbers = np.arange(len(found))
        names = names or tuple(map(str, found.tolist()))
    text = N_("The labels go from {low:,} to {high:,}: the classes are numbered from 0 in this order.")
    return names, numbers, (Sentence(text, {"low": low, "high": high}), *decisions)


def class_order(name: str) -> tuple[object, ...]:
    """Return what names of classes are sorted by: numbers first, by value, then words."""
    number = NUMBER.fullmatch(name)
    return (0, float(name), name) if number else (1, 0.0, name)


def listed(names: Sequence[str]) -> str:
    """Return names for a sentence, of many the first."""
    return ", ".join(names[:MOST_NAMES]) + (", ..." if len(names) > MOST_NAMES else "")


def clean_name(name: str) -> str:
    """Return the name of a class as it may safely be shown."""
    return printable(name.strip(), limit=MAX_NAME_LENGTH)


def checked_names(names: list[str], source: str) -> tuple[str, ...]:
    """Return names of classes, ready to be shown.

    Raises:
        DataError: when there are none or too many, or one is empty or stands twice.
    """
    check_name_count(len(names), source)
    shown = tuple(map(clean_name, names))
    for place, name in enumerate(shown):
        if not name or name in shown[:place]:
            raise DataError(
                N_("{file}: name {number:,}, {name}, appears twice.")
                if name
                else N_("{file}: name {number:,} is empty."),
                file=source,
                number=place + 1,
                name=quoted(name),
            )
    return shown


def check_name_count(count: int, source: str) -> None:
    """Check that there are as many names as there may be classes.

    Raises:
        DataError: when there are fewer or more.
    """
    if not 2 <= count <= MAX_CLASSES:
        raise DataError(
            N_("{file} has {count:,} names of classes; there may be 2 to {limit:,}."),
            file=source,
            count=count,
            limit=MAX_CLASSES,
        )


def read_names(folder: Path) -> tuple[str, ...]:
    """Return the lines of `classes.txt` in a folder; nothing where there is no such file.

    Raises:
        DataError: when it cannot be read, or its lines are no names.
    """
    path = folder / NAMES_FILE
    if not path.is_file():
        return ()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_NAMES_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise cannot_read(DataError, NAMES_FILE, error) from None
    except UnicodeDecodeError:
        raise DataError(N_("{file} is not UTF-8 text; save it as UTF-8."), file=NAMES_FILE) from None
    if len(content) > MAX_NAMES_BYTES:
        raise DataError(N_("{file} is too large; it has one name a line."), file=NAMES_FILE)
    return checked_names(text.strip("\r\n").replace("\r\n", "\n").split("\n"), NAMES_FILE)


def whole_labels(array: NDArray[Any], key: str, file: str) -> RawLabels:
    """Return labels of an array, `(images,)` or one-hot `(images, classes)`, as numbers or words.

    Raises:
        DataError: when they are neither, and where.
    """
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.dtype.kind not in {1: "biufUS", 2: "biuf"}.get(array.ndim, ""):
        raise DataError(
            N_(
                "{key} in {file} is of {dtype} and has the shape {shape}; expected is one label for each "
                "image, a whole number or a word, or a one-hot row."
            ),
            key=key,
            file=file,
            dtype=array.dtype.name,
            shape=str(array.shape),
        )
    if array.ndim == 2:
        return _from_one_hot(array, key, file)
    if array.dtype.kind == "S":
        array = as_words(array, key, file)
    if array.dtype.kind == "U":
        array = np.char.strip(array)
        wrong = np.flatnonzero(array == "")
    elif array.dtype.kind == "f":
        array = array.astype(np.float64)
        with np.errstate(invalid="ignore"):
            wrong = np.flatnonzero(~((array == np.rint(array)) & (np.abs(array) < 2**53)))
    else:
        wrong = (
            np.flatnonzero(array > np.iinfo(np.int64).max) if array.dtype == np.uint64 else np.empty(0, int)
        )
    if wrong.size:
        raise DataError(
            N_(
                "{key} in {file}: the label of image {image:,} is {label}; labels must be whole numbers "
                "or words."
            ),
            key=key,
            file=file,
            image=int(wrong[0]),
            label=quoted(str(array[wrong[0]])),
        )
    return numbers_if_all_are(array, file) if array.dtype.kind == "U" else array.astype(np.int64)


def as_words(array: NDArray[Any], key: str, file: str) -> NDArray[np.str_]:
    """Return words that are kept as bytes.

    Raises:
        DataError: when they are no UTF-8.
    """
    try:
        return np.char.decode(array, "utf-8")
    except UnicodeDecodeError:
        raise DataError(N_("{key} in {file} holds words that are not UTF-8."), key=key, file=file) from None


def _from_one_hot(array: NDArray[Any], key: str, file: str) -> NDArray[np.int64]:
    """Return the place of the one in each row."""
    wrong = np.flatnonzero(~(((array == 0) | (array == 1)).all(axis=1) & (array.sum(axis=1) == 1)))
    if wrong.size:
        raise DataError(
            N_(
                "{key} in {file} has rows of {columns:,}, and row {row:,} is not one-hot: a single 1 among "
                "zeros."
            ),
            key=key,
            file=file,
            columns=array.shape[1],
            row=int(wrong[0]),
        )
    labels: NDArray[np.int64] = array.argmax(axis=1).astype(np.int64)
    return labels


def numbers_if_all_are(words: NDArray[np.str_], file: str) -> RawLabels:
    """Return words as numbers, such as `7` or `7.0`, if all of them are.

    Raises:
        DataError: when all are numbers, and one is not whole.
    """
    found = np.unique(words).tolist()
    if not all(NUMBER.fullmatch(word) for word in found):
        return words
    if broken := [word for word in found if not float(word).is_integer() or len(word) > MAX_DIGITS]:
        raise DataError(
            N_("The labels in {file} are numbers, and {label} is not a whole number."),
            file=file,
            label=quoted(broken[0]),
        )
    return words.astype(np.float64).astype(np.int64)


def _named(source: str | None) -> tuple[Sentence, ...]:
    return (Sentence(N_("The names of the classes are from {file}."), {"file": source}),) if source else ()


def _wrong_count(source: str | None, names: int, classes: int) -> DataError:
    return DataError(
        N_("{file} has {names:,} names, and the data have {classes:,} classes; write one name a class."),
        file=source,
        names=names,
        classes=classes,
    )
