import numpy as np
import pytest
from numpy.typing import NDArray
from textual.app import App, ComposeResult

from tests.digits import mnist
from tests.tui.screen_text import lines, seen
from tui.text.ascii_art import braille_art
from tui.text.cell_widths import width
from tui.text.glyphs import use_ascii
from tui.widgets.thumbnails import Thumbnails, fitted


class Many:
    """Ten thousand images that are made when they are looked at, and are counted."""

    def __init__(self, count: int = 10_000) -> None:
        self.count = count
        self.looked_at: set[int] = set()

    def __len__(self) -> int:
        return self.count

    def picture(self, at: int) -> NDArray[np.uint8]:
        self.looked_at.add(at)
        image: NDArray[np.uint8] = mnist()[0][at % 500]
        return image

    def caption(self, at: int) -> str:
        return f"no{at}"


class Host(App[None]):
    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.thumbnails = thumbnails
        self.picked: list[tuple[int, bool]] = []

    def compose(self) -> ComposeResult:
        yield self.thumbnails

    def on_thumbnails_picked(self, message: Thumbnails.Picked) -> None:
        self.picked.append((message.at, message.twice))


@pytest.mark.usefixtures("draws")
async def test_only_those_in_view_are_drawn() -> None:
    app, many = Host(Thumbnails()), Many()
    async with app.run_test(size=(80, 24)) as pilot:
        app.thumbnails.show(many, 0)
        await pilot.pause()
        in_view = app.thumbnails.columns * (app.thumbnails.rows_in_view + 1)
        assert in_view >= 6
        assert many.looked_at
        assert max(many.looked_at) < in_view
        art = braille_art(mnist()[0][0], 14, 7)
        drawn = [line[:14].strip() for line in lines(app)[:7]]
        assert drawn == [line.strip() for line in art]
        app.thumbnails.show(many, 9_999)
        await pilot.pause()
        assert "› no9999 ‹" in seen(app)
        assert "no0 " not in seen(app)


async def test_a_click_tells_which_one() -> None:
    app, many = Host(Thumbnails()), Many(20)
    async with app.run_test(size=(80, 24)) as pilot:
        app.thumbnails.show(many, 0)
        await pilot.pause()
        columns = app.thumbnails.columns
        assert columns > 2
        await pilot.click(Thumbnails, offset=(20, 10))
        assert app.picked == [(columns + 1, False)]
        await pilot.click(Thumbnails, offset=(79, 10))  # right of the last column
        await pilot.click(Thumbnails, offset=(5, 3), times=2)
        assert app.picked[1:] == [(0, False), (0, True)]


async def test_without_a_mark_there_is_nothing_to_choose() -> None:
    app, many = Host(Thumbnails(wanted=6, columns=3)), Many(6)
    async with app.run_test(size=(34, 12)) as pilot:
        app.thumbnails.show(many)
        await pilot.pause()
        assert [line.split() for line in (lines(app)[5], lines(app)[11])] == [
            ["no0", "no1", "no2"],
            ["no3", "no4", "no5"],
        ]
        await pilot.click(Thumbnails, offset=(5, 3))
        assert app.picked == []


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (7, 4), (250, 70)])
async def test_it_lives_in_any_room_with_any_number(size: tuple[int, int]) -> None:
    app = Host(Thumbnails())
    async with app.run_test(size=size) as pilot:
        for count in (1, 500, 0):
            app.thumbnails.show(Many(count), 0 if count else None)
            await pilot.pause()
        app.thumbnails.show(None)
        await pilot.pause()
        assert not "".join(lines(app)).strip()


async def test_plain_characters_where_only_they_can_be_drawn() -> None:
    app = Host(Thumbnails())
    async with app.run_test(size=(80, 24)) as pilot:
        use_ascii(True)
        try:
            app.thumbnails.show(Many(5), 0)
            await pilot.pause()
            screen = "".join(line.rstrip() for line in lines(app))
            assert screen.isascii()
            assert "@" in screen
            assert "no0" in screen
        finally:
            use_ascii(False)


@pytest.mark.parametrize(
    ("caption", "room", "wanted"),
    [
        ("4→9", 6, "4→9"),
        ("Ankle b…→Sandal", 14, "Ankle …→Sandal"),
        ("Ankle b…→Sandal", 12, "Ankl…→Sandal"),
        ("Pullover→Ankle b…", 10, "Pul…→Ankl…"),
        ("连衣裙→运动鞋", 10, "连…→运动鞋"),
        ("trouser… #1234", 11, "trou… #1234"),
        ("连衣裙  10.1", 10, "连…  10.1"),
        ("连衣裙  10.1", 8, "…  10.1"),
        ("Pullover", 6, "Pullo…"),
    ],
)
def test_a_caption_is_cut_where_it_can_be_spared(caption: str, room: int, wanted: str) -> None:
    assert fitted(caption, room) == wanted
    assert width(wanted) <= room
