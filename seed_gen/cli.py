"""The command `seed-gen`: read the options, plan, write, publish."""

import contextlib
import io
import os
import sys
from pathlib import Path

import click
import duckdb

from raw_layer import ROOT, __version__
from raw_layer.errors import BadInputError, reason, sentence
from raw_layer.files import stoppable
from raw_layer.progress import Progress
from raw_layer.target import building, building_folder
from seed_gen.blocks.plan import Plan
from seed_gen.config import Config, load_config
from seed_gen.writer import DEFAULT_CHUNK_ROWS, PARQUET_CHUNK_ROWS, write_tables

# By format: the variable with the place to write to, and the default place in the checkout.
PLACES = {
    "duckdb": ("SMARTSENTRY_DB", "warehouse/smartsentry.duckdb"),
    "parquet": ("SMARTSENTRY_RAW", "warehouse/raw"),
}


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--scale", metavar="NUMBER", help="Size; 1 is 25,000 accounts. At least 0.01.")
@click.option("--seed", metavar="NUMBER", help="Seed of all random streams. [default: 42]")
@click.option("--fraud-rate", metavar="NUMBER", help="Share of fraudulent rows, 0 to 0.5.")
@click.option("--start", metavar="DATE", help="First day of the window. [default: 2025-09-01]")
@click.option("--end", metavar="DATE", help="Last day of the window. [default: 2025-12-31]")
@click.option(
    "--format",
    "kind",
    type=click.Choice(tuple(PLACES)),
    default="duckdb",
    show_default=True,
    help="A DuckDB file, or a folder with a folder of Parquet files for each table.",
)
@click.option(
    "--out",
    metavar="PATH",
    help="File or folder to write. [default: "
    + "; ".join(f"{kind}: ${variable} or {path}" for kind, (variable, path) in PLACES.items())
    + "]",
)
@click.option(
    "--config", "config_file", metavar="FILE.toml", help="Figures that differ from the defaults."
)
@click.option("--quiet", is_flag=True, help="Print nothing unless something is wrong.")
@click.option("--force", is_flag=True, help="Replace a DuckDB file that holds other tables too.")
@click.option("--chunk-rows", type=click.IntRange(min=1), default=None, hidden=True)
@click.option("--threads", type=click.IntRange(min=1), default=None, hidden=True)
@click.version_option(__version__, prog_name="seed-gen")
def command(
    kind: str,
    out: str | None,
    config_file: str | None,
    quiet: bool,
    force: bool,
    chunk_rows: int | None,
    threads: int | None,
    **options: str | None,
) -> None:
    """Write synthetic, labelled banking data into schema `raw` of a DuckDB file, or as Parquet.

    Equal seed and figures give equal content. Options override the figures of the TOML file. An
    existing warehouse is replaced, with everything derived from its data.
    """
    if force and kind == "parquet":
        raise BadInputError(
            "--force is for DuckDB files; a folder of other files is never replaced."
        )
    config = load_config(config_file, options)
    run(config, _out_path(out, kind), quiet, force, chunk_rows, threads, kind)


def run(
    config: Config,
    out: Path,
    quiet: bool = True,
    force: bool = False,
    chunk_rows: int | None = None,
    threads: int | None = None,
    kind: str = "duckdb",
) -> Plan:
    """Generate the data of `config` into the file or folder `out` and return the plan it followed.

    Raises `BadInputError` or `BusyError`, and leaves `out` unchanged.
    """

    def report(table: str, rows: int, seconds: float) -> None:
        if not quiet:
            click.echo(f"{table:<22}{rows:>13,} rows {seconds:>8.2f} s", err=True)

    plan = Plan(config)
    with contextlib.ExitStack() as open_until_published:
        if kind == "parquet":
            con, folder = open_until_published.enter_context(building_folder(out, threads))
            chunk_rows = chunk_rows or PARQUET_CHUNK_ROWS
        else:
            con = open_until_published.enter_context(building(out, force=force, threads=threads))
            folder = None
            chunk_rows = chunk_rows or DEFAULT_CHUNK_ROWS
        progress = Progress(io.StringIO() if quiet else sys.stderr)
        try:
            write_tables(con, plan, report, chunk_rows, progress, folder)
        finally:
            progress.erase()
    for name in plan.unplaced():
        if not quiet:
            click.echo(f"No account fits {name} at this scale, so there is none.", err=True)
    over = plan.fraud_rows - plan.fraud_target
    if over > 0 and not quiet:
        click.echo(
            f"One scheme of each typology makes {over:,} fraudulent rows more than the "
            f"{plan.fraud_target:,} asked for: the rate is {plan.fraud_rows / plan.rows:.4f}.",
            err=True,
        )
    return plan


def _out_path(out: str | None, kind: str) -> Path:
    variable, usual = PLACES[kind]
    path = out or os.environ.get(variable)
    if path:
        return Path(path)
    default = ROOT / usual
    default.parent.mkdir(exist_ok=True)
    return default


def main() -> None:
    """Run the command; any error is one sentence on stderr, never a traceback.

    Exit code 2 for bad input, 1 for a busy file or one that cannot be completed, 130 when
    interrupted.
    """
    try:
        with stoppable("Interrupted: what was there is as it was.", 130):
            command.main(standalone_mode=False, prog_name="seed-gen")
    except click.exceptions.Exit as stopped:
        sys.exit(stopped.exit_code)
    except click.ClickException as error:
        _end(sentence(error), error.exit_code)
    except (duckdb.Error, OSError, MemoryError) as error:
        _end(f"The data could not be written: {reason(error)}.", 1)


def _end(message: str, code: int) -> None:
    click.echo(message, err=True)
    sys.exit(code)
