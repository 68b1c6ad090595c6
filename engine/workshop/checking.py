"""Checks a folder: what the command line and the app both call."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from engine.errors import HyperparameterError
from engine.sentences import N_
from engine.workshop.sandbox import Limits, StepResult, Stop, run_steps
from engine.workshop.steps import STEPS, Step, step_named, steps_of, with_dependencies


def check(
    folder: Path, part: int | None = None, step: str | None = None, limits: Limits | None = None
) -> Iterator[StepResult]:
    """Check what a person wrote in a folder, and yield what came of each step as it is done.

    part: its steps alone; None: part 1, and part 2 as soon as something of it is written
    step: this step alone; those that it builds on are checked, and not told

    Raises:
        HyperparameterError: when there is no such step, or not in this part.
    """
    if step is None:
        steps, told = (STEPS if part is None else steps_of(part)), None
    else:
        wanted = step_named(step)
        if part is not None and wanted.part != part:
            raise HyperparameterError(
                N_("The step “{given}” is one of part {part}."), name="step", given=step, part=wanted.part
            )
        steps, told = with_dependencies([wanted]), step
    if_written = [2] if step is None and part is None else []
    results = run_steps(folder, steps, if_written, limits or Limits())
    return (result for result in results if told is None or result.step == told)


def check_texts(
    folder: Path, texts: Mapping[str, str], steps: Sequence[Step], stop: Stop
) -> Iterator[StepResult]:
    """Check steps of these texts, by the names of their files, which would stand in this folder."""
    return run_steps(folder, steps, (), Limits(), texts=texts, stop=stop)
