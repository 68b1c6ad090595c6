"""A list of steps under headings, with a cursor that walks from one step to the next."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.sentences import N_


@dataclass(frozen=True)
class Entry:
    """One step: the part it is in, the group within that, and its own title."""

    part: str
    group: str
    title: str


class StepList(OptionList, can_focus=True, inherit_bindings=False):
    """Steps in order. Parts and groups are written once, above their first step, as options to be skipped."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,right,j", "walk(1)", N_("Next step"), key_display="↓", tooltip=N_("One step on")),
        Binding("up,left,k", "walk(-1)", N_("Step back"), show=False, tooltip=N_("One step back")),
        Binding("pagedown", "part(1)", N_("Next part"), show=False, tooltip=N_("To the next layer")),
        Binding("pageup", "part(-1)", N_("Part before"), show=False, tooltip=N_("To the layer before")),
        Binding("home", "first", N_("First"), show=False, tooltip=N_("To the first step")),
        Binding("end", "last", N_("Last"), show=False, tooltip=N_("To the last step")),
    ]
    DEFAULT_CSS = """
    StepList {
        width: 22;
        height: 1fr;
        scrollbar-size-vertical: 1;
        text-wrap: nowrap;
        background: transparent;
        background-tint: transparent;
        & > .option-list--option { color: $foreground 80%; }
        & > .option-list--option-disabled { color: $foreground; text-style: bold; }
        & > .option-list--option-highlighted {
            color: $foreground; background: transparent; text-style: bold underline;
        }
        &:focus > .option-list--option-highlighted {
            color: $foreground; background: transparent; text-style: bold reverse;
        }
    }
    """

    @dataclass
    class Walked(Message):
        """The cursor stands on another step."""

        at: int

    def __init__(self) -> None:
        super().__init__(markup=False, compact=True)
        self._entries: tuple[Entry, ...] = ()
        self._places: list[int] = []

    def show(self, entries: Iterable[Entry]) -> None:
        """Show these steps; the cursor stays where it is, as far as there is such a step."""
        entries = tuple(entries)
        if entries == self._entries:
            return
        with self.prevent(OptionList.OptionHighlighted):
            at, self._entries = self.at, entries
            self.set_options(self._options_of(entries))
            self.at = at

    def _options_of(self, entries: Iterable[Entry]) -> list[Option]:
        """Return an option for each step and heading."""
        options: list[Option] = []
        self._places = []
        before = Entry("", "", "")
        for entry in entries:
            if entry.part != before.part:
                options.append(Option(Content.styled(entry.part, "$text-accent"), disabled=True))
            if (entry.part, entry.group) != (before.part, before.group) and entry.group != entry.part:
                options.append(Option(f" {entry.group}", disabled=True))
            self._places.append(len(options))
            options.append(Option(f"  {entry.title}"))
            before = entry
        return options

    @property
    def at(self) -> int:
        """The step under the cursor."""
        return 0 if self.highlighted is None else self._places.index(self.highlighted)

    @at.setter
    def at(self, at: int) -> None:
        if self._places:
            self.highlighted = self._places[max(0, min(at, len(self._places) - 1))]

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tell of another step."""
        event.stop()
        self.post_message(self.Walked(self.at))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click has moved the cursor, which is all that it does."""
        event.stop()

    def on_resize(self) -> None:
        """Keep the step in view."""
        self.scroll_to_highlight()

    def scroll_to_highlight(self, top: bool = False) -> None:
        """Bring the step into view, with the headings above it."""
        super().scroll_to_highlight(top)
        if self.highlighted is not None:
            headings = self.highlighted
            while headings and self.options[headings - 1].disabled:
                headings -= 1
            region = Region(0, headings, 1, self.highlighted - headings + 1)
            self.scroll_to_region(region, force=True, animate=False, immediate=True)

    def action_walk(self, by: int) -> None:
        """Go so many steps on."""
        self.at += by

    def action_part(self, by: int) -> None:
        """Go to the first step of the next group, or of this one or the one before."""
        firsts = [
            at
            for at, entry in enumerate(self._entries)
            if not at
            or (entry.part, entry.group) != (self._entries[at - 1].part, self._entries[at - 1].group)
        ]
        others = [at for at in firsts if (at > self.at if by > 0 else at < self.at)]
        if others:
            self.at = others[0 if by > 0 else -1]
