"""Saves and loads a trained network as an `.npz` file, without pickle."""

import contextlib
import dataclasses
import hashlib
import json
import math
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.batches import Batcher, Distort, Standardization
from engine.data.dataset import Dataset
from engine.data.forms.labels import MAX_NAME_LENGTH
from engine.data.npz import open_archive, read_array, read_header
from engine.errors import CheckpointError, cannot_read, cannot_write
from engine.hyperparameters import Hyperparameters
from engine.network.losses import SoftmaxCrossEntropy, softmax
from engine.network.mlp import MLP, parameter_count, weights_fingerprint
from engine.sentences import N_
from engine.specification import printable
from engine.storage.files import atomic_write, temporary_file_beside
from engine.training.learner import EVALUATION_BATCH, Evaluation
from engine.training.trainer import Trainer

FORMAT = "mlp-tui model 1"
MAX_BYTES = 2 * 1024**3
"""A file whose parts announce more than this is refused before anything is allocated."""

MAX_DESCRIPTION_BYTES = 8 * 1024**2
"""Bytes of a description, four a character: of 20 layers and a thousand long names of classes."""


@dataclass(frozen=True)
class Checkpoint:
    """The best weights of a run and everything that is needed to use them.

    parameters: the network's flat vector; statistics: batch normalisation's running figures
    class_names: in the order of the outputs; their numbers, where a file has no names
    """

    hyperparameters: Hyperparameters
    epoch: int
    height: int
    width: int
    classes: int
    standardization: Standardization
    data_fingerprint: str
    parameters: NDArray[np.float32]
    statistics: NDArray[np.float32]
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.class_names:
            object.__setattr__(self, "class_names", tuple(map(str, range(self.classes))))

    @classmethod
    def of(cls, trainer: Trainer, epoch: int) -> "Checkpoint":
        """Take the best weights of a trainer, which are those of `epoch`; also while its run is under way."""
        (parameters, statistics), data = trainer.learner.best, trainer.dataset.summary()
        return cls(
            hyperparameters=trainer.hyperparameters,
            epoch=epoch,
            height=data.height,
            width=data.width,
            classes=data.classes,
            standardization=trainer.learner.standardization,
            data_fingerprint=data.fingerprint,
            parameters=parameters.astype(np.float32),
            statistics=statistics.astype(np.float32),
            class_names=data.class_names,
        )

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that change with any of its numbers."""
        return weights_fingerprint(self.parameters, self.statistics)

    def network(self) -> MLP:
        """Build the network with these weights.

        Raises:
            CheckpointError: when the weights are not of the network that the hyperparameters describe.
        """
        self.check_parameter_counts()
        network = MLP.of(self.hyperparameters, self.height * self.width, self.classes)
        network.parameters[:] = self.parameters
        network.statistics[:] = self.statistics
        return network

    def check_parameter_counts(self) -> None:
        """Compare how many numbers there are with how many the network has, before it takes any memory.

        Raises:
            CheckpointError: when they differ.
        """
        for name, wanted in self.parameter_counts().items():
            check_count(name, getattr(self, name).size, wanted)

    def parameter_counts(self) -> dict[str, int]:
        """Return how many numbers the network has, as `parameters` and as `statistics`."""
        hidden = self.hyperparameters.hidden
        layers = (self.height * self.width, *hidden, self.classes)
        batch_norm = self.hyperparameters.batch_norm
        parameters = parameter_count(layers, batch_norm=batch_norm)
        return {"parameters": parameters, "statistics": 2 * sum(hidden) if batch_norm else 0}

    def test_probabilities(self, dataset: Dataset) -> NDArray[np.float32]:
        """Return the probabilities for the test images of a data set: `(images, classes)`.

        Raises:
            CheckpointError: when the images or classes are not of the network's size.
        """
        return softmax(self.test_evaluation(dataset).logits)

    def test_evaluation(self, dataset: Dataset) -> Evaluation:
        """Evaluate the network on the test images of a data set, as a run does at its end.

        Raises:
            CheckpointError: when the images or classes are not of the network's size.
        """
        return next(self.test_evaluations(dataset, (None,)))

    def test_evaluations(self, dataset: Dataset, distorts: Iterable[Distort | None]) -> Iterator[Evaluation]:
        """Evaluate the network on the test images once for each of these changes of the images.

        Raises:
            CheckpointError: when the images or classes are not of the network's size.
        """
        ours = (self.height, self.width, self.classes)
        theirs = (dataset.height, dataset.width, dataset.classes)
        if ours != theirs:
            raise CheckpointError(
                N_(
                    "The checkpoint is for images of {ours[0]} x {ours[1]} and {ours[2]} classes; the data "
                    "set has {theirs[0]} x {theirs[1]} and {theirs[2]}. Name its data set with --data."
                ),
                ours=ours,
                theirs=theirs,
            )
        network, labels = self.network(), dataset.test_labels
        loss = SoftmaxCrossEntropy(self.classes, self.hyperparameters.label_smoothing)
        batcher = Batcher(self.standardization.prepared(dataset.test_images), labels, self.standardization)
        indices = np.arange(len(labels))
        for distort in distorts:
            logits = np.empty((len(labels), self.classes), np.float32)
            loss_sum = 0.0
            for place, X, batch_labels in batcher.in_order(indices, EVALUATION_BATCH, distort):
                logits[place] = network.forward(X)
                loss_sum += loss.forward(logits[place], batch_labels) * len(batch_labels)
            yield Evaluation(logits, loss_sum / len(labels))


def check_count(name: str, kept: int, wanted: int) -> None:
    """Check that there are as many numbers as the network has.

    Raises:
        CheckpointError: when there are not.
    """
    if kept != wanted:
        raise CheckpointError(
            N_("The checkpoint holds {kept:,} numbers as {name}; its network has {wanted:,}."),
            name=name,
            kept=kept,
            wanted=wanted,
        )


def checkpoint_to_json(checkpoint: Checkpoint) -> dict[str, object]:
    """Return a checkpoint without its numbers, as values for JSON."""
    plain = ("epoch", "height", "width", "classes", "data_fingerprint")
    return {
        "format": FORMAT,
        "hyperparameters": checkpoint.hyperparameters.to_mapping(),
        "standardization": dataclasses.asdict(checkpoint.standardization),
        **{name: getattr(checkpoint, name) for name in plain},
        "class_names": checkpoint.class_names,
    }


def checkpoint_from_json(
    fields: Mapping[str, Any], parameters: NDArray[np.float32], statistics: NDArray[np.float32]
) -> Checkpoint:
    """Return the checkpoint of a description and its numbers; any exception means that it is not one."""
    if fields["format"] != FORMAT:
        raise ValueError
    return Checkpoint(
        # Threads are the other machine's, and this one may have fewer cores.
        hyperparameters=Hyperparameters.from_mapping(fields["hyperparameters"] | {"threads": None}),
        standardization=_standardization(**fields["standardization"]),
        parameters=parameters,
        statistics=statistics,
        **{name: _count(fields[name]) for name in ("epoch", "height", "width", "classes")},
        data_fingerprint=str(fields["data_fingerprint"]),
        class_names=_names(fields.get("class_names", []), fields["classes"]),
    )


def checksum(description: str, checkpoint: Checkpoint) -> str:
    """Return thirty-two hexadecimal digits that change with any bit of a description and its numbers."""
    digest = hashlib.blake2b(description.encode(), digest_size=16)
    digest.update(checkpoint.parameters.tobytes())
    digest.update(checkpoint.statistics.tobytes())
    return digest.hexdigest()


def save(path: Path, checkpoint: Checkpoint) -> None:
    """Write the file; a file that was there before is replaced only by a whole new one.

    Raises:
        CheckpointError: when it cannot be written.
    """
    with replacing_file(path), atomic_write(path) as file:
        np.savez(
            file,
            description=np.array(json.dumps(checkpoint_to_json(checkpoint))),
            parameters=checkpoint.parameters,
            statistics=checkpoint.statistics,
        )


def check_writable(path: Path) -> None:
    """Check before a run that its checkpoint can be written.

    Raises:
        CheckpointError: when `path` is a folder or a device, or no file can be made beside it.
    """
    with replacing_file(path), temporary_file_beside(path):
        pass


def load(path: Path) -> Checkpoint:
    """Read the file.

    Raises:
        CheckpointError: when it cannot be read, is damaged, or is not a checkpoint.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise CheckpointError(N_("{path} is a device or a pipe, not a file."), path=path)
        with open_archive(path) as archive, warnings.catch_warnings(action="error"):
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise CheckpointError(
                    N_("{path} declares more than {limit} GiB of data; it is not a checkpoint."),
                    path=path,
                    limit=MAX_BYTES // 1024**3,
                )
            fields = json.loads(str(read_array(archive, "description", MAX_DESCRIPTION_BYTES)))
            empty = np.empty(0, np.float32)
            parameter_counts = checkpoint_from_json(fields, empty, empty).parameter_counts()
            for name, wanted in parameter_counts.items():  # before they take any memory
                check_count(name, math.prod(read_header(archive, name).shape), wanted)
            parameters, statistics = (
                finite_floats(read_array(archive, name, 4 * wanted))
                for name, wanted in parameter_counts.items()
            )
            return checkpoint_from_json(fields, parameters, statistics)
    except OSError as error:
        raise cannot_read(CheckpointError, path, error) from None
    except CheckpointError:
        raise
    except Exception:  # zipfile, its decompressors, NumPy and JSON know a dozen kinds for a damaged file
        raise CheckpointError(
            N_("{path} is not a checkpoint of mlp-tui, or it is damaged; `mlp-tui train --save` writes one."),
            path=path,
        ) from None


def _count(given: object) -> int:
    """Return a whole number from 1, or raise ValueError."""
    if not isinstance(given, int) or given < 1:
        raise ValueError
    return given


def _names(given: object, classes: int) -> tuple[str, ...]:
    """Return the names of so many classes, none where a file has none, or raise ValueError."""
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ValueError
    if len(given) not in (0, classes):
        raise ValueError
    return tuple(printable(name, limit=MAX_NAME_LENGTH) for name in given)


def _standardization(mean: object, deviation: object, deskew: object = False) -> Standardization:
    """Return what was stored of a standardisation, or raise ValueError if it is none."""
    if not (isinstance(mean, float) and isinstance(deviation, float) and isinstance(deskew, bool)):
        raise ValueError
    if not (math.isfinite(mean) and 0.0 < deviation < math.inf):
        raise ValueError
    return Standardization(mean, deviation, deskew)


def finite_floats(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a stored vector, or raise ValueError if it is none of finite float32 numbers."""
    if array.dtype != np.float32 or array.ndim != 1 or not np.isfinite(array).all():
        raise ValueError
    return array


@contextlib.contextmanager
def replacing_file(path: Path) -> Iterator[None]:
    """Turn the errors of replacing the file at `path` into a `CheckpointError`.

    Raises:
        CheckpointError: when it cannot, or `path` is something that no file should replace.
    """
    try:
        if path.is_dir():
            raise CheckpointError(N_("{path} is a folder; name a file, such as model.npz."), path=path)
        if path.exists() and not path.is_file():  # /dev/null would be gone
            raise CheckpointError(N_("{path} is a device or a pipe; name a file."), path=path)
        yield
    except OSError as error:
        raise cannot_write(CheckpointError, path, error) from None
