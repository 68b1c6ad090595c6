"""A file that a person names to write to."""

from pathlib import Path

import pytest

from engine.errors import ExportError
from engine.storage.files import new_file


def test_a_file_that_is_not_there_yet_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert new_file("~/report.html") == tmp_path / "report.html"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("there.html", "there.html is there already; choose another name."),
        ("~nobody-of-this-name/x.html", "nobody has such a home folder."),
        ("x" * 300 + ".html", "cannot be written: "),
    ],
)
def test_what_cannot_be_written_is_one_sentence(
    text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.html").touch()
    with pytest.raises(ExportError) as told:
        new_file(text)
    assert says in str(told.value)
