"""A page of HTML as a file that is there whole or not at all."""

import os
from pathlib import Path

from raw_layer.errors import in_one_sentence
from raw_layer.files import replace_file


def write_page(target: Path, page: str) -> None:
    """Write a page; the file before stays until the new one is whole.

    Args:
        target: The HTML file; its folder is made where it is missing, that one's parent is not.
        page: Its text.

    Raises:
        click.ClickException: the file cannot be written.
    """
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    with in_one_sentence(f"cannot write {target}", ": what stood there is as it was."):
        target.parent.mkdir(exist_ok=True)
        try:
            unfinished.write_text(page, encoding="utf-8")
            replace_file(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
