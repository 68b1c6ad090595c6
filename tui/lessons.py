"""Where lessons are found: those of the program, in the language in use, and those that a teacher wrote."""

from pathlib import Path

from assets import FOLDER
from engine.errors import reason_of
from engine.lessons.lesson import Lesson, LessonError, parse
from engine.wording import N_
from tui.language import language
from tui.presets import read_preset

LONGEST_FILE = 256 * 1024


def lesson_names() -> list[str]:
    """Return the names of the lessons that ship with the program, in their order."""
    return sorted(path.stem for path in (FOLDER / "lessons" / "en").glob("*.toml"))


def read_lesson(words: str) -> Lesson:
    """Return a lesson by its name, a unique part of it, its number, or the path of a file.

    Raises:
        LessonError: when there is none, or it cannot be used.
    """
    path = Path(words)
    if path.suffix == ".toml" or path.is_file():
        return _read(path, path.name)
    name = _named(words)
    own = FOLDER / "lessons" / language() / f"{name}.toml"
    return _read(own if own.exists() else FOLDER / "lessons" / "en" / f"{name}.toml", name)


def _named(words: str) -> str:
    names = lesson_names()
    wanted = words.lower().replace("-", "_").replace(" ", "_")
    found = [name for name in names if name == wanted or name.partition("_")[2] == wanted]
    found = found or [name for name in names if wanted and int(name[:2]) == _number(wanted)]
    found = found or [name for name in names if wanted and wanted in name]
    if len(found) != 1:
        raise LessonError(
            N_("There is no lesson “{given}”; name a file, or one of: {names}."),
            given=words,
            names=", ".join(names),
        )
    return found[0]


def _number(words: str) -> int:
    return int(words) if words.isascii() and words.isdigit() else -1


def _read(path: Path, name: str) -> Lesson:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise LessonError(
            N_("{path} cannot be read: {reason}."), path=path, reason=reason_of(error)
        ) from None
    if len(content) > LONGEST_FILE:
        raise LessonError(N_("{path} is too large for a lesson."), path=path)
    return parse(content, name, read_preset)
