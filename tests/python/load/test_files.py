"""Files of every kind: read to the cell and the line, or refused with one true sentence."""

import bz2
import gzip
import io
import lzma
import os
import re
import socket
import sqlite3
import struct
import subprocess
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from raw_layer.errors import BadInputError
from raw_layer.sql import quoted
from smartsentry.load import landing
from smartsentry.load.landing import (
    BAD_QUOTES,
    ENCODINGS,
    NUL,
    TOO_LONG,
    TRUNCATED,
    Reader,
    open_source,
)


@pytest.fixture
def con():
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set enable_external_file_cache = false")
        yield connection


def read(
    con: duckdb.DuckDBPyConnection, path: Path, table: str | None = None, **how: Any
) -> tuple[list[str], list[tuple]]:
    """Return the names, and (line, fault, cells …) of all rows; check what must always hold."""
    source = open_source(con, path, Reader(**how), table)
    rows = []
    columns = ", ".join(map(quoted, source.names))
    for batch in source.batches():
        with batch.reading(con) as query:
            found = con.execute(f"select line, fault, {columns} from ({query}) order by line")
            types = [str(column[1]) for column in found.description[2:]]
            here = found.fetchall()
        assert len(here) == batch.rows
        if batch.first is not None:
            assert [row[0] for row in here] == list(range(batch.first, batch.first + len(here)))
        lines = [row[0] for row in here]
        assert dict(zip(lines, batch.texts(lines), strict=True)) == source.texts(set(lines))
        described = con.execute(f"select {columns} from source_types").description if False else []
        del types, described
        rows += here
    return source.names, rows


def values(rows: list[tuple]) -> list[tuple]:
    """Return the cells of rows without a fault."""
    return [row[2:] for row in rows if row[1] is None]


def write(tmp_path: Path, content: str | bytes, name: str = "t.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path
