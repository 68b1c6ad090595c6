"""Where the values of a hyperparameter stand, and what is drawn of their trials."""

import pytest
from textual.app import App, ComposeResult

from engine.experiments.outcomes import Outcome, Outcomes
from tests.tui.screen_text import lines
from tui.widgets.outcome_chart import OutcomeChart, places

RATES = (
    Outcome("0.01", 0.01, (0.9, 0.94)),
    Outcome("0.1", 0.1, (0.98, 0.96, 0.97)),
    Outcome("1", 1.0, (0.9,)),
)


@pytest.mark.parametrize(
    ("is_numeric", "is_logarithmic", "expected"),
    [(True, True, [4, 52, 100]), (True, False, [4, 13, 100]), (False, False, [4, 52, 100])],
)
def test_numbers_stand_where_they_belong(is_numeric: bool, is_logarithmic: bool, expected: list[int]) -> None:
    shown: tuple[Outcome, ...] = RATES
    if not is_numeric:
        shown = tuple(Outcome(o.text, float(at), o.accuracies) for at, o in enumerate(RATES))
    assert places(Outcomes("learning_rate", is_numeric, is_logarithmic, shown), 105) == expected
    alone = Outcomes("learning_rate", is_numeric, is_logarithmic, shown[:1])
    assert places(alone, 105) == [52]


class Host(App[None]):
    """Holds the chart."""

    def compose(self) -> ComposeResult:
        yield OutcomeChart()


async def test_each_trial_the_spread_and_the_mean_are_drawn() -> None:
    host = Host()
    async with host.run_test(size=(60, 11)) as pilot:
        chart = host.query_one(OutcomeChart)
        chart.show(Outcomes("learning_rate", True, True, RATES), "nothing yet")
        await pilot.pause()
        shown = lines(host)
        assert shown[0].strip() == "validation accuracy over learning_rate, log  ● mean  ∘ trial"
        assert shown[1].split() == ["98.00%", "∘"]
        assert shown[9].split() == ["90.00%", "∘", "●"]
        assert shown[10].split() == ["0.01", "0.1", "1"]
        middle = shown[10].index("0.1 ") + 1
        column = "".join(line[middle] for line in shown[1:10])
        assert column.startswith("∘●∘")
        low = "".join(line[shown[10].index("0.01") + 2] for line in shown[1:10]).strip()
        assert low == "∘│●│∘"
        chart.show(Outcomes("learning_rate", True, True, ()), "nothing yet")
        await pilot.pause()
        assert "nothing yet" in "\n".join(lines(host))
