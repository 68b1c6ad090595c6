"""The Data tab: the images of the data set, its split, its distortions, and its doubtful labels."""

from tui.panels.data.averages import AveragesPage
from tui.panels.data.dataset_view import DatasetView
from tui.panels.data.distortions import DistortionsPage
from tui.panels.data.doubtful_labels import DoubtfulPage
from tui.panels.data.overview import OverviewPage
from tui.panels.data.pixels import PixelsPage
from tui.panels.data.samples import SamplesPage
from tui.panels.page import Page
from tui.session.background import BackgroundThread


def data_pages(background: BackgroundThread) -> dict[str, Page]:
    """Return the pages of the tab; what they look at is worked out once for all of them."""
    library = DatasetView(background)
    return {
        "overview": OverviewPage(library),
        "samples": SamplesPage(library),
        "averages": AveragesPage(library),
        "pixels": PixelsPage(library),
        "distortions": DistortionsPage(library),
        "doubtful": DoubtfulPage(background),
    }
