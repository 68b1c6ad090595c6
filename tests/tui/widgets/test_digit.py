import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from textual.app import App, ComposeResult

from tests.digits import mnist
from tests.tui.screen_text import SIZES, lines
from tui.text.ascii_art import SHADES, ascii_art, braille_art, number_art
from tui.text.glyphs import use_ascii
from tui.widgets.digit import Digit, Rendering, renderings


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
    code = "import sys, tui.text.ascii_art; print({'textual', 'numpy'} & set(sys.modules))"
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


# Other ways to draw


def dots(art: list[str]) -> NDArray[np.bool_]:
    """Return which dots braille characters have: `(4 * lines, 2 * columns)`."""
    found = np.zeros((4 * len(art), 2 * len(art[0])), np.bool_)
    bits = {(0, 0): 1, (1, 0): 2, (2, 0): 4, (3, 0): 64, (0, 1): 8, (1, 1): 16, (2, 1): 32, (3, 1): 128}
    for row, line in enumerate(art):
        for column, character in enumerate(line):
            sign = 0 if character == " " else ord(character) - 0x2800
            for (down, right), bit in bits.items():
                found[4 * row + down, 2 * column + right] = bool(sign & bit)
    return found


def test_braille_has_a_dot_for_each_dark_pixel() -> None:
    seven = mnist()[0][0]
    art = braille_art(seven, 14, 7)
    np.testing.assert_array_equal(dots(art), seven >= 0.4 * seven.max())
    assert len(braille_art(seven, 30, 15)) == 14
    np.testing.assert_array_equal(
        dots(braille_art(grey([[9, 0, 9]]), 2, 1))[:1], [[True, False, True, False]]
    )


def test_numbers_are_the_pixels_where_there_is_room() -> None:
    image = grey([[0, 7], [128, 255]])
    assert number_art(image, 8, 2) == ["   .   7", " 128 255"]
    assert number_art(image, 7, 2) == [" . .", " 5 9"]
    assert number_art(mnist()[0][0], 112, 28)[7].split() == [str(p or ".") for p in mnist()[0][0][7]]
    assert len(number_art(mnist()[0][0], 44, 17)) == 17


@given(
    shape=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    width=st.integers(0, 60),
    height=st.integers(0, 30),
)
def test_no_way_to_draw_leaves_its_room(shape: tuple[int, int], width: int, height: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for draw in (braille_art, number_art):
        art = draw(image, width, height)
        assert len(art) <= height
        assert all(len(line) <= width for line in art)
        assert len({len(line) for line in art}) <= 1


async def test_half_blocks_show_two_pixels_in_a_character() -> None:
    app = Host()
    async with app.run_test(size=(4, 2)) as pilot:
        app.query_one(Digit).show(grey([[255, 0, 0, 255]] * 2 + [[0, 255, 0, 0]] * 2), Rendering.BLOCKS)
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        cells = [[(s.text, s.style) for s in strip for _ in s.text] for strip in strips]
        assert lines(app)[0] == "▀  ▀"
        upper = cells[0][0][1]
        assert upper is not None
        assert upper.color == upper.bgcolor  # both pixels of that character are dark
        assert lines(app)[1] == " ▀  "


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rendering", list(Rendering))
async def test_every_rendering_shows_something_and_only_ascii_when_asked(
    rendering: Rendering, size: tuple[int, int]
) -> None:
    app = Host()
    async with app.run_test(size=size) as pilot:
        app.query_one(Digit).show(mnist()[0][0], rendering)
        await pilot.pause()
        assert "".join(lines(app)).strip()
        use_ascii(True)
        try:
            app.query_one(Digit).refresh()
            await pilot.pause()
            assert "".join(lines(app)).strip()
            assert "".join(lines(app)).isascii()
            assert renderings() == [Rendering.SHADES, Rendering.NUMBERS]
        finally:
            use_ascii(False)


async def test_the_gradient_lies_over_the_image_with_signs_that_need_no_colour() -> None:
    image = np.zeros((4, 6), np.uint8)
    image[:, 5] = 255
    gradient = np.zeros((4, 6), np.float32)
    gradient[0, :], gradient[1, :], gradient[2, 0] = 1.0, -0.3, 0.1
    app = Host()
    async with app.run_test(size=(12, 4)) as pilot:
        app.query_one(Digit).show(image, Rendering.BRAILLE, gradient)
        await pilot.pause()
        assert lines(app) == ["+" * 12, "-" * 12, " " * 10 + "@@", " " * 10 + "@@"]
        strips = app.screen._compositor.render_strips()
        strong, weak = (next(part.style for part in strip if part.text) for strip in strips[:2])
        assert strong is not None and strong.bold
        assert weak is not None and not weak.bold
