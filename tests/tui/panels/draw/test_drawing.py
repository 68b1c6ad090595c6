"""A pen leaves a soft line, an eraser wipes it, and every stroke can be taken back."""

import numpy as np
import pytest

from tui.panels.draw.drawing import Drawing


def test_a_stroke_is_as_thick_as_those_of_mnist_and_soft_at_its_edge() -> None:
    drawing = Drawing(28, 28)
    assert drawing.is_empty
    drawing.begin()
    drawing.stroke((5, 14), (22, 14))
    across = drawing.pixels[14].tolist()
    assert across[14] == 255
    assert 2 <= sum(grey > 127 for grey in across) <= 4
    assert any(0 < grey < 255 for grey in across)
    assert drawing.pixels[:3].sum() == 0
    diagonal = Drawing(28, 28)
    diagonal.stroke((2, 2), (25, 25))
    assert all(diagonal.pixels[i, i] == 255 for i in range(2, 26))  # no gaps


def test_what_is_wiped_is_gone_and_can_be_had_back() -> None:
    drawing = Drawing(28, 28)
    drawing.begin()
    drawing.stroke((14, 2), (14, 25))
    drawn = drawing.pixels.copy()
    drawing.begin()
    drawing.stroke((14, 2), (14, 25), erase=True)
    assert drawing.pixels.max() < 128
    assert drawing.undo()
    np.testing.assert_array_equal(drawing.pixels, drawn)
    assert drawing.redo()
    assert drawing.undo() and drawing.undo()
    assert drawing.is_empty
    assert not drawing.undo()
    assert drawing.redo()
    drawing.clear()
    assert not drawing.redo()  # something else was done since


@pytest.mark.parametrize(("size", "drawn"), [((8, 8), (8, 8)), ((28, 28), (28, 28)), ((64, 128), (16, 32))])
def test_it_has_the_proportions_of_the_images(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    assert Drawing(*size).pixels.shape == drawn
