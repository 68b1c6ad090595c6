"""Ways to damage a file, each decided by a random generator."""

import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.storage import array_file

Mutator = Callable[[bytes, random.Random], bytes]
ODD_VALUES: list[Any] = [
    None, True, -1, 0, 10**12, 2**63, 10**400, 1e308, float("nan"), float("inf"), "", "x", "../../x", [], [1],
    {}, {"a": 1}, [[[[[]]]]], "\x1b[31m", "\ud800",
]  # fmt: skip


def truncated(data: bytes, rng: random.Random) -> bytes:
    """Cut off anywhere."""
    return data[: rng.randrange(len(data))]


def bit_flipped(data: bytes, rng: random.Random) -> bytes:
    """One to eight bits turned."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def begun_wrong(data: bytes, rng: random.Random) -> bytes:
    """Bytes changed near the beginning or the end, where headers and directories stand."""
    changed = bytearray(data)
    limit = min(len(data), 300)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(limit)
        changed[place if rng.random() < 0.5 else -1 - place] = rng.choice(
            [0, 1, 0x7F, 0xFF, rng.randrange(256)]
        )
    return bytes(changed)


def spliced(data: bytes, rng: random.Random) -> bytes:
    """A piece of it put elsewhere, or taken out."""
    start, length, place = rng.randrange(len(data)), rng.randint(1, 5000), rng.randrange(len(data))
    piece = data[start : start + length] if rng.random() < 0.7 else b""
    return data[:place] + piece + data[place + (length if rng.random() < 0.5 else 0) :]


def zero_filled(data: bytes, rng: random.Random) -> bytes:
    """Zeros from somewhere to somewhere, as after a power failure."""
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + bytes(end - start) + data[end:]


ANYWHERE: tuple[Mutator, ...] = (truncated, bit_flipped, begun_wrong, spliced, zero_filled)


class Touching:
    """What would leave a mark if it were ever unpickled."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return open, (self.mark, "w")


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def _zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as zipped:
        for name, content in members.items():
            zipped.writestr(name, content)
    return file.getvalue()


def header(shape: object, dtype: object = "<f4", order: object = False) -> bytes:
    """Return the beginning of an `.npy` file."""
    text = f"{{'descr': {dtype!r}, 'fortran_order': {order!r}, 'shape': {shape!r}, }}".encode()
    text = text.ljust(-(-(len(text) + 11) // 64) * 64 - 11) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def header_edited(data: bytes, rng: random.Random) -> bytes:
    """An array of an `.npz` announced as something else: huge, negative, of objects; or nonsense."""
    members = _members(data)
    name = rng.choice(list(members))
    shapes: list[object] = [
        (10**12,),
        (2**62, 4),
        (-1,),
        (0,),
        (),
        (7, 3),
        (2**31, 2**31, 2**31),
        (True,),
        "x",
        5,
    ]
    dtypes: list[object] = ["<f4", "|O", "<f8", "|V1000000000", "<U250000000", [("a", "|O")], "x", "|S0", 7]
    made = header(rng.choice(shapes), rng.choice(dtypes), rng.choice([False, True, 2, "x"]))
    if rng.random() < 0.1:  # deep enough to trouble a parser
        made = header("-" * 9000 + "1") if rng.random() < 0.5 else header("(" * 4000)
    body = members[name][members[name].index(b"\n") + 1 :]
    members[name] = made + (body if rng.random() < 0.7 else b"\0" * rng.choice([0, 1, 4, 5000]))
    return _zipped(members, rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))


def members_moved(data: bytes, rng: random.Random) -> bytes:
    """Arrays of an `.npz` exchanged, left out, called something else, or more of them; or compressed."""
    members = _members(data)
    first, second = (rng.choice(list(members)) for _ in range(2))
    match rng.randrange(5):
        case 0:
            members[first], members[second] = members[second], members[first]
        case 1:
            del members[first]
        case 2:
            members[rng.choice(["../../x.npy", "x.npy", "x", "a" * 60_000])] = members.pop(first)
        case 3:
            members |= {f"x{number}.npy": header((0,)) for number in range(rng.choice([1, 2_000]))}
        case _:  # a bomb: 16 MB that take 16 kB
            members[first] = header((1 << 22,)) + bytes(1 << 24)
    return _zipped(members, rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]))


def pickled(mark: str) -> Mutator:
    """Return what puts a pickle that leaves a mark in an array's place."""

    def mutator(data: bytes, rng: random.Random) -> bytes:
        file = io.BytesIO()
        np.save(file, np.array([Touching(mark)], dtype=object), allow_pickle=True)
        members = _members(data)
        name = rng.choice(list(members))
        members[name] = file.getvalue()[rng.choice([0, file.getvalue().index(b"\n") + 1]) :]
        return _zipped(members)

    return mutator


def forged(data: bytes, rng: random.Random) -> bytes:
    """A snapshot of which a field says something odd, with a checksum that is right."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        vectors = {name: arrays[name] for name in arrays.files}
    fields, _ = json.loads(str(vectors.pop("description"))), vectors.pop("checksum")
    if rng.random() < 0.2:
        name = rng.choice(list(vectors))
        vectors[name] = rng.choice(
            [vectors[name][:-1], np.full_like(vectors[name], rng.choice([np.nan, np.inf, 3e38, 0])),
             vectors[name].astype(np.float64), vectors[name][None], np.zeros(0, np.float32)]
        )  # fmt: skip
    else:
        odd(fields, rng)
    text = json.dumps(fields)
    more: dict[str, Any] = {"description": text, "checksum": array_file._checksum(text, vectors), **vectors}
    file = io.BytesIO()
    np.savez(file, **more)
    return file.getvalue()


def odd(fields: Any, rng: random.Random) -> None:
    """Replace a value somewhere within plain values by an odd one."""
    while True:
        key = rng.choice(list(fields)) if isinstance(fields, dict) else rng.randrange(len(fields))
        if isinstance(fields[key], dict | list) and fields[key] and rng.random() < 0.9:
            fields = fields[key]
            continue
        if isinstance(fields[key], int) and rng.random() < 0.3:
            fields[key] += rng.choice([-1, 1, 10**6])
        elif rng.random() < 0.1 and isinstance(fields, dict):
            del fields[key]
        else:
            fields[key] = rng.choice(ODD_VALUES)
        return
