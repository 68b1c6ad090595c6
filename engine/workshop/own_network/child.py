"""The child process in which a person's own network learns; `process` starts it.

From stdin it reads a line of JSON and the images, then one question a line. It answers each on stdout with a
line of JSON, which so many bytes may follow; what the person's code prints comes back as lines, too.
"""

import copy
import faulthandler
import gc
import json
import math
import os
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import Batcher, Standardization
from engine.events import finite
from engine.sentences import N_, Sentence
from engine.training.learner import EVALUATION_BATCH, GRADIENT_LIMIT
from engine.training.threads import limit_threads
from engine.workshop.child import MAX_OUTPUT, CaughtOutput, Channel, channel_of_child, encoded, limit_memory
from engine.workshop.code import PersonsCode
from engine.workshop.exceptions import explain
from engine.workshop.findings import Finding, MistakeError, wrong
from engine.workshop.steps import Step

Array = NDArray[Any]

METHODS = ("__init__", "forward", "compute_loss", "backward", "update_params")
ARRAYS = ("W1", "b1", "W2", "b2")
IMAGES_TO_COMPARE, STEPS_TO_COMPARE, TOLERANCE = 32, 3, 1e-3
NOTHING = b""


class OwnTraining:
    """A person's network, and the images that it learns from. It answers questions."""

    def __init__(self, request: Mapping[str, Any], stream: BinaryIO, channel: Channel) -> None:
        self._request, self._channel = request, channel
        self._sizes: tuple[int, int, int] = tuple(request["sizes"])
        shown = Standardization(request["mean"], request["deviation"])
        self._batchers: dict[str, Batcher] = {}
        for split, count in request["counts"].items():
            images = _read(stream, np.empty((count, *request["shape"]), np.uint8))
            self._batchers[split] = Batcher(images, _read(stream, np.empty(count, np.int64)), shown)
        self._indices = {
            "validation": np.array(request["validation"], np.int64),
            "test": np.arange(request["counts"]["test"]),
        }
        self._output = CaughtOutput(channel)
        self._model: Any = None
        self._best: Any = None

    def answer_all(self, stream: BinaryIO) -> None:
        """Answer questions until there are no more."""
        sys.stdout = sys.stderr = self._output
        for line in stream:
            question = json.loads(line)
            self._begin_call()
            try:
                fields, content = getattr(self, question.pop("ask"))(**question)
            except MistakeError as told:
                finding = told.finding
            except BaseException as error:
                finding = self._explained(error)
            else:
                faulthandler.cancel_dump_traceback_later()
                self._channel.send("answer", content, bytes=len(content), **fields)
                continue
            faulthandler.cancel_dump_traceback_later()
            self._channel.send("failed", bytes=0, message=encoded(finding.message))

    def _begin_call(self) -> None:
        """Allow the person's code so many seconds from now on."""
        seconds = self._request["seconds"]
        faulthandler.dump_traceback_later(seconds, exit=True, file=self._channel.descriptor)

    def _explained(self, error: BaseException) -> Finding:
        """Return what is to be said of an exception of the person's code."""
        finding = explain(error, (self._request["file"],))
        text = {
            "exit": N_("{file}, line {line}: `{code}` ends the program; training needs it to go on."),
            "waits_for_input": N_(
                "{file}, line {line}: `{code}` waits for a key; nobody types while it trains."
            ),
        }.get(finding.diagnosis or "")
        return finding if text is None else Finding(Sentence(text, finding.message.values), finding.diagnosis)

    # Questions

    def begin(self) -> tuple[dict[str, object], bytes]:
        """Run the file, and make the network."""
        limit_memory(self._request["memory"])
        name = self._request["class_name"]
        self._seed()
        code = PersonsCode(self._request["file"], self._request["text"])
        network = code.network_class(name)
        code.check_written(Step("train", 1, tuple(f"{name}.{method}" for method in METHODS)))
        tried = network(*self._sizes)
        X, _y = self._batchers["train"].gather(np.arange(1))
        self._probabilities(tried, X)
        differs = self._differs(tried)
        self._seed()
        self._model = network(*self._sizes)
        count = sum(array.size for array in _arrays(vars(self._model), set()))
        if not differs:
            count = sum(getattr(self._model, array).size for array in ARRAYS)
        return {"parameters": count, "differs": differs}, NOTHING

    def step(self, indices: list[int], rate: float, is_last: bool) -> tuple[dict[str, object], bytes]:
        """Learn a mini-batch."""
        model = self._model
        X, y = self._batchers["train"].gather(np.array(indices))
        given = model.forward(X)
        correct = int(np.count_nonzero(self._checked(given, len(y)).argmax(axis=1) == y))
        loss = _number(model.compute_loss(given, y))
        if not math.isfinite(loss):
            return {"diverged": "loss", "value": None}, NOTHING
        gradients = model.backward(y)
        norm = _length(_arrays(gradients, set()))
        if norm is not None and not norm <= GRADIENT_LIMIT:
            return {"diverged": "gradient_norm", "value": finite(norm)}, NOTHING
        before = self._weights() if is_last else {}
        model.update_params(gradients, rate)
        layers = [
            (
                _length([gradients[name]]) if isinstance(gradients, dict) and name in gradients else None,
                _length([array]),
                _length([array - before[name]]),
            )
            for name, array in (self._weights() if is_last else {}).items()
        ]
        return {"loss": loss, "correct": correct, "norm": norm, "layers": layers}, NOTHING

    def evaluate(self, split: str, best: bool) -> tuple[dict[str, object], bytes]:
        """Return the probabilities for the images of a split, `(images, classes)`, float64."""
        self._output.left = MAX_OUTPUT
        batcher = self._batchers["train" if split == "validation" else split]
        indices = self._indices[split]
        found = np.empty((len(indices), self._sizes[-1]))
        for place, X, _y in batcher.in_order(indices, EVALUATION_BATCH):
            self._begin_call()
            found[place] = self._probabilities(self._best if best else self._model, X)
        return {}, found.tobytes()

    def weights(self) -> tuple[dict[str, object], bytes]:
        """Return the arrays of the textbook's network, float32, in the order of `MLP.parameters`."""
        arrays = [getattr(self._model, name) for name in ("W1", "W2", "b1", "b2")]
        return {}, np.concatenate([np.asarray(a, np.float32).ravel() for a in arrays]).tobytes()

    def keep(self) -> tuple[dict[str, object], bytes]:
        """Keep a copy of the network: it is the best so far."""
        try:
            self._best = copy.deepcopy(self._model)
        except Exception as error:
            text = N_("The best network cannot be kept: copy.deepcopy raises {reason}.")
            raise wrong(text, reason=f"{type(error).__name__}: {error}"[:200]) from None
        return {}, NOTHING

    def use_threads(self, threads: int) -> tuple[dict[str, object], bytes]:
        """Use so many threads for matrix products."""
        limit_threads(threads)
        return {}, NOTHING

    # What the person's code gives

    def _seed(self) -> None:
        """Seed the random numbers that the person's code may draw."""
        random.seed(self._request["seed"])
        np.random.seed(self._request["seed"])  # noqa: NPY002

    def _probabilities(self, model: Any, X: Array) -> Array:
        """Return what `forward` gives; where it is finite, its rows have to be probabilities."""
        found = self._checked(model.forward(X), len(X))
        sums = found.sum(axis=1)
        if np.isfinite(sums).all():
            at = int(np.abs(sums - 1).argmax())
            if abs(sums[at] - 1) > TOLERANCE:
                raise wrong(
                    N_("forward(X) gives no probabilities: a row adds up to {sum:.4g}, and 1 is wanted."),
                    sum=float(sums[at]),
                )
            if found.min() < -TOLERANCE:
                raise wrong(
                    N_("forward(X) gives no probabilities: one of them is {value:.4g}."),
                    value=float(found.min()),
                )
        return found

    def _checked(self, given: Any, rows: int) -> Array:
        """Return what `forward` gave as an array of numbers, a row for each image."""
        shape = rows, self._sizes[-1]
        if given is None:
            raise wrong(
                N_("forward(X) returns nothing; probabilities of the shape {shape} are wanted."), shape=shape
            )
        try:
            found = np.asarray(given, np.float64)
        except (TypeError, ValueError):
            kind = type(given).__name__
            text = N_(
                "forward(X) returns a {kind}; an array of probabilities of the shape {shape} is wanted."
            )
            raise wrong(text, kind=kind, shape=shape) from None
        if found.shape != shape:
            text = N_(
                "forward(X) returns an array of the shape {given}; probabilities of {shape} are wanted."
            )
            raise wrong(text, given=found.shape, shape=shape)
        return found

    def _weights(self) -> dict[str, Array]:
        """Return copies of the weight matrices, where they are the textbook's."""
        found = {name: getattr(self._model, name, None) for name in ("W1", "W2")}
        return {
            name: array.astype(np.float64)
            for name, array in found.items()
            if isinstance(array, np.ndarray) and np.issubdtype(array.dtype, np.floating)
        }

    def _differs(self, tried: Any) -> str:
        """Return what a network has not of the textbook's; empty where it is the same.

        It is given random weights, learns a few steps, and is compared with what its arrays say.
        """
        inputs, hidden, classes = self._sizes
        shapes = {"W1": (inputs, hidden), "b1": (hidden,), "W2": (hidden, classes), "b2": (classes,)}
        rng = np.random.default_rng(0)
        for name, shape in shapes.items():
            array = getattr(tried, name, None)
            if not isinstance(array, np.ndarray) or not np.issubdtype(array.dtype, np.floating):
                return name
            fits = array.shape == shape or (len(shape) == 1 and array.size == shape[0])
            if not fits or not array.flags.writeable:
                return name
            array[...] = rng.normal(0.0, 1.0 / math.sqrt(shape[0]), array.shape)
        X, y = self._batchers["train"].gather(
            np.arange(min(IMAGES_TO_COMPARE, self._request["counts"]["train"]))
        )
        for _step in range(STEPS_TO_COMPARE):
            tried.compute_loss(tried.forward(X), y)
            tried.update_params(tried.backward(y), 0.01)
        given = self._checked(tried.forward(X), len(X))
        W1, b1, W2, b2 = (np.asarray(getattr(tried, name), np.float64) for name in ARRAYS)
        z = np.maximum(X @ W1 + b1.ravel(), 0) @ W2 + b2.ravel()
        powers = np.exp(z - z.max(axis=1, keepdims=True))
        wanted = powers / powers.sum(axis=1, keepdims=True)
        return "" if np.allclose(given, wanted, rtol=0.0, atol=TOLERANCE) else "forward"


def _read(stream: BinaryIO, array: Array) -> Array:
    """Fill an array from the stream."""
    stream.readinto(array.reshape(-1).view(np.uint8).data)  # type: ignore[attr-defined]
    return array


def _arrays(value: Any, met: set[int]) -> Iterator[Array]:
    """Yield the arrays of floats in a dict, list or tuple, also in those inside, each once."""
    if id(value) in met:
        return
    met.add(id(value))
    if isinstance(value, np.ndarray):
        if np.issubdtype(value.dtype, np.floating):
            yield value
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _arrays(item, met)


def _length(arrays: Iterable[Array]) -> float | None:
    """Return the length of arrays as one vector; None where there is none."""
    squares = [float(np.vdot(array, array)) for array in arrays if isinstance(array, np.ndarray)]
    return math.sqrt(sum(squares)) if squares else None


def _number(value: Any) -> float:
    """Return the loss as a number."""
    try:
        found = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if value is None:
        raise wrong(N_("compute_loss(y_pred, y_true) returns nothing; one number is wanted."))
    if found.size != 1:
        kind = type(value).__name__
        text = N_("compute_loss(y_pred, y_true) returns a {kind} of the shape {shape}; one number is wanted.")
        raise wrong(text, kind=kind, shape=np.shape(value) if hasattr(value, "shape") else "()")
    return float(found.reshape(-1)[0])


def main() -> None:
    """Learn as the parent asks."""
    stream = os.fdopen(os.dup(0), "rb")
    request = json.loads(stream.readline())
    channel = channel_of_child(request["folder"])
    training = OwnTraining(request, stream, channel)
    gc.freeze()
    training.answer_all(stream)
    os._exit(0)  # whatever threads a person's code has left behind
