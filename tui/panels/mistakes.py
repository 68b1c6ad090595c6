"""The Mistakes tab: the images that the network misread, one at a time, and what it made of them."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from engine.events import Predictions
from engine.wording import N_
from tui.browsing import Album
from tui.language import _, plural
from tui.messages import PredictionsWanted
from tui.panels.placeholder import what_is_missing
from tui.run_state import Phase, RunState
from tui.sentences import percent
from tui.widgets.digit import Digit
from tui.widgets.probability_bars import ProbabilityBars
from tui.widgets.words import Words


class MistakesPanel(Vertical, can_focus=True):
    """One misread image large, the probabilities beside it, and a way through all of them.

    The predictions that are browsed stay until newer ones are asked for or the run ends, so that no image
    is taken away while someone looks at it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,k", "browse(-1)", N_("Previous"), tooltip=N_("The image before this one")),
        Binding("right,j", "browse(1)", N_("Next"), tooltip=N_("The image after this one")),
        Binding("home", "turn_to(0)", N_("First"), show=False, tooltip=N_("The surest one")),
        Binding("end", "turn_to(-1)", N_("Last"), show=False, tooltip=N_("The least sure one")),
        Binding("a,escape", "show_all", N_("All mistakes"), tooltip=N_("Not one cell alone")),
        Binding("u", "newest", N_("Newest epoch"), tooltip=N_("What the newest weights misread")),
    ]
    DEFAULT_CSS = """
    MistakesPanel {
        padding: 0 1;
        & > .mistakes--heading { height: auto; margin-bottom: 1; }
        & > .mistakes--nothing {
            display: none;
            height: 1fr;
            content-align: center middle;
            text-align: center;
            color: $text-muted;
        }
        & > Horizontal { height: 1fr; }
        & .mistakes--beside { width: 36; padding-left: 2; }
        & .mistakes--verdict { height: auto; margin-bottom: 1; }
        &.-nothing > .mistakes--nothing { display: block; }
        &.-nothing > Horizontal { display: none; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._state = RunState()
        self._run: str | None = None
        self._album: Album | None = None
        self._cell: tuple[int, int] | None = None
        self._cell_epoch: int | None = None
        self._want_newest = False
        self._asked: tuple[tuple[str, int], Predictions | None] | None = None
        self._ended_meanwhile = False
        self._drawn: tuple[object, ...] = ()
        self._heading = Words(classes="mistakes--heading")
        self._nothing = Words(classes="mistakes--nothing", markup=False)
        self._verdict = Words(classes="mistakes--verdict")
        self._digit = Digit()
        self._bars = ProbabilityBars()

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        yield self._nothing
        with Horizontal():
            yield self._digit
            with Vertical(classes="mistakes--beside"):
                yield self._verdict
                yield self._bars

    # Which images

    def show(self, state: RunState) -> None:
        """Draw the mistakes of `state`, or ask for them."""
        self._state = state
        self._choose_album()
        self._draw()

    def show_cell(self, true: int, predicted: int) -> None:
        """Show the images of one cell of the newest confusion matrix, and no others."""
        self._cell, self._want_newest, self._run = (true, predicted), True, None
        confusion = self._state.confusion
        self._cell_epoch = confusion[2] if confusion else None
        self.show(self._state)

    def _choose_album(self) -> None:
        """Keep the album that is browsed, put a newer one in its place, or ask for one."""
        state, confusion = self._state, self._state.confusion
        run = state.started.run if state.started else None
        if self._run not in (None, run):
            self._album = self._cell = self._cell_epoch = None
            self._ended_meanwhile = False
        self._run = run
        if confusion is None:
            self._album = self._asked = None
            return
        source = confusion[1:]
        if self._album is not None and self._album.predictions.split != source[0]:
            self._album, self._cell_epoch, self._ended_meanwhile = None, None, True
        if self._album is not None and self._want_newest and _source(self._album.predictions) != source:
            self._album = None
        if self._album is not None and self._album.cell != self._cell:
            self._album = Album(self._album.predictions, self._cell)
        if self._album is None:
            self._fetch(source)
        self._want_newest = self._want_newest and self._album is None

    def _fetch(self, source: tuple[str, int]) -> None:
        """Open an album of the predictions that are there, or ask for newer ones, once for each epoch.

        An answer to the question counts even if another epoch has ended since: in a quick run one always has.
        """
        there = self._state.predictions
        if there is not None and there.split == source[0]:
            answered = self._asked is not None and self._asked[1] is not there
            if answered or there.epoch == source[1]:
                self._album, self._asked = Album(there, self._cell), None
                return
        if self._state.phase is not Phase.FAILED and (self._asked is None or self._asked[0] != source):
            before = self._asked[1] if self._asked else there
            self._asked = source, before
            self.post_message(PredictionsWanted())

    @property
    def _newer_epoch(self) -> int | None:
        """The epoch whose predictions may be asked for, if it is not the one that is browsed."""
        confusion = self._state.confusion
        if self._album is None or confusion is None or confusion[2] == self._album.predictions.epoch:
            return None
        return confusion[2]

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what would do something."""
        album = self._album
        match action:
            case "browse":
                if not album:
                    return False
                at = album.at + int(str(parameters[0]))
                return True if 0 <= at < len(album) else None
            case "turn_to":
                return bool(album)
            case "show_all":
                return self._cell is not None
            case "newest":
                return self._newer_epoch is not None and self._state.phase is not Phase.FAILED
        return True

    def action_browse(self, by: int) -> None:
        """Go on by so many images."""
        if self._album:
            self.action_turn_to(self._album.at + by)

    def action_turn_to(self, at: int) -> None:
        """Go to an image; -1 is the last."""
        if self._album:
            self._album.turn_to(len(self._album) - 1 if at == -1 else at)
            self._draw()

    def action_show_all(self) -> None:
        """Show all mistakes again."""
        self._cell = self._cell_epoch = None
        self.show(self._state)

    def action_newest(self) -> None:
        """Ask for what the newest weights make of the images."""
        self._want_newest, self._cell_epoch = True, None
        self.show(self._state)

    # Drawing

    def _draw(self) -> None:
        """Draw what has changed."""
        album, missing = self._album, self._what_is_missing()
        heading = self._heading_words()
        drawn = (id(album), album.at if album else 0, missing, heading)
        if drawn == self._drawn:
            return
        self._drawn = drawn
        self._heading.say(heading)
        self.set_class(bool(missing), "-nothing")
        self._nothing.say(missing)
        if album and not missing:
            self._digit.image = album.image
            self._verdict.say(_verdict(album))
            self._bars.show(album.probabilities, album.true)
        self.refresh_bindings()

    def _what_is_missing(self) -> str:
        """Say why there is no image to show; empty if there is one."""
        if self._state.confusion is None:
            about = _("Here you look at the images that the network misreads.")
            return f"{about}\n\n{what_is_missing(self._state)}"
        if self._album is None and self._state.phase is Phase.FAILED:
            return _("The images were lost with the run. ctrl+r starts another.")
        if self._album is None:
            return _("Fetching the images …")
        if len(self._album) == 0 and self._cell:
            return _("No image of {true} was read as {predicted}.").format(
                true=self._cell[0], predicted=self._cell[1]
            )
        if len(self._album) == 0:
            images = len(self._album.predictions.labels)
            return plural(
                "No mistakes: {count:,} image, read correctly.",
                "No mistakes: all {count:,} images were read correctly.",
                images,
            )
        return ""

    def _heading_words(self) -> Content:
        """Return what is shown: the filter, whose predictions, and whether there are newer ones."""
        title = _("All mistakes")
        if self._cell is not None:
            true, predicted = self._cell
            words = _("{true} read correctly") if true == predicted else _("{true} read as {predicted}")
            title = words.format(true=true, predicted=predicted)
        if self._album is None:
            return Content.styled(title if self._state.confusion else _("Mistakes"), "bold")
        split, epoch = _source(self._album.predictions)
        where = (
            _("test set, weights of epoch {epoch}, surest first")
            if split == "test"
            else _("validation set, epoch {epoch}, surest first")
        ).format(epoch=epoch)
        return Content.assemble((title, "bold"), (f"  {where}", "$foreground-muted"), self._remark(epoch))

    def _remark(self, epoch: int) -> tuple[str, str]:
        """Return what should be known about the set that is browsed, as text and style."""
        words = ""
        if self._cell and self._cell_epoch not in (None, epoch):
            words = _("The cell was opened at epoch {opened}; since then the network has learned on.")
        elif self._newer_epoch is not None:
            words = _("Epoch {newer} has ended: u shows its mistakes.")
        elif self._ended_meanwhile:
            words = _("The run has ended: these are images of the test set now.")
        words = words.format(opened=self._cell_epoch, newer=self._newer_epoch)
        return (f"\n{words}" if words else "", "$text-warning")


def _source(predictions: Predictions) -> tuple[str, int]:
    return predictions.split, predictions.epoch


def _verdict(album: Album) -> Content:
    """Return which image this is, what it is, and what it was read as."""
    place = _("test image {index:,}") if album.predictions.split == "test" else _("training image {index:,}")
    what = (
        _("A {true}, read correctly") if album.true == album.predicted else _("A {true}, read as {predicted}")
    )
    sure = _("{share} sure").format(share=percent(album.probabilities[album.predicted]))
    where = _("{position:,} of {count:,}").format(position=album.at + 1, count=len(album))
    return Content.assemble(
        (what.format(true=album.true, predicted=album.predicted), "bold"),
        f", {sure}\n",
        (f"{where}  ·  {place.format(index=album.index)}", "$foreground-muted"),
    )
