"""The contract of schema `raw`, and how its files are written."""

from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder; what is made without a path goes to `warehouse/` in it."""

__version__ = version("smartsentry-aml-warehouse")
