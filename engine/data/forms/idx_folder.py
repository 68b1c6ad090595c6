"""Reads a data set from a folder of IDX files, found by the words in their names."""

from collections.abc import Iterable
from importlib.resources.abc import Traversable
from pathlib import Path

from engine.data.forms.emnist import made_upright
from engine.data.forms.loaded import LoadedData
from engine.data.forms.pixels import check_size
from engine.data.idx import read_images, read_labels
from engine.errors import DataError
from engine.sentences import N_
from engine.specification import printable

Entry = Path | Traversable


def load_idx(entries: Iterable[Entry], folder: str, shape: tuple[int, int] | None = None) -> LoadedData:
    """Read the four files, or the two of a data set without a test part, among `entries`.

    Raises:
        DataError: when one is missing, or does not hold what its header announces.
    """
    found = [entry for entry in entries if entry.is_file()]
    train = _find(found, folder, "train", "images")
    train_images, train_labels = read_images(train), read_labels(_find(found, folder, "train", "labels"))
    check_size(shape, train_images, folder)
    loaded = LoadedData(train_images, train_labels)
    if any(_split_of(entry.name, kind) == "t10k" for entry in found for kind in ("images", "labels")):
        test_images = read_images(_find(found, folder, "t10k", "images"))
        test_labels = read_labels(_find(found, folder, "t10k", "labels"))
        loaded = LoadedData(train_images, train_labels, test_images, test_labels)
    return made_upright(loaded, printable(train.name))


def is_idx(name: str) -> bool:
    """Whether a file of this name would be an IDX file of a data set."""
    return any(_split_of(name, kind) is not None for kind in ("images", "labels"))


def _find(entries: Iterable[Entry], folder: str, split: str, kind: str) -> Entry:
    """Return the file of a split and kind, such as `train-images-idx3-ubyte`, rather than its `.gz`."""
    matching = {entry.name: entry for entry in entries if _split_of(entry.name, kind) == split}
    stems = {name.lower().removesuffix(".gz") for name in matching}
    if len(stems) != 1:
        raise DataError(
            N_("There is no file {wanted} in {folder}.")
            if not stems
            else N_("There are several files {wanted} in {folder}; keep one data set in a folder."),
            wanted=f"{split}-{kind}-idx{3 if kind == 'images' else 1}-ubyte[.gz]",
            folder=folder,
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
