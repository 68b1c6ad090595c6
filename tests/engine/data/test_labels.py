"""Labels as numbers, words and one-hot rows; names of classes; and a test part where there is none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.data.dataset import Dataset, load_dataset
from engine.data.location import ReadingOptions, location
from tests.engine.data.forms_of_digits import Digits, made_digits
from tests.engine.data.reading import complaint, decisions

IMAGES = np.arange(30 * 16, dtype=np.int16).reshape(30, 4, 4) % 256
LABELS = np.arange(30) % 3
WORDS = np.array(["a", "b", "c"])[LABELS]


def saved(folder: Path, **arrays: Any) -> Path:
    path = folder / "data.npz"
    contents: dict[str, Any] = {"x_train": IMAGES, "y_train": LABELS}
    np.savez(path, **(contents | arrays))
    return path


def test_labels_that_do_not_count_from_0_are_numbered_and_keep_their_names(tmp_path: Path) -> None:
    found = load_dataset(saved(tmp_path, y_train=LABELS + 1))
    assert (found.classes, found.class_names) == (3, ("1", "2", "3"))
    assert "labels go from 1 to 3: the classes are numbered from 0" in decisions(found)
    assert load_dataset(saved(tmp_path, y_train=LABELS * 4 + 3)).class_names == ("3", "7", "11")


def test_names_beside_the_file_and_in_it(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("Bein\n腿\nleg\n")
    assert load_dataset(saved(tmp_path)).class_names == ("Bein", "腿", "leg")
    assert load_dataset(saved(tmp_path, y_train=LABELS + 1)).class_names == ("Bein", "腿", "leg")
    found = load_dataset(saved(tmp_path, class_names=np.array([b"a", b"b", b"c", b"d"])))
    assert found.class_names == ("a", "b", "c", "d")
    assert "There is no training image of d" in decisions(found)
    assert "pickled" in complaint(saved(tmp_path, class_names=np.array(["a", "b", None], dtype=object)))
    assert "2 names, and the data have 3 classes" in complaint(saved(tmp_path, class_names=["a", "b"]))
    assert "name 3, “a”, appears twice" in complaint(saved(tmp_path, class_names=["a", "b", "a"]))
    assert "name 2 is empty" in complaint(saved(tmp_path, class_names=["a", " ", "c"]))


def test_words_stand_in_the_order_of_the_names_where_there_are_names(tmp_path: Path) -> None:
    words = np.array(["b", "c", "a"])[LABELS]
    assert load_dataset(saved(tmp_path, y_train=words)).class_names == ("a", "b", "c")
    found = load_dataset(saved(tmp_path, y_train=words, class_names=["b", "c", "a"]))
    assert found.class_names == ("b", "c", "a")
    assert found.fingerprint == load_dataset(saved(tmp_path)).fingerprint


def test_control_characters_in_names_do_not_reach_the_screen(tmp_path: Path) -> None:
    words = np.array(["a\x1b[31m", "b", "c"])[LABELS]
    assert "\x1b" not in "".join(load_dataset(saved(tmp_path, y_train=words)).class_names)


def test_a_column_of_one_hot_rows_that_no_image_has_is_a_class(tmp_path: Path) -> None:
    assert load_dataset(saved(tmp_path, y_train=np.eye(5)[LABELS])).classes == 5


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"y_train": np.eye(3)[LABELS] * 0.9}, "row 0 is not one-hot"),
        ({"y_train": np.where(LABELS == 2, np.nan, LABELS)}, "label of image 2 is “nan”"),
        ({"y_train": np.array(["a", "", "b"])[LABELS]}, "label of image 1 is “”"),
        ({"y_train": np.array([b"a", b"\xff", b"b"])[LABELS]}, "words that are not UTF-8"),
        ({"y_train": LABELS.astype("datetime64[s]")}, "is of datetime64[s]"),
        ({"y_train": LABELS * 0 + 4}, "All training images are of one class, 4"),
        ({"x_train": IMAGES.astype(complex)}, "is of complex128; images must be numbers"),
        ({"x_train": IMAGES - 0.5}, "image 0 has a pixel of -0.5; pixels go from 0 to 255"),
        ({"x_train": np.where(IMAGES == 7, np.nan, IMAGES)}, "image 0 has a pixel of nan"),
        ({"x_train": np.zeros((30, 1, 600 * 600), bool)}, "512 x 512 are the most"),
        ({"x_test": IMAGES}, "no array y_test"),
        ({"x_test": IMAGES, "y_test": WORDS}, "words in one of y_train and y_test"),
        ({"y_train": np.eye(3)[LABELS], "x_test": IMAGES, "y_test": np.eye(4)[LABELS]}, "and y_test 4"),
    ],
)  # fmt: skip
def test_arrays_that_will_not_do(tmp_path: Path, arrays: dict[str, NDArray[Any]], said: str) -> None:
    assert said in complaint(saved(tmp_path, **arrays))


def test_floats_are_told_by_the_largest_of_the_training_images(tmp_path: Path) -> None:
    arrays = {"x_train": IMAGES / 255, "x_test": IMAGES / 255, "y_test": LABELS}
    scaled = load_dataset(saved(tmp_path, **arrays))
    assert scaled.test_images.max() == 255
    assert "floats from 0 to 1: they were multiplied by 255" in decisions(scaled)
    assert "x_test in data.npz: image 0 has a pixel of 2; pixels go from 0 to 1" in complaint(
        saved(tmp_path, **arrays | {"x_test": IMAGES + 2.0})
    )
    for train in (IMAGES / 1.0, IMAGES):
        assert "data.npz go from 0 to 1, and the training images to 255; scale both alike" in complaint(
            saved(tmp_path, **arrays | {"x_train": train})
        )
    blank = load_dataset(saved(tmp_path, **arrays | {"x_train": IMAGES / 1.0, "x_test": IMAGES * 0.0}))
    assert (blank.train_images.max(), blank.test_images.max()) == (255, 0)
    assert load_dataset(saved(tmp_path, x_train=IMAGES > 100)).train_images.max() == 255


def test_rows_take_the_shape_that_is_asked_for(tmp_path: Path) -> None:
    rows = saved(tmp_path, x_train=IMAGES.reshape(30, 16))
    assert load_dataset(rows).train_images.shape[1:] == (4, 4)
    assert load_dataset(location(rows, ReadingOptions(shape=(2, 8)))).train_images.shape[1:] == (2, 8)
    assert "--shape 3x3 would be 9" in complaint(location(rows, ReadingOptions(shape=(3, 3))))
    assert "leave it out" in complaint(location(saved(tmp_path), ReadingOptions(shape=(2, 8)))).lower()


def test_the_test_part_is_a_seventh_of_every_class_and_the_same_each_time(tmp_path: Path) -> None:
    labels = np.repeat([0, 1, 2, 3], [700, 70, 7, 2])
    path = saved(tmp_path, x_train=np.zeros((779, 1, 1)), y_train=labels)
    found = load_dataset(path)
    assert np.bincount(found.test_labels).tolist() == [100, 10, 1, 1]
    assert np.bincount(found.train_labels).tolist() == [600, 60, 6, 1]
    assert "no test part: 112 images were taken for it, class by class, by the seed 0" in decisions(found)
    assert load_dataset(path).fingerprint == found.fingerprint
    half = load_dataset(location(path, ReadingOptions(test_size=0.5)))
    assert np.bincount(half.test_labels).tolist()[:2] == [350, 35]
    most = load_dataset(location(path, ReadingOptions(test_size=0.999)))
    assert np.bincount(most.train_labels).tolist()[2:] == [1, 1]


def test_a_test_part_of_its_own_needs_no_size(tmp_path: Path) -> None:
    path = Digits(made_digits()).npz(tmp_path)
    assert "leave --test-size out" in complaint(location(path, ReadingOptions(test_size=0.5)))


def test_the_letters_of_emnist_have_their_names(tmp_path: Path) -> None:
    letters = made_digits()
    upper = Dataset(
        "", "", letters.train_images, letters.train_labels + 1, letters.test_images, letters.test_labels + 1
    )
    found = load_dataset(Digits(upper).idx(tmp_path, prefix="emnist-letters-", turned=True))
    assert found.class_names == tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert np.array_equal(found.train_labels, letters.train_labels)
    assert np.array_equal(found.train_images, letters.train_images)
    assert "lie on their side, and were transposed" in decisions(found)
    assert "EMNIST's names, A to Z, for the labels 1 to 26" in decisions(found)
