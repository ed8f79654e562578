"""The command: what it prints, what it refuses and how, and that the file is whole or untouched."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from raw_layer import progress
from raw_layer.progress import Progress
from seed_gen import cli
from seed_helpers import ROOT, seed_gen, seeded

TINY = ("--scale", "0.01", "--quiet")


def refused(done, *words, code=2):
    """Check for one sentence on stderr with these words, nothing on stdout, and the exit code."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.endswith(".")
    assert "Traceback" not in line
    for word in words:
        assert word in line, line


@pytest.fixture
def command(monkeypatch, capfd):
    """Run the command in this process, which is quicker where only its words matter."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["seed-gen", *arguments])
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = end.code
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        out, err = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, code, out, err)

    return run


def tables_of(path):
    with duckdb.connect(str(path), read_only=True) as con:
        sql = "select table_schema || '.' || table_name from information_schema.tables"
        return {name for (name,) in con.execute(sql).fetchall()}


def database(path, *statements):
    with duckdb.connect(str(path)) as con:
        for statement in statements:
            con.execute(statement)
    return path


@pytest.fixture
def out(tmp_path):
    return tmp_path / "w.duckdb"


@pytest.fixture
def existing(out):
    """An existing warehouse of this seeder."""
    shutil.copy(seeded(scale="0.01", seed="1"), out)
    return out


def test_one_line_per_table_on_stderr(out):
    done = seed_gen("--scale", "0.01", "--out", str(out))
    assert done.returncode == 0
    assert done.stdout == ""
    lines = [line.split() for line in done.stderr.splitlines()]
    names = [line[0] for line in lines]
    assert names == [
        "customers",
        "accounts",
        "devices",
        "beneficiaries",
        "account_devices",
        "account_beneficiaries",
        "dormant_accounts",
        "inactive_accounts",
        "transactions",
        "schemes",
        "generation_run",
    ]
    assert lines[0][1:3] == ["200", "rows"]
    assert all(line[-1] == "s" and float(line[-2]) >= 0 for line in lines)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def told(stream, *moments):
    """Return what a run of 1,000 rows writes that has so many rows done at each moment."""
    now = [0.0]
    progress = Progress(stream, clock=lambda: now[0])
    for second, done in moments:
        now[0] = second
        progress(done, 1_000)
    progress.erase()
    return stream.getvalue()


def test_a_short_run_tells_no_progress():
    assert told(io.StringIO(), (1.0, 400), (2.9, 900), (4.0, 1_000)) == ""


def test_a_long_run_tells_rows_rate_and_time_left():
    lines = told(io.StringIO(), (4.0, 200), (5.0, 250), (20.0, 400), (50.0, 1_000)).splitlines()
    assert [" ".join(line.split()) for line in lines] == [
        "transactions 200 of 1,000 rows, 50 rows/s, 16 s left",
        "transactions 400 of 1,000 rows, 20 rows/s, 30 s left",
    ]


def test_a_file_gets_a_line_where_something_changed_or_once_a_minute():
    now = [0.0]
    stream = io.StringIO()
    progress = Progress(stream, clock=lambda: now[0])
    for second in range(3, 160):
        now[0] = second
        progress.show(f"{second} s: reading", 0 if second < 150 else 1)
    assert stream.getvalue().splitlines() == [
        "3 s: reading",
        "63 s: reading",
        "123 s: reading",
        "150 s: reading",
    ]


@pytest.mark.parametrize(
    ("done", "left"), [(100, "36 s"), (10, "6 min 36 s"), (1, "1 h 06 min")], ids=str
)
def test_the_time_left_is_in_the_unit_that_fits(done, left):
    assert told(io.StringIO(), (4.0, done)).endswith(f", {left} left\n")


def test_on_a_terminal_the_line_is_written_over_itself_and_erased():
    text = told(Terminal(), (4.0, 200), (4.4, 220), (5.0, 250), (9.0, 1_000))
    assert text.count("\r") == text.count("\x1b[K") == 3
    assert text.endswith("\r\x1b[K")
    assert "\n" not in text


def test_progress_is_told_on_stderr_unless_quiet(monkeypatch, command, out):
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    chunks = ("--chunk-rows", "5000")
    done = command("--scale", "0.01", *chunks, "--out", str(out))
    [line] = [line for line in done.stderr.splitlines() if "left" in line]
    assert line.startswith("transactions") and "rows/s" in line and done.stdout == ""
    done = command("--scale", "0.01", "--quiet", *chunks, "--out", str(out))
    assert (done.stdout, done.stderr) == ("", "")


def test_an_overshoot_is_told(command, out):
    done = command("--scale", "0.01", "--fraud-rate", "0.001", "--out", str(out))
    last = done.stderr.splitlines()[-1]
    assert "more than the 13 asked for" in last


def test_quiet_prints_nothing_and_leaves_one_file(command, out):
    done = command(*TINY, "--out", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert [path.name for path in out.parent.iterdir()] == ["w.duckdb"]


def test_the_environment_names_the_file(out):
    assert seed_gen(*TINY, SMARTSENTRY_DB=str(out)).returncode == 0
    assert "raw.transactions" in tables_of(out)


def test_help_names_every_option():
    done = seed_gen("--help")
    for option in (
        *("--scale", "--seed", "--fraud-rate", "--start", "--end"),
        *("--out", "--config", "--quiet", "--force"),
    ):
        assert option in done.stdout


BAD_OPTIONS = [
    (("--scale", "0.009"), ("--scale", "0.009", "0.01")),
    (("--scale", "nan"), ("--scale", "nan", "finite number", "0.01")),
    (("--scale", "inf"), ("--scale", "inf", "finite number")),
    (("--scale", "big"), ("--scale", "'big'", "finite number")),
    (("--scale", "-1"), ("--scale", "-1", "0.01")),
    (("--fraud-rate", "0.51"), ("--fraud-rate", "0.51", "0 to 0.5")),
    (("--fraud-rate", "-0.01"), ("--fraud-rate", "-0.01", "0 to 0.5")),
    (("--fraud-rate", "nan"), ("--fraud-rate", "nan", "0 to 0.5")),
    (("--seed", "-1"), ("--seed", "-1", "whole number")),
    (("--seed", "1.5"), ("--seed", "1.5", "whole number")),
    (("--seed", "x"), ("--seed", "'x'", "whole number")),
    (("--start", "2025-13-01"), ("--start", "2025-13-01", "YYYY-MM-DD")),
    (("--end", "tomorrow"), ("--end", "'tomorrow'", "YYYY-MM-DD")),
    (("--end", "2025-08-31"), ("--end", "2025-08-31", "--start", "2025-09-01")),
    (("--end", "2025-12-08"), ("99 days", "at least 100")),
    (("--config", "absent.toml"), ("--config", "absent.toml", "TOML")),
    (("--chunk-rows", "0"), ("--chunk-rows",)),
    (("--colour",), ("--colour",)),
]


@pytest.mark.parametrize(("arguments", "words"), BAD_OPTIONS, ids=lambda v: " ".join(v)[:40])
def test_a_bad_option_is_one_sentence_and_leaves_the_file(command, existing, arguments, words):
    before = existing.read_bytes()
    refused(command(*TINY, "--out", str(existing), *arguments), *words)
    assert existing.read_bytes() == before
    assert [path.name for path in existing.parent.iterdir()] == ["w.duckdb"]


BAD_TOML = [
    ("scale = [", ("valid TOML",)),
    ("colour = 1", ("colour", "no known setting", "fraud_rate")),
    ("[typologies.mule_ring]\nacounts = 3", ("typologies.mule_ring.acounts", "no known setting")),
    ("[typologies.bribery]\nvolume = 0.1", ("typologies.bribery", "mule_ring")),
    ("scale = '1'", ("scale", "'1'", "finite number")),
    ("seed = true", ("seed", "True", "whole number")),
    ("seed = 1.0", ("seed", "1.0", "whole number")),
    ("start = 2025", ("start", "2025", "YYYY-MM-DD")),
    ("start = 2025-09-01T00:00:00", ("start", "YYYY-MM-DD")),
    ("customers = 3", ("customers", "3", "table")),
    ("typologies = 3", ("typologies", "3", "table")),
    ("[typologies]\nATO = 3", ("typologies.ATO", "3", "table")),
    ("[customers]\nkyc_level = 3", ("customers.kyc_level", "table of probabilities")),
    ("[customers.kyc_level]\nlow = 0.3", ("customers.kyc_level", "sum to 1.1", "sum to 1")),
    ("[customers.kyc_level]\nlowest = 0.3", ("kyc_level.lowest", "no known category")),
    ("[customers.kyc_level]\nlow = -0.2", ("kyc_level.low", "-0.2", "0 to 1")),
    ("[customers]\nage = [70, 21]", ("customers.age", "[70, 21]", "[low, high]")),
    ("[customers]\nage = 40", ("customers.age", "40", "[low, high]")),
    ("[customers]\npep_flag = 1.5", ("customers.pep_flag", "1.5", "0 to 1")),
    ("[behaviour]\nhonest_hours = [1, 2]", ("behaviour.honest_hours", "24")),
    ("[behaviour]\nhonest_hours = [" + "0, " * 24 + "]", ("honest_hours", "not all 0")),
    ("[behaviour]\nspecial_days = 3", ("behaviour.special_days", "3", "table of days")),
    ("[behaviour.special_days]\n'13-01' = 1", ("special_days", "'13-01'", "MM-DD")),
    ("[behaviour.special_days]\n'W01-1' = 1", ("special_days", "'W01-1'", "YYYY-MM-DD")),
    ("[behaviour.special_days]\n'12-25' = 0", ("special_days.12-25", "0", "0.01 to 100")),
    ("[segments.banker]\nactivity = 2", ("segments.banker", "no known setting", "pensioner")),
    ("[routines.rent]\nshare = 2", ("routines.rent.share", "2", "0 to 1")),
    ("[routines.rent]\ndays = [1, 31]", ("routines.rent.days", "31", "1 to 28")),
    ("[typologies.smurfing]\nwithin_days = 90", ("smurfing.within_days", "90", "60")),
    ("[dormant]\nsilence_days = 90", ("dormant.comeback", "dormant.silence_days")),
]


@pytest.mark.parametrize(("text", "words"), BAD_TOML, ids=lambda v: str(v)[:40])
def test_a_bad_configuration_is_one_sentence(command, tmp_path, out, text, words):
    file = tmp_path / "c.toml"
    file.write_text(text)
    refused(command(*TINY, "--out", str(out), "--config", str(file)), *words)
    assert not out.exists()


def test_a_configuration_that_is_no_text_or_a_folder(command, tmp_path, out):
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe\x00")
    for file in (tmp_path / "c.toml", tmp_path):
        refused(command(*TINY, "--out", str(out), "--config", str(file)), "--config", str(file))


def test_options_override_the_file_and_the_file_the_defaults(command, tmp_path, out):
    file = tmp_path / "c.toml"
    file.write_text("seed = 7\nscale = 5\nstart = 2025-01-01\n[typologies.mule_ring]\naccounts = 6")
    assert command(*TINY, "--out", str(out), "--config", str(file)).returncode == 0
    with duckdb.connect(str(out), read_only=True) as con:
        sql = (
            "select seed, scale, window_start::varchar, window_end::varchar from raw.generation_run"
        )
        assert con.execute(sql).fetchall() == [(7, 0.01, "2025-01-01", "2025-12-31")]
        depth = "select distinct flow_depth from raw.transactions where fraud_type = 'mule_ring'"
        assert con.execute(depth).fetchall() == [(6,)]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere/w.duckdb", ("folder that exists", "nowhere")),
        ("plain/w.duckdb", ("folder that exists",)),
        (".", ("is a folder",)),
        ("raw.duckdb", ("raw.duckdb", "hides its schema")),
        ("/proc/w.duckdb", ("/proc/w.duckdb", "cannot")),
    ],
)
def test_a_path_that_cannot_be_written(command, tmp_path, place, words):
    (tmp_path / "plain").write_text("a file")
    refused(command(*TINY, "--out", str(tmp_path / place)), "--out", *words)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["plain"]


@pytest.mark.parametrize("content", [b"", b"plain text", b"\x00" * 20_000])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_file_that_is_no_database_is_kept(command, out, content, force):
    out.write_bytes(content)
    refused(command(*TINY, "--out", str(out), *force), str(out), "not a DuckDB database")
    assert out.read_bytes() == content


FOREIGN = [
    ("create table t as select 1 as x",),
    ("create schema raw", "create table raw.transactions (x int)"),
    ("create schema staging", "create view staging.v as select 1 as x"),
]


@pytest.mark.parametrize("statements", FOREIGN)
def test_foreign_tables_are_kept_unless_forced(command, out, statements):
    before = database(out, *statements).read_bytes()
    refused(command(*TINY, "--out", str(out)), str(out), "did not make", "--force")
    assert out.read_bytes() == before
    assert command(*TINY, "--out", str(out), "--force").returncode == 0
    assert "main.t" not in tables_of(out)


@pytest.mark.parametrize(
    "statements",
    [("create table raw.mine (x int)",), ("create schema s", "create table s.t (x int)")],
)
def test_foreign_tables_beside_ours_are_kept_too(command, existing, statements):
    before = database(existing, *statements).read_bytes()
    refused(command(*TINY, "--out", str(existing)), "did not make")
    assert existing.read_bytes() == before


def test_an_empty_database_is_taken(command, out):
    database(out)
    assert command(*TINY, "--out", str(out)).returncode == 0


def test_reseeding_drops_what_was_derived(command, existing):
    database(
        existing,
        "create schema staging",
        "create view staging.stg as select * from raw.accounts",
        "create schema features",
        "create table features.f as select 1 as x",
        "create schema rules",
        "create table rules.r as select 1 as x",
        "create table main.transactions as select 1 as x",
    )
    assert command(*TINY, "--seed", "2", "--out", str(existing)).returncode == 0
    assert {name.split(".")[0] for name in tables_of(existing)} == {"raw"}
    with duckdb.connect(str(existing), read_only=True) as con:
        assert con.execute("select seed from raw.generation_run").fetchall() == [(2,)]


def holder(path: Path, read_only: bool) -> subprocess.Popen[str]:
    """Start a process that holds the file open until it is killed."""
    script = (
        "import duckdb, sys, time\n"
        f"con = duckdb.connect({str(path)!r}, read_only={read_only})\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_held_by_another_process_is_named_with_its_id(existing, read_only):
    before = existing.read_bytes()
    process = holder(existing, read_only)
    try:
        done = seed_gen(*TINY, "--out", str(existing))
    finally:
        process.kill()
        process.communicate()
    refused(done, str(existing), str(process.pid), code=1)
    assert existing.read_bytes() == before


def test_a_side_file_another_run_is_building_is_left_alone(out):
    side = out.with_name("w.duckdb.building")
    database(side)
    process = holder(side, read_only=False)
    try:
        refused(seed_gen(*TINY, "--out", str(out)), str(process.pid), code=1)
        assert side.exists()
    finally:
        process.kill()
        process.communicate()
    assert not out.exists()
    # Left behind by a killed run, it is no obstacle.
    assert seed_gen(*TINY, "--out", str(out)).returncode == 0
    assert [path.name for path in out.parent.iterdir()] == ["w.duckdb"]


def test_what_a_crashed_writer_left_beside_the_file_does_not_reach_the_new_one(existing):
    script = (
        "import duckdb, os\n"
        f"con = duckdb.connect({str(existing)!r})\n"
        "con.execute('create table main.derived as select 1 as x')\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert existing.with_name("w.duckdb.wal").exists()
    assert seed_gen(*TINY, "--out", str(existing)).returncode == 0
    assert not existing.with_name("w.duckdb.wal").exists()
    assert "main.derived" not in tables_of(existing)


@pytest.mark.parametrize(("number", "exists"), [(signal.SIGINT, True), (signal.SIGTERM, False)])
def test_interrupting_leaves_the_file_as_it_was(tmp_path, number, exists):
    out = tmp_path / "w.duckdb"
    if exists:
        database(out)
    before = out.read_bytes() if exists else None
    process = subprocess.Popen(
        [sys.executable, "-m", "seed_gen", "--scale", "3", "--out", str(out)],
        cwd=ROOT,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    side = out.with_name("w.duckdb.building")
    while not side.exists() or side.stat().st_size < 20e6:  # in the midst of the transactions
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "Interrupted: what was there is as it was."
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == (["w.duckdb"] if exists else [])
    assert before is None or out.read_bytes() == before
