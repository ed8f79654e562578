"""`integrity_checks` and `build_info` say what is known of the tables that are there, no more."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest

from conftest import Warehouse

LOOKS_AT_DEVICES = "device_id_is_unique"
LOOKS_AT_CUSTOMERS = "customer_id_is_unique"
# It reads the view `alerts`, which reads `rule_thresholds`.
LOOKS_THROUGH_A_VIEW = "alerts_rule_name_is_a_rule"


@pytest.fixture
def copy(small_warehouse: Warehouse, tmp_path: Path) -> Warehouse:
    """The small warehouse, to be changed."""
    return small_warehouse.copy(tmp_path)


def outcomes(warehouse: Warehouse) -> dict[str, dict]:
    """Return the rows of `integrity_checks` by the name of the check."""
    with warehouse.connect() as con:
        cursor = con.execute("select * from integrity_checks")
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["check"]: row for row in rows}


def statuses(warehouse: Warehouse) -> Counter:
    """Count the checks by status; `build_info` must have counted the same."""
    counted = Counter(row["status"] for row in outcomes(warehouse).values())
    with warehouse.connect() as con:
        cursor = con.execute("select columns('tests_.*') from build_info")
        names = [column[0].removeprefix("tests_") for column in cursor.description]
        (row,) = cursor.fetchall()
    assert dict(zip(names, row, strict=True)) == {name: counted[name] for name in names}
    assert counted.keys() <= set(names)
    return counted


def build_id(warehouse: Warehouse) -> str:
    with warehouse.connect() as con:
        ((value,),) = con.execute("select build_id from build_info").fetchall()
    return value


def test_after_a_whole_build_all_is_known_and_of_that_build(small_warehouse: Warehouse) -> None:
    found = outcomes(small_warehouse)
    assert statuses(small_warehouse) == {"passed": len(found)}
    assert {row["build_id"] for row in found.values()} == {build_id(small_warehouse)}
    assert all(row["passed"] and row["ran_at"] for row in found.values())


def test_a_replaced_table_makes_unknown_what_looks_at_it(copy: Warehouse) -> None:
    """Through views too, with rows or without, until the check has run again."""
    before = build_id(copy)
    ran = copy.dbt("run", "--select", "devices", "rule_thresholds", "--empty")
    assert ran.returncode == 0, ran.stdout
    found = outcomes(copy)
    for check in (LOOKS_AT_DEVICES, LOOKS_THROUGH_A_VIEW):
        assert found[check] == {
            "check": check,
            "passed": None,
            "failures": None,
            "seconds": None,
            "status": "unknown",
            "build_id": None,
            "ran_at": None,
        }
    assert found[LOOKS_AT_CUSTOMERS]["status"] == "passed"
    assert found[LOOKS_AT_CUSTOMERS]["build_id"] == before != build_id(copy)
    unknown = statuses(copy)["unknown"]
    assert 2 <= unknown < len(found)

    # It passes over no row: that says nothing of the data.
    built = copy.dbt("build", "--select", "devices", "--empty")
    assert built.returncode == 0, built.stdout
    assert statuses(copy)["unknown"] == unknown

    built = copy.dbt("build", "--select", "devices", "--exclude-resource-type", "unit_test")
    assert built.returncode == 0, built.stdout
    assert outcomes(copy)[LOOKS_AT_DEVICES]["build_id"] == build_id(copy)
    assert 0 < statuses(copy)["unknown"] < unknown


def test_a_run_that_only_reads_changes_nothing(copy: Warehouse) -> None:
    before = hashlib.sha256(copy.path.read_bytes()).hexdigest()
    for command in (
        ("show", "--select", "alerts", "--limit", "2"),
        ("compile", "--select", "alerts"),
        ("ls", "--select", "alerts+"),
        ("docs", "generate"),
    ):
        ran = copy.dbt(*command)
        assert ran.returncode == 0, ran.stdout
        assert hashlib.sha256(copy.path.read_bytes()).hexdigest() == before, command


def test_failed_errored_skipped_and_retried_are_told_apart(copy: Warehouse) -> None:
    with copy.connect(read_only=False) as con:
        con.execute("insert into raw.devices from raw.devices limit 1")
        con.execute("alter table customers rename column kyc_level to kyc")
    built = copy.dbt(
        *("build", "--exclude-resource-type", "unit_test", "--select", "devices"),
        *("transaction_features", "customers_kyc_level_is_in_its_domain"),
        "transaction_device_id_is_a_device",
    )
    assert built.returncode == 1
    found = outcomes(copy)
    assert found[LOOKS_AT_DEVICES]["status"] == "failed"
    assert found[LOOKS_AT_DEVICES]["failures"] == 1
    assert found["customers_kyc_level_is_in_its_domain"]["status"] == "errored"
    assert found["customers_kyc_level_is_in_its_domain"]["failures"] is None
    assert found["transaction_device_id_is_a_device"]["status"] == "skipped"
    assert [
        found[check]["passed"]
        for check in (
            LOOKS_AT_DEVICES,
            "customers_kyc_level_is_in_its_domain",
            "transaction_device_id_is_a_device",
            LOOKS_AT_CUSTOMERS,
        )
    ] == [False, False, None, True]
    assert statuses(copy)["failed"] == 1

    # dbt's own way on: what failed or was skipped runs again, and nothing else is forgotten.
    with copy.connect(read_only=False) as con:
        con.execute("create or replace table raw.devices as select distinct * from raw.devices")
        con.execute("create or replace table devices as select distinct * from devices")
        con.execute("alter table customers rename column kyc to kyc_level")
    retried = copy.dbt("retry")
    assert retried.returncode == 0, retried.stdout
    found = outcomes(copy)
    assert {found[check]["status"] for check in (LOOKS_AT_DEVICES, LOOKS_AT_CUSTOMERS)} == {
        "passed"
    }
    assert found["transaction_device_id_is_a_device"]["build_id"] == build_id(copy)
    assert found[LOOKS_AT_CUSTOMERS]["build_id"] != build_id(copy)
    assert set(statuses(copy)) <= {"passed", "unknown"}


def test_what_an_older_version_wrote_is_unknown(copy: Warehouse) -> None:
    with copy.connect(read_only=False) as con:
        for column in ("status", "build_id", "ran_at"):
            con.execute(f"alter table integrity_checks drop {column}")
    ran = copy.dbt("run", "--select", "integrity_checks")
    assert ran.returncode == 0, ran.stdout
    assert set(statuses(copy)) == {"unknown"}
    with copy.connect() as con:
        passed = con.execute("select count(*) from integrity_checks where passed").fetchone()
    assert passed == (0,)


def test_what_is_about_to_be_replaced_is_unknown_from_the_start_on(copy: Warehouse) -> None:
    """A model that fails has replaced nothing, but until then nobody can know: so would a kill."""
    with copy.connect(read_only=False) as con:
        con.execute("insert into raw.devices (device_id) values (null)")  # the contract: not null
    failed = copy.dbt("run", "--select", "devices")
    assert failed.returncode == 1, failed.stdout
    assert outcomes(copy)[LOOKS_AT_DEVICES]["status"] == "unknown"
