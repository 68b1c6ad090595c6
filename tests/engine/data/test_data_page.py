"""The examples of the page on data are run as they stand, and read."""

import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from engine.data.dataset import load_dataset
from tests.engine.data.forms_of_digits import made_digits

PLACES = ("clothes.npz", "train.csv", "pictures", "idx", "whole.npz")


def test_every_example_makes_what_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    digits = made_digits()
    classes = [f"class {letter}" for letter in "abcdefghij"]
    names = {"images": digits.train_images, "labels": digits.train_labels, "classes": classes}
    examples = re.findall(
        r"```python\n(.*?)```", (files("assets") / "docs" / "data.md").read_text("utf-8"), re.S
    )
    assert len(examples) == len(PLACES)
    for example, place in zip(examples, PLACES, strict=True):
        exec(compile(example, place, "exec"), dict(names))
        found = load_dataset(Path(place))
        assert (found.classes, len(found.train_labels) + len(found.test_labels)) == (10, 300), place
        if place in ("clothes.npz", "pictures"):
            assert list(found.class_names) == classes
        if place != "pictures":
            assert np.array_equal(found.train_images, load_dataset(Path("clothes.npz")).train_images), place
