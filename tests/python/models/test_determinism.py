"""Equal seed, equal content of every table: at any number of threads, in any order of rows."""

import pytest

from conftest import Warehouse

# Seeds and models: whether the data tests pass is not the question here.
MODELS = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")

# When a build ran and how long a check took differ; the rest of these tables does not.
TIMED = {
    "integrity_checks": "select * exclude (seconds, build_id, ran_at) from integrity_checks",
    "build_info": "select * exclude (build_id, built_at) from build_info",
    "build_log": "select * exclude (build_id, built_at) from build_log",
}
# A second build of a file is one more in the log, and what it brought is nothing.
LOGS = ("main.build_log", "main.alert_log", "main.new_alerts", "main.new_cases", "rules.rule_log")


def fingerprints(warehouse: Warehouse) -> dict[str, tuple]:
    """Return count and order-free content hash of each raw table and each mart."""
    with warehouse.connect() as con:
        tables = con.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where schema_name in ('raw', 'main', 'rules', 'features')"
            " union all select schema_name, view_name from duckdb_views()"
            " where schema_name = 'main' and not internal order by all"
        ).fetchall()
        return {
            f"{schema}.{table}": con.execute(
                "select count(*), sum(md5_number_lower(cast(content as varchar))::hugeint)"
                f" from ({TIMED.get(table, f'from {schema}.{table}')}) as content"
            ).fetchone()
            for schema, table in tables
        }


def require_same_but_for_logs(before: dict[str, tuple], after: dict[str, tuple]) -> None:
    """Compare what a second build of the same rows gives, which brought nothing new."""
    assert after.keys() == before.keys()
    assert {name for name in before if after[name] != before[name]} <= {*LOGS}
    assert after["main.new_alerts"][0] == after["main.new_cases"][0] == 0


@pytest.fixture(scope="module")
def warehouses(tmp_path_factory) -> dict[int, Warehouse]:
    """One warehouse per number of threads, each from its own seeding, at scale 0.1."""
    built = {}
    for threads in (1, 2, 4):
        folder = tmp_path_factory.mktemp(f"threads_{threads}")
        warehouse = Warehouse(folder / "warehouse.duckdb", folder / "target")
        assert warehouse.seed("--scale", "0.1").returncode == 0
        ran = warehouse.dbt(*MODELS, threads=threads)
        assert ran.returncode == 0, ran.stdout
        built[threads] = warehouse
    return built


def test_content_is_equal_at_any_number_of_threads(warehouses: dict[int, Warehouse]) -> None:
    one, two, four = (fingerprints(warehouses[threads]) for threads in (1, 2, 4))
    assert len(one) > 25
    assert one == two == four


def test_content_is_equal_twice_in_a_row(warehouses: dict[int, Warehouse]) -> None:
    again = warehouses[4]
    before = fingerprints(again)
    assert again.dbt(*MODELS).returncode == 0
    require_same_but_for_logs(before, fingerprints(again))


def test_content_is_equal_whatever_order_the_raw_rows_have(
    warehouses: dict[int, Warehouse],
) -> None:
    again = warehouses[2]
    before = fingerprints(again)
    with again.connect(read_only=False) as con:
        tables = con.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
        for (table,) in tables:
            con.execute(f"create temp table backwards as from raw.{table} order by rowid desc")
            con.execute(f"delete from raw.{table}")
            con.execute(f"insert into raw.{table} from backwards")
            con.execute("drop table backwards")
        (first,) = con.execute("select transaction_id from raw.transactions limit 1").fetchone()
    with warehouses[4].connect() as con:
        assert (first,) != con.execute("select transaction_id from raw.transactions").fetchone()
    assert again.dbt(*MODELS).returncode == 0
    require_same_but_for_logs(before, fingerprints(again))


def test_there_are_ties_in_time(warehouses: dict[int, Warehouse]) -> None:
    with warehouses[1].connect() as con:
        (ties,) = con.execute(
            "select count(*) from (select 1 from transactions"
            " group by sender_account_id, timestamp having count(*) > 1)"
        ).fetchone()
    assert ties > 0
