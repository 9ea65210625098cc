"""Columns of many rows, between the database and numpy, without an object for each value.

On Postgres they travel in COPY's binary format (the manual, "COPY", "File Formats").
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from django.db import connection
from numpy.typing import NDArray

Column: TypeAlias = NDArray[Any]
JOINED = "joined"  # in place of a dtype: the bytes of all rows in a row

_OPENING = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_CLOSING = b"\xff\xff"
_ARRAY_HEAD = 20  # dimensions, whether there are NULLs, type, size, first index


def fixed(expression: str, width: int) -> str:
    """Return SQL for the first bytes of a text, filled up with spaces."""
    if connection.vendor == "postgresql":
        padded = f"convert_to(rpad({expression}, {width}), 'UTF8')"
        return f"substring({padded} FROM 1 FOR {width})"
    return f"substr({expression}, 1, {width})"


def read(sql: str, params: Sequence[Any], dtypes: Mapping[str, str]) -> dict[str, Any]:
    """Return the columns of a query.

    Args:
        sql: each column is named, never NULL, and of the type that its dtype says.
        dtypes: name -> "i8", "i4", "i2", "f8", "S24" (as many bytes in each row), or `JOINED`.
    """
    if connection.vendor == "postgresql":
        return _copy_out(sql, params, dtypes)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(dtypes)} FROM ({sql}) AS found", params)  # noqa: S608  # our own
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(dtypes)
    return {
        name: _typed(column, dtype)
        for (name, dtype), column in zip(dtypes.items(), columns, strict=True)
    }


def _typed(values: Sequence[Any], dtype: str) -> Any:
    if dtype == JOINED:
        return b"".join(values)
    if dtype.startswith("S"):
        values = [value.encode() if isinstance(value, str) else bytes(value) for value in values]
    return np.array(values, dtype)


def _copy_out(sql: str, params: Sequence[Any], dtypes: Mapping[str, str]) -> dict[str, Any]:
    """Fetch one row of arrays: many times faster than a row for each row."""
    wanted = [
        f"string_agg({name}, ''::bytea)" if dtype == JOINED else f"array_agg({name})"
        for name, dtype in dtypes.items()
    ]
    query = f"COPY (SELECT {', '.join(wanted)} FROM ({sql}) AS found) TO STDOUT (FORMAT BINARY)"  # noqa: S608
    with (
        connection.cursor() as cursor,
        # With DEBUG, Django's cursor takes no parameters here.
        cursor.copy(connection.ops.compose_sql(query, params)) as copy,  # type: ignore[attr-defined]
    ):
        answer = memoryview(b"".join(bytes(part) for part in copy))
    at = len(_OPENING) + 2
    found = {}
    for name, dtype in dtypes.items():
        (size,) = struct.unpack_from(">i", answer, at)
        field = answer[at + 4 : at + 4 + max(size, 0)]  # -1: NULL, for no rows at all
        found[name] = bytes(field) if dtype == JOINED else _elements(field, dtype)
        at += 4 + max(size, 0)
    return found


def _elements(field: memoryview, dtype: str) -> Column:
    if not field:
        return np.empty(0, dtype)
    value = np.dtype(dtype).newbyteorder(">")
    rows = np.frombuffer(field[_ARRAY_HEAD:], np.dtype([("size", ">i4"), ("value", value)]))
    return rows["value"].astype(dtype)


@dataclass(frozen=True, slots=True)
class Field:
    """One column of rows to be written: a table of bytes, of which each row uses the first."""

    table: NDArray[np.uint8]
    sizes: NDArray[np.int64] | None = None  # None: all of them

    @classmethod
    def of(cls, values: Column) -> Field:
        """Numbers in the byte order of the wire."""
        return cls(np.ascontiguousarray(values)[:, None].view(np.uint8))

    @classmethod
    def choice(cls, texts: Sequence[str], which: NDArray[np.int64]) -> Field:
        """One of a few texts in each row."""
        coded = [text.encode() for text in texts]
        width = max(map(len, coded))
        table = np.frombuffer(b"".join(text.ljust(width) for text in coded), np.uint8)
        sizes = np.array([len(text) for text in coded], np.int64)
        return cls(table.reshape(len(coded), width)[which], sizes[which])


def write(table: str, fields: Mapping[str, Field]) -> None:
    """Append rows to a table of Postgres, in their order."""
    query = f"COPY {table} ({', '.join(fields)}) FROM STDIN (FORMAT BINARY)"
    rows = _rows(list(fields.values()))
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.write(_OPENING)
        copy.write(rows)
        copy.write(_CLOSING)


def _rows(fields: Sequence[Field]) -> bytes:
    count = len(fields[0].table)
    width = 2 + sum(4 + field.table.shape[1] for field in fields)
    rows = np.empty((count, width), np.uint8)
    is_used = np.ones((count, width), np.bool_)
    rows[:, :2] = np.frombuffer(struct.pack(">h", len(fields)), np.uint8)
    at = 2
    for field in fields:
        size = field.table.shape[1]
        sizes = np.full(count, size) if field.sizes is None else field.sizes
        rows[:, at : at + 4] = sizes.astype(">i4")[:, None].view(np.uint8)
        rows[:, at + 4 : at + 4 + size] = field.table
        if field.sizes is not None:
            is_used[:, at + 4 : at + 4 + size] = np.arange(size) < sizes[:, None]
        at += 4 + size
    return rows[is_used].tobytes()
