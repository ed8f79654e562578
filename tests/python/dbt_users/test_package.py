"""A project of a bank's own that uses this one as a package, as docs/dbt.md shows it."""

import re

import pytest
import yaml

from conftest import ROOT, Warehouse

DOCS = (ROOT / "docs/dbt.md").read_text()
MODEL = """\
select
    customer_id,
    count(*) as alerts,
    '{{ var("report_currency") }}' as currency
from {{ ref('smartsentry', 'alerts') }}
where transaction_id in (select transaction_id from {{ ref('smartsentry', 'transactions') }})
group by customer_id
"""
TESTS = """\
models:
  - name: alerts_per_customer
    columns:
      - name: customer_id
        data_tests:
          - unique: {name: host_customer_is_unique}
          - relationships:
              name: host_customer_is_known
              arguments: {to: "ref('smartsentry', 'customers')", field: customer_id}
          - relationships:
              name: host_customer_is_an_own_one
              arguments: {to: "ref('customers')", field: customer_id}
"""
PROFILE = """\
bank:
  target: dev
  outputs:
    dev: {type: duckdb, schema: bank, threads: 2, path: "{{ env_var('SMARTSENTRY_DB') }}"}
"""


def own_macros() -> str:
    """Write a macro, and a test, of the name of each of this project's own, that stops dbt."""
    names = set()
    for folder in (ROOT / "macros", ROOT / "dbt_project/rule_book"):
        for path in folder.rglob("*.sql"):
            if "overrides" not in path.parts:
                names |= set(re.findall(r"{%-? macro (\w+)\(", path.read_text()))
    tests = {path.stem for path in (ROOT / "tests/dbt/generic").glob("*.sql")}
    stop = "{{ exceptions.raise_compiler_error('the macro of the host') }}"
    assert {"ratio", "unnest", "default__unnest", "threshold", "text_literal"} <= names
    assert {"unique_together", "values_in_range"} <= tests
    return "".join(
        [f"{{% macro {name}() %}}{stop}{{% endmacro %}}\n" for name in sorted(names)]
        + [f"{{% test {name}(model) %}}{stop}{{% endtest %}}\n" for name in sorted(tests)]
    )


@pytest.fixture(scope="module")
def host(small_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The bank's project after its first build, with the raw data of the small warehouse."""
    folder = tmp_path_factory.mktemp("host")
    warehouse = small_warehouse.copy(folder)
    shown = {
        name: text.replace("path/to/smartsentry", str(ROOT))
        for name, text in re.findall(r"```yaml\n# (\w+\.yml)\n(.*?)```", DOCS, re.DOTALL)
    }
    assert shown.keys() == {"packages.yml", "dbt_project.yml"}
    files = {
        **shown,
        "profiles.yml": PROFILE,
        "models/alerts_per_customer.sql": MODEL,
        "models/alerts_per_customer.yml": TESTS,
        # A name that this project has too; the package's models read their own.
        "models/customers.sql": "select 'C0' as customer_id, 'a lead' as is_lead",
        "macros/own.sql": own_macros(),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    project = yaml.safe_load(files["dbt_project.yml"])
    project["vars"] = {"report_currency": "INR"}
    (folder / "dbt_project.yml").write_text(yaml.safe_dump(project))
    installed = dbt(warehouse, "deps")
    assert installed.returncode == 0, installed.stdout
    built = dbt(
        warehouse,
        *("build", "--exclude-resource-type", "unit_test", "--vars", "{report_currency: EUR}"),
    )
    # Our customers are not all leads: that test is the host's own, as dbt means it.
    assert re.findall(r"FAIL \d+ (\w+) \.", built.stdout) == ["host_customer_is_an_own_one"], (
        built.stdout
    )
    assert "ERROR=1 SKIP=0" in built.stdout
    return warehouse


def dbt(warehouse: Warehouse, *arguments: str):
    """Run dbt in the host's folder."""
    folder = str(warehouse.path.parent)
    parsed, Warehouse.parsed = Warehouse.parsed, None  # of another project
    try:
        return warehouse.dbt(*arguments, DBT_PROJECT_DIR=folder, DBT_PROFILES_DIR=folder)
    finally:
        Warehouse.parsed = parsed


def rows(warehouse: Warehouse, query: str) -> list[tuple]:
    with warehouse.connect() as con:
        return con.execute(query).fetchall()


def test_the_layers_are_in_schemas_of_the_host_s_target(host: Warehouse) -> None:
    (alerts,) = rows(host, "select sum(alerts) from bank.alerts_per_customer")
    assert alerts == rows(host, "select count(*) from alerts")[0]
    assert rows(host, "select distinct currency from bank.alerts_per_customer") == [("EUR",)]
    for table in ("transactions", "rule_performance", "customers"):
        both = [f"from main.{table}", f"from bank_main.{table}"]
        for one, other in (both, both[::-1]):
            assert rows(host, f"select count(*) from ({one} except all {other})") == [(0,)], table
    catalogued = rows(host, "select distinct schema_name from bank_main.column_catalogue")
    assert {name for (name,) in catalogued} == {
        *("raw", "bank_staging", "bank_features", "bank_network", "bank_rules", "bank_main"),
    }


def test_the_checks_are_the_package_s_own(host: Warehouse) -> None:
    assert rows(host, 'select "check" from bank_main.integrity_checks order by 1') == (
        rows(host, 'select "check" from main.integrity_checks order by 1')
    )
    assert rows(host, "select distinct status from bank_main.integrity_checks") == [("passed",)]


def test_a_run_of_the_host_s_models_leaves_the_package_s_records_alone(host: Warehouse) -> None:
    with host.connect(read_only=False) as con:
        con.execute("update bank_main.build_info set published_at = built_at")
    before = rows(host, "from bank_main.build_info"), rows(host, "from bank_main.integrity_checks")
    assert dbt(host, "run", "--select", "alerts_per_customer").returncode == 0
    tested = dbt(host, "test", "--select", "host_customer_is_known", "host_customer_is_unique")
    assert tested.returncode == 0, tested.stdout
    assert before == (
        rows(host, "from bank_main.build_info"),
        rows(host, "from bank_main.integrity_checks"),
    )


def test_a_threshold_of_the_package_is_checked_in_the_host_too(host: Warehouse) -> None:
    refused = dbt(host, "parse", "--vars", "{micro_transaction__amout: 5}")
    assert refused.returncode == 2
    assert "unknown var micro_transaction__amout" in refused.stdout


def test_a_check_that_the_host_lets_warn_is_warned(host: Warehouse) -> None:
    path = host.path.parent / "dbt_project.yml"
    before = path.read_text()
    project = yaml.safe_load(before)
    project["data_tests"] = {"smartsentry": {"+severity": "warn"}}
    path.write_text(yaml.safe_dump(project))
    with host.connect(read_only=False) as con:
        con.execute("update bank_main.devices set os_type = 'none'")
    try:
        tested = dbt(host, "test", "--select", "devices_os_type_is_in_its_domain")
    finally:
        path.write_text(before)
    assert tested.returncode == 0, tested.stdout
    assert rows(
        host,
        "select passed, status from bank_main.integrity_checks"
        " where \"check\" = 'devices_os_type_is_in_its_domain'",
    ) == [(False, "warned")]
    assert rows(host, "select tests_warned, tests_failed from bank_main.build_info") == [(1, 0)]


def test_a_second_run_computes_the_rows_anew_and_adds_none(host: Warehouse) -> None:
    tables = ("transactions", "threshold_counts", "alerts_alone")
    counts = " union all ".join(f"select count(*) from bank_main.{table}" for table in tables)
    before = rows(host, counts)
    ran = dbt(host, "run", "--select", *tables)
    assert ran.returncode == 0, ran.stdout
    assert rows(host, counts) == before
    assert rows(host, "from main.transactions except all from bank_main.transactions") == []
