"""The Evaluate tab: robustness, calibration, coverage, and a map of the test set."""

from tui.panels.evaluate.calibration import CalibrationPage
from tui.panels.evaluate.coverage import CoveragePage
from tui.panels.evaluate.map import MapPage
from tui.panels.evaluate.robustness import RobustnessPage
from tui.panels.evaluation_page import EvaluationCounter
from tui.panels.paged_panel import PagedPanel
from tui.session.background import BackgroundThread


def evaluate_panel(background: BackgroundThread, counter: EvaluationCounter, page: str | None) -> PagedPanel:
    """Return the tab, open on `page`, or on the first; `counter` counts the evaluations of the test set."""
    kinds = {
        "robustness": RobustnessPage,
        "calibration": CalibrationPage,
        "coverage": CoveragePage,
        "map": MapPage,
    }
    pages = {name: kind(background, counter) for name, kind in kinds.items()}
    return PagedPanel(pages, page, id="evaluate")


__all__ = ["evaluate_panel"]
