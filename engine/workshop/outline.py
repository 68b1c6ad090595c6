"""Where the functions stand in a person's text, and which of it decides what comes of a step."""

import ast
import hashlib
import io
import re
import warnings
from collections.abc import Iterable, Iterator

from engine.workshop.steps import STEPS, Step, with_dependencies

MAX_PARSED = 64 * 1024
"""Characters; a longer text is no exercise, and going through it takes longer than a key may wait."""
ANYTHING = frozenset(
    {"__dict__", "dir", "eval", "exec", "getattr", "globals", "inspect", "locals", "setattr", "vars"}
)
"""By these a text can reach functions whose names it does not say."""


def parsed(text: str) -> ast.Module | None:
    """Return the syntax tree of a text; None where it is no program, or too deep or too long a one."""
    if len(text) > MAX_PARSED:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def code_lines(text: str) -> list[str]:
    """Return the lines of a text as Python counts them, with their ends."""
    return io.StringIO(text, newline="").readlines()


def lines_of(tree: ast.Module, name: str) -> tuple[int, int] | None:
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


def functions_of(step: Step, text: str) -> str:
    """Return the text of the functions of a step; empty where there are none."""
    tree, lines = parsed(text), code_lines(text)
    places = [place for name in step.functions if tree and (place := lines_of(tree, name))]
    return "\n".join("".join(lines[first:last]) for first, last in places)


def line_of(step: Step, text: str) -> int:
    """Return the line, from 1, on which a step begins; also of a text that is no program."""
    for name in step.functions:
        owner, _dot, function = name.rpartition(".")
        first = re.search(rf"^class\s+{owner}\b", text, re.MULTILINE) if owner else None
        pattern = re.compile(rf"^\s*?def\s+{function}\b", re.MULTILINE)
        if found := pattern.search(text, first.end() if first else 0):
            return text.count("\n", 0, found.end()) + 1
    return 1


def deciding_code(text: str) -> dict[str, str]:
    """Return for each step a fingerprint of the code that its check can come upon: no other change matters.

    That is all but the bodies of functions that are not named, directly or through others, by what the
    check runs: the functions of the step, of those that it builds on, and `__init__`.
    """
    try:
        if (tree := parsed(text)) is not None and not ANYTHING & set(_names(tree)):
            return _of_each_step(tree)
    except RecursionError:  # in a deep expression
        pass
    return dict.fromkeys((step.name for step in STEPS), _fingerprint([text]))


def _of_each_step(tree: ast.Module) -> dict[str, str]:
    functions = list(_functions(tree))
    names = {node.name for node in functions}
    uses: dict[str, set[str]] = {name: set() for name in names}
    bodies: dict[str, str] = dict.fromkeys(names, "")
    for node in functions:
        for statement in node.body:
            uses[node.name] |= names.intersection(_names(statement))
            bodies[node.name] += ast.dump(statement)
        node.body = []
    for statement in tree.body:
        if isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'":
            statement.body = []  # what a check never runs
    rest = ast.dump(tree)
    run_on_import = names.intersection(_names(tree)) | {name for name in names if name.startswith("__")}
    found = {}
    for step in STEPS:
        run = {name.rpartition(".")[2] for one in with_dependencies([step]) for name in one.functions}
        reached = _reached(run & names | run_on_import, uses)
        found[step.name] = _fingerprint([rest, *(bodies[name] for name in bodies if name in reached)])
    return found


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the functions of a module and the methods of its classes."""
    for node in tree.body:
        for part in [node, *(node.body if isinstance(node, ast.ClassDef) else ())]:
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                yield part


def _names(tree: ast.AST) -> Iterator[str]:
    """Yield every name that a tree says, in whatever way."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _reached(names: set[str], uses: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        waiting |= uses[name] - reached
    return reached


def _fingerprint(texts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
