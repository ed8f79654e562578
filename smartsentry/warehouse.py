"""The warehouse file: its path, and how to open it read-only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from raw_layer.errors import in_one_sentence
from raw_layer.settings import CLOSED, NO_EXTENSIONS, Settings, connect
from smartsentry.project import ROOT

if TYPE_CHECKING:
    import duckdb


def warehouse_path() -> Path:
    """Return the file that every command uses: `$SMARTSENTRY_DB`, or the checkout's.

    Like dbt's, the default does not depend on the folder that the command is run in.

    Raises:
        click.ClickException: its name is one that DuckDB cannot take.
    """
    path = os.environ.get("SMARTSENTRY_DB") or str(ROOT / "warehouse/smartsentry.duckdb")
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise click.ClickException(
            f"SMARTSENTRY_DB is {path!r}; it must be the name of a file in UTF-8."
        ) from error
    return Path(path)


def open_for_reading(path: Path) -> duckdb.DuckDBPyConnection:
    """Open the warehouse read-only, without access to other files, its settings locked.

    Raises:
        click.ClickException: the file is missing, is not a database, or is being written.
    """
    return _open(path, CLOSED)


def open_for_writing_files(path: Path, folder: Path) -> duckdb.DuckDBPyConnection:
    """Open the warehouse read-only, its settings locked, with access to one folder alone.

    Raises:
        click.ClickException: as `open_for_reading`.
    """
    con = _open(path, NO_EXTENSIONS)
    # DuckDB accepts the folder only after the start and while access to all files is allowed.
    con.execute("set allowed_directories = ?", [[str(folder.resolve())]])
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")
    return con


def _open(path: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    if not path.is_file():
        raise click.ClickException(f"there is no warehouse at {path}: run `make warehouse`")
    with in_one_sentence(f"cannot read the warehouse at {path}"):
        return connect(path, read_only=True, settings=settings)
