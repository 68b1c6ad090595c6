"""A place as a person writes it: a path, and options behind it."""

from pathlib import Path

import pytest

from engine.data.location import (
    DataLocation,
    Location,
    ReadingOptions,
    absolute,
    location_words,
    parse_location,
)
from engine.errors import DataError

SHAPE = ReadingOptions(shape=(8, 12))
BOTH = ReadingOptions(shape=(8, 12), test_size=0.25)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (" a folder/x.csv ", Path("a folder/x.csv")),
        ("x.csv --shape 8x12", DataLocation(Path("x.csv"), SHAPE)),
        ("my x.csv  --shape=8X12 --test-size 0.25 ", DataLocation(Path("my x.csv"), BOTH)),
        ("x --test-size .25 --shape 8×12", DataLocation(Path("x"), BOTH)),
        ("x --shape 1x1 --shape 8x12", DataLocation(Path("x"), SHAPE)),  # the later wins, as in a shell
        ("x--shape 8x12", Path("x--shape 8x12")),
        ("x --shape", Path("x --shape")),
    ],
)
def test_a_line_is_read_and_written_again(text: str, wanted: Location) -> None:
    assert parse_location(text) == wanted
    assert parse_location(" ".join(location_words(wanted))) == wanted


@pytest.mark.parametrize(("text", "says"), [("x --shape 0x8", "28x28"), ("x --test-size 1", "such as 0.2")])
def test_an_option_that_is_not_allowed_is_told(text: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        parse_location(text)


def test_a_place_is_found_from_other_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert absolute(DataLocation(Path("x"), SHAPE)) == DataLocation(tmp_path / "x", SHAPE)
    assert absolute(None) is None
