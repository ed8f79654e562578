"""`smartsentry sql` without a query: the warehouse in the DuckDB command line, well guarded."""

import importlib.util
import os
import sys
from pathlib import Path

import click

from smartsentry.warehouse import open_for_reading

# Read-only; no other file, no extension, settings locked, and none of the shell's own commands
# that reach outside. The user's start-up file is not read: it might undo some of this.
GUARDS = ("-safe", "-readonly", "-no-init")

# `from d('alerts')`: the catalogue's description of a table, one short command away.
DESCRIBE = "create temp macro d(name) as table from describe_table(name)"

WELCOME = """\
{path}, read-only.
  .tables                  what is there
  from d('transactions')   what a table and its columns mean; .mode line shows all of a long text
  from case_file('C148')   everything about a customer
  .quit                    leave\
"""

MISSING = (
    "the DuckDB shell is not installed: `make sql` installs it, or ask one question with"
    ' `smartsentry sql "from transactions limit 5"`.'
)


def binary() -> Path:
    """Return the DuckDB command line that the extra `shell` installs.

    Raises:
        click.ClickException: it is not installed.
    """
    # The package's own starter would first look for extensions and may download the program.
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
    open_for_reading(path).close()  # what cannot be opened is said here, in one sentence
    if sys.stdin.isatty():
        click.echo(WELCOME.format(path=path))
    command = [str(program), *GUARDS, "-cmd", DESCRIBE, str(path.resolve())]
    os.execv(program, command)
