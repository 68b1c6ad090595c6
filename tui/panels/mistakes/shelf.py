"""Which album lies open, when newer predictions are asked for, and what an image is asked. No Textual."""

from dataclasses import replace

from engine.events import Explanation, Predictions
from tui.browsing import Album, Choice
from tui.run_state import Phase, RunState

Question = tuple[str, int, int]
"""Split, index of the image in its file, and the class that it was taken for."""


class Shelf:
    """Keeps one album open until newer predictions are asked for or the run ends.

    So no image is taken away while someone looks at it. `cell_epoch` is the epoch at which a cell of the
    matrix was opened; `ended_meanwhile` says that the album turned to the test set when the run ended.
    """

    def __init__(self) -> None:
        self.state = RunState()
        self.album: Album | None = None
        self.choice = Choice()
        self.cell_epoch: int | None = None
        self.ended_meanwhile = False
        self._run: str | None = None
        self._want_newest = False
        self._asked: tuple[tuple[str, int], Predictions | None] | None = None

    def look(self, state: RunState) -> bool:
        """Keep the album, or put a newer one in its place. Returns whether to ask for predictions."""
        self.state = state
        confusion = state.confusion
        run = state.started.run if state.started else None
        if self._run not in (None, run):
            self.album, self.choice, self.cell_epoch = None, self.choice.everything, None
            self.ended_meanwhile = False
        self._run = run
        if confusion is None:
            self.album = self._asked = None
            return False
        source = confusion[1:]
        if self.album is not None and self.album.predictions.split != source[0]:
            self.album, self.cell_epoch, self.ended_meanwhile = None, None, True
        if self.album is not None and self._want_newest and source_of(self.album.predictions) != source:
            self.album = None
        wanted = self.album is None and self._fetch(source)
        self._want_newest = self._want_newest and self.album is None
        return wanted

    def _fetch(self, source: tuple[str, int]) -> bool:
        """Open an album of the predictions that are there, or ask for newer ones, once for each epoch.

        An answer to the question counts even if another epoch has ended since: in a quick run one always has.
        """
        there = self.state.predictions
        if there is not None and there.split == source[0]:
            answered = self._asked is not None and self._asked[1] is not there
            if answered or there.epoch == source[1]:
                self.album, self._asked = Album(there, self.choice), None
                return False
        if self.state.phase is Phase.FAILED or (self._asked is not None and self._asked[0] == source):
            return False
        self._asked = source, self._asked[1] if self._asked else there
        return True

    def open_cell(self, true: int, predicted: int) -> None:
        """Turn to the images of one cell of the newest confusion matrix, and to no others."""
        self._want_newest, self._run = True, None
        self.choose(replace(self.choice, true=true, predicted=predicted))
        if self.album is not None:
            self.album.turn_to(0)
        confusion = self.state.confusion
        self.cell_epoch = confusion[2] if confusion else None

    def choose(self, choice: Choice) -> None:
        """Look at other images of the same predictions, or at the same ones in another order."""
        self.choice, self.cell_epoch = choice, None
        if self.album is not None:
            self.album = self.album.rechosen(choice)

    def turn_to_newest(self) -> None:
        """Want what the newest weights make of the images."""
        self._want_newest, self.cell_epoch = True, None

    @property
    def newer_epoch(self) -> int | None:
        """The epoch whose predictions may be asked for, if it is not the one that is browsed."""
        confusion = self.state.confusion
        if self.album is None or confusion is None or confusion[2] == self.album.predictions.epoch:
            return None
        return confusion[2]


class Inquiry:
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

    def ask(self, album: Album | None, state: RunState) -> Question | None:
        """Take the answer from `state`, or return the question if it has to be asked."""
        question, came = question_of(album), state.explanation
        if question != self._asked:
            self.forget()
            if question is not None and state.phase is not Phase.FAILED:
                self._asked, self._before = question, came
                return question
        elif came is not self._before and came is not None and _question_answered(came) == question:
            self.answer = came
        return None


def question_of(album: Album | None) -> Question | None:
    """Return what there is to ask about the image that is looked at; None where it is not to be told."""
    if not album or album.rival is None:
        return None
    return album.predictions.split, album.index, album.rival


def _question_answered(explanation: Explanation) -> Question:
    return explanation.split, explanation.index, explanation.other


def source_of(predictions: Predictions) -> tuple[str, int]:
    """Return which matrix predictions belong to: split and epoch."""
    return predictions.split, predictions.epoch
