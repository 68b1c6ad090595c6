"""The stages of the forward pass for one image, layer by layer, as in evaluation: without dropout."""

from collections.abc import Iterator
from functools import partial

import numpy as np

from engine.analysis.walkthrough.activations import FORMULAS
from engine.analysis.walkthrough.stage import FORWARD, Calculation, Places, Stage, layer_name, sum_of_products
from engine.network.activations import Activation
from engine.network.layers import Array, BatchNorm, Dense
from engine.network.mlp import MLP
from engine.sentences import N_, Sentence


def forward_stages(network: MLP, image_shape: tuple[int, int]) -> Iterator[Stage]:
    """Yield the stages from the first weighted sum to the logits.

    They are read off the layers as `network.forward` has left them, for a batch of one image.
    """
    number = -1
    for layer in network.layers:
        if isinstance(layer, Dense):
            number += 1
            is_last = number == len(network.dense) - 1
            group = layer_name(number, len(network.dense))
            yield from _dense(layer, group, image_shape if number == 0 else None, is_last)
            into = layer.Y[0].copy()
        elif isinstance(layer, BatchNorm):
            yield from _batch_norm(layer, group, into)
            into = layer.Y[0].copy()
        elif isinstance(layer, Activation):
            drops = any(dropout.rate for dropout in network.dropouts)
            yield _activation(layer, group, into, drops)


def _dense(
    dense: Dense, group: Sentence, image_shape: tuple[int, int] | None, is_last: bool
) -> Iterator[Stage]:
    x, W, b = dense.X[0].copy(), dense.W, dense.b
    sums: Array = np.dot(dense.X, W)[0]  # the layer itself adds the bias in the same memory
    values = dense.Y[0].copy()
    places = Places.CLASSES if is_last else Places.UNITS
    over = Places.UNITS if image_shape is None else Places.PIXELS

    def summing(unit: int) -> Calculation:
        return sum_of_products(x, W[:, unit], float(sums[unit]), over)

    def adding(unit: int) -> Calculation:
        return Calculation(float(values[unit]), "{s} + {b}", {"s": float(sums[unit]), "b": float(b[unit])})

    yield Stage(
        FORWARD,
        group,
        N_("Weighted sum"),
        N_("Each unit multiplies every input by a weight of its own, and adds up."),
        "s = x W,   sⱼ = Σᵢ xᵢ · wᵢⱼ",
        "np.dot(X, self.W, out=self.Y)",
        sums,
        places,
        summing,
        image_shape,
    )
    yield Stage(
        FORWARD,
        group,
        N_("Logits") if is_last else N_("Plus bias"),
        N_("The bias is added: a number for each class, the larger, the more likely.")
        if is_last
        else N_("Each unit adds its bias, whatever the image."),
        "z = s + b",
        "self.Y += self.b",
        values,
        places,
        adding,
    )


def _batch_norm(norm: BatchNorm, group: Sentence, z: Array) -> Iterator[Stage]:
    gamma, beta, mean, variance = norm.gamma, norm.beta, norm.running_mean, norm.running_variance
    normalised: Array = norm.centred[0] * norm.inverse_deviation
    values = norm.Y[0].copy()

    def normalising(unit: int) -> Calculation:
        numbers = {
            "z": float(z[unit]),
            "mean": float(mean[unit]),
            "variance": float(variance[unit]),
            "epsilon": norm.epsilon,
        }
        expression = "({z} − {mean}) / √({variance} + {epsilon})"
        return Calculation(float(normalised[unit]), expression, numbers)

    def scaling(unit: int) -> Calculation:
        numbers = {
            "gamma": float(gamma[unit]),
            "normalised": float(normalised[unit]),
            "beta": float(beta[unit]),
        }
        return Calculation(float(values[unit]), "{gamma} · {normalised} + {beta}", numbers)

    yield Stage(
        FORWARD,
        group,
        N_("Normalised"),
        N_(
            "Batch norm subtracts the running mean and divides by the running standard deviation, both "
            "from training."
        ),
        "ẑ = (z − μ) / √(σ² + ε)",
        "np.subtract(X, self.running_mean, out=self.centred)\n"
        "self.inverse_deviation = 1.0 / np.sqrt(variance + self.epsilon)",
        normalised,
        Places.UNITS,
        normalising,
    )
    yield Stage(
        FORWARD,
        group,
        N_("Scaled, shifted"),
        N_("Each unit has a scale γ and a shift β, which are learned."),
        "y = γ ẑ + β",
        "np.multiply(self.centred, self.gamma * self.inverse_deviation, out=self.Y)\nself.Y += self.beta",
        values,
        Places.UNITS,
        scaling,
    )


def _activation(layer: Activation, group: Sentence, z: Array, drops: bool) -> Stage:
    paper, values = FORMULAS[type(layer)], layer.Y[0].copy()
    work = partial(_activated, z, values, paper.with_numbers)
    remark = Sentence(N_("Dropout switches units off in training only.")) if drops else None
    return Stage(
        FORWARD, group, paper.name, paper.text, paper.formula, paper.code, values, Places.UNITS, work,
        remark=remark,
    )  # fmt: skip


def _activated(z: Array, values: Array, expression: str, unit: int) -> Calculation:
    return Calculation(float(values[unit]), expression, {"z": float(z[unit])})
