"""The receipt of a load: raw.load_receipt, its printed lines, and the limit of rejected rows."""

import collections

import click
import duckdb
import pandas as pd

from raw_layer import contract
from smartsentry.load.acceptance import COUNTED
from smartsentry.load.statement import SQL


class TooManyRejectedError(click.ClickException):
    """More rows were rejected than allowed; the text says how many and why."""


def write_receipt(
    con: duckdb.DuckDBPyConnection,
    counts: dict[str, collections.Counter[tuple[object, ...]]],
    max_rejected: float,
) -> list[str]:
    """Fill raw.load_receipt; return the rows of each table, and what looks wrong, as lines.

    Args:
        con: The loaded file.
        counts: For each table, its rows by `COUNTED` and by whether they were rejected.
        max_rejected: Share of a table's rows, from 0 to 1, that may be rejected.

    Raises:
        TooManyRejectedError: a table lost more than it may, or all of its rows.
    """
    counted = [
        (table, *group, rows) for table, groups in counts.items() for group, rows in groups.items()
    ]
    names = ["source_table", *COUNTED, "is_rejected", "rows"]
    con.register("counted_rows", pd.DataFrame(counted, columns=names, dtype=object))
    con.execute(SQL.joinpath("counted.sql").read_text("utf-8"))
    con.unregister("counted_rows")
    con.execute(SQL.joinpath("receipt.sql").read_text("utf-8"))
    con.execute("drop table counted")
    lines = []
    for table, landed, rejected, left_out in con.execute(
        SQL.joinpath("outcome.sql").read_text("utf-8")
    ).fetchall():
        said = [
            f"{reason}: {int(rows):,} (first: {first})"
            for reason, rows, first in con.execute(
                SQL.joinpath("reasons.sql").read_text("utf-8"), [table]
            ).fetchall()
        ]
        share = f"{100 * rejected / landed:.2f}%"
        if rejected > max_rejected * landed or rejected == landed:
            allowed = "not all may be" if rejected == landed else f"at most {max_rejected:.2%}"
            raise TooManyRejectedError(
                f"{rejected:,} of {landed:,} rows of {table} were rejected ({share}, {allowed}):"
                f" {'; '.join(said)}. Nothing was loaded. If these lines are no rows, such as"
                " totals, say how they begin under skip in source.toml; --max-rejected allows for"
                " bad rows."
            )
        accepted = landed - rejected - left_out
        if table == contract.TRANSACTIONS.name and not accepted:
            raise TooManyRejectedError(
                f"no row of {table} was accepted: {left_out:,} were left out and {rejected:,}"
                " rejected."
            )
        out = f"  {left_out:,} left out" if left_out else ""
        lines.append(f"{table:<22}{accepted:>13,} rows  {rejected:>9,} rejected  {share}{out}")
        lines += [f"  {reason}" for reason in said]
    warnings = con.execute(
        "select distinct on (warning) warning from raw.load_receipt where warning is not null"
        " order by receipt_no"
    ).fetchall()
    ended = (warning if warning.endswith("?") else f"{warning}." for (warning,) in warnings)
    return lines + [f"Look at this: {warning}" for warning in ended]
