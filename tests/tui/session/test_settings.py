import os
from pathlib import Path

import pytest

from tui.session.settings import LARGEST, Settings, read_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "settings.json"


def test_no_file_is_no_choice(file: Path) -> None:
    settings = read_settings(file)
    assert settings == Settings(path=file)
    assert settings.complaint is None


def test_a_choice_is_kept(file: Path) -> None:
    settings = read_settings(file)
    assert settings.keep(theme="nord") is None
    assert settings.keep(language="zh") is None
    assert read_settings(file) == Settings("nord", "zh", path=file) == settings
    assert [path.name for path in file.parent.iterdir()] == ["settings.json"]


def test_the_last_five_data_sets_are_kept_the_newest_first(file: Path) -> None:
    settings = read_settings(file)
    for place in "abcdefc":
        assert settings.remember_data(place) is None
    settings.remember_data("x" * 2_000)  # no path is so long
    assert read_settings(file).recent_data == tuple("cfedb") == settings.recent_data
    settings.keep(theme="nord")
    assert read_settings(file).recent_data == tuple("cfedb")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not JSON",
        b"[1, 2]",
        b"\xff\xfe\x00",
        b'{"theme": 3}',
        b'{"recent_data": "a"}',
        b'{"recent_data": [1]}',
        b"[" * 50_000,
        b'{"theme": ' + b"9" * 5_000 + b"}",
        b" " * (LARGEST + 1),
    ],
    ids=["empty", "words", "list", "bytes", "number", "no list", "numbers", "nested", "digits", "large"],
)
def test_what_cannot_be_read_is_ignored_with_one_sentence_and_replaced(file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    settings = read_settings(file)
    assert settings.theme is None
    assert str(file) in str(settings.complaint)
    assert settings.keep(theme="nord") is None
    assert read_settings(file).theme == "nord"
    assert read_settings(file).complaint is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_in_place_of_the_file_is_not_waited_for(file: Path) -> None:
    file.parent.mkdir()
    os.mkfifo(file)
    assert read_settings(file).complaint is not None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way")
    settings = Settings(path=tmp_path / "home" / "settings.json")
    complaint = settings.keep(theme="nord")
    assert complaint is not None
    assert "not kept" in str(complaint)
    assert settings.theme == "nord"


def test_a_write_that_fails_leaves_what_was_there(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings(file)
    settings.keep(theme="nord")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert "No space left" in str(settings.keep(theme="dracula"))
    assert read_settings(file).theme == "nord"
    assert [path.name for path in file.parent.iterdir()] == ["settings.json"]


def test_without_a_path_nothing_is_kept() -> None:
    settings = Settings()
    assert settings.keep(theme="nord") is None
    assert settings.theme == "nord"
