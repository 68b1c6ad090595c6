"""CSV files as people and programs write them, and what is wrong with bad ones."""

import gzip
import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.data.dataset import Dataset, load_dataset
from engine.data.location import ReadingOptions, location
from engine.errors import DataError
from tests.engine.data.reading import complaint, decisions

ROWS = [f"{number % 3},{number},0,255,{number % 7}" for number in range(30)]
HEADER = "label,pixel0,pixel1,pixel2,pixel3"


def written(folder: Path, rows: list[str] | str | bytes, name: str = "data.csv") -> Path:
    path = folder / name
    if isinstance(rows, list):
        rows = "\n".join(rows)
    path.write_bytes(rows.encode() if isinstance(rows, str) else rows)
    return path


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1,2,3,4", "data.csv, row 32: 4 columns, and the first row has 5"),
        ("1,2,3,4,5,6", "data.csv, row 32: 6 columns"),
        ("1,2,x,4,5", "data.csv, row 32, column 3: “x” is not a pixel; pixels go from 0 to 255"),
        ("1,2,300,4,5", "row 32, column 3: “300” is not a pixel"),
        ("1,2,-1,4,5", "row 32, column 3: “-1” is not a pixel"),
        ("1,2,256.5,4,5", "row 32, column 3: “256.5” is not a pixel"),
        ("1,2,NaN,4,5", "row 32, column 3: “NaN” is not a pixel"),
        ("1,2,inf,4,5", "row 32, column 3: “inf” is not a pixel"),
        ("1,2,1_0,4,5", "row 32, column 3: “1_0” is not a pixel"),
        ("1,2,,4,5", "row 32, column 3: the cell is empty"),
        (",2,3,4,5", "row 32: the label is missing"),
        ("nan,2,3,4,5", "row 32: the label is missing"),
        ("1.5,2,3,4,5", "labels in data.csv are numbers, and “1.5” is not a whole number"),
        ("-1,2,3,4,5", "labels go from -1 to 2"),
        ('1,"2,3,4,5', "row 32: 2 columns"),
        (f"{'x' * 101},2,3,4,5", "row 32: the label has more than 100 characters"),
    ],
)
def test_the_row_that_is_wrong_is_named(tmp_path: Path, row: str, said: str) -> None:
    assert said in complaint(written(tmp_path, [HEADER, *ROWS, row, *ROWS]))


def test_blank_lines_are_counted_and_left_out(tmp_path: Path) -> None:
    whole = load_dataset(written(tmp_path, ROWS))
    assert (
        load_dataset(written(tmp_path, "\n\n" + "\n \n".join(ROWS) + "\n\n")).fingerprint == whole.fingerprint
    )
    assert "row 4," in complaint(written(tmp_path, [ROWS[0], "", ROWS[1], "1,2,3,x,5"]))


BAD_FILES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "is empty"),
    "header alone": (HEADER, "no row of an image"),
    "header without label": ("y,a,b,c,d\n0,1,2,3,4", "a header without a column named label"),
    "two labels": ("label,a,label,c,d\n0,1,2,3,4", "2 columns named label"),
    "one column": ("1\n2", "0 columns beside the label"),
    "no square": (
        "0,1,2,3,4,5\n1,1,2,3,4,5",
        "5 columns beside the label, which are not a square; say --shape",
    ),
    "utf-16": ("\n".join(ROWS).encode("utf-16"), "is not UTF-8 text"),
    "gzip cut off": (gzip.compress(b"1,2\n" * 100)[:-9], "gzip data end early"),
    "one long line": (gzip.compress(b"1" * 9_000_000), "row 1 has more than 8,388,608 characters"),
    "2,500 labels": ("\n".join(f"w{n},1" for n in range(2500)), "more than 1,000 different labels"),
    "1,500 labels": ("\n".join(f"w{n},1" for n in range(1500)), "1,500 classes; there may be 1,000"),
    "one class": ("3,1\n3,2\n3,3", "All training images are of one class, 3"),
    "one image": ("3,1\n3,2\n4,3", "The class 4 has a single image"),
}


@pytest.mark.parametrize(("content", "said"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_will_not_do(tmp_path: Path, content: str | bytes, said: str) -> None:
    assert said in complaint(written(tmp_path, content))


def test_the_label_may_be_anywhere_under_a_header(tmp_path: Path) -> None:
    rows = ["a,b, Label ,c,d", *(f"{number},0,cat {number % 2},255,9" for number in range(20))]
    found = load_dataset(written(tmp_path, rows))
    assert found.class_names == ("cat 0", "cat 1")
    assert "data.csv has a header; the labels are in column 3." in decisions(found)
    assert set(found.train_images[:, 1, 1].tolist()) == {9}


def test_floats_are_told_by_the_largest_of_the_training_file(tmp_path: Path) -> None:
    rows = [f"{number % 2},0,{number / 19}" for number in range(20)]
    scaled = load_dataset(location(written(tmp_path, rows), ReadingOptions(shape=(1, 2))))
    assert max(scaled.train_images.max(), scaled.test_images.max()) == 255
    assert "floats from 0 to 1: they were multiplied by 255" in decisions(scaled)
    kept = load_dataset(written(tmp_path, [f"{number % 2},{number / 8}" for number in range(20)]))
    assert max(kept.train_images.max(), kept.test_images.max()) == 2
    assert "floats from 0 to 2.375: they were rounded" in decisions(kept)
    whole = load_dataset(written(tmp_path, [f"{number % 2},{number % 4 // 2}" for number in range(20)]))
    assert max(whole.train_images.max(), whole.test_images.max()) == 1
    written(tmp_path, [f"{number % 2},{number / 19}" for number in range(20)], "train.csv")
    written(tmp_path, "0,0\n1,1.5\n", "test.csv")
    assert "test.csv has a pixel of 1.5; the training images are floats from 0 to 1" in complaint(tmp_path)
    written(tmp_path, [f"{number % 2},{number}" for number in range(20)], "train.csv")
    written(tmp_path, "0,0\n1,0.5\n", "test.csv")
    assert "test.csv go from 0 to 1, and the training images to 19; scale both alike" in complaint(tmp_path)
    written(tmp_path, "0,0.0\n1,1.0\n", "test.csv")
    assert load_dataset(tmp_path).test_images.max() == 1


def test_a_test_file_of_a_competition_has_no_labels_and_is_not_used(tmp_path: Path) -> None:
    written(tmp_path, [HEADER, *ROWS], "train.csv")
    written(tmp_path, ["pixel0,pixel1,pixel2,pixel3", "1,2,3,4"], "test.csv")
    found = load_dataset(tmp_path)
    assert (len(found.train_labels), len(found.test_labels)) == (26, 4)
    assert "test.csv has no labels, as for a competition: it is not used." in decisions(found)
    written(tmp_path, ["id,pixel1,pixel2", "1,2,3"], "test.csv")
    assert "header without a column named label" in complaint(tmp_path)


def test_names_before_train_and_test_and_gzip(tmp_path: Path) -> None:
    whole = load_dataset(written(tmp_path, ROWS))
    written(tmp_path, ROWS, "fashion-mnist_train.csv")
    written(tmp_path, gzip.compress("\n".join(ROWS).encode()), "fashion-mnist_test.csv.gz")
    assert np.array_equal(load_dataset(tmp_path).test_labels, load_dataset(tmp_path).train_labels)
    assert whole.classes == 3
    written(tmp_path, ROWS, "train.csv")
    assert "several files train.csv" in complaint(tmp_path)


def test_little_memory_beside_the_images(tmp_path: Path) -> None:
    """Three times the images, and two pieces of the file in whatever form."""
    pixels = ",".join(["0", "255", "13", "7"] * 49)
    path = written(tmp_path, [f"{number % 10},{pixels}" for number in range(20_000)])
    tracemalloc.start()
    found = load_dataset(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * (found.train_images.nbytes + found.test_images.nbytes) + 12 * 2**20


def right_or_refused(path: Path, content: bytes, original: Dataset) -> bool:
    """Return whether the content was read, and then it is a whole data set."""
    path.write_bytes(content)
    try:
        found = load_dataset(path)
    except DataError as error:
        assert "\n" not in str(error)
        return False
    assert found.train_images.dtype == np.uint8
    assert found.train_images.shape[1:] == original.train_images.shape[1:] or found.pixels < 20
    return True


def _cut(rows: list[bytes], rng: random.Random) -> bytes:
    return b"\n".join(rows)[: rng.randrange(400)]


def _flip(rows: list[bytes], rng: random.Random) -> bytes:
    content = bytearray(b"\n".join(rows))
    content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(content)


def _cell(rows: list[bytes], rng: random.Random) -> bytes:
    row = rng.randrange(len(rows))
    cells = rows[row].split(b",")
    cells[rng.randrange(len(cells))] = rng.choice(
        [
            b"",
            b"x",
            b"300",
            b"-1",
            b"nan",
            b"1e400",
            b'"',
            b'"a""b"',
            b"0x1f",
            b" 7 ",
            b"\xff",
            b"\0",
            b"1" * 400,
        ]
    )
    return b"\n".join([*rows[:row], b",".join(cells), *rows[row + 1 :]])


def _insert(rows: list[bytes], rng: random.Random) -> bytes:
    content = b"\n".join(rows)
    place = rng.randrange(len(content))
    extra = rng.choice(
        [b"\r", b"\r\n", b'"', b",", b";", b"\t", b"\xef\xbb\xbf", b"\n\n", b"#", b"\x1f\x8b", b"e5"]
    )
    return content[:place] + extra + content[place:]


def _mix(rows: list[bytes], rng: random.Random) -> bytes:
    content = b"\n".join(rows)
    return gzip.compress(content)[: rng.randrange(30, 400)] if rng.random() < 0.5 else content * 2


@pytest.mark.parametrize("change", [_cut, _flip, _cell, _insert, _mix])
@pytest.mark.parametrize("header", [False, True])
def test_mutations_are_read_or_refused_in_little_memory(
    tmp_path: Path, change: Callable[[list[bytes], random.Random], bytes], header: bool
) -> None:
    rows = [row.encode() for row in ([HEADER] if header else []) + ROWS]
    path = tmp_path / "data.csv"
    path.write_bytes(b"\n".join(rows))
    original = load_dataset(path)
    rng = random.Random(1)
    tracemalloc.start()
    read = sum(right_or_refused(path, change(list(rows), rng), original) for _ in range(60))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert read < 60 or change is _insert
    assert peak < 40 * 2**20  # two lines of the longest that is read, in whatever form


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=200) | st.text('01 9.,;"\n\t-elabnx', max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    try:
        load_dataset(path)
    except DataError as error:
        assert "\n" not in str(error)
