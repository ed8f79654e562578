"""The project's folder."""

from raw_layer import ROOT

__all__ = ["ROOT"]
