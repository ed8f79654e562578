"""The command `smartsentry`: what is done around dbt."""

import contextlib
import importlib.util
import shutil
from collections.abc import Callable
from pathlib import Path

import click
import duckdb

from raw_layer.errors import BadInputError, BusyError
from raw_layer.settings import MEMORY_LIMIT as LOAD_MEMORY_LIMIT
from seed_gen.config import load_config
from smartsentry.build import engines
from smartsentry.build import on_duckdb as building
from smartsentry.build import on_spark as spark_building
from smartsentry.build.build_info import differences
from smartsentry.load.loader import TooManyRejectedError
from smartsentry.load.loader import load as load_files
from smartsentry.pages import compare as comparison
from smartsentry.pages import report as reporting
from smartsentry.pages.html import write_page
from smartsentry.query import export as exporting
from smartsentry.query.shell import open_shell
from smartsentry.query.summary import build_lines, summary_text
from smartsentry.warehouse import open_for_reading, warehouse_path


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build or read the warehouse in $SMARTSENTRY_DB, or else warehouse/smartsentry.duckdb."""


def _seeded(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that it hands on to the seeder."""
    options = {
        "--scale": ("NUMBER", "Size of the data; 1 is 25,000 accounts."),
        "--seed": ("NUMBER", "Seed of the data."),
        "--fraud-rate": ("NUMBER", "Share of fraudulent rows, 0 to 0.5."),
        "--config": ("FILE.toml", "The seeder's figures that are not default."),
    }
    for name, (metavar, text) in reversed(options.items()):  # help shows the last one first
        command = click.option(name, metavar=metavar, help=text)(command)
    return command


@main.command()
@_seeded
@click.option(
    "--raw", metavar="PATH", help="A file that `smartsentry load` wrote, instead of made-up data."
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    help="Models that dbt builds at a time. [default: 2; 1 where the data exceed the memory]",
)
@click.option(
    "--memory-limit",
    envvar="SMARTSENTRY_MEMORY_LIMIT",
    metavar="SIZE",
    help="DuckDB's memory, such as 4GB; what exceeds it goes to disk. [default: 40% of all]",
)
def build(
    raw: str | None, threads: int | None, memory_limit: str | None, **seed_options: str | None
) -> None:
    """Seed, build and test in a side file, and publish it only when all is well.

    With --raw the data come from a loaded file, and the options of the seeder have no meaning.

    Readers of the published file are not disturbed. The file before is kept for `rollback`.
    """
    options = _seeder_options(seed_options, raw)
    path = warehouse_path()
    building.build(path, options, threads, memory_limit, None if raw is None else Path(raw))
    _print_summary(path)


def _seeder_options(given: dict[str, str | None], raw: str | None) -> list[str]:
    """Return the seeder's command line for what was given of it."""
    if given["config"]:
        given["config"] = str(Path(given["config"]).resolve())
    options = [
        f"--{name.replace('_', '-')}={value}" for name, value in given.items() if value is not None
    ]
    if raw is not None and options:
        raise click.UsageError(f"--raw brings its own data; leave out {options[0].split('=')[0]}.")
    return options


@main.command()
@_seeded
@click.option(
    "--raw",
    metavar="PLACE",
    help="A folder of Parquet as `seed-gen --format parquet` writes it, or its address for Spark,"
    " instead of made-up data.",
)
@click.option(
    "--out",
    envvar="SMARTSENTRY_SPARK",
    default="warehouse/spark",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that the tables go to.",
)
@click.option(
    "--memory",
    default=spark_building.DEFAULT_MEMORY,
    show_default=True,
    metavar="SIZE",
    help="Memory of Spark's driver, such as 8g.",
)
@click.option("--master", metavar="WHERE", help="local[CORES] or spark://HOST:PORT.")
def spark(
    raw: str | None, out: Path, memory: str, master: str | None, **seed_options: str | None
) -> None:
    """Seed, build and test the same models on Spark; Parquet tables out.

    The folder is replaced only when all is well. With SMARTSENTRY_SPARK_HOST (and
    SMARTSENTRY_SPARK_PORT) set, a Thrift server does the work and keeps the tables.
    """
    options = _seeder_options(seed_options, raw)
    try:
        scale = load_config(seed_options.pop("config"), seed_options).scale
    except BadInputError as error:
        raise _Refused(str(error)) from error
    spark_building.build(out, options, scale, raw, memory, master)


@main.command()
@click.argument("mapping", metavar="MAPPING.toml")
@click.argument("more_files", nargs=-1, metavar="[FILES]...")
@click.option(
    "--from", "files", multiple=True, required=True, metavar="FILES", help="Files or patterns."
)
@click.option("--out", required=True, metavar="PATH", help="DuckDB file to write.")
@click.option(
    "--max-rejected",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Share of a table's rows that may be rejected.",
)
@click.option(
    "--memory-limit",
    envvar="SMARTSENTRY_MEMORY_LIMIT",
    metavar="SIZE",
    help="DuckDB's memory, such as 2GB; what exceeds it goes to disk."
    f" [default: {LOAD_MEMORY_LIMIT}]",
)
@click.option("--quiet", is_flag=True, help="Print nothing unless something is wrong.")
def load(
    mapping: str,
    more_files: tuple[str, ...],
    files: tuple[str, ...],
    out: str,
    max_rejected: float,
    memory_limit: str | None,
    quiet: bool,
) -> None:
    """Load CSV, Parquet or DuckDB FILES as MAPPING.toml says, for `smartsentry build --raw`.

    Each row ends typed in a raw table or, with every reason, in raw.rejected_rows. docs/own-data.md
    describes the mapping.
    """
    try:
        lines = load_files(
            Path(mapping), [*files, *more_files], Path(out), max_rejected, quiet, memory_limit
        )
    except BadInputError as error:
        raise _Refused(str(error)) from error
    except (BusyError, TooManyRejectedError) as error:
        raise click.ClickException(str(error)) from error
    except (duckdb.Error, OSError, MemoryError) as error:
        reason = " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
        raise click.ClickException(f"the data could not be loaded ({reason}).") from error
    if not quiet:
        click.echo("\n".join([*lines, f"Now run: smartsentry build --raw {out}"]))


@main.command()
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
@click.option(
    "--out", default="outputs/comparison.html", show_default=True, type=click.Path(path_type=Path)
)
def compare(a: Path, b: Path, out: Path) -> None:
    """Compare the rules on warehouses A and B: a table here, and a picture in --out."""
    rows = comparison.compared(a, b)
    write_page(out, comparison.picture(rows, a, b))
    click.echo(comparison.text(rows, a, b))
    click.echo(f"\npicture: {out}")


@main.command()
@click.argument("file", metavar="FILE.duckdb", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
def compare_engines(file: Path, folder: Path) -> None:
    """Compare every value of a warehouse with the one that Spark built in FOLDER; exit 1 if any.

    Both come from the same seed: `make compare-engines` builds them.
    """
    tables = rows = 0
    different = []
    for one in engines.compared(file, folder):
        tables, rows = tables + 1, rows + one.rows
        verdict = "equal" if not one.differences else "DIFFERENT"
        click.echo(f"  {one.table:<38}{one.rows:>12,} rows{one.columns:>5} columns  {verdict}")
        for difference in one.differences:
            click.echo(f"      {difference}")
        different += [one.table] if one.differences else []
    for table, columns in engines.LEFT_OUT.items():
        click.echo(f"  left out: {', '.join(columns)} of {table}, which say how a build came about")
    if different:
        raise click.ClickException(f"{len(different)} of {tables} tables differ, see above.")
    click.echo(f"{tables} tables and {rows:,} rows are equal, to the last bit.")


class _Refused(click.ClickException):
    """What was given is not allowed."""

    exit_code = 2


@main.command()
def rollback() -> None:
    """Go back to the warehouse that was published before; once more goes forward again."""
    path = warehouse_path()
    building.rollback(path)
    click.echo(f"{path} is again the warehouse that was published before.")
    with open_for_reading(path) as con, contextlib.suppress(duckdb.CatalogException):
        for line in build_lines(con):
            click.echo(line)


@main.command()
def verify() -> None:
    """Compare every raw table and mart with the fingerprints that its publish recorded."""
    path = warehouse_path()
    with open_for_reading(path) as con:
        try:
            found = differences(con)
        except duckdb.CatalogException as error:
            raise _no_warehouse(path) from error
    if found:
        raise click.ClickException(f"{path} is not what was published: {'; '.join(found)}.")
    click.echo(f"{path} is what was published.")


@main.command()
def summary() -> None:
    """Print rows, checks, the rules that fire most and the mean scores."""
    _print_summary(warehouse_path())


def _print_summary(path: Path) -> None:
    with open_for_reading(path) as con:
        try:
            click.echo(summary_text(con, path))
        except duckdb.CatalogException as error:
            raise _no_warehouse(path) from error


def _no_warehouse(path: Path) -> click.ClickException:
    return click.ClickException(f"{path} holds no built warehouse: run `make warehouse`")


@main.command()
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="outputs",
    show_default=True,
    help="The folder that the files go to.",
)
def export(folder: Path) -> None:
    """Write the tables of the notebooks as CSV and Parquet files, and read them back.

    A text cell of a CSV file that a spreadsheet would run as a formula begins with a quote.
    """
    path = warehouse_path()
    try:
        exported = exporting.export(path, folder)
    except duckdb.CatalogException as error:
        raise _no_warehouse(path) from error
    for one in exported:
        megabytes = f"{one.csv_bytes / 1e6:9,.1f} MB csv{one.parquet_bytes / 1e6:9,.1f} MB parquet"
        click.echo(f"  {one.table:<28}{one.rows:>12,} rows {megabytes}")
    click.echo(f"  folder {folder.resolve()}")


@main.command()
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    default="outputs/report.html",
    show_default=True,
    help="The HTML file.",
)
def report(target: Path) -> None:
    """Write one HTML page on volumes, alerts, rules, thresholds and scores; it needs no network."""
    path = warehouse_path()
    if importlib.util.find_spec("altair") is None:
        raise click.ClickException(reporting.MISSING)
    try:
        reporting.write_report(path, target)
    except duckdb.CatalogException as error:
        raise _no_warehouse(path) from error
    click.echo(f"  report {target.resolve()}")


@main.command()
@click.argument("query", required=False)
@click.option("--rows", default=40, show_default=True, help="Show at most so many rows of QUERY.")
def sql(query: str | None, rows: int) -> None:
    """Run QUERY on the warehouse, read-only, and print the result as a table.

    Without QUERY: open the DuckDB shell on it, just as read-only. There `from d('alerts')` says
    what a table and its columns mean.
    """
    if query is None:
        open_shell(warehouse_path())
    with open_for_reading(warehouse_path()) as con:
        try:
            result = con.sql(query)
        except duckdb.Error as error:
            raise click.ClickException(str(error)) from error
        if result is not None:
            result.show(max_rows=rows, max_width=max(shutil.get_terminal_size().columns, 100))


if __name__ == "__main__":
    main()
