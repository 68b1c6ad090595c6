"""The two files of a workshop folder: made, and put back, without ever losing what a person wrote."""

import os
from pathlib import Path

from engine.errors import EngineError, cannot_read, cannot_write
from engine.sentences import N_
from engine.storage.files import atomic_write
from engine.workshop.outline import code_lines, lines_of, parsed
from engine.workshop.steps import FILES, Step
from engine.workshop.texts import stub


class WorkshopError(EngineError):
    """A folder or file of the workshop that cannot be made or changed."""


def make_files(folder: Path, language: str) -> dict[str, bool]:
    """Write the files that are not there yet; return for each whether it was written.

    Raises:
        WorkshopError: when one cannot be written.
    """
    written = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(WorkshopError, folder, error) from None
    for part, name in FILES.items():
        try:
            with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
                file.write(stub(part, language))
            written[name] = True
        except FileExistsError:
            written[name] = False
        except OSError as error:
            raise cannot_write(WorkshopError, folder / name, error) from None
    return written


def put_back(folder: Path, part: int, step: Step | None, language: str) -> tuple[Path, Path | None]:
    """Put the stub back, of one step or of the whole file; return the file, and where the old text is kept.

    Raises:
        WorkshopError: when the file cannot be read or written, or a step's place in it cannot be found.
    """
    path = folder / FILES[part]
    kept = None
    text = stub(part, language)
    if path.exists():
        try:
            old = path.read_bytes()
        except OSError as error:
            raise cannot_read(WorkshopError, path, error) from None
        if step is not None:
            text = _with_stub(old, text, step)
        kept = _keep(path, old)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        with atomic_write(path.resolve(), mode) as file:
            file.write(text.encode())
    except OSError as error:
        raise cannot_write(WorkshopError, path, error) from None
    return path, kept


def _keep(path: Path, old: bytes) -> Path:
    """Write the old text beside the file, under a name that is free."""
    number = 1
    while True:
        kept = path.with_name(f"{path.stem}.old-{number}.py")
        try:
            descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            raise cannot_write(WorkshopError, kept, error) from None
        with os.fdopen(descriptor, "wb") as file:
            file.write(old)
        return kept


def _with_stub(old: bytes, text: str, step: Step) -> str:
    """Return a person's text with the functions of a step as they are in the stub."""
    own = old.decode("utf-8-sig", "replace")
    mine, theirs = parsed(own), parsed(text)
    if mine is None or theirs is None or "\ufffd" in own:
        raise WorkshopError(
            N_(
                "{file} is not valid Python; only the whole file can be put back: "
                "mlp-tui workshop reset FOLDER --part {part}"
            ),
            file=step.file,
            part=step.part,
        )
    lines, stubs = code_lines(own), code_lines(text)
    found = [(lines_of(mine, name), lines_of(theirs, name), name) for name in step.functions]
    for place, fresh, name in sorted(found, key=lambda one: -(one[0] or (0, 0))[0]):
        if place is None or fresh is None:
            raise WorkshopError(
                N_(
                    "{file} has no {function}; only the whole file can be put back: "
                    "mlp-tui workshop reset FOLDER --part {part}"
                ),
                file=step.file,
                function=name,
                part=step.part,
            )
        lines[place[0] : place[1]] = stubs[fresh[0] : fresh[1]]
        if not lines[place[0] + fresh[1] - fresh[0] - 1].endswith("\n"):
            lines[place[0] + fresh[1] - fresh[0] - 1] += "\n"
    return "".join(lines)
