"""The command `smartsentry`: what is done around dbt.

A command imports what it needs when it runs, so that help and refusals come at once.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from raw_layer.settings import MEMORY_LIMIT
from smartsentry.arguments import Commands, Memory, Name, QueryCommand, Text

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=Commands, context_settings=SETTINGS)
@click.version_option(package_name="smartsentry-aml-warehouse", prog_name="smartsentry")
def main() -> None:
    """Build or read the warehouse in $SMARTSENTRY_DB, or else warehouse/smartsentry.duckdb."""


building = main.section("Build")
own_data = main.section("Your own data")
reading = main.section("Read")
pages = main.section("Pages")
maintenance = main.section("Upkeep of this project")


def _options(*options: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command several options; its help shows them in this order."""

    def give(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return give


# What a build hands on to the seeder, which checks it.
_seeded = _options(
    click.option("--scale", metavar="NUMBER", help="Size of the data; 1 is 25,000 accounts."),
    click.option("--seed", metavar="NUMBER", help="Seed of the data."),
    click.option("--fraud-rate", metavar="NUMBER", help="Share of fraudulent rows, 0 to 0.5."),
    click.option(
        "--config",
        metavar="FILE.toml",
        type=Name(),
        help="The seeder's figures that are not default.",
    ),
)
_verbose = click.option("--verbose", is_flag=True, help="Print all that dbt prints.")


def _memory_limit(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--memory-limit",
        type=Memory(),
        envvar="SMARTSENTRY_MEMORY_LIMIT",
        metavar="SIZE",
        help=f"DuckDB's memory, such as 4GB; what exceeds it goes to disk. [default: {default}]",
    )


def _seeder(given: Mapping[str, Any], raw: object) -> tuple[list[str], float]:
    """Return the seeder's command line for what was given of it, and the scale.

    Raises:
        click.UsageError: the data are not to be seeded.
        BadInputError: the seeder would refuse it.
    """
    from seed_gen.config import load_config

    options = dict(given)
    config = options.pop("config")
    scale = load_config(config, options).scale
    if config is not None:
        options["config"] = config.resolve()
    line = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value]
    if raw is not None and line:
        raise click.UsageError(f"--raw brings its own data; leave out {line[0].split('=')[0]}.")
    return line, scale


@building(name="build")
@_seeded
@click.option(
    "--raw",
    metavar="PATH",
    type=Name(),
    help="A file that `smartsentry load` wrote, instead of made-up data.",
)
@click.option(
    "--threads",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Models that dbt builds at a time. [default: 2; 1 where the data exceed the memory]",
)
@_memory_limit("40% of all")
@_verbose
def build(
    raw: Path | None,
    threads: int | None,
    memory_limit: str | None,
    verbose: bool,
    **seed_options: str | Path | None,
) -> None:
    """Seed, build, test and publish a warehouse.

    The work is done in a side file, which is published only when all is well. With --raw the data
    come from a loaded file, and the options of the seeder have no meaning.

    Readers of the published file are not disturbed. The file before is kept for `rollback`. dbt's
    whole log is dbt.log in build/NAME.dbt/ beside the published file.
    """
    from smartsentry.build import on_duckdb

    options, _ = _seeder(seed_options, raw)
    on_duckdb.build(_warehouse(), options, threads, memory_limit, raw, verbose)
    _print_summary()


@building(name="rollback")
def rollback() -> None:
    """Go back to the warehouse that was published before.

    Once more goes forward again.
    """
    import duckdb

    from smartsentry.build import on_duckdb
    from smartsentry.query.summary import build_lines
    from smartsentry.warehouse import open_for_reading

    path = _warehouse()
    on_duckdb.rollback(path)
    click.echo(f"{path} is again the warehouse that was published before.")
    with open_for_reading(path) as con, contextlib.suppress(duckdb.CatalogException):
        for line in build_lines(con):
            click.echo(line)


@building(name="compact")
def compact() -> None:
    """Give back the disk space that a bare `dbt build` left unused.

    The file is copied beside itself and replaced; it holds the same tables, views and comments.
    """
    from smartsentry.build.compact import compact as compacting

    path = _warehouse()
    before, after = compacting(path)
    click.echo(f"{path}: {before / 1e6:,.1f} MB before, {after / 1e6:,.1f} MB now.")


@building(name="verify")
def verify() -> None:
    """Check that the file holds what its publish recorded.

    Every raw table and mart is compared with its fingerprint of then.
    """
    from smartsentry.build.build_info import differences
    from smartsentry.warehouse import open_for_reading

    path = _warehouse()
    with open_for_reading(path) as con, _built(path):
        found = differences(con)
    if found:
        raise click.ClickException(f"{path} is not what was published: {'; '.join(found)}.")
    click.echo(f"{path} is what was published.")


@building(name="spark")
@_seeded
@click.option(
    "--raw",
    metavar="PLACE",
    type=Text(),
    help="A folder of Parquet as `seed-gen --format parquet` writes it, or its address for Spark,"
    " instead of made-up data.",
)
@click.option(
    "--out",
    envvar="SMARTSENTRY_SPARK",
    default="warehouse/spark",
    show_default=True,
    metavar="FOLDER",
    type=Name("folder"),
    help="The folder that the tables go to.",
)
@click.option(
    "--memory",
    default="3g",
    show_default=True,
    metavar="SIZE",
    help="Memory of Spark's driver, such as 8g.",
)
@click.option("--master", metavar="WHERE", help="local[CORES] or spark://HOST:PORT.")
@_verbose
def spark(
    raw: str | None,
    out: Path,
    memory: str,
    master: str | None,
    verbose: bool,
    **seed_options: str | Path | None,
) -> None:
    """Build the same models on Spark, as Parquet tables.

    The folder is replaced only when all is well. dbt's whole log is dbt.log in build/NAME.dbt/
    beside it. With SMARTSENTRY_SPARK_HOST (and
    SMARTSENTRY_SPARK_PORT) set, a Thrift server does the work and keeps the tables.
    """
    from smartsentry.build import on_spark

    options, scale = _seeder(seed_options, raw)
    on_spark.build(out, options, scale, raw, memory, master, verbose)


@building(name="compare-engines")
@click.argument("file", metavar="FILE.duckdb", type=Name())
@click.argument("folder", metavar="FOLDER", type=Name("folder"))
def compare_engines(file: Path, folder: Path) -> None:
    """Compare every value of DuckDB's and Spark's tables.

    FILE.duckdb and the FOLDER of Spark's tables come from the same seed: `make compare-engines`
    builds them. Exit code 1 if anything differs.
    """
    from smartsentry.build import engines

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


@own_data(name="load")
@click.argument("mapping", metavar="MAPPING.toml", type=Name())
@click.argument("more_files", nargs=-1, metavar="[FILES]...", type=Text())
@click.option(
    "--from",
    "files",
    multiple=True,
    required=True,
    metavar="FILES",
    type=Text(),
    help="Files or patterns.",
)
@click.option(
    "--out", required=True, metavar="FILE.duckdb", type=Name(), help="DuckDB file to write."
)
@click.option(
    "--max-rejected",
    type=click.FloatRange(0, 1),
    metavar="SHARE",
    default=0.01,
    show_default=True,
    help="Share of a table's rows that may be rejected.",
)
@_memory_limit(MEMORY_LIMIT)
@click.option("--quiet", is_flag=True, help="Print nothing unless something is wrong.")
def load(
    mapping: Path,
    more_files: tuple[str, ...],
    files: tuple[str, ...],
    out: Path,
    max_rejected: float,
    memory_limit: str | None,
    quiet: bool,
) -> None:
    """Load files of your own, for `smartsentry build --raw`.

    CSV, Parquet or DuckDB FILES are read as MAPPING.toml says, which docs/own-data.md describes.
    Each row ends typed in a raw table or, with every reason, in raw.rejected_rows.
    """
    import duckdb

    from raw_layer.errors import in_one_sentence
    from smartsentry.load import loader

    errors = (duckdb.Error, OSError, MemoryError)
    with in_one_sentence("the data could not be loaded", kinds=errors):
        lines = loader.load(mapping, [*files, *more_files], out, max_rejected, quiet, memory_limit)
    if not quiet:
        click.echo("\n".join([*lines, f"Now run: smartsentry build --raw {out}"]))


@reading(name="sql", cls=QueryCommand)
@click.argument("query", metavar="[QUERY]", required=False, type=Text())
@click.option(
    "--rows",
    type=click.IntRange(1),
    metavar="NUMBER",
    default=40,
    show_default=True,
    help="Show at most so many rows of a result.",
)
def sql(query: str | None, rows: int) -> None:
    """Ask the warehouse in SQL, or open the DuckDB shell.

    QUERY is run read-only, and the result of each of its statements is printed as a table.

    Without QUERY: open the DuckDB shell on it, just as read-only. There `from d('alerts')` says
    what a table and its columns mean.
    """
    from smartsentry.query import shell

    if query is None:
        shell.open_shell(_warehouse())
    else:
        width = max(shutil.get_terminal_size().columns, 100)
        shell.print_results(_warehouse(), query, rows, width)


@reading(name="summary")
def summary() -> None:
    """Print rows, checks, busiest rules and mean scores."""
    _print_summary()


@reading(name="export")
@click.option(
    "--to",
    "folder",
    type=Name("folder"),
    metavar="FOLDER",
    default="outputs",
    show_default=True,
    help="The folder that the files go to.",
)
def export(folder: Path) -> None:
    """Write the notebooks' tables as CSV and Parquet files.

    Each file is read back and counted. A text cell of a CSV file that a spreadsheet would run as a
    formula begins with a quote.
    """
    from smartsentry.query import export as exporting

    path = _warehouse()
    with _built(path):
        exported = exporting.export(path, folder)
    for one in exported:
        megabytes = f"{one.csv_bytes / 1e6:9,.1f} MB csv{one.parquet_bytes / 1e6:9,.1f} MB parquet"
        click.echo(f"  {one.table:<28}{one.rows:>12,} rows {megabytes}")
    click.echo(f"  folder {folder.resolve()}")


def _page(default: str, option: str = "--to") -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        option,
        "target",
        type=Name(),
        metavar="FILE.html",
        default=default,
        show_default=True,
        help="The HTML file.",
    )


@pages(name="report")
@_page("outputs/report.html")
def report(target: Path) -> None:
    """Write a page on volumes, alerts, rules and scores.

    It is one HTML file that needs no network.
    """
    from smartsentry.pages import report as reporting

    path = _warehouse()
    _require("altair", reporting.MISSING)
    with _built(path):
        reporting.write_report(path, target)
    click.echo(f"  report {target.resolve()}")


@pages(name="compare")
@click.argument("a", type=Name())
@click.argument("b", type=Name())
@_page("outputs/comparison.html", "--out")
def compare(a: Path, b: Path, target: Path) -> None:
    """Compare the rules on two warehouses.

    A and B are their files; a table is printed here, and a picture is written to --out.
    """
    from smartsentry.pages import compare as comparison
    from smartsentry.pages.html import write_page

    rows = comparison.compared(a, b)
    write_page(target, comparison.picture(rows, a, b))
    click.echo(comparison.text(rows, a, b))
    click.echo(f"\npicture: {target}")


@pages(name="realism")
@_page("outputs/realism.html")
def realism(target: Path) -> None:
    """Write a page on how real the seeded data are.

    Each figure stands beside the published one that it was set from.
    """
    _require("altair", "the page needs Altair, which is not installed: `make realism` installs it.")
    from smartsentry.pages.realism import write_realism

    path = _warehouse()
    with _built(path):
        write_realism(path, target)
    click.echo(f"  realism {target.resolve()}")


@pages(name="docs")
@click.option(
    "--to",
    "folder",
    type=Name("folder"),
    metavar="FOLDER",
    default="docs/site",
    show_default=True,
    help="The folder of the site, which is replaced.",
)
def docs(folder: Path) -> None:
    """Write the docs site: tables, columns, lineage, diagram."""
    _require("dbt_colibri", "the lineage needs dbt-colibri: `make docs` installs it.")
    from smartsentry.pages.docs_site import publish

    with _built(_warehouse()):
        publish(folder)
    click.echo(f"  docs site {folder.resolve() / 'index.html'}")


@pages(name="docs-serve")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    metavar="NUMBER",
    default=8000,
    show_default=True,
    help="The port that it listens at.",
)
@click.option(
    "--from",
    "folder",
    type=Name("folder"),
    metavar="FOLDER",
    default="docs/site",
    show_default=True,
    help="The folder of the site.",
)
def docs_serve(port: int, folder: Path) -> None:
    """Show the docs site to this machine alone, until Ctrl-C."""
    from smartsentry.pages.docs_site import serve

    serve(folder, port)


@maintenance(name="readme")
def readme() -> None:
    """Paste results of queries and the diagram of the tables into README and docs."""
    from smartsentry.upkeep import readme as pasting

    pasting.rewrite(_warehouse())


@maintenance(name="columns")
def columns() -> None:
    """Rewrite types and descriptions of the columns that models pass on."""
    from smartsentry.upkeep import columns as writing

    writing.rewrite()


@maintenance(name="rule-docs")
def rule_docs() -> None:
    """Rewrite what dbt needs to know of the rules from the rule book."""
    from smartsentry.upkeep import rule_docs as writing

    writing.rewrite()


def _warehouse() -> Path:
    from smartsentry.warehouse import warehouse_path

    return warehouse_path()


@contextlib.contextmanager
def _built(path: Path) -> Iterator[None]:
    """Say of a file without the tables of a build that it is none."""
    import duckdb

    try:
        yield
    except duckdb.CatalogException as error:
        raise click.ClickException(
            f"{path} holds no built warehouse: run `make warehouse`."
        ) from error


def _print_summary() -> None:
    from smartsentry.query.summary import summary_text
    from smartsentry.warehouse import open_for_reading

    path = _warehouse()
    with open_for_reading(path) as con, _built(path):
        click.echo(summary_text(con, path))


def _require(module: str, sentence: str) -> None:
    """Refuse a command whose packages are not installed."""
    if importlib.util.find_spec(module) is None:
        raise click.ClickException(sentence)


if __name__ == "__main__":
    main()
