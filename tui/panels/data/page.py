"""A page about the data alone: it needs no network, but the split that a run makes."""

from typing import ClassVar

from textual import work

from engine.errors import EngineError
from tui.panels.data.dataset_view import DatasetContents, DatasetView, SplitChoice
from tui.panels.page import Page
from tui.text.language import _, translate
from tui.text.phrases import NO_MEMORY


class DataPage(Page):
    """Gets the images and their split, and is told to `present` them when they are others than before."""

    NEEDS_WEIGHTS: ClassVar[bool] = False
    NEEDS_FIGURES: ClassVar[bool] = False
    """Whether all pixels have to be counted first."""

    def __init__(self, library: DatasetView) -> None:
        super().__init__(library.background)
        self.library = library
        self.material: DatasetContents | None = None
        self._choice: SplitChoice | None = None

    def present(self, material: DatasetContents) -> None:
        """Show what there is to see of these images."""

    def compute(self) -> None:
        """Get the images as the run that is shown splits them; the old ones stay until they are there."""
        self._choice = SplitChoice.of(self.state)
        if self.material is None:
            self.show_message(_("The data is being read …"))
        self._get(self._choice)

    def draw(self) -> None:
        """Look again where another run splits the images in another way."""
        if self._choice is not None and SplitChoice.of(self.state) != self._choice:
            self.compute()

    @work(exclusive=True)
    async def _get(self, choice: SplitChoice) -> None:
        dataset = await self.dataset()
        if dataset is None:
            return
        try:
            material = await self.library.material(dataset, choice)
            if self.NEEDS_FIGURES:
                async for share in self.library.survey(material):
                    if self.material is None:
                        self.show_message(_("The pixels are being counted: {share:.0%}").format(share=share))
        except EngineError as error:
            self.show_message(translate(error))
            return
        except MemoryError:
            self.show_message(translate(NO_MEMORY))
            return
        self.material = material
        self.show_message(None)
        self.present(material)
