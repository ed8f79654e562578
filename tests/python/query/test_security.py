"""What a build and an analyst cannot reach, and odd names that must not become code."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import duckdb
import pytest
import yaml

from conftest import ROOT, Warehouse
from faults.place import Place, environment
from smartsentry.build import on_duckdb as build
from smartsentry.warehouse import open_for_reading

# Quotes of both kinds, blanks, a dash, a semicolon, accents, a sign outside the BMP.
ODD_FOLDER = 'it\'s a "wäre" – house; drop 🏦'
ODD_NAME = "my 'wäre'-house \"1\" 🏦.duckdb"

# Reports every address that Python asks for or connects to, in any process of the build.
GUARD = """
import os, socket, sys

def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        if event.startswith("socket.get") or arguments[0].family != socket.AF_UNIX:
            with open(os.environ["SOCKET_LOG"], "a") as log:
                log.write(f"{event} {arguments[1:]}\\n")

sys.addaudithook(watch)
"""


@pytest.fixture
def guarded(tmp_path: Path) -> dict[str, str]:
    """An environment with an empty home, and a guard that logs what goes to the network."""
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard/sitecustomize.py").write_text(GUARD)
    (tmp_path / "home").mkdir()
    (tmp_path / "sockets").touch()
    return environment() | {
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "guard"), str(ROOT)]),
        "SOCKET_LOG": str(tmp_path / "sockets"),
    }


def without_network() -> list[str]:
    """Return the command that takes the network from what follows it; empty where none may."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        try:
            if subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0:
                return command
        except FileNotFoundError:
            break
    return []


# ── The build ────────────────────────────────────────────────────────────────────────────────


def test_the_whole_chain_with_odd_names_no_home_and_no_network(
    tmp_path: Path, guarded: dict[str, str]
) -> None:
    folder = tmp_path / ODD_FOLDER
    folder.mkdir()
    guarded |= {
        "SMARTSENTRY_DB": str(folder / ODD_NAME),
        "DBT_TARGET_PATH": str(tmp_path / "target"),
        "DBT_LOG_PATH": str(tmp_path / "logs"),
    }

    def run(*arguments: str) -> str:
        command = [*without_network(), sys.executable, "-m", "smartsentry.cli", *arguments]
        ran = subprocess.run(
            command, cwd=ROOT, env=guarded, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    assert ODD_NAME in run("build", "--scale", "0.01")
    rows = re.search(r"transactions +(\d+),(\d+) rows", run("summary"))
    assert "".join(rows.groups()) in run("sql", "select count(*) as rows from transactions")
    assert run("verify").strip().endswith("is what was published.")
    assert sorted(path.name for path in folder.iterdir()) == sorted([ODD_NAME, "build"])
    assert (tmp_path / "sockets").read_text() == ""
    assert list((tmp_path / "home").iterdir()) == [], "no extension, no cookie of usage statistics"


def test_the_guard_sees_what_goes_to_the_network(tmp_path: Path, guarded: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        script = f"import socket; socket.create_connection({server.getsockname()!r}).close()"
        subprocess.run([sys.executable, "-c", script], env=guarded, check=True)
    assert "socket.connect" in (tmp_path / "sockets").read_text()


def test_dbt_in_place_with_odd_names(published: Place, tmp_path: Path) -> None:
    """dbt-duckdb itself takes no quote and no semicolon in the file's name; the command does."""
    (tmp_path / ODD_FOLDER).mkdir()
    path = tmp_path / ODD_FOLDER / "my wäre-house 1 🏦.duckdb"
    shutil.copy(published.path, path)
    ran = Warehouse(path, tmp_path / "target").dbt("build", "--select", "devices", "alerts")
    assert ran.returncode == 0, ran.stdout


def test_usage_statistics_are_off() -> None:
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    assert project["flags"]["send_anonymous_usage_stats"] is False


def profile_settings() -> dict:
    """Return the profile's settings as DuckDB gets them."""
    profile = yaml.safe_load((ROOT / "profiles.yml").read_text())
    options = profile["smartsentry"]["outputs"]["dev"]["config_options"]
    for name in ("memory_limit", "temp_directory"):
        assert re.fullmatch(r"\{\{ env_var\(.*\) \}\}", options[name])
    assert re.fullmatch(r"\{\{ env_var\('\w+', 'AUTOMATIC'\) \}\}", options["access_mode"])
    return options | {
        "access_mode": "AUTOMATIC",
        "memory_limit": "40%",
        "temp_directory": "warehouse/smartsentry.duckdb.tmp",
    }


def test_the_command_opens_the_file_as_the_profile_does() -> None:
    of_the_profile = profile_settings()
    for name in ("temp_directory", "storage_compatibility_version", "access_mode"):
        del of_the_profile[name]
    assert build.duckdb_settings(None) == of_the_profile


def test_the_settings_reach_the_build(published: Place, tmp_path: Path) -> None:
    warehouse = Warehouse(published.path, tmp_path / "target")
    asked = (
        "enable_external_access",
        "autoinstall_known_extensions",
        "autoload_known_extensions",
        "allow_community_extensions",
        "lock_configuration",
    )
    values = ", ".join(f"current_setting('{name}')::varchar as {name}" for name in asked)
    shown = warehouse.dbt("--quiet", "show", "--output", "json", "--inline", f"select {values}")
    assert dict(re.findall(r'"(\w+)": "(true|false)"', shown.stdout)) == dict.fromkeys(
        asked, "false"
    ) | {"lock_configuration": "true"}


FORBIDDEN_TO_A_BUILD = {
    "install httpfs": "disabled by configuration",
    "install httpfs from community": "disabled by configuration",
    "load httpfs": "disabled through configuration",
    "load '{outside}/some.duckdb_extension'": "disabled through configuration",
    "from read_csv('{outside}/secret.csv')": "disabled by configuration",
    "from read_text('/etc/hostname')": "disabled by configuration",
    "copy (select 1) to '{outside}/out.csv'": "disabled by configuration",
    "attach '{outside}/other.duckdb'": "disabled by configuration",
    "set enable_external_access = true": "the configuration has been locked",
    "set lock_configuration = false": "the configuration has been locked",
    "set extension_directory = '{outside}'": "the configuration has been locked",
}


@pytest.mark.parametrize("statement", FORBIDDEN_TO_A_BUILD)
def test_a_build_reaches_nothing_outside(tmp_path: Path, statement: str) -> None:
    outside = tmp_path / "outside"
    make_outside(outside)
    before = sorted(outside.iterdir())
    with (
        duckdb.connect(tmp_path / "x.duckdb", config=profile_settings()) as con,
        pytest.raises(duckdb.Error, match=FORBIDDEN_TO_A_BUILD[statement]),
    ):
        con.execute(statement.format(outside=outside))
    assert sorted(outside.iterdir()) == before


# ── The analysts' opener ─────────────────────────────────────────────────────────────────────


def make_outside(folder: Path) -> None:
    """Make files that nobody may reach from the warehouse."""
    folder.mkdir()
    (folder / "secret.csv").write_text("a,b\n1,2\n")
    (folder / "some.duckdb_extension").write_bytes(b"\x7fELF")
    with duckdb.connect(folder / "other.duckdb") as con:
        con.execute("create table t as select 1 as a")


FORBIDDEN_TO_AN_ANALYST = [
    *FORBIDDEN_TO_A_BUILD,
    "from '{outside}/secret.csv'",
    "from sniff_csv('{outside}/secret.csv')",
    "from read_blob('{outside}/secret.csv')",
    "from read_parquet('{outside}/x.parquet')",
    "from glob('{outside}/*')",
    "from read_duckdb('{outside}/other.duckdb')",
    "attach ':memory:' as scratch",
    "export database '{outside}/export'",
    "import database '{outside}/export'",
    "copy transactions to '{outside}/out.parquet' (format parquet)",
    "update extensions",
    "create table scratch (a integer)",
    "create view scratch as select 1",
    "create macro scratch(a) as a",
    "insert into devices from devices",
    "update transactions set label = 0",
    "delete from alerts",
    "drop table transactions",
    "alter table transactions drop column label",
    "comment on table transactions is 'x'",
    "set memory_limit = '1GB'",
    "set temp_directory = '{outside}'",
    "reset enable_external_access",
    "pragma enable_profiling",
    "set threads = 1",
    "create persistent secret s (type s3)",
    "from outside_frame",
    "select getenv('HOME')",
]


@pytest.mark.parametrize("statement", FORBIDDEN_TO_AN_ANALYST)
def test_the_opener_reaches_nothing_but_the_warehouse(
    published: Place, tmp_path: Path, statement: str
) -> None:
    outside = tmp_path / "outside"
    make_outside(outside)
    before = sorted(outside.iterdir())
    outside_frame = duckdb.sql("select 1 as a").df()  # a Python variable is outside, too
    assert len(outside_frame) == 1
    with open_for_reading(published.path) as con, pytest.raises(duckdb.Error):
        con.sql(statement.format(outside=outside)).fetchall()
    assert sorted(outside.iterdir()) == before


def test_the_opener_answers_questions(published: Place) -> None:
    with open_for_reading(published.path) as con:
        (rows,) = con.execute("select count(*) from transactions").fetchone()
        con.execute("create temp table scratch as from alerts")
        (alerts,) = con.execute("select count(*) from scratch").fetchone()
    assert alerts > rows > 10_000


# ── What is installed ────────────────────────────────────────────────────────────────────────


def locked(name: str) -> list[str]:
    """Return the packages of a lock, a line each, with their hashes."""
    lines = (ROOT / "locks" / name).read_text().replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.startswith("#")]


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "locks").iterdir()))
def test_every_locked_package_has_one_version_and_hashes(name: str) -> None:
    packages = locked(name)
    assert len(packages) > 30
    for package in packages:
        assert re.match(r"[\w.\[\], -]+==[\w.+]+ ", package), package
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package
        assert "http" not in package, package
        assert "index" not in package, package
    assert len({package.split("==")[0] for package in packages}) == len(packages)


def test_there_is_a_lock_for_every_extra_and_all_agree() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert {path.name for path in (ROOT / "locks").iterdir()} == {
        f"{name}.lock" for name in ("runtime", *extras)
    }
    lines: dict[str, str] = {}
    for name in ("runtime", *extras):
        for package in locked(f"{name}.lock"):
            assert lines.setdefault(package.split("==")[0], package) == package
    for package in locked("runtime.lock"):
        assert all(package in locked(f"{extra}.lock") for extra in extras)


def test_the_locks_are_for_every_supported_python_and_platform() -> None:
    """A package with compiled parts has wheels of each: numpy alone has dozens."""
    [numpy] = [line for line in locked("runtime.lock") if line.startswith("numpy==")]
    assert numpy.count("--hash") > 30
    recipe = (ROOT / "Makefile").read_text()
    assert "--universal --python-version $(OLDEST)" in recipe


def test_make_installs_with_hashes_only() -> None:
    recipe = (ROOT / "Makefile").read_text()
    installs = [line for line in recipe.splitlines() if "pip install" in line]
    from_locks = [line for line in installs if "-r " in line]
    assert len(from_locks) == 2
    assert all("--require-hashes" in line for line in from_locks)
