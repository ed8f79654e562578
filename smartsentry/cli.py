"""The command `smartsentry`: operations around dbt.

A command imports what it needs when it runs, so help and refusals are instant.
"""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from raw_layer.errors import BadInputError
from raw_layer.settings import MEMORY_LIMIT
from smartsentry.arguments import Commands, Memory, Name, Number, QueryCommand, Text, Whole
from smartsentry.warehouse import open_for_reading, warehouse_path

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SETTINGS = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
    "show_default": True,
}
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@click.group(cls=Commands, context_settings=SETTINGS)
@click.version_option(package_name="smartsentry-aml-warehouse", prog_name="smartsentry")
def main() -> None:
    """Build or read the warehouse in $SMARTSENTRY_DB, or else the checkout's."""


building = main.section("Build")
own_data = main.section("Your own data")
reading = main.section("Read")
working = main.section("Work the cases")
pages = main.section("Pages")
maintenance = main.section("Upkeep of this project")


def _options(*options: Callable[..., Any]) -> Decorator:
    """Give a command several options; its help shows them in this order."""

    def give(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return give


# A build passes these on to the seeder, which checks them.
_seeded = _options(
    click.option("--scale", metavar="NUMBER", help="Size of the data; 1 is 25,000 accounts."),
    click.option("--seed", metavar="NUMBER", help="Seed of the data."),
    click.option("--fraud-rate", metavar="NUMBER", help="Share of fraudulent rows, 0 to 0.5."),
    click.option(
        "--config", metavar="FILE.toml", type=Name(), help="Figures that differ from the defaults."
    ),
)
_verbose = click.option("--verbose", is_flag=True, help="Print all that dbt prints.")


_threads = click.option(
    "--threads",
    type=Whole(1),
    metavar="NUMBER",
    help="Models that dbt builds at a time. [default: 2; 1 where the data exceed the memory]",
)
_max_rejected = click.option(
    "--max-rejected",
    type=Number(0, 1),
    metavar="SHARE",
    default=0.01,
    help="Share of a table's rows that may be rejected.",
)


def _place(option: str, default: str, text: str, kind: str = "folder") -> Decorator:
    """Return an option for the folder, or the file, of a command."""
    metavar = "FOLDER" if kind == "folder" else "FILE.html"
    return click.option(
        option, "place", type=Name(kind), metavar=metavar, default=default, help=text
    )


def _memory_limit(default: str) -> Decorator:
    return click.option(
        "--memory-limit",
        type=Memory(),
        envvar="SMARTSENTRY_MEMORY_LIMIT",
        metavar="SIZE",
        help=f"DuckDB's memory, such as 4GB; what exceeds it goes to disk. [default: {default}]",
    )


def _seeder(given: Mapping[str, Any], raw: object) -> tuple[list[str], float]:
    """Return the seeder's command line for the given options, and the scale.

    Raises:
        click.UsageError: --raw leaves no use for a seeder's option.
        BadInputError: the seeder would refuse an option.
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
@_threads
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

    The work is done in a side file, which is published only if every test passes. With --raw the
    data come from a loaded file instead of the seeder.

    Open readers keep the old file, which is also kept for `rollback`. dbt's whole log is dbt.log in
    build/FILE.dbt/ beside the published file.
    """
    from smartsentry.build import on_duckdb

    options, _ = _seeder(seed_options, raw)
    on_duckdb.build(warehouse_path(), options, threads, memory_limit, raw, verbose)
    _print_summary()


@building(name="rollback")
def rollback() -> None:
    """Go back to the warehouse that was published before.

    A second rollback goes forward again.
    """
    import duckdb

    from smartsentry.build import on_duckdb
    from smartsentry.query.summary import build_lines

    path = warehouse_path()
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

    path = warehouse_path()
    before, after = compacting(path)
    click.echo(f"{path}: {before / 1e6:,.1f} MB before, {after / 1e6:,.1f} MB now.")


@building(name="verify")
def verify() -> None:
    """Check that the file is as it was published.

    Every raw table and mart is compared with its recorded fingerprint.
    """
    from smartsentry.build.build_info import differences

    path = warehouse_path()
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
    metavar="FOLDER",
    type=Name("folder"),
    help="The folder for the tables.",
)
@click.option(
    "--memory", default="3g", metavar="SIZE", help="Memory of Spark's driver, such as 8g."
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

    The folder is replaced only if every test passes. dbt's whole log is dbt.log in build/FILE.dbt/
    beside it. With SMARTSENTRY_SPARK_HOST (and SMARTSENTRY_SPARK_PORT) set, a Thrift server does
    the work and keeps the tables.
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
@click.argument("mapping", metavar="MAPPING", type=Text())
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
@_max_rejected
@_memory_limit(MEMORY_LIMIT)
@click.option("--quiet", is_flag=True, help="Print nothing unless something is wrong.")
def load(
    mapping: str,
    more_files: tuple[str, ...],
    files: tuple[str, ...],
    out: Path,
    max_rejected: float,
    memory_limit: str | None,
    quiet: bool,
) -> None:
    """Load files of your own, for `smartsentry build --raw`.

    MAPPING is a folder, described in docs/own-data.md, that says how to read CSV, Parquet or DuckDB
    FILES. Each row ends in a raw table or, with all reasons, in raw.rejected_rows.
    """
    import duckdb

    from raw_layer.errors import in_one_sentence
    from smartsentry.load import loader

    errors = (duckdb.Error, OSError, MemoryError)
    with in_one_sentence("the data could not be loaded", kinds=errors):
        lines = loader.load(
            Path(mapping), [*files, *more_files], out, max_rejected, quiet, memory_limit
        )
    if not quiet:
        click.echo("\n".join([*lines, f"Now run: smartsentry build --raw {out}"]))


@own_data(name="add")
@click.argument("mapping", metavar="[MAPPING]", required=False, type=Text())
@click.argument("more_files", nargs=-1, metavar="[FILES]...", type=Text())
@click.option(
    "--from", "files", multiple=True, metavar="FILES", type=Text(), help="Files or patterns."
)
@click.option(
    "--raw",
    metavar="PATH",
    type=Name(),
    help="A file that `smartsentry load` or the seeder wrote, instead of MAPPING and FILES.",
)
@_max_rejected
@_threads
@_memory_limit("40% of all")
@_verbose
def add(
    mapping: str | None,
    more_files: tuple[str, ...],
    files: tuple[str, ...],
    raw: Path | None,
    max_rejected: float,
    threads: int | None,
    memory_limit: str | None,
    verbose: bool,
) -> None:
    """Add a day's files to the published warehouse.

    MAPPING is the one that the warehouse was loaded by. A row that is there already is counted and
    left; one with the same id and other content takes the place of the old one. The models are
    built and tested on a copy, which is published only if every test passes.
    """
    from smartsentry.added import Added
    from smartsentry.build import add as adding
    from smartsentry.load import addition
    from smartsentry.load.loader import chosen

    patterns = [*files, *more_files]
    if (raw is None) == (mapping is None) or (mapping is None) != (not patterns):
        raise click.UsageError("give MAPPING and --from FILES, or --raw PATH alone.")

    folder = Path(str(mapping))
    if raw is None:
        chosen(folder, patterns, max_rejected, may_lack=True)  # before anything is copied

    def bring(into: Path) -> Added:
        if raw is not None:
            return addition.add_file(raw, into, memory_limit)
        return addition.add_files(folder, patterns, into, max_rejected, memory_limit)

    if adding.add(warehouse_path(), bring, threads, memory_limit, verbose):
        _print_summary()
    else:
        click.echo("No row is new or corrected: nothing was changed.")


@reading(name="sql", cls=QueryCommand)
@click.argument("query", metavar="[QUERY]", required=False, type=Text())
@click.option(
    "--rows",
    type=Whole(1),
    metavar="NUMBER",
    default=40,
    help="The most rows to show of a result.",
)
def sql(query: str | None, rows: int) -> None:
    """Ask the warehouse in SQL, or open the DuckDB shell.

    QUERY is run read-only, and the result of each of its statements is printed as a table.

    Without QUERY the DuckDB shell opens, read-only too. There `from d('alerts')` says what a table
    and its columns mean.
    """
    from smartsentry.query import shell

    if query is None:
        shell.open_shell(warehouse_path())
    else:
        width = max(shutil.get_terminal_size().columns, 100)
        shell.print_results(warehouse_path(), query, rows, width)


@reading(name="summary")
def summary() -> None:
    """Print rows, checks, busiest rules and mean scores."""
    _print_summary()


@reading(name="export")
@_place("--to", "outputs", "The folder for the files.")
def export(place: Path) -> None:
    """Write the notebooks' tables and the cases as CSV and Parquet files.

    Each file is read back and counted. In CSV files, text that a spreadsheet would run as a formula
    gets a quote in front.
    """
    from smartsentry.query import export as exporting

    path = warehouse_path()
    with _built(path):
        exported = exporting.export(path, place)
    for one in exported:
        megabytes = f"{one.csv_bytes / 1e6:9,.1f} MB csv{one.parquet_bytes / 1e6:9,.1f} MB parquet"
        click.echo(f"  {one.table:<28}{one.rows:>12,} rows {megabytes}")
    click.echo(f"  folder {place.resolve()}")


@working(name="cases")
@click.option(
    "--first",
    type=Whole(1),
    metavar="NUMBER",
    default=50,
    help="How many cases from the top of the queue get a page.",
)
@_place("--to", "outputs/cases", "The folder of the pages, which is replaced.")
def cases(first: int, place: Path) -> None:
    """Write the queue as a page, and a page for each of its first cases.

    The folder's index.html lists the cases to look at, best first. Cases of the last day have a
    page wherever they are in the queue. A case's page says why it is there, what happened, who the
    customer is and what was decided before. No page needs the internet or shows a label.
    """
    from smartsentry.pages import cases as writing

    with _built(warehouse_path()):
        written = writing.write(place, first)
    click.echo(f"  {written} cases {place.resolve() / 'index.html'}")


@working(name="decide")
@click.argument("case", metavar="CASE", type=Text())
@click.argument("decision", metavar="DECISION", type=Text())
@click.option("--by", required=True, metavar="NAME", type=Text(), help="Who decides.")
@click.option("--note", metavar="TEXT", type=Text(), help="Why.")
def decide(case: str, decision: str, by: str, note: str | None) -> None:
    """Record a decision on a case.

    CASE is a case_id of the table cases. DECISION is confirmed (suspicious), cleared (not
    suspicious), escalated (passed to others, stays in the queue) or reopened (the last one no
    longer holds). The decision is a new line of dispositions.csv in $SMARTSENTRY_INPUTS, or else in
    the project's inputs/. The next `add` or build reads it.
    """
    from smartsentry import inputs

    case, decision = inputs.case_id(case), decision.lower()
    path = warehouse_path()
    with open_for_reading(path) as con, _built(path):
        [(known,)] = con.execute("select count(*) from cases where case_id = ?", [case]).fetchall()
    if not known:
        raise BadInputError(f"there is no case {case} in {path}; `from cases` lists them.")
    now = inputs.now().isoformat(sep=" ")
    place = inputs.append(inputs.DISPOSITIONS, (case, now, decision, by, note or ""))
    click.echo(
        f"{case}: {decision} by {by} at {now}, in {place}. The next `add` or build reads it."
    )


@working(name="snooze")
@click.argument("rule", metavar="RULE", type=Text())
@click.argument("customer", metavar="CUSTOMER", type=Text())
@click.option("--until", required=True, metavar="DATE", type=Text(), help="The last day.")
@click.option("--owner", required=True, metavar="NAME", type=Text(), help="Who answers for it.")
@click.option("--reason", required=True, metavar="TEXT", type=Text(), help="Why.")
@click.option(
    "--from", "since", metavar="DATE", type=Text(), help="The first day. [default: today]"
)
def snooze(
    rule: str, customer: str, until: str, owner: str, reason: str, since: str | None
) -> None:
    """Snooze a rule's alerts on a customer for a time.

    RULE is a rule_name of rule_catalogue, or '*' for all. The snooze is a new line of snoozes.csv
    in $SMARTSENTRY_INPUTS, or else in the project's inputs/. The next `add` or build reads it. A
    case whose qualifying transactions have only snoozed alerts is not in the queue. Nothing is
    deleted.
    """
    from smartsentry import inputs

    path = warehouse_path()
    with open_for_reading(path) as con, _built(path):
        [(known,)] = con.execute(
            "select count(*) from customers where customer_id = ?", [customer]
        ).fetchall()
    if not known:
        raise BadInputError(f"there is no customer {customer} in {path}.")
    since = since or inputs.now().date().isoformat()
    place = inputs.append(inputs.SNOOZES, (rule, customer, since, until, owner, reason))
    click.echo(
        f"{rule} on {customer}: snoozed from {since} to {until}, in {place}. The next `add` or"
        " build reads it."
    )


@pages(name="report")
@_place("--to", "outputs/report.html", "The HTML file.", "file")
def report(place: Path) -> None:
    """Write a page on volumes, alerts, rules and scores.

    It is one HTML file that needs no internet.
    """
    from smartsentry.pages import report as reporting

    _require("altair", reporting.MISSING)
    _write_page("report", place, reporting.html)


@pages(name="compare")
@click.argument("a", type=Name())
@click.argument("b", type=Name())
@_place("--out", "outputs/comparison.html", "The HTML file.", "file")
def compare(a: Path, b: Path, place: Path) -> None:
    """Compare the rules on two warehouses.

    A and B are their files. A table is printed; a page with a chart is written to --out.
    """
    from smartsentry.pages import compare as comparison
    from smartsentry.pages.html import write_page

    rows = comparison.compared(a, b)
    write_page(place, comparison.picture(rows, a, b))
    click.echo(comparison.text(rows, a, b))
    click.echo(f"\npicture: {place}")


@pages(name="realism")
@_place("--to", "outputs/realism.html", "The HTML file.", "file")
def realism(place: Path) -> None:
    """Write a page on how real the seeded data are.

    It compares each figure with the published one that it was set from.
    """
    _require("altair", "the page needs Altair, which is not installed: `make realism` installs it.")
    from smartsentry.pages.realism import report

    _write_page("realism", place, report)


@pages(name="docs")
@_place("--to", "docs/site", "The folder of the site, which is replaced.")
def docs(place: Path) -> None:
    """Write the docs site: tables, columns, lineage, diagram."""
    _require("dbt_colibri", "the lineage needs dbt-colibri: `make docs` installs it.")
    from smartsentry.pages.docs_site import publish

    with _built(warehouse_path()):
        publish(place)
    click.echo(f"  docs site {place.resolve() / 'index.html'}")


@pages(name="docs-serve")
@click.option(
    "--port",
    type=Whole(1, 65535),
    metavar="NUMBER",
    default=8000,
    help="The port to listen on.",
)
@_place("--from", "docs/site", "The folder of the site.")
def docs_serve(port: int, place: Path) -> None:
    """Serve the docs site to this machine alone, until Ctrl-C."""
    from smartsentry.pages.docs_site import serve

    serve(place, port)


@maintenance(name="readme")
def readme() -> None:
    """Paste results of queries and the diagram of the tables into README and docs."""
    from smartsentry.upkeep import readme as pasting

    path = warehouse_path()
    with _built(path):
        pasting.rewrite(path)


@maintenance(name="columns")
def columns() -> None:
    """Rewrite types and descriptions of the columns that models pass on."""
    from smartsentry.upkeep import columns as writing

    writing.rewrite()


@maintenance(name="rule-docs")
def rule_docs() -> None:
    """Rewrite docs and columns of the rules from the rule book."""
    from smartsentry.upkeep import rule_docs as writing

    writing.rewrite()


@contextlib.contextmanager
def _built(path: Path) -> Iterator[None]:
    """Refuse a file that lacks the tables of a build."""
    import duckdb

    try:
        yield
    except duckdb.CatalogException as error:
        raise click.ClickException(
            f"{path} holds no built warehouse: run `make warehouse`."
        ) from error


def _print_summary() -> None:
    from smartsentry.query.summary import summary_text

    path = warehouse_path()
    with open_for_reading(path) as con, _built(path):
        click.echo(summary_text(con, path))


def _write_page(name: str, place: Path, page: Callable[[DuckDBPyConnection], str]) -> None:
    """Write a page on the warehouse to a file."""
    from smartsentry.pages.html import write_page

    path = warehouse_path()
    with open_for_reading(path) as con, _built(path):
        text = page(con)
    write_page(place, text)
    click.echo(f"  {name} {place.resolve()}")


def _require(module: str, sentence: str) -> None:
    """Refuse a command whose packages are not installed."""
    if importlib.util.find_spec(module) is None:
        raise click.ClickException(sentence)


if __name__ == "__main__":
    main()
