"""The catalogues: `python -m tests.catalogue` brings them up to date with what the source says.

It takes every string marked with `_`, `N_`, `NN_` or `plural` into `assets/locale/*/LC_MESSAGES/mlp_tui.po`,
drops what is no longer said, compiles the `.mo` files beside them, and names what has no translation yet.
"""

import ast
import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "assets" / "locale"
SPOKEN_IN = ("engine", "tui")
IDLE_HEADERS = (b'"Report-', b'"POT-', b'"PO-', b'"Last-', b'"Language-Team', b'"Generated-By')
MARKS = {"_": 1, "N_": 1, "NN_": 2, "plural": 2}
"""What marks a string, and how many forms of it there are."""


def extracted() -> Catalog:
    """Return every string that the source marks, with the files that say it.

    From the syntax tree: Babel's own reader of Python 3.11 does not look into f-strings.
    """
    catalogue = Catalog(charset="utf-8")
    for path in sorted(path for folder in SPOKEN_IN for path in (ROOT / folder).rglob("*.py")):
        calls = (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            forms = MARKS.get(call.func.id, 0) if isinstance(call.func, ast.Name) else 0
            said = [word.value for word in call.args[:forms] if isinstance(word, ast.Constant)]
            text = tuple(word for word in said if isinstance(word, str) and word)
            if text:
                place = (path.relative_to(ROOT).as_posix(), call.lineno)
                catalogue.add(text if forms > 1 else text[0], locations=[place])
    return catalogue


def sources() -> list[Path]:
    """Return the translators' files, one a language."""
    return sorted(LOCALE.glob("*/LC_MESSAGES/mlp_tui.po"))


def read(path: Path) -> Catalog:
    """Return what a translator's file holds."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def compiled(catalogue: Catalog, path: Path) -> None:
    """Write the form that the program reads; without the time of day, so that the same is the same."""
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    with path.open("wb") as file:
        write_mo(file, catalogue)


def updated(path: Path) -> Catalog:
    """Bring one language up to date, and return it."""
    catalogue, said = read(path), extracted()
    catalogue.update(said, no_fuzzy_matching=True, update_header_comment=False, update_creation_date=False)
    value_text = BytesIO()
    write_po(value_text, catalogue, width=110, ignore_obsolete=True, include_lineno=False, sort_by_file=True)
    lines = value_text.getvalue().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if not line.startswith(IDLE_HEADERS)))
    compiled(catalogue, path.with_suffix(".mo"))
    return catalogue


def missing(catalogue: Catalog) -> list[str]:
    """Return what has no translation, or one that is only a guess."""
    found = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and (message.fuzzy or not all(strings)):
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def main() -> None:
    """Update every language; exit status 1 if one of them misses something."""
    incomplete = False
    for path in sources():
        for text in missing(updated(path)):
            incomplete = True
            print(f"{path.parts[-3]} misses: {text!r}")
    sys.exit(incomplete)


if __name__ == "__main__":
    main()
