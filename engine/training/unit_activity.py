"""Which hidden units answer nothing, or always the same, over the images that a network is tried on."""

from dataclasses import replace

import numpy as np

from engine.events import LayerStatistics
from engine.network.activations import ReLU, Sigmoid, Tanh
from engine.network.mlp import MLP

ENOUGH = 50
"""Images; over fewer a unit that is silent need not be dead: one that every tenth image wakes is silent for
all of 50 once in two hundred times, for all of ten once in three."""


class UnitActivity:
    """Collects, batch by batch, what the hidden units make of a set of images."""

    def __init__(self, network: MLP) -> None:
        self._activations = network.activations
        self._awake = [np.zeros(layer.outputs, np.bool_) for layer in network.activations]
        self._saturated = [0.0] * len(network.activations)
        self._images = 0

    def take_in(self, images: int) -> None:
        """Take in the last forward pass, of so many images."""
        self._images += images
        for number, layer in enumerate(self._activations):
            if isinstance(layer, ReLU):
                self._awake[number] |= layer.Y.any(axis=0)
            elif isinstance(layer, Sigmoid | Tanh):
                self._saturated[number] += layer.saturated * images

    def added_to(self, layers: tuple[LayerStatistics, ...]) -> tuple[LayerStatistics, ...]:
        """Return the figures of the layers with the shares of dead units and of saturated outputs."""
        if self._images < ENOUGH:
            return layers
        return (
            *(
                replace(figures, dead_units=self._dead(number), saturated=self._flat(number))
                for number, figures in enumerate(layers[:-1])
            ),
            *layers[-1:],
        )

    def _dead(self, number: int) -> float | None:
        if not isinstance(self._activations[number], ReLU):
            return None
        return float(np.mean(~self._awake[number]))

    def _flat(self, number: int) -> float | None:
        if not isinstance(self._activations[number], Sigmoid | Tanh):
            return None
        return self._saturated[number] / self._images
