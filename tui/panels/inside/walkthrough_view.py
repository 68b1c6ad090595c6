"""A walkthrough of a network: the list of steps, and formula, code and numbers of the current one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content

from engine.sentences import N_
from tui.panels.inside import number_details
from tui.text.language import _, translate
from tui.widgets.live_text import FixedText
from tui.widgets.number_grid import NumberGrid
from tui.widgets.number_layouts import Place
from tui.widgets.step_list import Entry, StepList

if TYPE_CHECKING:
    from engine.analysis.walkthrough import Stage

LOW = 28
"""Lines below which what stands beside the numbers goes to their right, not under them."""


class WalkthroughView(Container):
    """The list of steps; beside it formula, code, the numbers, and how one of them comes about.

    Enter goes from the list into the numbers, escape back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "look_into", N_("Into the numbers"), tooltip=N_("Move the cursor among the numbers")
        ),
        Binding("escape", "back", N_("Back to the steps"), tooltip=N_("Walk from step to step again")),
    ]
    DEFAULT_CSS = """
    WalkthroughView {
        layout: horizontal;
        height: 1fr;
        & > Vertical { padding-left: 1; width: 1fr; height: 1fr; }
        & .walkthrough--head { height: 1; margin-bottom: 1; }
        & .walkthrough--body { height: 1fr; layout: vertical; }
        & .walkthrough--working { height: 10; margin-top: 1; text-wrap: wrap; }
        &.-low .walkthrough--body { layout: horizontal; }
        &.-low .walkthrough--head { margin-bottom: 0; }
        &.-low .walkthrough--working { width: 50%; max-width: 44; height: 1fr; margin: 0 0 0 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._stages: Sequence[Stage] = ()
        self._names: Sequence[str] = ()
        self._cursors: dict[tuple[str, str], Place] = {}
        self._outline = StepList()
        self._head = FixedText(classes="walkthrough--head", markup=False)
        self._head_height = 0
        self._cells = NumberGrid()
        self._working = FixedText(classes="walkthrough--working", markup=False)

    def compose(self) -> ComposeResult:
        """Yield the parts."""
        yield self._outline
        with Vertical():
            yield self._head
            with Container(classes="walkthrough--body"):
                yield self._cells
                yield self._working

    def show(self, stages: "Sequence[Stage]", names: Sequence[str]) -> None:
        """Show these steps; the one that is looked at stays, and so do the cursors. names: of the classes."""
        self._stages, self._names = stages, names
        self._outline.show(
            Entry(_(stage.part), translate(stage.group), number_details.formula(_(stage.title)))
            for stage in stages
        )
        self._draw()

    @property
    def stage(self) -> "Stage | None":
        """The step that is looked at."""
        return self._stages[self._outline.at] if self._stages else None

    def on_resize(self) -> None:
        """Put things where there is room for them."""
        self.set_class(self.size.height < LOW, "-low")
        self._head_height = 0
        self.call_after_refresh(self._draw)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the way that there is."""
        if action == "look_into":
            return self._outline.has_focus and bool(self._stages)
        if action == "back":
            return self._cells.has_focus
        return True

    def action_look_into(self) -> None:
        """Give the keys to the numbers."""
        self._cells.focus()

    def action_back(self) -> None:
        """Give the keys to the list of steps."""
        self._outline.focus()

    def on_descendant_focus(self) -> None:
        """Offer other keys."""
        self.refresh_bindings()

    def on_step_list_walked(self, message: StepList.Walked) -> None:
        """Look at another step."""
        message.stop()
        with self.app.batch_update():
            self._draw()

    def on_number_grid_moved(self, message: NumberGrid.Moved) -> None:
        """Say how another number comes about."""
        message.stop()
        if self.stage is not None:
            self._cursors[_key(self.stage)] = message.place
        self._draw_working()

    def _draw(self) -> None:
        """Draw the step that is looked at."""
        stage = self.stage
        if stage is None:
            return
        self._draw_head(number_details.head(stage))
        self._cells.show(number_details.sheet(stage, self._names), self._cursors.get(_key(stage)))
        self._draw_working()

    def _draw_head(self, head: Content) -> None:
        """Say what the step is. The place for it only grows: each other height lays out the whole screen."""
        width = self._head.content_size.width
        if width:
            lines = head.get_height(self._head.styles, width)  # type: ignore[arg-type]
            if lines > self._head_height:
                self._head_height = lines
                self._head.styles.height = lines
        self._head.set_text(head)

    def _draw_working(self) -> None:
        """Say how the number under the cursor comes about."""
        stage, size = self.stage, self._working.content_size
        if stage is not None and size.width and stage.values.size:
            self._working.set_text(number_details.working(stage, self._cells.cursor, *size, self._names))


def _key(stage: "Stage") -> tuple[str, str]:
    """Return what steps have in common that are about the same unit, weight, class, pixel or image."""
    from engine.analysis.walkthrough import Places

    of_layer = stage.places in (Places.UNITS, Places.WEIGHTS)
    return stage.places.value, str(stage.group) if of_layer else ""
