"""Synthetic, labelled banking data for the AML warehouse, written straight into DuckDB."""

__version__ = "0.1.0"
