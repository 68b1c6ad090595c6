"""A language for tests, in which every translated letter is a wide one: what is narrow has escaped."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from engine.hyperparameters import SPECIFICATIONS
from engine.specification import Choice
from engine.storage.presets import PRESETS
from tests.catalogue import compiled, extracted
from tui.text import language

NAMES = {
    *SPECIFICATIONS,
    *(
        name
        for specification in SPECIFICATIONS.values()
        if isinstance(specification.kind, Choice)
        for name in specification.kind.names
    ),
    *("on", "off"),  # what a flag is set to, in a file and on the command line
    *("mlp", "tui", "MNIST", "F1", "preset", "config", "data"),
    *PRESETS,
    *(
        "shift",
        "del",
        "esc",
        "enter",
        "pgup",
        "pgdn",
        "home",
        "end",
        "space",
        "tab",
        "left",
        "right",
        "up",
        "down",
    ),
}
"""Words that are the same in every language."""


def widened(text: str) -> str:
    """Return `text` with wide letters, apart from what stands in braces."""
    parts = re.split(r"(\{+[^{}]*(?:\{[^{}]*\})?[^{}]*\}+)", text)
    return "".join(
        part if place % 2 else re.sub(r"[A-Za-z]", lambda letter: chr(ord(letter[0]) + 0xFEE0), part)
        for place, part in enumerate(parts)
    )


def escaped(text: str, *, allowed: frozenset[str] = frozenset()) -> set[str]:
    """Return the words of `text` that no catalogue has been asked for."""
    message = {word.strip("_") for word in re.findall(r"[A-Za-z_][A-Za-z_0-9]+", text)}
    message -= NAMES | allowed
    return {word for word in message if len(word) > 1 and not re.fullmatch(r"f\d+", word)}


@cache
def _catalogues() -> "TemporaryDirectory[str]":
    """Return the folder of the catalogue: to make it takes a second."""
    catalogue = extracted()
    for message in catalogue:
        if message.id:
            forms = (message.id,) if isinstance(message.id, str) else message.id
            message.string = tuple(map(widened, forms)) if len(forms) > 1 else widened(forms[0])
    folder = TemporaryDirectory()
    path = Path(folder.name) / "xx" / "LC_MESSAGES" / "mlp_tui.mo"
    path.parent.mkdir(parents=True)
    compiled(catalogue, path)
    return folder


@contextmanager
def wide_letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Speak the language for tests."""
    with monkeypatch.context() as patched:
        patched.setenv("LANGUAGE", "xx")
        patched.setattr(language, "CATALOGUES", _catalogues().name)
        patched.setitem(language.LANGUAGES, "xx", "wide")
        language.use_language("xx")
        yield
    language.use_language("en")
