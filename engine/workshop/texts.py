"""The texts of the workshop: tasks, hints and stubs in each language, and one solution."""

import tomllib
from dataclasses import dataclass
from functools import cache

from assets import FOLDER
from engine.workshop.steps import FILES, Step

TEXTS = FOLDER / "workshop"


@dataclass(frozen=True)
class Task:
    """What is to be written in a step, and three hints: a question, the idea, nearly the line."""

    title: str
    task: str
    shapes: str
    formula: str
    hints: tuple[str, ...]


@cache
def tasks(language: str) -> dict[str, Task]:
    """Return the task of each step, in English where there is none in the language."""
    found = {}
    for code in ("en", language):
        path = TEXTS / code / "steps.toml"
        for name, fields in (tomllib.loads(path.read_text("utf-8")) if path.exists() else {}).items():
            hints = tuple(map(str, fields["hints"]))
            found[name] = Task(fields["title"], fields["task"], fields["shapes"], fields["formula"], hints)
    return found


def task(step: Step, language: str) -> Task:
    """Return the task of a step."""
    return tasks(language)[step.name]


def stub(part: int, language: str) -> str:
    """Return the file of a part with nothing written in it."""
    name = FILES[part].replace(".py", ".txt")
    path = TEXTS / language / name
    return (path if path.exists() else TEXTS / "en" / name).read_text("utf-8")


@cache
def solution(part: int) -> str:
    """Return one way to write the file of a part."""
    return (TEXTS / f"solution_{FILES[part].replace('.py', '.txt')}").read_text("utf-8")
