"""Fingerprints of tables: equal for equal content, whatever the order of rows or the release."""

from __future__ import annotations

import duckdb

from seed_gen.sql import quoted


def fingerprint(con: duckdb.DuckDBPyConnection, schema: str, table: str) -> str:
    """Return `rows:sum`, where sum adds up a hash of every row's text, in hexadecimal.

    Works for any table. Uses md5, whose values do not change between DuckDB's releases as those of
    `hash()` did, and a sum, in which duplicates do not cancel. The shift takes the number that
    `md5_number_lower` gives, a macro which takes it out of a text of bits, at four times the cost.
    Raises `ValueError` where there is no such table.
    """
    columns = con.execute(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        "where schema_name = ? and table_name = ? and database_name = current_database() "
        "order by column_index",
        [schema, table],
    ).fetchall()
    if not columns:
        raise ValueError(f"there is no table {schema}.{table}")
    texts = []
    for name, data_type, nullable in columns:
        text = f"epoch_us({quoted(name)})" if data_type == "TIMESTAMP" else quoted(name)
        texts.append(f"coalesce({text}::varchar, '~')" if nullable else f"{text}::varchar")
    row = ", '|', ".join(texts)
    [found] = con.execute(
        f"select count(*), coalesce(sum((md5_number(concat({row})) >> 64)::ubigint), 0) "
        f"from {quoted(schema)}.{quoted(table)}"
    ).fetchall()
    return f"{found[0]}:{found[1]:x}"
