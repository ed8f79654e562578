"""The arguments of all commands, and their errors: one sentence on stderr, exit code 2 or 1."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from raw_layer.errors import reason, sentence

_INTERRUPTED_QUERY = "Query interrupted"  # as DuckDB reports Ctrl-C


class Commands(click.Group):
    """A group whose help lists commands by section and whose errors are one sentence."""

    def section(self, title: str) -> Callable[..., Callable[[Callable[..., Any]], click.Command]]:
        """Return a decorator like `command` that lists its commands under a title."""

        def command(**options: Any) -> Callable[[Callable[..., Any]], click.Command]:  # noqa: ANN401
            def add(function: Callable[..., Any]) -> click.Command:
                made = self.command(**options)(function)
                self._titles[made.name] = title
                return made

            return add

        return command

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._titles: dict[str | None, str] = {}

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands of each section in the order in which they were added."""
        width = max(map(len, self.commands), default=0)
        for title in dict.fromkeys(self._titles.values()):
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(width), command.get_short_help_str(formatter.width - width - 6))
                        for name, command in self.commands.items()
                        if self._titles[name] == title
                    ]
                )

    def main(self, *arguments: Any, **options: Any) -> NoReturn:  # noqa: ANN401
        """Run a command; any error is one sentence, never a traceback."""
        # A name with characters that the terminal cannot show must not end the command.
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            sys.exit(super().main(*arguments, **options | {"standalone_mode": False}) or 0)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(2)
        except click.ClickException as error:
            _end(sentence(error), error.exit_code)
        except RuntimeError as error:  # click.Abort is one too
            if not isinstance(error, click.Abort) and str(error) != _INTERRUPTED_QUERY:
                raise
            _end("Interrupted.", 130)
        except (OSError, MemoryError) as error:
            _end(f"{reason(error)}.", 1)


class QueryCommand(click.Command):
    """A command whose argument may begin with an SQL comment, which looks like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line."""
        return super().parse_args(
            ctx, [f"\n{one}" if one[:2] == "--" and one[2:3].isspace() else one for one in args]
        )


def _end(message: str, code: int) -> NoReturn:
    click.echo(f"Error: {message}", err=True)
    sys.exit(code)


class Text(click.ParamType[str]):
    """A text in UTF-8 that is not empty."""

    name = "text"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return the text.

        Raises:
            click.BadParameter: it is not allowed.
        """
        text = str(value)
        if not text.strip():
            self.fail(f"it is {text!r}; it must not be empty.", param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail(f"{text!r} is not in UTF-8; it must be.", param, ctx)
        return text


class Name(click.ParamType[Path]):
    """The path of a file or folder; what exists there must be of the same kind."""

    def __init__(self, kind: str = "file") -> None:
        self.name = self._kind = kind

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path:
        """Return the path.

        Raises:
            click.BadParameter: it is not allowed.
        """
        path = Path(Text().convert(value, param, ctx))
        is_one = path.is_dir if self._kind == "folder" else path.is_file
        try:
            is_other = path.exists() and not is_one()
        except OSError as error:
            self.fail(f"{path} cannot be looked at ({reason(error)}).", param, ctx)
        if is_other:
            other = "directory" if path.is_dir() else "file" if path.is_file() else "device"
            self.fail(f"it must be a {self._kind}, but {path} is a {other}.", param, ctx)
        return path


class Whole(click.IntRange):
    """A whole number within a range."""

    name = "whole number"


class Number(click.FloatRange):
    """A number within a range."""

    name = "number"


class Memory(click.ParamType[str]):
    """A size that DuckDB takes, such as 4GB."""

    name = "size"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Return the size as it was given.

        Raises:
            click.UsageError: it is not a size.
        """
        import duckdb

        size = Text().convert(value, param, ctx)
        try:
            if size.lstrip().startswith("-"):  # which DuckDB takes as no limit
                raise ValueError
            duckdb.connect(config={"memory_limit": size}).close()
        except (duckdb.Error, ValueError):
            variable = param.envvar if param else None
            from_variable = isinstance(variable, str) and os.environ.get(variable) == value
            given = variable if from_variable or param is None else param.opts[0]
            raise click.UsageError(
                f"{given} is {str(value)!r}; it must be a number with a unit, such as 4GB.", ctx
            ) from None
        return size
