"""The Inside tab: layers, weights, one image, one mini-batch, what if, gradient check."""

from tui.panels.evaluation_page import EvaluationCounter
from tui.panels.inside.gradient_check import GradientCheckPage
from tui.panels.inside.layers import LayersPage
from tui.panels.inside.one_batch import OneBatchPage
from tui.panels.inside.one_image import OneImagePage
from tui.panels.inside.weights import WeightsPage
from tui.panels.inside.what_if import WhatIfPage
from tui.panels.paged_panel import PagedPanel
from tui.session.background import BackgroundThread


def inside_panel(background: BackgroundThread, counter: EvaluationCounter, page: str | None) -> PagedPanel:
    """Return the tab, open on `page`, or on the first; `counter` counts the evaluations of the test set."""
    pages = {
        "layers": LayersPage(background),
        "weights": WeightsPage(background, counter),
        "one-image": OneImagePage(background),
        "one-batch": OneBatchPage(background),
        "what-if": WhatIfPage(background, counter),
        "gradient-check": GradientCheckPage(background),
    }
    return PagedPanel(pages, page, id="inside")


__all__ = ["inside_panel"]
