"""`seed-gen --format parquet`: the DuckDB file's tables in a folder, whole or as it was."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from test_seed_cli import command, holder, refused  # noqa: F401

from raw_layer import contract
from raw_layer.errors import BadInputError
from raw_layer.fingerprint import fingerprint
from raw_layer.target import building_folder
from seed_gen import cli
from seed_gen.config import load_config
from seed_helpers import ROOT, seed_gen, seeded

TABLES = [table.name for table in contract.TABLES]
TINY = ("--scale", "0.01", "--quiet", "--format", "parquet")


def seed(out: Path, chunk_rows: int = 5_000, threads: int | None = None, **options: str) -> Path:
    options = {"scale": "0.02"} | options
    cli.run(load_config(None, options), out, True, False, chunk_rows, threads, "parquet")
    return out


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def raw(tmp_path_factory) -> Path:
    return seed(tmp_path_factory.mktemp("parquet") / "raw")


@pytest.fixture(scope="module")
def both(raw):
    """The DuckDB file of the same seed attached as `file`, and views of the folder's tables."""
    with duckdb.connect() as con:
        con.execute(f"attach '{seeded(scale='0.02')}' as file (read_only)")
        for table in TABLES:
            con.execute(f"create view {table} as from read_parquet('{raw}/{table}/*.parquet')")
        yield con


@pytest.fixture
def out(tmp_path):
    return tmp_path / "raw"


@pytest.fixture
def existing(raw, out):
    shutil.copytree(raw, out)
    return out


@pytest.mark.parametrize("table", TABLES)
def test_the_values_and_types_of_the_duckdb_file(both, table):
    columns = "select column_name, replace(column_type, 'JSON', 'VARCHAR') from (describe {})"
    here, there = table, f"file.raw.{table}"
    assert (
        both.execute(columns.format(here)).fetchall()
        == both.execute(columns.format(there)).fetchall()
    )
    for one, other in ((here, there), (there, here)):
        rows = f"select * from {one} except all select * from {other}"
        assert both.execute(f"select count(*) from ({rows})").fetchall() == [(0,)]


def test_the_recorded_fingerprints_are_those_of_the_parts(both):
    recorded = "json_extract_string(fingerprints::json, '$.transactions')"
    found = fingerprint(both, "main", "transactions")
    assert both.execute(f"select {recorded} from generation_run").fetchall() == [(found,)]


def test_spark_can_read_every_type(raw):
    """Timestamps say that they have no zone, in microseconds; nothing is unsigned or 128 bits."""
    with duckdb.connect() as con:
        found = con.execute(
            "select distinct type, coalesce(logical_type, converted_type) "
            f"from parquet_schema('{raw}/*/*.parquet') where num_children is null order by all"
        ).fetchall()
    kinds = {(kind, (said or "").split("(")[0]) for kind, said in found}
    assert kinds == {
        ("BYTE_ARRAY", "UTF8"),
        ("DOUBLE", ""),
        ("INT32", "DATE"),
        ("INT32", "INT_32"),
        ("INT32", "INT_8"),
        ("INT64", "DecimalType"),
        ("INT64", "INT_64"),
        ("INT64", "TimestampType"),
    }
    [moment] = [said for _, said in found if said and said.startswith("TimestampType")]
    assert "isAdjustedToUTC=0" in moment and "MICROS=MicroSeconds" in moment


def test_each_table_is_a_folder_of_numbered_parts(raw):
    assert sorted(path.name for path in raw.iterdir()) == sorted(TABLES)
    with duckdb.connect() as con:
        [(rows,)] = con.execute(f"select count(*) from '{raw}/transactions/*.parquet'").fetchall()
        sizes = con.execute(
            "select parse_filename(file_name), num_rows "
            f"from parquet_file_metadata('{raw}/transactions/*.parquet') order by all"
        ).fetchall()
    whole, rest = divmod(rows, 5_000)
    assert sizes == [(f"part-{i:05}.parquet", 5_000) for i in range(whole)] + (
        [(f"part-{whole:05}.parquet", rest)] if rest else []
    )
    for table in TABLES:
        if table != "transactions":
            assert [path.name for path in (raw / table).iterdir()] == ["part-00000.parquet"]


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_the_bytes_hang_on_nothing_but_seed_and_figures(raw, out, threads):
    assert digests(seed(out, threads=threads)) == digests(raw)


def test_another_seed_gives_other_bytes(raw, out):
    assert digests(seed(out, seed="43")) != digests(raw)


def test_an_existing_folder_is_replaced_as_a_whole(out):
    seed(out, chunk_rows=2_000)
    assert seed_gen(*TINY, "--out", str(out)).returncode == 0
    assert [path.name for path in (out / "transactions").iterdir()] == ["part-00000.parquet"]
    assert [path.name for path in out.parent.iterdir()] == ["raw"]


def test_an_empty_folder_is_taken(command, out):  # noqa: F811
    out.mkdir()
    assert command(*TINY, "--out", str(out)).returncode == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(TABLES)


def test_the_environment_names_the_folder(out):
    assert seed_gen(*TINY, SMARTSENTRY_RAW=str(out)).returncode == 0
    assert (out / "generation_run/part-00000.parquet").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--scale", "0"), ("--scale", "0.01")),
        (("--force",), ("--force", "DuckDB files")),
        (("--format", "csv"), ("--format", "csv", "duckdb", "parquet")),
    ],
)
def test_a_bad_option_leaves_the_folder(command, raw, existing, arguments, words):  # noqa: F811
    refused(command(*TINY, "--out", str(existing), *arguments), *words)
    assert digests(existing) == digests(raw)
    assert [path.name for path in existing.parent.iterdir()] == ["raw"]


@pytest.mark.parametrize("name", ["notes.txt", "transactions/notes.txt", "mine/part-00000.parquet"])
def test_what_this_seeder_did_not_make_is_kept(command, existing, name):  # noqa: F811
    (existing / name).parent.mkdir(exist_ok=True)
    (existing / name).write_text("mine")
    before = digests(existing)
    shown = name.split("/part")[0]
    refused(command(*TINY, "--out", str(existing)), str(existing), shown, "did not make")
    assert digests(existing) == before


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere/raw", ("folder that exists", "nowhere")),
        ("plain", ("is a file", "folder")),
        ("/proc/raw", ("/proc/raw", "cannot")),
    ],
)
def test_a_place_that_cannot_be_written(command, tmp_path, place, words):  # noqa: F811
    (tmp_path / "plain").write_text("a file")
    refused(command(*TINY, "--out", str(tmp_path / place)), "--out", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["plain"]


def test_a_folder_another_run_is_writing_is_left_alone(out):
    work = out.with_name("seeding-raw")
    duckdb.connect(str(work)).close()
    process = holder(work, read_only=False)
    try:
        refused(seed_gen(*TINY, "--out", str(out)), str(process.pid), code=1)
        assert work.exists()
    finally:
        process.kill()
        process.communicate()
    assert not out.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("exists", [True, False])
def test_interrupting_leaves_the_folder_as_it_was(raw, tmp_path, number, exists):
    out = tmp_path / "raw"
    before = digests(shutil.copytree(raw, out)) if exists else None
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "seed_gen", "--format", "parquet", "--scale", "3"),
            *("--chunk-rows", "100000", "--out", str(out)),
        ],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(tmp_path.glob("raw.building/transactions/part-00003.parquet")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "Interrupted: what was there is as it was."
    assert [path.name for path in tmp_path.iterdir()] == (["raw"] if exists else [])
    assert before is None or digests(out) == before


def test_a_failure_between_the_two_steps_brings_the_old_folder_back(raw, existing, monkeypatch):
    rename = Path.rename

    def fails_for_the_new_one(path, target):
        if path.name == "raw.building":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", fails_for_the_new_one)
    with pytest.raises(BadInputError, match="No space left"):
        seed(existing, seed="43")
    assert digests(existing) == digests(raw)
    assert [path.name for path in existing.parent.iterdir()] == ["raw"]


@pytest.mark.parametrize("killed", ["before", "after"])
def test_the_next_run_settles_what_a_kill_left(raw, existing, killed):
    """Killed between the two steps, or before what was replaced is deleted."""
    outgoing = existing.with_name("raw.outgoing")
    if killed == "before":
        existing.rename(outgoing)
    else:
        shutil.copytree(existing, outgoing)
        (outgoing / "accounts/part-00000.parquet").unlink()

    class Stop(Exception):
        pass

    with pytest.raises(Stop), building_folder(existing):
        raise Stop
    assert digests(existing) == digests(raw)
    assert [path.name for path in existing.parent.iterdir()] == ["raw"]
