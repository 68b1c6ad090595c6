"""What an export needs to know about a run, apart from its model."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.events import EpochEnded, Event, HyperparameterChanged, RunEnded, RunStarted


@dataclass(frozen=True)
class ExportedRun:
    """A run from its start to where it stands.

    ended: None for a run that has no end, such as an interrupted one
    state: for people, such as `completed`; created: the date and time of its start, for people
    name and note are what a person typed, and may hold anything
    own_text: of the file, where the network is a person's own
    """

    started: RunStarted
    epochs: tuple[EpochEnded, ...]
    changes: tuple[HyperparameterChanged, ...]
    ended: RunEnded | None
    state: str
    created: str
    note: str
    own_text: str = ""

    @classmethod
    def of(
        cls,
        events: Iterable[Event],
        *,
        state: str,
        created: str,
        name: str,
        note: str,
        own_text: str = "",
    ) -> "ExportedRun":
        """Gather what happened in a run, from `RunStarted` on; `name` is what it is called by now."""
        first, *others = events
        assert isinstance(first, RunStarted)
        return cls(
            started=replace(first, name=name),
            epochs=tuple(event for event in others if isinstance(event, EpochEnded)),
            changes=tuple(event for event in others if isinstance(event, HyperparameterChanged)),
            ended=next((event for event in others if isinstance(event, RunEnded)), None),
            state=state,
            created=created,
            note=note,
            own_text=own_text,
        )

    @property
    def best(self) -> EpochEnded | None:
        """The epoch whose weights are kept."""
        return next((epoch for epoch in reversed(self.epochs) if epoch.is_best), None)
