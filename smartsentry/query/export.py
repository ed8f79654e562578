"""`smartsentry export`: the tables of the notebooks and the cases as CSV and Parquet files.

All files are written into a new folder inside the target folder, read back and counted, and only
then replace the old files. After any error before that the old files are as they were.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import click
import duckdb

from raw_layer.errors import in_one_sentence
from raw_layer.files import locked, sync
from raw_layer.sql import quoted
from smartsentry.warehouse import open_for_writing_files

# By table, whose name is the file's too: the order of its rows. Equal content gives equal files.
# The first eight are the notebooks'.
TABLES = {
    "customers": "length(customer_id), customer_id",  # C2 before C10
    "accounts": "length(account_id), account_id",
    "devices": "length(device_id), device_id",
    "beneficiaries": "length(beneficiary_id), beneficiary_id",
    "customer_feature_catalogue": "rowid",
    "dormant_account_set": "length(account_id), account_id",
    "transactions": "timestamp, transaction_no",
    "alerts": "timestamp, transaction_id, rule_name",
    "cases": "length(case_id), case_id",
    "case_queue": "queue_position",
    "case_decisions": "disposition_no",
}

# Characters that start a formula in a spreadsheet, or are skipped before one.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class Exported:
    """A written table: its name, number of rows, and the bytes of its two files."""

    table: str
    rows: int
    csv_bytes: int
    parquet_bytes: int


def export(warehouse: Path, folder: Path) -> list[Exported]:
    """Write every table of `TABLES` as `<table>.csv` and `<table>.parquet` into a folder.

    Text cells of the CSV files that a spreadsheet would run as a formula begin with a quote
    instead; Parquet files hold the values as they are.

    Args:
        warehouse: The DuckDB file.
        folder: The folder for the files; it is created if only that is missing.

    Returns:
        The written tables, in the order of `TABLES`.

    Raises:
        click.ClickException: there is no warehouse, the folder cannot be written to, another
            export is writing to it, or a file read back differs from its table; the old files are
            as they were.
        duckdb.CatalogException: the file holds no built warehouse.
    """
    refused = in_one_sentence(
        f"cannot write to {folder}", ": nothing was exported.", (OSError, duckdb.IOException)
    )
    with open_for_writing_files(warehouse, folder) as con, refused:
        for table in TABLES:
            con.execute(f"from {table} limit 0")
        folder.mkdir(exist_ok=True)
        busy = f"another export is writing into {folder}: wait until it has ended."
        with locked(folder, lambda: busy):
            unfinished = folder.resolve() / UNFINISHED
            if unfinished.exists():  # left by a killed export
                shutil.rmtree(unfinished)
            unfinished.mkdir()
            try:
                exported = [_write(con, table, unfinished) for table in TABLES]
                for path in sorted(unfinished.iterdir()):
                    path.replace(folder / path.name)
                sync(folder)
            finally:
                shutil.rmtree(unfinished)
    return exported


def _write(con: duckdb.DuckDBPyConnection, table: str, folder: Path) -> Exported:
    """Write one table in both formats and check the files."""
    columns = con.execute(
        "select column_name, column_type from (describe from query_table(?))", [table]
    ).fetchall()
    names = [name for name, _ in columns]
    # Computed and sorted once for both files.
    con.execute(f"create or replace temp table exported as from {table} order by {TABLES[table]}")
    [(rows,)] = con.execute("select count(*) from exported").fetchall()
    cells = ", ".join(
        defused(name) if data_type == "VARCHAR" else quoted(name) for name, data_type in columns
    )
    csv, parquet = folder / f"{table}.csv", folder / f"{table}.parquet"
    con.execute(f"copy (select {cells} from exported) to ? (format csv, header)", [str(csv)])
    con.execute("copy exported to ? (format parquet, compression zstd)", [str(parquet)])
    con.execute("drop table exported")
    verify(con, csv, names, rows)
    verify(con, parquet, names, rows)
    sync(csv)
    sync(parquet)
    return Exported(table, rows, csv.stat().st_size, parquet.stat().st_size)


def verify(con: duckdb.DuckDBPyConnection, path: Path, columns: list[str], rows: int) -> None:
    """Read a file back, all of it, and compare its columns and its number of rows.

    Raises:
        click.ClickException: they differ from the table's.
    """
    reader = "read_parquet(?)"
    if path.suffix == ".csv":
        reader = (
            "read_csv(?, header = true, all_varchar = true, delim = ',', quote = '\"',"
            " escape = '\"', strict_mode = true)"
        )
    with in_one_sentence(f"{path.name} cannot be read back"):
        found = con.execute(f"select column_name from (describe from {reader})", [str(path)])
        names = [name for (name,) in found.fetchall()]
        # `columns(*)` makes DuckDB parse every cell; `count(*)` alone would not.
        counted = con.execute(f"select count(*), count(columns(*)) from {reader}", [str(path)])
        [(read, *_)] = counted.fetchall()
    if (names, read) != (columns, rows):
        raise click.ClickException(
            f"{path.name} holds {read:,} rows of {len(names)} columns after writing, and not the"
            f" {rows:,} rows of {len(columns)} columns of its table: nothing was exported."
        )


def defused(name: str) -> str:
    """Return the SQL of a text column, with a quote before the start of a formula."""
    column = quoted(name)
    starts = ", ".join(f"chr({ord(start)})" for start in FORMULA_STARTS)
    return f"if(left({column}, 1) in ({starts}), chr(39) || {column}, {column}) as {column}"
