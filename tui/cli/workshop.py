"""`mlp-tui workshop`: the files in which a person writes a network, and its checks, without a screen."""

import json
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from engine.sentences import N_
from engine.specification import printable
from tui.cli.help import Group, WholeNumber, option
from tui.cli.opening import open_app
from tui.cli.options import json_option, language_option
from tui.text.cell_widths import left, width
from tui.text.language import _, language, plural, translate
from tui.text.workshop_phrases import difference_lines, state_word

if TYPE_CHECKING:
    from engine.workshop.sandbox import StepResult

    Row = tuple[str, Sequence[StepResult]]

FAILED = 1


@click.group(
    "workshop",
    cls=Group,
    help=N_("Write the network yourself, step by step: files to fill in, checks that name a mistake, hints."),
)
@language_option
def workshop() -> int:
    """Do something in the workshop."""
    return 0


folder_argument = click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
part_option = option(
    "--part", type=click.Choice(["1", "2"]), text=lambda: _("1: the network (my_mlp.py); 2: challenges.py.")
)
step_option = option("--step", metavar=N_("STEP"), text=lambda: _("This step alone."))


@workshop.command(
    "init",
    help=N_("Write my_mlp.py and challenges.py with empty bodies; a file that is there stays as it is."),
)
@folder_argument
@language_option
def init(folder: Path) -> int:
    """Make the files."""
    from engine.workshop.folder import make_files

    for name, written in make_files(folder, language()).items():
        text = _("{file} is written.") if written else _("{file} is there already; it stays as it is.")
        click.echo(text.format(file=printable(str(folder / name), limit=4096)))
    click.echo(
        _("Fill in the bodies with an editor, then: mlp-tui workshop check {folder}").format(folder=folder)
    )
    return 0


@workshop.command(
    "check",
    help=N_(
        "Check what is written in a folder, or in several.\n\n"
        "Without --part, part 2 is checked as soon as something of it is written. The exit "
        "status is 0 if all that "
        "was checked passes, and 1 if not. A person's code runs in a process of its own with "
        "limits on time and "
        "memory; that of strangers belongs in a container."
    ),
)
@click.argument("folders", metavar="FOLDER...", type=click.Path(path_type=Path), nargs=-1, required=True)
@part_option
@step_option
@json_option
@language_option
def check(folders: tuple[Path, ...], part: str | None, step: str | None, as_json: bool) -> int:
    """Check folders."""
    from engine.workshop.checking import check as check_folder

    number = None if part is None else int(part)
    check_folder(folders[0], number, step)  # refuses a step that there is not, before anything runs
    if len(folders) == 1 and not folders[0].is_dir():
        raise click.UsageError(
            _("{path} is not a folder.").format(path=printable(str(folders[0]), limit=4096))
        )
    several = len(folders) > 1
    if not several:
        results = []
        for result in check_folder(folders[0], number, step):
            results.append(result)
            _print_result(result, None, as_json=as_json)
        _print_end(results, None, as_json=as_json)
        return 0 if _passes(results) else FAILED
    table: list[tuple[str, list[StepResult]]] = []
    for folder, results in zip(folders, _check_all(folders, number, step), strict=True):
        name = str(folder)
        if not as_json:
            click.echo(f"{printable(name, limit=200)}:" + ("" if results else " " + _("not a folder")))
        for result in results:
            _print_result(result, name, as_json=as_json)
        if as_json:
            _print_end(results, name, as_json=True)
        table.append((name, results))
    if not as_json:
        _print_table(table)
    return 0 if all(_passes(results) for _name, results in table) else FAILED


def _passes(results: "Sequence[StepResult]") -> bool:
    return bool(results) and all(result.passed for result in results)


def _check_all(folders: Sequence[Path], part: int | None, step: str | None) -> "Iterator[list[StepResult]]":
    """Check several folders at a time, and yield what came of each in their order."""
    from engine.workshop.checking import check as check_folder

    stopped = Event()

    def results(folder: Path) -> "list[StepResult]":
        found: list[StepResult] = []
        if os.path.isdir(folder) and not stopped.is_set():  # noqa: PTH112 (Path raises)
            for result in check_folder(folder, part, step):
                found.append(result)
                if stopped.is_set():
                    break
        return found

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        try:
            yield from pool.map(results, folders)
        finally:
            stopped.set()


def _print_result(result: "StepResult", folder: str | None, *, as_json: bool) -> None:
    if as_json:
        fields: dict[str, object] = {"event": "step_checked"}
        if folder is not None:
            fields["folder"] = folder
        fields |= {
            "step": result.step,
            "passed": result.passed,
            "diagnosis": result.diagnosis,
            "message": str(result.message),
            "seconds": round(result.seconds, 3),
        }
        click.echo(json.dumps(fields, allow_nan=False, ensure_ascii=False))
        return
    word = state_word(result)
    click.echo(f"{left(word, 11)} {left(result.step, 18)} {translate(result.message)}")
    for line in difference_lines(result.difference) if result.difference is not None else ():
        click.echo(f"    {line}")
    if result.output.strip() and not result.passed:
        click.echo("    " + _("It printed:"))
        for line in result.output.splitlines()[:20]:
            click.echo(f"      {printable(line, limit=200)}")


def _print_end(results: "Sequence[StepResult]", folder: str | None, *, as_json: bool) -> None:
    if as_json:
        fields: dict[str, object] = {"event": "workshop_checked"}
        if folder is not None:
            fields["folder"] = folder
        click.echo(
            json.dumps({**fields, "passed": _passes(results), "steps": len(results)}, ensure_ascii=False)
        )
        return
    passed = sum(result.passed for result in results)
    click.echo(
        plural("{count} step passes", "{count} steps pass", passed)
        + " "
        + _("of {total}.").format(total=len(results))
    )


def _print_table(table: "Sequence[Row]") -> None:
    """Print which folder passes which step."""
    from engine.workshop.steps import STEPS

    told = {result.step for _folder, results in table for result in results}
    steps = [step.name for step in STEPS if step.name in told]
    short = [Path(folder).name for folder, _results in table]
    folders = (
        short if all(short) and len(set(short)) == len(short) else [folder for folder, _results in table]
    )
    names = [printable(folder, limit=60) for folder in folders]
    column = max(map(width, [*names, _("folder")]))
    click.echo("")
    for number, name in enumerate(steps, 1):
        click.echo(f"{number:>4} {name}")
    click.echo(
        f"{left(_('folder'), column)}  " + "".join(f"{number:>3}" for number in range(1, len(steps) + 1))
    )
    for name, (_folder, results) in zip(names, table, strict=True):
        by_step = {result.step: result for result in results}
        cells = (
            ("+" if one.passed else "x" if one.checked else ".") if (one := by_step.get(step)) else " "
            for step in steps
        )
        count = sum(result.passed for result in results)
        click.echo(
            f"{left(name, column)}  " + "".join(f"{cell:>3}" for cell in cells) + f"  {count}/{len(results)}"
        )
    click.echo(_("+ passes, x does not, . not checked"))


@workshop.command(
    "hint", help=N_("Say what is to be written in the first step that does not pass yet, and a hint.")
)
@folder_argument
@step_option
@option(
    "--level",
    type=WholeNumber(1, 3),
    default=1,
    text=lambda: _("1: a question; 2: the idea; 3: nearly the line."),
)
@language_option
def hint(folder: Path, step: str | None, level: int) -> int:
    """Print a task and one of its hints."""
    from engine.workshop.checking import check as check_folder
    from engine.workshop.steps import step_named
    from engine.workshop.texts import task

    if step is None:
        step = next((result.step for result in check_folder(folder) if not result.passed), None)
        if step is None:
            click.echo(_("Everything that is written passes."))
            return 0
    found = task(step_named(step), language())
    click.echo(
        f"{step}: {found.title}\n{found.task}\n{found.shapes}\n{found.formula}\n\n{found.hints[level - 1]}"
    )
    if level < 3:
        click.echo(_("More: --step {step} --level {level}").format(step=step, level=level + 1))
    return 0


@workshop.command(
    "reset", help=N_("Put back what `init` wrote: a step, or a whole file. What was there is kept beside it.")
)
@folder_argument
@part_option
@step_option
@language_option
def reset(folder: Path, part: str | None, step: str | None) -> int:
    """Put a stub back."""
    from engine.workshop.folder import put_back
    from engine.workshop.steps import step_named

    if step is None and part is None:
        raise click.UsageError(_("Say what to put back: --step STEP, --part 1 or --part 2."))
    named = None if step is None else step_named(step)
    path, kept = put_back(folder, named.part if named else int(part or 1), named, language())
    click.echo(_("{file} is put back.").format(file=printable(str(path), limit=4096)))
    if kept is not None:
        click.echo(_("What was there is in {file}.").format(file=printable(str(kept), limit=4096)))
    return 0


@workshop.command("open", help=N_("Open the app on this folder."))
@folder_argument
@language_option
def open_folder(folder: Path) -> int:
    """Open the app."""
    from tui.cli.options import gather

    if not folder.is_dir():
        raise click.UsageError(_("{path} is not a folder.").format(path=printable(str(folder), limit=4096)))
    return open_app(gather(None, None, {}), workshop=folder.absolute())
