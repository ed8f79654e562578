"""A warehouse of the tests: seeded, built by dbt, copied, opened."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import duckdb

from dbt_process import run_dbt

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Warehouse:
    """A DuckDB file and the folder that dbt keeps its artifacts of it in."""

    path: Path
    target: Path

    # The project as dbt parsed it in this test run: a new target folder starts from there.
    parsed: ClassVar[Path | None] = None

    @classmethod
    def of(cls, folder: Path) -> "Warehouse":
        """Name the file and the artifacts of a folder as all tests do."""
        return cls(folder / "warehouse.duckdb", folder / "target")

    def seed(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the seeder into this file."""
        command = [sys.executable, "-m", "seed_gen", "--out", str(self.path), "--quiet", *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def dbt(
        self, *arguments: str, threads: int = 2, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run dbt on this file.

        The file is named as seen from its folder: dbt takes what it parsed for one file as parsed
        for another only where both have the same name.
        """
        if arguments[0] not in ("docs", "parse"):
            arguments += ("--threads", str(threads))
        environment = {
            "SMARTSENTRY_DB": self.path.name,
            "DBT_PROJECT_DIR": str(ROOT),
            "DBT_PROFILES_DIR": str(ROOT),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.target / "logs"),
            "DBT_USE_COLORS": "false",
            **environment,
        }
        own = self.target / "partial_parse.msgpack"
        if self.parsed and self.parsed.exists() and not own.exists():
            self.target.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.parsed, own)
        ran = run_dbt(list(arguments), self.path.parent, os.environ | environment)
        if self.parsed and not self.parsed.exists() and "--vars" not in arguments and own.exists():
            shutil.copy(own, self.target / "partial_parse.copy")
            (self.target / "partial_parse.copy").replace(self.parsed)
        return ran

    def connect(self, read_only: bool = True) -> duckdb.DuckDBPyConnection:
        """Open the file."""
        return duckdb.connect(self.path, read_only=read_only)

    def artifact(self, name: str) -> dict:
        """Read one of dbt's JSON artifacts."""
        return json.loads((self.target / name).read_text())

    def copy(self, folder: Path) -> "Warehouse":
        """Copy the file, for a test that changes it."""
        copy = Warehouse.of(folder)
        shutil.copy(self.path, copy.path)
        return copy


def build(folder: Path, scale: str, *dbt_arguments: str) -> Warehouse:
    """Seed and build a warehouse; fail with what the command said if it did."""
    warehouse = Warehouse.of(folder)
    seeded = warehouse.seed("--scale", scale)
    assert seeded.returncode == 0, seeded.stderr
    built = warehouse.dbt(*dbt_arguments)
    assert built.returncode == 0, built.stdout + built.stderr
    return warehouse
