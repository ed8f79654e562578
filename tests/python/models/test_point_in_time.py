"""What is known of a transaction does not change when later ones arrive.

The small warehouse's raw rows up to a moment, and all of them: each feature, rule, score and alert
of the earlier rows is the same in both, ground truth included, rows of the very last second too.
"""

import pytest

from compiled import CompiledModels

MOMENTS = ("2025-09-20 12:00:00", "2025-11-01 00:00:00", "2025-12-15 18:30:00")


@pytest.mark.parametrize("moment", MOMENTS)
def test_later_rows_change_no_earlier_one(models: CompiledModels, moment: str) -> None:
    con = models.con
    # The moment of the first row after it: rows that share its second arrive together.
    (last,) = con.execute(
        f"select min(timestamp) from built.raw.transactions where timestamp >= '{moment}'"
    ).fetchone()
    models.run_on_built(order="rowid", where=f"timestamp <= '{last}'")
    for table in ("transactions", "alerts"):
        con.execute(f"create or replace temp table {table}_then as from main.{table}")
    (then,) = con.execute("select count(*) from transactions_then").fetchone()
    models.run_on_built(order="rowid")
    (now,) = con.execute("select count(*) from main.transactions").fetchone()
    assert now > then > 1_000
    for table in ("transactions", "alerts"):
        (differing,) = con.execute(
            f"""
            select count(*)
            from (
                (
                    from {table}_then
                    except all
                    from main.{table} where timestamp <= '{last}'
                )
                union all
                (
                    from main.{table} where timestamp <= '{last}'
                    except all
                    from {table}_then
                )
            )
            """
        ).fetchone()
        assert differing == 0, f"{differing} rows of {table} differ"
