import pytest
from textual.app import App, ComposeResult

from tests.tui.screen_text import lines
from tui.text.glyphs import use_ascii
from tui.widgets.class_bars import ClassBars, Part


class Host(App[None]):
    def compose(self) -> ComposeResult:
        self.bars = ClassBars()
        yield self.bars


UNEVEN = [Part("training", [30, 10, 0]), Part("test", [1, 3, 4])]


async def test_each_class_with_its_count_and_its_share_of_each_part() -> None:
    app = Host()
    async with app.run_test(size=(80, 10)) as pilot:
        app.bars.show(UNEVEN)
        await pilot.pause()
        heading, *rows = lines(app)[:4]
        assert heading.split() == ["class", "training", "test"]
        figures = [[word for word in row.split() if word.strip("█▏▎▍▌▋▊▉")] for row in rows]
        assert figures == [
            ["0", "30", "75.00%", "1", "12.50%"],
            ["1", "10", "25.00%", "3", "37.50%"],
            ["2", "0", "0.00%", "4", "50.00%"],
        ]
        long, short = rows[0][:40].count("█"), rows[1][:40].count("█")
        assert long > 10
        assert short == pytest.approx(long / 3, abs=1)  # one scale for all
        assert rows[2][44:].count("█") == pytest.approx(long * 2 / 3, abs=1)
        assert "█" not in rows[2][:40]


async def test_a_thousand_classes_are_scrolled_under_the_headings() -> None:
    app = Host()
    async with app.run_test(size=(80, 10)) as pilot:
        app.bars.show([Part("training", range(1000))])
        await pilot.pause()
        assert lines(app)[9].split()[0] == "8"
        app.bars.scroll_end(animate=False)
        await pilot.pause()
        assert lines(app)[0].split() == ["class", "training"]
        assert lines(app)[9].split()[0] == "999"
        assert "999   0.20%" in lines(app)[9]


@pytest.mark.parametrize("width", [72, 73, 74])
async def test_nothing_is_hidden_by_the_scrollbar(width: int) -> None:
    app = Host()
    async with app.run_test(size=(width, 10)) as pilot:
        app.bars.show([Part(title, [100] * 30) for title in ("training", "validation", "test")])
        await pilot.pause()
        assert lines(app)[1].count("3.33%") == 3


@pytest.mark.parametrize("width", [1, 9, 24, 40, 250])
async def test_figures_matter_most_where_there_is_little_room(width: int) -> None:
    app = Host()
    async with app.run_test(size=(width, 6)) as pilot:
        app.bars.show(UNEVEN)
        await pilot.pause()
        row = lines(app)[1]
        assert ("█" in row) == (width >= 40)
        if width >= 24:
            assert "30" in row


async def test_plain_characters() -> None:
    app = Host()
    async with app.run_test(size=(80, 6)) as pilot:
        use_ascii(True)
        try:
            app.bars.show(UNEVEN)
            await pilot.pause()
            assert "#####" in lines(app)[1]
            assert "".join(line.rstrip() for line in lines(app)).isascii()
        finally:
            use_ascii(False)
