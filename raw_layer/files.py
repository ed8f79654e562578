"""What is at --out: whose it is, that nobody holds it, and that it appears only when whole."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from raw_layer import contract
from raw_layer.errors import BadInputError, BusyError
from raw_layer.tables import STORAGE_VERSION

# Schemas that dbt builds from the raw tables; a new seed makes them obsolete.
DERIVED_SCHEMAS = ("staging", "features", "rules", "main")
# DuckDB would keep what it has written until most of the machine's memory is full.
MEMORY_LIMIT = "1536MB"
_MARKER = contract.GENERATION_RUN.name
_SIDE_SUFFIX = ".building"
_OUTGOING_SUFFIX = ".outgoing"
PART = re.compile(r"part-\d{5,}\.parquet")
_LOCK = re.compile(r"PID (\d+)")


@contextlib.contextmanager
def building(out: Path, force: bool, threads: int | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection to a new file that takes the place of `out` when the body ends well.

    Until then, and whenever the body fails, `out` stays as it was. Raises `BadInputError` where
    `out` cannot be written or holds what this seeder did not make, `BusyError` where another
    process holds it.
    """
    out = out.resolve()
    _check_file(out)
    guard = _claim(out, force) if out.exists() else None
    side = out.with_name(out.name + _SIDE_SUFFIX)
    try:
        _clear_leftovers(side)
        try:
            con = _connect(
                side,
                storage_compatibility_version=STORAGE_VERSION,
                memory_limit=MEMORY_LIMIT,
            )
        except duckdb.Error as error:
            raise _refusal(error, out) from error
        try:
            if threads is not None:
                con.execute(f"set threads = {int(threads)}")
            yield con
            con.execute("checkpoint")
            con.close()
            if _wal(side).exists():
                raise BadInputError(f"--out is {out}, but its side file could not be completed.")
            _publish(side, out)
        finally:
            con.close()
            _delete(side)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInputError(
            f"--out is {out}, but that path cannot be written ({reason})."
        ) from error
    finally:
        if guard is not None:
            guard.close()


@contextlib.contextmanager
def building_folder(
    out: Path, threads: int | None
) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """Give a connection to work with and a new folder that takes the place of `out` as a whole.

    Until the body has ended well, and whenever it fails, `out` stays as it was. Raises
    `BadInputError` where `out` cannot be written or holds what this seeder did not make,
    `BusyError` where another process is writing it.
    """
    out = out.resolve()
    side = out.with_name(out.name + _SIDE_SUFFIX)
    # What the tables are made in; its lock says who is at it. A name in front, for the catalog is
    # called by the first part of the file's name and must not be called as the schema is.
    work = out.with_name("seeding-" + out.name)
    try:
        _check_parent(out)
        _clear_leftovers(work)
        settle_folder(out)
        _check_parts(out)
        try:
            con = _connect(work, memory_limit=MEMORY_LIMIT)
        except duckdb.Error as error:
            raise _refusal(error, out) from error
        try:
            shutil.rmtree(side, ignore_errors=True)
            side.mkdir()
            if threads is not None:
                con.execute(f"set threads = {int(threads)}")
            yield con, side
            replace_folder(side, out)
        finally:
            con.close()
            _delete(work)
            shutil.rmtree(side, ignore_errors=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInputError(
            f"--out is {out}, but that folder cannot be written ({reason})."
        ) from error


def _check_parts(out: Path) -> None:
    """Refuse to replace anything but a folder that is empty or that this seeder wrote."""
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
        shown = ", ".join(foreign[:3]) + (", …" if len(foreign) > 3 else "")
        raise BadInputError(
            f"--out is {out}, but it holds what this seeder did not make ({shown}); it must be a "
            "new or empty folder or one of this seeder's."
        )


def replace_folder(side: Path, out: Path) -> None:
    """Put the finished folder in the place of `out`; the next run settles a crash half-way."""
    for path in (*side.rglob("*"), side):
        _sync(path, os.O_RDONLY)
    outgoing = out.with_name(out.name + _OUTGOING_SUFFIX)
    try:
        if out.exists():
            out.rename(outgoing)
        side.rename(out)
        _sync(out.parent, os.O_RDONLY)
    finally:
        settle_folder(out)


def settle_folder(out: Path) -> None:
    """Finish or undo a replacement that was stopped half-way."""
    outgoing = out.with_name(out.name + _OUTGOING_SUFFIX)
    if not outgoing.exists():
        return
    if out.exists():
        shutil.rmtree(outgoing)
    else:
        outgoing.rename(out)


def _connect(path: Path, read_only: bool = False, **settings: str) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        **settings,
    }
    return duckdb.connect(str(path), read_only=read_only, config=config)


def _check_file(out: Path) -> None:
    if out.is_dir():
        raise BadInputError(f"--out is {out}, but that is a folder; it must be a file to write.")
    if out.name.split(".")[0] == contract.SCHEMA:
        # DuckDB names the catalog after the file and could not tell it from the schema.
        raise BadInputError(
            f"--out is {out}, but a file of that name hides its schema, for {contract.SCHEMA} is "
            "the schema in it; it must have another name."
        )
    _check_parent(out)
    if _wal(out).exists() and not out.exists():
        raise BadInputError(
            f"--out is {out}, but {_wal(out)} is there without its database; it must be removed."
        )
    if out.exists() and not os.access(out, os.W_OK):
        raise _no_permission(out)


def _check_parent(out: Path) -> None:
    folder = out.parent
    if not folder.is_dir():
        raise BadInputError(
            f"--out is {out}, but it must be in a folder that exists; {folder} is none."
        )
    if not os.access(folder, os.W_OK):
        raise _no_permission(out)


def _no_permission(out: Path) -> BadInputError:
    return BadInputError(f"--out is {out}, but that path cannot be written (no permission).")


def _claim(out: Path, force: bool) -> duckdb.DuckDBPyConnection:
    """Check that the existing file may be replaced, and hold its lock while that is under way."""
    try:
        # Reading first: opening to write would replay what a crashed writer left beside it.
        with contextlib.closing(_connect(out, read_only=True)) as con:
            foreign = _foreign_tables(con)
        if foreign and not force:
            shown = ", ".join(foreign[:3]) + (", …" if len(foreign) > 3 else "")
            raise BadInputError(
                f"--out is {out}, but it holds tables this seeder did not make ({shown}); it must "
                "be a new file or one of this seeder's, or --force must be given."
            )
        guard = _connect(out)
        if _wal(out).exists():
            guard.execute("checkpoint")  # or the leftover would be read into the new file
        return guard
    except duckdb.Error as error:
        raise _refusal(error, out) from error


def _foreign_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the tables and views that neither this seeder nor dbt after it has made."""
    found = con.execute(
        "select table_schema, table_name from information_schema.tables "
        "where table_catalog = current_database() order by all"
    ).fetchall()
    known = {(contract.SCHEMA, table.name) for table in contract.TABLES}
    ours = (contract.SCHEMA, _MARKER) in found
    foreign = []
    for schema, table in found:
        derived = ours and (schema in DERIVED_SCHEMAS or schema.endswith("dbt_test__audit"))
        made = ours and (schema, table) in known
        if not made and not derived:
            foreign.append(f"{schema}.{table}")
    return foreign


def _refusal(error: duckdb.Error, path: Path) -> Exception:
    """Say in one sentence why DuckDB did not open a file."""
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
            "file or one of this seeder's."
        )
    if "different configuration" in text:
        return BusyError(f"{path} is held by the process with id {os.getpid()}, this one.")
    reason = " ".join(text.split())
    return BadInputError(f"--out is {path}, but that file cannot be opened ({reason[:160]}).")


def _clear_leftovers(side: Path) -> None:
    """Delete what a killed run left behind, unless another run is still at it."""
    if side.exists():
        try:
            _connect(side).close()
        except duckdb.Error as error:
            refusal = _refusal(error, side)
            if isinstance(refusal, BusyError):
                raise refusal from error
        _delete(side)


def _wal(path: Path) -> Path:
    return path.with_name(path.name + ".wal")


def _delete(path: Path) -> None:
    for name in (path, _wal(path)):
        name.unlink(missing_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    if temporary.is_dir():
        for part in temporary.iterdir():
            part.unlink(missing_ok=True)
        temporary.rmdir()


def _publish(side: Path, out: Path) -> None:
    """Put the finished side file in the place of `out`, so that a crash leaves one of the two."""
    _sync(side, os.O_RDWR)
    side.replace(out)
    _sync(out.parent, os.O_RDONLY)


def _sync(path: Path, how: int) -> None:
    handle = os.open(path, how)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
