"""The settings with which every DuckDB file is opened; profiles.yml has the same for dbt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

Settings = dict[str, str | bool | int | float | list[str]]

# Every client from 1.4 on opens this format; a newer format would exclude older clients.
STORAGE_VERSION = "v1.4.0"
# For the seeder and the loader. By default DuckDB caches what it has written until most of the
# machine's memory is full.
MEMORY_LIMIT = "1536MB"

NO_EXTENSIONS: Settings = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}
# A connection that reaches nothing but its own file, and cannot change that.
CLOSED: Settings = {
    **NO_EXTENSIONS,
    "enable_external_access": False,
    "lock_configuration": True,
}


def connect(
    path: Path, read_only: bool = False, settings: Settings = NO_EXTENSIONS
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file; no connection of the project fetches or loads an extension.

    Raises:
        duckdb.Error: it cannot be opened.
    """
    import duckdb  # here, because the command's help reads this module and should be instant

    return duckdb.connect(path, read_only=read_only, config=NO_EXTENSIONS | settings)
