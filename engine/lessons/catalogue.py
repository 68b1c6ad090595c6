"""Finds and reads lessons: those of the program in the user's language, and a teacher's own."""

from pathlib import Path

from assets import FOLDER
from engine.errors import cannot_read, open_file
from engine.lessons.lesson import Lesson, LessonError, parse
from engine.sentences import N_
from engine.storage.presets import read_preset

MAX_FILE_BYTES = 256 * 1024


def lesson_names() -> list[str]:
    """Return the names of the lessons that ship with the program, in their order."""
    return sorted(path.stem for path in (FOLDER / "lessons" / "en").glob("*.toml"))


def user_lessons(home: Path | None) -> list[Path]:
    """Return the lessons that a teacher put into the folder `lessons` of the program's, by their names."""
    return sorted((home / "lessons").glob("*.toml")) if home is not None else []


def read_lesson(text: str, language: str) -> Lesson:
    """Return a lesson by its name, a unique part of it, its number, or the path of a file.

    language: the code of the language that it is wanted in; English, where it is not translated

    Raises:
        LessonError: when there is none, or it cannot be used.
    """
    path = Path(text)
    if path.suffix == ".toml" or path.is_file():
        return _read(path, path.name)
    name = _named(text)
    own = FOLDER / "lessons" / language / f"{name}.toml"
    return _read(own if own.exists() else FOLDER / "lessons" / "en" / f"{name}.toml", name)


def _named(text: str) -> str:
    names = lesson_names()
    wanted = text.lower().replace("-", "_").replace(" ", "_")
    found = [name for name in names if name == wanted or name.partition("_")[2] == wanted]
    found = found or [name for name in names if wanted and int(name[:2]) == _number(wanted)]
    found = found or [name for name in names if wanted and wanted in name]
    if len(found) != 1:
        raise LessonError(
            N_("There is no lesson “{given}”; name a file, or one of: {names}."),
            given=text,
            names=", ".join(names),
        )
    return found[0]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else -1


def _read(path: Path, name: str) -> Lesson:
    try:
        with open_file(path) as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise cannot_read(LessonError, path, error) from None
    if len(content) > MAX_FILE_BYTES:
        raise LessonError(N_("{path} is too large for a lesson."), path=path)
    return parse(content, name, read_preset)
