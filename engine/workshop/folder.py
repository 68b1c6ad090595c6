"""The two files of a workshop folder: made, and put back, without ever losing what a person wrote."""

import ast
import os
from pathlib import Path

from engine.errors import EngineError, cannot_read, cannot_write
from engine.sentences import N_
from engine.storage.files import atomic_write
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
    try:
        own = old.decode("utf-8-sig")
        mine = ast.parse(own)
    except (SyntaxError, ValueError):
        raise WorkshopError(
            N_("{file} is not valid Python; put back the whole file, without --step."), file=step.file
        ) from None
    lines, stubs = own.splitlines(keepends=True), text.splitlines(keepends=True)
    theirs = ast.parse(text)
    found = [(_lines_of(mine, name), _lines_of(theirs, name), name) for name in step.functions]
    for place, fresh, name in sorted(found, key=lambda one: -(one[0] or (0, 0))[0]):
        if place is None or fresh is None:
            raise WorkshopError(
                N_("{file} has no {function}; put back the whole file, without --step."),
                file=step.file,
                function=name,
            )
        lines[place[0] : place[1]] = stubs[fresh[0] : fresh[1]]
        if not lines[place[0] + fresh[1] - fresh[0] - 1].endswith("\n"):
            lines[place[0] + fresh[1] - fresh[0] - 1] += "\n"
    return "".join(lines)


def _lines_of(tree: ast.Module, name: str) -> tuple[int, int] | None:
    """Return where a function stands: its first line, from 0, and the one after its last."""
    owner, _dot, function = name.rpartition(".")
    body = tree.body
    if owner:
        classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == owner]
        body = classes[-1].body if classes else []
    found = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == function]
    if not found or found[-1].end_lineno is None:
        return None
    first = min([found[-1].lineno, *(decorator.lineno for decorator in found[-1].decorator_list)])
    return first - 1, found[-1].end_lineno
