import pytest

from engine.events import DataSummary
from engine.network.mlp import MLP
from tests.tui.screen_text import MNIST
from tui.text.glyphs import use_ascii
from tui.widgets.network_summary import network_line, parameter_count


@pytest.mark.parametrize("sizes", [(784, 10), (64, 16, 3), (1024, 20, 20, 5, 26)])
@pytest.mark.parametrize("batch_norm", [False, True])
def test_it_counts_as_the_network_does(sizes: tuple[int, ...], batch_norm: bool) -> None:
    assert parameter_count(sizes, batch_norm) == MLP(sizes, batch_norm=batch_norm).parameters.size


def test_the_network_in_one_line() -> None:
    assert network_line((128,), False, MNIST, 42) == "784-128-10, 101,770 parameters"
    assert network_line((128,), True, MNIST, 42) == "784-128-10, 102,026 parameters"
    assert network_line((), False, MNIST, 42) == "784-10, 7,850 parameters"
    assert network_line((1,), False, DataSummary("", "", "", 1, 1, 2, 9, 9), 42) == "1-1-2, 6 parameters"


def test_before_the_data_is_there_it_says_what_is_known() -> None:
    assert network_line((64, 32), True, None, 42) == "pixels-64-32-classes"


def test_many_layers_are_drawn_short() -> None:
    assert network_line((32,) * 10, False, MNIST, 42) == "784-10×32-10, 34,954 parameters"
    long = network_line((512, 256, 128, 64, 32, 16), False, MNIST, 42)
    assert long.startswith("784-512-")
    assert "-…-10, " in long
    assert len(long) <= 42
    use_ascii(True)
    try:
        assert network_line((32,) * 10, False, MNIST, 42).isascii()
    finally:
        use_ascii(False)
