"""Every command and option refuses what is wrong: one sentence, exit code 1 or 2, nothing touched.

The tables name each argument and option of `smartsentry` and `seed-gen`, and each variable of a
make target: a new one without bad values fails `test_every_option_has_bad_values`.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import duckdb
import pytest

import seed_gen.cli
import smartsentry.cli
from conftest import ROOT
from faults.place import Place, contents

NOT_UTF8 = os.fsdecode(b"odd\xff")

# What stands in the folder that each command runs in, by name (`place` makes them).
NO_TEXT = ["", " ", NOT_UTF8]
NO_FILE = [*NO_TEXT, "folder", "/dev/full"]
NO_FOLDER = [*NO_TEXT, "notes.txt", "/dev/full"]
NO_TARGET = [*NO_FILE, "notes.txt/x.html", "no/such/folder/x.html", "/proc/x.html", "n" * 300]
NO_TARGET_FOLDER = [*NO_FOLDER, "notes.txt/x", "no/such/folder/x", "/proc/x", "n" * 300]
NO_DATABASE = [*NO_FILE, "none.duckdb", "notes.txt", "torn.duckdb", "n" * 300]
NO_WAREHOUSE = [*NO_DATABASE, "empty.duckdb", "locked.duckdb"]
NO_COUNT = ["", "x", "0", "-1", "1.5", "1e3", NOT_UTF8]
NO_MEMORY = ["", "x", "-1GB", "4", "4 elephants", NOT_UTF8]
NO_SCALE = ["", "x", "0", "-1", "nan", "inf", "1; drop", NOT_UTF8]
NO_SEED = ["", "x", "-1", "1.5", "99999999999999999999", NOT_UTF8]
NO_RATE = ["", "x", "-0.1", "2", "nan", NOT_UTF8]
NO_CONFIG = [*NO_FILE, "none.toml", "notes.txt", "wrong.toml", "n" * 300]
NO_DAY = ["", "x", "2025-02-30", "2025-13-01", "1", NOT_UTF8]
NO_DATE = [*NO_DAY, "9999-12-31"]

SEEDER = {
    "scale": NO_SCALE,
    "seed": NO_SEED,
    "fraud_rate": NO_RATE,
    "config": NO_CONFIG,
}
A_CASE = "a case"  # stands for one of the warehouse
LOAD = ["load", "mapping", "--from", "paysim.csv", "--out", "new.duckdb"]

# By command: what it is given besides, and for each argument and option the values it must refuse.
# A name in capitals is an argument.
BAD: dict[str, tuple[list[str], dict[str, list[str]]]] = {
    "build": (
        [],
        {**SEEDER, "raw": NO_WAREHOUSE, "threads": NO_COUNT, "memory_limit": NO_MEMORY},
    ),
    "rollback": ([], {}),
    "compact": ([], {}),
    "verify": ([], {}),
    "spark": (
        [],
        {
            **SEEDER,
            "raw": [*NO_TEXT, "none", "notes.txt", "folder"],
            "out": [*NO_FOLDER, "folder", "no/such/folder/x"],
            "memory": ["", "x", "3", "0g", "-1g", "1t", NOT_UTF8],
            "master": ["", "yarn", "spark://", "spark://host:99999", "local[x]", NOT_UTF8],
        },
    ),
    "compare-engines": (
        ["whole.duckdb", "folder"],
        {"FILE": NO_WAREHOUSE, "FOLDER": [*NO_FOLDER, "none", "folder"]},
    ),
    "load": (
        LOAD[1:],
        {
            "MAPPING": [*NO_FILE, "none", "notes.txt", "wrong.toml", "wrong", "n" * 300],
            "MORE_FILES": [*NO_TEXT, "folder", "none*.csv", "notes.txt", "n" * 300],
            "files": [*NO_TEXT, "folder", "none*.csv", "notes.txt", "**/\x00", "n" * 300],
            "out": [
                *NO_FILE,
                *("notes.txt", "foreign.duckdb", "locked.duckdb", "torn.duckdb", "raw.duckdb"),
                *("notes.txt/x", "no/such/folder/x", "/proc/x", "n" * 300),
            ],
            "max_rejected": ["", "x", "-0.1", "1.1", "nan", NOT_UTF8],
            "memory_limit": NO_MEMORY,
        },
    ),
    "add": (
        LOAD[1:4],
        {
            "MAPPING": [*NO_FILE, "none", "notes.txt", "wrong.toml", "wrong", "n" * 300],
            "MORE_FILES": [*NO_TEXT, "folder", "none*.csv", "notes.txt", "n" * 300],
            "files": [*NO_TEXT, "folder", "none*.csv", "notes.txt", "n" * 300],
            "raw": NO_WAREHOUSE,
            "max_rejected": ["", "x", "-0.1", "1.1", "nan", NOT_UTF8],
            "threads": NO_COUNT,
            "memory_limit": NO_MEMORY,
        },
    ),
    "sql": (
        [],
        {
            "QUERY": [
                *NO_TEXT,
                *("-- a comment", ";", "selec 1", "select 1; selec 2", "select cast('x' as int)"),
                *("from none", "select ?", "drop table devices", "create table t as select 1"),
                *("select error('two\nlines')", "set threads = 1", "attach 'x.duckdb'"),
                *("copy devices to 'x.csv'", "from read_csv('notes.txt')", "install httpfs"),
            ],
            "rows": NO_COUNT,
        },
    ),
    "summary": ([], {}),
    "export": ([], {"place": NO_TARGET_FOLDER}),
    "cases": ([], {"first": NO_COUNT, "place": [*NO_TARGET_FOLDER, "folder"]}),
    "decide": (
        [A_CASE, "cleared", "--by", "Jane"],
        {
            "CASE": [*NO_TEXT, "T1", "K", "K1x", "K99999999"],
            "DECISION": [*NO_TEXT, "closed"],
            "by": NO_TEXT,
            "note": NO_TEXT,
        },
    ),
    "snooze": (
        ["*", "C1", "--until", "2199-12-30", "--owner", "Jane", "--reason", "a dealer"],
        {
            "RULE": [*NO_TEXT, "crypto"],
            "CUSTOMER": [*NO_TEXT, "Cx"],
            "until": [*NO_DAY, "2020-01-01"],
            "owner": NO_TEXT,
            "reason": NO_TEXT,
            "since": [*NO_DAY, "2199-12-31"],
        },
    ),
    "report": ([], {"place": NO_TARGET}),
    "compare": (
        ["whole.duckdb", "whole.duckdb"],
        {"A": NO_WAREHOUSE, "B": NO_WAREHOUSE, "place": NO_TARGET},
    ),
    "realism": ([], {"place": NO_FILE}),  # beyond that it writes as `report` does
    "docs": ([], {"place": [*NO_FOLDER, "no/such/folder/x", "notes.txt/x/y"]}),
    "docs-serve": (
        [],
        {"port": [*NO_COUNT, "65536"], "place": [*NO_FOLDER, "none", "folder"]},
    ),
    "readme": ([], {}),
    "columns": ([], {}),
    "rule-docs": ([], {}),
}
BAD_SEEDER = {
    **{name: values for name, values in SEEDER.items() if name != "config"},
    "config_file": NO_CONFIG,
    "start": [*NO_DATE, "2026-01-01"],
    "end": [*NO_DATE, "2025-08-31"],
    "kind": ["", "csv", "DUCKDB", NOT_UTF8],
    "out": [
        *(NOT_UTF8, "folder", "notes.txt", "foreign.duckdb", "locked.duckdb", "torn.duckdb"),
        *("raw.duckdb", "notes.txt/x", "no/such/folder/x", "/proc/x", "n" * 300),
    ],
    "chunk_rows": NO_COUNT,
    "threads": NO_COUNT,
}
# The commands that read the warehouse of SMARTSENTRY_DB; `build` replaces it.
NO_TABLES = ["folder", "notes.txt", "torn.duckdb", "locked.duckdb", NOT_UTF8]
READERS = ["verify", "sql", "summary", "export", "cases", "report", "realism", "docs", "readme"]
READERS += ["rollback", "compact"]


@pytest.fixture(scope="module")
def place(published: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with one of everything that may be wrong; the commands run in it."""
    folder = tmp_path_factory.mktemp("place")
    shutil.copy(published.path, folder / "whole.duckdb")
    (folder / "folder").mkdir()
    (folder / "folder/mine.txt").write_text("mine")
    (folder / "notes.txt").write_text("not to be lost\n")
    (folder / "torn.duckdb").write_bytes(published.path.read_bytes()[:10_000])
    duckdb.connect(folder / "empty.duckdb").close()
    with duckdb.connect(folder / "foreign.duckdb") as con:
        con.execute("create table mine as select 1 as a")
    duckdb.connect(folder / "locked.duckdb").close()
    (folder / "wrong.toml").write_text("nonsense = 1\n")
    shutil.copytree(ROOT / "mappings/paysim", folder / "mapping")
    shutil.copytree(ROOT / "mappings/paysim", folder / "wrong")
    (folder / "wrong/source.toml").write_text("nonsense = 1\n")
    shutil.copy(ROOT / "tests/python/load/data/paysim_log.csv", folder / "paysim.csv")
    script = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open'); input()"
    command = [sys.executable, "-u", "-c", script, str(folder / "locked.duckdb")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as writer:
        assert writer.stdout.readline() == "open\n"
        yield folder
        writer.kill()


def unlocked(place: Path) -> dict[Path, tuple[int, int]]:
    """Return what is in the folder but for the lock, which a command takes that looks at data."""
    locks = {path for path in place.rglob("*.lock")}
    locks |= {path.parent for path in locks}
    return {path: said for path, said in contents(place).items() if path not in locks}


@pytest.fixture
def refused(
    place: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command line in the folder; check all that a refusal promises and return its words."""
    monkeypatch.chdir(place)
    monkeypatch.setenv("SMARTSENTRY_DB", "whole.duckdb")
    monkeypatch.setenv("SMARTSENTRY_INPUTS", "folder")
    with duckdb.connect("whole.duckdb", read_only=True) as con:
        [(case,)] = con.execute("select min(case_id) from cases").fetchall()
    for name in ("SMARTSENTRY_SPARK_HOST", "SMARTSENTRY_MEMORY_LIMIT", "SMARTSENTRY_SPARK"):
        monkeypatch.delenv(name, raising=False)

    def check(program: str, *arguments: str) -> str:
        before = unlocked(place)
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        main = smartsentry.cli.main if program == "smartsentry" else seed_gen.cli.main
        given = [case if argument == A_CASE else argument for argument in arguments]
        monkeypatch.setattr(sys, "argv", [program, *given])
        try:
            with pytest.raises(SystemExit) as ended:
                main()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        out, said = capfd.readouterr()
        assert ended.value.code in (1, 2), said
        assert said.count("\n") == 1 and said.endswith((".\n", "!\n", "?\n")), said
        assert "Traceback" not in said and not re.search(r"\b(None|Errno|<class)\b", said), said
        assert out == "" or arguments[0] == "sql", out
        assert unlocked(place) == before
        return said

    return check


def parameters(command: click.Command) -> dict[str, click.Parameter]:
    """Return what a command takes, by the names of the tables: an argument in capitals."""
    return {
        parameter.name.upper()
        if isinstance(parameter, click.Argument)
        else parameter.name: parameter
        for parameter in command.params
        if not getattr(parameter, "is_flag", False) and parameter.name != "version"
    }


def test_every_option_has_bad_values() -> None:
    commands = smartsentry.cli.main.commands
    assert set(BAD) == set(commands)
    for name, (_, bad) in BAD.items():
        assert set(bad) == set(parameters(commands[name])), name
    assert set(BAD_SEEDER) == set(parameters(seed_gen.cli.command))


def line(command: click.Command, usual: list[str], name: str, value: str) -> list[str]:
    """Return the arguments of a command in which one has a value and the others what is usual."""
    taken = parameters(command)
    parameter = taken[name]
    if isinstance(parameter, click.Option):
        return [*usual, parameter.opts[0], value]
    if name == "MORE_FILES":
        return [usual[0], value, *usual[1:]]
    place = [one for one in taken if one.isupper()].index(name)
    return [*usual[:place], value, *usual[place + 1 :]]


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        pytest.param(command, name, value, id=f"{command}-{name}-{ascii(value)[:40]}")
        for command, (_, bad) in BAD.items()
        for name, values in bad.items()
        for value in values
    ],
)
def test_a_bad_value_is_refused(refused, command: str, name: str, value: str) -> None:
    made = smartsentry.cli.main.commands[command]
    refused("smartsentry", command, *line(made, BAD[command][0], name, value))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param(name, value, id=f"{name}-{ascii(value)[:40]}")
        for name, values in BAD_SEEDER.items()
        for value in values
    ],
)
def test_the_seeder_refuses_a_bad_value(refused, name: str, value: str) -> None:
    usual = [] if name == "out" else ["--out", "new.duckdb"]
    refused("seed-gen", *line(seed_gen.cli.command, usual, name, value))


@pytest.mark.parametrize("command", [*BAD, "seed-gen"])
def test_what_a_command_does_not_know_is_refused(refused, command: str) -> None:
    begin = ["seed-gen"] if command == "seed-gen" else ["smartsentry", command]
    assert "--no-such" in refused(*begin, "--no-such")
    assert "--no-such" in refused(*begin, "--no-such=1")
    usual = [] if command == "seed-gen" else BAD[command][0]
    if command not in ("load", "add"):  # which take any number of files
        refused(*begin, *usual, *(["select 1"] if command == "sql" else []), "unexpected")


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (command, parameter.opts[0])
        for command, made in smartsentry.cli.main.commands.items()
        for parameter in parameters(made).values()
        if isinstance(parameter, click.Option)
    ],
)
def test_an_option_without_its_value_is_refused(refused, command: str, option: str) -> None:
    assert option in refused("smartsentry", command, option)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["load"], "MAPPING"),
        (["load", "mapping"], "--from"),
        (["load", "mapping", "--from", "paysim.csv"], "--out"),
        (["compare"], "'A'"),
        (["compare", "whole.duckdb"], "'B'"),
        (["compare-engines"], "FILE.duckdb"),
        (["nonsense"], "nonsense"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_what_is_missing_is_named(refused, arguments: list[str], said: str) -> None:
    assert said in refused("smartsentry", *arguments)


@pytest.mark.parametrize("command", READERS)
@pytest.mark.parametrize(
    "warehouse",
    [
        "none.duckdb",
        "folder",
        "notes.txt",
        "torn.duckdb",
        "empty.duckdb",
        "locked.duckdb",
        NOT_UTF8,
    ],
    ids=ascii,
)
def test_a_warehouse_that_is_none(refused, monkeypatch, command: str, warehouse: str) -> None:
    monkeypatch.setenv("SMARTSENTRY_DB", warehouse)
    refused("smartsentry", command, *(["from alerts"] if command == "sql" else []))


@pytest.mark.parametrize(
    "warehouse",
    [
        "folder",
        "notes.txt",
        "torn.duckdb",
        "foreign.duckdb",
        "locked.duckdb",
        "no/folder/x",
        "/proc/x",
        NOT_UTF8,
    ],
    ids=ascii,
)
def test_a_place_that_no_build_replaces(refused, monkeypatch, warehouse: str) -> None:
    monkeypatch.setenv("SMARTSENTRY_DB", warehouse)
    refused("smartsentry", "build", "--scale", "0.01")


@pytest.mark.parametrize(
    ("variable", "value", "command"),
    [
        ("SMARTSENTRY_MEMORY_LIMIT", "much", ["build"]),
        ("SMARTSENTRY_MEMORY_LIMIT", "much", LOAD),
        ("SMARTSENTRY_SPARK", "notes.txt", ["spark"]),
    ],
)
def test_a_bad_variable_is_named(refused, monkeypatch, variable, value, command) -> None:
    monkeypatch.setenv(variable, value)
    said = refused("smartsentry", *command)
    assert variable in said or value in said


# ── make ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("target", "variables", "said"),
    [
        ("warehouse", ["SCALE=x"], "--scale"),
        ("warehouse", ["SCALE="], "--scale"),
        ("warehouse", ["SCALE=1; touch x"], "--scale"),
        ("warehouse", ["SEED=x"], "--seed"),
        ("warehouse", ["FRAUD_RATE=2"], "--fraud-rate"),
        ("warehouse-spark", ["SCALE=x"], "--scale"),
        ("warehouse-spark", ["MEMORY=x"], "--memory"),
        ("warehouse-spark", ["MASTER=x"], "--master"),
        ("compare-engines", ["SCALE=x"], "--scale"),
        ("add", [], "MAPPING"),
        ("add", ["MAPPING=none"], "FROM"),
        ("add", ["MAPPING=none", "FROM=x"], "none/source.toml"),
        ("load", [], "MAPPING"),
        ("load", ["MAPPING=none"], "FROM"),
        ("load", ["MAPPING=none", "FROM=x"], "OUT"),
        ("load", ["MAPPING=none", "FROM=x", "OUT=y.duckdb"], "none/source.toml"),
        ("compare", [], "A"),
        ("compare", ["A=none.duckdb"], "B"),
        ("compare", ["A=none.duckdb", "B=none.duckdb"], "none.duckdb"),
        ("rollback", [], "no earlier build"),
        ("docs-serve", ["PORT=x"], "--port"),
        ("docs-serve", ["PORT=0"], "--port"),
        ("bench", ["RUNS=0"], "RUNS"),
        ("bench", ["RUNS=x"], "RUNS"),
        ("bench", ["SCALES=x"], "SCALES"),
        ("chaos", ["KILLS=0"], "--kills"),
        ("chaos", ["KILLS=x"], "--kills"),
    ],
)
def test_make_refuses_a_bad_variable(
    tmp_path: Path, target: str, variables: list[str], said: str
) -> None:
    environments = [f"--assume-old=.venv/{name}" for name in ("runtime", *extras())]
    ran = subprocess.run(
        ["make", "--file", str(ROOT / "Makefile"), *environments, target, *variables],
        cwd=ROOT,
        # `make test` hands on its flags and its depth, and this is a call of its own.
        env={
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MAKE", "MFLAGS"))
        }
        | {"SMARTSENTRY_DB": str(tmp_path / "none.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "Traceback" not in ran.stderr
    # `make` makes an environment that is not there yet, and pip may have to say something.
    others = ("make: *** [", "WARNING: ")
    sentences = [one for one in ran.stderr.splitlines() if not one.startswith(others)]
    assert len(sentences) == 1 and said in sentences[0], ran.stderr
    assert list(tmp_path.iterdir()) == []


def extras() -> list[str]:
    """Return what an environment of make may be for."""
    return sorted(set(re.findall(r"\.venv/(\w+)", (ROOT / "Makefile").read_text())))


def test_every_variable_of_make_has_bad_values() -> None:
    """A variable that a recipe hands on is in the table above."""
    text = (ROOT / "Makefile").read_text()
    handed_on = set(re.findall(r"\$\(([A-Z_]+)\)", text))
    ours = {"BIN", "PYTHON", "MAKE", "LOCK_FLAGS", "MAKEFILE_LIST"}
    ours |= {"MAKECMDGOALS", "VENV", "LOCK", "OLDEST", "STALE"}
    free = {"ALONE", "UPGRADE"}  # anything switches it on
    marks = test_make_refuses_a_bad_variable.pytestmark[0].args[1]
    tried = {one.partition("=")[0] for _, variables, _ in marks for one in variables}
    assert handed_on - ours - free == tried
