"""What the Runs tab says: how many runs there are, what one of them is, what can be done with it."""

from textual.content import Content

from engine.specification import printable
from engine.storage.run_record import RunRecord
from tui.panels.runs.columns import COLUMNS, moment
from tui.text.command_line import command_line
from tui.text.glyphs import glyph
from tui.text.language import _, plural, translate
from tui.text.phrases import duration, run_label
from tui.widgets.option_line import Option


def heading(shown: int, there: int, sought: str, damaged: int) -> Content:
    """Return how many runs there are, and how many of them are shown; of how many the row is damaged."""
    text = plural("{count:,} run", "{count:,} runs", there)
    if damaged:
        text += "  " + plural("({count} is damaged)", "({count} are damaged)", damaged)
    if not sought:
        return Content.styled(text, "bold")
    found = plural(
        "{count:,} of {{there:,}} runs has “{{sought}}”",
        "{count:,} of {{there:,}} runs have “{{sought}}”",
        shown,
    ).format(there=there, sought=printable(sought, 30))
    return Content.assemble((found, "bold"), ("  " + _("escape shows all"), "$foreground-muted"))


def view_options(column: int, *, turned: bool, sought: str) -> list[Option]:
    """Return how the runs are sorted and filtered, each with the key that changes it."""
    sort = Option(
        "right",
        _("by {column}").format(column=_(COLUMNS[column].title)),
        _("Sort by the next column; left goes back"),
        turned,
        glyph("←→", "<>"),
    )
    return [
        sort,
        Option("i", glyph("⇅", "<>"), _("The other way round"), turned),
        Option("slash", _("filter"), _("Show only runs in which these words are found"), bool(sought), "/"),
    ]


def options(
    record: RunRecord | None, *, is_marked: bool, waits: bool, is_overlaid: bool, undo: bool
) -> list[Option]:
    """Return what can be done with a run, each with its key.

    is_marked: whether it is the one to be compared; waits: whether another one is
    """
    found = []
    if record is not None:
        compare = _("compare with …") if is_marked else _("compare with this") if waits else _("compare")
        overlay = _("take off") if is_overlaid else _("overlay")
        found = [
            Option("c", compare, _("Mark for a comparison, then compare with another"), is_marked or waits),
            Option("o", overlay, _("Its curves on the charts"), is_overlaid),
            Option("r", _("resume"), _("Resume the run")),
            Option("a", _("again"), _("Another run with the same settings")),
            Option("e", _("rename"), _("Call the run something else")),
            Option("t", _("note"), _("Keep a note with the run")),
            Option("d", _("delete"), _("Delete the run; u restores it")),
        ]
    if undo:
        found.insert(0, Option("u", _("undo"), _("Restore the run that was deleted last")))
    if record is not None:
        found.append(Option("x", _("export"), _("Export this run to a file")))
        found.append(Option("y", _("copy command"), _("Copy the command that trains the same")))
    return found


def show_message(complaint: str, there: int, sought: str, *, is_read: bool) -> str:
    """Say why no run is shown; empty if one is."""
    if complaint:
        return _("The stored runs cannot be shown.") + "\n" + complaint
    if not is_read:
        return _("Reading the stored runs …")
    if not there:
        return (
            _("Every run is stored here as it trains: to view again, to compare and to resume.")
            + "\n\n"
            + _("There is none yet.")
            + " "
            + _("ctrl+r starts a run.")
        )
    if sought:
        return _("In none of the {count:,} runs “{sought}” is found. escape shows all.").format(
            count=there, sought=printable(sought, 30)
        )
    return ""


def details(record: RunRecord) -> Content:
    """Return what there is to say of the run under the cursor, in three lines."""
    dot = f" {glyph('·', '|')} "
    failure = [printable(record.failure, 200)] if record.failure else []
    named = [record.id] if record.name.strip() else []
    first = [_network(record), translate(record.state_name), *failure, *named, moment(record.created)]
    second = command_line(record.started.hyperparameters, record.data, record.started.network)
    note = printable(record.note, 500) if record.note.strip() else _("no note")
    return Content.assemble(
        (run_label(record, 60), "bold"),
        (dot + dot.join(first), "$foreground-muted"),
        "\n" + printable(second, 500) + "\n",
        (note, "" if record.note.strip() else "$foreground-muted"),
    )


def _network(record: RunRecord) -> str:
    text = _("{network}, {parameters:,} parameters, {time} of training on {data}")
    return text.format(
        network=printable(record.network, 60),
        parameters=record.started.parameters,
        time=duration(record.seconds),
        data=printable(record.started.data.name, 40),
    )
