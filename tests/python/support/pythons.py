"""Builds a small warehouse on every Python of this machine that fits, and compares the values."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path

import click
import duckdb

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".venv-pythons"
SCALE = "0.05"


def found() -> dict[str, str]:
    """Return the Pythons to build on, version → path; say which are skipped and why."""
    ran = subprocess.run(
        [ROOT / ".ci/python", "all"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    click.echo(ran.stderr, nl=False)
    return dict(line.split(" ", 1) for line in ran.stdout.splitlines())


def build(version: str, python: str) -> Path:
    """Build a warehouse with `make`, as a user does, in an environment of this Python."""
    place = FOLDER / version.rpartition(".")[0]
    database = place.with_suffix(f"{place.suffix}.duckdb")
    database.unlink(missing_ok=True)
    environment = {name: text for name, text in os.environ.items() if "MAKE" not in name}
    command = ["make", "warehouse", f"VENV={place}", f"PYTHON={python}", f"SCALE={SCALE}"]
    run_build(f"Python {version}", command, environment | {"SMARTSENTRY_DB": str(database)})
    return database


def run_build(version: str, command: list[str], environment: dict[str, str]) -> None:
    """Run a build.

    Raises:
        click.ClickException: it failed; the text has its output.
    """
    ran = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        raise click.ClickException(f"{version} did not build:\n{ran.stdout}{ran.stderr}")


def fingerprints(database: Path) -> dict[str, str]:
    """Return the fingerprint of every raw table and every mart that the build recorded."""
    with duckdb.connect(database, read_only=True) as con:
        [[raw, marts]] = con.execute(
            "select run.fingerprints, info.fingerprints from raw.generation_run as run,"
            " build_info as info"
        ).fetchall()
    named = {f"raw.{name}": text for name, text in json.loads(raw).items()}
    return named | json.loads(marts)


def differences(built: dict[str, dict[str, str]]) -> list[str]:
    """Return a sentence for every table that is not the same on all versions."""
    first, *others = built
    return [
        f"{table} differs between {first} and {other}."
        for other in others
        for table in sorted(built[first].keys() | built[other].keys())
        if built[first].get(table) != built[other].get(table)
    ]


@click.command()
def main() -> None:
    """Compare the fingerprints of builds on every Python that fits."""
    pythons = found()
    if len(pythons) < 2:
        click.echo(f"Nothing to compare: Python {', '.join(pythons)} is the only one that fits.")
        return
    built = {}
    for version, python in pythons.items():
        began = time.monotonic()
        tables = built[f"Python {version}"] = fingerprints(build(version, python))
        seconds = time.monotonic() - began
        click.echo(f"Python {version}: {len(tables)} tables in {seconds:.0f} s ({python})")
    if different := differences(built):
        raise click.ClickException("\n".join(different))
    click.echo("Every table has the same values on all of them.")


if __name__ == "__main__":
    main()
