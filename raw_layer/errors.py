"""The two ways a run is refused: what was asked cannot be done, or the file is busy."""

from __future__ import annotations

import click


class BadInputError(Exception):
    """What was given is not allowed; the text is one sentence naming it and what is. Exit 2."""


class BusyError(Exception):
    """Another process holds the file; the text is one sentence with its process id. Exit 1."""


def sentence(error: click.ClickException) -> str:
    """Return what a refused command says, on one line and with a full stop.

    Click would ask a question after an unknown option or command; its suggestions go in brackets.
    """
    near: list[str] | None = getattr(error, "possibilities", None)
    said = " ".join((error.message if near else error.format_message()).split())
    if near:
        said = f"{said.rstrip('.')} (near to it: {', '.join(near)})"
    return said if said.endswith((".", "!", "?")) else f"{said}."
