"""Decides which predictions the Mistakes tab shows, and when to ask for newer ones. No Textual."""

from dataclasses import replace

from engine.analysis.image_selection import ImageFilter, ImageSelection
from engine.events import Explanation, Predictions
from tui.session.run_state import Phase, RunState

Source = tuple[str, int]
"""Which matrix predictions belong to: split and epoch."""

Question = tuple[str, int, int]
"""Split, index of the image in its file, and the class that it was taken for."""


class ShownSelection:
    """Keeps one album open until newer predictions are asked for or the run ends.

    So no image is taken away while someone looks at it. `cell_epoch` is the epoch at which a cell of the
    matrix was opened; `earlier_epoch` the one whose matrix is wanted instead of the newest;
    `ended_meanwhile` says that the album turned to the test set when the run ended.
    """

    def __init__(self) -> None:
        self.state = RunState()
        self.selection: ImageSelection | None = None
        self.choice = ImageFilter()
        self.cell_epoch: int | None = None
        self.earlier_epoch: int | None = None
        self.ended_meanwhile = False
        self._run: str | None = None
        self._turning = False
        self._asked: tuple[Source, Predictions | None] | None = None

    def compute(self, state: RunState) -> Source | None:
        """Keep the album, or put another in its place. Returns which predictions to ask for, if any."""
        self.state = state
        confusion = state.confusion
        run = state.started.run if state.started else None
        if self._run not in (None, run):
            self.selection, self.choice, self.cell_epoch = None, self.choice.without_classes, None
            self.earlier_epoch, self.ended_meanwhile = None, False
        self._run = run
        if confusion is None:
            self.selection = self._asked = None
            return None
        source = confusion[1:] if self.earlier_epoch is None else ("validation", self.earlier_epoch)
        if self.selection is not None and self._turning and source_of(self.selection.predictions) != source:
            self.selection = None
        if self.selection is not None and self.selection.predictions.split != source[0]:
            self.selection, self.cell_epoch, self.ended_meanwhile = None, None, True
        wanted = self.selection is None and self._fetch(source)
        self._turning = self._turning and self.selection is None
        return source if wanted else None

    def _fetch(self, source: Source) -> bool:
        """Open an album of the predictions that are there, or ask for newer ones, once for each epoch.

        An answer to the question counts even if another epoch has ended since: in a quick run one always has.
        """
        there = self.state.predictions
        if there is not None:
            answered = self._asked is not None and self._asked[1] is not there
            if answered and self.earlier_epoch is not None and there.split != source[0]:
                self.earlier_epoch, self.ended_meanwhile = None, True  # no validation is kept any more
                source = source_of(there)
            if there.split == source[0] and (answered or there.epoch == source[1]):
                self.selection, self._asked = ImageSelection(there, self.choice), None
                return False
        if self.state.phase is Phase.FAILED or (self._asked is not None and self._asked[0] == source):
            return False
        self._asked = source, self._asked[1] if self._asked else there
        return True

    def open_cell(self, true: int, predicted: int, epoch: int | None = None) -> None:
        """Turn to the images of one cell of a confusion matrix, the newest or an earlier epoch's."""
        self._turning, self._run, self.earlier_epoch = True, None, epoch
        self.choose(replace(self.choice, true=true, predicted=predicted))
        if self.selection is not None:
            self.selection.go_to(0)
        confusion = self.state.confusion
        self.cell_epoch = epoch or (confusion[2] if confusion else None)

    def choose(self, choice: ImageFilter) -> None:
        """Look at other images of the same predictions, or at the same ones in another order."""
        self.choice, self.cell_epoch = choice, None
        if self.selection is not None:
            self.selection = self.selection.with_filter(choice)

    def turn_to_newest(self) -> None:
        """Want what the newest weights make of the images."""
        self._turning, self.cell_epoch, self.earlier_epoch = True, None, None

    @property
    def newer(self) -> Source | None:
        """The newest predictions that may be asked for, if they are not those that are browsed."""
        confusion = self.state.confusion if self.state.stored is None else None
        if (
            self.selection is None
            or confusion is None
            or confusion[1:] == source_of(self.selection.predictions)
        ):
            return None
        return confusion[1:]


class ExplanationRequest:
    """What is asked about the image that is looked at, once, and the answer when it has come.

    An answer stays true of the weights that it names, so the same image is not asked about again until
    `forget` is called.
    """

    def __init__(self) -> None:
        self.answer: Explanation | None = None
        self._asked: Question | None = None
        self._before: Explanation | None = None

    def forget(self) -> None:
        """Let the next question be asked, whatever it is."""
        self.answer = self._asked = None

    def ask(self, selection: ImageSelection | None, state: RunState) -> Question | None:
        """Take the answer from `state`, or return the question if it has to be asked."""
        question, came = question_of(selection), state.explanation
        if question != self._asked:
            self.forget()
            if question is not None and state.phase is not Phase.FAILED:
                self._asked, self._before = question, came
                return question
        elif came is not self._before and came is not None and _question_answered(came) == question:
            self.answer = came
        return None


def question_of(selection: ImageSelection | None) -> Question | None:
    """Return what there is to ask about the image that is looked at; None where it is not to be told."""
    if not selection or selection.rival is None:
        return None
    return selection.predictions.split, selection.index, selection.rival


def _question_answered(explanation: Explanation) -> Question:
    return explanation.split, explanation.index, explanation.other


def source_of(predictions: Predictions) -> Source:
    """Return which matrix predictions belong to."""
    return predictions.split, predictions.epoch
