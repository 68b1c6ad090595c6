"""What is said of a setting beside the best."""

import pytest

from engine.experiments.statistics import SettingSummary
from tui.text.experiment_phrases import setting_remark, setting_row

SETTING = SettingSummary(3, {"hidden": ()}, {1: 0.9, 2: 0.92}, True, None, 0.91, 0.014, 0.78, 1.04)


@pytest.mark.parametrize(
    ("changes", "remark"),
    [
        ({"is_finished": False}, "under way"),
        ({"is_best": True}, "best"),
        ({"dropped_after": 4}, "dropped after 4 epochs"),
        ({"mean": None}, "diverged"),
        ({}, "one seed: cannot be told"),
        ({"p_value": 0.2}, "cannot be told from the best (p = 0.2)"),
        ({"p_value": 0.004}, "worse (p = 0.004)"),
    ],
)
def test_how_a_setting_stands_to_the_best_is_said(changes: dict[str, object], remark: str) -> None:
    summary = SettingSummary(**(vars(SETTING) | changes))
    assert setting_remark(summary, is_final=True) == remark


def test_its_figures_stand_in_a_row() -> None:
    row = setting_row(SETTING, is_final=True)
    assert row[:5] == ("none", "91.00%", "1.40%", "78.00% – 104.00%", "2")
