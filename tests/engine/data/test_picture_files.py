"""Picture files are read as they are meant, and whatever is wrong with one is a sentence."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.data.picture_files import read_picture, read_turned
from engine.errors import DataError

PIXELS = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def written(tmp_path: Path, data: bytes, name: str = "picture") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "data",
    [
        b"P5 4 3 255\n" + PIXELS.tobytes(),
        b"P5\n# drawn by hand\n4 3\n# white\n255\n" + PIXELS.tobytes(),
        b"P2\n4 3\n255\n" + b" ".join(str(p).encode() for p in PIXELS.flat),
        b"P2 4 3 51 " + b"\n".join(str(p // 5).encode() for p in PIXELS.flat) + b" # end",
        b"P5 4 3 65535\n" + (PIXELS.astype(">u2") * 257).tobytes(),
    ],
)
def test_a_pgm_of_any_kind_is_read(tmp_path: Path, data: bytes) -> None:
    np.testing.assert_array_equal(read_picture(written(tmp_path, data)), PIXELS)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF"])
def test_pillow_reads_the_others(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture"
    Image.fromarray(PIXELS).save(path, kind)
    np.testing.assert_array_equal(read_picture(path), PIXELS)


def test_sixteen_bits_of_grey_are_scaled_to_eight(tmp_path: Path) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(PIXELS.astype(np.uint16) * 257).save(path)
    np.testing.assert_array_equal(read_picture(path), PIXELS)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.fromarray(np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], np.uint8), "RGBA").save(path)
    assert read_picture(path).tolist() == [[255, 0]]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is no picture"),
        (b"hello world", "is no picture"),
        (b"P5", "is damaged"),
        (b"P5 4 3 255\n" + bytes(11), "is damaged"),
        (b"P5 4 3 0\n" + bytes(12), "is damaged"),
        (b"P5 0 3 255\n", "is damaged"),
        (b"P2 2 1 255 7", "is damaged"),
        (b"P2 2 1 255 7 x", "is damaged"),
        (b"P2 2 1 255 7 300", "is damaged"),
        (b"P5 99999 99999 255\n", "is too large"),
        (b"P2 999999999 1 255\n", "is too large"),
        (b"P5 20000 1 255\n" + bytes(20000), "is too large"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(DataError, match=says):
        read_picture(written(tmp_path, data))


def test_a_png_that_is_cut_off_or_announces_too_much_is_refused(tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (60, 60), np.uint8)).save(whole, "PNG")
    with pytest.raises(DataError, match="is damaged"):
        read_picture(written(tmp_path, whole.getvalue()[:500]))
    huge = whole.getvalue()[:16] + (60_000).to_bytes(4, "big") * 2 + whole.getvalue()[24:]
    with pytest.raises(DataError, match=r"is too large|is damaged|is no picture"):
        read_picture(written(tmp_path, huge))


def test_missing_files_and_a_missing_pillow_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"nothing\.png cannot be read"):
        read_picture(tmp_path / "nothing.png")
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(DataError, match=r"mlp-tui\[images\]"):
        read_picture(written(tmp_path, b"\x89PNG"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_the_camera_noted(tmp_path: Path, orientation: int) -> None:
    path, exif = tmp_path / "turned.png", Image.Exif()
    exif[0x0112] = orientation
    picture = np.zeros((60, 90), np.uint8)
    picture[5:20, 10:70] = 200
    stored = {
        1: picture,
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: picture.T,
        6: picture.T[::-1],
        7: picture.T[::-1, ::-1],
        8: picture.T[:, ::-1],
    }[orientation]
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    upright, turned = read_turned(path)
    np.testing.assert_array_equal(upright, picture)
    np.testing.assert_array_equal(read_picture(path), picture)
    assert turned == (orientation != 1)


def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(DataError, match="fifo cannot be read: it is a device or a pipe"):
        read_picture(tmp_path / "fifo")
    with pytest.raises(DataError, match="Is a directory"):
        read_picture(tmp_path)
