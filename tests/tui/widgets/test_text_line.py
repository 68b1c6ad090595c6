from tui.widgets.text_line import TextLine


def test_what_was_put_there_is_replaced_by_the_first_character() -> None:
    line = TextLine("0.1")
    line.type("5")
    line.type("0")
    assert (line.text, line.cursor) == ("50", 2)


def test_the_cursor_moves_out_of_the_selection_and_stays_inside_the_line() -> None:
    line = TextLine("0.1")
    line.move(1)
    line.move(1)
    line.type("5")
    assert line.text == "0.15"
    line = TextLine("0.1")
    line.move(-1)
    line.move(-1)
    line.type("2")
    assert line.text == "20.1"


def test_deleting() -> None:
    line = TextLine("1234")
    line.place(2)
    line.delete(-1)
    assert (line.text, line.cursor) == ("134", 1)
    line.delete(1)
    assert (line.text, line.cursor) == ("14", 1)
    line.delete(-99)
    assert (line.text, line.cursor) == ("4", 0)
    line.delete(-1)
    assert line.text == "4"
    line.select_all()
    line.delete(1)
    assert (line.text, line.cursor, line.selected) == ("", 0, False)
