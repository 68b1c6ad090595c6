import pytest

from tests.tui.panels.mistakes.hosting import Host, after_the_run, assert_digit, validation
from tests.tui.screen_text import (
    epoch_ended,
    explanation,
    lines,
    matrix_of,
    seen,
    started,
)
from tui.text.glyphs import use_ascii
from tui.widgets.digit import Digit
from tui.widgets.option_line import OptionLine
from tui.widgets.thumbnails import Thumbnails

# Which images, and in which order


async def test_keys_filter_by_class_and_say_so_in_words() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        assert "t true any p predicted any c mistakes o confident first r ⇅ v shades" in seen(app)
        for title, count in (("Mistakes of 1", 1), ("Mistakes of 4", 3), ("Mistakes of 9", 1)):
            await pilot.press("t")
            assert f"{title} test set" in seen(app)
            assert f"1 of {count} ·" in seen(app)
        assert "t true 9" in seen(app)
        await pilot.press("t")
        assert "All mistakes" in seen(app)
        await pilot.press("T")
        assert "Mistakes of 9" in seen(app)
        await pilot.press("a", "p", "p")
        assert "Misclassified as 7" in seen(app)
        assert "p predicted 7" in seen(app)
        await pilot.press("P")
        assert "Misclassified as 4" in seen(app)
        await pilot.press("t")
        assert "9 predicted 4" in seen(app)
        await pilot.press("escape", "home", "f")
        assert "4 predicted 9" in seen(app)
        assert "1 of 3" in seen(app)


async def test_correct_ones_too() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("c")
        assert "All images" in seen(app)
        assert "1 of 500" in seen(app)
        assert "c all images" in seen(app)
        await pilot.press("t")
        assert "All images of 0" in seen(app)
        assert "0, predicted correctly" in seen(app)
        await pilot.press("c")
        assert "No image of 0 was misclassified." in seen(app)
        await pilot.press("a")
        assert "1 of 5" in seen(app)


async def test_orders_and_their_figures() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        assert "loss 6.8024 · margin 98.89%" in seen(app)
        for text, position in (
            ("largest loss first", 6),
            ("closest call first", 4),
            ("in order", 2),
            ("confident first", 6),
        ):
            await pilot.press("o")
            assert f"o {text}" in seen(app)
            assert_digit(app, position)
            assert "1 of 5" in seen(app)
        await pilot.press("r")
        assert "o least confident first" in seen(app)
        assert_digit(app, 4)


async def test_a_click_on_the_words_does_what_the_key_does() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        line = app.panel.query_one(OptionLine)
        where = lines(app)[line.region.y].index("true any") - line.region.x
        await pilot.click(OptionLine, offset=(where, 0))
        await pilot.pause()
        assert "Mistakes of 1" in seen(app)


async def test_a_new_run_keeps_the_order_and_forgets_the_classes() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("o", "t")
        await app.happen(pilot, started("r2"), epoch_ended(1, matrix_of(validation(1))), validation(1))
        assert "t true any" in seen(app)
        assert "o largest loss first" in seen(app)


# How they are drawn


async def test_a_key_draws_it_in_another_way() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        pictures = {seen(app)}
        for text in ("half blocks", "braille", "numbers"):
            await pilot.press("v")
            assert f"v {text}" in seen(app)
            pictures.add("".join(lines(app)))
        assert len(pictures) == 4
        await pilot.press("v")
        assert "v shades" in seen(app)
        assert_digit(app, 6)


async def test_with_ascii_alone_nothing_else_is_drawn() -> None:
    app = Host(after_the_run())
    use_ascii(True)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            assert "v shades" in seen(app)
            await pilot.press("v")
            assert "v numbers" in seen(app)
            await pilot.press("v", "w")
            await app.happen(pilot, explanation(1006, 9))
            assert "more ink here speaks for 9" in seen(app)
            assert "".join(lines(app)).isascii()
    finally:
        use_ascii(False)


# The grid


def grid(app: Host) -> Thumbnails:
    return app.panel.query_one(".mistakes--grid", Thumbnails)


async def test_in_a_small_panel_the_grid_takes_the_place_of_the_image() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        assert not grid(app).display
        assert not {"up", "down", "enter"} & app.keys
        await pilot.press("g")
        await pilot.pause()
        assert not app.panel.query_one(Digit).display
        assert "› 4→9 ‹" in seen(app)
        assert "1→7" in seen(app)
        assert "4, predicted 9, 99.00% confident" in seen(app)
        await pilot.press("right")
        assert "› 1→7 ‹" in seen(app)
        assert "1, predicted 7" in seen(app)
        await pilot.press("enter")
        await pilot.pause()
        assert not grid(app).display
        assert_digit(app, 2)


@pytest.mark.parametrize("size", [(120, 40), (76, 36)])
async def test_where_there_is_room_it_stands_beside_or_below(size: tuple[int, int]) -> None:
    app = Host(after_the_run())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert "› 4→9 ‹" in seen(app)
        assert app.panel.query_one(Digit).display
        await pilot.press("c", "home")
        columns = grid(app).columns
        await pilot.press("down")
        assert f"{columns + 1} of 500" in seen(app)
        await pilot.press("pagedown", "up")
        assert f"{columns * grid(app).rows_in_view + 1} of 500" in seen(app)
        await pilot.press("g")
        await pilot.pause()
        assert not grid(app).display


async def test_a_click_chooses_and_a_second_one_shows_it_large() -> None:
    app = Host(after_the_run())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("g")
        await pilot.pause()
        await pilot.click(grid(app), offset=(16, 2))
        await pilot.pause()
        assert "2 of 5" in seen(app)
        await pilot.click(grid(app), offset=(2, 2), times=2)
        await pilot.pause()
        assert "1 of 5" in seen(app)
        assert_digit(app, 6)
