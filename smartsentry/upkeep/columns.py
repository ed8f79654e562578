"""Write a column's type and description wherever a model passes the column on.

Raw columns are defined in `raw_layer/contract.py`, all others in the YAML of the model that makes
them. A model that passes columns on lists them in a section that names their table. `make columns`
writes types, descriptions and marks into the section; names, constraints and tests are
the model's own. A section with `.*` has all columns of its table. A test fails if one is stale.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from raw_layer import contract
from smartsentry.project import ROOT

MODELS = ROOT / "dbt_project/models"
SOURCES = MODELS / "staging/sources.yml"
TIMED = "transactions"  # the raw table that gets new rows as time goes by

_HOW = r"begin \(types and descriptions: `make columns`\)\n"
_SECTION = re.compile(
    rf"(?<= # from )(?P<table>[\w.]+?)(?P<all>\.\*)?: {_HOW}(?P<columns>.*?)(?=^ +# from .*: end)",
    re.DOTALL | re.MULTILINE,
)
_COLUMN = re.compile(r"^      - name: (\w+)\n((?: {8}.*\n)*)", re.MULTILINE)
_PASSED_ON = re.compile(r"^ {8}(?:data_type|description|config):.*\n(?: {10}.*\n)*", re.MULTILINE)

Columns = dict[str, dict[str, Any]]


def rendered() -> dict[Path, str]:
    """Return the text that each file with a section, and `sources.yml`, should have, by path."""
    texts = {path: path.read_text() for path in sorted(MODELS.rglob("*.yml"))}
    raw = {f"raw.{table.name}": _raw_columns(table) for table in contract.TABLES}
    while True:  # a column may pass through several models
        tables = raw | _made_by_models(texts.values())
        written = {path: _with_sections(text, tables) for path, text in texts.items()}
        if written == texts:
            break
        texts = written
    found = {path: text for path, text in texts.items() if _SECTION.search(text)}
    return found | {SOURCES: _sources(texts[SOURCES], raw)}


def _raw_columns(table: contract.Table) -> Columns:
    return {
        column.name: {
            "name": column.name,
            "data_type": column.type,
            "description": f'{{{{ doc("{column.name}") }}}}',
            "config": {"meta": {"ground_truth": column.ground_truth}},
        }
        for column in table.columns
    }


def _made_by_models(texts: Iterable[str]) -> dict[str, Columns]:
    return {
        model["name"]: {column["name"]: column for column in model.get("columns", [])}
        for text in texts
        for model in yaml.safe_load(text).get("models", [])
    }


def _with_sections(text: str, tables: dict[str, Columns]) -> str:
    def section(match: re.Match[str]) -> str:
        made = tables[match["table"]]
        own = {name: _PASSED_ON.sub("", rest) for name, rest in _COLUMN.findall(match["columns"])}
        columns = [
            _entry(made[name]) + own.get(name, "") for name in (made if match["all"] else own)
        ]
        return match[0].removesuffix(match["columns"]) + "".join(columns)

    return _SECTION.sub(section, text)


def _entry(column: dict[str, Any]) -> str:
    """Return a column's lines in YAML, without constraints and tests."""
    description = column["description"].replace("'", "''")
    lines = [
        f"      - name: {column['name']}",
        f"        data_type: {column['data_type']}",
        f"        description: '{description}'",
    ]
    meta = column.get("config", {}).get("meta", {})
    if meta.get("ground_truth"):
        lines.append("        config: {meta: {ground_truth: true}}")
    elif learnt_from := meta.get("learnt_from"):
        lines.append(f"        config: {{meta: {{learnt_from: {learnt_from}}}}}")
    return "\n".join(lines) + "\n"


def _sources(text: str, raw: dict[str, Columns]) -> str:
    """Return `sources.yml` with the tables of the contract."""
    head, _, _ = text.partition("    tables:\n")
    tables = [
        f"      - name: {table.name}\n"
        f"        description: '{{{{ doc(\"raw_{table.name}\") }}}}'\n"
        f"{_config(table)}"
        "        columns:\n"
        + "".join(
            re.sub("^", "    ", _entry(column), flags=re.MULTILINE).removesuffix("    ")
            for column in raw[f"raw.{table.name}"].values()
        )
        for table in contract.TABLES
    ]
    return f"{head}    tables:\n" + "".join(tables)


def _config(table: contract.Table) -> str:
    """Return what dbt is told about a raw table besides its columns."""
    config = []
    if any(column.ground_truth for column in table.columns):
        config.append("tags: [ground_truth]")
    if table.name == TIMED:
        # Only a warning, because made-up data end on a fixed day in the past.
        config.append("loaded_at_field: timestamp")
        config.append("freshness: {warn_after: {count: 2, period: day}}")
    lines = "".join(f"          {line}\n" for line in config)
    return f"        config:\n{lines}" if config else ""


def rewrite() -> None:
    """Write the generated parts."""
    for path, text in rendered().items():
        path.write_text(text)
