"""`smartsentry compare-engines`: compare every value of a DuckDB and a Spark warehouse."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import duckdb

from raw_layer.sql import literal, quoted
from smartsentry.warehouse import open_for_reading

SCHEMAS = ("raw", "features", "network", "rules", "main")
# Columns that differ between any two builds.
LEFT_OUT = {
    "main.build_info": (
        *("build_id", "built_at", "published_at", "git_commit", "git_dirty", "package_version"),
        *("project_hash", "duckdb_version", "spark_version", "fingerprints"),
    ),
    "main.build_log": ("build_id", "built_at"),
    "main.integrity_checks": ("seconds", "build_id", "ran_at"),
}
# Some marts are views in DuckDB and tables on Spark, which the catalogue shows.
_READ_AS = {
    "main.column_catalogue": "* replace (replace(data_type, 'view', 'table') as data_type)",
}
_COLUMNS_AT_A_TIME = 24  # a wide table is joined in slices, to save memory
_MOST_KEY_COLUMNS = 4
_LONGEST_EXAMPLE = 160
_MEMORY_LIMIT = "2GB"
_TYPES = {"JSON": "VARCHAR"}  # Parquet stores JSON as text
_NUMBERS = ("INT", "DECIMAL", "DOUBLE", "FLOAT", "REAL")
_MOMENTS = ("TIMESTAMP", "DATE")
_FLOATS = ("DOUBLE", "FLOAT", "REAL")

Columns = dict[str, str]  # type by name


@dataclass(frozen=True)
class Comparison:
    """The result for one table: compared rows and columns, and the differences."""

    table: str
    rows: int
    columns: int
    differences: tuple[str, ...]


def compared(file: Path, folder: Path) -> Iterator[Comparison]:
    """Compare the tables of both, one after another, by a key of their columns.

    Equal means equal to the last bit: the same rows, types, values and order of columns.
    A view outside `main` is left out if Spark has no files of it.

    Args:
        file: A warehouse that `smartsentry build` wrote.
        folder: One that `smartsentry spark` wrote, as SCHEMA/TABLE/*.parquet.

    Raises:
        click.ClickException: one of the two is missing.
    """
    open_for_reading(file).close()
    there = {
        f"{path.parent.name}.{path.name}": path
        for schema in SCHEMAS
        for path in sorted(folder.glob(f"{schema}/*"))
    }
    if not there:
        raise click.ClickException(
            f"there are no tables of Spark in {folder}: run `make warehouse-spark`"
        )
    with duckdb.connect(config={"memory_limit": _MEMORY_LIMIT}) as con:
        con.execute(f"attach {literal(str(file))} as file (read_only)")
        here = _tables(con)
        for table in sorted(here | there.keys(), key=_in_order):
            if table not in there:
                if table.startswith("main.") or not here[table].is_view:
                    yield Comparison(table, 0, 0, ("is missing on Spark",))
                continue
            parts = f"read_parquet({literal(str(there[table] / '*.parquet'))})"
            if table not in here:
                yield Comparison(table, 0, 0, ("is missing in DuckDB",))
            elif not any(there[table].glob("*.parquet")):
                yield Comparison(table, 0, 0, ("has no file on Spark",))
            else:
                yield _compared_table(con, table, here[table], parts)


@dataclass(frozen=True)
class _Table:
    columns: Columns
    is_view: bool


def _in_order(table: str) -> tuple[int, str]:
    return SCHEMAS.index(table.split(".")[0]), table


def _tables(con: duckdb.DuckDBPyConnection) -> dict[str, _Table]:
    """Return the tables and views of the DuckDB file by schema and name."""
    schemas = ", ".join(map(literal, SCHEMAS))
    of_file = f"database_name = 'file' and schema_name in ({schemas})"
    columns: dict[str, Columns] = {}
    for table, column, kind in con.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()"
        f" where {of_file} order by schema_name, table_name, column_index"
    ).fetchall():
        columns.setdefault(table, {})[column] = _TYPES.get(kind, kind)
    views = con.execute(
        f"select schema_name || '.' || view_name from duckdb_views() where {of_file}"
    ).fetchall()
    return {table: _Table(found, (table,) in views) for table, found in columns.items()}


def _compared_table(
    con: duckdb.DuckDBPyConnection, name: str, table: _Table, parts: str
) -> Comparison:
    read_as = _READ_AS.get(name, "*")
    here = f"(select {read_as} from file.{name})"
    there = f"(select {read_as} from {parts})"
    found: Columns = dict(
        con.execute(f"select column_name, column_type from (describe from {parts})").fetchall()
    )
    types = {column: _TYPES.get(kind, kind) for column, kind in found.items()}
    differences = [
        f"{column}: is missing on Spark" for column in table.columns if column not in types
    ]
    differences += [
        f"{column}: is missing in DuckDB" for column in types if column not in table.columns
    ]
    common = [column for column in table.columns if column in types]
    if not differences and common != list(types):
        differences.append("the columns are in another order")
    for column in common:
        if table.columns[column] != types[column]:
            differences.append(
                f"{column}: is {table.columns[column]} in DuckDB and {types[column]} on Spark"
            )
    rows, rows_there = (_count(con, place) for place in (here, there))
    if rows != rows_there:
        differences.append(f"has {rows:,} rows in DuckDB and {rows_there:,} on Spark")
    left_out = LEFT_OUT.get(name, ())
    # Columns of different types are compared as texts.
    kinds = {
        column: table.columns[column] if table.columns[column] == types[column] else "VARCHAR"
        for column in common
        if column not in left_out
    }
    key = _key(con, here, rows, kinds)
    if key:
        differences += _different_by_key(con, here, there, key, kinds)
    else:
        differences += _different_as_sets(con, here, there, list(kinds))
    return Comparison(name, rows, len(kinds), tuple(differences))


def _count(con: duckdb.DuckDBPyConnection, place: str) -> int:
    [(rows,)] = con.execute(f"select count(*) from {place}").fetchall()
    return int(rows)


def _key(con: duckdb.DuckDBPyConnection, here: str, rows: int, kinds: Columns) -> tuple[str, ...]:
    """Return the fewest first columns that are unique together; empty if they are many."""
    for size in range(1, _MOST_KEY_COLUMNS + 1):
        key = tuple(kinds)[:size]
        names = ", ".join(map(quoted, key))
        if _count(con, f"(select distinct {names} from {here})") == rows:
            nulls = " or ".join(f"{quoted(name)} is null" for name in key)
            return () if _count(con, f"{here} where {nulls}") else key
    return ()


def _different_by_key(
    con: duckdb.DuckDBPyConnection, here: str, there: str, key: tuple[str, ...], kinds: Columns
) -> Iterator[str]:
    """Yield the keys that only one side has, and the columns that differ in the common rows."""
    names = ", ".join(map(quoted, key))
    for one, other, what in ((here, there, "only in DuckDB"), (there, here, "only on Spark")):
        [(rows, example)] = con.execute(
            f"select count(*), min({_said(key)}) from {one} anti join {other} using ({names})"
        ).fetchall()
        if rows:
            yield f"{rows:,} rows {what}, such as {example}"
    columns = [column for column in kinds if column not in key]
    pairs = f"{here} as a inner join {there} as b using ({names})"
    for start in range(0, len(columns), _COLUMNS_AT_A_TIME):
        part = columns[start : start + _COLUMNS_AT_A_TIME]
        counts = ", ".join(f"count(*) filter ({_differs(name, kinds[name])})" for name in part)
        [found] = con.execute(f"select {counts} from {pairs}").fetchall()
        for column, rows in zip(part, found, strict=True):
            if rows:
                yield f"{column}: {rows:,} rows differ, {_most(con, pairs, key, column, kinds)}"


def _said(key: tuple[str, ...]) -> str:
    """Return an expression of a key as text, such as `customer_id C7`."""
    return " || ', ' || ".join(f"{literal(name + ' ')} || {quoted(name)}" for name in key)


def _differs(column: str, kind: str) -> str:
    """Return a condition on the rows `a` and `b`; floating point -0 and 0 differ too."""
    text = "::varchar" if kind in (*_FLOATS, "VARCHAR") else ""
    return f"a.{quoted(column)}{text} is distinct from b.{quoted(column)}{text}"


def _most(
    con: duckdb.DuckDBPyConnection, pairs: str, key: tuple[str, ...], column: str, kinds: Columns
) -> str:
    """Describe the largest difference of a column; for texts, any difference."""
    kind, a, b = kinds[column], f"a.{quoted(column)}", f"b.{quoted(column)}"
    distance, unit = "null", ""
    if any(name in kind for name in _NUMBERS):
        distance = f"abs({a} - {b})"
    elif kind.startswith(_MOMENTS):
        distance, unit = f"abs(epoch({a}) - epoch({b}))", " s"
    [(most, one, other, where)] = con.execute(
        f"select {distance} as distance, {a}::varchar, {b}::varchar, {_said(key)}"
        f" from {pairs} where {_differs(column, kind)}"
        f" order by distance desc nulls last, {', '.join(map(quoted, key))} limit 1"
    ).fetchall()
    by = "" if most is None else f"by up to {most}{unit}, "
    one, other = ("null" if text is None else _short(text) for text in (one, other))
    return f"{by}such as {one} in DuckDB and {other} on Spark at {where}"


def _different_as_sets(
    con: duckdb.DuckDBPyConnection, here: str, there: str, columns: list[str]
) -> Iterator[str]:
    """Yield how many rows only one side has, in a table without a key."""
    names = ", ".join(map(quoted, columns))
    for one, other, what in ((here, there, "only in DuckDB"), (there, here, "only on Spark")):
        only = f"(select {names} from {one} except all select {names} from {other})"
        texts = ", ".join(f"{quoted(column)}::varchar" for column in columns)
        [(rows, example)] = con.execute(
            f"select count(*), min(concat_ws(', ', {texts})) from {only}"
        ).fetchall()
        if rows:
            yield f"{rows:,} rows {what}, such as {_short(example)}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_EXAMPLE else text[:_LONGEST_EXAMPLE] + "…"
