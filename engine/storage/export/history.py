"""What an export needs to know of a run, besides its model."""

from dataclasses import dataclass

from engine.events import EpochEnded, HyperparameterChanged, RunEnded, RunStarted


@dataclass(frozen=True)
class History:
    """A run from its start to where it stands.

    ended: None for a run that has no end, such as an interrupted one
    state: for people, such as `completed`; created: the date and time of its start, for people
    name and note are what a person typed, and may hold anything
    """

    started: RunStarted
    epochs: tuple[EpochEnded, ...]
    changes: tuple[HyperparameterChanged, ...]
    ended: RunEnded | None
    state: str
    created: str
    note: str

    @property
    def best(self) -> EpochEnded | None:
        """The epoch whose weights are kept."""
        return next((epoch for epoch in reversed(self.epochs) if epoch.is_best), None)
