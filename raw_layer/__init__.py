"""The contract of schema `raw` and how a file of it is written; imports nothing of the project."""
