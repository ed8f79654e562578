"""Fingerprints of tables: equal for equal content, in any order of rows and any DuckDB release."""

import re
from hashlib import md5

import duckdb

from raw_layer.sql import quoted

_NARROW = 8  # columns; the text of one 128-bit number costs as much as those of several small ones


def fingerprint(
    con: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    *,
    numbers_as_one: bool = False,
    where: str = "true",
) -> str:
    """Return `rows:sum`, where sum adds up a hash of every row's text, in hexadecimal.

    Works for any table. Uses md5, because the values of `hash()` change between DuckDB's releases,
    and a sum, because duplicates would cancel in an xor. The shift gives the number of
    `md5_number_lower` at a quarter of its cost.

    Args:
        con: The file that holds the table.
        schema: The table's schema.
        table: Its name.
        numbers_as_one: Add up a row's whole numbers and decimals, each times a factor of its
            column, before they become text; a `+` follows the colon. This halves the time of wide
            tables; narrow ones are quicker without. A change of one number always shows; changes
            of several cancel with the probability of guessing 48 bits.
        where: A condition in SQL: the fingerprint is that of the rows that meet it.

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
    # Hexadecimal, because 128-bit decimals take five times as long.
    texts += [f"to_hex({' + '.join(terms)})" for terms in sums.values()]
    row = ", '|', ".join(texts)
    [found] = con.execute(
        f"select count(*), coalesce(sum((md5_number(concat({row})) >> 64)::ubigint), 0) "
        f"from {quoted(schema)}.{quoted(table)} where {where}"
    ).fetchall()
    return f"{found[0]}:{'+' if together else ''}{found[1]:x}"


def replaced(whole: str, old: str, new: str) -> str:
    """Return the fingerprint of a table some of whose rows were replaced.

    Args:
        whole: The table's fingerprint before.
        old: That of the rows that were replaced.
        new: That of the rows in their place.
    """
    rows, sums = zip(*(of.replace("+", "").split(":") for of in (whole, old, new)), strict=True)
    before, out, into = map(int, rows)
    hash_before, hash_out, hash_into = (int(text, 16) for text in sums)
    plus = "+" if "+" in whole else ""
    return f"{before - out + into}:{plus}{hash_before - hash_out + hash_into:x}"


def _added_up_in(data_type: str) -> tuple[str | None, int, int]:
    """Return how numbers of a type are added up; None where they are not.

    Returns the type of the sum, the value for a null, which is just above the largest number, and
    the bits of a factor: 128 columns cannot overflow.
    """
    if data_type == "TINYINT":
        return "bigint", 2**7, 48
    if data_type in ("SMALLINT", "INTEGER", "BIGINT", "TIMESTAMP") or _digits(data_type):
        return "hugeint", 2**63, 56
    return None, 0, 0


def _digits(data_type: str) -> tuple[int, int] | None:
    """Return the digits before and after the point of a 64-bit decimal; None for other types."""
    found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", data_type)
    if not found:
        return None
    digits, behind = int(found[1]), int(found[2])
    return (digits - behind, behind) if behind < digits <= 18 else None


def _without_point(value: str, data_type: str) -> str:
    """Return SQL for a decimal as a whole number of its smallest units, in 64 bits.

    DuckDB's own multiplication would need 128 bits and a division.
    """
    _, behind = _digits(data_type) or (0, 0)
    one = f"1::{data_type.lower()}"
    return (
        f"(trunc({value})::bigint * {10**behind}"
        f" + (({value} % {one})::double * {10**behind})::bigint)"
    )
