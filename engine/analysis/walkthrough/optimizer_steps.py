"""The formula of each optimizer's first step, when its state is still zero."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from engine.hyperparameters import Hyperparameters
from engine.optimization.muon import RMS
from engine.optimization.optimizers import Adam, RMSprop


@dataclass(frozen=True)
class OptimizerStepFormula:
    """The change of a weight w by its gradient g.

    with_numbers: the formula with `{g}` and `{w}` in braces, and with the names of `numbers`
    """

    formula: str
    with_numbers: str
    code: str
    numbers: Mapping[str, float]

    def numbers_of(self, w: float, g: float, change: float) -> dict[str, float]:
        """Return the numbers in the formula of one weight; Muon's `o` is what its change says that it was."""
        numbers = {"w": w, "g": g, **self.numbers}
        if "{o}" in self.with_numbers:
            decayed = -numbers["rate"] * numbers["decay"] * w
            numbers["o"] = (decayed - change) / (numbers["rate"] * numbers["scale"])
        return numbers


def first_step(
    hyperparameters: Hyperparameters, learning_rate: float, shape: tuple[int, int] | None = None
) -> OptimizerStepFormula:
    """Return the first step of a run's optimizer; all but SGD remember steps, here none.

    shape: of the matrix, if it stands between two hidden layers; Muon's step there has `{o}` in it, which
    stands in a matrix that no single gradient makes
    """
    eta = {"rate": learning_rate}
    match hyperparameters.optimizer:
        case "muon" if shape is not None:
            return OptimizerStepFormula(
                "O = orthogonal(g + μ g),   Δw = −η λ w − η 0.2 √max(n, m) o",
                "−{rate} · {decay} · {w} − {rate} · {scale} · {o}",
                "step *= learning_rate * RMS * math.sqrt(max(G.shape))\nW -= step",
                eta | {"decay": hyperparameters.weight_decay, "scale": RMS * math.sqrt(max(shape))},
            )
        case "sgd":
            return OptimizerStepFormula("Δw = −η g", "−{rate} · {g}", "np.subtract(p, g, out=p)", eta)
        case "momentum":
            return OptimizerStepFormula(
                "v = μ · 0 + g,   Δw = −η v", "−{rate} · {g}", "np.multiply(v, self.rate, out=g)", eta
            )
        case "nesterov":
            return OptimizerStepFormula(
                "v = μ · 0 + g,   Δw = −η (g + μ v)",
                "−{rate} · ({g} + {momentum} · {g})",
                "np.multiply(v, self.rate * self.kept, out=g)\nnp.subtract(p, g, out=p)",
                eta | {"momentum": hyperparameters.momentum},
            )
        case "rmsprop":
            return OptimizerStepFormula(
                "v = (1 − α) g²,   Δw = −η g / (√v + ε)",
                "−{rate} · {g} / (√({share} · {g}²) + {epsilon})",
                "np.divide(g, scratch, out=g)\nnp.multiply(g, self.rate, out=g)",
                eta | {"share": 1.0 - RMSprop.alpha, "epsilon": RMSprop.epsilon},
            )
        case "adamw" | "muon":
            return OptimizerStepFormula(
                "m̂ = g,   v̂ = g²,   Δw = −η λ w − η m̂ / (√v̂ + ε)",
                "−{rate} · {decay} · {w} − {rate} · {g} / (√({g}²) + {epsilon})",
                "np.multiply(block[0], self.shrink, out=block[0])\nnp.divide(M, g, out=g)",
                eta | {"decay": hyperparameters.weight_decay, "epsilon": Adam.epsilon},
            )
        case _:
            return OptimizerStepFormula(
                "m̂ = g,   v̂ = g²,   Δw = −η m̂ / (√v̂ + ε)",
                "−{rate} · {g} / (√({g}²) + {epsilon})",
                "np.divide(M, g, out=g)\nnp.multiply(g, self.rate, out=g)",
                eta | {"epsilon": Adam.epsilon},
            )
