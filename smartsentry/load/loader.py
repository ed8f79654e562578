"""`smartsentry load`: load a user's files into schema `raw` and account for every row."""

import fnmatch
import glob
import io
import json
import os
import queue
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import click
import duckdb

from raw_layer import __version__, contract
from raw_layer.errors import BadInputError, in_one_sentence, reason
from raw_layer.progress import Progress
from raw_layer.sql import literal, quoted
from raw_layer.tables import create_tables, one_thread_each
from raw_layer.target import building
from smartsentry.load.acceptance import Judge
from smartsentry.load.landing import Batch, CsvSource, ParquetSource, Source, TableSource
from smartsentry.load.mapping import Lookup, Mapping, Reader, TableMapping, read_mapping

# The tables that transactions refer to come before them, those that refer to accounts after them.
BEFORE = ("customers", "accounts", "devices", "beneficiaries", "transactions")
AFTER = (
    *("account_devices", "account_beneficiaries", "dormant_accounts", "inactive_accounts"),
    "schemes",
)


class TooManyRejectedError(click.ClickException):
    """More rows were rejected than allowed; the text says how many and why."""


def load(
    mapping_file: Path,
    patterns: list[str],
    out: Path,
    max_rejected: float = 0.01,
    quiet: bool = True,
    memory_limit: str | None = None,
) -> list[str]:
    """Load files into schema `raw` of the DuckDB file `out`, which is replaced as a whole.

    Args:
        mapping_file: The mapping, as `docs/own-data.md` describes it.
        patterns: Files, or patterns of files.
        out: The file to write.
        max_rejected: Share of a table's rows, from 0 to 1, that may be rejected.
        quiet: Whether to say nothing while it runs.
        memory_limit: DuckDB's, such as `2GB`; what exceeds it goes to disk.

    Returns:
        What was loaded and what was rejected, as lines to print.

    Raises:
        BadInputError: the mapping, a file or `out` is not as it must be.
        BusyError: another process holds `out`.
        TooManyRejectedError: the share of rejected rows is above `max_rejected`.
    """
    if not 0 <= max_rejected <= 1:
        raise BadInputError(f"--max-rejected is {max_rejected}; it must be a share from 0 to 1.")
    mapping = read_mapping(mapping_file)
    files = _assigned(mapping, _files(patterns))
    with building(out) as con:
        con.execute("set TimeZone = 'UTC'")
        # Blocks of a CSV file are files under one name by turns.
        con.execute("set enable_external_file_cache = false")
        if memory_limit is not None:
            con.execute("set memory_limit = ?", [memory_limit])
        create_tables(con, loaded=True)
        sources = _sources(con, mapping, files)
        _fill_lookups(con, mapping, sources)
        progress = Progress(io.StringIO() if quiet else sys.stderr)
        landed = 0
        by_name = {table.table.name: table for table in mapping.tables}
        for stage in (BEFORE, AFTER):
            for name in stage:
                if name in by_name:
                    judge = Judge(con, mapping, by_name[name])
                    with one_thread_each(con) as threads:
                        for rows in _judge(con, judge, sources[name], threads):
                            landed += rows
                            progress(landed)
                    judge.finish({source.name: source for source in sources[name]})
            if stage is BEFORE:
                _refuse_nothing(con, sources["transactions"])
                _derive_owners(con, by_name)
        _derive_counterparties(con, by_name)
        progress.end(landed)
        lines = _outcome(con, max_rejected)
        _describe(con, mapping)
        con.execute("detach database if exists source")
        con.execute("detach lookups")
    return lines


def _files(patterns: list[str]) -> list[Path]:
    """Return the files that the patterns name, each once, in the order of their paths."""
    found: set[Path] = set()
    for pattern in patterns:
        path = Path(pattern)
        try:
            matched = [path] if path.exists() else _matching(pattern)
        except OSError as error:
            raise BadInputError(f"--from is {pattern}, but {reason(error)}.") from error
        if not matched:
            raise BadInputError(f"--from is {pattern}, but there is no such file.")
        for file in matched:
            if file.is_dir():
                raise BadInputError(f"--from is {file}, but that is a folder; name its files.")
            if not os.access(file, os.R_OK):
                raise BadInputError(f"--from is {file}, but that cannot be read (no permission).")
        found.update(matched)
    return sorted(found)


def _matching(pattern: str) -> list[Path]:
    return [Path(name) for name in glob.glob(pattern)]  # noqa: PTH207, patterns may be absolute


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(12)


def _assigned(mapping: Mapping, files: list[Path]) -> dict[str, list[Path]]:
    """Return the files of each mapped table; every file has a table and every table a file."""
    assigned: dict[str, list[Path]] = {table.table.name: [] for table in mapping.tables}
    assigned |= {_called(lookup): [] for lookup in mapping.lookups}
    for file in files:
        if _head(file)[8:12] == b"DUCK":
            wanted = [table.table.name for table in mapping.tables if table.source]
        else:
            wanted = [t.table.name for t in mapping.tables if _matches(mapping, t, file)]
            wanted += [
                _called(lookup)
                for lookup in mapping.lookups
                if fnmatch.fnmatchcase(file.name, lookup.files)
            ]
            if len(wanted) > 1:
                names = " and ".join(wanted)
                raise BadInputError(f"{file} fits the files of {names}; it must fit one of them.")
        if not wanted:
            raise BadInputError(
                f"{file} fits no table of the mapping; `files` of a section is a pattern of names"
                ", `table` names a table of a DuckDB file."
            )
        for name in wanted:
            assigned[name].append(file)
    for name, found in assigned.items():
        if not found:
            raise BadInputError(f"--from has no file for {name}, which the mapping reads.")
    attached = {
        path for paths in assigned.values() for path in paths if _head(path)[8:12] == b"DUCK"
    }
    if len(attached) > 1:
        raise BadInputError("--from has several DuckDB files; it must be one at a time.")
    return assigned


def _called(lookup: Lookup) -> str:
    return f"lookups.{lookup.name}"


def _matches(mapping: Mapping, table: TableMapping, file: Path) -> bool:
    if table.files is None:
        return len(mapping.tables) == 1
    return fnmatch.fnmatchcase(file.name, table.files)


def _sources(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, files: dict[str, list[Path]]
) -> dict[str, list[Source]]:
    """Open every file, and check all of them before the first is read."""
    sources: dict[str, list[Source]] = {}
    for table in mapping.tables:
        found = sources.setdefault(table.table.name, [])
        for path in files[table.table.name]:
            if _head(path)[8:12] == b"DUCK":
                _attach(con, path)
                found.append(TableSource(con, path, table, mapping.reader))
            else:
                found.append(_file_source(con, path, table.source_columns(), mapping.reader))
    for lookup in mapping.lookups:
        sources[_called(lookup)] = [
            _file_source(con, path, lookup.source_columns(), mapping.reader)
            for path in files[_called(lookup)]
        ]
    for table_sources in sources.values():
        for source in table_sources:
            source.check()
    return sources


def _file_source(
    con: duckdb.DuckDBPyConnection, path: Path, needed: tuple[str, ...], reader: Reader
) -> Source:
    kind = _head(path)[:4]
    return (
        ParquetSource(con, path, needed, reader)
        if kind == b"PAR1"
        else CsvSource(path, needed, reader)
    )


def _fill_lookups(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, sources: dict[str, list[Source]]
) -> None:
    """Fill a table of `key` and `value` for each lookup, in a database in memory.

    Raises:
        BadInputError: a row cannot be read, or a key has two values.
    """
    con.execute("attach ':memory:' as lookups")
    for lookup in mapping.lookups:
        columns = [f"s{number}" for number in range(len(lookup.source_columns()))]
        con.execute(
            "create temp table read_rows (file varchar, line bigint, fault varchar,"
            f" {', '.join(f'{column} varchar' for column in columns)})"
        )
        for source in sources[_called(lookup)]:
            for batch in source.batches():
                with batch.reading(con) as query:
                    con.execute(
                        f"insert into read_rows select {literal(source.name)}, line, fault,"
                        f" {', '.join(columns)} from ({query})"
                    )
        faulty = "select file, line, fault from read_rows where fault is not null order by all"
        for file, line, fault in con.execute(f"{faulty} limit 1").fetchall():
            raise BadInputError(f"{file} cannot be used as a lookup: in line {line}, {fault}.")
        place = lookup.source_columns().index
        conditions = "".join(
            f" and s{place(name)} = {literal(text)}" for name, text in lookup.where.items()
        )
        table = f"lookups.{quoted(lookup.name)}"
        con.execute(
            f"create table {table} as"
            f" select distinct s{place(lookup.key)} as key, s{place(lookup.value)} as value"
            f" from read_rows where key is not null and value is not null {conditions}"
        )
        con.execute("drop table read_rows")
        twice = f"select key from {table} group by key having count(*) > 1 order by key limit 1"
        for (key,) in con.execute(twice).fetchall():
            raise BadInputError(f"{_called(lookup)} has several values for the key {key!r}.")


def _attach(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    with in_one_sentence(f"{path} cannot be read", refusal=BadInputError):
        con.execute(f"attach if not exists {literal(str(path))} as source (read_only)")


def _judge(
    con: duckdb.DuckDBPyConnection, judge: Judge, sources: list[Source], threads: int
) -> Iterator[int]:
    """Judge all batches of a table, some at a time, and yield the rows of each finished one.

    A block's lines keep one thread busy.
    """
    free: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
    cursors = [con.cursor() for _ in range(threads)]
    for cursor in cursors:
        free.put(cursor)

    def work(batch: Batch, file: str, base: int) -> int:
        cursor = free.get()
        try:
            judge.judge(cursor, batch, file, base)
        finally:
            free.put(cursor)
        return batch.rows

    pending: set[Future[int]] = set()
    try:
        with ThreadPoolExecutor(max_workers=len(cursors)) as workers:
            for batch, file, base in _numbered(sources):
                if len(pending) > len(cursors):
                    done, pending = wait(pending, return_when=FIRST_COMPLETED)
                    yield sum(future.result() for future in done)
                pending.add(workers.submit(work, batch, file, base))
            yield sum(future.result() for future in pending)
    finally:
        for cursor in cursors:
            cursor.close()


def _numbered(sources: list[Source]) -> Iterator[tuple[Batch, str, int]]:
    base = 0
    for source in sources:
        for batch in source.batches():
            yield batch, source.name, base
            base += batch.rows


def _refuse_nothing(con: duckdb.DuckDBPyConnection, sources: list[Source]) -> None:
    [[rows]] = con.execute(
        "select count(*) from raw.landed_rows where source_table = 'transactions'"
    ).fetchall()
    if not rows:
        raise BadInputError(f"{sources[0].name} has a header and no rows: nothing to load.")


def _derive_owners(con: duckdb.DuckDBPyConnection, given: dict[str, TableMapping]) -> None:
    """Make the accounts and customers that no file gave, from the transactions."""
    if "accounts" not in given:
        stranger = "account_id"
        if "customer_id" in given["transactions"].fields:
            stranger = "'owner of ' || account_id"  # of another bank: its customer is not named
        con.execute(
            f"""
            insert into raw.accounts (account_id, customer_id)
            with named as (
                select sender_account_id as account_id, any_value(customer_id) as customer_id
                from raw.transactions group by sender_account_id
                union all
                select distinct receiver_account_id, null from raw.transactions
                where receiver_account_id is not null
            )
            select account_id, coalesce(max(customer_id), {stranger})
            from named group by account_id order by account_id
            """
        )
    if "customers" not in given:
        con.execute(
            "insert into raw.customers (customer_id)"
            " select distinct customer_id from raw.accounts order by customer_id"
        )


def _derive_counterparties(con: duckdb.DuckDBPyConnection, given: dict[str, TableMapping]) -> None:
    """Make the devices and beneficiaries that no file gave."""
    for table, key, known in (
        ("devices", "device_id", "account_devices"),
        ("beneficiaries", "beneficiary_id", "account_beneficiaries"),
    ):
        if table not in given:
            con.execute(
                f"insert into raw.{table} ({key}) select {key} from ("
                f" select {key} from raw.transactions union select {key} from raw.{known}"
                f") where {key} is not null order by {key}"
            )


def _outcome(con: duckdb.DuckDBPyConnection, max_rejected: float) -> list[str]:
    """Return the rows accepted and rejected by table and reason.

    Raises:
        TooManyRejectedError: a table lost more than it may, or all of its rows.
    """
    lines = []
    found = con.execute(
        """
        select source_table, landed, coalesce(rejected, 0)
        from (
            select source_table, count(*) as landed from raw.landed_rows group by source_table
        )
        left join (
            select source_table, count(*) as rejected from raw.rejected_rows group by source_table
        ) using (source_table)
        order by source_table
        """
    ).fetchall()
    for table, landed, rejected in found:
        reasons = con.execute(
            """
            select reason, count(*), arg_min(source_file || ' line ' || source_line, landed_no)
            from (
                select unnest(reasons) as reason, source_file, source_line, landed_no
                from raw.rejected_rows where source_table = ?
            )
            group by reason order by count(*) desc, reason
            """,
            [table],
        ).fetchall()
        said = [f"{reason}: {count:,} (first: {first})" for reason, count, first in reasons]
        share = f"{100 * rejected / landed:.2f}%"
        if rejected > max_rejected * landed or rejected == landed:
            allowed = "not all may be" if rejected == landed else f"at most {max_rejected:.2%}"
            raise TooManyRejectedError(
                f"{rejected:,} of {landed:,} rows of {table} were rejected ({share}, {allowed}):"
                f" {'; '.join(said)}."
            )
        lines.append(f"{table:<22}{landed - rejected:>13,} rows  {rejected:>9,} rejected  {share}")
        lines += [f"  {reason}" for reason in said]
    return lines


def _describe(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
    """Fill `generation_run`: the window, the mapping, the rows."""
    counts = {}
    for table in contract.TABLES[:-1]:
        [[counts[table.name]]] = con.execute(
            f"select count(*) from {contract.SCHEMA}.{table.name}"
        ).fetchall()
    con.execute(
        """
        insert into raw.generation_run
            (window_start, window_end, time_precision, config, package_version, row_counts)
        select
            coalesce($start, min("timestamp")::date), coalesce($end, max("timestamp")::date),
            'second', $config, $version, $counts
        from raw.transactions
        """,
        {
            "start": mapping.window_start,
            "end": mapping.window_end,
            "config": json.dumps({"mapping": mapping.name, "text": mapping.text}),
            "version": __version__,
            "counts": json.dumps(counts),
        },
    )
