"""Warehouses for the tests: seeded and built once a run, in a temporary folder."""

import fcntl
import os
import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

import faults.tally
import mutation
import seed_helpers
from compiled import Compiled, CompiledModels
from faults.place import Place
from faults.tally import Tally
from warehouse import ROOT, Warehouse, build

__all__ = ["ROOT", "Warehouse"]  # what the tests import from here


# The files that take longest, longest first, so that none of them is begun at the end.
LONGEST = (
    *("test_faults", "test_reasons", "test_determinism", "test_public_sets", "test_shell"),
    *("test_refusals", "test_oracle", "test_mutation", "test_load", "test_publish"),
    *("test_turns", "test_browser", "test_separability", "test_realism", "test_report"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest files; the rest stay in their order."""
    rank = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(rank)))


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: some of the tests wait for a moment or for a lock."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def folder_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all workers of this run share; what is made once is kept there."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    Warehouse.parsed = folder / "partial_parse.msgpack"
    seed_helpers.folder = folder / "seeded"
    seed_helpers.folder.mkdir(exist_ok=True)
    # What the developer's own team decided is no part of a test.
    inputs = folder / "no-inputs"
    inputs.mkdir(exist_ok=True)
    os.environ["SMARTSENTRY_INPUTS"] = str(inputs)
    return folder


@pytest.fixture(scope="session")
def shared(folder_of_the_run: Path) -> Callable[..., Path]:
    """Make a folder that every worker of this run reads: the first makes it, others wait.

    Only to be read: a test that changes what is in it, or has dbt open it, takes a copy.
    """

    def get(name: str, make: Callable[[Path], object]) -> Path:
        folder = folder_of_the_run / name
        with (folder_of_the_run / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (folder / "done").exists():
                shutil.rmtree(folder, ignore_errors=True)  # what failed in another worker
                folder.mkdir()
                make(folder)
                (folder / "done").touch()
        return folder

    return get


@pytest.fixture(scope="session")
def small_warehouse(shared: Callable[..., Path]) -> Warehouse:
    """Scale 0.02 with every model, data test and unit test, warnings being errors."""
    # What dbt finds while it parses are warnings too, so it parses anew.
    every_test = ("build", "--no-partial-parse", "--warn-error", "--show-all-deprecations")
    return Warehouse.of(shared("small", lambda folder: build(folder, "0.02", *every_test)))


@pytest.fixture(scope="session")
def unlabelled(small_warehouse: Warehouse, shared: Callable[..., Path]) -> Warehouse:
    """The small data with label and fraud type null everywhere, rebuilt with every data test."""

    def make(folder: Path) -> None:
        copy = small_warehouse.copy(folder)
        with copy.connect(read_only=False) as con:
            con.execute("update raw.transactions set label = null, fraud_type = null")
        built = copy.dbt("build", "--warn-error", "--exclude-resource-type", "unit_test")
        assert built.returncode == 0, built.stdout

    return Warehouse.of(shared("unlabelled", make))


@pytest.fixture(scope="session")
def default_warehouse(shared: Callable[..., Path]) -> Warehouse:
    """What `make warehouse` builds: scale 1, the default seed, models and data tests."""
    without_unit_tests = ("build", "--exclude-resource-type", "unit_test")
    return Warehouse.of(shared("default", lambda folder: build(folder, "1", *without_unit_tests)))


@pytest.fixture(scope="session")
def published(shared: Callable[..., Path]) -> Place:
    """A warehouse that `smartsentry build` published at scale 0.01, with what the build said."""

    def make(folder: Path) -> None:
        place = Place(folder)
        assert place.build() == 0, place.said()

    return Place(shared("published", make))


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
