"""Folders of pictures by class: the order of classes, sizes, what is left out, and what is wrong."""

import os
import random
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
from PIL import Image

from engine.data.dataset import load_dataset
from engine.data.location import ReadingOptions, location
from engine.errors import DataError
from tests.engine.data.forms_of_digits import write_pgm
from tests.engine.data.reading import complaint, decisions


def pictures(folder: Path, *classes: str, count: int = 8, height: int = 4, width: int = 3) -> Path:
    for place, name in enumerate(classes):
        for number in range(count):
            write_pgm(
                folder / name / f"{number}.pgm", np.full((height, width), 10 * place + number, np.uint8)
            )
    return folder


def test_classes_stand_in_the_order_of_their_names_and_numbers_by_value(tmp_path: Path) -> None:
    found = load_dataset(pictures(tmp_path, "10", "9", "cat", "1.5", "Bird"))
    assert found.class_names == ("1.5", "9", "10", "Bird", "cat")
    assert (len(found.train_labels), len(found.test_labels), found.height, found.width) == (34, 6, 4, 3)
    assert set(found.train_images[found.train_labels == 2].ravel().tolist()) <= set(range(8))


def test_classes_txt_renames_or_reorders(tmp_path: Path) -> None:
    pictures(tmp_path, "n01", "n02")
    (tmp_path / "classes.txt").write_bytes("\ufeff猫\r\nDackel\r\n".encode())
    found = load_dataset(tmp_path)
    assert found.class_names == ("猫", "Dackel")
    assert "names of the classes are from classes.txt" in decisions(found)
    (tmp_path / "classes.txt").write_text("n02\nn01\n")
    turned = load_dataset(tmp_path)
    assert turned.class_names == ("n02", "n01")
    assert np.array_equal(np.sort(turned.train_labels), np.sort(1 - found.train_labels))
    (tmp_path / "classes.txt").write_text("a\nb\nc\n")
    assert "classes.txt has 3 names, and the data have 2 classes" in complaint(tmp_path)


def test_train_and_test_and_what_else_is_there(tmp_path: Path) -> None:
    pictures(tmp_path / "train", "cat", "dog")
    pictures(tmp_path / "val", "cat", "dog")
    assert "Not used, beside train and test: val." in decisions(load_dataset(tmp_path))
    pictures(tmp_path / "test", "cat", count=2)
    found = load_dataset(tmp_path)
    assert (len(found.train_labels), found.test_labels.tolist()) == (16, [0, 0])
    pictures(tmp_path / "test", "Dog")
    assert "a class in test that is not in train: Dog" in complaint(tmp_path)


def test_sizes_differ_and_are_made_alike(tmp_path: Path) -> None:
    pictures(tmp_path, "cat")
    pictures(tmp_path, "dog", height=5)
    assert "“dog/0.pgm” is of 5 x 3 pixels, and the first picture of 4 x 3; --shape" in complaint(tmp_path)
    found = load_dataset(location(tmp_path, ReadingOptions(shape=(2, 2))))
    assert found.train_images.shape == (14, 2, 2)
    assert "resized to 2 x 2 pixels" in decisions(found)
    pictures(tmp_path / "large", "a", "b", height=513, width=1)
    assert "512 x 512 are the most; --shape" in complaint(tmp_path / "large")


def test_what_is_no_picture(tmp_path: Path) -> None:
    pictures(tmp_path, "cat", "dog")
    for name in (".DS_Store", "readme.txt"):
        (tmp_path / "cat" / name).write_text("no picture")
    (tmp_path / ".git").mkdir()
    (tmp_path / "__MACOSX").mkdir()
    assert "1 files whose names do not end as those of pictures" in decisions(load_dataset(tmp_path))
    (tmp_path / "mouse").mkdir()
    assert "/mouse” has no pictures" in complaint(tmp_path)
    (tmp_path / "mouse" / "x.png").write_text("no picture")
    assert "x.png is no picture" in complaint(tmp_path)
    if hasattr(os, "mkfifo"):  # which would never end
        os.mkfifo(tmp_path / "cat" / "pipe.png")
        assert "x.png is no picture" in complaint(tmp_path)


def test_one_picture_of_a_class_is_too_few_without_a_test_part(tmp_path: Path) -> None:
    pictures(tmp_path, "cat", "dog")
    pictures(tmp_path, "mouse", count=1)
    assert "The class mouse has a single image, which cannot be in both" in complaint(tmp_path)


def test_colours_become_grey_as_in_arrays(tmp_path: Path) -> None:
    colours = np.random.default_rng(0).integers(0, 256, (12, 4, 4, 3), dtype=np.uint8)
    labels = np.arange(12) // 6
    for place, (image, label) in enumerate(zip(colours, labels, strict=True)):
        folder = tmp_path / "folders" / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{place:02}.png")
    np.savez(tmp_path / "arrays.npz", x_train=colours, y_train=labels)
    pictures_of, arrays = load_dataset(tmp_path / "folders"), load_dataset(tmp_path / "arrays.npz")
    assert pictures_of.fingerprint == arrays.fingerprint
    assert "in colour: they were turned into grey" in decisions(arrays)


def test_mutations_are_read_or_refused_in_little_memory(tmp_path: Path) -> None:
    whole, damaged = tmp_path / "whole", tmp_path / "damaged"
    pictures(whole, "cat", "dog", count=3)
    Image.new("L", (3, 4), 77).save(whole / "cat" / "x.png")
    load_dataset(whole)
    rng = random.Random(0)
    refused = 0
    tracemalloc.start()
    for _ in range(200):
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(whole, damaged)
        path = rng.choice(sorted(damaged.rglob("*.p*")))
        content = bytearray(path.read_bytes())
        match rng.randrange(5):
            case 0:
                content = content[: rng.randrange(len(content))]
            case 1:
                content[rng.randrange(min(len(content), 40))] ^= 1 << rng.randrange(8)
            case 2:
                path.rename(path.with_suffix(rng.choice((".jpg", ".png", ".txt", ".PGM"))))
                path = path.with_suffix(".png")
            case 3:
                path.parent.rename(damaged / rng.choice(("train", "test", ".x", "é\u0301", "7", " ")))
                path = damaged / "x.pgm"
            case 4:
                content[3:3] = b"99999"
        path.write_bytes(content)
        try:
            load_dataset(damaged)
        except DataError as error:
            assert "\n" not in str(error)
            refused += 1
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 50 < refused < 200
    assert peak < 250 * 2**20  # a picture of 25 million pixels, for a moment in whole numbers
