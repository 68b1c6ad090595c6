"""What opens the learning-rate finder over the tabs, and takes its suggestion into the form."""

from typing import TYPE_CHECKING

from tui.app.archive_desk import ArchiveDesk
from tui.text.language import _

if TYPE_CHECKING:
    from tui.panels.learning_rate_finder import FinderPanel


class FinderDesk(ArchiveDesk, inherit_bindings=False):
    """An app that finds learning rates with what its form says."""

    async def action_find_learning_rate(self) -> None:
        """Open the finder and try rates; close it, if it is open."""
        if self._tabs.above is not None:
            self._tabs.uncover()
        elif self._is_standing:
            from tui.panels.learning_rate_finder import FinderPanel

            await self._find(FinderPanel(self._laboratory))

    async def on_finder_panel_again(self, message: "FinderPanel.Again") -> None:
        """Try once more."""
        await self._find(message.finder)

    async def _find(self, finder: "FinderPanel") -> None:
        """Try learning rates, unless a field of the form is not valid."""
        hyperparameters = self._drawer.hyperparameters()
        if hyperparameters is None:
            words = _("No learning rate is tried: a field of the form is not valid.")
            self.notify(words, severity="error", timeout=10, markup=False)
            return
        if not finder.is_attached:
            self._drawer.uncover()
            await self._tabs.cover(finder)
        finder.find(hyperparameters, in_run=self.state.active)

    def on_finder_panel_taken(self, message: "FinderPanel.Taken") -> None:
        """Put the suggestion into the form; a run that is active has it at once."""
        self._drawer.change({"learning_rate": message.learning_rate})
        self._tabs.uncover()
        words = _("learning_rate is {rate:g} in the form; ctrl+z there takes it back.")
        self.notify(words.format(rate=message.learning_rate), markup=False)

    def on_finder_panel_closed(self) -> None:
        """Show the open tab again."""
        self._tabs.uncover()

    async def _rebuild(self) -> None:
        was_open = self._tabs.above is not None
        await super()._rebuild()
        if was_open:
            await self.action_find_learning_rate()
