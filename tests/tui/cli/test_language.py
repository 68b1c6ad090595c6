"""What the command line says: in Chinese, and in a language of wide letters, which show what has escaped."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.tui.cli.conftest import ENVIRONMENT, QUICK, Call, process
from tests.wide_letters import escaped, wide_letters
from tui.cli.experiment import experiment
from tui.cli.main import cli
from tui.cli.runs import runs
from tui.cli.workshop import workshop
from tui.text.language import use_language

RUNS = [
    ["runs", name] for name in ("list", "show", "compare", "export", "rename", "note", "delete", "restore")
]
COMMANDS = [
    *([], ["train"], ["resume"], ["evaluate"], ["mistakes"], ["runs"], ["check-gradients"], ["data"]),
    *(["find-learning-rate"], ["predict"], ["lesson"], ["watch"]),
    *RUNS,
    *(["experiment"], *(["experiment", name] for name in ("run", "resume", "list", "show", "delete"))),
    *(["workshop"], *(["workshop", name] for name in ("init", "check", "hint", "reset", "open"))),
]
WRITTEN = frozenset(
    {"toml", "npz", "FILE", "gradients", "true", "predicted", "limit", "help", "lang", "en", "zh", "version"}
    | {"check", "json", "samples", "name", "save", "no", "idx", "hidden", "batch", "norm", "layer", "train"}
    | {"mistakes", "evaluate", "resume", "runs", "RUN", "export", "latest", "list", "show", "rename", "note"}
    | {"delete", "restore", "compare", "deleted", "yes", "csv", "safetensors", "onnx", "script", "report"}
    | {
        "py",
        "CLASS",
        "SOURCE",
        "watch",
        "epoch",
        "ended",
        "JSON",
        "CSV",
        "Keras",
        "Lightning",
        "html",
        "format",
        "output",
        "force",
        "o",
        "NumPy",
    }
    | {"find", "learning", "rate", "predict", "lesson", "center", "answer", "run", "LESSON", "PGM", "PNG"}
    | {
        "MNIST",
        "Pillow",
        "TEXT",
        "workshop",
        "init",
        "hint",
        "reset",
        "open",
        "FOLDER",
        "my",
        "mlp",
        "challenges",
        "experiment",
        "EXPERIMENT",
        "NAME",
        "VALUES",
        "grid",
        "random",
        "tpe",
        "Dask",
        "tcp",
        "host",
    }
)
"""Names of options, commands and kinds of files, which are the same in every language."""


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch, mlp_tui: Call) -> Iterator[Call]:
    with wide_letters(monkeypatch):
        monkeypatch.setitem(os.environ, "LANGUAGE", "xx")
        yield mlp_tui


@pytest.fixture(autouse=True)
def english_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LANGUAGE", "en")
    yield
    use_language("en")


def _escaped(text: str, *paths: Path) -> set[str]:
    for path in paths:
        text = text.replace(str(path), "")
    names = "|".join(re.escape(name) for option in _options() for name in option.split("-") if name)
    return {word for word in escaped(text, allowed=WRITTEN) if not re.fullmatch(names, word)}


def _options() -> set[str]:
    commands = (cli, *(c for group in (cli, experiment, runs, workshop) for c in group.commands.values()))
    return {name for command in commands for p in command.params for name in p.opts}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: "-".join(command) or "mlp-tui")
def test_the_whole_help_is_translated(wide: Call, command: list[str]) -> None:
    done = wide(*command, "--help")
    assert (done.status, done.err) == (0, "")
    assert _escaped(done.out) == set()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: "-".join(command) or "mlp-tui")
def test_the_help_in_chinese_keeps_its_columns(mlp_tui: Call, command: list[str]) -> None:
    """Whether `--lang` stands before or after what asks for help, all of it is Chinese."""
    said = mlp_tui(*command, "--help", "--lang", "zh").out
    assert said == mlp_tui(*command, "--lang", "zh", "--help").out
    lines = said.splitlines()
    assert lines[0].startswith("用法: mlp-tui")
    assert max(map(cell_len, lines)) <= 80
    options = lines[lines.index("选项:") + 1 :]
    options = options[: options.index("")] if "" in options else options
    starts = {cell_len(found[1]) for line in options if (found := re.match(r"(  -.{0,29}?\s{2,})\S", line))}
    assert len(starts) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["tarin"],
        ["train", "--lerning-rate", "1"],
        ["train", "--learning-rate"],
        ["train", "--learning-rate", "much"],
        ["train", "--json=yes"],
        ["train", "more"],
        ["mistakes"],
        ["mistakes", "no-such-file.npz"],
        ["mistakes", "model.npz", "--limit", "few"],
        ["data", "--data", "no-such-folder"],
        ["--lang", "fr"],
        ["--preset", "nothing"],
        ["--data", "x", "train"],
    ],
    ids=" ".join,
)
def test_a_complaint_is_translated(wide: Call, arguments: list[str]) -> None:
    complaint = wide(*arguments)
    assert complaint.status in (1, 2)
    given = set(re.findall(r"[A-Za-z_]+", " ".join(arguments)))
    assert _escaped(complaint.err) - given == set(), complaint.err


def test_what_the_smaller_commands_print_is_translated(wide: Call, model: Path, small_npz: Path) -> None:
    checked = wide("check-gradients", "--data", small_npz, "--hidden", "4", "--batch-norm", "--samples", "5")
    assert _escaped(checked.out) == set()
    described = re.sub(r"[0-9a-f]{16}", "", wide("data", "--data", small_npz).out)
    assert _escaped(described, small_npz) == {"small"}
    assert _escaped(wide("mistakes", model, "--data", small_npz, "--limit", "1").out.splitlines()[0]) == set()


def test_a_run_is_told_in_its_language(wide: Call, small_npz: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.npz"
    done = wide("train", "--data", small_npz, *QUICK, "--save", path)
    assert done.status == 0
    assert _escaped(done.out) == set()
    started, *epochs = done.err.splitlines()
    assert _escaped(started.rpartition(" ")[0]) == set()  # the last word is the run's id
    assert _escaped("\n".join(epochs), path) == set()


def test_columns_of_figures_stand_below_their_headings(mlp_tui: Call, small_npz: Path) -> None:
    table = mlp_tui("data", "--data", small_npz, "--lang", "zh").out.splitlines()[-11:]
    assert {cell_len(line) for line in table} == {27}
    options = "--data", small_npz, "--samples", "5", "--lang", "zh"
    checked = mlp_tui("check-gradients", *options).out.splitlines()
    ends = {cell_len(line[: line.index("相对误差")]) + 8 for line in checked[:1]}
    assert ends == {cell_len(re.match(r".*e-\d\d(?=  )", line)[0]) for line in checked[1:-2]}  # type: ignore[index]


def test_json_is_the_same_in_every_language(mlp_tui: Call, small_npz: Path) -> None:
    english, chinese = (
        mlp_tui("data", "--data", small_npz, "--json", "--lang", code).json() for code in ("en", "zh")
    )
    assert english == chinese


def test_the_locale_decides_where_nothing_else_is_said() -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if name != "LANGUAGE"}
    said = process("--help", env=environment | {"LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"})
    assert said.out.startswith("用法: ")


def test_a_terminal_that_knows_no_chinese_is_no_reason_to_fail(small_npz: Path) -> None:
    said = process(
        "data", "--data", small_npz, "--lang", "zh", env=ENVIRONMENT | {"PYTHONIOENCODING": "ascii"}
    )
    assert (said.status, said.err) == (0, "")
