"""`smartsentry spark` before anything starts: what it refuses, in one sentence, nothing touched."""

import contextlib
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner, Result

from smartsentry.build import children
from smartsentry.build import on_spark as spark
from smartsentry.cli import main


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """What an earlier run published."""
    part = tmp_path / "spark/main/alerts/part-00000.parquet"
    part.parent.mkdir(parents=True)
    part.write_text("as it was")
    return tmp_path / "spark"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine that the tests run on; children are never started."""
    for name in ("JAVA_HOME", "SMARTSENTRY_SPARK_HOST", "SMARTSENTRY_SPARK_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(spark, "require_packages", lambda: None)

    def unexpected(*arguments: object, **options: object) -> None:
        raise AssertionError("the seeder was started")

    monkeypatch.setattr(spark, "run_seeder", unexpected)


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make the PATH lead to a java that says this, and to nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def says(text: str, path: Path = folder) -> None:
        path.mkdir(exist_ok=True)
        (path / "java").write_text(f"#!/bin/sh\necho '{text}' >&2\n")
        (path / "java").chmod(0o755)

    return says


def run(out: Path, *arguments: str) -> Result:
    """Run the command; the handlers of signals are those of before."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        return CliRunner().invoke(main, ["spark", "--out", str(out), *arguments])
    finally:
        assert before == {number: signal.getsignal(number) for number in numbers}


def refused(done: Result, out: Path, *words: str, code: int = 1) -> None:
    """Check for one sentence with these words, the exit code, and that nothing was touched."""
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith("Error: ") and sentence.endswith(".")
    if code == 1:
        assert done.stderr.count("\n") == 1
    for word in words:
        assert word in sentence, sentence
    if out.is_dir():
        assert (out / "main/alerts/part-00000.parquet").read_text() == "as it was"


def test_no_java(out: Path, java) -> None:
    refused(run(out), out, "Java 17, 21 or 25", "no java in PATH", "openjdk-17-jre-headless")


@pytest.mark.parametrize(
    "said", ['openjdk version "11.0.2" 2019-01-15', 'java version "1.8.0_281"']
)
def test_a_java_of_another_version(out: Path, java, said: str) -> None:
    java(said)
    number = "11" if "11" in said else "8"
    refused(run(out), out, "Java 17, 21 or 25", f"is Java {number}", "JAVA_HOME")


def test_a_java_that_is_none(out: Path, java) -> None:
    java("no such applet")
    refused(run(out), out, "does not say which version", "no such applet")


def test_java_home_counts_before_the_path(out: Path, java, monkeypatch, tmp_path: Path) -> None:
    java('openjdk version "17.0.15" 2025-04-15')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "none"))
    refused(run(out), out, "JAVA_HOME", str(tmp_path / "none"))


@pytest.mark.parametrize("number", [17, 21, 25])
def test_a_right_java_is_taken(out: Path, java, number: int) -> None:
    java(f'openjdk version "{number}.0.1" 2025-04-15')
    done = run(out)
    assert isinstance(done.exception, AssertionError), done.output
    assert str(done.exception) == "the seeder was started"


@pytest.fixture
def right_java(java) -> None:
    java('openjdk version "17.0.15" 2025-04-15')


def test_more_memory_than_is_free(out: Path, right_java) -> None:
    refused(run(out, "--memory", "900000g"), out, "--memory", "966367.6 GB", "are free")


@pytest.mark.parametrize("size", ["", "3", "3gb", "1.5g", "512m", "0g", "-1g"])
def test_a_memory_that_is_no_size(out: Path, right_java, size: str) -> None:
    refused(run(out, "--memory", size), out, "--memory", repr(size), "at least 1g", code=2)


def test_less_room_than_the_data_need(out: Path, right_java) -> None:
    refused(run(out, "--scale", "10000"), out, "13,020,000,000 transactions", "are free there")


def test_a_bad_option_of_the_seeder(out: Path, right_java) -> None:
    refused(run(out, "--scale", "big"), out, "--scale", "'big'", code=2)


def closed_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        return server.getsockname()[1]


def test_a_thrift_server_that_does_not_answer(out: Path, monkeypatch, tmp_path: Path) -> None:
    port = closed_port()
    monkeypatch.setenv("SMARTSENTRY_SPARK_HOST", "127.0.0.1")
    monkeypatch.setenv("SMARTSENTRY_SPARK_PORT", str(port))
    done = run(out, "--raw", "s3a://bank/raw")
    refused(done, out, f"no Thrift server answers at 127.0.0.1:{port}", "Connection refused")


def test_a_host_that_is_not_known(out: Path, monkeypatch) -> None:
    monkeypatch.setenv("SMARTSENTRY_SPARK_HOST", "spark.invalid")
    refused(run(out, "--raw", "s3a://bank/raw"), out, "no Thrift server answers at spark.invalid")


def test_a_master_that_does_not_answer(out: Path, right_java) -> None:
    port = closed_port()
    done = run(out, "--master", f"spark://127.0.0.1:{port}")
    refused(done, out, f"no Spark master answers at 127.0.0.1:{port}", "Connection refused")


def test_a_master_that_spark_does_not_know(out: Path, right_java) -> None:
    done = run(out, "--master", "yarn")
    refused(done, out, "--master", "'yarn'", "local[CORES]", "spark://HOST:PORT", code=2)


@pytest.mark.parametrize("port", ["ten", "0", "65536", "-1"])
def test_a_port_that_is_none(out: Path, monkeypatch, port: str) -> None:
    monkeypatch.setenv("SMARTSENTRY_SPARK_HOST", "127.0.0.1")
    monkeypatch.setenv("SMARTSENTRY_SPARK_PORT", port)
    refused(run(out), out, "SMARTSENTRY_SPARK_PORT", repr(port), "65535", code=2)


def test_a_thrift_server_cannot_see_what_is_seeded_here(out: Path, monkeypatch) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as server:
        monkeypatch.setenv("SMARTSENTRY_SPARK_HOST", "127.0.0.1")
        monkeypatch.setenv("SMARTSENTRY_SPARK_PORT", str(server.getsockname()[1]))
        refused(run(out), out, "--raw", "seed-gen --format parquet", code=2)


def test_raw_tables_that_are_not_there(out: Path, right_java, tmp_path: Path) -> None:
    refused(run(out, "--raw", str(tmp_path)), out, "--raw", str(tmp_path), "no raw tables")


def test_raw_tables_and_seeder_options_exclude_each_other(out: Path, right_java) -> None:
    done = run(out, "--raw", str(out), "--seed", "7")
    refused(done, out, "--raw", "leave out --seed", code=2)


@pytest.mark.parametrize(
    "name", ["notes.txt", "main/notes.txt", "main/alerts/notes.txt", "a/b/c/d"]
)
def test_a_folder_with_other_files_is_not_replaced(out: Path, right_java, name: str) -> None:
    foreign = out / name
    foreign.parent.mkdir(parents=True, exist_ok=True)
    foreign.write_text("mine")
    refused(run(out), out, str(out), "must not be replaced")
    assert foreign.read_text() == "mine"


def test_a_folder_that_does_not_exist_around_it(tmp_path: Path, right_java) -> None:
    refused(run(tmp_path / "none/spark"), tmp_path / "none/spark", "does not exist")


def test_one_at_a_time(out: Path, right_java) -> None:
    files = spark.Files.of(out)
    with spark.one_at_a_time(files, "smartsentry spark"):
        refused(run(out), out, "is being built by", "process")


@pytest.mark.parametrize("missing", ["dbt.adapters.spark", "pyspark"])
def test_packages_that_are_not_installed(monkeypatch, missing: str) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(spark.importlib.util, "find_spec", lambda name: name != missing or None)
    with pytest.raises(click.ClickException, match=r"not installed: run `make \.venv/spark`"):
        spark.require_packages()


def test_a_child_that_fails_leaves_what_was_published(out: Path, right_java, monkeypatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(spark, "require_packages", lambda: None)
    monkeypatch.setattr(spark, "require_java", lambda: None)
    monkeypatch.setattr(children, "SEEDER", [shutil.which("false")])
    refused(run(out), out, "the seeder failed with exit code 1", "nothing was published")


def test_what_a_child_makes_is_published_as_a_whole(out: Path, monkeypatch) -> None:
    """Seeder and dbt write one file each, in the layouts of theirs and of Spark."""
    monkeypatch.setattr(spark, "require_java", lambda: None)
    work = out.parent / "build/spark"

    def pretend(what: str, place: str) -> None:
        (work / place).mkdir(parents=True)
        (work / place / "_SUCCESS").touch()
        (work / place / "part-00007-0b6c-c000.snappy.parquet").write_text(what)

    def seeder(*arguments: object) -> None:
        pretend("the seeder", "raw/accounts")

    def dbt(arguments: Sequence[str], *others: object, **options: object) -> None:
        pretend(f"dbt build {' '.join(arguments)}", "tables/main.db/transactions")

    monkeypatch.setattr(spark, "run_seeder", seeder)
    monkeypatch.setattr(spark, "run_dbt", dbt)
    assert run(out).exit_code == 0
    found = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.parquet")}
    for team_file in ("dispositions", "snoozes"):  # without rows, and there
        assert duckdb.from_parquet(str(out / f"raw/{team_file}/*.parquet")).fetchall() == []
        del found[f"raw/{team_file}/part-00000.parquet"]
    assert found == {
        "main/transactions/part-00000.parquet": b"dbt build --target spark",
        "raw/accounts/part-00000.parquet": b"the seeder",
    }
    assert not work.exists()
    assert sorted(path.name for path in out.parent.iterdir()) == ["build", "spark"]
