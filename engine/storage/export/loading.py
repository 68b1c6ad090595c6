"""Loads a model from an untrusted file: a checkpoint's `.npz`, or safetensors as exported here.

The safetensors format is a length (8 bytes, little-endian), so many bytes of JSON, then the numbers
(https://github.com/huggingface/safetensors, "Format"). It is read here without the package: that
maps the file into memory, where one that is cut off meanwhile ends the program, and takes headers of 100 MB.
"""

import dataclasses
import json
import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from engine.errors import CheckpointError, cannot_read
from engine.network.mlp import MLP
from engine.sentences import N_
from engine.storage import checkpoint
from engine.storage.checkpoint import Checkpoint
from engine.storage.export.models import shapes, tensors, torch_names

MAX_HEADER_BYTES = 2 * 1024**2
"""Bytes of JSON: of 20 layers, and a thousand long names of classes."""
_ZIP_MAGIC = b"PK\x03\x04"


def load_model(path: Path) -> Checkpoint:
    """Read a model: safetensors by the ending or content of the file, else a checkpoint.

    Sizes are compared with the file's before anything is allocated; then it takes, for a moment, four times
    the memory of the weights, which are no more than `checkpoint.MAX_BYTES`.

    Raises:
        CheckpointError: when it cannot be read, is damaged, or is not a model of ours.
    """
    try:
        if not path.is_file():
            return checkpoint.load(path)  # which says what is wrong
        with path.open("rb") as file:
            start = file.read(9)
            if start.startswith(_ZIP_MAGIC) or (path.suffix != ".safetensors" and start[8:] != b"{"):
                return checkpoint.load(path)
            return _safetensors(file, path.stat().st_size)
    except OSError as error:
        raise cannot_read(CheckpointError, path, error) from None
    except CheckpointError:
        raise
    except Exception:  # JSON and hyperparameters know a dozen kinds for what only a forger would write
        raise CheckpointError(
            N_("{path} is not a safetensors file exported by mlp-tui, or it is damaged."), path=path
        ) from None


def _safetensors(file: BinaryIO, size: int) -> Checkpoint:
    """Read an opened file of `size` bytes; raise anything if it is not what it should be."""
    file.seek(0)
    (length,) = struct.unpack("<Q", file.read(8))
    if length > min(MAX_HEADER_BYTES, size - 8) or size > checkpoint.MAX_BYTES:
        raise ValueError
    header: dict[str, Any] = json.loads(file.read(length).decode())
    metadata = header.pop("__metadata__")
    empty = np.empty(0, np.float32)
    model = checkpoint.checkpoint_from_json(json.loads(metadata["description"]), empty, empty)
    wanted, names = shapes(model), torch_names(model.hyperparameters)
    is_torch = header.keys() != wanted.keys()  # older files have our own names, and (inputs, outputs)
    if is_torch:
        header = {name: header.pop(names[name]) for name in wanted} | header
        wanted = {name: shape[::-1] for name, shape in wanted.items()}
    if header.keys() != wanted.keys():
        raise ValueError
    spans = []
    for name, shape in wanted.items():
        start, end = header[name]["data_offsets"]
        if header[name]["dtype"] != "F32" or tuple(header[name]["shape"]) != shape:
            raise ValueError
        if end - start != 4 * int(np.prod([int(n) for n in shape], dtype=object)):
            raise ValueError
        spans.append((start, end))
    spans.sort()
    if [start for start, _ in spans] != [0, *(end for _, end in spans[:-1])]:
        raise ValueError  # they overlap, or leave gaps
    if 8 + length + spans[-1][1] != size:
        raise ValueError
    unlearned = dataclasses.replace(model.hyperparameters, initializer="zeros")  # weights come from the file
    network = MLP.of(unlearned, model.height * model.width, model.classes)
    for name, array in tensors(network).items():
        file.seek(8 + length + header[name]["data_offsets"][0])
        stored = np.frombuffer(file.read(array.nbytes), "<f4").reshape(wanted[name])
        array[...] = stored.T if is_torch else stored
    model = checkpoint.checkpoint_from_json(
        json.loads(metadata["description"]),
        checkpoint.finite_floats(network.parameters.astype(np.float32, copy=False)),
        checkpoint.finite_floats(network.statistics.astype(np.float32, copy=False)),
    )
    if metadata["checksum"] != checkpoint.checksum(metadata["description"], model):
        raise ValueError
    return model
