"""The files of a workshop: made once, put back without losing what a person wrote."""

from pathlib import Path

import pytest

from engine.workshop.folder import WorkshopError, make_files, put_back
from engine.workshop.steps import BY_NAME, FILES
from engine.workshop.texts import stub

RELU = BY_NAME["relu"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_files(tmp_path / "workshop", "en")
    return tmp_path / "workshop"


def test_what_is_there_is_left_alone(folder: Path) -> None:
    (folder / FILES[1]).write_text("mine = 1\n")
    (folder / FILES[2]).unlink()
    assert make_files(folder, "en") == {FILES[1]: False, FILES[2]: True}
    assert (folder / FILES[1]).read_text() == "mine = 1\n"


def test_one_step_is_put_back_and_the_rest_stays(folder: Path) -> None:
    path = folder / FILES[1]
    mine = stub(1, "en").replace(
        "    def relu(self, x):", "    def relu(self, y):\n        return y + 1\n\n    def old(self, x):"
    )
    path.write_text(mine + "\nmine = 1")
    again, kept = put_back(folder, 1, RELU, "en")
    assert again == path
    assert kept is not None
    assert kept.read_text() == mine + "\nmine = 1"
    text = path.read_text()
    assert "return y + 1" not in text
    assert text.endswith("\nmine = 1")
    assert put_back(folder, 1, None, "en")[1] == folder / "my_mlp.old-2.py"
    assert path.read_text() == stub(1, "en")


def test_a_step_at_the_end_of_a_file_without_a_last_newline_is_put_back(folder: Path) -> None:
    path = folder / FILES[1]
    path.write_text("class MLP:\n    def relu_derivative(self, x): ...\n\n    def relu(self, x): return x")
    put_back(folder, 1, RELU, "en")
    compile(path.read_text(), "my_mlp.py", "exec")
    assert path.read_text().endswith("\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("class MLP:\n    pass\n", "my_mlp.py has no MLP.relu"),
        ("class MLP:\n    def relu(self, x)\n", "my_mlp.py is not valid Python"),
        (b"# caf\xe9\n", "my_mlp.py is not valid Python"),
    ],
)
def test_where_a_step_has_no_place_nothing_is_changed(folder: Path, content: str | bytes, says: str) -> None:
    path = folder / FILES[1]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    with pytest.raises(WorkshopError, match=says):
        put_back(folder, 1, RELU, "en")
    assert path.read_bytes() == before
    assert list(folder.glob("*.old-*")) == []


def test_what_cannot_be_written_or_read_is_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkshopError, match="Not a directory"):
        make_files(tmp_path / "file" / "workshop", "en")
    folder = tmp_path / "workshop"
    (folder / FILES[1]).mkdir(parents=True)
    assert make_files(folder, "en")[FILES[1]] is False
    with pytest.raises(WorkshopError, match="Is a directory"):
        put_back(folder, 1, None, "en")
    (folder / FILES[2]).unlink()
    (folder / FILES[2]).symlink_to(tmp_path / "file" / "none")
    with pytest.raises(WorkshopError, match="Not a directory"):
        put_back(folder, 2, None, "en")
