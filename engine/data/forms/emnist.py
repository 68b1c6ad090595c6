"""EMNIST's files, known by their names: their images lie on their side, and their classes have letters.

Cohen, Afshar, Tapson and van Schaik 2017. The images are stored column by column; the numbers of the classes
are those of the `mapping.txt` that comes with each of its parts.
"""

import dataclasses
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np

from engine.data.forms.loaded import Images, LoadedData
from engine.sentences import N_, Sentence

_MERGED = digits + ascii_uppercase + "abdefghnqrt"
CLASSES = {
    "byclass": digits + ascii_uppercase + ascii_lowercase,
    "bymerge": _MERGED,
    "balanced": _MERGED,
    "letters": ascii_uppercase,
}
"""The classes of EMNIST's parts, in the order of their labels; those of `letters` count from 1."""


def made_upright(loaded: LoadedData, file: str) -> LoadedData:
    """Return what was read from a file of this name; EMNIST's is upright, and has names of classes."""
    lower = file.lower()
    if "emnist" not in lower:
        return loaded
    text = N_("{file} is EMNIST's by its name: the images lie on their side, and were transposed.")
    decisions = [*loaded.decisions, Sentence(text, {"file": file})]
    part = next((part for part in CLASSES if part in lower), "")
    first = 1 if part == "letters" else 0
    names = tuple(CLASSES.get(part, ""))
    labels = [part for part in (loaded.train_labels, loaded.test_labels) if part is not None]
    if names and all(
        part.dtype.kind == "i" and first <= part.min() and part.max() < first + len(names) for part in labels
    ):
        text = N_("The classes have EMNIST's names, {first} to {last}, for the labels {low} to {high}.")
        values = {"first": names[0], "last": names[-1], "low": first, "high": first + len(names) - 1}
        decisions.append(Sentence(text, values))
        labels = [part.astype(np.int64) - first for part in labels]
    else:
        names = ()
    return dataclasses.replace(
        loaded,
        train_images=_transposed(loaded.train_images),
        train_labels=labels[0],
        test_images=None if loaded.test_images is None else _transposed(loaded.test_images),
        test_labels=None if loaded.test_labels is None else labels[1],
        known_names=names,
        decisions=tuple(decisions),
    )


def _transposed(images: Images) -> Images:
    return np.ascontiguousarray(images.transpose(0, 2, 1))
