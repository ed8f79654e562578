"""A day's SQL gives the rows that a whole build gives, wherever the seam is.

The rows of each unit test are cut at each of their moments, and a second later: what is older is
in the table already, what is newer is to be computed. The unit tests have rows exactly as old as a
window is wide and a second older, so a seam meets both.
"""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from compiled import Compiled
from conftest import ROOT, Warehouse
from mutation import Bench
from smartsentry.build.add import BY_DAY, VARIABLE

SEAM = "2001-02-03 04:05:06"
MODELS = [name.split(".")[1] for name in BY_DAY]
VARS = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]


def moments(test: dict) -> dict[int, dt.datetime]:
    """Return when each transaction of a unit test was, where its rows say so."""
    return {
        row["transaction_no"]: dt.datetime.fromisoformat(row["timestamp"])
        for entry in test["given"]
        for row in entry["rows"]
        if {"transaction_no", "timestamp"} <= row.keys()
    }


TESTS = [
    test
    for path in sorted((ROOT / "dbt_project").rglob("*.unit_tests.yml"))
    for test in yaml.safe_load(path.read_text())["unit_tests"]
    if test["model"] in MODELS
    and test.get("overrides", {}).get("vars", {}).items() <= VARS.items()
    and moments(test)
]


@pytest.fixture(scope="module")
def bench(compiled: Compiled) -> Iterator[Bench]:
    bench = Bench(compiled, TESTS)
    yield bench
    bench.con.close()


@pytest.fixture(scope="module")
def day_sql(small_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of each model where a day is added."""
    copy = small_warehouse.copy(tmp_path_factory.mktemp("seams"))
    ran = copy.dbt("compile", "--select", *MODELS, **{VARIABLE: SEAM})
    assert ran.returncode == 0, ran.stdout
    nodes = copy.artifact("manifest.json")["nodes"].values()
    folder = copy.target / "compiled/smartsentry"
    return {
        node["name"]: Path(folder, node["original_file_path"]).read_text()
        for node in nodes
        if node["resource_type"] == "model" and node["name"] in MODELS
    }


def test_the_models_by_day_are_those_that_add_keeps(compiled: Compiled) -> None:
    by_day = {
        f"{node['schema']}.{name}"
        for name, node in compiled.nodes.items()
        if "by_day()" in node.get("raw_code", "")
    }
    assert by_day == {*BY_DAY}


@pytest.mark.parametrize("model", MODELS)
def test_each_model_has_seams(day_sql: dict[str, str], model: str) -> None:
    assert SEAM in day_sql[model]


def at_a_wrong_seam(bench: Bench, sql: str, test: dict) -> dict[str, list[tuple]]:
    """Return the rows in which a day differs, by the first seam where one does."""
    model, con, when = test["model"], bench.con, moments(test)
    bench.give(test)
    this = bench.compiled.relation(model)
    con.execute(f"create or replace temp table whole as {bench.compiled.sql(model)}")
    con.execute("create or replace temp table moments (transaction_no bigint, moment timestamp)")
    con.executemany("insert into moments values (?, ?)", [list(one) for one in when.items()])
    number = "later_no" if model == "transfer_links" else "transaction_no"
    of_moment = f"from whole inner join moments on whole.{number} = moments.transaction_no where"
    second = dt.timedelta(seconds=1)
    seams = {moment + late for moment in when.values() for late in (0 * second, second)}
    if model == "account_balances":  # whose change of the day needs the whole day
        seams = {moment.replace(hour=0, minute=0, second=0) for moment in seams}
    for seam in sorted(seams):
        con.execute(f"delete from {this}")
        con.execute(f"insert into {this} by name select whole.* {of_moment} moment < ?", [seam])
        con.execute(f"create or replace temp table day as {sql.replace(SEAM, str(seam))}")
        found = con.execute(
            f"""
            with wanted as (select whole.* {of_moment} moment >= ?)
            (select 'missing', * from (from wanted except all from day))
            union all
            (select 'too much', * from (from day except all from wanted))
            """,
            [seam],
        ).fetchall()
        if found:
            return {str(seam): found}
    return {}


@pytest.mark.parametrize("test", TESTS, ids=lambda test: test["name"])
def test_a_day_gives_what_a_whole_build_gives(
    bench: Bench, day_sql: dict[str, str], test: dict
) -> None:
    assert at_a_wrong_seam(bench, day_sql[test["model"]], test) == {}


@pytest.mark.parametrize(
    ("model", "seconds"),
    [
        ("account_velocity", 30 * 86400),
        ("customer_velocity", 30 * 86400),
        ("entity_network", 30 * 86400),
        ("account_network", 7 * 86400),
        ("transfer_links", 14 * 86400),
    ],
)
def test_a_second_less_is_noticed(
    bench: Bench, day_sql: dict[str, str], model: str, seconds: int
) -> None:
    reach = f"to_seconds({seconds})"
    assert reach in day_sql[model]
    sql = day_sql[model].replace(reach, f"to_seconds({seconds - 1})")
    tests = [test for test in TESTS if test["model"] == model]
    assert any(at_a_wrong_seam(bench, sql, test) for test in tests)
