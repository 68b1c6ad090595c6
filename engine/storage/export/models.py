"""Exports a model as safetensors or ONNX."""

import json
from importlib import import_module
from itertools import pairwise
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import ExportError
from engine.hyperparameters import Hyperparameters
from engine.network.activations import LeakyReLU
from engine.network.layers import BatchNorm
from engine.network.mlp import MLP
from engine.sentences import N_
from engine.storage import checkpoint
from engine.storage.checkpoint import Checkpoint

MAX_ONNX_BYTES = 2 * 1024**3 - 1024**2
"""Bytes of weights; a protocol buffer holds no more than 2 GiB."""

OPSET = 20
"""The first ONNX opset with GELU, whose tanh form is ours."""


def tensors(network: MLP) -> dict[str, NDArray[Any]]:
    """Return the network's arrays by name, such as `hidden_1.weight` of `(inputs, outputs)`: Y = X W + b.

    They are views; to fill them is to fill the network.
    """
    norms = [layer for layer in network.layers if isinstance(layer, BatchNorm)]
    names = [*(f"hidden_{number + 1}" for number in range(len(network.dense) - 1)), "output"]
    found: dict[str, NDArray[Any]] = {}
    for number, (name, dense) in enumerate(zip(names, network.dense, strict=True)):
        found |= {f"{name}.weight": dense.W, f"{name}.bias": dense.b}
        if number < len(norms):
            norm = norms[number]
            found |= {
                f"{name}.batch_norm.gamma": norm.gamma,
                f"{name}.batch_norm.beta": norm.beta,
                f"{name}.batch_norm.running_mean": norm.running_mean,
                f"{name}.batch_norm.running_variance": norm.running_variance,
            }
    return found


def shapes(model: Checkpoint) -> dict[str, tuple[int, ...]]:
    """Return the names and shapes of `tensors`, without a network that would take memory."""
    hidden = model.hyperparameters.hidden
    sizes = (model.height * model.width, *hidden, model.classes)
    found: dict[str, tuple[int, ...]] = {}
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        name = f"hidden_{number + 1}" if number < len(hidden) else "output"
        found |= {f"{name}.weight": (inputs, outputs), f"{name}.bias": (outputs,)}
        if model.hyperparameters.batch_norm and number < len(hidden):
            figures = ("gamma", "beta", "running_mean", "running_variance")
            found |= {f"{name}.batch_norm.{figure}": (outputs,) for figure in figures}
    return found


def torch_names(hyperparameters: Hyperparameters) -> dict[str, str]:
    """Return what PyTorch calls each of `tensors` in the state dict of `torch_module`.

    There it is transposed: `Linear` computes X W.T + b and keeps W as `(outputs, inputs)`.
    """
    hidden, stride = len(hyperparameters.hidden), 3 if hyperparameters.batch_norm else 2
    found: dict[str, str] = {}
    for number in range(hidden + 1):
        name, place = f"hidden_{number + 1}" if number < hidden else "output", number * stride
        found |= {f"{name}.{figure}": f"{place}.{figure}" for figure in ("weight", "bias")}
        if hyperparameters.batch_norm and number < hidden:
            figures = zip(
                ("gamma", "beta", "running_mean", "running_variance"),
                ("weight", "bias", "running_mean", "running_var"),
                strict=True,
            )
            found |= {f"{name}.batch_norm.{ours}": f"{place + 1}.{theirs}" for ours, theirs in figures}
    return found


def torch_module(model: Checkpoint) -> str:
    """Return the expression of the PyTorch module that takes the state dict and gives the logits.

    Its images are `(batch, height * width)`, standardised; there is no dropout in it, which an evaluation
    does without.
    """
    hyperparameters = model.hyperparameters
    sizes = (model.height * model.width, *hyperparameters.hidden, model.classes)
    layers = []
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        layers.append(f"Linear({inputs}, {outputs})")
        if number < len(hyperparameters.hidden):
            layers += [f"BatchNorm1d({outputs})"] * hyperparameters.batch_norm
            layers.append(_TORCH_ACTIVATIONS[hyperparameters.activation])
    return f"Sequential({', '.join(layers)})"


def to_safetensors(model: Checkpoint) -> bytes:
    """Return the model as a safetensors file: the state dict of a PyTorch module, named in its metadata.

    They also hold the description of a checkpoint, standardisation included.

    Raises:
        ExportError: when the extra is not installed.
    """
    save = _needed("safetensors.numpy", "safetensors").save
    description = json.dumps(checkpoint.checkpoint_to_json(model))
    metadata = {
        "description": description,
        "checksum": checkpoint.checksum(description, model),
        "module": torch_module(model),
    }
    names, arrays = torch_names(model.hyperparameters), tensors(model.network())
    arrays = {names[name]: np.ascontiguousarray(array.T) for name, array in arrays.items()}
    content: bytes = save(arrays, metadata=metadata)
    return content


def to_onnx(model: Checkpoint) -> bytes:
    """Return the model as an ONNX file, standardisation inside.

    From `images`, `(batch, height, width)` in uint8 as in a data set, to `logits` and `probabilities`,
    `(batch, classes)`.

    Raises:
        ExportError: when the extra is not installed or the model is too large for the format.
    """
    onnx = _needed("onnx", "onnx")
    if model.parameters.nbytes + model.statistics.nbytes > MAX_ONNX_BYTES:
        raise ExportError(N_("The model takes more than 2 GiB, which an ONNX file cannot hold."))
    if model.standardization.deskew:
        raise ExportError(
            N_("An ONNX file cannot deskew images: a network trained with deskew cannot be exported to it.")
        )
    graph = _Graph(onnx)
    standardization, hyperparameters = model.standardization, model.hyperparameters
    graph.add("Cast", "images", to=onnx.TensorProto.FLOAT)
    graph.add("Flatten", axis=1)
    graph.add("Mul", graph.constant("scale", np.float32(standardization.scale)))
    graph.add("Sub", graph.constant("shift", np.float32(standardization.shift)))
    arrays = tensors(model.network())
    layers = [name.removesuffix(".weight") for name in arrays if name.endswith(".weight")]
    for name in layers:
        graph.add("MatMul", graph.constant(f"{name}.weight", arrays[f"{name}.weight"]))
        graph.add("Add", graph.constant(f"{name}.bias", arrays[f"{name}.bias"]))
        if f"{name}.batch_norm.gamma" in arrays:
            figures = [
                graph.constant(f"{name}.batch_norm.{figure}", arrays[f"{name}.batch_norm.{figure}"])
                for figure in ("gamma", "beta", "running_mean", "running_variance")
            ]
            graph.add("BatchNormalization", *figures, epsilon=BatchNorm.epsilon)
        if name != layers[-1]:
            operator, attributes = _ACTIVATIONS[hyperparameters.activation]
            graph.add(operator, **attributes)
    graph.add("Identity", output="logits")
    graph.add("Softmax", output="probabilities", axis=-1)
    return graph.serialized(model)


_ACTIVATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("Relu", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": LeakyReLU.slope}),
    "gelu": ("Gelu", {"approximate": "tanh"}),
    "tanh": ("Tanh", {}),
    "sigmoid": ("Sigmoid", {}),
}
_TORCH_ACTIVATIONS = {
    "relu": "ReLU()",
    "leaky_relu": f"LeakyReLU({LeakyReLU.slope})",
    "gelu": "GELU(approximate='tanh')",
    "tanh": "Tanh()",
    "sigmoid": "Sigmoid()",
}


class _Graph:
    """A chain of ONNX operators, each of which takes the one before as its first input."""

    def __init__(self, onnx: ModuleType) -> None:
        self.onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.last = ""

    def constant(self, name: str, value: Any) -> str:
        """Put an array into the file and return its name."""
        array = np.ascontiguousarray(value, np.float32).reshape(np.shape(value))
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def add(self, operator: str, *more: str, output: str | None = None, **attributes: object) -> None:
        """Put an operator at the end of the chain; the first takes its input from outside."""
        inputs = (self.last, *more) if self.last else more
        self.last = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, [self.last], **attributes))

    def serialized(self, model: Checkpoint) -> bytes:
        """Return the file."""
        helper, kinds = self.onnx.helper, self.onnx.TensorProto
        images = ("batch", model.height, model.width)
        graph = helper.make_graph(
            self.nodes,
            "mlp",
            [helper.make_tensor_value_info("images", kinds.UINT8, images)],
            [
                helper.make_tensor_value_info(name, kinds.FLOAT, ("batch", model.classes))
                for name in ("logits", "probabilities")
            ],
            self.constants,
        )
        file = helper.make_model(
            graph,
            producer_name="mlp-tui",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=10,  # what runtimes of 2024 read
        )
        helper.set_model_props(file, {"description": json.dumps(checkpoint.checkpoint_to_json(model))})
        self.onnx.checker.check_model(file)
        content: bytes = file.SerializeToString()
        return content


def _needed(module: str, extra: str) -> ModuleType:
    """Import what an export needs.

    Raises:
        ExportError: when it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        raise ExportError(
            N_("This export needs the package {extra}: pip install 'mlp-tui[{extra}]'."), extra=extra
        ) from None
