"""`smartsentry sql`: print the results of a query, or open the DuckDB shell, read-only."""

import importlib.util
import os
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import click
import duckdb

from smartsentry.warehouse import open_for_reading

# Read-only; no other file, no extension, locked settings, no shell command that reaches outside.
# The user's start-up file is not read, because it could undo some of this.
GUARDS = ("-safe", "-readonly", "-no-init")

# `from d('alerts')` is short for the catalogue's description of a table.
DESCRIBE = "create temp macro d(name) as table from describe_table(name)"

WELCOME = """\
{path}, read-only.
  .tables                  what is there
  from d('transactions')   what a table and its columns mean; .mode line shows all of a long text
  from case_file('C2493')  everything about a customer
  .quit                    leave\
"""

_ROWS_OF_A_BOX = 9_999  # the most that DuckDB counts while it draws one

MISSING = (
    "the DuckDB shell is not installed: `make sql` installs it, or ask one question with"
    ' `smartsentry sql "from transactions limit 5"`.'
)


def binary() -> Path:
    """Return the DuckDB command line that the extra `shell` installs.

    Raises:
        click.ClickException: it is not installed.
    """
    # The package's own starter looks for extensions and may download the program.
    package = importlib.util.find_spec("duckdb_cli")
    if package is not None and package.origin is not None:
        program = Path(package.origin).with_name("duckdb")
        if program.is_file():
            return program
    raise click.ClickException(MISSING)


def open_shell(path: Path) -> None:
    """Become the DuckDB shell on a warehouse; does not return.

    Questions come from the terminal or from standard input.

    Raises:
        click.ClickException: the shell is not installed, or the warehouse cannot be read.
    """
    program = binary()
    open_for_reading(path).close()  # an error is one sentence here
    if sys.stdin.isatty():
        click.echo(WELCOME.format(path=path))
    command = [str(program), *GUARDS, "-cmd", DESCRIBE, str(path.resolve())]
    os.execv(program, command)


def print_results(path: Path, query: str, rows: int, width: int) -> None:
    """Run the statements of a query on a warehouse, read-only, and print each result in turn.

    Args:
        path: The warehouse.
        query: One or several statements.
        rows: The most rows to print of a result; further rows are counted.
        width: Columns of the screen.

    Raises:
        click.ClickException: the warehouse cannot be read, or DuckDB refuses a statement; the
            results before it are printed.
    """
    with open_for_reading(path) as con, ThreadPoolExecutor(1) as worker:
        # DuckDB may miss Ctrl-C in the main thread while it waits for a result.
        printing = worker.submit(_print_each, con, query, rows, width)
        try:
            printing.result()
        except KeyboardInterrupt:
            while not printing.done():
                con.interrupt()
                wait([printing], timeout=0.1)
            raise
        except duckdb.Error as error:
            said, _, _ = str(error).partition("\n\nLINE ")  # DuckDB's picture of the line follows
            raise click.ClickException(said) from error


def _print_each(con: duckdb.DuckDBPyConnection, query: str, rows: int, width: int) -> None:
    statements = con.extract_statements(query)
    if not statements:
        raise click.UsageError("QUERY is empty; it must be SQL, such as 'from alerts'.")
    for statement in statements:
        if duckdb.ExpectedResultType.QUERY_RESULT in statement.expected_result_type:
            _print(con.sql(_without_end(statement.query)), statement.type, rows, width)
        else:
            con.execute(statement)


def _print(
    result: duckdb.DuckDBPyRelation, kind: duckdb.StatementType, rows: int, width: int
) -> None:
    if kind == duckdb.StatementType.EXPLAIN:
        click.echo("\n".join(plan for _, plan in result.fetchall()))
        return
    first = result.limit(rows + 1).materialize()
    (found, _) = first.shape
    for begin in range(0, max(min(rows, found), 1), _ROWS_OF_A_BOX):
        box = first.limit(min(_ROWS_OF_A_BOX, rows - begin), begin)
        box.show(max_rows=_ROWS_OF_A_BOX, max_width=width)
    if found > rows:
        [(total,)] = result.aggregate("count(*)").fetchall()
        click.echo(f"{rows:,} of {total:,} rows; --rows shows more.")
    sys.stdout.flush()


def _without_end(statement: str) -> str:
    """Return a statement without the semicolon and the comments that follow it."""
    text = statement.encode()
    end = len(text)
    for offset, kind in reversed(duckdb.tokenize(statement)):
        if kind != duckdb.token_type.comment and text[offset : offset + 1] != b";":
            break
        end = offset
    return text[:end].decode()
