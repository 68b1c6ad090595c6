"""Nothing that a person reads is missing from the catalogue, and nothing in it is broken."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import read_mo
from rich.cells import cell_len

from engine.errors import DataError
from engine.sentences import Sentence
from tests.catalogue import MARKS, ROOT, SPOKEN_IN, extracted, missing, read, sources
from tui.text import language
from tui.text.cell_widths import left, right, width, wrapped
from tui.text.language import _, language_of_arguments, language_of_locale, plural, translate, use_language

LANGUAGES = pytest.mark.parametrize("path", sources(), ids=lambda path: path.parts[-3])


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", "en")
    yield
    use_language("en")


# The catalogue


def test_every_language_but_english_has_a_catalogue() -> None:
    assert {path.parts[-3] for path in sources()} == set(language.LANGUAGES) - {"en"}


@LANGUAGES
def test_the_catalogue_has_what_the_source_says_and_no_more(path: Path) -> None:
    """If it fails: `python -m tests.catalogue`."""
    assert {message.id for message in read(path)} == {message.id for message in extracted()}


@LANGUAGES
def test_everything_is_translated(path: Path) -> None:
    assert missing(read(path)) == []


@LANGUAGES
def test_the_compiled_catalogue_is_the_source_s(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert _strings(compiled) == _strings(read(path))


@LANGUAGES
def test_a_translation_keeps_the_placeholders(path: Path) -> None:
    for message in read(path):
        if message.id:
            english = message.id if isinstance(message.id, str) else message.id[-1]
            assert _placeholders(_flat(message.string)) == _placeholders(english), english


@LANGUAGES
def test_a_translation_keeps_the_lines(path: Path) -> None:
    for message in read(path):
        if message.id:
            english = message.id if isinstance(message.id, str) else message.id[-1]
            other = _flat(message.string)
            assert english.endswith("\n") == other.endswith("\n"), english
            assert english.count("\n") == other.count("\n"), english


def _strings(catalogue: Catalog) -> dict[str, str]:
    return {_flat(message.id): _flat(message.string) for message in catalogue if message.id}


def _flat(string: str | tuple[str, ...] | list[str] | None) -> str:
    assert string
    return string if isinstance(string, str) else string[0]


def _placeholders(text: str) -> Counter[str]:
    return Counter(re.findall(r"\{+[^{}]*(?:\{[^{}]*\})?[^{}]*\}+", text))


# What has escaped


SHOWN_BY = {
    *("notify", "say", "echo", "Static", "Words", "Label", "Text", "Content", "Segment", "SystemCommand"),
    *("Sentence", "EngineError", "DataError", "CheckpointError", "HyperparameterError"),
    *("ConfigurationError", "UsageError", "Chart", "Curve", "TabPane", "Button", "Checkbox", "show_error"),
    *("styled", "from_markup", "_complain", "_heading"),
}
"""What shows its first argument to a person, or all of them in the case of `Binding`."""
SHOWN_AS = {
    *("help", "tooltip", "title", "description", "explanation", "unit", "group", "placeholder", "prompt"),
    *("label", "words", "message", "border_title", "border_subtitle", "template", "short_help"),
}
"""Arguments and attributes that a person reads."""
PROSE = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}")
NOT_PROSE = {
    "batch norm": "the name of a layer in JSON; `reports` has its words",
    "has no attribute": "an AttributeError, for programmers",
    "mlp-tui model 1": "the format of a file",
    "mlp-tui snapshot 1": "the format of a file",
    "mlp-tui training": "the name of a process",
    "worker events": "the name of a thread",
    "half blocks": "a value of an enumeration; its words are elsewhere",
    "BOX DRAWINGS": "the name of a range of characters",
    "no data": "a value of an enumeration, never shown",
    "images and classes": "a value of an enumeration, never shown",
    "leaky ReLU": "a name that is the same in every language",
    "bias sum": "the name of a bug, in lesson files",
    "bias forgotten": "the name of a bug, in lesson files",
    "change of ": "a sign of a formula, where Δ cannot be drawn",
}
"""What looks like a sentence and is not shown to a person, with the reason."""
CODE = re.compile(r"\b(np|self)\.|^(dX|dW|db|dlogits) = ")
"""Lines of NumPy that are shown as they are."""
NO_WORDS = {"F1", "mlp-tui"}
"""Names that are the same in every language."""


SQL = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|BEGIN) | (FROM|WHERE|AND|VALUES|IS|ORDER BY|SET) |^PRAGMA "
    r"|ALTER TABLE|ADD COLUMN"
)


def _unmarked(node: ast.AST) -> Iterator[ast.Constant]:
    """Yield the strings in a tree that nothing marks for translation; docstrings and types are left out."""
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {*MARKS, "ValueError"}
    ):
        return  # a ValueError is for programmers, or becomes an EngineError
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _unmarked(child)


def _sentences(tree: ast.AST) -> Iterator[str]:
    """Yield what looks like prose and is no style sheet, type, or known exception."""
    kept_apart = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "DEFAULT_CSS" for target in targets):
                kept_apart |= set(ast.walk(node))
    for constant in _unmarked(tree):
        text = str(constant.value)
        if (
            constant not in kept_apart
            and PROSE.search(text)
            and not any(known in text for known in NOT_PROSE)
            and not SQL.search(text)
            and not CODE.search(text)
        ):
            yield text


def _shown(tree: ast.AST) -> Iterator[str]:
    """Yield what is handed, unmarked and as it stands, to something that shows it."""
    for node in ast.walk(tree):
        values: list[ast.AST] = []
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            values += node.args[:1] if name in SHOWN_BY else node.args[2:] if name == "Binding" else []
            read = SHOWN_AS if name != "work" else frozenset()  # whose `group` no one reads
            values += [keyword.value for keyword in node.keywords if keyword.arg in read]
        elif isinstance(node, ast.Assign):
            targets = [target.attr for target in node.targets if isinstance(target, ast.Attribute)]
            values += [node.value] if SHOWN_AS & set(targets) else []
        for value in values:
            for constant in [value] if isinstance(value, ast.Constant) else _parts(value):
                given = getattr(constant, "value", None)
                text = re.sub(r"\{.*?\}", "", given) if isinstance(given, str) else ""
                if re.search(r"[A-Za-z]{2,}", text) and text.strip(" :") not in NO_WORDS:
                    yield text


def _parts(value: ast.AST) -> Iterator[ast.AST]:
    """Yield the strings that a value is put together from: an f-string, a choice of two, a sum."""
    if isinstance(value, ast.JoinedStr):
        yield from (part for part in value.values if isinstance(part, ast.Constant))
    elif isinstance(value, ast.IfExp):
        yield from (part for part in (value.body, value.orelse) if isinstance(part, ast.Constant))
    elif isinstance(value, ast.BinOp):
        yield from (part for part in (value.left, value.right) if isinstance(part, ast.Constant))


ENGLISH_ALONE = {f"engine/storage/export/{name}.py" for name in ("charts", "html", "report", "script")} | {
    "engine/experiments/export.py"
}
"""The reports and the script, which are files for anyone, and no part of the program's own talk."""

MODULES = sorted(
    path
    for folder in SPOKEN_IN
    for path in (ROOT / folder).rglob("*.py")
    if path.relative_to(ROOT).as_posix() not in ENGLISH_ALONE
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_words_have_escaped(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [*_sentences(tree), *_shown(tree)] == []


@pytest.mark.parametrize(
    "source",
    [
        'self.notify("Done")',
        'Static("Loss")',
        'box.border_title = "Loss"',
        'Binding("x", "leave", "Leave")',
        'raise DataError("Broken: {path}", path=path)',
        'option("--x", words=lambda: "What it is for.")',
        'self.notify(f"Epoch {epoch}")',
        'words = "Nobody has marked this."',
    ],
)
def test_words_that_escape_are_found(source: str) -> None:
    tree = ast.parse(source)
    assert [*_sentences(tree), *_shown(tree)]


# Which language


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW"}, "zh"),
        ({"LANG": "zh"}, "zh"),
        ({"LANG": "zh-Hans"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_SG.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LANGUAGE": "en:zh"}, "en"),
        ({"LANG": "en_US.UTF-8", "LANGUAGE": "fr:zh_CN:en"}, "zh"),
    ],
)
def test_the_language_of_the_locale(environment: dict[str, str], code: str) -> None:
    assert language_of_locale(environment) == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], None),
        (["--lang", "zh"], "zh"),
        (["train", "--help", "--lang=zh"], "zh"),
        (["--lang", "zh", "train", "--lang", "en"], "en"),
        (["--lang"], None),
        (["--lang", "fr"], None),
        (["mistakes", "--", "--lang", "zh"], None),
    ],
)
def test_the_language_of_the_arguments(arguments: list[str], code: str | None) -> None:
    assert language_of_arguments(arguments) == code


def test_the_language_can_be_switched_and_switched_back() -> None:
    error = DataError("{path} cannot be read: {reason}.", path="x", reason=Sentence("Permission denied"))
    use_language("zh")
    assert language.language() == "zh"
    assert (_("Early stopping"), _("Stop")) == ("早停", "停止")
    assert plural("{count} epoch", "{count} epochs", 1) == "1 轮"
    assert translate(error) == "无法读取 x：权限不够。"
    use_language("en")
    assert (_("Early stopping"), plural("{count} epoch", "{count} epochs", 2)) == (
        "Early stopping",
        "2 epochs",
    )
    assert translate(error) == str(error) == "x cannot be read: Permission denied."


def test_nothing_is_nothing_in_every_language() -> None:
    """The catalogue's own header is what gettext returns for it."""
    use_language("zh")
    assert _("") == ""


def test_the_terms_are_those_of_the_textbooks() -> None:
    said = "".join(_flat(message.string) for message in read(sources()[0]) if message.id)
    for term in ("学习率", "批量大小", "早停", "混淆矩阵", "反向传播", "权重衰减"):
        assert term in said


# Cells


@LANGUAGES
def test_cells_are_counted_as_the_screen_counts_them(path: Path) -> None:
    for message in read(path):
        for line in _flat(message.string).splitlines():
            assert width(line) == cell_len(line)
            assert cell_len(left(line, 400)) == cell_len(right(line, 400)) == 400


@LANGUAGES
@pytest.mark.parametrize("cells", [20, 46, 78])
def test_a_line_is_broken_where_it_may_be(path: Path, cells: int) -> None:
    for message in read(path):
        text = " ".join(_flat(message.string).split())
        lines = wrapped(text, cells)
        assert "".join("".join(lines).split()) == "".join(text.split())
        for before, line in pairwise(["", *lines]):
            assert cell_len(line) <= cells or " " not in line
            assert not before or not line.startswith(tuple("，。、；：！？”’）》…"))
            assert not line.endswith(tuple("“‘（《"))


def test_english_is_broken_at_its_spaces() -> None:
    assert wrapped("one (two) three's 4,5 end.", 9) == ["one (two)", "three's", "4,5 end."]
