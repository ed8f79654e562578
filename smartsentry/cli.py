"""The command `smartsentry`: what is done around dbt."""

import shutil

import click
import duckdb

from smartsentry.summary import summary_text
from smartsentry.warehouse import open_for_reading, warehouse_path


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Look at the warehouse in $SMARTSENTRY_DB, or else warehouse/smartsentry.duckdb."""


@main.command()
def summary() -> None:
    """Print rows, checks, the rules that fire most and the mean scores."""
    path = warehouse_path()
    with open_for_reading(path) as con:
        try:
            click.echo(summary_text(con, path))
        except duckdb.CatalogException as error:
            raise click.ClickException(
                f"{path} holds no built warehouse: run `make warehouse`"
            ) from error


@main.command()
@click.argument("query")
@click.option("--rows", default=40, show_default=True, help="Show at most so many rows.")
def sql(query: str, rows: int) -> None:
    """Run QUERY on the warehouse, read-only, and print the result as a table."""
    with open_for_reading(warehouse_path()) as con:
        try:
            result = con.sql(query)
        except duckdb.Error as error:
            raise click.ClickException(str(error)) from error
        if result is not None:
            result.show(max_rows=rows, max_width=max(shutil.get_terminal_size().columns, 100))


if __name__ == "__main__":
    main()
