"""A checksum for each row of the database; SQLite has none, and a turned bit would be another figure."""

import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

_EPOCH = struct.Struct("<2q7dq")
"""The columns of an epoch after its run: two whole numbers, seven floating-point ones, and a flag."""


def row_checksum(values: Iterable[object]) -> int:
    """Return 32 bits that change with any bit of what SQLite gives: numbers, text, bytes and None."""
    total = 0
    for value in values:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        total = zlib.crc32(data + b"\0", total)
    return total


def epoch_checksum(values: Sequence[object]) -> int:
    """Return the same for a row of epochs, of which a run may have 100,000: in a tenth of the time."""
    run, *figures = values
    try:
        return zlib.crc32(_EPOCH.pack(*figures), zlib.crc32(str(run).encode()))
    except struct.error:  # a loss that is no number, and so None
        return row_checksum(values)


def is_whole(row: Sequence[object]) -> bool:
    """Return whether a row, whose last column is its checksum, is as it was written."""
    return row_checksum(row[:-1]) == row[-1]


def whole_epochs(run: str, rows: list[Any]) -> list[Any]:
    """Return those rows of a run's epochs that are as they were written.

    rows: the columns after `run`, the checksum last
    """
    pack, crc32, start = _EPOCH.pack, zlib.crc32, zlib.crc32(run.encode())
    try:
        return [row for row in rows if crc32(pack(*row[:-1]), start) == row[-1]]
    except struct.error:
        return [row for row in rows if epoch_checksum((run, *row[:-1])) == row[-1]]
