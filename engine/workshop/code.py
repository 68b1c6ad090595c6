"""A person's file: read, run, and asked for the functions of a step. To be used in a child process alone."""

import ast
import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from engine.sentences import N_
from engine.workshop.findings import seen, wrong
from engine.workshop.steps import Step

MAX_FILE_BYTES = 1024 * 1024


def source_of(path: Path) -> str:
    """Return the text of a file.

    Raises:
        MistakeError: when there is none, or it is no text.
    """
    try:
        if not path.is_file():
            raise wrong(
                N_("There is no {file} in this folder; `mlp-tui workshop init` makes one."),
                "missing_file",
                file=path.name,
            )
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise wrong(
            N_("{file} cannot be read: {reason}."), "missing_file", file=path.name, reason=reason
        ) from None
    if len(content) > MAX_FILE_BYTES:
        raise wrong(N_("{file} is larger than a megabyte."), "missing_file", file=path.name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong(
            N_("{file} is not UTF-8 text: save it as UTF-8."), "syntax_error", file=path.name
        ) from None


class PersonsCode:
    """The module that a file makes, and its text."""

    def __init__(self, file: str, text: str) -> None:
        """Run the text as a module of the file's name.

        Raises:
            BaseException: whatever the text raises.
        """
        self.file, self.text = file, text
        self.tree = ast.parse(text, file)
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        self.module = ModuleType(file.removesuffix(".py"))
        self.module.__file__ = file
        sys.modules.setdefault(
            self.module.__name__, self.module
        )  # NumPy's own stays, whatever the file is called
        exec(compile(self.tree, file, "exec"), self.module.__dict__)

    def check_written(self, step: Step) -> None:
        """Make sure that each function of a step is there, and has something in it.

        Raises:
            MistakeError: when one is missing or empty.
        """
        for function in step.functions:
            owner, _dot, name = function.rpartition(".")
            place: Any = self.module
            if owner:
                place = getattr(self.module, owner, None)
                if not isinstance(place, type):
                    raise seen("missing", file=self.file, function=owner)
            found = getattr(place, name, None)
            if not callable(found) or (name == "__init__" and found is object.__init__):
                raise seen("missing", file=self.file, function=_called(function))
            if self._is_empty(owner, name):
                raise seen("not_written", function=_called(function))

    def _is_empty(self, owner: str, name: str) -> bool:
        """Whether the last definition of a function has nothing in it but `pass` and the like."""
        scope: ast.AST = self.tree
        if owner:
            classes = [
                node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef) and node.name == owner
            ]
            if not classes:
                return False
            scope = classes[-1]
        body = getattr(scope, "body", [])
        named = [node for node in body if isinstance(node, ast.FunctionDef) and node.name == name]
        return bool(named) and all(_does_nothing(statement) for statement in named[-1].body)

    def network_class(self, name: str = "MLP") -> type[Any]:
        """Return the class of the network.

        Raises:
            MistakeError: when there is none.
        """
        found = getattr(self.module, name, None)
        if not isinstance(found, type):
            raise seen("missing", file=self.file, function=name)
        return found

    def function(self, name: str) -> Callable[..., Any]:
        """Return a function of the module."""
        found: Callable[..., Any] = getattr(self.module, name)
        return found


def _called(function: str) -> str:
    """Return how a function is called in a sentence."""
    return function if function.endswith("__init__") else function.rpartition(".")[2]


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Pass):
        return True
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return True
    if isinstance(statement, ast.Return):
        return statement.value is None or (
            isinstance(statement.value, ast.Constant) and statement.value.value is None
        )
    return isinstance(statement, ast.Raise) and "NotImplemented" in ast.unparse(statement)
