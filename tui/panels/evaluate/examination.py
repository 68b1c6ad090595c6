"""What the pages of the Evaluate tab have in common: the images that they try a network on."""

from typing import TYPE_CHECKING

from engine.errors import StoreError
from tui.archive import Archive
from tui.laboratory import Laboratory
from tui.language import plural
from tui.panels.page import Page, weights_in_words
from tui.run_state import RunState
from tui.sentences import looks_in_words
from tui.widgets.words import FixedWords

if TYPE_CHECKING:
    from engine.training.subject import Subject


class Looks:
    """Counts how often a person looked at a data set's test score: once for each network that is examined."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._counted: tuple[str, int] | None = None
        self.looks: int | None = None

    async def count(self, subject: "Subject") -> None:
        """Count a look, unless this network's was counted."""
        network = subject.run, subject.epoch
        if network != self._counted:
            self._counted = network
            try:
                self.looks = await self._archive.ask(
                    lambda store: store.count_look(subject.dataset.fingerprint)
                )
            except StoreError:
                self.looks = None


def split_of(state: RunState) -> str:
    """Return the images to examine a network on: those of the test set only once the run has been tested."""
    ended = state.ended
    return "test" if ended is not None and ended.test_accuracy is not None else "validation"


class ExaminationPage(Page):
    """A page that tries the network on the images that were held out of training, or on the test set."""

    DEFAULT_CSS = """
    ExaminationPage {
        & > .examination--heading { height: 1; }
        & > .examination--words { height: auto; max-height: 5; }
    }
    """

    def __init__(self, laboratory: Laboratory, looks: Looks) -> None:
        super().__init__(laboratory)
        self.looks = looks
        self.heading = FixedWords(classes="examination--heading", markup=False)

    async def examined(self) -> "tuple[Subject, str] | None":
        """Return the network and the split to try it on; a look at the test set is counted."""
        subject, split = await self.subject(), split_of(self.state)
        if subject is None:
            return None
        if split == "test":
            await self.looks.count(subject)
        return subject, split

    def say_what(self, subject: "Subject", split: str, images: int) -> None:
        """Say which images and which weights the figures are of."""
        if split == "test":
            words = plural("{count:,} test image", "{count:,} test images", images)
        else:
            words = plural("{count:,} validation image", "{count:,} validation images", images)
        words += ", " + weights_in_words(subject)
        if split == "test" and self.looks.looks is not None:
            words += ". " + looks_in_words(self.looks.looks)
        self.heading.say(words)
