"""The optimizers by the names that hyperparameters have for them, from the plain to the involved."""

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
