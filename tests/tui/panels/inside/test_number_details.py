"""What stands beside the numbers of a walkthrough calls classes by their names."""

import numpy as np
import pytest
from rich.cells import cell_len

from engine.analysis.walkthrough import Places
from engine.analysis.walkthrough.stage import FORWARD, Stage, sum_of_products
from engine.sentences import Sentence
from tui.panels.inside.number_details import place_name, sheet, working

NAMES = ("T-shirt/top", "长裤", "a name that is longer than its place")


def stage() -> Stage:
    """Return a sum over the classes, for each of them."""
    values = np.array([1.0, -2.0, 0.5], np.float32)

    def work(at: int) -> object:
        return sum_of_products(values, values, float(values[at]), Places.CLASSES)

    return Stage(FORWARD, Sentence("Output"), "Logits", "", "", "", values, Places.CLASSES, work)  # type: ignore[arg-type]


def test_the_bars_and_the_terms_of_a_sum_have_names() -> None:
    label = sheet(stage(), NAMES).label
    assert label is not None
    assert [label(at) for at in range(3)] == list(NAMES)
    lines = working(stage(), (1,), 60, 9, NAMES).plain.splitlines()
    assert lines[0] == "class 长裤: -2"
    assert [line[:16].strip() for line in lines[1:]] == ["class 长裤", "class T-shirt/t…", "class a name th…"]
    assert len({cell_len(line[: line.index("=")]) for line in lines[1:]}) == 1


@pytest.mark.parametrize("names", [NAMES, ()])
def test_a_place_has_the_name_of_its_class_or_its_number(names: tuple[str, ...]) -> None:
    first = names[0] if names else "0"
    assert place_name(Places.CLASSES, (0,), None, names) == f"class {first}"
    assert place_name(Places.IMAGES_AND_CLASSES, (7, 0), None, names) == f"image 7, class {first}"
