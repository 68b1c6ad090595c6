"""The keys of the app: which action of `MlpApp` each sets off, and what that is called."""

from textual.binding import Binding, BindingType

from engine.sentences import N_

BINDINGS: list[BindingType] = [
    Binding("ctrl+r", "run", N_("Run"), tooltip=N_("Start a run with what the form says"), priority=True),
    Binding("f3", "pause_or_resume", N_("Pause or resume"), priority=True),
    Binding("f4", "stop", N_("Stop"), tooltip=N_("End the run; its best weights are tested"), priority=True),
    Binding("f5", "step", N_("One mini-batch"), tooltip=N_("Learn one mini-batch, then wait"), priority=True),
    Binding("f1", "help", N_("Help"), tooltip=N_("Open or close this help"), priority=True),
    Binding("f2", "form", N_("Form"), tooltip=N_("Go to the form, or close it"), priority=True),
    Binding("ctrl+q", "quit", N_("Quit"), tooltip=N_("Leave; the run ends"), priority=True),
    Binding(
        "ctrl+p", "command_palette", N_("Palette"), tooltip=N_("Find any command"), show=False, priority=True
    ),
    Binding(
        "f6",
        "find_learning_rate",
        N_("Find rate"),
        tooltip=N_("Open or close the learning-rate finder: it tries learning rates, and suggests one"),
    ),
    Binding(
        "f7", "guide", N_("Guide"), tooltip=N_("Open the guide: a tour, and pages on everything"), show=False
    ),
    Binding("space", "unless_typing('pause_or_resume')", N_("Pause or resume"), show=False),
    Binding("s", "unless_typing('stop')", N_("Stop"), show=False),
    Binding("n", "unless_typing('step')", N_("One mini-batch"), show=False),
    Binding("question_mark", "unless_typing('help')", N_("Help"), show=False, key_display="?"),
    Binding("1", "show_tab('train')", N_("Show the Train tab"), show=False),
    Binding("2", "show_tab('confusion')", N_("Show the Confusion tab"), show=False),
    Binding("3", "show_tab('mistakes')", N_("Show the Mistakes tab"), show=False),
    Binding("4", "show_tab('inside')", N_("Show the Inside tab"), show=False),
    Binding("5", "show_tab('evaluate')", N_("Show the Evaluate tab"), show=False),
    Binding("6", "show_tab('draw')", N_("Show the Draw tab"), show=False),
    Binding("7", "show_tab('data')", N_("Show the Data tab"), show=False),
    Binding("8", "show_tab('runs')", N_("Show the Runs tab"), show=False),
    Binding("9", "show_tab('learn')", N_("Show the Learn tab"), show=False),
    Binding("escape", "leave", N_("Close the help, or leave the form"), show=False),
    Binding(
        "ctrl+z",
        "suspend_process",
        N_("Suspend"),
        tooltip=N_("Back to the shell, whose fg comes back here; meanwhile a run pauses"),
        show=False,
    ),
    Binding("ctrl+c", "help_quit", show=False, system=True),
]
"""Those with priority work from anywhere, letters and digits only where no field of the form has the focus.

f6 works in a field, too; without priority it stands last in the footer, where there is room for it. ctrl+z is
undo in the form, in Draw and in Runs, whose keys come before these.
"""

TEXTUAL_SAYS = (
    N_("Theme"),
    N_("Change the current theme"),
    N_("Minimize"),
    N_("Minimize the widget and restore to normal size"),
    N_("Maximize"),
    N_("Maximize the focused widget"),
    N_("Screenshot"),
    N_("Save an SVG 'screenshot' of the current screen"),
)
"""What Textual calls its own commands."""
