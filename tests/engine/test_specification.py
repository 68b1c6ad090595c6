"""Kinds of values: what each reads, refuses, says of itself and writes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import HyperparameterError
from engine.specification import Choice, Flag, Integer, Real, Sizes, Specification, ValueType, quoted

no_deadline = settings(deadline=None)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Choice(("a", "b_c")), "a, b_c"),
        (Flag(), "on or off"),
        (Integer(1), "a whole number, 1 or more"),
        (Integer(0, 100_000), "a whole number from 0 to 100,000"),
        (Real(), "a finite number, 0 or more"),
        (Real(open_low=True), "a finite number, above 0"),
        (Real(below=1.0), "a number, 0 or more and below 1"),
        (Real(low=0.5, open_low=True, below=2.5), "a number, above 0.5 and below 2.5"),
        (Sizes(1, 2000, 3), "at most 3 whole numbers from 1 to 2,000, separated by commas"),
    ],
)
def test_what_is_allowed_in_words(kind: ValueType, text: str) -> None:
    assert str(kind.allowed()) == text


@no_deadline
@given(low=st.integers(-50, 50), span=st.integers(0, 50), value=st.integers(-200, 200))
def test_an_integer_is_read_within_its_bounds_alone(low: int, span: int, value: int) -> None:
    kind = Integer(low, low + span)
    for given_value in (value, str(value), float(value)):
        if low <= value <= low + span:
            assert kind.parse(given_value) == value
        else:
            with pytest.raises(ValueError):
                kind.parse(given_value)


@no_deadline
@given(value=st.floats(allow_nan=False, allow_infinity=False), open_low=st.booleans())
def test_a_real_is_read_within_its_bounds_alone(value: float, open_low: bool) -> None:
    kind = Real(low=-1.0, open_low=open_low, below=2.0)
    inside = (-1.0 < value < 2.0) or (value == -1.0 and not open_low)
    for given_value in (value, repr(value)):
        if inside:
            assert kind.parse(given_value) == value
        else:
            with pytest.raises(ValueError):
                kind.parse(given_value)


@no_deadline
@given(value=st.floats(0.0, allow_infinity=False))
def test_a_real_is_written_short_and_exactly(value: float) -> None:
    text = Real().format(value)
    assert float(text) == value
    assert not text.endswith(".0")


@pytest.mark.parametrize(
    ("value", "text"), [(0.1, "0.1"), (3.0, "3"), (0.0, "0"), (1e-05, "1e-05"), (1e22, "1e+22")]
)
def test_reals_as_people_write_them(value: float, text: str) -> None:
    assert Real().format(value) == text


@pytest.mark.parametrize("word", ["on", "true", "yes", "ON", " Yes "])
def test_words_for_on(word: str) -> None:
    assert Flag().parse(word) is True


@pytest.mark.parametrize("word", ["off", "false", "no", "OFF", " No "])
def test_words_for_off(word: str) -> None:
    assert Flag().parse(word) is False


@pytest.mark.parametrize("given_value", ["", "1", "0", 1, 0, None, "onn", [True]])
def test_neither_on_nor_off(given_value: object) -> None:
    with pytest.raises(ValueError):
        Flag().parse(given_value)


def test_the_order_of_sizes_is_kept() -> None:
    kind = Sizes(1, 99, 4)
    assert kind.parse("3,1,2") == (3, 1, 2)
    assert kind.format((3, 1, 2)) == "3,1,2"
    assert kind.parse(kind.format(())) == ()


@pytest.mark.parametrize(
    ("given_value", "shown"),
    [
        ("abc", "“abc”"),
        (1.5, "1.5"),
        (None, "None"),
        ("a\nb\x1b", "“a\ufffdb\ufffd”"),
        ("x" * 60, "“" + "x" * 60 + "”"),
        ("x" * 61, "“" + "x" * 59 + "…”"),
        ("x" * 10**6, "“" + "x" * 59 + "…”"),
    ],
    ids=["text", "number", "none", "control characters", "60", "61", "a million"],
)
def test_what_was_given_is_quoted_safely(given_value: object, shown: str) -> None:
    assert quoted(given_value) == shown


def test_an_error_says_what_was_given_and_what_is_allowed() -> None:
    row = Specification(
        name="speed", kind=Integer(1, 3), default=2, group="Group", help="Help.", explanation="Explanation."
    )
    assert row.parse("3") == 3
    with pytest.raises(HyperparameterError) as caught:
        row.parse("4")
    assert str(caught.value) == "speed is “4”; allowed: a whole number from 1 to 3."
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


# --- steps


def climb(kind: ValueType, value: object, up: bool, steps: int) -> list[object]:
    values = []
    for _ in range(steps):
        value = kind.next_value(value, up)
        values.append(value)
    return values


@pytest.mark.parametrize(
    ("kind", "value", "up", "values"),
    [
        (Real(open_low=True), 0.1, True, [0.2, 0.5, 1.0, 2.0, 5.0, 10.0]),
        (Real(open_low=True), 0.1, False, [0.05, 0.02, 0.01, 0.005, 0.002, 0.001]),
        (Real(open_low=True), 0.03, True, [0.05, 0.1]),
        (Real(open_low=True), 0.03, False, [0.02, 0.01]),
        (Real(open_low=True, smallest_step=1e-6), 2e-6, False, [1e-6, 1e-6]),
        (Real(open_low=True), 1e-300, False, [1e-300]),
        (Real(smallest_step=0.5), 0.0, True, [0.5, 1.0, 2.0]),
        (Real(smallest_step=0.5), 1.0, False, [0.5, 0.0, 0.0]),
        (Real(below=1.0), 0.85, True, [0.9, 0.95, 0.95]),
        (Real(below=1.0), 0.12, False, [0.1, 0.05, 0.0, 0.0]),
        (Real(open_low=True, below=1.0), 0.1, False, [0.05, 0.05]),
        (Integer(1, 3), 1, True, [2, 3, 3]),
        (Integer(0), 1, False, [0, 0]),
        (Integer(1, 4), None, True, [1, 2]),
        (Integer(1, doubling=True), 64, True, [128, 256]),
        (Integer(1, doubling=True), 100, True, [128]),
        (Integer(1, doubling=True), 100, False, [64, 32, 16, 8, 4, 2, 1, 1]),
        (Choice(("a", "b", "c")), "b", True, ["c", "a"]),
        (Choice(("a", "b", "c")), "b", False, ["a", "c"]),
        (Flag(), False, True, [True, False]),
        (Sizes(1, 9, 3), (3, 4), True, [(3, 4)]),
    ],
)
def test_steps_are_sensible_and_end_at_the_bounds(
    kind: ValueType, value: object, up: bool, values: list[object]
) -> None:
    assert climb(kind, value, up, len(values)) == values


@no_deadline
@given(value=st.floats(0.0, 1e300), up=st.booleans())
def test_a_step_goes_where_it_should_and_is_allowed(value: float, up: bool) -> None:
    kind = Real()
    new = kind.next_value(value, up)
    assert isinstance(new, float)
    assert kind.parse(new) == new
    assert new > value if up else new < value or new == value == 0


@no_deadline
@given(value=st.floats(0.0, 1.0, exclude_max=True), up=st.booleans())
def test_a_step_of_a_fraction_is_allowed(value: float, up: bool) -> None:
    kind = Real(below=1.0)
    new = kind.next_value(value, up)
    assert kind.parse(new) == new
