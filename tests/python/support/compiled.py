"""The SQL that dbt compiled for a built warehouse, to read it and to run it on other rows.

A dbt run takes seconds; its SQL alone takes a tenth of a second and is the same text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

import oracle

if TYPE_CHECKING:
    from conftest import Warehouse

Columns = dict[str, str]  # name → type


class Compiled:
    """The models, seeds and raw tables of a built warehouse with their SQL and columns."""

    def __init__(self, built: Warehouse) -> None:
        self.built = built
        manifest = built.artifact("manifest.json")
        self.nodes = {
            node["name"]: node
            for node in manifest["nodes"].values()
            if node["resource_type"] in ("model", "seed")
        }
        self.sources = {node["name"]: node for node in manifest["sources"].values()}
        self.database = self.nodes["transactions"]["database"]
        with built.connect() as con:
            self.types: dict[tuple[str, str], Columns] = {}
            for schema, table, column, type_ in con.execute(
                "select schema_name, table_name, column_name, data_type from duckdb_columns()"
                " where not internal order by table_oid, column_index"
            ).fetchall():
                self.types.setdefault((schema, table), {})[column] = type_

    def node(self, name: str) -> dict:
        """A model, a seed or a raw table."""
        return self.nodes.get(name) or self.sources[name]

    def relation(self, name: str) -> str:
        """How the SQL names it."""
        return self.node(name)["relation_name"]

    def columns(self, name: str) -> Columns:
        """The columns of its table or view, with their types."""
        node = self.node(name)
        return self.types[node["schema"], node.get("alias") or node["identifier"]]

    def parents(self, name: str) -> set[str]:
        """The models and seeds that a model reads."""
        names = {node["unique_id"]: other for other, node in self.nodes.items()}
        read = self.nodes[name]["depends_on"].get("nodes", [])
        return {names[id_] for id_ in read if id_ in names}

    def models(self, *folders: str) -> list[str]:
        """The models of some folders that have SQL and a table or view of their own; no logs."""
        return sorted(
            name
            for name, node in self.nodes.items()
            if node["resource_type"] == "model"
            and node["fqn"][1] in folders
            and (
                node["config"]["materialized"] in ("table", "view")
                or node["config"]["incremental_strategy"] == "by_day"
            )
        )

    def sql(self, name: str) -> str:
        """A model's SQL as it runs."""
        node = self.nodes[name]
        folder = self.built.target / "compiled" / node["package_name"]
        return (folder / node["original_file_path"]).read_text()

    def parsed(self, name: str) -> exp.Expression:
        """A model's SQL parsed, as it stands."""
        return sqlglot.parse_one(self.sql(name), dialect="duckdb")

    def typed_tree(self, name: str) -> exp.Expression:
        """`tree` with the type of every expression."""
        return annotate_types(self.tree(name), schema=self._schema, dialect="duckdb")

    def tree(self, name: str) -> exp.Expression:
        """A model's SQL parsed, every column with its table's name and no star left."""
        tree = self.parsed(name)
        for unpivot in list(tree.find_all(exp.Pivot)):
            self._spell_out_unpivot(tree, unpivot)
        return qualify(tree, schema=self._schema, dialect="duckdb")

    @cached_property
    def _schema(self) -> dict[str, dict[str, dict[str, Columns]]]:
        schema: dict[str, dict[str, Columns]] = {}
        for (schema_name, table), columns in self.types.items():
            schema.setdefault(schema_name, {})[table] = columns
        return {self.database: schema}

    def _names(self, tree: exp.Expression, source: exp.Expression) -> list[str]:
        """The columns of a table, of a named step of the query or of a select."""
        if isinstance(source, exp.Table) and source.db:
            return list(self.types[source.db, source.name])
        if isinstance(source, exp.Table):
            (source,) = (cte.this for cte in tree.find_all(exp.CTE) if cte.alias == source.name)
        select = source.unnest()
        read = [select.args["from_"].this, *(join.this for join in select.args.get("joins") or [])]
        names = []
        for column in select.expressions:
            if not column.is_star:
                names.append(column.alias_or_name)
                continue
            of_table = column.table if isinstance(column, exp.Column) else read[0].alias_or_name
            (starred,) = (table for table in read if table.alias_or_name == of_table)
            star = column.this if isinstance(column, exp.Column) else column
            left_out = {name.name for name in star.args.get("except_") or []}
            names += [name for name in self._names(tree, starred) if name not in left_out]
        return names

    def _spell_out_unpivot(self, tree: exp.Expression, unpivot: exp.Pivot) -> None:
        """Put a plain select in the place of an unpivot: its name and value read its columns."""
        unpivoted = unpivot.parent
        source = unpivoted.copy()
        source.set("pivots", None)
        (field,), (value,) = unpivot.fields, unpivot.expressions
        names = [column.name for column in field.expressions]
        kept = [name for name in self._names(tree, source) if name not in names]
        if not isinstance(source, exp.Table):
            source.set("alias", exp.TableAlias(this=exp.to_identifier("unpivoted")))
        columns = [exp.column(name) for name in names]
        spelt_out = exp.select(
            *map(exp.column, kept),
            exp.alias_(exp.func("concat", *columns), field.this.name),
            exp.alias_(exp.func("coalesce", *columns), value.name),
        ).from_(source)
        unpivoted.replace(spelt_out.subquery(alias=unpivoted.alias_or_name or "long_form"))


class CompiledModels:
    """`transactions`, `alerts`, `case_lines` and what they read, rebuilt on a test's rows."""

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        parents: dict[str, set[str]] = {}
        goals = ["transactions", "alerts", "case_lines"]
        while goals:
            name = goals.pop()
            if name not in parents:
                parents[name] = compiled.parents(name)
                goals += parents[name]
        self.names = list(TopologicalSorter(parents).static_order())
        self.con = self._empty_database()

    def _empty_database(self) -> duckdb.DuckDBPyConnection:
        con = duckdb.connect(config={"threads": 1})
        database = self.compiled.database
        con.execute(f"attach ':memory:' as \"{database}\"")
        con.execute(f'use "{database}"')
        con.execute(f"attach '{self.compiled.built.path}' as built (read_only)")
        nodes = [self.compiled.nodes[name] for name in self.names]
        for schema in sorted({"raw"} | {node["schema"] for node in nodes}):
            con.execute(f'create schema if not exists "{schema}"')
        for table in self.compiled.sources:
            con.execute(f"create table raw.{table} as from built.raw.{table} limit 0")
        for node in nodes:
            if node["resource_type"] == "seed":
                within = f'"{node["schema"]}"."{node["alias"]}"'
                con.execute(f"create table {node['relation_name']} as from built.{within}")
            else:
                con.execute(self._create(node["name"]))
        return con

    def _create(self, name: str) -> str:
        relation, sql = self.compiled.relation(name), self.compiled.sql(name)
        return f"create or replace {self._kind(name)} {relation} as {sql}"

    def _kind(self, name: str) -> str:
        view = self.compiled.nodes[name]["config"]["materialized"] == "view"
        return "view" if view else "table"

    def run(
        self, raw: oracle.Raw, thresholds: Mapping[str, object] | None = None
    ) -> duckdb.DuckDBPyConnection:
        """The database, in memory, with every table built on `raw` anew; views follow."""
        load(self.con, raw)
        return self.rebuild(thresholds)

    def run_on_built(self, order: str, where: str = "true") -> duckdb.DuckDBPyConnection:
        """The same on the built warehouse's own raw rows, its transactions ordered and filtered."""
        for table in self.compiled.sources:
            condition = f"where {where}" if table == "transactions" else ""
            self.con.execute(
                f"create or replace table raw.{table} as"
                f" from built.raw.{table} {condition} order by {order}"
            )
        return self.rebuild()

    def rebuild(self, thresholds: Mapping[str, object] | None = None) -> duckdb.DuckDBPyConnection:
        """Build every table from the rows in `raw`."""
        for name in self.names:
            if (
                self.compiled.nodes[name]["resource_type"] == "model"
                and self._kind(name) == "table"
            ):
                self.con.execute(self._create(name))
                if name == "rule_thresholds" and thresholds:
                    changes = ", ".join(f"{name} = {value}" for name, value in thresholds.items())
                    self.con.execute(f"update {self.compiled.relation(name)} set {changes}")
        return self.con


def load(con: duckdb.DuckDBPyConnection, raw: oracle.Raw) -> None:
    """Replace the rows in `raw` with the oracle's."""
    tables = {
        "customers": raw.customers,
        "accounts": raw.accounts,
        "devices": raw.devices,
        "beneficiaries": raw.beneficiaries,
        "dormant_accounts": raw.dormant_accounts,
        "inactive_accounts": raw.inactive_accounts,
        "generation_run": [
            {"window_start": raw.window_start, "time_precision": raw.time_precision}
        ],
        "transactions": raw.transactions,
    }
    con.begin()
    for table, rows in tables.items():
        con.execute(f"delete from raw.{table}")
        if rows:
            columns = list(rows[0])
            marks = ", ".join("?" * len(columns))
            con.executemany(
                f"insert into raw.{table} ({', '.join(columns)}) values ({marks})",
                [[row[column] for column in columns] for row in rows],
            )
    con.commit()
