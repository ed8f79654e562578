"""What the project's macros need of dbt where sqlfluff renders them, as if nothing were built."""

import datetime
import re
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import jinja2
import yaml

PROJECT = Path(__file__).resolve().parents[3] / "dbt_project.yml"
VARS: dict[str, float] = yaml.safe_load(PROJECT.read_text())["vars"]


@jinja2.pass_context
def _dispatch(context: jinja2.runtime.Context, name: str) -> object:
    """Return DuckDB's version of a macro."""
    return context.get(f"duckdb__{name}") or context.get(f"default__{name}")


def _raise(message: str) -> NoReturn:
    raise ValueError(message)


def var(name: str) -> float:
    """Return a var's value in force."""
    return VARS[name]


def env_var(name: str, default: str) -> str:
    """Return the value of a variable that is not set."""
    return default


def listagg(measure: str, delimiter_text: str, order_by_clause: str) -> str:
    """Write dbt's own macro."""
    return f"listagg({measure}, {delimiter_text} {order_by_clause})"


adapter = SimpleNamespace(dispatch=_dispatch, quote='"{}"'.format)
exceptions = SimpleNamespace(raise_compiler_error=_raise)
execute = False
project_name = "smartsentry"
flags = SimpleNamespace(INVOCATION_COMMAND="")
invocation_args_dict: dict[str, object] = {}
invocation_id = "an id"
run_started_at = datetime.datetime(2025, 1, 1)
modules = SimpleNamespace(re=re, datetime=datetime)
target = SimpleNamespace(type="duckdb")
