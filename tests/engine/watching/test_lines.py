"""Lines from bytes, however these are cut."""

from hypothesis import given
from hypothesis import strategies as st

from engine.watching import lines
from engine.watching.lines import Lines


@given(st.text(), st.integers(1, 7))
def test_the_pieces_do_not_matter(text: str, size: int) -> None:
    content = text.encode()
    cut = Lines()
    found = [line for at in range(0, len(content), size) for line in cut.take(content[at : at + size])]
    whole = content.decode().split("\n")
    assert found == [line.lstrip("\ufeff").strip() for line in whole[:-1]]
    assert cut.partial == whole[-1].lstrip("\ufeff").strip()


def test_a_line_without_end_takes_no_memory_and_is_told_once() -> None:
    cut = Lines()
    for _piece in range(5):
        assert cut.take(b"x" * (lines.MAX_LINE // 2)) == []
        assert len(cut._partial) <= lines.MAX_LINE
    assert cut.take(b"x\nshort\n") == [None, "short"]
    assert cut.take(b"y" * (lines.MAX_LINE + 1) + b"\n\xff\n") == [None, "\ufffd"]
