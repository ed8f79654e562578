"""Days that are added one after another, in any way, give what a build on all of their rows gives.

Each example is some builds, so there are few here; `make days` makes many.
"""

import contextlib
import io
import os
import shutil
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import seed_helpers
from conftest import Warehouse
from raw_layer.errors import BadInputError
from raw_layer.fingerprint import fingerprint
from smartsentry.build import children, on_duckdb
from smartsentry.build.add import BY_DAY, REMEMBERED, add
from smartsentry.build.build_info import differences, mart_fingerprints
from smartsentry.load.addition import add_file

EXAMPLES = int(os.environ.get("DAYS_EXAMPLES") or 2)
# Of many sequences the values are compared; a few have the data tests too.
HAS_DATA_TESTS = EXAMPLES <= 2
# What the published data lack, or have otherwise than the source: the last days, rows of accounts
# in the past, amounts and devices of a day, and what is known of two customers.
LAST = "timestamp >= '2025-12-18'"
LATE = "sender_account_id in ('A5', 'A17', 'A210') and timestamp < '2025-11-20'"
WRONG = "timestamp::date = '2025-12-02'"
CUSTOMERS = "customer_id in ('C5', 'C8')"
# What the added files have.
FILES = {
    "a day": "timestamp::date = '2025-12-18'",
    "the next day and the one before": "timestamp::date in ('2025-12-18', '2025-12-19')",
    "a later week": "timestamp::date between '2025-12-22' and '2025-12-28'",
    "late rows": LATE,
    "corrections": WRONG,
    "late rows and corrections": f"({LATE}) or {WRONG}",
    "no row": "false",
    "one row": f"transaction_id = (select min(transaction_id) from raw.transactions where {LAST})",
    "customers": "false",
    "a week that was there": "timestamp::date between '2025-10-01' and '2025-10-07'",
    "all": "true",
}

# Or the rows of any days, most of which are there or not, as it happens.
PERIODS = st.builds(
    "timestamp::date between date '2025-11-15' + {0} and date '2025-11-15' + {0} + {1}".format,
    st.integers(0, 46),
    st.integers(0, 9),
)


def part(path: Path, where: str, *changes: str) -> Path:
    return seed_helpers.part(path, where, *changes, scale="0.02")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a published warehouse that lacks some rows and has some wrong ones."""
    folder = tmp_path_factory.mktemp("days")
    raw = part(
        folder / "base.duckdb",
        f"not ({LAST}) and not ({LATE})",
        "update raw.transactions set amount = amount * 40, device_id = 'D1'"
        f" where {WRONG} and transaction_type != 'DD'",
        f"update raw.customers set kyc_level = 'high', age = 30 where {CUSTOMERS}",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DBT_TARGET_PATH", str(folder / "target"))  # so that dbt parses once
        if not HAS_DATA_TESTS:
            patch.setattr(children, "DBT", (*children.DBT, "--exclude-resource-type", "test"))
        patch.setenv("SMARTSENTRY_INPUTS", os.environ["SMARTSENTRY_INPUTS"])  # each example's own
        on_duckdb.build(folder / "published.duckdb", [], raw=raw)
        yield folder


def rows(path: Path, query: str) -> list[tuple]:
    with duckdb.connect(path, read_only=True) as con:
        return con.execute(query).fetchall()


def fingerprints(path: Path) -> dict[str, str]:
    """Return a fingerprint of each table but those that tell of builds, the private ones too."""
    with duckdb.connect(path, read_only=True) as con:
        private = con.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where schema_name in ('features', 'network')"
        ).fetchall()
        assert len(private) > 8
        return mart_fingerprints(con) | {
            f"{schema}.{table}": fingerprint(con, schema, table) for schema, table in private
        }


def rebuilt(path: Path) -> dict[str, str]:
    """Return the fingerprints of a whole build on the raw rows of a file."""
    copy = path.with_name("rebuilt.duckdb")
    on_duckdb.build(copy, [], raw=path)
    return fingerprints(copy)


def decide(path: Path, team: Path) -> None:
    """Decide on one more case of those that a file has, in the middle of its time."""
    file = team / "dispositions.csv"
    decided = {line.split(",")[0] for line in file.read_text().splitlines()}
    early = "select case_id from cases where opened_at < '2025-11-20' order by opened_at, case_id"
    case = next(case for (case,) in rows(path, early) if case not in decided)
    with file.open("a") as lines:
        lines.write(f"{case},2025-11-20 12:00:00,confirmed,Jane Doe,\n")


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=HAS_DATA_TESTS,
    phases=[Phase.generate],  # to shrink an example would take hours
    suppress_health_check=list(HealthCheck),
)
@given(
    names=st.lists(st.sampled_from(sorted(FILES)) | PERIODS, min_size=2, max_size=3, unique=True),
    decisions=st.lists(st.booleans(), min_size=3, max_size=3),
)
def test_any_sequence_of_additions_equals_a_rebuild(
    folder: Path, names: list[str], decisions: list[bool]
) -> None:
    place = folder / "example"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    path = place / "warehouse.duckdb"
    shutil.copy(folder / "published.duckdb", path)
    team = place / "inputs"
    team.mkdir()
    (team / "dispositions.csv").write_text("case_id,decided_at,decision,decided_by,note\n")
    os.environ["SMARTSENTRY_INPUTS"] = str(team)
    seen = {alert for (alert,) in rows(path, "select alert_id from alerts")}
    for number, name in enumerate(names):
        # The customers as the source has them, or not at all.
        without = [f"delete from raw.customers where {CUSTOMERS}"]
        changes = [] if name in ("customers", "all") else without
        file = part(place / f"{number}.duckdb", FILES.get(name, name), *changes)
        decided = (team / "dispositions.csv").read_text()
        if decisions[number]:
            decide(path, team)
        before = path.read_bytes()
        with contextlib.redirect_stdout(io.StringIO()) as told:
            is_changed = add(path, lambda into, file=file: add_file(file, into))
        if not is_changed:
            assert path.read_bytes() == before
            (team / "dispositions.csv").write_text(decided)  # which the file has not read
            continue
        new = {alert for (alert,) in rows(path, "select alert_id from new_alerts")}
        assert not new & seen, "an alert is new once"
        [(cases,)] = rows(path, "select count(*) from new_cases")
        assert f"{len(new):,} alerts and {cases:,} cases (new_alerts" in told.getvalue()
        seen |= new
        held = {alert for (alert,) in rows(path, "select alert_id from alerts")}
        gone = rows(
            path, "select alert_id, withdrawn_reason from alert_log where withdrawn_build > 0"
        )
        assert {alert for alert, _ in gone} == seen - held
        assert all(reason for _, reason in gone)
        with duckdb.connect(path, read_only=True) as con:
            found = differences(con)
            assert found == [] or (not HAS_DATA_TESTS and len(found) == 1), found
            assert all(line.endswith(" data tests unknown") for line in found)
    assert fingerprints(path) == rebuilt(path), names


def test_what_stays_are_the_tables_of_incremental_models(small_warehouse: Warehouse) -> None:
    models = small_warehouse.artifact("manifest.json")["nodes"].values()
    incremental = {
        f"{model['schema']}.{model['alias']}"
        for model in models
        if model["config"]["materialized"] == "incremental"
    }
    # A hook fills these checks anew, whatever was there.
    assert incremental == {*REMEMBERED, *BY_DAY, "main.integrity_checks"}


def test_a_refused_file_changes_nothing(folder: Path, tmp_path: Path) -> None:
    path = folder / "published.duckdb"
    before = path.read_bytes()
    other = seed_helpers.seeded(scale="0.02", seed="7")
    with pytest.raises(BadInputError, match="from other options"):
        add(path, lambda into: add_file(other, into))
    assert path.read_bytes() == before
