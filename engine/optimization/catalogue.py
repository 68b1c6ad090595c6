"""The optimizers by name, from the simplest to the most complex."""

from engine.optimization.muon import Muon
from engine.optimization.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSprop

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "muon": Muon,
}
