"""The command that trains with given hyperparameters, as a shell reads it."""

import shlex

from engine.data.location import Location, location_words
from engine.events import OwnNetwork
from engine.hyperparameters import SPECIFICATIONS, Hyperparameters
from engine.specification import Flag


def command_line(
    hyperparameters: Hyperparameters, data: Location | None = None, network: OwnNetwork | None = None
) -> str:
    """Return the command that trains with these hyperparameters, as a shell reads it."""
    text = ["mlp-tui", "train"]
    if network is not None:
        text += ["--network", network.source]
    defaults = Hyperparameters(optimizer=hyperparameters.optimizer).resolved()
    for name, specification in SPECIFICATIONS.items():
        value = getattr(hyperparameters, name)
        flag = "--" + name.replace("_", "-")
        if (value == getattr(defaults, name) and name != "optimizer") or value is None:
            continue
        if name == "optimizer" and value == SPECIFICATIONS[name].default:
            continue
        if isinstance(specification.kind, Flag):
            text.append(flag if value else f"--no-{flag[2:]}")
        else:
            text += [flag, specification.format(value)]
    if data is not None:
        text += ["--data", *location_words(data)]
    return shlex.join(text)
