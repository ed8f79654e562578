"""What stands around the published file, who may write it, and what `build_info` says of it."""

import fcntl
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import click
import duckdb
import pytest

from conftest import ROOT, Warehouse
from faults.place import Place, contents, copy_project, environment
from raw_layer.files import wal
from smartsentry.build.build_info import git_state
from smartsentry.build.publish import Files, one_at_a_time, replace_published


def smartsentry(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command on a file."""
    return subprocess.run(
        [sys.executable, "-m", "smartsentry.cli", *arguments],
        cwd=ROOT,
        env=environment() | {"SMARTSENTRY_DB": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def sentence(ran: subprocess.CompletedProcess[str]) -> str:
    """Return the one sentence that a refused command says."""
    assert ran.returncode == 1, ran.stdout + ran.stderr
    (line,) = ran.stderr.splitlines()
    return line


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A published file, one before it and a finished side file: small databases."""
    files = Files.of(tmp_path / "warehouse.duckdb")
    files.side.parent.mkdir(parents=True)
    for path in (files.published, files.previous, files.side):
        duckdb.connect(path).close()
        path.chmod(0o666)
    return files


@pytest.fixture
def copy(published: Place, tmp_path: Path) -> Warehouse:
    """A copy of the published warehouse, for a test that changes it."""
    return Warehouse(published.path, tmp_path / "target").copy(tmp_path)


# ── The files ────────────────────────────────────────────────────────────────────────────────


def test_other_users_may_not_write_to_what_is_published(files: Files) -> None:
    replace_published(files.side, files)
    mode = stat.S_IMODE(files.published.stat().st_mode)
    assert mode == 0o644


def test_who_may_not_read_the_new_file_still_may_not(files: Files) -> None:
    files.side.chmod(0o600)
    replace_published(files.side, files)
    assert stat.S_IMODE(files.published.stat().st_mode) == 0o600


@pytest.mark.parametrize("at", ["published", "side"])
def test_a_wal_beside_either_file_stops_the_publish(files: Files, at: str) -> None:
    before = files.published.stat().st_ino
    log = wal(getattr(files, at))
    log.write_bytes(b"changes")
    with pytest.raises(click.ClickException, match=r"\.wal holds changes that a writer made"):
        replace_published(files.side, files)
    assert files.published.stat().st_ino == before
    assert files.side.exists()


@pytest.mark.parametrize("at", ["published", "side"])
def test_a_writer_of_either_file_stops_the_publish(files: Files, at: str) -> None:
    before = files.published.stat().st_ino
    script = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open'); input()"
    command = [sys.executable, "-u", "-c", script, str(getattr(files, at))]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True) as writer:
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(click.ClickException, match="open for writing in another process"):
            replace_published(files.side, files)
        writer.kill()
    assert files.published.stat().st_ino == before
    replace_published(files.side, files)


def test_a_symbolic_link_stays_one(files: Files, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere/link.duckdb"
    link.symlink_to(files.published)
    assert Files.of(link) == files


def test_what_a_killed_build_left_running_is_named(files: Files) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    holder = {"process": dead.pid, "since": "2026-01-31 12:00:00", "command": "smartsentry build"}
    files.lock.write_text(json.dumps(holder))
    with files.lock.open() as orphan:
        fcntl.flock(orphan, fcntl.LOCK_EX)
        with (
            pytest.raises(click.ClickException, match=f"what process {dead.pid} .* left running"),
            one_at_a_time(files, "smartsentry build"),
        ):
            pass


def test_rollback_swaps_and_says_so_when_there_is_nothing_before(
    published: Place, tmp_path: Path
) -> None:
    path = tmp_path / "alone.duckdb"
    shutil.copy(published.path, path)
    assert "there is no earlier build of" in sentence(smartsentry(path, "rollback"))
    shutil.copy(published.path, Files.of(path).previous)
    one, other = path.stat().st_ino, Files.of(path).previous.stat().st_ino
    for expected in ((other, one), (one, other)):
        ran = smartsentry(path, "rollback")
        assert ran.returncode == 0, ran.stderr
        assert (path.stat().st_ino, Files.of(path).previous.stat().st_ino) == expected


def test_only_a_warehouse_is_replaced(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not to be lost")
    assert "not a valid DuckDB database" in sentence(smartsentry(text, "build"))
    assert text.read_text() == "not to be lost"

    foreign = tmp_path / "foreign.duckdb"
    with duckdb.connect(foreign) as con:
        con.execute("create table mine as select 1 as a")
    assert "is not a warehouse of this project" in sentence(smartsentry(foreign, "build"))
    assert "does not exist: create it" in sentence(smartsentry(tmp_path / "no/x.duckdb", "build"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--scale", "0"], "--scale is '0'"),
        (["--scale", "1; drop"], "--scale is '1; drop'"),
        (["--seed", "-1"], "--seed is '-1'"),
        (["--fraud-rate", "2"], "--fraud-rate is '2'"),
        (["--config", "no such file.toml"], "no such file.toml"),
        (["--threads", "0"], "--threads"),
        (["--memory-limit", "much"], "--memory-limit is 'much'"),
    ],
)
def test_a_bad_option_is_refused_and_named(tmp_path: Path, options: list[str], said: str) -> None:
    path = tmp_path / "x.duckdb"
    ran = smartsentry(path, "build", *options)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not path.exists()


# ── build_info ───────────────────────────────────────────────────────────────────────────────


def build_info(warehouse: Warehouse) -> dict:
    """Return the one row of `build_info`."""
    with warehouse.connect() as con:
        (row,) = con.sql("from build_info").df().to_dict("records")
    return {name: None if value is None or value != value else value for name, value in row.items()}


def test_what_a_build_prints_into_a_file_has_no_colours(published: Place) -> None:
    assert "Completed successfully" in published.said()
    assert "\x1b" not in published.said()


def test_into_a_pipe_go_a_few_lines_and_no_bar(published: Place) -> None:
    said = published.said()
    assert "\r" not in said and " OK created " not in said
    assert len(re.findall("^dbt build ", said, re.MULTILINE)) < 40
    assert re.search(r"^dbt build +Completed successfully in .*PASS=\d+ WARN=0 ERROR=0", said, re.M)


def test_two_builds_at_a_time_only_read_the_checkout(tmp_path: Path) -> None:
    project = tmp_path / "project"
    copy_project(project)
    before = contents(project)
    settings = environment() | {"PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "smartsentry.cli", "build", "--scale", "0.01"]
    paths = [tmp_path / name / "warehouse.duckdb" for name in ("one", "other")]
    builds = []
    for path in paths:
        path.parent.mkdir()
        env = settings | {"SMARTSENTRY_DB": str(path)}
        builds.append(subprocess.Popen(command, cwd=project, env=env, stdout=PIPE, stderr=PIPE))
    for build, path in zip(builds, paths, strict=True):
        said, errors = build.communicate()
        assert build.returncode == 0, errors
        log = path.parent / "build/warehouse.duckdb.dbt/dbt.log"
        assert str(log) in said.decode()
        assert "Completed successfully" in log.read_text()
        assert (log.parent / "target/run_results.json").is_file()
    assert contents(project) == before


def test_verbose_prints_what_dbt_prints(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.build("--verbose") == 0
    assert place.said().count(" OK created ") > 40


def test_a_published_file_says_where_it_comes_from(copy: Warehouse) -> None:
    info = build_info(copy)
    assert [name for name, value in info.items() if value is None] in (
        ["spark_version"],  # DuckDB built it
        ["git_commit", "git_dirty", "spark_version"],  # outside git
    )
    assert info["published_at"] >= info["built_at"]
    assert info["scale"] == 0.01
    assert info["duckdb_version"] == duckdb.__version__
    with copy.connect() as con:
        outcomes = con.execute(
            "select count(*) filter (where passed), count(*) filter (where not passed)"
            " from integrity_checks"
        ).fetchone()
    assert (info["tests_passed"], info["tests_failed"]) == outcomes
    assert info["tests_passed"] > 60
    assert info["tests_failed"] == 0
    marts = json.loads(info["fingerprints"])
    assert {"transactions", "alerts", "rule_catalogue", "rules.rule_hits"} <= marts.keys()
    assert "transactions" in json.loads(info["raw_fingerprints"])


def test_verify_finds_one_changed_value(copy: Warehouse) -> None:
    ran = smartsentry(copy.path, "verify")
    assert (ran.returncode, ran.stderr) == (0, "")
    with copy.connect(read_only=False) as con:
        con.execute("update transactions set hour = hour + 1 where transaction_id = 'T7'")
    said = sentence(smartsentry(copy.path, "verify"))
    assert "is not what was published: main.transactions was" in said
    assert said.count(" was ") == 2  # that table and no other


def test_all_that_views_read_is_compared(copy: Warehouse) -> None:
    """Of a view only its text is compared, so what it reads has to be."""
    info = build_info(copy)
    marts = json.loads(info["fingerprints"])
    compared = {name if "." in name else f"main.{name}" for name in marts}
    by_text = {f"main.{name}" for name, value in marts.items() if value.startswith("view:")}
    compared |= {f"raw.{name}" for name in json.loads(info["raw_fingerprints"])}
    with copy.connect() as con:
        names = con.execute(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).fetchall()
        texts = con.execute(
            "select sql from duckdb_views() where schema_name = 'main' and not internal"
        ).fetchall()
        read = set().union(
            *(con.get_table_names(text.partition(" AS ")[2], qualified=True) for (text,) in texts)
        )
    assert {f"main.{name}" for (name,) in names} - compared == {
        "main.build_info",
        "main.integrity_checks",
        "main.build_log",
        "main.case_log",
    }
    logs = {"main.build_log", "main.case_log", "rules.hit_log"}  # which differ from build to build
    assert {"rules.rule_hits", "main.transactions"} <= read - logs <= compared - by_text


@pytest.mark.parametrize(
    ("changed", "statement"),
    [
        ("main.alerts", "create or replace view alerts as {alerts} where 1 = 1"),
        ("main.alerts", "drop view alerts"),
        ("main.other", "create view other as select 1"),
        ("rules.rule_hits", "delete from rules.rule_hits where rowid = 0"),
        ("rules.rule_catalogue", "update rules.rule_catalogue set severity = 4 - severity"),
    ],
)
def test_verify_finds_what_a_view_would_say_otherwise(
    copy: Warehouse, changed: str, statement: str
) -> None:
    with copy.connect(read_only=False) as con:
        (text,) = con.execute(
            "select sql from duckdb_views() where view_name = 'alerts'"
        ).fetchone()
        con.execute(statement.format(alerts=text.partition(" AS ")[2].rstrip(";")))
    said = sentence(smartsentry(copy.path, "verify"))
    assert f"is not what was published: {changed} was" in said
    assert said.count(" was ") == 2


def test_fingerprints_of_an_older_kind_are_not_compared(copy: Warehouse) -> None:
    with copy.connect(read_only=False) as con:
        con.execute('update build_info set fingerprints = \'{"transactions": "1:2"}\'')
    assert "an older version published it" in sentence(smartsentry(copy.path, "verify"))


def test_a_run_in_place_says_that_it_was_one(copy: Warehouse) -> None:
    before = build_info(copy)
    ran = copy.dbt("build", "--select", "devices")
    assert ran.returncode == 0, ran.stdout
    after = build_info(copy)
    assert after["build_id"] != before["build_id"]
    unknown = (
        *("published_at", "git_commit", "git_dirty", "package_version", "project_hash"),
        "fingerprints",
    )
    assert [after[name] for name in unknown] == [None] * len(unknown)
    assert after["seed"] == before["seed"]
    assert after["tests_passed"] == before["tests_passed"]
    assert "a bare `dbt build` changed this file" in sentence(smartsentry(copy.path, "verify"))


def test_dbt_test_counts_anew_and_leaves_the_rest(copy: Warehouse) -> None:
    before = build_info(copy)
    with copy.connect(read_only=False) as con:
        con.execute("update transactions set balance_after_txn = -1 where transaction_no = 0")
    assert copy.dbt("test", "--select", "balance_after_txn_is_not_negative").returncode == 1
    after = build_info(copy)
    assert after["tests_failed"] == 1
    assert after["tests_passed"] == before["tests_passed"] - 1
    assert {**after, "tests_failed": 0, "tests_passed": before["tests_passed"]} == before


def test_a_run_in_place_that_is_killed_leaves_no_claim(copy: Warehouse) -> None:
    command = [str(Path(sys.executable).parent / "dbt"), "run"]
    settings = environment() | {
        "SMARTSENTRY_DB": str(copy.path),
        "DBT_TARGET_PATH": str(copy.target),
        "DBT_LOG_PATH": str(copy.target),
    }
    with subprocess.Popen(command, cwd=ROOT, env=settings, stdout=PIPE, text=True) as process:
        for line in process.stdout:
            if " OK created " in line:
                os.kill(process.pid, signal.SIGKILL)
                break
    with duckdb.connect(copy.path) as con:
        assert con.execute("select count(*) from build_info").fetchone() == (0,)
    assert "did not come to its end" in sentence(smartsentry(copy.path, "verify"))


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_git_state_is_of_this_project_only(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert git_state(tmp_path) == (None, None)
    git("init", "--quiet")
    (tmp_path / "a").write_text("a")
    git("add", "a")
    git("commit", "--quiet", "-m", "a")
    assert git_state(tmp_path.resolve()) == (git("rev-parse", "HEAD"), False)
    (tmp_path / "b").write_text("b")
    assert git_state(tmp_path.resolve()) == (git("rev-parse", "HEAD"), True)
    (tmp_path / "copy of the project").mkdir()
    assert git_state(tmp_path.resolve() / "copy of the project") == (None, None)


def test_no_view_names_the_file_it_was_made_in(published: Place) -> None:
    """A published file was renamed; DuckDB 1.x would not find what a view names by its catalog."""
    with duckdb.connect(published.path, read_only=True) as con:
        views = con.execute("select view_name, sql from duckdb_views() where not internal")
        definitions = dict(views.fetchall())
    assert "alerts" in definitions
    assert [name for name, sql in definitions.items() if "smartsentry" in sql] == []
