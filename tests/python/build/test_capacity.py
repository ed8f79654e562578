"""What a build asks of the machine, and what it says where the machine has not got it."""

import re
import shutil
from datetime import datetime
from pathlib import Path

import click
import duckdb
import pytest
from test_publish import sentence, smartsentry

from conftest import ROOT, Warehouse
from faults.place import Place
from smartsentry.build import capacity
from smartsentry.build import on_duckdb as build
from smartsentry.build.build_info import Before
from smartsentry.build.publish import Files


def test_a_build_larger_than_the_disk_is_not_begun(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    said = sentence(smartsentry(path, "build", "--scale", "1000"))
    assert re.fullmatch(
        r"Error: a build of 1,302,000,000 transactions needs about 716\.1 GB of disk,"
        rf" but {re.escape(str(tmp_path))} has [\d,.]+ GB free: nothing was published\."
        r" Make room, or set SMARTSENTRY_DB to a file on a larger disk\.",
        said,
    )
    assert not [file for file in tmp_path.rglob("*.duckdb") if file.is_file()]


def test_the_disk_must_hold_the_rows(
    published: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = capacity.rows_of_the_file(published.path)
    with duckdb.connect(published.path, read_only=True) as con:
        assert (rows,) == con.execute("select count(*) from raw.transactions").fetchone()
    enough = rows * capacity.DISK_BYTES_A_ROW
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=enough))
    capacity.require_disk(tmp_path, rows)
    with pytest.raises(click.ClickException, match=f"a build of {rows + 1:,} transactions needs"):
        capacity.require_disk(tmp_path, rows + 1)


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        ([], capacity.ROWS_AT_SCALE_1),
        (["--seed=3", "--scale=0.5"], capacity.ROWS_AT_SCALE_1 // 2),
        (["--scale=large"], 0),  # the seeder will say what is allowed
        (["--scale=1e999"], 0),
        (["--scale=nan"], 0),
    ],
)
def test_rows_of_the_seeder(options: list[str], rows: int) -> None:
    assert capacity.rows_of_the_seeder(options) == rows


def test_rows_of_the_seeder_are_about_those_it_makes(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        made, scale = con.execute(
            "select (select count(*) from raw.transactions), scale from raw.generation_run"
        ).fetchone()
    assert capacity.rows_of_the_seeder([f"--scale={scale}"]) == pytest.approx(made, rel=0.1)


def test_a_file_without_transactions_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "empty.duckdb"
    duckdb.connect(path).close()
    assert capacity.rows_of_the_file(path) == 0


def test_a_long_build_says_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    capacity.say_what_is_ahead(1_000_000)
    assert capsys.readouterr().out == ""
    capacity.say_what_is_ahead(72_000_000)
    said = capsys.readouterr().out
    assert said == "72,000,000 transactions: models and tests take about 33 min\n"


@pytest.mark.parametrize(
    ("before", "announced"), [(None, True), (Before(datetime(2025, 12, 31), {}, {}), False)]
)
def test_an_added_day_is_not_announced_as_a_whole_build(
    published: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    before: Before | None,
    announced: bool,
) -> None:
    def refuse(*_: object) -> None:
        raise click.ClickException("dbt build")

    files = Files.of(tmp_path / "warehouse.duckdb")
    files.side.parent.mkdir(parents=True)
    shutil.copyfile(published.path, files.side)
    monkeypatch.setattr(capacity, "LONG_SECONDS", 0)
    monkeypatch.setattr(build, "run_dbt", refuse)
    with pytest.raises(click.ClickException, match="dbt build"):
        build.finish(files, {}, [], None, None, False, 0, before=before)
    assert ("models and tests take about" in capsys.readouterr().out) == announced


@pytest.mark.parametrize(
    ("asked", "memory", "threads"), [(None, "4GB", []), (None, "1MB", ["1"]), (3, "1MB", ["3"])]
)
def test_data_beyond_the_memory_are_built_a_model_at_a_time(
    published: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: int | None,
    memory: str,
    threads: list[str],
) -> None:
    """Of dbt only the command line: a limit below these few rows is none that it could keep."""
    seen: list[list[str]] = []

    def run(arguments: list[str], *_: object) -> None:
        seen.append(arguments)
        raise click.ClickException("dbt build")

    monkeypatch.setattr(build, "run_dbt", run)
    monkeypatch.setattr(build, "_copy_raw", lambda raw, side, _: shutil.copyfile(raw, side))
    with pytest.raises(click.ClickException, match="dbt build"):
        build.build(tmp_path / "new.duckdb", [], asked, memory, raw=published.path)
    [command] = seen
    after = command.index("--threads") + 1 if "--threads" in command else len(command)
    assert command[after:] == threads


def test_memory_and_the_folder_for_what_exceeds_it(
    published: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come from the machine where nobody says otherwise."""
    warehouse = Warehouse(published.path, tmp_path / "target")
    query = (
        "select current_setting('temp_directory') as folder,"
        " current_setting('memory_limit') as memory_limit"
    )
    show = ("--quiet", "show", "--output", "json", "--inline", query)
    with duckdb.connect(config={"memory_limit": "40%"}) as con:
        (share,) = con.execute("select current_setting('memory_limit')").fetchone()
    by_default = warehouse.dbt(*show, SMARTSENTRY_DB=str(published.path)).stdout
    assert f'"folder": "{published.path}.tmp"' in by_default
    assert f'"memory_limit": "{share}"' in by_default
    monkeypatch.setenv("SMARTSENTRY_TEMP", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("SMARTSENTRY_MEMORY_LIMIT", "2GiB")
    chosen = warehouse.dbt(*show).stdout
    assert f'"folder": "{tmp_path}/elsewhere"' in chosen
    assert '"memory_limit": "2.0 GiB"' in chosen


def test_the_connection_that_completes_a_build_has_the_memory_of_the_profile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    profile = (ROOT / "profiles.yml").read_text()
    assert f"env_var('{build.MEMORY_VARIABLE}', '{build.MEMORY_SHARE}')" in profile
    monkeypatch.delenv(build.MEMORY_VARIABLE, raising=False)
    assert build.duckdb_settings(None)["memory_limit"] == build.MEMORY_SHARE
    monkeypatch.setenv(build.MEMORY_VARIABLE, "2GB")
    assert build.duckdb_settings(None)["memory_limit"] == "2GB"
    assert build.duckdb_settings("3GB")["memory_limit"] == "3GB"
    monkeypatch.setenv(build.MEMORY_VARIABLE, "much")
    with pytest.raises(click.UsageError, match="SMARTSENTRY_MEMORY_LIMIT is 'much'; it must be a"):
        build.duckdb_settings(None)
