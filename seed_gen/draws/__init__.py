"""Reproducible draws: random streams, amounts, times and rows."""
