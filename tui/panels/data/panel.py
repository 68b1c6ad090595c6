"""The Data tab: its pages, and the line that opens another data set."""

from collections.abc import Mapping
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from engine.data.location import Location, absolute, parse_location
from engine.errors import EngineError
from engine.sentences import N_
from engine.specification import printable
from tui.panels.messages import DataOpened
from tui.panels.page import Page
from tui.panels.paged_panel import PagedPanel
from tui.session.available_actions import question, refusal
from tui.session.background import BackgroundThread
from tui.session.settings import Settings
from tui.text.language import _, translate
from tui.text.phrases import NO_MEMORY
from tui.widgets.file_prompt import FilePrompt

INSIDE = ""
"""What the list calls the data in the program itself; no path is empty."""


class DataPanel(PagedPanel):
    """Pages about the data, and a line that asks for others: they are read in the background thread.

    `o` asks. What cannot be read is told below the line, and everything stays as it was.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open_data", N_("Open data"), tooltip=N_("Open another data set for the next run"))
    ]

    def __init__(
        self,
        pages: Mapping[str, Page],
        active: str | None,
        background: BackgroundThread,
        settings: Settings,
    ) -> None:
        """Hold these pages; `settings` know which data sets were opened last."""
        super().__init__(pages, active, id="data")
        self._background = background
        self._settings = settings
        self._asked: tuple[Location | None, str | None] | None = None

    def action_open_data(self) -> None:
        """Ask for another data set, unless a run is active."""
        if reason := refusal("open_data", self._state):
            self.notify(reason, severity="warning", markup=False)
        elif not self.query(FilePrompt):
            recent = {place: printable(place, 200) for place in self._settings.recent_data}
            prompt = FilePrompt(
                False,
                "",
                title=_("Open a data set: a folder, an .npz, or a .csv"),
                example="train.csv",
                more=_("; --shape 28x28, --test-size 0.2 may follow"),
                choices=recent | {INSIDE: _("MNIST, in the program itself")},
            )
            self.mount(prompt)

    @on(FilePrompt.Chosen)
    def _path_given(self, message: FilePrompt.Chosen) -> None:
        message.stop()
        self._take(str(message.path))

    @on(FilePrompt.Picked)
    def _place_picked(self, message: FilePrompt.Picked) -> None:
        message.stop()
        self._take(message.choice)

    def _take(self, text: str) -> None:
        try:
            place = absolute(parse_location(text)) if text else None
        except EngineError as error:
            self._complain(translate(error))
        else:
            self._open(place)

    @work(exclusive=True, group="open")
    async def _open(self, place: Location | None) -> None:
        if self._is_refused(place):
            return
        for prompt in self.query(FilePrompt):
            prompt.say(_("The data is being read …"))
        try:
            dataset = await self._background.reload(place)
        except EngineError as error:
            self._complain(translate(error))
            return
        except MemoryError:
            self._complain(translate(NO_MEMORY))
            return
        if self.query(FilePrompt) and not self._is_refused(place):  # it was not given up, and no run began
            await self._close()
            self.open("overview")
            self.post_message(DataOpened(place, dataset.summary()))

    @property
    def _run(self) -> str | None:
        return self._state.started.run if self._state.started else None

    def _is_refused(self, place: Location | None) -> bool:
        """Whether the data may not be opened now, which is said; what is lost by it is asked for once."""
        reason = refusal("open_data", self._state)
        if reason is None and self._asked != (place, self._run):
            reason = question("open_data", self._state)
            self._asked = place, self._run
        if reason is not None:
            self._complain(reason)
        return reason is not None

    def _complain(self, text: str) -> None:
        for prompt in self.query(FilePrompt):
            prompt.complain(text)

    @on(FilePrompt.GivenUp)
    async def _given_up(self, message: FilePrompt.GivenUp) -> None:
        message.stop()
        await self._close()

    async def _close(self) -> None:
        """Ask no more, and give the keys back to the page."""
        await self.query(FilePrompt).remove()
        self.page.take_focus()
