"""The keys of the Runs tab."""

from textual.binding import Binding, BindingType

from engine.sentences import N_

KEYS: list[BindingType] = [
    Binding("enter", "open", N_("Open"), tooltip=N_("Show this run in all tabs")),
    Binding("o", "overlay", N_("Overlay"), tooltip=N_("Overlay its curves on the charts, or remove them")),
    Binding("c", "compare", N_("Compare"), tooltip=N_("Mark this run, or compare it with the marked one")),
    Binding("r", "resume", N_("Resume"), tooltip=N_("Resume this run")),
    Binding("a", "again", N_("Again"), tooltip=N_("Start another run with the settings of this one")),
    Binding("slash,f", "filter", N_("Filter"), tooltip=N_("Show only some runs"), key_display="/"),
    Binding("e", "rename", N_("Rename"), tooltip=N_("Rename this run")),
    Binding("t", "note", N_("Note"), tooltip=N_("Keep a note with this run")),
    Binding("y", "copy", N_("Copy command"), tooltip=N_("Copy the command that trains the same")),
    Binding("x", "export", N_("Export"), tooltip=N_("Export this run to a file")),
    Binding("d,delete", "delete", N_("Delete"), tooltip=N_("Delete this run; u restores it for a day")),
    Binding("u,ctrl+z", "undo", N_("Undo"), tooltip=N_("Restore the run that was deleted last")),
    Binding("right", "sort(1)", N_("Sort"), tooltip=N_("Sort by the next column"), show=False),
    Binding("left", "sort(-1)", N_("Sort back"), tooltip=N_("Sort by the column before"), show=False),
    Binding("i", "turn", N_("Turn round"), tooltip=N_("Sort the other way round"), show=False),
    Binding("escape", "back", N_("Back"), tooltip=N_("All runs again; without a mark")),
]
