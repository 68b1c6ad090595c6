"""The stages of the backward pass for one image: the chain rule, layer by layer."""

from collections.abc import Iterator, Sequence

import numpy as np

from engine.analysis.walkthrough.activations import FORMULAS
from engine.analysis.walkthrough.stage import (
    BACKWARD,
    Calculation,
    Places,
    Stage,
    layer_name,
    sum_of_products,
)
from engine.network.activations import Activation
from engine.network.layers import Array, BatchNorm, Dense
from engine.network.mlp import MLP
from engine.sentences import N_, Sentence


def backward_stages(
    network: MLP, dlogits: Array, slopes: Sequence[Array], image_shape: tuple[int, int]
) -> Iterator[Stage]:
    """Yield the stages from the last layer's weights to the image.

    They are read off the layers as `network.input_gradient(dlogits)` has left them, for a batch of one image.

    dlogits: `(classes,)`; slopes: of each activation in order, its derivative for this image, `(units,)`
    """
    number, left = len(network.dense), list(slopes)
    dY = dlogits
    for layer in reversed(network.layers):
        if isinstance(layer, Dense):
            number -= 1
            group = layer_name(number, len(network.dense))
            into = Places.CLASSES if number == len(network.dense) - 1 else Places.UNITS
            yield from _dense(layer, group, dY, into, image_shape if number == 0 else None)
            dY = layer.dX[0].copy()
            group = layer_name(number - 1, len(network.dense))  # of what comes next
        elif isinstance(layer, BatchNorm):
            yield from _batch_norm(layer, group, dY)
            dY = layer.dX[0].copy()
        elif isinstance(layer, Activation):
            yield _activation(layer, group, dY, left.pop())
            dY = layer.dX[0].copy()


def _dense(
    dense: Dense, group: Sentence, dY: Array, into: Places, image_shape: tuple[int, int] | None
) -> Iterator[Stage]:
    x, W, dW, db, dX = dense.X[0].copy(), dense.W, dense.dW.copy(), dense.db.copy(), dense.dX[0].copy()

    def by_weight(source: int, unit: int) -> Calculation:
        numbers = {"x": float(x[source]), "dz": float(dY[unit])}
        return Calculation(float(dW[source, unit]), "{x} · {dz}", numbers)

    def by_bias(unit: int) -> Calculation:
        return Calculation(float(db[unit]), "{dz}", {"dz": float(dY[unit])})

    def by_input(*place: int) -> Calculation:
        source = int(np.ravel_multi_index(place, image_shape or dX.shape))
        return sum_of_products(dY, W[source], float(dX[source]), into)

    yield Stage(
        BACKWARD,
        group,
        "dW",
        N_("How the loss changes with each weight: its input times its unit's gradient."),
        "∂L/∂W = xᵀ · ∂L/∂z",
        "np.dot(self.X.T, dY, out=self.dW)",
        dW,
        Places.WEIGHTS,
        by_weight,
        image_shape,
    )
    yield Stage(
        BACKWARD,
        group,
        "db",
        N_("How the loss changes with each bias; of a mini-batch it is the sum over its images."),
        "∂L/∂b = ∂L/∂z",
        "np.dot(self.ones, dY, out=self.db)",
        db,
        into,
        by_bias,
    )
    yield Stage(
        BACKWARD,
        group,
        "dX",
        N_("How the loss changes with each pixel. Training does not need it; here it is computed anyway.")
        if image_shape
        else N_(
            "How the loss changes with each input: the gradients of all units it goes to, times the weights."
        ),
        "∂L/∂x = ∂L/∂z · Wᵀ,   ∂L/∂xᵢ = Σⱼ ∂L/∂zⱼ · wᵢⱼ",
        "np.matmul(self._backward_to_first(dlogits), first.W.T, out=first.dX)"
        if image_shape
        else "np.dot(dY, self.W.T, out=self.dX)",
        dX.reshape(image_shape) if image_shape else dX,
        Places.PIXELS if image_shape else Places.UNITS,
        by_input,
    )


def _activation(layer: Activation, group: Sentence, dY: Array, slope: Array) -> Stage:
    paper, values = FORMULAS[type(layer)], layer.dX[0].copy()

    def work(unit: int) -> Calculation:
        numbers = {"da": float(dY[unit]), "slope": float(slope[unit])}
        return Calculation(float(values[unit]), "{da} · {slope}", numbers)

    return Stage(
        BACKWARD,
        group,
        N_("Through activation"),
        N_("The gradient times the slope of the activation at this unit."),
        f"∂L/∂z = ∂L/∂a · f′(z),   f′ = {paper.slope}",
        paper.slope_code,
        values,
        Places.UNITS,
        work,
    )


def _batch_norm(norm: BatchNorm, group: Sentence, dY: Array) -> Iterator[Stage]:
    normalised: Array = norm.centred[0] * norm.inverse_deviation
    gamma, deviation = norm.gamma, norm.inverse_deviation.copy()
    dgamma, dbeta, dX = norm.dgamma.copy(), norm.dbeta.copy(), norm.dX[0].copy()

    def by_scale(unit: int) -> Calculation:
        numbers = {"dy": float(dY[unit]), "normalised": float(normalised[unit])}
        return Calculation(float(dgamma[unit]), "{dy} · {normalised}", numbers)

    def by_shift(unit: int) -> Calculation:
        return Calculation(float(dbeta[unit]), "{dy}", {"dy": float(dY[unit])})

    def by_input(unit: int) -> Calculation:
        numbers = {
            "dy": float(dY[unit]),
            "gamma": float(gamma[unit]),
            "deviation": float(deviation[unit]),
        }
        return Calculation(float(dX[unit]), "{dy} · {gamma} · {deviation}", numbers)

    yield Stage(
        BACKWARD,
        group,
        "dγ",
        N_("How the loss changes with each scale of batch norm."),
        "∂L/∂γ = ∂L/∂y · ẑ",
        "np.multiply(mean_dY_x_hat, len(dY), out=self.dgamma)",
        dgamma,
        Places.UNITS,
        by_scale,
    )
    yield Stage(
        BACKWARD,
        group,
        "dβ",
        N_("How the loss changes with each shift of batch norm."),
        "∂L/∂β = ∂L/∂y",
        "np.multiply(mean_dY, len(dY), out=self.dbeta)",
        dbeta,
        Places.UNITS,
        by_shift,
    )
    yield Stage(
        BACKWARD,
        group,
        N_("Through batch norm"),
        N_(
            "With running statistics batch norm is one factor for each unit; in training the batch "
            "matters too."
        ),
        "∂L/∂z = ∂L/∂y · γ / √(σ² + ε)",
        "scale: Array = self.gamma * self.inverse_deviation\nreturn np.multiply(dY, scale, out=self.dX)",
        dX,
        Places.UNITS,
        by_input,
    )
