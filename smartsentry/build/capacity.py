"""The disk, memory and time that a build needs."""

import shutil
from pathlib import Path

import click

from raw_layer.settings import connect

ROWS_AT_SCALE_1 = 1_302_000  # transactions of the seeder's default figures
DISK_BYTES_A_ROW = 550  # the finished file and temporary files (docs/performance.md)
SPARK_BYTES_A_ROW = 700  # the same for Spark with raw tables and a margin
ROWS_A_SECOND = 36_000  # models and data tests on 2 cores at scale 80 (docs/performance.md)
MEMORY_BYTES_A_ROW = 500  # the hash tables of one wide statement (macros/tables/turns.sql)
LONG_SECONDS = 60  # a shorter build does not announce its length


def rows_of_the_seeder(options: list[str]) -> int:
    """Return about how many transactions the seeder will make; 0 if it will refuse the scale."""
    scales = [option.removeprefix("--scale=") for option in options if "--scale=" in option]
    try:
        return round(float(scales[-1] if scales else 1) * ROWS_AT_SCALE_1)
    except (ValueError, OverflowError):
        return 0


def rows_of_the_file(path: Path) -> int:
    """Return how many transactions a file has; 0 without such a table, which dbt will refuse."""
    with connect(path, read_only=True) as con:
        found = con.execute(
            "select estimated_size from duckdb_tables()"
            " where schema_name = 'raw' and table_name = 'transactions'"
        ).fetchall()
    return sum(rows for (rows,) in found)


def models_at_a_time(rows: int, memory: int) -> int | None:
    """Return how many models dbt should build at a time; None for the profile's number.

    Each statement uses all cores. Two at a time use the cores better, but if one alone fills the
    memory, two spill to disk.

    Args:
        rows: Transactions.
        memory: DuckDB's limit in bytes.
    """
    return 1 if rows * MEMORY_BYTES_A_ROW > memory else None


def require_disk(folder: Path, rows: int) -> None:
    """Refuse a build that the disk of a folder cannot hold.

    Raises:
        click.ClickException: too little is free.
    """
    needed, free = rows * DISK_BYTES_A_ROW, shutil.disk_usage(folder).free
    if needed > free:
        raise click.ClickException(
            f"a build of {rows:,} transactions needs about {needed / 1e9:,.1f} GB of disk,"
            f" but {folder.resolve()} has {free / 1e9:,.1f} GB free: nothing was published. Make"
            " room, or set SMARTSENTRY_DB to a file on a larger disk."
        )


def say_what_is_ahead(rows: int) -> None:
    """Say how long models and tests will take, unless that is short."""
    if rows > LONG_SECONDS * ROWS_A_SECOND:
        minutes = rows / ROWS_A_SECOND / 60
        click.echo(f"{rows:,} transactions: models and tests take about {minutes:,.0f} min")
