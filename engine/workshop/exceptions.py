"""Tells an exception in a person's code: their own line, and the shapes of the arrays on it."""

import ast
import linecache
import re
import traceback
from collections.abc import Collection, Iterator
from pathlib import PurePath
from types import FrameType, TracebackType

import numpy as np

from engine.sentences import N_, Sentence
from engine.specification import printable
from engine.workshop.findings import Finding
from engine.workshop.mistakes.network import SEEN
from engine.workshop.steps import WORKSHOP_FILES

MAX_ARRAYS = 6
Position = tuple[int | None, int | None, int | None, int | None]


def persons_frames(
    trace: TracebackType | None, files: Collection[str] = WORKSHOP_FILES
) -> list[tuple[FrameType, Position]]:
    """Return the frames of a traceback that are in a person's files, the innermost last."""
    found = []
    for frame, _line in traceback.walk_tb(trace):
        if PurePath(frame.f_code.co_filename).name in files:
            found.append(frame)
    positions: dict[int, Position] = {}
    while trace is not None:
        instructions = list(trace.tb_frame.f_code.co_positions())
        positions[id(trace.tb_frame)] = instructions[trace.tb_lasti // 2]
        trace = trace.tb_next
    return [(frame, positions[id(frame)]) for frame in found]


def explain(error: BaseException, files: Collection[str] = WORKSHOP_FILES) -> Finding:
    """Return what is to be said of an exception in a person's files."""
    if isinstance(error, SyntaxError):
        return _syntax(error)
    frames = persons_frames(error.__traceback__, files)
    line: int | None = None
    file, code = "", ""
    if frames:
        frame, position = frames[-1]
        line = position[0] or frame.f_lineno
        file = PurePath(frame.f_code.co_filename).name
        code = printable(linecache.getline(frame.f_code.co_filename, line).strip(), limit=90)
    place: dict[str, object] = {"file": file or "my_mlp.py", "line": line or "?", "code": code or "?"}
    if isinstance(error, SystemExit):
        return Finding(
            Sentence(
                N_("{file}, line {line}: `{code}` ends the program; the check needs it to go on."), place
            ),
            "exit",
        )
    if isinstance(error, ModuleNotFoundError):
        name = printable(str(error.name))
        return Finding(
            Sentence(
                N_(
                    "{file}, line {line}: there is no module “{name}” here; only NumPy and Python's own "
                    "are needed."
                ),
                {**place, "name": name},
            ),
            "missing_module",
        )
    if isinstance(error, MemoryError):
        return Finding(
            Sentence(
                N_("{file}, line {line}: `{code}` asks for more memory than there is ({reason})."),
                {**place, "reason": _reason(error)},
            ),
            "out_of_memory",
        )
    if isinstance(error, RecursionError):
        return Finding(
            Sentence(N_("{file}, line {line}: a function calls itself without end, in `{code}`."), place),
            "endless_recursion",
        )
    if isinstance(error, NotImplementedError):
        return Finding(
            Sentence(N_("{file}, line {line} is not written yet: `{code}`."), place), "not_written"
        )
    if isinstance(error, EOFError) and "input" in code:
        return Finding(
            Sentence(
                N_("{file}, line {line}: `{code}` waits for a key; nobody types during a check."), place
            ),
            "waits_for_input",
        )
    values = arrays_on_line(*frames[-1]) if frames else {}
    shapes = ", ".join(f"{name} {tuple(shape)}" for name, shape in values.items())
    if frames and (known := _product(error, *frames[-1], place)):
        return known
    reason = f"{type(error).__name__}: {_reason(error)}"
    diagnosis = None
    if isinstance(error, TypeError) and re.search(r"\.max\(\s*0", code):
        return Finding(Sentence(SEEN["max_for_maximum"], place), "max_for_maximum")
    if re.search(r"truth\svalue", reason):
        diagnosis = "truth_of_an_array"
        template = N_(
            "{file}, line {line}: `{code}` asks an array for one yes or no; use np.where or "
            "np.maximum. {shapes}"
        )
    elif shapes:
        template = N_("{file}, line {line}: `{code}` raises {reason}. The arrays: {shapes}.")
    else:
        template = N_("{file}, line {line}: `{code}` raises {reason}.")
    if not frames:
        template = N_("It raises {reason}.")
    if isinstance(error, TypeError) and re.search(r"positional\sargument", reason):
        diagnosis = "wrong_arguments"
        template = N_("Its parameters do not fit: {reason}. (The first one of a method is self.)")
    return Finding(
        Sentence(template, {**place, "reason": reason.rstrip("."), "shapes": shapes}),
        diagnosis or "exception",
    )


def _syntax(error: SyntaxError) -> Finding:
    file = PurePath(error.filename or "").name
    values = {
        "file": file if file.endswith(".py") else "my_mlp.py",
        "line": error.lineno or "?",
        "code": printable((error.text or "").strip(), limit=90),
        "reason": printable(str(error.msg), limit=120),
    }
    return Finding(
        Sentence(N_("{file}, line {line} is not valid Python: {reason}: `{code}`"), values), "syntax_error"
    )


def _reason(error: BaseException) -> str:
    """Return the first line of an exception's own message."""
    try:
        text = str(error)
    except Exception:  # a person's own exception may fail at this
        text = ""
    return printable(text.strip().partition("\n")[0] or type(error).__name__, limit=200)


def arrays_on_line(frame: FrameType, position: Position) -> dict[str, tuple[int, ...]]:
    """Return the arrays that the failing statement names, and their shapes."""
    tree = _statement(frame, position[0] or frame.f_lineno)
    found: dict[str, tuple[int, ...]] = {}
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Name | ast.Attribute):
            value = _value(node, frame)
            if isinstance(value, np.ndarray):
                found.setdefault(ast.unparse(node), value.shape)
    names = [name for name in found if not name.endswith(".T") or name[:-2] not in found]
    return {name: found[name] for name in names[:MAX_ARRAYS]}


def _statement(frame: FrameType, line: int) -> ast.stmt | None:
    """Return the innermost statement of a person's file that spans a line."""
    text = "".join(linecache.getlines(frame.f_code.co_filename))
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    spanning = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    smallest = min(spanning, key=lambda node: (node.end_lineno or node.lineno) - node.lineno, default=None)
    return smallest if not isinstance(smallest, ast.FunctionDef | ast.ClassDef) else None


def _value(node: ast.expr, frame: FrameType) -> object:
    """Return what a name or dotted name stands for in a frame."""
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, frame)
        if isinstance(owner, np.ndarray):
            return owner.T if node.attr == "T" else None
        try:
            return getattr(owner, node.attr, None)
        except Exception:  # a person's own property may raise
            return None
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        owner = _value(node.value, frame)
        if isinstance(owner, dict):
            return owner.get(node.slice.value)
    return None


def _products(tree: ast.stmt, position: Position) -> Iterator[tuple[bool, ast.expr, ast.expr]]:
    """Yield the products of a statement at the failing place: whether it is `@`, and both sides."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.expr) or (node.col_offset, node.end_col_offset) != position[2:]:
            continue
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.MatMult):
            yield isinstance(node.op, ast.MatMult), node.left, node.right
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            if name in ("dot", "matmul", "multiply") and len(node.args) == 2:
                yield name != "multiply", node.args[0], node.args[1]
            elif name == "dot" and len(node.args) == 1 and isinstance(node.func, ast.Attribute):
                yield True, node.func.value, node.args[0]


def _product(
    error: BaseException, frame: FrameType, position: Position, place: dict[str, object]
) -> Finding | None:
    """Return the finding for a product whose shapes do not fit, where another one would."""
    if not isinstance(error, ValueError):
        return None
    tree = _statement(frame, position[0] or frame.f_lineno)
    for is_matrix, left, right in _products(tree, position) if tree is not None else ():
        a, b = _value(left, frame), _value(right, frame)
        if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and a.ndim == b.ndim == 2):
            continue
        shapes = f"{ast.unparse(left)} {a.shape}, {ast.unparse(right)} {b.shape}"
        if not is_matrix and a.shape[1] == b.shape[0]:
            name = "star_for_matrix_product"
        elif is_matrix and b.shape[1] == a.shape[0]:
            name = "factors_swapped"
        elif is_matrix and (a.shape[0] == b.shape[0] or a.shape[1] == b.shape[1]):
            name = "transpose_missing"
        else:
            continue
        return Finding(Sentence(SEEN[name], {**place, "values": shapes}), name)
    return None
