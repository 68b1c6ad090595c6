"""The Data tab: the images of the data set, its split, its distortions, and its doubtful labels."""

from tui.panels.data.averages import AveragesPage
from tui.panels.data.dataset_view import DatasetView
from tui.panels.data.distortions import DistortionsPage
from tui.panels.data.doubtful_labels import DoubtfulPage
from tui.panels.data.overview import OverviewPage
from tui.panels.data.panel import DataPanel
from tui.panels.data.pixels import PixelsPage
from tui.panels.data.samples import SamplesPage
from tui.panels.page import Page
from tui.session.background import BackgroundThread
from tui.session.settings import Settings


def data_panel(background: BackgroundThread, settings: Settings, active: str | None = None) -> DataPanel:
    """Return the tab, open on the page `active`; what its pages look at is worked out once for all."""
    library = DatasetView(background)
    pages: dict[str, Page] = {
        "overview": OverviewPage(library),
        "samples": SamplesPage(library),
        "averages": AveragesPage(library),
        "pixels": PixelsPage(library),
        "distortions": DistortionsPage(library),
        "doubtful": DoubtfulPage(background),
    }
    return DataPanel(pages, active, background, settings)
