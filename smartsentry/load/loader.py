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

import duckdb

from raw_layer import __version__, contract
from raw_layer.errors import BadInputError, reason
from raw_layer.progress import Progress
from raw_layer.sql import literal, quoted
from raw_layer.tables import create_tables, one_thread_each
from raw_layer.target import building
from smartsentry.load.acceptance import Judge
from smartsentry.load.landing import SKIPPED, Batch, Source, open_source
from smartsentry.load.mapping import SOURCE, Mapping, Relation, read_mapping
from smartsentry.load.receipt import write_receipt
from smartsentry.load.statement import SQL, Statement, read_statement

# The tables that transactions refer to come before them, those that refer to accounts after them.
BEFORE = ("customers", "accounts", "devices", "beneficiaries", "transactions")
KNOWN_ALIAS = "before"  # of the attached file that holds what is known
AFTER = (
    *("account_devices", "account_beneficiaries", "dormant_accounts", "inactive_accounts"),
    "schemes",
)


def load(
    mapping_folder: Path,
    patterns: list[str],
    out: Path,
    max_rejected: float = 0.01,
    quiet: bool = True,
    memory_limit: str | None = None,
    known: Path | None = None,
) -> list[str]:
    """Load files into schema `raw` of the DuckDB file `out`, which is replaced as a whole.

    Args:
        mapping_folder: The mapping, as `docs/own-data.md` describes it.
        patterns: Files, or patterns of files.
        out: The file to write.
        max_rejected: Share of a table's rows, from 0 to 1, that may be rejected.
        quiet: Whether to say nothing while it runs.
        memory_limit: DuckDB's, such as `2GB`; what exceeds it goes to disk.
        known: A file with the raw tables that these rows will be added to. Rows may then refer to
            its customers, accounts and so on, a table of the mapping may have no file, a file may
            have no row, and account ages count from the first day of its data.

    Returns:
        What was loaded and what was rejected, as lines to print.

    Raises:
        BadInputError: the mapping, a file or `out` is not as it must be.
        BusyError: another process holds `out`.
        TooManyRejectedError: the share of rejected rows is above `max_rejected`.
    """
    mapping, files = chosen(mapping_folder, patterns, max_rejected, may_lack=known is not None)
    with building(out, replaces_built=False) as con:
        con.execute("set TimeZone = 'UTC'")
        # Blocks of a CSV file are files under one name by turns.
        con.execute("set enable_external_file_cache = false")
        if memory_limit is not None:
            con.execute("set memory_limit = ?", [memory_limit])
        create_tables(con, loaded=True)
        if known is not None:
            con.execute(f"attach {literal(str(known))} as {KNOWN_ALIAS} (read_only)")
        sources = {
            name: [open_source(con, path, relation.reader, relation.table) for path in files[name]]
            for name, relation in mapping.relations.items()
        }
        statements = _statements(mapping, sources)
        _fill_relations(con, mapping, sources)
        progress = Progress(io.StringIO() if quiet else sys.stderr)
        landed = 0
        judges = {}
        for stage in (BEFORE, AFTER):
            for name in stage:
                if name in statements:
                    before = KNOWN_ALIAS if known else None
                    judge = Judge(con, mapping, statements[name], max_rejected, before)
                    judges[name] = judge
                    read = sources[mapping.source_of(name).name]
                    with one_thread_each(con) as threads:
                        for rows in _judge(judge, read, threads):
                            landed += rows
                            progress(landed)
                    judge.finish({source.name: source for source in read})
            if stage is BEFORE:
                if known is None and not judges["transactions"].rows:
                    raise BadInputError(
                        f"{read[0].name} has a header and no rows: nothing to load."
                    )
                _derive_owners(con, mapping, statements.get("transactions"))
        _derive_counterparties(con, mapping)
        if mapping.newest_first:
            con.execute(_sql("newest_first.sql"))
        progress.end(landed)
        con.execute("detach relations")
        _describe(con, mapping, known is not None)
        counts = {name: judge.counts for name, judge in judges.items()}
        lines = write_receipt(con, counts, max_rejected)
    return lines


def chosen(
    mapping_folder: Path, patterns: list[str], max_rejected: float, may_lack: bool = False
) -> tuple[Mapping, dict[str, list[Path]]]:
    """Return what is left of a mapping where files are given, and the files of each relation.

    Args:
        mapping_folder: As `load`.
        patterns: As `load`.
        max_rejected: As `load`.
        may_lack: Whether a relation that is one table's own may have no file.

    Raises:
        BadInputError: the mapping or a pattern is not as it must be, before any file is opened.
    """
    if not 0 <= max_rejected <= 1:
        raise BadInputError(f"--max-rejected is {max_rejected}; it must be a share from 0 to 1.")
    mapping = read_mapping(mapping_folder)
    files = _assigned(mapping, _files(patterns), may_lack)
    return mapping.present(files), files


def _files(patterns: list[str]) -> list[Path]:
    """Return the files that the patterns name, in the order of their paths.

    A file that is named twice, be it by a link, counts once.
    """
    found: dict[tuple[int, int], Path] = {}
    for pattern in patterns:
        path = Path(pattern)
        try:
            matched = [path] if path.exists() else sorted(_matching(pattern))
        except OSError as error:
            raise BadInputError(f"--from is {pattern}, but {reason(error)}.") from error
        if not matched:
            raise BadInputError(f"--from is {pattern}, but there is no such file.")
        for file in matched:
            if file.is_dir():
                raise BadInputError(f"--from is {file}, but that is a folder; name its files.")
            if not os.access(file, os.R_OK):
                raise BadInputError(f"--from is {file}, but that cannot be read (no permission).")
            status = file.stat()
            found.setdefault((status.st_dev, status.st_ino), file)
    return sorted(found.values())


def _matching(pattern: str) -> list[Path]:
    return [Path(name) for name in glob.glob(pattern)]  # noqa: PTH207, patterns may be absolute


def _assigned(mapping: Mapping, files: list[Path], may_lack: bool) -> dict[str, list[Path]]:
    """Return the files of each relation; every file has a relation and every relation a file.

    With `may_lack` a relation that is one table's own may have no file; it is left out.
    """
    assigned: dict[str, list[Path]] = {name: [] for name in mapping.relations}
    for file in files:
        wanted = [
            relation.name
            for relation in mapping.relations.values()
            if _fits(relation, file, len(mapping.relations))
        ]
        if not wanted:
            raise BadInputError(
                f"{file} fits no section of source.toml: `files` is a pattern of names, `table`"
                " names a table of a DuckDB file."
            )
        for name in wanted:
            assigned[name].append(file)
    for name in [name for name, found in assigned.items() if not found]:
        if may_lack and name in mapping.statements:
            del assigned[name]
        else:
            raise BadInputError(f"--from has no file for [{name}] of source.toml.")
    return assigned


def _fits(relation: Relation, file: Path, relations: int) -> bool:
    if file.is_file():  # a pipe can be read only once
        with file.open("rb") as opened:
            if opened.read(12)[8:] == b"DUCK":
                return relation.table is not None
    if relation.files is None:
        return relations == 1
    return fnmatch.fnmatchcase(file.name, relation.files)


def _statements(mapping: Mapping, sources: dict[str, list[Source]]) -> dict[str, Statement]:
    """Bind every statement against the columns that the files have."""
    statements, read = {}, set()
    for name, path in mapping.statements.items():
        own = mapping.source_of(name).name
        relations = {
            relation.name: _columns(sources[relation.name]) for relation in mapping.further()
        }
        relations[SOURCE] = _columns(sources[own])
        table = next(table for table in contract.TABLES if table.name == name)
        statements[name] = read_statement(path, table, relations, mapping.bank_time_zone)
        read |= {own, *statements[name].names}
    for name in mapping.relations:
        if name not in read:
            raise BadInputError(f"[{name}] of source.toml is read by no statement of the mapping.")
    return statements


def _columns(sources: list[Source]) -> list[tuple[str, str]]:
    """Return the columns that all files of a relation have, with their types."""
    first, *others = sources
    columns = list(zip(first.names, first.types, strict=True))
    for other in others:
        there = list(zip(other.names, other.types, strict=True))
        if sorted(there) != sorted(columns):
            differing = sorted(set(there) ^ set(columns))[0][0]
            raise BadInputError(
                f"{first.name} and {other.name} have different columns, such as {differing}."
            )
    return columns


def _fill_relations(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, sources: dict[str, list[Source]]
) -> None:
    """Read every relation that a statement may join, into a database in memory.

    Raises:
        BadInputError: a row cannot be read.
    """
    con.execute("attach ':memory:' as relations")
    for relation in mapping.further():
        table = f"relations.{relation.name}"
        columns = _columns(sources[relation.name])
        listed = ", ".join(f"{quoted(name)} {type_}" for name, type_ in columns)
        con.execute(f"create table {table} (line bigint, file varchar, {listed})")
        names = ", ".join(quoted(name) for name, _ in columns)
        for source in sources[relation.name]:
            for batch in source.batches():
                with batch.reading(con) as query:
                    faulty = f"select line, fault from ({query}) where fault != ? limit 1"
                    for line, fault in con.execute(faulty, [SKIPPED]).fetchall():
                        raise BadInputError(
                            f"{source.name} cannot be used: in line {line}, {fault}."
                        )
                    con.execute(
                        f"insert into {table} select line, {literal(source.name)}, {names}"
                        f" from ({query}) where fault is null"
                    )


def _judge(judge: Judge, sources: list[Source], threads: int) -> Iterator[int]:
    """Judge all batches of a table, some at a time, and yield the rows of each finished one.

    A block's lines keep one thread busy.
    """
    free: queue.SimpleQueue[duckdb.DuckDBPyConnection] = queue.SimpleQueue()
    cursors = [judge.cursor() for _ in range(threads)]
    for cursor in cursors:
        free.put(cursor)

    def work(batch: Batch, file: Source, base: int) -> int:
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


def _numbered(sources: list[Source]) -> Iterator[tuple[Batch, Source, int]]:
    base = 0
    for source in sources:
        for batch in source.batches():
            yield batch, source, base
            base += batch.rows


def _derive_owners(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, transactions: Statement | None
) -> None:
    """Make the accounts and customers that no file gives, from the transactions."""
    if "accounts" not in mapping.gives():
        is_named = transactions is not None and "customer_id" in transactions.columns
        stranger = "'owner of ' || account_id" if is_named else "account_id"
        con.execute(_sql("owners.sql").format(stranger=stranger))
    if "customers" not in mapping.gives():
        con.execute(_sql("customers.sql"))


def _derive_counterparties(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> None:
    """Make the devices and beneficiaries that no file gives."""
    for table, key, known in (
        ("devices", "device_id", "account_devices"),
        ("beneficiaries", "beneficiary_id", "account_beneficiaries"),
    ):
        if table not in mapping.gives():
            con.execute(_sql("counterparties.sql").format(table=table, key=key, known=known))


def _sql(name: str) -> str:
    return SQL.joinpath(name).read_text("utf-8")


def _describe(con: duckdb.DuckDBPyConnection, mapping: Mapping, is_more: bool) -> None:
    """Fill `generation_run`: the window, the precision of times, the mapping, the rows.

    The window of more rows begins where that of the known ones does.
    """
    start = mapping.window_start
    if is_more and start is None:
        [[start]] = con.execute(
            f"select min(window_start) from {KNOWN_ALIAS}.raw.generation_run"
        ).fetchall()
    counts = {}
    for table in contract.TABLES[:-1]:
        if table in contract.INPUTS:
            continue
        [[counts[table.name]]] = con.execute(
            f"select count(*) from {contract.SCHEMA}.{table.name}"
        ).fetchall()
    con.execute(
        _sql("generation_run.sql"),
        {
            "start": start,
            "end": mapping.window_end,
            "precision": mapping.time_precision,
            "config": json.dumps({"mapping": mapping.name, "files": json.loads(mapping.text)}),
            "version": __version__,
            "counts": json.dumps(counts),
        },
    )
