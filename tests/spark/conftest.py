"""One seed built by both engines, with every data test and unit test; shared by all tests here."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from smartsentry.build import children
from smartsentry.build import on_spark as spark
from smartsentry.project import ROOT

SCALE = "0.2"


@dataclass(frozen=True)
class Built:
    """What an engine built, and where dbt's artifacts of it are."""

    path: Path
    target: Path

    def results(self) -> dict[str, str]:
        """Return the status of every model, seed and test of the run, by its id."""
        artifact = json.loads((self.target / "run_results.json").read_text())
        return {result["unique_id"]: result["status"] for result in artifact["results"]}


@pytest.fixture(scope="session")
def duckdb_built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The warehouse as `smartsentry build` publishes it."""
    folder = tmp_path_factory.mktemp("duckdb")
    built = Built(folder / "warehouse.duckdb", folder / "target")
    environment = os.environ | {
        "SMARTSENTRY_DB": str(built.path),
        "DBT_TARGET_PATH": str(built.target),
        "DBT_LOG_PATH": str(built.target),
    }
    command = [sys.executable, "-m", "smartsentry.cli", "build", "--scale", SCALE]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return built


@pytest.fixture(scope="session")
def spark_built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The folder as `smartsentry spark` publishes it, the run having run the unit tests too."""
    folder = tmp_path_factory.mktemp("spark")
    built = Built(folder / "spark", folder / "target")
    with pytest.MonkeyPatch.context() as patch:
        left_out = ("--exclude-resource-type", "unit_test")
        with_unit_tests = [word for word in children.DBT if word not in left_out]
        patch.setattr(children, "DBT", with_unit_tests)
        patch.setenv("DBT_TARGET_PATH", str(built.target))
        patch.setenv("DBT_LOG_PATH", str(built.target))
        spark.build(built.path, ["--scale", SCALE], float(SCALE))
    return built
