"""Finds what is stored by what a person calls it: runs and experiments have an id, a name and a time."""

import sqlite3
from collections.abc import Callable, Iterable
from typing import TypeVar

from engine.errors import StoreError
from engine.storage.database import Database

LATEST = "latest"
MAX_NAMED = 5
"""How many ids are named where a text means several."""

Record = TypeVar("Record")


def newest_first(database: Database, table: str, *, deleted: bool) -> list[sqlite3.Row]:
    """Return all rows of a table, or those that were deleted."""
    with database.read_transaction() as connection:
        return connection.execute(_question(table, deleted)).fetchall()


def matching(database: Database, table: str, text: str, *, deleted: bool = False) -> list[sqlite3.Row]:
    """Return the rows whose id this is, else those of this name, else those whose id begins so.

    `latest` means the newest of all.
    """
    found: list[sqlite3.Row] = []
    with database.read_transaction() as connection:
        if text == LATEST:
            return connection.execute(_question(table, deleted) + " LIMIT 1").fetchall()
        for condition in ("id = ?1", "name = ?1", "substr(id, 1, length(?1)) = ?1"):
            if text and not found:
                found = connection.execute(_question(table, deleted, condition), (text,)).fetchall()
    return found


def _question(table: str, deleted: bool, condition: str = "TRUE") -> str:
    return (
        f"SELECT * FROM {table} WHERE (deleted IS NOT NULL) = {int(deleted)} AND {condition} "
        "ORDER BY created DESC, id DESC"
    )


def ids(rows: list[sqlite3.Row]) -> str:
    """Return the ids of some rows, the first few of many."""
    return ", ".join(row["id"] for row in rows[:MAX_NAMED]) + (", …" if len(rows) > MAX_NAMED else "")


def readable(rows: Iterable[sqlite3.Row], read: Callable[[sqlite3.Row], Record]) -> tuple[list[Record], int]:
    """Return the records that `read` makes of the rows, and how many rows are damaged."""
    records, damaged = [], 0
    for row in rows:
        try:
            records.append(read(row))
        except StoreError:
            damaged += 1
    return records, damaged
