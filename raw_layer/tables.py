"""The raw tables in a DuckDB file: created empty, with types and comments."""

import contextlib
from collections.abc import Iterator

import duckdb

from raw_layer import contract
from raw_layer.sql import literal, quoted

# DuckDB would first look for repeated ids, find none, and then compress: twice the work for a file
# that is a seventh smaller.
_ZSTD = ("transaction_id",)
# In loaded data any id may have many values; the same search would take five times the work of zstd
# for a file that is a third smaller.
_ZSTD_LOADED = (
    *("transaction_id", "customer_id", "sender_account_id", "receiver_account_id"),
    *("beneficiary_id", "device_id", "source_id"),
)


@contextlib.contextmanager
def one_thread_each(con: duckdb.DuckDBPyConnection) -> Iterator[int]:
    """Give every query one thread for a while; yield how many threads there were.

    Parallel chunks of one thread each fill whole row groups of the file: a fifth less work, and
    less space, than one chunk by all threads.
    """
    [(threads,)] = con.execute("select current_setting('threads')").fetchall()
    con.execute("set threads = 1")
    yield int(threads)
    con.execute(f"set threads = {int(threads)}")


def create_tables(con: duckdb.DuckDBPyConnection, loaded: bool = False) -> None:
    """Create schema `raw` and its tables, empty, with their comments.

    With `loaded`, columns that loaded data may lack can be null.
    """
    con.execute(f"create schema if not exists {contract.SCHEMA}")
    for table in contract.TABLES:
        create_table(con, table, loaded)


def create_table(
    con: duckdb.DuckDBPyConnection,
    table: contract.Table,
    loaded: bool = False,
    if_missing: bool = False,
) -> None:
    """Create one table, as `create_tables`; with `if_missing`, leave one that is there."""
    zstd = _ZSTD_LOADED if loaded else _ZSTD
    name = f"{contract.SCHEMA}.{table.name}"
    columns = ", ".join(
        f"{quoted(column.name)} {column.type}"
        + ("" if column.nullable or (loaded and column.unsaid) else " not null")
        + (" using compression zstd" if column.name in zstd else "")
        for column in table.columns
    )
    con.execute(f"create table {'if not exists ' if if_missing else ''}{name} ({columns})")
    con.execute(f"comment on table {name} is {literal(table.comment)}")
    for column in table.columns:
        place = f"{name}.{quoted(column.name)}"
        con.execute(f"comment on column {place} is {literal(column.comment)}")
