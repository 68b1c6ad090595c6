import pytest
from textual.app import App, ComposeResult

from tests.tui.screen_text import SIZES, lines
from tui.text.glyphs import use_ascii
from tui.text.phrases import percent
from tui.widgets.probability_bars import ProbabilityBars


class Host(App[None]):
    CSS = "ProbabilityBars { width: 34; height: 14; }"

    def compose(self) -> ComposeResult:
        yield ProbabilityBars()


async def drawn(probabilities: list[float], true: int, size: tuple[int, int] = (80, 24)) -> list[str]:
    app = Host()
    async with app.run_test(size=size) as pilot:
        app.query_one(ProbabilityBars).show(probabilities, true)
        await pilot.pause()
        return [line[:34].rstrip() for line in lines(app)[:14]]


def bar(line: str) -> float:
    """Return the length of a bar in characters."""
    return line.count("█") + sum("▏▎▍▌▋▊▉".index(c) + 1 for c in line if c in "▏▎▍▌▋▊▉") / 8


@pytest.mark.parametrize("size", SIZES)
async def test_each_class_has_its_bar_and_its_figure(size: tuple[int, int]) -> None:
    probabilities = [0.5, 0.25, 0.125, 0.125, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    shown = await drawn(probabilities, 1, size)
    assert shown[0].startswith("✗ 0 ") and shown[0].endswith(percent(0.5))
    assert shown[1].startswith("✓ 1 ") and shown[1].endswith(percent(0.25))
    assert shown[2].startswith("  2 ") and shown[2].endswith(percent(0.125))
    assert bar(shown[0]) == pytest.approx(2 * bar(shown[1]), abs=0.2)
    assert bar(shown[1]) == pytest.approx(2 * bar(shown[2]), abs=0.2)
    assert bar(shown[9]) == 0
    assert shown[11:12] == ["✓ true class   ✗ predicted"]


async def test_a_full_bar_fills_its_column_and_a_right_answer_has_one_sign() -> None:
    shown = await drawn([0.0] * 9 + [1.0], 9)
    assert shown[9].startswith("✓ 9 █") and shown[9].endswith("█ " + percent(1.0))
    assert not [line for line in shown if "✗" in line]
    assert shown[11] == "✓ true class"


async def test_of_many_classes_the_likeliest_and_the_true_one_are_shown() -> None:
    probabilities = [0.0] * 1000
    for label in range(100, 120):
        probabilities[label] = (label - 99) / 210
    shown = await drawn(probabilities, true=999)
    labels = [int(line[2:5]) for line in shown[:13]]
    assert labels == [*range(119, 107, -1), 999]
    assert shown[0].startswith("✗ 119 ")
    assert shown[12].startswith("✓ 999 ")
    rest = 1 - sum(probabilities[108:120])
    assert shown[13] == f"… and 987 others: {percent(rest)}"


async def test_cleared_it_shows_nothing() -> None:
    app = Host()
    async with app.run_test() as pilot:
        bars = app.query_one(ProbabilityBars)
        bars.show([0.5, 0.5], 0)
        await pilot.pause()
        assert percent(0.5) in lines(app)[0]
        bars.clear()
        await pilot.pause()
        assert not "".join(lines(app)).strip()


async def test_plain_characters_where_only_they_can_be_drawn() -> None:
    use_ascii(True)
    try:
        shown = await drawn([0.5, 0.25, 0.125, 0.125], 1)
    finally:
        use_ascii(False)
    assert shown[0].startswith("x 0 #")
    assert shown[1].startswith("* 1 #")
    assert shown[0].count("#") == pytest.approx(2 * shown[1].count("#"), abs=1)
    assert "".join(shown).isascii()
