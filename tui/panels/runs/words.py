"""What the Runs tab says: how many runs there are, what one of them is, what can be done with it."""

from textual.content import Content

from engine.specification import printable
from engine.storage.runs import RunRecord
from tui.glyphs import glyph
from tui.language import _, plural, translate
from tui.options import command_line
from tui.panels.runs.columns import COLUMNS, moment
from tui.sentences import called, duration
from tui.widgets.choices import Option


def heading(shown: int, there: int, sought: str) -> Content:
    """Return how many runs there are, and how many of them are shown."""
    words = plural("{count:,} run", "{count:,} runs", there)
    if not sought:
        return Content.styled(words, "bold")
    found = plural(
        "{count:,} of {{there:,}} runs has “{{sought}}”",
        "{count:,} of {{there:,}} runs have “{{sought}}”",
        shown,
    ).format(there=there, sought=printable(sought, 30))
    return Content.assemble((found, "bold"), ("  " + _("escape shows all"), "$foreground-muted"))


def options(
    record: RunRecord | None, *, column: int, turned: bool, marked: str | None, is_overlaid: bool, undo: bool
) -> list[Option]:
    """Return what can be done, each with its key."""
    sort = Option(
        "right",
        _("by {column}").format(column=_(COLUMNS[column].title)),
        _("Sort by the next column; left goes back"),
        turned,
        glyph("←→", "<>"),
    )
    found = [
        sort,
        Option("i", glyph("⇅", "<>"), _("The other way round"), turned),
        Option("slash", _("filter"), _("Show only runs in which these words are found"), False, "/"),
    ]
    if record is not None:
        compare = _("compare") if marked is None else _("compare with this")
        found += [
            Option("c", compare, _("Mark for a comparison, then compare with another"), marked is not None),
            Option("o", _("take off") if is_overlaid else _("overlay"), _("Its curves on the charts")),
            Option("e", _("rename"), _("Call the run something else")),
            Option("t", _("note"), _("Keep a note with the run")),
            Option("d", _("delete"), _("Put the run aside; u has it back")),
            Option("r", _("resume"), _("Go on with the run")),
            Option("a", _("again"), _("Another run with the same settings")),
            Option("y", _("copy command"), _("Copy the command that trains the same")),
        ]
    if undo:
        found.append(Option("u", _("undo"), _("Have the run back that was deleted last")))
    return found


def nothing(complaint: str, there: int, sought: str, *, is_read: bool) -> str:
    """Say why no run is shown; empty if one is."""
    if complaint:
        return _("The stored runs cannot be shown.") + "\n" + complaint
    if not is_read:
        return _("Reading the stored runs …")
    if not there:
        return (
            _("Every run is kept here the moment it happens: to look at again, to compare, to go on with.")
            + "\n\n"
            + _("There is none yet. ctrl+r starts one.")
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
    first = [record.id, translate(record.state_name), *failure, moment(record.created), _network(record)]
    second = command_line(record.started.hyperparameters, record.data)
    note = printable(record.note, 500) if record.note.strip() else _("no note")
    return Content.assemble(
        (called(record, 60), "bold"),
        (dot + dot.join(first), "$foreground-muted"),
        "\n" + printable(second, 500) + "\n",
        (note, "" if record.note.strip() else "$foreground-muted"),
    )


def _network(record: RunRecord) -> str:
    words = _("{network}, {parameters:,} parameters, {time} of training on {data}")
    return words.format(
        network=printable(record.network, 60),
        parameters=record.started.parameters,
        time=duration(record.seconds),
        data=printable(record.started.data.name, 40),
    )
