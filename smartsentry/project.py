"""Where the project stands and which version it is."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
