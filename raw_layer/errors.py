"""The two ways a run is refused: what was asked cannot be done, or the file is busy."""

from __future__ import annotations


class BadInputError(Exception):
    """What was given is not allowed; the text is one sentence naming it and what is. Exit 2."""


class BusyError(Exception):
    """Another process holds the file; the text is one sentence with its process id. Exit 1."""
