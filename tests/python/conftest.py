"""Warehouses for the tests: seeded and built once a run, in a temporary folder."""

import fcntl
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, sync_playwright

import faults.tally
import mutation
from compiled import Compiled, CompiledModels
from faults.place import Place
from faults.tally import Tally

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Warehouse:
    """A DuckDB file and the folder that dbt keeps its artifacts of it in."""

    path: Path
    target: Path

    def seed(self, *options: str) -> subprocess.CompletedProcess[str]:
        """Run the seeder into this file."""
        command = [sys.executable, "-m", "seed_gen", "--out", str(self.path), "--quiet", *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    def dbt(self, *arguments: str, threads: int = 2) -> subprocess.CompletedProcess[str]:
        """Run dbt on this file."""
        command = [str(Path(sys.executable).parent / "dbt"), *arguments]
        if arguments[0] not in ("docs", "parse"):
            command += ["--threads", str(threads)]
        environment = os.environ | {
            "SMARTSENTRY_DB": str(self.path),
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.target / "logs"),
            "DBT_USE_COLORS": "false",
        }
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def connect(self, read_only: bool = True) -> duckdb.DuckDBPyConnection:
        """Open the file."""
        return duckdb.connect(self.path, read_only=read_only)

    def artifact(self, name: str) -> dict:
        """Read one of dbt's JSON artifacts."""
        return json.loads((self.target / name).read_text())

    def copy(self, folder: Path) -> "Warehouse":
        """Copy the file, for a test that changes it."""
        path = folder / self.path.name
        shutil.copy(self.path, path)
        return Warehouse(path, folder / "target")


def build(folder: Path, scale: str, *dbt_arguments: str) -> Warehouse:
    """Seed and build a warehouse; fail with what the command said if it did."""
    warehouse = Warehouse(folder / "warehouse.duckdb", folder / "target")
    seeded = warehouse.seed("--scale", scale)
    assert seeded.returncode == 0, seeded.stderr
    built = warehouse.dbt(*dbt_arguments)
    assert built.returncode == 0, built.stdout + built.stderr
    return warehouse


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Warehouse]:
    """Build a warehouse that every worker of this run reads: the first builds, others wait.

    Only to be read: a test that changes one, or has dbt open it, takes a copy.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def get(name: str, make: Callable[[Path], Warehouse]) -> Warehouse:
        done = folder / name / "done"
        with (folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder / name, ignore_errors=True)  # what failed in another worker
                (folder / name).mkdir()
                make(folder / name)
                done.touch()
        return Warehouse(folder / name / "warehouse.duckdb", folder / name / "target")

    return get


@pytest.fixture(scope="session")
def small_warehouse(shared: Callable[..., Warehouse]) -> Warehouse:
    """Scale 0.02 with every model, data test and unit test, warnings being errors."""
    every_test = ("build", "--warn-error", "--show-all-deprecations")
    return shared("small", lambda folder: build(folder, "0.02", *every_test))


@pytest.fixture(scope="session")
def unlabelled(small_warehouse: Warehouse, shared: Callable[..., Warehouse]) -> Warehouse:
    """The small data with label and fraud type null everywhere, rebuilt with every data test."""

    def make(folder: Path) -> Warehouse:
        copy = small_warehouse.copy(folder)
        with copy.connect(read_only=False) as con:
            con.execute("update raw.transactions set label = null, fraud_type = null")
        built = copy.dbt("build", "--warn-error", "--exclude-resource-type", "unit_test")
        assert built.returncode == 0, built.stdout
        return copy

    return shared("unlabelled", make)


@pytest.fixture(scope="session")
def default_warehouse(shared: Callable[..., Warehouse]) -> Warehouse:
    """What `make warehouse` builds: scale 1, the default seed, models and data tests."""
    without_unit_tests = ("build", "--exclude-resource-type", "unit_test")
    return shared("default", lambda folder: build(folder, "1", *without_unit_tests))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A warehouse that `smartsentry build` published at scale 0.01; always whole, never the same.

    The fault tests publish others in its place: a test that needs one content copies the file.
    """
    place = Place(tmp_path_factory.mktemp("published"))
    assert place.build() == 0, place.said()
    return place


@pytest.fixture(scope="session")
def compiled(small_warehouse: Warehouse) -> Compiled:
    """The SQL of the small warehouse's models."""
    return Compiled(small_warehouse)


@pytest.fixture(scope="session")
def models(compiled: Compiled) -> Iterator[CompiledModels]:
    """Those of them that make transactions and alerts, to be run on rows of a test's own."""
    rebuilt = CompiledModels(compiled)
    yield rebuilt
    rebuilt.con.close()


CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a screen and without requests of its own."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.fail("Chromium is missing: `apt-get install chromium`, as `.ci/run` does.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


# ── The tables at the end ────────────────────────────────────────────────────────────────────

TABLES = pytest.StashKey[dict[str, list]]()


def noted(config: pytest.Config, title: str) -> list:
    """Return what a session has noted for one of its tables."""
    return config.stash.setdefault(TABLES, {}).setdefault(title, [])


@pytest.fixture(scope="session")
def tallies(pytestconfig: pytest.Config) -> list[Tally]:
    """What the fault tests counted."""
    return noted(pytestconfig, "faults of a build")


@pytest.fixture(scope="session")
def verdicts(pytestconfig: pytest.Config) -> list[mutation.Verdict]:
    """What became of the mutants of each model."""
    return noted(pytestconfig, "mutants of the SQL")


@pytest.hookimpl
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a worker noted to the process that prints."""
    if hasattr(session.config, "workeroutput"):
        tables = session.config.stash.get(TABLES, {})
        session.config.workeroutput["tables"] = pickle.dumps(tables).hex()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Take what a worker noted; one that crashed has left nothing."""
    tables = getattr(node, "workeroutput", {}).get("tables")
    for title, rows in (pickle.loads(bytes.fromhex(tables)) if tables else {}).items():
        noted(node.config, title).extend(rows)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the tables of the fault tests and of the mutants."""
    for title, table in (
        ("faults of a build", faults.tally.table),
        ("mutants of the SQL", mutation.table),
    ):
        if rows := noted(config, title):
            terminalreporter.section(title)
            terminalreporter.write_line(table(rows))
