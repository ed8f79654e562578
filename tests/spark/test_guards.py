"""A run on Spark stops before its first model where settings or raw data would change values."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from smartsentry.project import ROOT


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the contract as Parquet, with few rows."""
    folder = tmp_path_factory.mktemp("raw")
    seeder = [sys.executable, "-m", "seed_gen", "--quiet", "--scale", "0.01", "--out"]
    file = folder / "seeded.duckdb"
    subprocess.run([*seeder, str(file)], cwd=ROOT, check=True)
    with duckdb.connect(file, read_only=True) as con:
        tables = con.execute(
            "select table_name from duckdb_tables() where schema_name = 'raw'"
        ).fetchall()
        for (table,) in tables:
            (folder / table).mkdir()
            con.execute(f"copy (from raw.{table}) to '{folder / table}/part-00000.parquet'")
    file.unlink()
    return folder


def run(folder: Path, raw: Path, change: tuple[str, str] = ("", "")) -> str:
    """Run one small model on Spark, with one line of the profile changed; return what dbt said."""
    profile = (ROOT / "profiles.yml").read_text()
    assert change[0] in profile
    (folder / "profiles.yml").write_text(profile.replace(*change) if change[0] else profile)
    catalogue = f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
    settings = {
        "spark.sql.warehouse.dir": folder / "tables",
        "spark.hadoop.javax.jdo.option.ConnectionURL": catalogue,
        "spark.driver.extraJavaOptions": f"-Dderby.stream.error.file={folder / 'derby.log'}",
    }
    arguments = [f"--conf {name}={value}" for name, value in settings.items()]
    command = [Path(sys.executable).parent / "dbt", "build", "--target", "spark", "--no-use-colors"]
    done = subprocess.run(
        [*command, "--select", "rule_thresholds", "--profiles-dir", str(folder)],
        cwd=ROOT,
        env=os.environ
        | {
            "SMARTSENTRY_RAW": str(raw),
            "SPARK_CONF_DIR": str(ROOT / "spark"),
            "PYSPARK_SUBMIT_ARGS": f"{' '.join(arguments)} pyspark-shell",
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert not list((folder / "tables").rglob("*.parquet")), "a model was built"
    assert done.returncode != 0, done.stdout
    return " ".join(re.sub(r"^\d\d:\d\d:\d\d", "", done.stdout, flags=re.MULTILINE).split())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            ("timeZone: UTC", "timeZone: Asia/Kolkata"),
            "The Spark setting spark.sql.session.timeZone is Asia/Kolkata and must be UTC:",
        ),
        (
            ("timestampType: TIMESTAMP_NTZ", "timestampType: TIMESTAMP_LTZ"),
            "The Spark setting spark.sql.timestampType is TIMESTAMP_LTZ and must be TIMESTAMP_NTZ:",
        ),
        (
            ('segmentTree.enabled: "true"', 'segmentTree.enabled: "false"'),
            "The Spark setting spark.sql.window.segmentTree.enabled is false and must be true:",
        ),
    ],
)
def test_a_setting_that_changes_values_is_refused(
    tmp_path: Path, raw: Path, change: tuple[str, str], sentence: str
) -> None:
    said = run(tmp_path, raw, change)
    assert sentence in said
    assert "server_side_parameters of target spark in profiles.yml" in said


def test_raw_data_of_another_type_or_without_a_column_are_refused(
    tmp_path: Path, raw: Path
) -> None:
    wrong = tmp_path / "raw"
    shutil.copytree(raw, wrong)
    for table, columns in (
        ("accounts", "* replace (cast(avg_balance as double) as avg_balance)"),
        ("devices", "* exclude (vpn_flag)"),
        ("transactions", "* replace (cast(timestamp as timestamptz) as timestamp)"),
    ):
        duckdb.sql(f"select {columns} from '{raw / table}/*.parquet'").write_parquet(
            str(wrong / table / "part-00000.parquet")
        )
    said = run(tmp_path, wrong)
    assert f"The raw data in {wrong} does not meet the contract:" in said
    assert "raw.accounts.avg_balance is double and must be decimal(18,2)" in said
    assert "raw.devices.vpn_flag is missing" in said
    assert "raw.transactions.timestamp is timestamp and must be timestamp_ntz" in said
