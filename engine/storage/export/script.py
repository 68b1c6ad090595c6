"""Exports a run as a short script, in NumPy alone, that trains the same network again.

`script_template.txt` is the script of every configuration at once. What stands between `#[ words` and `#]`
is kept if any of the words holds; `!` negates one, and `&` joins two that must both hold. `%(name)s` is
filled in.
"""

import pprint
import textwrap
from importlib.resources import files

from engine.errors import ExportError
from engine.hyperparameters import Hyperparameters
from engine.sentences import N_
from engine.storage.export.exported_run import ExportedRun

_DRAWS = {
    "he_normal": "weights_rng.normal(0, math.sqrt(2 / inputs), (inputs, outputs))",
    "he_uniform": "weights_rng.uniform(-math.sqrt(6 / inputs), math.sqrt(6 / inputs), (inputs, outputs))",
    "xavier_normal": "weights_rng.normal(0, math.sqrt(2 / (inputs + outputs)), (inputs, outputs))",
    "xavier_uniform": ("(math.sqrt(6 / (inputs + outputs)) * weights_rng.uniform(-1, 1, (inputs, outputs)))"),
    "lecun_normal": "weights_rng.normal(0, math.sqrt(1 / inputs), (inputs, outputs))",
    "zeros": "np.zeros((inputs, outputs))",
    "large": "(10 * weights_rng.normal(0, math.sqrt(2 / inputs), (inputs, outputs)))",
}
_MONITORED = {"validation_accuracy": "accuracy", "validation_loss": "-loss  # the less the better"}
BEYOND = (
    *("receptive_field", "deskew", "weight_average", "emphasis", "adversarial"),
    *("rotation", "scaling", "shear", "shift", "elastic", "noise"),
)
"""Hyperparameters that the script does not support."""


def to_script(history: ExportedRun) -> str:
    """Return the script of the hyperparameters that a run started with, which may be run anywhere.

    Of a person's own network it is the text of their file.

    Raises:
        ExportError: when the run used hyperparameters that the script does not support, or the text is gone.
    """
    if history.started.network is not None:
        if not history.own_text:
            raise ExportError(N_("The text of {file} was not kept."), file=history.started.network.file)
        return history.own_text
    hyperparameters = history.started.hyperparameters.resolved()
    beyond = [name for name in BEYOND if getattr(hyperparameters, name)]
    beyond += ["muon"] if hyperparameters.optimizer == "muon" else []
    if beyond:
        raise ExportError(
            N_("The script cannot reproduce {names}; the other export formats are complete."),
            names=", ".join(beyond),
        )
    conditions = _conditions(hyperparameters)
    kept, masked = "", ""
    if "batch_norm" in conditions:
        kept += ", x_hat, inverse"
    if "dropout" in conditions:
        kept, masked = kept + ", mask", " * mask"
    values = {
        "network": " - ".join(map(str, history.started.layer_sizes)),
        "about": _about(history),
        "constants": _constants(hyperparameters, conditions),
        "initializer": _DRAWS[hyperparameters.initializer],
        "activation": hyperparameters.activation,
        "schedule": hyperparameters.schedule,
        "optimizer": hyperparameters.optimizer,
        "kept": kept,
        "masked": masked,
        "learning_rate": "learning_rate_at(step)" if "scheduled" in conditions else "LEARNING_RATE",
        "momentum": "MOMENTUM" if conditions & {"momentum", "nesterov"} else "0.9",
        "monitored": _MONITORED[hyperparameters.monitor],
    }
    template = (files("engine.storage.export") / "script_template.txt").read_text("utf-8")
    return _chosen(template, conditions) % values


def _conditions(hyperparameters: Hyperparameters) -> set[str]:
    """Return the words that hold for a configuration."""
    hidden = bool(hyperparameters.hidden)
    optimizer, schedule = hyperparameters.optimizer, hyperparameters.schedule
    holds = {
        "hidden": hidden,
        hyperparameters.activation: hidden,
        "batch_norm": hidden and hyperparameters.batch_norm,
        "dropout": hidden and hyperparameters.dropout > 0.0,
        "l2": hyperparameters.l2 > 0.0,
        "label_smoothing": hyperparameters.label_smoothing > 0.0,
        "clip_norm": hyperparameters.clip_norm > 0.0,
        "early_stopping": hyperparameters.early_stopping,
        "warmup": hyperparameters.warmup_epochs > 0.0,
        "scheduled": schedule != "constant" or hyperparameters.warmup_epochs > 0.0,
        "progress": schedule != "constant",
        "cycled": schedule == "one_cycle" and optimizer in ("momentum", "nesterov", "adam", "adamw"),
        "decay": optimizer == "adamw" and hyperparameters.weight_decay > 0.0,
        optimizer: True,
        schedule: True,
    }
    return {word for word, is_so in holds.items() if is_so}


def _constants(hyperparameters: Hyperparameters, conditions: set[str]) -> str:
    """Return the hyperparameters that matter, one a line."""
    names = ["hidden", "learning_rate", "epochs", "batch_size", "validation_size", "seed"]
    names += [name for name in ("dropout", "l2", "label_smoothing", "clip_norm") if name in conditions]
    if conditions & {"momentum", "nesterov"}:
        names.append("momentum")
    if "warmup" in conditions:
        names.append("warmup_epochs")
    if "decay" in conditions:
        names.append("weight_decay")
    if "early_stopping" in conditions:
        names += ["patience", "min_delta"]
    lines = []
    for name in names:
        value = getattr(hyperparameters, name)
        if len(repr(value)) > 90:
            value = pprint.pformat(value, width=100, compact=True).replace("\n", "\n        ")
            lines.append(f"{name.upper()} = {value}")
        else:
            lines.append(f"{name.upper()} = {value!r}")
    return "\n".join(lines)


def _about(history: ExportedRun) -> str:
    """Return the result of the run, and what the script leaves out."""
    said = []
    ended = history.ended
    if ended and ended.test_accuracy is not None:
        said.append(
            f"The run's test accuracy was {ended.test_accuracy:.2%}, with the weights of epoch "
            f"{ended.best_epoch}, with NumPy {_plain(history.started.environment.numpy)}."
        )
    if history.changes:
        said.append(
            "Hyperparameters were changed while it was under way; here they stay as they were at its start."
        )
    return "".join(f"\n{line}\n" for line in (textwrap.fill(" ".join(said), 105),) if line)


def _plain(text: str) -> str:
    """Return a version number as it may safely stand in a program."""
    return "".join(c for c in text if c.isascii() and (c.isalnum() or c in ".+-"))[:30]


def _chosen(template: str, conditions: set[str]) -> str:
    """Return the lines that a configuration needs."""
    lines, keeping = [], True
    for line in template.splitlines():
        if line.startswith("#["):
            keeping = any(_holds(word, conditions) for word in line[2:].split())
        elif line == "#]":
            keeping = True
        elif keeping:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _holds(text: str, conditions: set[str]) -> bool:
    """Return whether all of the words, joined by `&`, hold."""
    return all((word.removeprefix("!") in conditions) != word.startswith("!") for word in text.split("&"))
