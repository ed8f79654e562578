"""Write the file or folder of raw tables at --out: refuse a foreign one, publish it as a whole."""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from raw_layer import contract
from raw_layer.errors import BadInputError, BusyError, in_one_sentence, reason
from raw_layer.files import finish_folder, replace_file, replace_folder, wal
from raw_layer.settings import MEMORY_LIMIT, NO_EXTENSIONS, STORAGE_VERSION, Settings, connect

# Schemas that dbt builds from the raw tables; a new seed makes them obsolete.
DERIVED_SCHEMAS = ("staging", "features", "network", "rules", "main")
_MARKER = contract.GENERATION_RUN.name
_SIDE_SUFFIX = ".building"
PART = re.compile(r"part-\d{5,}\.parquet")
_LOCK = re.compile(r"PID (\d+)")


@contextlib.contextmanager
def building(
    out: Path,
    *,
    force: bool | None = None,
    replaces_built: bool = True,
    threads: int | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to a new file that replaces `out` when the body ends without an error.

    Until then, and if the body fails, `out` stays as it was.

    Args:
        out: The file to make.
        force: Whether to replace a file that holds foreign tables; None where the command has no
            option to.
        replaces_built: Whether a file that holds what dbt built from raw tables may be replaced.
        threads: DuckDB's; by default one for each core.

    Raises:
        BadInputError: `out` cannot be written, or holds what this project did not make.
        BusyError: another process holds it.
    """
    out = out.resolve()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_writing(out, "path"))
        _check_file(out)
        if out.exists():
            stack.enter_context(contextlib.closing(_claim(out, force, replaces_built)))
        side = out.with_name(out.name + _SIDE_SUFFIX)
        settings: Settings = {"storage_compatibility_version": STORAGE_VERSION}
        con = stack.enter_context(_working(side, out, threads, settings))
        yield con
        con.execute("checkpoint")
        con.close()
        if wal(side).exists():
            raise BadInputError(f"--out is {out}, but its side file could not be completed.")
        replace_file(side, out)


@contextlib.contextmanager
def building_folder(
    out: Path, threads: int | None = None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Yield a connection to work with and a new folder that replaces `out` as a whole.

    Until the body has ended, and if it fails, `out` stays as it was.

    Raises:
        BadInputError: `out` cannot be written, or holds what this project did not make.
        BusyError: another process is writing it.
    """
    out = out.resolve()
    side = out.with_name(out.name + _SIDE_SUFFIX)
    # The tables are made in this file, and its lock shows which process makes them. DuckDB names
    # the catalog after the start of the file's name, which must differ from the schema's.
    work = out.with_name("seeding-" + out.name)
    with _writing(out, "folder"):
        _check_parent(out)
        with _working(work, out, threads) as con:
            finish_folder(out)
            _check_parts(out)
            shutil.rmtree(side, ignore_errors=True)
            side.mkdir()
            try:
                yield con, side
                replace_folder(side, out)
            finally:
                shutil.rmtree(side, ignore_errors=True)


def _writing(out: Path, what: str) -> contextlib.AbstractContextManager[None]:
    """Turn an error of the file system into one sentence."""
    sentence = f"--out is {out}, but that {what} cannot be written"
    return in_one_sentence(sentence, kinds=(OSError,), refusal=BadInputError)


@contextlib.contextmanager
def _working(
    path: Path, out: Path, threads: int | None, settings: Settings = NO_EXTENSIONS
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection to a new file beside `out`; at the end delete it, unless it was moved."""
    _clear_leftovers(path)
    try:
        con = connect(path, settings={"memory_limit": MEMORY_LIMIT, **settings})
    except duckdb.Error as error:
        raise _refusal(error, out) from error
    try:
        if threads is not None:
            con.execute(f"set threads = {int(threads)}")
        yield con
    finally:
        con.close()
        _delete(path)


def _check_parts(out: Path) -> None:
    """Refuse to replace anything but an empty folder or one of raw tables as Parquet."""
    if not out.exists():
        return
    if not out.is_dir():
        raise BadInputError(f"--out is {out}, but that is a file; Parquet needs a folder.")
    tables = {table.name for table in contract.TABLES}
    foreign = sorted(
        str(path.relative_to(out))
        for path in out.rglob("*")
        if not (
            (path.is_dir() and path.parent == out and path.name in tables)
            or (path.parent.parent == out and path.is_file() and PART.fullmatch(path.name))
        )
    )
    if foreign:
        raise BadInputError(
            f"--out is {out}, but it holds what this project did not make "
            f"({_some(foreign)}); it must be a new or empty folder or one that"
            " `seed-gen --format parquet` wrote."
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")


def _check_file(out: Path) -> None:
    try:
        str(out).encode()
    except UnicodeEncodeError as error:
        raise BadInputError(f"--out is {str(out)!r}; it must be a name in UTF-8.") from error
    if out.is_dir():
        raise BadInputError(f"--out is {out}, but that is a folder; it must be a file to write.")
    if out.name.split(".")[0] == contract.SCHEMA:
        # DuckDB names the catalog after the file and would confuse it with the schema.
        raise BadInputError(
            f"--out is {out}, but a file of that name hides its schema, for "
            f"{contract.SCHEMA} is the schema in it; it must have another name."
        )
    _check_parent(out)
    if wal(out).exists() and not out.exists():
        raise BadInputError(
            f"--out is {out}, but {wal(out)} is there without its database; it must be removed."
        )


def _check_parent(out: Path) -> None:
    folder = out.parent
    if not folder.is_dir():
        raise BadInputError(
            f"--out is {out}, but it must be in a folder that exists; there is no folder {folder}."
        )
    if not all(os.access(path, os.W_OK) for path in (folder, out) if path.exists()):
        raise BadInputError(f"--out is {out}, but that path cannot be written (no permission).")


def _claim(out: Path, force: bool | None, replaces_built: bool) -> duckdb.DuckDBPyConnection:
    """Check that the existing file may be replaced, and return a connection that locks it."""
    try:
        # Read-only first: opening to write would replay the log that a crashed writer left.
        with contextlib.closing(connect(out, read_only=True)) as con:
            foreign = _foreign_tables(con)
            [[built]] = con.execute(
                "select count(*) from duckdb_schemas() where schema_name in ('staging', 'rules')"
                " and database_name = current_database()"
            ).fetchall()
        if built and not replaces_built and not foreign:
            raise BadInputError(
                f"--out is {out}, but that is a built warehouse; it must be a new file or a loaded"
                " one."
            )
        if foreign and not force:
            forcing = "" if force is None else ", or --force must be given"
            raise BadInputError(
                f"--out is {out}, but it holds tables that this project did not make "
                f"({_some(foreign)}); it must be a new file or one of this project's{forcing}."
            )
        guard = connect(out)
        if wal(out).exists():
            guard.execute("checkpoint")  # or DuckDB would replay the log into the new file
        return guard
    except duckdb.Error as error:
        raise _refusal(error, out) from error


def _foreign_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the tables and views that are neither raw tables nor built from them by dbt."""
    found = con.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_catalog = current_database() order by all"
    ).fetchall()
    known = {(contract.SCHEMA, table.name) for table in contract.TABLES}

    def is_ours(schema: str, table: str) -> bool:
        derived = schema in DERIVED_SCHEMAS or schema.endswith("dbt_test__audit")
        return derived or (schema, table) in known

    if (contract.SCHEMA, _MARKER) in found:
        found = [name for name in found if not is_ours(*name)]
    return [".".join(name) for name in found]


def _refusal(error: duckdb.Error, path: Path) -> BadInputError | BusyError:
    """Return, as one sentence, why DuckDB did not open a file."""
    text = str(error)
    holder = _LOCK.search(text)
    if holder or "lock" in text.lower():
        process = holder.group(1) if holder else "unknown"
        return BusyError(
            f"{path} is held by the process with id {process}; close it there and run again."
        )
    if "not a valid DuckDB" in text:
        return BadInputError(
            f"--out is {path}, but that file exists and is not a DuckDB database; it must be a new "
            "file or one of this project's."
        )
    if "different configuration" in text:
        return BusyError(f"{path} is held by the process with id {os.getpid()}, this one.")
    return BadInputError(f"--out is {path}, but that file cannot be opened ({reason(error)}).")


def _clear_leftovers(side: Path) -> None:
    """Delete the leftovers of a killed run, unless another run is using them."""
    if side.exists():
        try:
            connect(side).close()
        except duckdb.Error as error:
            refusal = _refusal(error, side)
            if isinstance(refusal, BusyError):
                raise refusal from error
        _delete(side)


def _delete(path: Path) -> None:
    for name in (path, wal(path)):
        name.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(path.name + ".tmp"), ignore_errors=True)
