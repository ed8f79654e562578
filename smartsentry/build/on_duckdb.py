"""`smartsentry build`: seed, build and test in a side file, and publish it when all is well."""

import ctypes
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import click
import duckdb

from raw_layer.errors import in_one_sentence
from raw_layer.files import stoppable, unstoppable, wal
from raw_layer.settings import CLOSED, Settings
from raw_layer.sql import quoted
from smartsentry.build import build_info
from smartsentry.build.capacity import (
    models_at_a_time,
    require_disk,
    rows_of_the_file,
    rows_of_the_seeder,
    say_what_is_ahead,
)
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
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def build(
    published: Path,
    seed_options: list[str],
    threads: int | None = None,
    memory_limit: str | None = None,
    raw: Path | None = None,
) -> None:
    """Seed, build and test a new warehouse beside the published one and put it in its place.

    Whatever goes wrong on the way, the published file stays as it was. What a failed build leaves
    in the side file stays for inspection until the next build.

    Args:
        published: The file to replace.
        seed_options: Options for the seeder, such as `["--scale", "0.1"]`.
        threads: Models that dbt builds at a time; by default as the profile says, and one where
            the data exceed the memory.
        memory_limit: DuckDB's, such as `4GB`; by default as the profile says.
        raw: A file whose schema `raw` is taken instead of seeding.

    Raises:
        click.ClickException: a step failed or was refused.
        click.exceptions.Exit: stopped by a signal, or the seeder refused an option and said so.
    """
    files = Files.of(published)
    settings = _duckdb_settings(memory_limit)
    with (
        stoppable(STOPPED),
        in_one_sentence(*FAILED),
        one_at_a_time(files, command_line()) as lock,
    ):
        finish_replacement(files)
        clear_side(files)
        _require_warehouse(files.published)
        files.side.parent.mkdir()
        if raw is None:
            require_disk(files.published.parent, rows_of_the_seeder(seed_options))
            _run("the seeder", _seeder(files, seed_options), files, lock)
        else:
            _copy_raw(raw, files.side, settings)
        rows = rows_of_the_file(files.side)
        require_disk(files.published.parent, rows)
        say_what_is_ahead(rows)
        if threads is None:
            threads = models_at_a_time(rows, _memory_of(settings))
        _run("dbt build", _dbt(threads), files, lock, memory_limit)
        _complete(files, settings)
        with unstoppable():
            replace_published(files.side, files)
            clear_side(files)


def rollback(published: Path) -> None:
    """Put the warehouse that was published before in the place of the published one, and keep that.

    Raises:
        click.ClickException: there is none, or one of the two cannot be moved now.
    """
    files = Files.of(published)
    with in_one_sentence(*FAILED), one_at_a_time(files, command_line()):
        finish_replacement(files)
        if not files.previous.exists():
            raise click.ClickException(
                f"there is no earlier build of {files.published} to go back to."
            )
        with unstoppable():
            replace_published(files.previous, files)


def command_line() -> str:
    """Return what was typed, for whoever meets the lock."""
    return shlex.join(["smartsentry", *sys.argv[1:]])


def _duckdb_settings(memory_limit: str | None) -> Settings:
    """Return the profile's settings, for the one connection that the command itself opens.

    Raises:
        click.UsageError: the memory limit is not one.
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
    """Return DuckDB's memory limit in bytes: a share is one of the machine's."""
    with duckdb.connect(config=settings) as con:
        [(limit,)] = con.execute(
            "select parse_formatted_bytes(current_setting('memory_limit'))"
        ).fetchall()
    return int(limit)


def _require_warehouse(published: Path) -> None:
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


def _seeder(files: Files, options: list[str]) -> list[str]:
    return [sys.executable, "-m", "seed_gen", "--out", str(files.side), *options]


def _copy_raw(raw: Path, side: Path, settings: Settings) -> None:
    """Copy a loaded file to the side file, without what a build may have added to it.

    Raises:
        click.ClickException: it is not one, or it is being written.
    """
    if not raw.is_file():
        raise click.ClickException(f"--raw is {raw}, but there is no such file.")
    refuse_wal(raw)
    with open_for_reading(raw) as con:
        schemas = con.execute(
            "select table_schema from information_schema.tables where table_name = 'generation_run'"
        ).fetchall()
        if ("raw",) not in schemas:
            raise click.ClickException(
                f"--raw is {raw}, but that holds no loaded data (it has no raw.generation_run)."
            )
        shutil.copyfile(raw, side)  # while the reader keeps writers out
    with duckdb.connect(side, config=settings) as con:
        derived = con.execute(
            "select 'view', schema_name, view_name from duckdb_views() where not internal"
            " union all select 'table', schema_name, table_name from duckdb_tables()"
        ).fetchall()
        for kind, schema, name in derived:
            if schema != "raw":
                con.execute(f"drop {kind} {quoted(schema)}.{quoted(name)}")


def _dbt(threads: int | None) -> list[str]:
    folders = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT)]
    dbt = str(Path(sys.executable).parent / "dbt")
    command = [dbt, "build", "--exclude-resource-type", "unit_test", *folders]
    return command if threads is None else [*command, "--threads", str(threads)]


def _run(
    what: str, command: list[str], files: Files, lock: int, memory_limit: str | None = None
) -> None:
    """Run a child on the side file to its end; it does not outlive this process.

    It inherits the lock's descriptor, so that no other build begins while it still writes.

    Raises:
        click.ClickException: it did not end well.
        click.exceptions.Exit: it refused what it was given and has said so.
    """
    environment = os.environ | {
        "SMARTSENTRY_DB": str(files.side),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # What Python says when a child is killed would stand behind the one sentence.
        "PYTHONWARNINGS": "ignore:resource_tracker:UserWarning",
    }
    if memory_limit is not None:
        environment[MEMORY_VARIABLE] = memory_limit
    if not sys.stdout.isatty():
        environment["DBT_USE_COLORS"] = "false"  # not into files and pipes
    child = subprocess.Popen(
        command, cwd=ROOT, env=environment, pass_fds=(lock,), preexec_fn=prepare_child
    )
    try:
        code = child.wait()
    finally:
        child.kill()  # only where a signal stopped the waiting
        child.wait()
    kept = f"; its file is {files.side} until the next build" if files.side.exists() else ""
    require_success(what, code, kept)


def require_success(what: str, code: int, kept: str = "") -> None:
    """Refuse to go on after a child that did not end well.

    Raises:
        click.ClickException: it failed or was killed.
        click.exceptions.Exit: the seeder refused what it was given and has said so.
    """
    if code == 2 and what == "the seeder":
        raise click.exceptions.Exit(2)
    if code != 0:
        how = f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"
        raise click.ClickException(f"{what} {how}, see above: nothing was published{kept}.")


def prepare_child() -> None:
    """Leave Ctrl-C to the parent, and die with it (on Linux; elsewhere the lock waits)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _complete(files: Files, settings: Settings) -> None:
    """Fill `build_info` and bring everything into the one file."""
    with duckdb.connect(files.side, config=settings) as con:
        build_info.complete(con, ROOT)
        con.execute("checkpoint")
    if wal(files.side).exists():
        raise click.ClickException(
            f"{wal(files.side)} was not taken into its file: nothing was published."
        )
