"""What the page Workshop says."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.content import Content

from engine.sentences import N_
from engine.specification import printable
from engine.workshop.steps import BY_NAME, STEPS, Step, steps_of
from engine.workshop.texts import Task, task
from tui.session.workshop import StepState, StepStatus, Workshop, default_folder
from tui.text.glyphs import glyph
from tui.text.language import _, language, translate
from tui.text.phrases import percent
from tui.text.workshop_phrases import CELL, MAX_COLUMNS, MAX_ROWS, difference_lines
from tui.widgets.step_list import Entry

if TYPE_CHECKING:
    from engine.workshop.findings import Difference
    from engine.workshop.sandbox import StepResult

PARTS = {1: N_("Part 1: the network"), 2: N_("Part 2: challenges")}
WORDS = {
    StepState.UNKNOWN: N_("not checked since the last change"),
    StepState.CHECKING: N_("is being checked"),
    StepState.NOT_BEGUN: N_("not begun"),
    StepState.PASSES: N_("passes"),
    StepState.FAILS: N_("fails"),
}
STYLES = {StepState.PASSES: "bold $text-success", StepState.FAILS: "bold $text-error"}
MUTED = "$foreground-muted"
MAX_PRINTED = 20
LOW = 28
"""Lines of the page below which less of an array is shown."""


def sign(state: StepState) -> str:
    """Return the sign of a state, one cell wide."""
    match state:
        case StepState.PASSES:
            return glyph("✓", "+")
        case StepState.FAILS:
            return glyph("✗", "x")
        case StepState.NOT_BEGUN:
            return glyph("○", "o")
        case StepState.WAITS:
            return glyph("–", "-")
        case StepState.CHECKING:
            return glyph("…", ".")
        case StepState.UNKNOWN:
            return "?"


def entries(workshop: Workshop) -> Iterator[Entry]:
    """Yield the steps with the signs of their states; a star at those whose solution was seen."""
    statuses, seen = workshop.statuses(), workshop.solutions.names
    for step in STEPS:
        first = sign(statuses[step.name].state) if workshop.is_there else " "
        part = _(PARTS[step.part])
        yield Entry(part, part, f"{first} {step.name}{'*' if step.name in seen else ''}")


def heading(workshop: Workshop) -> str:
    """Return how far it has come, and where it is."""
    if not workshop.is_there:
        return _("Write the network yourself")
    statuses = workshop.statuses()
    counts = [
        _("part {part}: {count} of {steps}").format(
            part=part,
            count=sum(statuses[step.name].state is StepState.PASSES for step in steps_of(part)),
            steps=len(steps_of(part)),
        )
        for part in PARTS
    ]
    return glyph(" · ", ", ").join([*counts, printable(str(workshop.folder), limit=4096)])


def keys(workshop: Workshop) -> str:
    """Return what the keys do."""
    if not workshop.is_there:
        return _("i makes the files · o another folder")
    return _("h hint · e editor · t train · c check · r stub · l lesson · o folder")


def introduction(workshop: Workshop) -> Content:
    """Return what this is, and how it begins."""
    folder = printable(str(workshop.folder or default_folder(workshop.home)), limit=4096)
    if workshop.folder is not None:
        gone = _("{folder} is not there. i makes it, with its two files; o opens another folder.")
        return Content.styled(gone.format(folder=folder), "bold")
    return Content("\n").join(
        [
            Content(
                _(
                    "Here you write the network of this program yourself, in NumPy, with an editor of your "
                    "own. Whenever you save, the step is checked, and what is wrong is said in a sentence."
                )
            ),
            Content(""),
            Content.styled(
                _("i makes my_mlp.py and challenges.py in {folder}; o opens another folder.").format(
                    folder=folder
                ),
                "bold",
            ),
        ]
    )


def step_text(workshop: Workshop, lesson: str | None, width: int, height: int) -> Content:
    """Return the step that is looked at: its task, what came of it, hints.

    lesson: the title of the one that prepares it; width, height: the cells that there are
    """
    step = BY_NAME[workshop.step]
    status, about = workshop.status(step.name), task(step, language())
    parts = [_title(about, status, seen=step.name in workshop.solutions.names)]
    if workshop.complaint is not None:
        parts.append(Content.styled(translate(workshop.complaint), "bold $text-error"))
    path = workshop.path_of(step.name)
    if step.functions and path is not None:
        place = _("{file}, line {line}").format(file=step.file, line=workshop.line_of(step.name))
        parts.append(Content.styled(place, MUTED))
    parts += [Content(""), Content(about.task)]
    for word, text in ((_("Shapes:"), about.shapes), (_("Formula:"), about.formula)):
        parts.append(Content.assemble((word, MUTED), " ", text))
    if lesson is not None:
        parts.append(
            Content.styled(_("l opens the lesson that prepares it: {title}").format(title=lesson), MUTED)
        )
    if status.result is not None:
        parts += [Content(""), *_result(status.result, status.state, width, height)]
    if status.state is StepState.PASSES:
        parts += _further(workshop, step)
    parts += _hints(about, workshop, step)
    return Content("\n").join(parts)


def _title(about: Task, status: StepStatus, *, seen: bool) -> Content:
    if status.state is StepState.WAITS:
        word = _("waits for {step}, which does not pass yet").format(step=status.waits_for)
    else:
        word = _(WORDS[status.state])
    style = STYLES.get(status.state, MUTED)
    parts = [(about.title, "bold"), (f"  {sign(status.state)} {word}", style)]
    if seen:
        parts.append((glyph(" · ", ", ") + _("its solution was seen *"), MUTED))
    return Content.assemble(*parts)


def _result(result: "StepResult", state: StepState, width: int, height: int) -> list[Content]:
    """Return the sentence, what came beside what was wanted, and what the code printed."""
    parts = [Content.styled(translate(result.message), STYLES.get(state, ""))]
    if result.difference is not None:
        parts += [Content(""), *_difference(result.difference, width, height)]
    if printed := result.output.strip("\n"):
        lines = printed.split("\n")
        parts += [Content(""), Content.styled(_("It printed:"), MUTED)]
        parts += [Content("  " + printable(line, limit=200)) for line in lines[:MAX_PRINTED]]
        if len(lines) > MAX_PRINTED:
            parts.append(Content("  …"))
    return parts


def _difference(difference: "Difference", width: int, height: int) -> list[Content]:
    """Return the numbers, the first that differs set off."""
    rows = MAX_ROWS if height >= LOW else 3
    lines = difference_lines(difference, rows, max(1, min(MAX_COLUMNS, (width - 2) // CELL)))
    return [Content(line).highlight_regex(MARKED, style="reverse") for line in lines]


MARKED = re.compile(r"[^\s*]+\*")


def _further(workshop: Workshop, step: Step) -> list[Content]:
    """Return where it goes on from a step that passes."""
    statuses = workshop.statuses()
    if step.part == 1 and workshop.passes(1):
        parts = [Content(""), Content.styled(_("All of part 1 passes: this network is your own."), "bold")]
        parts += _compared(statuses["train"].result, workshop.textbook)
        parts.append(Content(_("t trains it on all images, in the Train tab.")))
        if not workshop.passes(2):
            parts.append(
                Content(
                    _("Part 2, challenges.py, goes on from here: ↓ to its first step, {step}.").format(
                        step=steps_of(2)[0].name
                    )
                )
            )
        return parts
    at = STEPS.index(step)
    others = [one.name for one in (*STEPS[at + 1 :], *STEPS[:at])]
    following = next((name for name in others if statuses[name].state is not StepState.PASSES), None)
    return [] if following is None else [Content(_("Next: {step}").format(step=following))]


def _compared(own: "StepResult | None", textbook: "StepResult | None") -> list[Content]:
    """Return a person's accuracy beside the textbook's."""
    figures = [one.message.values.get("accuracy") if one is not None else None for one in (own, textbook)]
    if not isinstance(figures[0], float):
        return []
    text = _("Yours: {accuracy} of the digits that it had not seen.").format(accuracy=percent(figures[0]))
    if isinstance(figures[1], float):
        text += " " + _("The textbook's: {accuracy}.").format(accuracy=percent(figures[1]))
    return [Content(text)]


def _hints(about: Task, workshop: Workshop, step: Step) -> list[Content]:
    """Return the hints that were asked for, and the solution, if it was."""
    parts = []
    for number, hint in enumerate(about.hints[: workshop.hints.get(step.name, 0)], 1):
        parts += [
            Content(""),
            Content.assemble((_("Hint {number}:").format(number=number), "bold"), " ", hint),
        ]
    if step.name in workshop.shown:
        parts += [Content(""), Content.styled(_("One way to write it:"), "bold")]
        parts += [Content(line) for line in workshop.solution_of(step.name).splitlines()]
    return parts
