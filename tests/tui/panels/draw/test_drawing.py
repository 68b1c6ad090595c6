"""A pen leaves a soft line, an eraser wipes it, and every stroke can be taken back."""

import numpy as np
import pytest

from tui.panels.draw.drawing import Sketch


def test_a_stroke_is_as_thick_as_those_of_mnist_and_soft_at_its_edge() -> None:
    sketch = Sketch(28, 28)
    assert sketch.is_empty
    sketch.begin()
    sketch.stroke((5, 14), (22, 14))
    across = sketch.pixels[14].tolist()
    assert across[14] == 255
    assert 2 <= sum(grey > 127 for grey in across) <= 4
    assert any(0 < grey < 255 for grey in across)
    assert sketch.pixels[:3].sum() == 0
    diagonal = Sketch(28, 28)
    diagonal.stroke((2, 2), (25, 25))
    assert all(diagonal.pixels[i, i] == 255 for i in range(2, 26))  # no gaps


def test_what_is_wiped_is_gone_and_can_be_had_back() -> None:
    sketch = Sketch(28, 28)
    sketch.begin()
    sketch.stroke((14, 2), (14, 25))
    drawn = sketch.pixels.copy()
    sketch.begin()
    sketch.stroke((14, 2), (14, 25), erase=True)
    assert sketch.pixels.max() < 128
    assert sketch.undo()
    np.testing.assert_array_equal(sketch.pixels, drawn)
    assert sketch.redo()
    assert sketch.undo() and sketch.undo()
    assert sketch.is_empty
    assert not sketch.undo()
    assert sketch.redo()
    sketch.clear()
    assert not sketch.redo()  # something else was done since


@pytest.mark.parametrize(("size", "drawn"), [((8, 8), (8, 8)), ((28, 28), (28, 28)), ((64, 128), (16, 32))])
def test_it_has_the_proportions_of_the_images(size: tuple[int, int], drawn: tuple[int, int]) -> None:
    assert Sketch(*size).pixels.shape == drawn
