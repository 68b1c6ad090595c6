"""Inside, Gradient check: backpropagation against difference quotients, and puzzles with broken ones."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len, set_cell_size
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from engine.analysis.broken_backward import BUGS, PUZZLE_HYPERPARAMETERS, Bug, puzzle
from engine.analysis.gradient_check import ArrayCheck, GradientCheck
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_
from tui.panels.page import Page
from tui.text.glyphs import glyph
from tui.text.gradient_check import bar, overall_verdict, scale, verdict
from tui.text.language import _, translate
from tui.text.phrases import NO_MEMORY, layer_name
from tui.widgets.live_text import FixedText, LiveText

if TYPE_CHECKING:
    from tui.session.background import BackgroundThread

SAMPLES = 60
NAME, FIGURE = 19, 15
"""How many cells the first two columns take."""


@dataclass(frozen=True)
class Part:
    """One array of a layer: `check` is None while it is compared."""

    layer: str
    array: str
    check: ArrayCheck | None


class ErrorBars(Widget):
    """A line for each array: its relative error as a bar on a logarithmic scale, a mark at the tolerance."""

    DEFAULT_CSS = """
    ErrorBars { height: auto; text-wrap: nowrap; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.parts: tuple[Part, ...] = ()

    def show(self, parts: tuple[Part, ...]) -> None:
        """Show these arrays."""
        higher = len(parts) != len(self.parts)
        self.parts = parts
        self.refresh(layout=higher)

    def get_content_height(self, *_sizes: object) -> int:
        """Return a line for each array, and one for the scale."""
        return len(self.parts) + 1 if self.parts else 0

    def render(self) -> Content:
        """Return the bars; what passes is told by a sign and a word too."""
        if not self.parts:
            return Content("")
        verdicts = _("agrees"), _("DIFFERS"), _("too small to tell"), _("nothing but kinks")
        beside = NAME + FIGURE + len("  ✓ ") + max(map(cell_len, verdicts))
        full = max(10, min(60, self.size.width - beside))
        head = set_cell_size(_("layer"), NAME) + set_cell_size(_("relative error"), FIGURE)
        lines = [Content.styled(head + scale(full), "$foreground-muted")]
        lines += [_line(part, full) for part in self.parts]
        return Content("\n").join(lines)


def _line(part: Part, full: int) -> Content:
    name = set_cell_size(f"{layer_name(part.layer)} {part.array}", NAME)
    check = part.check
    if check is None:
        return Content(name + _("being compared")).stylize("$foreground-muted")
    if check.passed and not check.is_conclusive:
        sign, style = "?", "$text-warning"
    elif check.passed:
        sign, style = glyph("✓", "="), "$text-success"
    else:
        sign, style = glyph("✗", "!"), "bold $text-error"
    return Content.assemble(
        name,
        f"{check.relative_error:>{FIGURE - 2}.1e}  ",
        (bar(check, full, glyph("█", "#"), glyph("┆", ":")), style),
        (f"  {sign} {verdict(check)}", style),
    )


class GradientCheckPage(Page):
    """A check of the network of the run that is shown; or of one that someone broke, to find out where."""

    TITLE = N_("Gradient check")
    NEEDS_WEIGHTS = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "go", N_("Check, or answer"), tooltip=N_("Check the gradients, or solve the puzzle")
        ),
        Binding(
            "b", "puzzle", N_("Break it"), tooltip=N_("Break the backward pass somewhere, and find out where")
        ),
        Binding("up", "choose(-1)", N_("Choose"), key_display="↑↓", tooltip=N_("Choose an answer")),
        Binding("down", "choose(1)", N_("Choose"), show=False, tooltip=N_("Choose an answer")),
        Binding("pageup", "scroll(-1)", N_("Up"), show=False, tooltip=N_("Show the layers above")),
        Binding("pagedown", "scroll(1)", N_("Down"), show=False, tooltip=N_("Show the layers below")),
        Binding("w", "whole", N_("Whole again"), tooltip=N_("Check the network that is not broken")),
    ]
    DEFAULT_CSS = """
    GradientCheckPage {
        & > .gradient-check--heading { height: 1; }
        & > .gradient-check--about { height: auto; max-height: 5; color: $text-muted; margin-bottom: 1; }
        & > .gradient-check--bars { height: auto; max-height: 50%; }
        & > .gradient-check--words { height: 1fr; margin-top: 1; }
    }
    """

    def __init__(self, background: "BackgroundThread") -> None:
        super().__init__(background)
        self._heading = FixedText(classes="gradient-check--heading", markup=False)
        self._about = LiveText(classes="gradient-check--about", markup=False)
        self._bars = ErrorBars()
        self._words = FixedText(classes="gradient-check--words")
        self._chance = random.Random()
        self._bug: Bug | None = None
        self._answer: Bug | None = None
        self._candidate = 0
        self._right = self._asked = 0
        self._done = False
        self._network = ""
        self._compared: Hyperparameters | None = None

    def contents(self) -> ComposeResult:
        """Yield the parts."""
        yield self._heading
        yield self._about
        with VerticalScroll(classes="gradient-check--bars", can_focus=False):
            yield self._bars
        yield self._words

    def compute(self) -> None:
        """Check the network of the run that is shown, unless a puzzle is being solved."""
        if self._bug is None:
            self._compare(None)

    def draw(self) -> None:
        """Check anew once another network is shown: a run that begins brings no other data."""
        if self._bug is None and self._compared not in (None, self._checked):
            self._compare(None)

    @work(exclusive=True)
    async def _compare(self, bug: Bug | None) -> None:
        """Compare array after array, and show each as it is done; say so where there is no memory for it."""
        self._compared = self._checked
        try:
            await self._compare_parts(bug)
        except MemoryError:
            self.show_message(translate(NO_MEMORY))

    async def _compare_parts(self, bug: Bug | None) -> None:
        dataset = await self.dataset()
        if dataset is None:
            return
        hyperparameters = PUZZLE_HYPERPARAMETERS if bug is not None else self._checked
        self._done = False
        sizes = dataset.pixels, *hyperparameters.hidden, dataset.classes
        self._network = "-".join(map(str, sizes))
        self.show_message(None)
        self._bars.show(())
        self._say()
        check = await self.background.run(
            lambda: (
                puzzle(dataset, bug)
                if bug is not None
                else GradientCheck.on_data(hyperparameters.resolved(), dataset)
            )
        )
        parts: dict[tuple[str, str], Part] = {}
        async for layer, array, result in self.background.parts(lambda: check.parts(SAMPLES)):
            parts[layer, array] = Part(layer, array, result)
            self._bars.show(tuple(parts.values()))
        self._done = True
        self._say()

    @property
    def _checked(self) -> Hyperparameters:
        """The hyperparameters of the run that is shown, or those of a run that nobody has changed."""
        return self.state.hyperparameters or Hyperparameters()

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what there is to do."""
        match action:
            case "choose":
                return self._bug is not None and self._answer is None
            case "whole":
                return self._bug is not None
        return True

    def action_go(self) -> None:
        """Answer the puzzle; without one, check again."""
        if self._bug is None:
            self._compare(None)
        elif self._answer is not None:
            self.action_puzzle()
        elif self._done:
            self._answer = BUGS[self._candidate]
            self._asked += 1
            self._right += self._answer is self._bug
            self._say()

    def action_puzzle(self) -> None:
        """Break the backward pass, in another way than the last time."""
        self._bug = self._chance.choice([bug for bug in BUGS if bug is not self._bug])
        self._answer, self._candidate = None, 0
        self._compare(self._bug)

    def action_choose(self, by: int) -> None:
        """Choose another answer."""
        self._candidate = (self._candidate + by) % len(BUGS)
        self._say()

    def action_scroll(self, by: int) -> None:
        """Show other layers, where not all have room."""
        bars = self.query_one(".gradient-check--bars")
        bars.scroll_relative(y=by * max(1, bars.size.height - 1), animate=False)

    def action_whole(self) -> None:
        """Check the network as it is."""
        self._bug = self._answer = None
        self._compare(None)

    # Words

    def _say(self) -> None:
        """Say what is compared, and what came of it."""
        if self._bug is None:
            heading = _("Backpropagation against central differences, in float64, on 32 training images")
            about = _(
                "Each number is moved up and down by 1e-5; the loss must change by as much as its gradient "
                "says: (L(w + h) - L(w - h)) / 2h. Here up to {samples} numbers of each array of {network}, "
                "before its first step. b breaks something on purpose."
            ).format(samples=SAMPLES, network=self._network)
        else:
            heading = _("Puzzle: the backward pass has a bug. Where?")
            about = _(
                "Puzzles solved: {right} of {asked}. The network is {network}, ReLU, with an L2 penalty."
            ).format(asked=self._asked, right=self._right, network=self._network)
        self._heading.set_text(heading)
        self._about.set_text(about)
        self._words.set_text(self._puzzle_words() if self._bug is not None else Content(self._verdict()))
        self.refresh_bindings()

    def _verdict(self) -> str:
        """Return what the check of a whole network found."""
        if not self._done:
            return _("Comparing …")
        checks = [part.check for part in self._bars.parts if part.check is not None]
        kinks = sum(check.kinks for check in checks)
        text = overall_verdict(checks)
        if kinks:
            text += " " + _("{kinks} numbers were left out: moving them switches a ReLU.").format(kinks=kinks)
        return text

    def _puzzle_words(self) -> Content:
        """Return the candidates; after the answer, what was wrong and why it shows."""
        assert self._bug is not None
        if self._answer is None:
            lines = []
            for number, bug in enumerate(BUGS):
                here = number == self._candidate
                sign = glyph("▸", ">") if here else " "
                lines.append(Content.styled(f"{sign} {_(bug.title)}", "bold $text-primary" if here else ""))
            return Content("\n").join(lines)
        bug = self._bug
        if self._answer is bug:
            verdict = Content.styled(_("Right: {bug}.").format(bug=_(bug.title)), "bold $text-success")
        else:
            text = _("No: it was {bug}.").format(bug=_(bug.title))
            verdict = Content.styled(text, "bold $text-error")
        code = Content(f"  {bug.wrong}\n  {bug.right}")
        labels = _("It says the first line; the second is right:")
        return Content("\n").join(
            [verdict, Content(labels), code, Content(_(bug.why)), Content(_("enter shows the next puzzle."))]
        )
