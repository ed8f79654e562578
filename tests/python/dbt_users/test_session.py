"""A session of somebody who knows dbt: each command does what dbt documents, no more.

The commands run one after another on one file, some against a second target in it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, Warehouse
from faults.place import copy_project

JANE = ("--target", "jane")


class Session:
    """dbt on a copy of the small warehouse, with a second target in the same file."""

    def __init__(self, small: Warehouse, folder: Path) -> None:
        self.warehouse = small.copy(folder)
        self.folder = folder
        self.state = folder / "state"
        self.profiles = folder / "profiles"
        profile = yaml.safe_load((ROOT / "profiles.yml").read_text())
        outputs = profile["smartsentry"]["outputs"]
        outputs["jane"] = outputs["dev"] | {"schema": "dbt_jane"}
        # A file of its own, from which the warehouse is seen.
        outputs["apart"] = outputs["jane"] | {
            "path": str(folder / "apart.duckdb"),
            "attach": [{"path": str(self.warehouse.path), "read_only": True}],
            "config_options": {},
        }
        self.profiles.mkdir()
        (self.profiles / "profiles.yml").write_text(yaml.safe_dump(profile))

    def dbt(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """Run dbt, which must end with this code, and return what it says."""
        settings = {"DBT_PROFILES_DIR": str(self.profiles)} | environment
        ran = self.warehouse.dbt(*arguments, **settings)
        assert ran.returncode == code, ran.stdout + ran.stderr
        assert "Traceback" not in ran.stdout + ran.stderr
        return ran.stdout

    def rows(self, query: str) -> list[tuple]:
        with self.warehouse.connect() as con:
            return con.execute(query).fetchall()

    def tables(self) -> set[str]:
        """Name every table and view that is not of the published target."""
        return {
            name
            for (name,) in self.rows(
                "select table_schema || '.' || table_name from information_schema.tables"
                " where table_schema not in"
                " ('raw', 'staging', 'features', 'network', 'rules', 'main')"
            )
        }


@pytest.fixture(scope="module")
def session(
    small_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    session = Session(small_warehouse, tmp_path_factory.mktemp("session"))
    session.dbt("parse")
    session.state.mkdir()
    shutil.copy(session.warehouse.target / "manifest.json", session.state)
    return session


def test_selection_lists_what_dbt_documents(session: Session) -> None:
    assert session.dbt(
        "ls", "--quiet", "--select", "+devices", "--resource-type", "model"
    ).split() == [
        "smartsentry.marts.devices",
        "smartsentry.staging.stg_devices",
    ]
    assert session.dbt("ls", "--quiet", "--select", "stg_devices,devices").split() == []
    assert session.dbt(
        *("ls", "--quiet", "--select", "path:dbt_project/models/rules"),
        *("--exclude", "rule_hits", "hit_log", "rule_log", "--resource-type", "model"),
    ).split() == ["smartsentry.rules.transaction_features", "smartsentry.rules.transaction_rules"]


def test_nothing_is_modified_in_an_unchanged_project(session: Session) -> None:
    state = ("--state", str(session.state))
    assert session.dbt("ls", "--quiet", "--select", "state:modified", *state).split() == []
    assert "Nothing to do" in session.dbt("run", "--select", "state:modified", *state)


@pytest.mark.parametrize("command", ["show", "compile", "parse", "ls", "build", "test", "docs"])
def test_a_misspelt_var_is_refused_wherever_it_would_be_read(
    session: Session, command: str
) -> None:
    arguments = {
        "parse": ("parse",),
        "docs": ("docs", "generate"),
    }.get(command, (command, "--select", "rule_thresholds"))
    said = session.dbt(*arguments, "--vars", "{micro_transaction__amout: 5}", code=2)
    assert "unknown var micro_transaction__amout: allowed are money_unit" in said


@pytest.mark.parametrize(
    "spelling",
    [
        "{micro_transaction__amount: 5}",
        '{"micro_transaction__amount": 5}',
        "micro_transaction__amount: 5",
    ],
)
def test_vars_in_every_form(session: Session, spelling: str) -> None:
    said = session.dbt(
        *("show", "--quiet", "--output", "json", "--vars", spelling, "--inline"),
        "select {{ threshold('micro_transaction__amount') }} as amount",
    )
    assert '"amount": 5' in said


def test_a_target_of_another_schema_leaves_the_published_one_alone(session: Session) -> None:
    before = session.rows("select count(*), max(build_id) from build_info")
    session.dbt("seed", *JANE)
    session.dbt("run", *JANE, "--select", "+devices", "rule_thresholds", "--threads", "1")
    session.dbt("test", *JANE, "--select", "devices", "--indirect-selection", "cautious")
    assert session.tables() == {
        "dbt_jane_rules.rule_catalogue",
        "dbt_jane_staging.stg_devices",
        "dbt_jane_main.devices",
        "dbt_jane_main.rule_thresholds",
    }
    assert session.rows("select count(*), max(build_id) from build_info") == before


def test_deferred_parents_are_read_where_they_are(session: Session) -> None:
    defer = ("--defer", "--state", str(session.state))
    session.dbt("run", *JANE, *defer, "--select", "customers", "rule_performance")
    assert session.rows("select * from dbt_jane_main.rule_performance order by all") == (
        session.rows("select * from rule_performance order by all")
    )
    assert "dbt_jane_staging.stg_customers" not in session.tables()
    # What this target has is read here before what is deferred to.
    session.dbt("test", *JANE, *defer, "--select", "rule_performance")


def test_a_clone_is_a_view_of_every_table(session: Session) -> None:
    session.dbt(
        *("clone", *JANE, "--state", str(session.state), "--full-refresh"),
        *("--exclude", "config.materialized:table_function"),
    )
    views = session.rows(
        "select count(*) from duckdb_views() where schema_name = 'dbt_jane_main'"
        " and view_name in ('transactions', 'alerts', 'build_info', 'integrity_checks')"
    )
    assert views == [(4,)]
    assert session.rows("select count(*) from dbt_jane_main.transactions") == (
        session.rows("select count(*) from transactions")
    )
    # A clone's records are those of what was cloned: a run beside them leaves them alone.
    before = session.rows("from build_info")
    session.dbt("run", *JANE, "--select", "devices")
    assert (
        session.rows("from build_info") == before == session.rows("from dbt_jane_main.build_info")
    )


def test_an_empty_file_defers_to_and_clones_from_an_attached_one(session: Session) -> None:
    state = ("--target", "apart", "--state", str(session.state))
    session.dbt("run", *state, "--defer", "--select", "customers", "rule_performance")
    session.dbt("clone", *state, "--select", "transactions", "rule_thresholds")
    apart = Warehouse(session.folder / "apart.duckdb", session.warehouse.target)
    with apart.connect() as con:
        con.execute(f"attach '{session.warehouse.path}' (read_only)")
        for table in ("main.rule_performance", "main.transactions"):
            assert con.execute(f"select count(*) from dbt_jane_{table}").fetchall() == (
                session.rows(f"select count(*) from {table}")
            )


def test_retry_runs_what_failed(session: Session) -> None:
    with session.warehouse.connect(read_only=False) as con:
        con.execute("update devices set os_type = 'none'")
    check = "devices_os_type_is_in_its_domain"
    session.dbt("test", "--select", "devices", code=1)
    with session.warehouse.connect(read_only=False) as con:
        con.execute("update devices set os_type = 'android'")
    assert f"PASS {check}" in session.dbt("retry")
    assert "nothing to" in session.dbt("retry").lower()


def test_docs_describe_the_target_and_change_nothing(session: Session) -> None:
    def recorded() -> list:
        return [session.tables()] + [
            session.rows(f"from {table}") for table in ("build_info", "integrity_checks")
        ]

    before = recorded()
    session.dbt("docs", "generate", *JANE)
    assert recorded() == before
    nodes = session.warehouse.artifact("catalog.json")["nodes"]
    assert nodes["model.smartsentry.devices"]["metadata"]["schema"] == "dbt_jane_main"


def test_from_another_folder_the_file_is_the_project_s(tmp_path: Path) -> None:
    """Without a variable the file is in the project, wherever dbt is called from."""
    project = tmp_path / "checkout"
    copy_project(project)
    (project / "warehouse").mkdir()
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SMARTSENTRY_", "DBT_"))
    }
    ran = subprocess.run(
        [
            *(str(Path(sys.executable).parent / "dbt"), "run", "--select", "devices"),
            *("--project-dir", "checkout", "--profiles-dir", "checkout"),
        ],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "There is no raw data in this DuckDB file" in ran.stdout, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stdout + ran.stderr
    assert (project / "warehouse/smartsentry.duckdb").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["checkout"]


def test_smartsentry_from_another_folder_means_the_same_file(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "checkout", tmp_path / "elsewhere"
    copy_project(project)
    (elsewhere / "warehouse").mkdir(parents=True)  # a second warehouse would fit in here
    environment = os.environ | {"PYTHONPATH": str(project)}
    environment.pop("SMARTSENTRY_DB", None)

    def run(module: str, *arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=elsewhere,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    run("seed_gen", "--scale", "0.01", "--quiet")
    assert (project / "warehouse/smartsentry.duckdb").exists()
    assert "200" in run("smartsentry.cli", "sql", "select count(*) from raw.customers")
    assert list(elsewhere.rglob("*")) == [elsewhere / "warehouse"]


def test_freshness_warns_of_old_transactions_and_passes_new_ones(session: Session) -> None:
    source = "source.smartsentry.raw.transactions"
    [(last, when)] = session.rows(
        'select transaction_id, "timestamp" from raw.transactions order by all desc limit 1'
    )

    def told(time: object) -> dict:
        with session.warehouse.connect(read_only=False) as con:
            statement = 'update raw.transactions set "timestamp" = ? where transaction_id = ?'
            con.execute(statement, [time, last])
        session.dbt("source", "freshness")
        [result] = session.warehouse.artifact("sources.json")["results"]
        assert result["unique_id"] == source
        assert result["criteria"]["warn_after"] == {"count": 2, "period": "day"}
        return result

    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    assert told(now - timedelta(days=1))["status"] == "pass"
    assert told(now - timedelta(days=3))["status"] == "warn"
    assert told(when)["status"] == "warn"  # made-up data end on a fixed day


def test_a_project_in_a_read_only_folder_is_only_read(session: Session, tmp_path: Path) -> None:
    """With the three variables of docs/dbt.md, dbt runs where it may write nothing."""
    project = tmp_path / "checkout"
    copy_project(project)
    subprocess.run(["chmod", "-R", "a-w", project], check=True)
    # Root may write everywhere, until it is told to do without.
    as_user = ["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
    prefix = as_user if os.geteuid() == 0 else []
    if prefix and shutil.which("setpriv") is None:
        pytest.skip("root writes into a read-only folder, and setpriv is missing")
    copy = session.warehouse.copy(tmp_path)
    places = {
        "SMARTSENTRY_DB": str(copy.path),
        "DBT_TARGET_PATH": str(copy.target),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }
    plain = {name: value for name, value in os.environ.items() if name not in places}

    def run(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        dbt = str(Path(sys.executable).parent / "dbt")
        return subprocess.run(
            [*prefix, dbt, "run", "--select", "devices"],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    try:
        assert run(plain).returncode == 2  # nowhere to write: the folder is read-only
        ran = run(plain | places)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "OK created sql table model main.devices" in ran.stdout
        assert (tmp_path / "logs/dbt.log").exists()
        assert (copy.target / "run_results.json").exists()
        assert {path.name for path in project.iterdir()}.isdisjoint({"logs", "target", "warehouse"})
    finally:
        subprocess.run(["chmod", "-R", "u+w", project], check=True)  # so that it can be removed


def test_with_three_variables_a_checkout_is_only_read(session: Session) -> None:
    """A checkout that cannot be written: file, log and artifacts are elsewhere."""
    for name in ("logs", "target", "warehouse"):
        shutil.rmtree(session.folder / name, ignore_errors=True)
    watched = [ROOT / "logs", ROOT / "target", ROOT / "warehouse", ROOT / "dbt_project.yml"]

    def seen() -> list:
        return [
            (path, path.stat().st_mtime_ns)
            for place in watched
            if place.exists()
            for path in [place, *place.rglob("*")]
        ]

    before = seen()
    session.dbt("run", "--select", "devices")
    assert seen() == before
    assert (session.warehouse.target / "logs/dbt.log").exists()
