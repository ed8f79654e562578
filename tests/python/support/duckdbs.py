"""Builds a small warehouse with each DuckDB at an end of the allowed range; compares the values."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import click

from pythons import ROOT, SCALE, differences, fingerprints, run_build

FOLDER = ROOT / ".venv-duckdbs"


def allowed() -> tuple[str, str]:
    """Return what pip is asked for: the oldest allowed release, and the newest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [wanted] = [one for one in project["dependencies"] if re.match(r"duckdb\b", one)]
    lowest = re.search(r">=([\d.]+)", wanted)
    assert lowest, f"{wanted} has no lowest release"
    return f"duckdb=={lowest[1]}.0", wanted


def build(end: str, wanted: str) -> tuple[str, Path]:
    """Install a DuckDB beside the environment's own and build with it; return its version."""
    packages = FOLDER / end
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    place = ["--no-deps", "--upgrade", "--target", str(packages)]
    subprocess.run([*pip, *place, wanted], check=True)
    environment = os.environ | {"PYTHONPATH": str(packages)}
    version = subprocess.run(
        [sys.executable, "-c", "import duckdb; print(duckdb.__version__)"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    database = FOLDER / f"{end}.duckdb"
    database.unlink(missing_ok=True)
    command = [sys.executable, "-m", "smartsentry.cli", "build", "--scale", SCALE]
    run_build(f"DuckDB {version}", command, environment | {"SMARTSENTRY_DB": str(database)})
    return version, database


@click.command()
def main() -> None:
    """Compare the fingerprints of builds with the oldest and the newest DuckDB allowed."""
    built = {}
    for end, wanted in zip(("oldest", "newest"), allowed(), strict=True):
        began = time.monotonic()
        version, database = build(end, wanted)
        tables = built[f"DuckDB {version}"] = fingerprints(database)
        seconds = time.monotonic() - began
        click.echo(f"DuckDB {version}, the {end}: {len(tables)} tables in {seconds:.0f} s")
    if len(built) < 2:
        raise click.ClickException("the oldest allowed DuckDB is the newest: nothing is compared.")
    if different := differences(built):
        raise click.ClickException("\n".join(different))
    click.echo("Every table has the same values on both.")


if __name__ == "__main__":
    main()
