"""Fingerprints of tables: equal for equal content, whatever the order of rows or the release."""

import re
from hashlib import md5

import duckdb

from raw_layer.sql import quoted

_NARROW = 8  # columns; the text of one 128-bit number takes as long as those of several small ones


def fingerprint(
    con: duckdb.DuckDBPyConnection, schema: str, table: str, *, numbers_as_one: bool = False
) -> str:
    """Return `rows:sum`, where sum adds up a hash of every row's text, in hexadecimal.

    Works for any table. Uses md5, whose values do not change between DuckDB's releases as those of
    `hash()` did, and a sum, in which duplicates do not cancel. The shift takes the number that
    `md5_number_lower` gives, a macro which takes it out of a text of bits, at four times the cost.

    Args:
        con: The file that holds the table.
        schema: The table's schema.
        table: Its name.
        numbers_as_one: Takes half the time where there are many numbers: a row's whole numbers and
            decimals, each times a factor of its column, are added up before they become text, and
            a `+` stands behind the colon. A change of one is always seen; that changes of
            several cancel is as likely as a guessed factor of 48 bits. Narrow tables are quicker
            without, and the seeder's values are on record.

    Raises:
        ValueError: there is no such table.
    """
    columns = con.execute(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        "where schema_name = ? and table_name = ? and database_name = current_database() "
        "order by column_index",
        [schema, table],
    ).fetchall()
    if not columns:
        raise ValueError(f"there is no table {schema}.{table}")
    together = numbers_as_one and len(columns) > _NARROW
    texts: list[str] = []
    sums: dict[str, list[str]] = {}
    for name, data_type, nullable in columns:
        value = f"epoch_us({quoted(name)})" if data_type == "TIMESTAMP" else quoted(name)
        kind, null, bits = _added_up_in(data_type) if together else (None, 0, 0)
        if kind and data_type.startswith("DECIMAL"):
            value = _without_point(value, data_type)
        if kind:
            factor = int(md5(name.encode(), usedforsecurity=False).hexdigest(), 16) % 2**bits | 1
            term = f"coalesce({value}::{kind}, {null}::{kind}) * {factor}"
            sums.setdefault(kind, []).append(term)
        else:
            texts.append(f"coalesce({value}::varchar, '~')" if nullable else f"{value}::varchar")
    # in hexadecimal: 128 bits divided by ten, digit by digit, take five times as long
    texts += [f"to_hex({' + '.join(terms)})" for terms in sums.values()]
    row = ", '|', ".join(texts)
    [found] = con.execute(
        f"select count(*), coalesce(sum((md5_number(concat({row})) >> 64)::ubigint), 0) "
        f"from {quoted(schema)}.{quoted(table)}"
    ).fetchall()
    return f"{found[0]}:{'+' if together else ''}{found[1]:x}"


def _added_up_in(data_type: str) -> tuple[str | None, int, int]:
    """Return how whole numbers of a type are added up; of other types no type.

    The type of their sum, what stands for a null, just beyond the largest of them, and the bits of
    a factor: 128 columns cannot overflow.
    """
    if data_type == "TINYINT":
        return "bigint", 2**7, 48
    if data_type in ("SMALLINT", "INTEGER", "BIGINT", "TIMESTAMP") or _digits(data_type):
        return "hugeint", 2**63, 56
    return None, 0, 0


def _digits(data_type: str) -> tuple[int, int] | None:
    """Return the digits before and behind the point of a 64-bit decimal, None of other types."""
    found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", data_type)
    if not found:
        return None
    digits, behind = int(found[1]), int(found[2])
    return (digits - behind, behind) if behind < digits <= 18 else None


def _without_point(value: str, data_type: str) -> str:
    """Return SQL for a decimal times ten to its digits behind the point, in numbers of 64 bits.

    DuckDB would multiply in 128 bits and turn them back by a division.
    """
    _, behind = _digits(data_type) or (0, 0)
    one = f"1::{data_type.lower()}"
    return (
        f"(trunc({value})::bigint * {10**behind}"
        f" + (({value} % {one})::double * {10**behind})::bigint)"
    )
