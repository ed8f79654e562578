"""A command that refuses to replace a foreign file advises only what it has."""

import re
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner

from seed_gen.cli import command as seed_gen
from smartsentry.cli import main as smartsentry

MAPPING = (
    "select line, a as sender_account_id, b as beneficiary_id, t as timestamp, x as amount"
    " from source"
)
COMMANDS: dict[str, tuple[click.Command, str, int]] = {
    "seed-gen": (seed_gen, "--scale 0.01 --out foreign.duckdb", 2),
    "seed-gen as Parquet": (seed_gen, "--scale 0.01 --format parquet --out foreign", 2),
    "load": (smartsentry, "load m --from t.csv --out foreign.duckdb", 2),
    "build": (smartsentry, "build", 1),
}
FORCED = {"seed-gen"}  # has --force, and it helps


@pytest.mark.parametrize("name", COMMANDS)
def test_the_advice_is_an_option_of_the_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMARTSENTRY_DB", "foreign.duckdb")
    Path("m").mkdir()
    Path("m/source.toml").write_text('[source]\nfiles = "*"\n')
    Path("m/transactions.sql").write_text(MAPPING)
    Path("t.csv").write_text("a,b,t,x\nA,B,2025-01-01,1\n")
    Path("foreign").mkdir()
    Path("foreign/mine.txt").write_text("mine")
    with duckdb.connect("foreign.duckdb") as con:
        con.execute("create table mine as select 1 as a")
    before = Path("foreign.duckdb").read_bytes()
    command, line, code = COMMANDS[name]
    ran = CliRunner().invoke(command, line.split())
    assert ran.exit_code == code, ran.output
    assert "foreign" in ran.output
    if isinstance(command, click.Group):
        command = command.commands[line.split()[0]]
    options = {option for parameter in command.params for option in parameter.opts}
    advised = set(re.findall(r"--[a-z][a-z-]*", ran.output))
    assert advised <= options
    assert ("--force" in advised) == (name in FORCED)
    assert Path("foreign.duckdb").read_bytes() == before
    assert [path.name for path in Path("foreign").iterdir()] == ["mine.txt"]
