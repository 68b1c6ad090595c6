"""Data, Doubtful labels: training images that the network confidently predicts as another class."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from engine.sentences import N_
from tui.panels.data import doubtful_labels_phrases as phrases
from tui.panels.data.gallery import GalleryPage
from tui.panels.data.phrases import muted
from tui.session.background import BackgroundThread
from tui.text.class_names import short_name
from tui.text.glyphs import glyph
from tui.text.language import _
from tui.widgets.live_text import FixedText, LiveText
from tui.widgets.option_line import Option, OptionLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from engine.analysis.label_errors import LabelIssues
    from engine.training.trained_network import TrainedNetwork

WHICH = ("all", "validation", "training")
PARTS_IN_TURN = N_("Validation images alone, training images alone, or both")


class Doubtful:
    """The images in doubt, or those of one part, the most doubtful first."""

    def __init__(self, trained: "TrainedNetwork", doubts: "LabelIssues", which: str) -> None:
        import numpy as np

        self.doubts, self.names = doubts, trained.dataset.class_names
        self._images = trained.dataset.train_images
        chosen = {
            "all": np.ones_like(doubts.is_validation),
            "validation": doubts.is_validation,
            "training": ~doubts.is_validation,
        }[which]
        self._numbers = np.flatnonzero(chosen)

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, at: int) -> int:
        """Return which of all doubts it is."""
        return int(self._numbers[at])

    def index(self, at: int) -> int:
        """Return the place of an image among the training images."""
        return int(self.doubts.indices[self._numbers[at]])

    def find(self, index: int | None) -> int:
        """Return where an image is now; the first, if it is not in doubt any more."""
        found = (self.doubts.indices[self._numbers] == index).nonzero()[0]
        return int(found[0]) if len(found) else 0

    def picture(self, at: int) -> "NDArray[np.uint8]":
        """Return one image: `(height, width)`, uint8."""
        image: NDArray[np.uint8] = self._images[self.index(at)]
        return image

    def caption(self, at: int) -> str:
        """Return a sign for one that was not learned from, its label, and what it is predicted as."""
        number = self.number(at)
        arrow = glyph("→", ">")
        sign = f"{phrases.validation_sign()} " if self.doubts.is_validation[number] else ""
        label, predicted = int(self.doubts.labels[number]), int(self.doubts.predicted[number])
        return f"{sign}{short_name(self.names, label)}{arrow}{short_name(self.names, predicted)}"


class DoubtfulPage(GalleryPage):
    """Small images, the most doubtful first; one of them large, with what the network makes of it."""

    TITLE: ClassVar[str] = N_("Doubtful labels")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "turn_part", N_("Part"), tooltip=PARTS_IN_TURN),
    ]
    DEFAULT_CSS = """
    DoubtfulPage {
        & > LiveText { height: auto; }
        & > FixedText { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    def __init__(self, background: BackgroundThread) -> None:
        super().__init__(background)
        self._heading = LiveText()
        self._choices = OptionLine()
        self._progress = FixedText()
        self._which = WHICH[0]
        self._found: tuple[TrainedNetwork, LabelIssues] | None = None
        self._shown: Doubtful | None = None

    def contents(self) -> ComposeResult:
        """Yield the heading, what can be chosen, and the images."""
        yield self._heading
        yield self._choices
        yield self._progress
        yield self.gallery

    def compute(self) -> None:
        """Have the network read all training images; what it said before stays until that is done."""
        if self._found is None or not self.is_of_this_run(self._found[0]):
            self._found = None
            self.show_message(_("The network is being put together …"))
        self.compute_in_turn()

    async def examine(self, trained: "TrainedNetwork") -> None:
        """Have one network read all images, and show what it doubts, unless another run has begun."""
        async for piece in self.background.parts(lambda: _doubts(trained)):
            if not self.is_of_this_run(trained):
                return
            if not isinstance(piece, float):
                self._found = trained, piece
            elif self._found is None:
                self.show_message(phrases.progress(trained, piece))
            else:
                self._progress.set_text(muted(phrases.progress(trained, piece)))
        self._progress.set_text("")
        self.show_message(None)
        self._choose(self._shown.index(self.gallery.at) if self._shown else None)

    def _choose(self, index: int | None = None) -> None:
        """Show the images of the part that was chosen; look at the one with this index, if it is there."""
        if self._found is None:
            return
        trained, doubts = self._found
        self._shown = Doubtful(trained, doubts, self._which)
        self._heading.set_text(phrases.heading(trained, doubts))
        which = phrases.which(self._which)
        self._choices.show([Option("p", which, _(PARTS_IN_TURN), self._which != WHICH[0])])
        self.gallery.show(self._shown, self._shown.find(index))

    def turn(self, at: int | None) -> None:
        """Show the image that is looked at large."""
        shown = self._shown
        if shown is None or at is None or at >= len(shown):
            self.gallery.show_large([None], phrases.none(self._which))
        else:
            self.gallery.show_large(
                [shown.picture(at)], phrases.doubt(shown.doubts, shown.number(at), shown.names)
            )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what would do something."""
        return self._found is not None and super().check_action(action, parameters)

    def action_turn_part(self) -> None:
        """Show validation images alone, then training images alone, then both."""
        self._which = WHICH[(WHICH.index(self._which) + 1) % len(WHICH)]
        self._choose()


def _doubts(trained: "TrainedNetwork") -> "Iterator[float | LabelIssues]":
    from engine.analysis.label_errors import find_label_issues

    return find_label_issues(trained)
