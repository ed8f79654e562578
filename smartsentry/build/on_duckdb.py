"""`smartsentry build`: seed, build and test in a side file, and publish it if all tests pass."""

import os
import shlex
import shutil
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType

import click
import duckdb

from raw_layer.errors import in_one_sentence
from raw_layer.files import stoppable, unstoppable, wal
from raw_layer.settings import CLOSED, Settings
from raw_layer.sql import quoted
from smartsentry import inputs
from smartsentry.build import build_info
from smartsentry.build.capacity import (
    models_at_a_time,
    require_disk,
    rows_of_the_file,
    rows_of_the_seeder,
    say_what_is_ahead,
)
from smartsentry.build.children import run_dbt, run_seeder
from smartsentry.build.publish import (
    Files,
    clear_side,
    finish_replacement,
    one_at_a_time,
    refuse_wal,
    replace_published,
)
from smartsentry.project import ROOT
from smartsentry.warehouse import open_for_reading

MEMORY_VARIABLE = "SMARTSENTRY_MEMORY_LIMIT"
MEMORY_SHARE = "40%"  # as profiles.yml says

STOPPED = "Stopped by {signal}: nothing was published."
FAILED = ("the build could not be completed", ": nothing was published.")


def build(
    published: Path,
    seed_options: list[str],
    threads: int | None = None,
    memory_limit: str | None = None,
    raw: Path | None = None,
    verbose: bool = False,
) -> None:
    """Seed, build and test a new warehouse beside the published one, then replace that.

    After any error the published file is as it was. The side file of a failed build is kept for
    inspection until the next build.

    Args:
        published: The file to replace.
        seed_options: Options for the seeder, such as `["--scale", "0.1"]`.
        threads: Models that dbt builds at a time; by default as the profile says, and one where
            the data exceed the memory.
        memory_limit: DuckDB's, such as `4GB`; by default as the profile says.
        raw: A file whose schema `raw` replaces the seeder's.
        verbose: Let dbt print its usual output.

    Raises:
        click.ClickException: a step failed or was refused.
        BadInputError: a file of the team's decisions is not allowed.
        click.exceptions.Exit: stopped by a signal, or the seeder refused an option.
    """
    files = Files.of(published)
    settings = duckdb_settings(memory_limit)
    require_warehouse(files.published)
    if raw is not None:
        _require_loaded(raw).close()
    team = inputs.read_all()
    with (
        stoppable(STOPPED),
        in_one_sentence(*FAILED),
        one_at_a_time(files, command_line()) as lock,
    ):
        finish_replacement(files)
        clear_side(files)
        files.side.parent.mkdir()
        if raw is None:
            require_disk(files.published.parent, rows_of_the_seeder(seed_options))
            run_seeder(["--out", str(files.side), *seed_options], files, lock)
        else:
            _copy_raw(raw, files.side, settings)
        finish(files, settings, team, threads, memory_limit, verbose, lock)


def finish(
    files: Files,
    settings: Settings,
    team: list[inputs.Read],
    threads: int | None,
    memory_limit: str | None,
    verbose: bool,
    lock: int,
    variables: Mapping[str, str] = MappingProxyType({}),
    before: build_info.Before | None = None,
) -> None:
    """Build and test on the raw tables of the side file, and publish it. Needs the lock.

    Args:
        files: The published file and the files around it.
        settings: DuckDB's, as `duckdb_settings` returns them.
        team: What was read of the team's files.
        threads: As `build`.
        memory_limit: As `build`.
        verbose: As `build`.
        lock: Descriptor of the lock.
        variables: Further ones for dbt.
        before: As `build_info.complete`.

    Raises:
        click.ClickException: a step failed or was refused.
    """
    with duckdb.connect(files.side, config=settings) as con:
        inputs.keep(con, team)
    click.echo(said_of(team), err=True)
    rows = rows_of_the_file(files.side)
    require_disk(files.published.parent, rows)
    if before is None:  # an addition that computes its days alone takes less
        say_what_is_ahead(rows)
    if threads is None:
        threads = models_at_a_time(rows, _memory_of(settings))
    environment = {"SMARTSENTRY_DB": str(files.side), **variables}
    if memory_limit is not None:
        environment[MEMORY_VARIABLE] = memory_limit
    arguments = [] if threads is None else ["--threads", str(threads)]
    run_dbt(arguments, environment, files, lock, verbose)
    _complete(files, settings, before)
    with unstoppable():
        replace_published(files.side, files)
        clear_side(files)


def rollback(published: Path) -> None:
    """Swap the published warehouse and the one that was published before.

    Raises:
        click.ClickException: there is no earlier one, or one of the two is in use.
    """
    files = Files.of(published)
    if not any(path.exists() for path in (files.lock, files.previous, files.outgoing)):
        raise _nothing_before(files)
    with in_one_sentence(*FAILED), one_at_a_time(files, command_line()):
        finish_replacement(files)
        if not files.previous.exists():
            raise _nothing_before(files)
        with unstoppable():
            replace_published(files.previous, files)


def said_of(team: list[inputs.Read]) -> str:
    """Return a line on the team's files, for the output of a build."""
    return f"  {' and '.join(read.sentence() for read in team)} in {inputs.folder()}"


def _nothing_before(files: Files) -> click.ClickException:
    return click.ClickException(f"there is no earlier build of {files.published} to go back to.")


def command_line() -> str:
    """Return the typed command, for the message of a process that meets the lock."""
    return shlex.join(["smartsentry", *sys.argv[1:]])


def duckdb_settings(memory_limit: str | None) -> Settings:
    """Return the profile's settings, for the connections that a command itself opens.

    Raises:
        click.UsageError: the memory limit is not a size.
    """
    limit = memory_limit or os.environ.get(MEMORY_VARIABLE) or MEMORY_SHARE
    settings: Settings = {"memory_limit": limit, **CLOSED}
    try:
        duckdb.connect(config=settings).close()
    except duckdb.Error:
        name = MEMORY_VARIABLE if memory_limit is None else "--memory-limit"
        raise click.UsageError(
            f"{name} is {limit!r}; it must be a number with a unit, such as 4GB."
        ) from None
    return settings


def _memory_of(settings: Settings) -> int:
    """Return DuckDB's memory limit in bytes; DuckDB resolves a share such as 40%."""
    with duckdb.connect(config=settings) as con:
        [(limit,)] = con.execute(
            "select parse_formatted_bytes(current_setting('memory_limit'))"
        ).fetchall()
    return int(limit)


def require_warehouse(published: Path) -> None:
    """Refuse to replace a file that is not this project's, or that is being written.

    Raises:
        click.ClickException: it must not be replaced.
    """
    if not published.exists():
        return
    refuse_wal(published)
    with open_for_reading(published) as con:
        tables = con.execute(
            "select table_name from information_schema.tables where table_schema = 'raw'"
        ).fetchall()
    if ("generation_run",) not in tables:
        raise click.ClickException(
            f"{published} is not a warehouse of this project (it has no raw.generation_run):"
            " move it away or set SMARTSENTRY_DB to another path."
        )


def _require_loaded(raw: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection to a loaded file; it keeps writers out.

    Raises:
        click.ClickException: it holds no loaded data, or is being written.
    """
    if not raw.is_file():
        raise click.ClickException(f"--raw is {raw}, but there is no such file.")
    refuse_wal(raw)
    con = open_for_reading(raw)
    if ("raw",) not in con.execute(
        "select table_schema from information_schema.tables where table_name = 'generation_run'"
    ).fetchall():
        con.close()
        raise click.ClickException(
            f"--raw is {raw}, but that holds no loaded data (it has no raw.generation_run)."
        )
    return con


def _copy_raw(raw: Path, side: Path, settings: Settings) -> None:
    """Copy a loaded file to the side file, without the tables of an earlier build.

    Raises:
        click.ClickException: as `_require_loaded`.
    """
    with _require_loaded(raw):
        shutil.copyfile(raw, side)  # while the reader keeps writers out
    with duckdb.connect(side, config=settings) as con:
        drop_derived(con)


def drop_derived(con: duckdb.DuckDBPyConnection, kept: Collection[str] = ()) -> None:
    """Drop what an earlier build made, but for the tables named in `kept`."""
    derived = con.execute(
        "select 'view', schema_name, view_name from duckdb_views() where not internal"
        " union all select 'table', schema_name, table_name from duckdb_tables()"
    ).fetchall()
    for kind, schema, name in derived:
        if schema != "raw" and f"{schema}.{name}" not in kept:
            con.execute(f"drop {kind} {quoted(schema)}.{quoted(name)}")


def _complete(files: Files, settings: Settings, before: build_info.Before | None) -> None:
    """Fill `build_info` and empty the write-ahead log into the file."""
    with duckdb.connect(files.side, config=settings) as con:
        build_info.complete(con, ROOT, before)
        con.execute("checkpoint")
    if wal(files.side).exists():
        raise click.ClickException(
            f"{wal(files.side)} was not taken into its file: nothing was published."
        )
