"""A page of HTML as a file that is there whole or not at all."""

import os
from pathlib import Path

import click


def write_page(target: Path, page: str) -> None:
    """Write a page; the file before stays until the new one is whole.

    Args:
        target: The HTML file; its folder is made where it is missing, that one's parent is not.
        page: Its text.

    Raises:
        click.ClickException: the file cannot be written.
    """
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    try:
        target.parent.mkdir(exist_ok=True)
        try:
            unfinished.write_text(page, encoding="utf-8")
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise click.ClickException(
            f"cannot write {target} ({reason}): what stood there is as it was."
        ) from error
