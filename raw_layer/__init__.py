"""The contract of schema `raw` and how a file of it is written; imports nothing of the project."""

from importlib.metadata import version

__version__ = version("smartsentry-aml-warehouse")  # as pyproject.toml says
