"""The Inside tab: nothing in the network is hidden."""

from tui.laboratory import Laboratory
from tui.panels.inside.gradient_check import GradientCheckPage
from tui.panels.inside.layers import LayersPage
from tui.panels.inside.weights import WeightsPage
from tui.panels.inside.what_if import WhatIfPage
from tui.panels.paged import PagedPanel


def inside_panel(laboratory: Laboratory, page: str | None) -> PagedPanel:
    """Return the tab, open on `page`, or on the first."""
    pages = {
        "layers": LayersPage(laboratory),
        "weights": WeightsPage(laboratory),
        "what-if": WhatIfPage(laboratory),
        "gradient-check": GradientCheckPage(laboratory),
    }
    return PagedPanel(pages, page, id="inside")


__all__ = ["inside_panel"]
