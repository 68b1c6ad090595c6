"""A panel of a run with nobody behind it: a test says what happens."""

from abc import abstractmethod

from textual.app import App
from textual.pilot import Pilot

from engine.events import Event
from tui.panels.confusion import ConfusionPanel
from tui.panels.mistakes import MistakesPanel
from tui.session.run_state import RunState


class PanelHost(App[None]):
    """Holds one panel, and the state that it shows."""

    def __init__(self, state: RunState) -> None:
        super().__init__()
        self.state = state

    @property
    @abstractmethod
    def panel(self) -> ConfusionPanel | MistakesPanel:
        """The panel."""

    @property
    def keys(self) -> set[str]:
        """The keys of the panel that the footer offers."""
        active = self.screen.active_bindings.values()
        return {b.binding.key for b in active if b.node is self.panel and b.enabled}

    async def happen(self, pilot: Pilot[None], *events: Event) -> None:
        """Let these events come in, and the panel show what they lead to."""
        for event in events:
            self.state.fold(event)
        self.panel.show(self.state)
        await pilot.pause()
