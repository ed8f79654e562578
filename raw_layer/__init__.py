"""The contract of schema `raw`, and how its files are written."""

from importlib.metadata import version

__version__ = version("smartsentry-aml-warehouse")
