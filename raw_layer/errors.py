"""Errors that a user sees: one sentence and an exit code."""

import contextlib
from collections.abc import Iterator

import click

_LONGEST_REASON = 200


class BadInputError(click.ClickException):
    """An input is not allowed; the text, one sentence, names it and what is allowed. Exit 2."""

    exit_code = 2


class BusyError(click.ClickException):
    """Another process holds the file; the text is one sentence with its process id. Exit 1."""


def reason(error: BaseException) -> str:
    """Return an error's message, short, on one line and without a full stop."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, MemoryError):
        return "not enough memory"
    said = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return " ".join(said.split())[:_LONGEST_REASON].rstrip(". ")


@contextlib.contextmanager
def in_one_sentence(
    what: str,
    outcome: str = ".",
    kinds: tuple[type[Exception], ...] | None = None,
    refusal: type[click.ClickException] = click.ClickException,
) -> Iterator[None]:
    """Turn an error of the file system or DuckDB into the sentence `what (reason)outcome`.

    Args:
        what: How the sentence begins, such as `cannot write page.html`.
        outcome: How it ends, such as `: nothing was exported.`
        kinds: The errors to turn; by default OSError and all of DuckDB's.
        refusal: The class that they become.

    Raises:
        click.ClickException: the body raised one of `kinds`.
    """
    import duckdb  # here, because help and refusals need no DuckDB and should be instant

    kinds = kinds or (OSError, duckdb.Error)
    try:
        yield
    except kinds as error:
        where = getattr(error, "filename", None)
        place = f": {where}" if where is not None and str(where) not in what else ""
        raise refusal(f"{what} ({reason(error)}{place}){outcome}") from error


def sentence(error: click.ClickException) -> str:
    """Return the message of a refused command, on one line and with a full stop.

    Click's suggestions after an unknown option or command go in brackets.
    """
    near: list[str] | None = getattr(error, "possibilities", None)
    said = " ".join((error.message if near else error.format_message()).split())
    if near:
        said = f"{said.rstrip('.')} (near to it: {', '.join(near)})"
    return said if said.endswith((".", "!", "?")) else f"{said}."
