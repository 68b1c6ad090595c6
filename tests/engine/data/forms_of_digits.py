"""The same small data set in every form that `--data` knows."""

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import Dataset

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def made_digits(seed: int = 0, train: int = 300, test: int = 100, side: int = 8) -> Dataset:
    """Return images of ten classes, each with a pattern of its own and noise; 0 and 255 are among them."""
    rng = np.random.default_rng(seed)
    patterns = rng.integers(0, 200, (10, side, side))
    labels = rng.permutation(np.arange(train + test) % 10)
    images = np.clip(patterns[labels] + rng.integers(-60, 60, (train + test, side, side)), 0, 255)
    images = images.astype(np.uint8)
    images[0, 0, :2] = 0, 255
    return Dataset("digits", "here", images[:train], labels[:train], images[train:], labels[train:])


@dataclass(frozen=True)
class Digits:
    """The digits, and how to write them."""

    data: Dataset

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the four arrays."""
        return {
            "x_train": self.data.train_images,
            "y_train": self.data.train_labels,
            "x_test": self.data.test_images,
            "y_test": self.data.test_labels,
        }

    def npz(self, folder: Path, **others: NDArray[Any]) -> Path:
        """Write an `.npz`, with other arrays in place of some."""
        path = folder / "digits.npz"
        np.savez(path, **(self.arrays() | others))  # type: ignore[arg-type]
        return path

    def floats(self, folder: Path, kind: type[np.floating], scale: float) -> Path:
        """Write an `.npz` of floats."""
        arrays = self.arrays()
        images = {name: (arrays[name] / scale).astype(kind) for name in ("x_train", "x_test")}
        labels = {name: arrays[name].astype(kind) for name in ("y_train", "y_test")}
        return self.npz(folder, **images, **labels)

    def one_hot(self, folder: Path) -> Path:
        """Write an `.npz` of rows and one-hot labels."""
        arrays = self.arrays()
        rows = {name: arrays[name].reshape(len(arrays[name]), -1) for name in ("x_train", "x_test")}
        labels = {name: np.eye(10)[arrays[name].astype(int)] for name in ("y_train", "y_test")}
        return self.npz(folder, **rows, **labels)

    def strings(self, folder: Path, encoded: bool) -> Path:
        """Write an `.npz` whose labels are the digits as text, as characters or as bytes."""
        arrays = self.arrays()
        kind = "S" if encoded else "U"
        return self.npz(folder, **{name: arrays[name].astype(kind) for name in ("y_train", "y_test")})

    def idx(self, folder: Path, zipped: bool = False, prefix: str = "", turned: bool = False) -> Path:
        """Write a folder of IDX files."""
        for split, images, labels in (
            ("train", self.data.train_images, self.data.train_labels),
            ("t10k", self.data.test_images, self.data.test_labels),
        ):
            if turned:
                images = images.transpose(0, 2, 1)
            contents = {
                f"{split}-images-idx3-ubyte": struct.pack(">4I", 2051, *images.shape) + images.tobytes(),
                f"{split}-labels-idx1-ubyte": struct.pack(">2I", 2049, len(labels))
                + labels.astype(np.uint8).tobytes(),
            }
            for name, content in contents.items():
                path = folder / f"{prefix}{name}{'.gz' if zipped else ''}"
                path.write_bytes(gzip.compress(content) if zipped else content)
        return folder

    def csv(
        self,
        folder: Path,
        *,
        header: bool = True,
        label_column: int = 0,
        delimiter: str = ",",
        ending: str = "\n",
        cell: Callable[[int], str] = str,
        name: Callable[[int], str] = str,
        encoding: str = "utf-8",
        zipped: bool = False,
    ) -> Path:
        """Write `train.csv` and `test.csv`."""
        for split, images, labels in (
            ("train", self.data.train_images, self.data.train_labels),
            ("test", self.data.test_images, self.data.test_labels),
        ):
            rows = [[f"pixel{place}" for place in range(self.data.pixels)]] if header else []
            if header:
                rows[0].insert(label_column, "label")
            for image, label in zip(images.reshape(len(images), -1).tolist(), labels.tolist(), strict=True):
                cells = [cell(pixel) for pixel in image]
                cells.insert(label_column, name(label))
                rows.append(cells)
            content = "".join(delimiter.join(row) + ending for row in rows).encode(encoding)
            path = folder / f"{split}.csv{'.gz' if zipped else ''}"
            path.write_bytes(gzip.compress(content) if zipped else content)
        return folder

    def pictures(self, folder: Path, names: tuple[str, ...]) -> Path:
        """Write folders of PGM pictures by class."""
        for split, images, labels in (
            ("train", self.data.train_images, self.data.train_labels),
            ("test", self.data.test_images, self.data.test_labels),
        ):
            for place, (image, label) in enumerate(zip(images, labels.tolist(), strict=True)):
                write_pgm(folder / split / names[label] / f"{place:05}.pgm", image)
        return folder


def write_pgm(path: Path, image: NDArray[np.uint8]) -> None:
    """Write an image as a PGM picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"P5\n%d %d\n255\n" % (image.shape[1], image.shape[0]) + image.tobytes())
