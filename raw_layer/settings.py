"""How a DuckDB file is opened, whoever opens it; profiles.yml says the same to dbt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

Settings = dict[str, str | bool | int | float | list[str]]

# Every client from 1.4 on opens a file of this format; newer ones would shut them out.
STORAGE_VERSION = "v1.4.0"
# Of the seeder and the loader. DuckDB would keep what it has written until most of the machine's
# memory is full.
MEMORY_LIMIT = "1536MB"

NO_EXTENSIONS: Settings = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}
# What a connection cannot take back: it reaches nothing but its own file.
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
    import duckdb  # here, because the command's help reads the figures above and comes at once

    return duckdb.connect(path, read_only=read_only, config=NO_EXTENSIONS | settings)
