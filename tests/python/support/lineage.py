"""The columns that each column of a query is derived from, read from its SQL.

Every column counts as reading what selects the rows (filters, joins, groups): a count of the rows
with `label = 0` knows the label, although no column shows it. A left join selects no rows: it looks
something up. The condition and the rows of what is looked up count for the columns that come from
there. That it doubles no row is for the tests of the keys to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope, build_scope

Column = tuple[str, str, str]  # schema, table, column
ROWS = "*"  # stands for a table's rows themselves: what a count(*) reads


def dependencies(tree: exp.Expression) -> dict[str, set[Column]]:
    """Return the columns of tables that each column of a qualified query reads, and its rows."""
    root = build_scope(tree)
    assert root is not None
    return _Reader().columns(root)


class _Reader:
    """Caches what each step of a query reads, for later steps."""

    def __init__(self) -> None:
        self._known: dict[int, dict[str, set[Column]]] = {}
        # By step and name of a source that a left join looks up: what the look-up itself reads.
        self._looked_up: dict[tuple[int, str], set[Column]] = {}

    def columns(self, scope: Scope) -> dict[str, set[Column]]:
        """What each column of one step reads, and under `ROWS` its rows."""
        if id(scope) not in self._known:
            union = isinstance(scope.expression, exp.SetOperation)
            self._known[id(scope)] = self._union(scope) if union else self._select(scope)
        return self._known[id(scope)]

    def _union(self, scope: Scope) -> dict[str, set[Column]]:
        first, second = (self.columns(part) for part in scope.union_scopes)
        rows = first[ROWS] | second[ROWS]
        names = [name for name in first if name != ROWS]
        others = [name for name in second if name != ROWS]
        if not scope.expression.args.get("by_name"):
            assert len(names) == len(others), scope.expression.sql("duckdb")
            pairs = zip(names, others, strict=True)
        else:
            pairs = ((name, name) for name in names)
        return {name: first[name] | second[other] | rows for name, other in pairs} | {ROWS: rows}

    def _select(self, scope: Scope) -> dict[str, set[Column]]:
        select = scope.expression
        rows: set[Column] = set()
        joins = select.args.get("joins") or []
        lefts = {join.this.alias_or_name: join for join in joins if join.side == "LEFT"}
        for name, (_, source) in scope.selected_sources.items():
            if name not in lefts:
                rows |= self._read(source, ROWS)
        for clause in ("where", "group", "having", "qualify", "distinct", "order", "limit"):
            if part := select.args.get(clause):
                rows |= self._reads(scope, [part])
        for join in joins:
            parts = [join.args.get("on"), *(join.args.get("using") or [])]
            name = join.this.alias_or_name
            if name in lefts and name in scope.sources:
                looked_up = self._reads(scope, parts) | self._read(scope.sources[name], ROWS)
                self._looked_up[id(scope), name] = looked_up
            else:
                rows |= self._reads(scope, parts)
        for inner in scope.subquery_scopes:  # (select …) as a value, exists (…), in (…)
            for read in self.columns(inner).values():
                rows |= read
        found = {
            column.alias_or_name: self._reads(scope, self._with_windows(select, column)) | rows
            for column in select.expressions
        }
        return found | {ROWS: rows}

    def _with_windows(
        self, select: exp.Expression, column: exp.Expression
    ) -> Iterator[exp.Expression]:
        """A column, and the named windows that it goes over."""
        yield column
        named = {window.name: window for window in select.args.get("windows") or []}
        for window in column.find_all(exp.Window):
            if window.alias in named:
                yield named[window.alias]

    def _reads(self, scope: Scope, parts: Iterable[exp.Expression | None]) -> set[Column]:
        found: set[Column] = set()
        for part in parts:
            for column in part.find_all(exp.Column) if part else []:
                source = scope.sources.get(column.table)
                # A column of another step belongs to a select inside: it is read there.
                if source is not None:
                    found |= self._read(source, column.name)
                    found |= self._looked_up.get((id(scope), column.table), set())
        return found

    def _read(self, source: exp.Table | Scope, column: str) -> set[Column]:
        if isinstance(source, Scope):
            return self.columns(source).get(column, set())
        return {(source.db, source.name, column)} if source.db else set()
