"""Blocks of accounts: who does what in each, and the rows that follow."""
