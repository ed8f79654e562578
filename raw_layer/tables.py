"""The raw tables in a DuckDB file: created empty, with types and comments."""

import contextlib
from collections.abc import Iterator

import duckdb

from raw_layer import contract
from raw_layer.sql import literal, quoted

# DuckDB would first look for ids that repeat, find none in 100 million, and compress after that:
# twice the work, for a file smaller by a seventh.
_ZSTD = ("transaction_id",)
# Of loaded data any name may be one of many, where the same search takes five times the work of
# zstd, for a file smaller by a third.
_ZSTD_LOADED = (
    *("transaction_id", "customer_id", "sender_account_id", "receiver_account_id"),
    *("beneficiary_id", "device_id", "source_id"),
)


@contextlib.contextmanager
def one_thread_each(con: duckdb.DuckDBPyConnection) -> Iterator[int]:
    """Let every query have one thread for a while, and give how many they had.

    Chunks side by side, each by one thread of its own, fill whole groups of the file's rows: a
    fifth less work and less space than one chunk by all threads.
    """
    [(threads,)] = con.execute("select current_setting('threads')").fetchall()
    con.execute("set threads = 1")
    yield int(threads)
    con.execute(f"set threads = {int(threads)}")


def create_tables(con: duckdb.DuckDBPyConnection, loaded: bool = False) -> None:
    """Create schema `raw` and its tables, empty, with their comments.

    In a file of `loaded` data those columns may be null that other data may not say.
    """
    zstd = _ZSTD_LOADED if loaded else _ZSTD
    con.execute(f"create schema if not exists {contract.SCHEMA}")
    for table in contract.TABLES:
        name = f"{contract.SCHEMA}.{table.name}"
        columns = ", ".join(
            f"{quoted(column.name)} {column.type}"
            + ("" if column.nullable or (loaded and column.unsaid) else " not null")
            + (" using compression zstd" if column.name in zstd else "")
            for column in table.columns
        )
        con.execute(f"create table {name} ({columns})")
        con.execute(f"comment on table {name} is {literal(table.comment)}")
        for column in table.columns:
            place = f"{name}.{quoted(column.name)}"
            con.execute(f"comment on column {place} is {literal(column.comment)}")
