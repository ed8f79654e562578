"""Faults that `smartsentry build` must survive, and a count of what they did.

`test_faults.py` makes each of them a few times; `make chaos` is the long form. A module holds the
faults of one cause, each a function that returns its `Tally`.
"""
