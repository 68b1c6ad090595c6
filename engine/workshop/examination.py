"""Examines one step: runs a person's code on made inputs, compares, and finds out how it is wrong."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from engine.sentences import N_, Sentence
from engine.workshop.exceptions import explain
from engine.workshop.findings import Difference, Finding, MistakeError, seen, wrong
from engine.workshop.observations import Compared, observe
from engine.workshop.reference.network import NONE, Array, Inputs, Mistakes, Outputs, Reference

RELATIVE, ABSOLUTE = 3e-4, 3e-5
"""How far a number may be off: what float32 needs. `ABSOLUTE` is of the largest number."""
RAISED = None
"""Stands for the outputs of a case that raised an exception."""


@dataclass(frozen=True)
class Case:
    """A made input. `title` completes “with ...”; `batch` counts its rows, where it has any.

    sums: for an output's name the weighted sums that decide it, where a mask can be wrong
    """

    title: Sentence
    inputs: Mapping[str, Any]
    batch: int | None = None
    sums: Mapping[str, Array] = field(default_factory=dict)


Call = Callable[[Inputs], Mapping[str, Any]]


@dataclass(frozen=True)
class Examination:
    """What is examined in one step.

    function: what the person wrote, for sentences; names: what an output is called in sentences
    call: runs it on the inputs of a case; what it returns is compared with `reference`
    mistakes: those that the reference can make, with their sentences; tolerance: absolute, by output and case
    whole: outputs that are whole numbers; put_back: inputs that may be changed for a while
    before: an output as it was before the call, where the call changes it; pure: it can be called again
    """

    function: str
    cases: Sequence[Case]
    call: Call
    reference: Reference
    mistakes: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)
    tolerance: Callable[[str, Inputs], float] = lambda name, inputs: 0.0
    whole: frozenset[str] = frozenset()
    put_back: frozenset[str] = frozenset()
    before: Callable[[str, Inputs], Array | None] = lambda name, inputs: None
    pure: bool = True

    def run(self) -> None:
        """Examine it.

        Raises:
            MistakeError: with what was found.
        """
        got: list[Outputs | None] = []
        raised: list[BaseException] = []
        live: list[tuple[Mapping[str, Any], Outputs]] = []
        handed: list[tuple[Inputs, Inputs]] = []
        for case in self.cases:
            inputs = copies(case.inputs)
            handed.append((inputs, case.inputs))
            try:
                results = self.call(inputs)
                outputs = {name: self._array(name, value) for name, value in results.items()}
            except MistakeError:
                raise
            except BaseException as error:
                if isinstance(error, SystemExit | KeyboardInterrupt | MemoryError | RecursionError):
                    raise
                raised.append(error)
                got.append(RAISED)
                continue
            live.append((results, {name: value.copy() for name, value in outputs.items()}))
            got.append({name: value.copy() for name, value in outputs.items()})
        self._look_at_inputs(handed, later=False)
        wanted = [self.reference(case.inputs, NONE) for case in self.cases]
        if not all(self._agrees(at, outputs, wanted[at]) for at, outputs in enumerate(got)):
            raise MistakeError(self._diagnose(got, wanted, raised))
        self._look_after(live, handed)

    def _array(self, name: str, value: object) -> Array:
        label = self.names.get(name, name)
        if value is None:
            raise wrong(N_("{name} is None: a return is missing."), "returns_nothing", name=label)
        if isinstance(value, tuple):
            raise wrong(
                N_("{name} is a tuple of {count} values; one array is wanted."),
                "wrong_type",
                name=label,
                count=len(value),
            )
        try:
            array = np.asarray(value)
        except ValueError:
            raise wrong(
                N_("{name} is a list whose rows differ in length; an array is wanted."), None, name=label
            ) from None
        if array.dtype.kind not in "fiub":
            kind = type(value).__name__
            raise wrong(
                N_("{name} is a {kind}; an array of numbers is wanted."), "wrong_type", name=label, kind=kind
            )
        if (
            name in self.whole
            and array.ndim == 1
            and array.dtype.kind == "f"
            and np.array_equal(array, np.round(array))
        ):
            raise seen_dtype(label, array)
        return array

    def _agrees(self, at: int, got: Outputs | None, wanted: Outputs | None) -> bool:
        """Whether the outputs of a case are those; both may have raised."""
        if got is None or wanted is None:
            return got is wanted
        inputs = self.cases[at].inputs
        return all(
            name in got
            and (same := self._same(name, got[name], wanted[name], inputs)) is not None
            and bool(same.all())
            for name in wanted
        )

    def _same(self, name: str, got: Array, wanted: Array, inputs: Inputs) -> Array | None:
        """Return where two arrays agree; None where their shapes differ."""
        wanted = np.asarray(wanted)
        if got.shape != wanted.shape:
            return None
        finite = np.abs(wanted[np.isfinite(wanted)])
        scale = float(np.max(finite, initial=0.0))
        allowed = ABSOLUTE * scale + self.tolerance(name, inputs)
        with np.errstate(all="ignore"):
            same: Array = np.isclose(
                np.asarray(got, dtype=float),
                np.asarray(wanted, dtype=float),
                rtol=RELATIVE,
                atol=allowed,
                equal_nan=True,
            )
            return same

    def _diagnose(
        self, got: list[Outputs | None], wanted: list[Outputs], raised: list[BaseException]
    ) -> Finding:
        difference = self._difference(got, wanted)
        known = self._known(got, wanted) if len(raised) < len(got) else None
        if known is not None:
            return Finding(known[0], known[1], difference)
        if raised:
            return explain(raised[0])
        if finding := self._kept(got, wanted):
            return Finding(finding.message, finding.diagnosis, difference)
        compared = self._compared(got, wanted)
        finding = observe(compared)
        return Finding(finding.message, finding.diagnosis, difference)

    def _known(self, got: list[Outputs | None], wanted: list[Outputs]) -> tuple[Sentence, str] | None:
        """Return the sentence and the name of the mistake, or of the two, that gives just these numbers."""
        tried: dict[str, bool] = {}
        for count in (1, 2):
            for names in combinations(self.mistakes, count):
                if count == 2 and not all(tried[name] for name in names):
                    continue  # one that shows in no output, or another's double
                same, changes = self._matches(frozenset(names), got, wanted)
                if count == 1:
                    tried[names[0]] = changes
                if same and changes:
                    sentences = [Sentence(self.mistakes[name]) for name in names]
                    if count == 1:
                        return sentences[0], names[0].partition("~")[0]
                    both = {"first": sentences[0], "second": sentences[1]}
                    short = "+".join(name.partition("~")[0] for name in names)
                    return Sentence(N_("Two things at once. {first} {second}"), both), short
        return None

    def _matches(
        self, names: Mistakes, got: list[Outputs | None], wanted: list[Outputs]
    ) -> tuple[bool, bool]:
        """Return whether mistakes give these outputs, and whether they give other than the right ones."""
        same, changes = True, False
        for at, case in enumerate(self.cases):
            with np.errstate(all="ignore"):
                try:
                    made: Outputs | None = self.reference(case.inputs, names)
                except (ValueError, IndexError):
                    made = RAISED
            same = same and self._agrees(at, got[at], made)
            changes = changes or not self._agrees(at, made, wanted[at])
            if changes and not same:
                break
        return same, changes

    def _kept(self, got: list[Outputs | None], wanted: list[Outputs]) -> Finding | None:
        """Say so where a case alone would be right, and it is wrong after the one before."""
        at = next(at for at, outputs in enumerate(got) if not self._agrees(at, outputs, wanted[at]))
        for earlier in range(at):
            if self._agrees(at, got[at], wanted[earlier]):
                return seen("kept_from_before", function=self.function).finding
        return None

    def _compared(self, got: list[Outputs | None], wanted: list[Outputs]) -> list[Compared]:
        found = []
        for case, outputs, right in zip(self.cases, got, wanted, strict=True):
            for name, value in right.items() if outputs is not None else ():
                if outputs is None or name not in outputs:
                    continue
                same = self._same(name, outputs[name], value, case.inputs)
                label = self.names.get(name, name)
                array, before = np.asarray(value), self.before(name, case.inputs)
                found.append(
                    Compared(
                        label, case.title, outputs[name], array, same, case.batch, before, case.sums.get(name)
                    )
                )
        return found

    def _difference(self, got: list[Outputs | None], wanted: list[Outputs]) -> Difference | None:
        for one in self._compared(got, wanted):
            if not one.agrees:
                return Difference.between(one.name, one.case, one.got, one.wanted, one.same)
        return None

    def _look_at_inputs(self, handed: list[tuple[Inputs, Inputs]], *, later: bool) -> None:
        """Make sure that no input was changed; those that are to be put back are looked at later.

        Raises:
            MistakeError: when one was.
        """
        for inputs, original in handed:
            for name, before in arrays(original).items():
                changed = not np.array_equal(arrays(inputs)[name], before, equal_nan=True)
                if changed and (name in self.put_back) is later:
                    raise seen("input_changed", function=self.function, name=name)

    def _look_after(
        self, live: list[tuple[Mapping[str, Any], Outputs]], handed: list[tuple[Inputs, Inputs]]
    ) -> None:
        """Look at what right numbers do not show: inputs changed or shared, results kept.

        Raises:
            MistakeError: with what was found.
        """
        self._look_at_inputs(handed, later=True)
        for (results, kept), (inputs, _original) in zip(live, handed, strict=True):
            for name, array in arrays(inputs).items():
                for value in results.values():
                    if isinstance(value, np.ndarray) and np.shares_memory(value, array):
                        raise seen("shares_memory", function=self.function, name=name)
            for name, value in results.items():
                if not np.array_equal(np.asarray(value), kept[name], equal_nan=True):
                    raise seen("result_changed_later", function=self.function)
        if self.pure:
            again = self.call(copies(self.cases[0].inputs))
            for name, value in live[0][1].items():
                same = self._same(name, self._array(name, again[name]), value, self.cases[0].inputs)
                if same is None or not same.all():
                    raise seen("kept_from_before", function=self.function)


def seen_dtype(label: str, array: Array) -> MistakeError:
    """Return what ends a check where whole numbers are wanted and decimal ones came."""
    return wrong(
        N_("{name} has decimal numbers (dtype {dtype}); whole numbers are wanted, as np.argmax gives them."),
        "decimal_labels",
        name=label,
        dtype=str(array.dtype),
    )


def copies(inputs: Inputs) -> dict[str, Any]:
    """Return the inputs with arrays of their own."""
    return {name: value if callable(value) else copy.deepcopy(value) for name, value in inputs.items()}


def arrays(inputs: Inputs) -> dict[str, Array]:
    """Return the arrays among the inputs, those of a dict too."""
    found = {name: value for name, value in inputs.items() if isinstance(value, np.ndarray)}
    for name, value in inputs.items():
        if isinstance(value, dict):
            found |= {f'{name}["{key}"]': item for key, item in value.items() if isinstance(item, np.ndarray)}
    return found
