"""The base of widgets that draw one line of names, each of which can be clicked."""

from abc import abstractmethod
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.widget import Widget


class ClickableLine(Widget):
    """The name under the pointer stands out, and is explained."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--hover"}
    DEFAULT_CSS = """
    ClickableLine {
        height: 1;
        pointer: pointer;
        & > .line--hover { background: $block-hover-background; text-style: bold; }
    }
    """

    @abstractmethod
    def choose(self, name: str) -> None:
        """Do what a click at `name` means."""

    def explanation(self, name: str) -> str:
        """Return what is said of `name` while the pointer is on it; nothing by default."""
        return ""

    def style_of(self, component: str, name: str) -> Style:
        """Return the style of a component class for what is drawn of `name`."""
        style = self.get_component_rich_style(component) + Style.from_meta({"name": name})
        is_hovered = self.hover_style.meta.get("name") == name
        return style + self.get_component_rich_style("line--hover") if is_hovered else style

    def watch_hover_style(self, previous: Style, hover_style: Style) -> None:
        """Draw what is under the pointer now, and explain it."""
        name = hover_style.meta.get("name")
        if name != previous.meta.get("name"):
            self.tooltip = (name and self.explanation(name)) or None
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Choose what is under the pointer."""
        if name := event.style.meta.get("name"):
            self.choose(name)
