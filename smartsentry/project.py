"""Where the project stands and which version it is."""

from pathlib import Path

from raw_layer import __version__

__all__ = ["ROOT", "__version__"]

ROOT = Path(__file__).resolve().parent.parent
