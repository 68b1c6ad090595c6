"""The keys of the page Experiments."""

from textual.binding import Binding, BindingType

from engine.sentences import N_

KEYS: list[BindingType] = [
    Binding("g", "go", N_("Go"), tooltip=N_("Begin the experiment that is planned")),
    Binding("enter", "open", N_("Open"), tooltip=N_("Show a trial's run in all tabs")),
    Binding("u", "use", N_("Use"), tooltip=N_("Put this setting into the form")),
    Binding("r", "stop_or_go_on", N_("Stop or go on"), tooltip=N_("Stop the experiment, or go on with it")),
    Binding("o", "overlay", N_("Overlay"), tooltip=N_("Overlay a trial's curves on the charts of Train")),
    Binding("c", "curves", N_("Curves"), tooltip=N_("Curves over the epochs, or the outcome over values")),
    Binding("m", "mark", N_("Mark"), tooltip=N_("Draw this setting among the curves, or not")),
    Binding("p", "parameter", N_("Next axis"), tooltip=N_("The outcome over the next hyperparameter")),
    Binding("t", "trials", N_("Trials"), tooltip=N_("List every trial, or the settings")),
    Binding("e", "seeds", N_("Seeds"), tooltip=N_("With how many seeds each setting is repeated")),
    Binding("h", "halving", N_("Halving"), tooltip=N_("Only the better half goes on, or all settings")),
    Binding("v", "vary", N_("Vary"), tooltip=N_("Change what the plan varies")),
    Binding("k", "cores", N_("Cores"), tooltip=N_("Share the cores with a run, or wait for its end")),
    Binding("x", "export", N_("Export"), tooltip=N_("Export this experiment to a file")),
    Binding("d,delete", "delete", N_("Delete"), tooltip=N_("Delete this experiment and its runs")),
    Binding("left", "turn(-1)", N_("Newer"), tooltip=N_("The next newer one, or the plan"), show=False),
    Binding("right", "turn(1)", N_("Older"), tooltip=N_("The next older experiment"), show=False),
]
