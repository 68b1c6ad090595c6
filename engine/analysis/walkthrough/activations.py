"""The formulas of the activation functions, and the lines of the engine that compute them."""

from dataclasses import dataclass

from engine.network.activations import GELU, Activation, LeakyReLU, ReLU, Sigmoid, Tanh
from engine.sentences import N_


@dataclass(frozen=True)
class ActivationFormula:
    """An activation a = f(z) and its slope: formulas, lines of code, and one sentence of what it does.

    with_numbers: the formula with `{z}` in place of z
    """

    name: str
    text: str
    formula: str
    with_numbers: str
    code: str
    slope: str
    slope_code: str


FORMULAS: dict[type[Activation], ActivationFormula] = {
    ReLU: ActivationFormula(
        "ReLU",
        N_("Negative inputs become 0: such a unit is off for this image."),
        "a = max(0, z)",
        "max(0, {z})",
        "np.maximum(X, 0.0, out=self.Y)",
        "1 if a > 0 else 0",
        "np.greater(self.Y, 0.0, out=self.dX)\nnp.multiply(dY, self.dX, out=self.dX)",
    ),
    LeakyReLU: ActivationFormula(
        "leaky ReLU",
        N_("Negative inputs are multiplied by 0.01."),
        "a = max(z, 0.01 z)",
        "max({z}, 0.01 · {z})",
        "np.multiply(X, self.slope, out=self.Y)\nnp.maximum(X, self.Y, out=self.Y)",
        "1 if a > 0 else 0.01",
        "np.maximum(self.dX, self.slope, out=self.dX)\nnp.multiply(dY, self.dX, out=self.dX)",
    ),
    GELU: ActivationFormula(
        "GELU",
        N_("Large inputs pass, very negative ones become 0, with a smooth transition in between."),
        "a = ½ z (1 + tanh(√(2/π) (z + 0.044715 z³)))",
        "½ · {z} · (1 + tanh(√(2/π) · ({z} + 0.044715 · {z}³)))",
        "np.tanh(self.tanh, out=self.tanh)\nnp.add(self.tanh, 1.0, out=self.Y)\nself.Y *= X\nself.Y *= 0.5",
        "½ (1 + t) + ½ z (1 − t²) √(2/π) (1 + 3 · 0.044715 z²)",
        "dX += tanh\ndX += 1.0\ndX *= 0.5\ndX *= dY",
    ),
    Tanh: ActivationFormula(
        "tanh",
        N_("Squashed to between -1 and 1."),
        "a = tanh(z)",
        "tanh({z})",
        "np.tanh(X, out=self.Y)",
        "1 − a²",
        "np.multiply(self.Y, self.Y, out=self.dX)\nnp.subtract(1.0, self.dX, out=self.dX)\nself.dX *= dY",
    ),
    Sigmoid: ActivationFormula(
        "sigmoid",
        N_("Squashed to between 0 and 1."),
        "a = 1 / (1 + exp(−z)) = (1 + tanh(z/2)) / 2",
        "1 / (1 + exp(−{z}))",
        "np.multiply(X, 0.5, out=self.Y)\nnp.tanh(self.Y, out=self.Y)\nself.Y += 1.0\nself.Y *= 0.5",
        "a (1 − a)",
        "np.subtract(1.0, self.Y, out=self.dX)\nself.dX *= self.Y\nself.dX *= dY",
    ),
}
