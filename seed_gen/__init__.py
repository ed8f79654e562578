"""Synthetic, labelled banking data for the AML warehouse, written straight into DuckDB."""

from raw_layer import __version__

__all__ = ["__version__"]
