"""A workshop folder in the app: how each step stands, and what is checked next."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import system_reason
from engine.sentences import N_, Sentence
from engine.storage.marks import Marks
from engine.workshop.steps import BY_NAME, NETWORK_FILE, STEPS, Step, steps_of, with_dependencies
from engine.workshop.texts import solution
from tui.session.workshop.check import Check, Checker
from tui.session.workshop.files import Key, WorkshopFiles
from tui.text.language import language

if TYPE_CHECKING:
    from engine.workshop.sandbox import StepResult

HINTS = 3
MAX_RESULTS = 400
"""How many results are kept, so that what is put back to what it was need not be checked again."""
NOT_BEGUN = ("not_written", "missing_file")


class StepState(Enum):
    """How a step stands."""

    UNKNOWN = auto()
    """Not checked since the last change."""
    CHECKING = auto()
    NOT_BEGUN = auto()
    PASSES = auto()
    FAILS = auto()
    WAITS = auto()
    """It builds on a step that does not pass."""


@dataclass(frozen=True)
class StepStatus:
    """How a step stands, what its check gave, and the step that it waits for."""

    state: StepState
    result: "StepResult | None" = None
    waits_for: str = ""


class Workshop:
    """The steps of one folder. How they stand follows from the files alone: nothing about that is kept.

    step: the one that is looked at, which is checked first; while it passes, one that fails takes its place
    hints: how many of each are shown
    shown: the steps whose solution is shown; solutions: those of which it ever was
    complaint: why nothing can be checked
    """

    def __init__(self, home: Path | None, folder: Path | None = None, checker: Checker | None = None) -> None:
        """Begin with a folder, if one was chosen before; keep what was shown in `home`, if anywhere."""
        self.home = home
        self.step = STEPS[0].name
        self.hints: dict[str, int] = {}
        self.shown: set[str] = set()
        self.solutions = Marks(home, "solutions-seen.json")
        self.complaint: Sentence | None = None
        self._checker = checker
        self._check: Check | None = None
        self._results: dict[tuple[str, str], StepResult] = {}  # by step, or file, and the text
        self._files: WorkshopFiles | None = None
        self._chooses_step = True
        self._was_there = self._was_saved = False
        if folder is not None:
            self.open(folder)

    # The folder

    def open(self, folder: Path) -> None:
        """Go on with another folder."""
        self.close()
        self._files = WorkshopFiles(folder)
        self._chooses_step = True
        self.step = STEPS[0].name
        self.hints.clear()
        self.shown.clear()

    @property
    def folder(self) -> Path | None:
        """Where the files are; None while none was chosen."""
        return self._files.folder if self._files is not None else None

    @property
    def is_there(self) -> bool:
        """Whether the folder can be worked in."""
        return self.folder is not None and os.path.isdir(self.folder)  # noqa: PTH112 (Path raises)

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts that were read, by the names of the files."""
        return self._files.texts if self._files is not None else {}

    @property
    def lacks_files(self) -> bool:
        """Whether one of the two files is not there."""
        refused = self._files.refused.values() if self._files is not None else ()
        return not self.is_there or any(diagnosis == "missing_file" for _sentence, diagnosis in refused)

    def make_files(self) -> dict[str, bool]:
        """Write the files that are not there; return for each whether it was written.

        Raises:
            WorkshopError: when one cannot be written.
        """
        from engine.workshop.folder import make_files

        folder = self.folder or default_folder(self.home)
        written = make_files(folder, language())
        if self.folder is None:
            self.open(folder)
        return written

    def put_back(self) -> Path | None:
        """Put the stub of the step back; return where the old text is kept.

        Raises:
            WorkshopError: when that cannot be done.
        """
        from engine.workshop.folder import put_back

        assert self.folder is not None
        step = BY_NAME[self.step]
        _path, kept = put_back(self.folder, step.part, step, language())
        return kept

    def path_of(self, step: str) -> Path | None:
        """Return the file that a step is written in."""
        return self.folder / BY_NAME[step].file if self.folder is not None else None

    def line_of(self, step: str) -> int:
        """Return the line to begin with: the one that the result tells of, or where the step stands."""
        from engine.workshop.outline import line_of

        result = self.status(step).result
        line = None if result is None else result.message.values.get("line")
        named = result is not None and result.message.values.get("file") == BY_NAME[step].file
        if named and isinstance(line, int):
            return line
        return line_of(BY_NAME[step], self.texts.get(BY_NAME[step].file, ""))

    # Hints

    def next_hint(self) -> bool:
        """Show one more hint of the step; return False where all are shown."""
        count = self.hints.get(self.step, 0)
        self.hints[self.step] = min(HINTS, count + 1)
        return count < HINTS

    def show_solution(self) -> None:
        """Show the solution of the step, which leaves a mark."""
        self.shown.add(self.step)
        self.solutions.add(self.step)

    def solution_of(self, step: str) -> str:
        """Return one way to write a step; empty for one in which nothing is written."""
        from engine.workshop.outline import functions_of

        return functions_of(BY_NAME[step], solution(BY_NAME[step].part))

    # How the steps stand

    def status(self, step: str) -> StepStatus:
        """Return how a step stands."""
        return self.statuses()[step]

    def statuses(self) -> dict[str, StepStatus]:
        """Return how each step stands."""
        found: dict[str, StepStatus] = {}
        checked = self._check.left[0] if self._check is not None and self._check.left else None
        for step in STEPS:
            result = self._result(step)
            below = [found[name] for name in step.depends]
            if result is not None:
                found[step.name] = StepStatus(_state_of(result), result)
            elif any(one.state in (StepState.UNKNOWN, StepState.CHECKING) for one in below):
                found[step.name] = StepStatus(StepState.UNKNOWN)
            elif wanting := next((name for name in step.depends if not _passes(found[name])), None):
                cause = found[wanting].waits_for or wanting
                found[step.name] = StepStatus(StepState.WAITS, None, cause)
            else:
                is_checked = step.name == checked
                found[step.name] = StepStatus(StepState.CHECKING if is_checked else StepState.UNKNOWN)
        return found

    def _result(self, step: Step) -> "StepResult | None":
        from engine.workshop.sandbox import StepResult

        if self._files is not None and (refused := self._files.refused.get(step.part)):
            sentence, diagnosis = refused
            return StepResult(step.name, False, diagnosis, sentence)
        for text in self._keys.get(step.name, ()):
            if result := self._results.get((step.name, text)) or self._results.get((step.file, text)):
                return result
        return None

    def passes(self, part: int) -> bool:
        """Whether all steps of a part pass."""
        statuses = self.statuses()
        return all(_passes(statuses[step.name]) for step in steps_of(part))

    @property
    def textbook(self) -> "StepResult | None":
        """What the step `train` gives for the textbook's network, once part 1 passes."""
        return self._results.get(("train", solution(1)))

    # Looking and checking

    def look_at(self, step: str) -> None:
        """Look at another step."""
        self.step = step
        self._chooses_step = False

    def poll(self) -> bool:
        """Take in what has come of the check, read files that were saved, check what has to be checked.

        It is called several times a second, and returns whether anything has changed.
        """
        was_there, self._was_there = self._was_there, self.is_there
        if self._files is None or not self._was_there:
            return was_there
        changed = self._take_results() or not was_there
        were_read = bool(self.texts)
        if self._files.poll():
            changed, self._was_saved = True, were_read
            if self._check is None or self._is_outdated(self._check, self._files.keys):
                self.close()
        if self._check is None and self.complaint is None:
            changed = self._check_next(self._files) or changed
        return changed

    def check_again(self) -> None:
        """Forget what came of the step, so that it is checked anew."""
        for text in self._keys.get(self.step, ()):
            for about in (self.step, BY_NAME[self.step].file):
                self._results.pop((about, text), None)
        self.close()

    def close(self) -> None:
        """End the check that is under way, and its process."""
        self.complaint = None
        if self._check is not None:
            self._check.stop.set()
            self._check = None

    @property
    def _keys(self) -> Mapping[str, Key]:
        return self._files.keys if self._files is not None else {}

    def _is_outdated(self, check: Check, keys: Mapping[str, Key]) -> bool:
        """Whether a check is of another text, or leaves out the step that is looked at."""
        return any(keys.get(name) != check.keys[name] for name in check.left) or (
            self.step in self._wanted() and self.step not in check.left
        )

    def _take_results(self) -> bool:
        changed = False
        check = self._check
        for result in check.results() if check is not None else ():
            assert check is not None
            changed = True
            if result is None:
                self._check = None
                if check.left and self.complaint is None:
                    self.complaint = Sentence(N_("The check ended before its end; c checks again."))
            elif isinstance(result, OSError):
                reason = {"reason": system_reason(result)}
                self.complaint = Sentence(N_("The process of the check cannot be started: {reason}."), reason)
            elif result.step in check.left:
                check.left.remove(result.step)
                if result.checked:
                    deciding, whole = check.keys[result.step]
                    about = BY_NAME[result.step].file if result.of_file else result.step
                    is_exact = result.of_file or _tells_line(result.message)
                    self._results[about, whole if is_exact else deciding] = result
                    is_wrong = _state_of(result) is StepState.FAILS
                    if self._was_saved and is_wrong and _passes(self.status(self.step)):
                        self.step = result.step  # what was just written is another step than the one in view
        for key in list(self._results)[:-MAX_RESULTS]:
            del self._results[key]
        return changed

    def _wanted(self) -> list[str]:
        """Return the steps that have to be checked."""
        unknown = (StepState.UNKNOWN, StepState.CHECKING)
        found = self.statuses().items()
        return [name for name, status in found if status.state in unknown and name in self._keys]

    def _check_next(self, files: WorkshopFiles) -> bool:
        """Check what has to be: first the step that is looked at, then the others of its part."""
        wanted = [BY_NAME[name] for name in self._wanted()]
        looked_at = BY_NAME[self.step]
        if wanted:
            first = [step for step in with_dependencies([looked_at]) if step in wanted]
            batch = first or [step for step in wanted if step.part == looked_at.part] or wanted
            self._begin(files.folder, files.texts, wanted if self._chooses_step else batch, files.keys)
        elif self._chooses_step:
            self._chooses_step = False
            self.step = next((name for name, one in self.statuses().items() if not _passes(one)), "train")
        elif self.textbook is None and self.passes(1):
            text = solution(1)
            self._begin(files.folder, {NETWORK_FILE: text}, [BY_NAME["train"]], {"train": (text, text)})
        else:
            return False
        return True

    def _begin(
        self, folder: Path, texts: Mapping[str, str], steps: Sequence[Step], keys: Mapping[str, Key]
    ) -> None:
        if self._checker is None:
            from engine.workshop.checking import check_texts

            self._checker = check_texts
        self._check = Check(self._checker, folder, dict(texts), steps, keys)


def default_folder(home: Path | None) -> Path:
    """Return where a workshop is made unless a person says otherwise: here, or among the program's files."""
    here = Path("mlp-workshop")
    if home is not None and not os.access(".", os.W_OK):
        return home / here
    return here.absolute()


def _state_of(result: "StepResult") -> StepState:
    if result.passed:
        return StepState.PASSES
    return StepState.NOT_BEGUN if result.diagnosis in NOT_BEGUN else StepState.FAILS


def _passes(status: StepStatus) -> bool:
    return status.state is StepState.PASSES


def _tells_line(sentence: Sentence) -> bool:
    """Whether a sentence tells a line of the file, which moves with what stands above it."""
    return bool(sentence.values.get("line")) or any(
        isinstance(value, Sentence) and _tells_line(value) for value in sentence.values.values()
    )
