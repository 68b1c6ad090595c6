import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from textual.app import App, ComposeResult

from tests.tui.looking import SIZES, lines, mnist
from tui.ascii_art import SHADES, ascii_art
from tui.widgets.digit import Digit


def grey(rows: list[list[int]]) -> NDArray[np.uint8]:
    return np.array(rows, np.uint8)


def test_a_pixel_is_two_characters_wide_where_there_is_room() -> None:
    seven = mnist()[0][0]
    art = ascii_art(seven, 56, 28)
    assert [len(line) for line in art] == [56] * 28
    assert all(line[0::2] == line[1::2] for line in art)
    expected = [[SHADES[int(pixel) * 10 // 256] for pixel in row] for row in seven]
    assert [list(line[0::2]) for line in art] == expected


def test_it_fits_the_smaller_room_of_80_by_24() -> None:
    art = ascii_art(mnist()[0][0], 46, 15)
    assert [len(line) for line in art] == [30] * 15
    assert "@" in "".join(art)


def test_a_narrow_room_makes_it_lower_too() -> None:
    assert len(ascii_art(mnist()[0][0], 28, 40)) == 14


def test_a_small_image_is_enlarged_by_a_whole_number() -> None:
    art = ascii_art(grey([[255, 0], [0, 255]]), 14, 7)
    assert art == ["@@@@@@      "] * 3 + ["      @@@@@@"] * 3


def test_a_large_image_is_averaged() -> None:
    checkers = np.indices((64, 64)).sum(axis=0) % 2 * 200
    art = ascii_art(checkers.astype(np.uint8), 64, 32)
    assert art == [SHADES[7] * 64] * 32  # every cell the same: as dark as the image at its darkest


def test_it_is_not_transposed() -> None:
    image = np.zeros((4, 8), np.uint8)
    image[0, :] = 255
    assert ascii_art(image, 16, 4) == ["@" * 16] + [" " * 16] * 3


@pytest.mark.parametrize(("value", "shade"), [(0, " "), (255, "@"), (128, SHADES[5])])
def test_an_even_image_is_even(value: int, shade: str) -> None:
    assert ascii_art(np.full((28, 28), value, np.uint8), 30, 15) == [shade * 30] * 15


@pytest.mark.parametrize("room", [(0, 10), (10, 0), (-1, 5)])
def test_without_room_there_is_nothing(room: tuple[int, int]) -> None:
    assert ascii_art(mnist()[0][0], *room) == []


@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    width=st.integers(1, 130),
    height=st.integers(1, 50),
    seed=st.integers(0, 9),
)
def test_it_never_leaves_its_room(shape: tuple[int, int], width: int, height: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    art = ascii_art(image, width, height)
    assert 1 <= len(art) <= height
    assert 1 <= len(art[0]) <= width
    assert len({len(line) for line in art}) == 1
    assert set("".join(art)) <= set(SHADES)


def test_the_command_line_can_draw_without_textual_and_load_numpy_late() -> None:
    code = "import sys, tui.ascii_art; print({'textual', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


class Host(App[None]):
    def compose(self) -> ComposeResult:
        yield Digit()


@pytest.mark.parametrize("size", SIZES)
async def test_it_draws_the_image_as_large_as_it_can_be(size: tuple[int, int]) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        app.query_one(Digit).image = mnist()[0][3]
        await pilot.pause()
        art = [line.strip() for line in ascii_art(mnist()[0][3], *size)]
        drawn = [line.strip() for line in lines(app)]
        assert [line for line in drawn if line] == [line for line in art if line]
        app.query_one(Digit).image = None
        await pilot.pause()
        assert not "".join(lines(app)).strip()


async def test_it_follows_a_new_size() -> None:
    app = Host()
    async with app.run_test(size=(120, 40)) as pilot:
        app.query_one(Digit).image = np.full((28, 28), 255, np.uint8)
        await pilot.pause()
        assert "".join(lines(app)).count("@") == 28 * 56
        await pilot.resize_terminal(40, 12)
        assert "".join(lines(app)).count("@") == 12 * 24
