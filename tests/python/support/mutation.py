"""Mutants of the models' SQL, and the tests that judge them.

A mutant is one model's compiled SQL with one change. The model's unit tests judge it: a mutant is
killed if its result on the rows of one of them differs from the expected one, or if it fails. A
change that only the order of rows could show is caught by the check in `ordering`.

A dbt run takes seconds and there are more than a thousand mutants, so the unit tests are run here,
in one database in memory. The unchanged SQL passes all of them here too, which shows that the
standard is the same.

What is changed:

comparison   > >= < <= = <>, between, in, is null: its boundary moved, turned, a value left out
constant     a number one up and one down, a text another text, widths of frames included
conjunction  and ↔ or, one side left out, not left out
frame        range ↔ rows, each end moved
window       another width of the same column, another of the named windows
partition    each key left out
order        each key left out, turned around
arithmetic   + ↔ -, * ↔ /, the sign left out
function     lag ↔ lead, min ↔ max, least ↔ greatest, floor ↔ ceil; coalesce and abs left out
join         left ↔ inner
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import duckdb
import sqlglot
from sqlglot import exp

from compiled import Columns, Compiled
from ordering import positions_in_doubt, unique_in

TURNED = {
    exp.GT: (exp.GTE, exp.LT),
    exp.GTE: (exp.GT, exp.LTE),
    exp.LT: (exp.LTE, exp.GT),
    exp.LTE: (exp.LT, exp.GTE),
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
}
SWAPPED = {
    exp.Add: exp.Sub,
    exp.Sub: exp.Add,
    exp.Mul: exp.Div,
    exp.Div: exp.Mul,
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.Lag: exp.Lead,
    exp.Lead: exp.Lag,
    exp.Least: exp.Greatest,
    exp.Greatest: exp.Least,
    exp.Floor: exp.Ceil,
}
STATEMENT_PARTS = (exp.Alias, exp.Window, exp.Join, exp.Where, exp.CTE, exp.Select)
WIDTHS = ("_1hr", "_24hr", "_7d", "_30d")
MUTATED_RULES = {"large_cash_deposit", "micro_transaction", "rapid_burst"}
MUTATED_RULES |= {"network_rule_payee_collects", "network_rule_money_returns"}
LEFT_OUT = (exp.Abs, exp.Coalesce, exp.Neg, exp.Not)


@dataclass(frozen=True)
class Mutant:
    """One change of one model."""

    model: str
    kind: str  # see the module's docstring
    where: str  # what is changed, with what it stands in
    change: str  # how it reads afterwards
    sql: str

    def __str__(self) -> str:
        return f"{self.model}: {self.kind}: {self.where} → {self.change}"


def rebuilt(node: exp.Expression, kind: type[exp.Expression]) -> exp.Expression:
    """The same arguments under another operator or function."""
    return kind(**{name: _copied(value) for name, value in node.args.items()})


def _copied(value: object) -> object:
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value.copy() if isinstance(value, exp.Expression) else value


def replacements(node: exp.Expression) -> Iterator[tuple[str, exp.Expression]]:
    """Every replacement of one node, with the kind of change."""
    parent = node.parent
    match node:
        case exp.Between():
            value, low, high = node.this, node.args["low"], node.args["high"]
            for lower, upper in ((exp.GT, exp.LTE), (exp.GTE, exp.LT)):
                changed = exp.and_(
                    lower(this=value.copy(), expression=low.copy()),
                    upper(this=value.copy(), expression=high.copy()),
                )
                yield "comparison", exp.paren(changed)
        case exp.In() if len(node.expressions) > 1:
            for left_out in range(len(node.expressions)):
                changed = node.copy()
                del changed.expressions[left_out]
                yield "comparison", changed
        case exp.Is():
            yield "comparison", exp.Not(this=node.copy())
        case exp.And() | exp.Or():
            other = exp.Or if isinstance(node, exp.And) else exp.And
            yield "conjunction", exp.paren(rebuilt(node, other))
            # `and true` stands where a day's build has a condition: test_seams.py.
            if not isinstance(node.expression, exp.Boolean):
                yield "conjunction", exp.paren(node.this.copy())
            yield "conjunction", exp.paren(node.expression.copy())
        case exp.Literal() if not isinstance(parent, exp.DataTypeParam):
            if not node.is_string:
                number = Decimal(node.this)
                for moved in (number + 1, number - 1):
                    literal = exp.Literal.number(str(abs(moved)))
                    yield "constant", exp.paren(exp.Neg(this=literal)) if moved < 0 else literal
            elif isinstance(parent, exp.Interval):
                for moved in (int(node.this) + 1, int(node.this) - 1):
                    yield "constant", exp.Literal.string(str(moved))
            else:
                yield "constant", exp.Literal.string("another text")
        case exp.Column() if node.name.endswith(WIDTHS):
            (width,) = (width for width in WIDTHS if node.name.endswith(width))
            for other in WIDTHS:
                if other != width:
                    changed = node.copy()
                    changed.this.set("this", node.name.removesuffix(width) + other)
                    yield "window", changed
        case exp.WindowSpec():
            yield from _frames(node)
        case exp.Ordered():
            changed = node.copy()
            changed.set("desc", not node.args.get("desc"))
            yield "order", changed
        case exp.Join() if node.kind != "CROSS":
            changed = node.copy()
            changed.set("side", None if node.side else "LEFT")
            changed.set("kind", "INNER" if node.side else None)
            yield "join", changed
    for kind in TURNED.get(type(node), ()):
        yield "comparison", rebuilt(node, kind)
    if type(node) in SWAPPED:
        kind = "function" if isinstance(node, exp.Func) else "arithmetic"
        yield kind, rebuilt(node, SWAPPED[type(node)])
    if isinstance(node, LEFT_OUT):
        kind = {exp.Not: "conjunction", exp.Neg: "arithmetic"}.get(type(node), "function")
        yield kind, exp.paren(node.this.copy())


def _frames(spec: exp.WindowSpec) -> Iterator[tuple[str, exp.Expression]]:
    """Other frames in place of one; a frame without an end is the default, which is left out."""
    kind, start, end = (spec.args[name] for name in ("kind", "start", "end"))
    kind = kind.upper()
    if isinstance(start, exp.Interval):  # rows count rows, not seconds
        numbers = {
            name: exp.Literal.number(value.this.this)
            for name, value in (("start", start), ("end", end))
            if isinstance(value, exp.Interval)
        }
        yield "frame", _changed(spec, kind="ROWS", **numbers)
        yield "frame", _changed(spec, start="UNBOUNDED")
    else:
        yield "frame", _changed(spec, kind="ROWS" if kind == "RANGE" else "RANGE")
        yield "frame", _changed(spec, start="CURRENT ROW", start_side=None)
    if end == "CURRENT ROW":
        one = exp.Literal.number(1)
        if kind == "RANGE":
            one = exp.Interval(this=exp.Literal.string("1"), unit=exp.var("second"))
        yield "frame", _changed(spec, end="UNBOUNDED", end_side="FOLLOWING")
        yield "frame", _changed(spec, end=one, end_side="PRECEDING")
        yield "frame", _changed(spec, end=one.copy(), end_side="FOLLOWING")
    else:
        yield "frame", _changed(spec, end="CURRENT ROW", end_side=None)


def _changed(node: exp.Expression, **arguments: object) -> exp.Expression:
    changed = node.copy()
    for name, value in arguments.items():
        changed.set(name, value)
    return changed


def _other_windows(window: exp.Window) -> Iterator[tuple[str, exp.Expression]]:
    """A window without each of its keys, and other windows in its place."""
    if isinstance(window.this, exp.Func):
        for other in window.find_ancestor(exp.Select).args.get("windows") or []:
            if window.alias not in ("", other.name):
                yield "window", _changed(window, alias=exp.to_identifier(other.name))
    keys = window.args.get("partition_by") or []
    for left_out in range(len(keys)):
        kept = [key.copy() for number, key in enumerate(keys) if number != left_out]
        yield "partition", _changed(window, partition_by=kept)
    order = window.args.get("order")
    if order and len(order.expressions) > 1:
        for left_out in range(len(order.expressions)):
            changed = window.copy()
            del changed.args["order"].expressions[left_out]
            yield "order", changed


def mutants(model: str, tree: exp.Expression) -> list[Mutant]:
    """Every change of one model's SQL, each once.

    The tree is changed and restored in place: a copy of it for each mutant would take minutes.
    """
    found: dict[str, Mutant] = {}
    unchanged = tree.sql("duckdb")
    of_rules = model in ("transactions", "rule_patterns")
    spared = _terms_of_other_rules(tree) if of_rules else set()
    spared |= _turns(tree)
    for node in list(tree.walk()):
        if id(node) in spared:
            continue
        changes = list(replacements(node))
        if isinstance(node, exp.Window):
            changes += _other_windows(node)
        if not changes:
            continue
        where = _surroundings(node)
        for kind, changed in changes:
            node.replace(changed)
            sql = tree.sql("duckdb")
            change = _surroundings(changed)
            changed.replace(node)
            if sql not in found and sql != unchanged:
                found[sql] = Mutant(model, kind, where, change, sql)
    return list(found.values())


def _surroundings(node: exp.Expression) -> str:
    """A node with enough of its context for a reader to find it."""
    text = node.sql("duckdb", comments=False)
    while len(text) < 60 and node.parent and not isinstance(node, STATEMENT_PARTS):
        node = node.parent
        text = node.sql("duckdb", comments=False)
    return " ".join(text.split())


# ── The judges ───────────────────────────────────────────────────────────────────────────────


class Bench:
    """A database in memory with every relation of a built warehouse, empty, and the unit tests."""

    def __init__(self, compiled: Compiled, tests: Iterable[Mapping]) -> None:
        self.compiled = compiled
        self.tests = list(tests)  # as in the YAML
        self.con = duckdb.connect(config={"threads": 1})
        self.con.execute(f"attach ':memory:' as \"{compiled.database}\"")
        self.con.execute(f'use "{compiled.database}"')
        for (schema, table), columns in compiled.types.items():
            self.con.execute(f'create schema if not exists "{schema}"')
            self.con.execute(f'create table "{schema}"."{table}" as from {_empty(columns)}')
        self.con.execute(f"create macro ratio(n, d) as {self._ratio()}")

    def _ratio(self) -> str:
        """What the macro `ratio` writes, of `n` and `d`."""
        for case in self.compiled.parsed("snooze_cost").find_all(exp.Case):
            if arguments := _arguments_of_ratio(case):
                text = case.sql("duckdb")
                for argument, name in zip(arguments, "nd", strict=True):
                    text = text.replace(argument.sql("duckdb"), name)
                return text
        raise LookupError("snooze_cost has no ratio")

    def give(self, test: Mapping) -> None:
        """Put the rows of a unit test into their relations."""
        for entry in test["given"]:
            name = re.findall(r"\w+", entry["input"])[-1]  # ref('x'), source('raw', 'x')
            self._fill(self.compiled.relation(name), self.compiled.columns(name), entry["rows"])
        columns = self.compiled.columns(test["model"])
        self._fill("expected", columns, test["expect"]["rows"])

    def _fill(self, table: str, columns: Columns, rows: list[Mapping]) -> None:
        self.con.execute(f"create or replace table {table} as from {_empty(columns)}")
        if rows:
            names = list(dict.fromkeys(name for row in rows for name in row))
            listed = ", ".join(f'"{name}"' for name in names)
            marks = ", ".join(f"cast(? as {columns[name]})" for name in names)
            self.con.executemany(
                f"insert into {table} ({listed}) values ({marks})",
                # As text: a float would not keep its decimals.
                [
                    [None if row.get(name) is None else str(row[name]) for name in names]
                    for row in rows
                ],
            )

    def passes(self, test: Mapping, sql: str) -> bool:
        """Whether the SQL gives what the unit test expects; its rows have been given."""
        rows = test["expect"]["rows"]
        names = ", ".join(f'"{name}"' for name in rows[0]) if rows else "*"
        try:
            (differences,) = self.con.execute(
                f"""
                with actual as materialized (select {names} from ({sql}) as mutant),
                wanted as (select {names} from expected)
                select count(*) from (
                    (from actual except all from wanted)
                    union all (from wanted except all from actual)
                )
                """
            ).fetchone()
        except duckdb.Error:  # what does not run is noticed
            return False
        return differences == 0

    def columns_of(self, sql: str) -> set[str]:
        """The columns that a query gives."""
        return {row[0] for row in self.con.execute(f"describe {sql}").fetchall()}


def _empty(columns: Columns) -> str:
    types = ", ".join(f'cast(null as {kind}) as "{name}"' for name, kind in columns.items())
    return f"(select {types} limit 0)"


def _parts(model: str, tree: exp.Expression) -> Iterator[exp.Expression]:
    """The parts of a model that are mutated one by one: the rules, or all of it at once.

    A rule reads no other rule, so its mutants run with its column alone, fifty times as fast.
    """
    if model != "transaction_rules":
        yield tree
        return
    for rule in _rules(tree).expressions:
        if rule.alias.startswith(("rule_", "network_rule_")):
            part = tree.copy()
            for select in (_rules(part), part):
                select.set(
                    "expressions",
                    [c for c in select.expressions if c.is_star or c.alias == rule.alias],
                )
            star = part.expressions[0]
            star.set("except_", [name for name in star.args["except_"] if name.name == rule.alias])
            yield part


def _terms_of_other_rules(tree: exp.Expression) -> set[int]:
    """The nodes of the totals' and patterns' terms that stand for all rules but a few.

    A macro writes the same text for each rule, so few of the terms are mutated; that every rule has
    its term is what the unit tests `unit_rule_…_of_each_rule_alone` say.
    """
    steps = {cte.alias: cte.this for cte in tree.find_all(exp.CTE)}
    totals = steps.get("totals", tree)
    terms = [
        *steps["severities"].expressions,
        *(g for f in totals.find_all(exp.Greatest) for g in (f.this, *f.expressions)),
    ]
    for total in totals.find_all(exp.Add):
        terms += [total.this] if not isinstance(total.this, exp.Add) else []
        terms.append(total.expression)
    spared = set()
    for term in terms:
        names = {column.name.removeprefix("rule_") for column in term.find_all(exp.Column)}
        if not names & MUTATED_RULES and term.alias not in MUTATED_RULES:
            spared |= {id(node) for node in term.walk()}
            if isinstance(term.parent, exp.Add):
                spared.add(id(term.parent))
    return spared


def _turns(tree: exp.Expression) -> set[int]:
    """The nodes that divide a table's rows into turns: a unit test has one turn.

    That no row is lost or doubled by them is what `test_turns.py` says.
    """
    return {
        id(node)
        for variable in tree.find_all(exp.Anonymous)
        if variable.name.lower() == "getvariable"
        for node in variable.find_ancestor(exp.Select).walk()
    }


def with_ratios(tree: exp.Expression) -> exp.Expression:
    """The tree with a call in place of each text that the macro `ratio` writes.

    Of that text only the arguments are the model's own, and they stand in it twelve times. What the
    macro writes around them is mutated in `transaction_features` and `account_network`.
    """
    for case in list(tree.find_all(exp.Case)):
        if arguments := _arguments_of_ratio(case):
            call = exp.Anonymous(this="ratio", expressions=[each.copy() for each in arguments])
            tree = call if case is tree else tree
            case.replace(call)
    return tree


def _arguments_of_ratio(case: exp.Case) -> tuple[exp.Expression, exp.Expression] | None:
    """The numerator and the denominator where the macro `ratio` has written this."""
    match case.args["ifs"]:
        case [exp.If(this=exp.And(this=exp.GT() as some, expression=exp.GTE() as least))]:
            exact = case.args["ifs"][0].args["true"]
            if "100000000" in exact.sql("duckdb") and exact.find(exp.IntDiv):
                return least.this, some.this
    return None


def _rules(tree: exp.Expression) -> exp.Select:
    (rules,) = (cte.this for cte in tree.find_all(exp.CTE) if cte.alias == "rules")
    return rules


@dataclass
class Verdict:
    """The results of one model's mutants."""

    model: str
    made: Counter[str] = field(default_factory=Counter)  # by kind
    survivors: list[Mutant] = field(default_factory=list)


def judge(bench: Bench, model: str) -> Verdict:
    """Make every mutant of one model and let its tests judge them.

    Raises:
        AssertionError: the model itself fails one of its unit tests here, or its order is in doubt.
    """
    verdict = Verdict(model)
    tests = [test for test in bench.tests if test["model"] == model]
    for part in _parts(model, with_ratios(bench.compiled.parsed(model))):
        unchanged = part.sql("duckdb")
        columns = bench.columns_of(unchanged)
        # Or else every survivor would count as caught by its order.
        assert not positions_in_doubt(part, unique_in(model)), f"{model}: an order is in doubt"
        living = mutants(model, part)
        verdict.made.update(mutant.kind for mutant in living)
        for test in tests:
            expected = test["expect"]["rows"]
            if not living or (expected and not columns.issuperset(expected[0])):
                continue
            bench.give(test)
            assert bench.passes(test, unchanged), f"{test['name']}: the model does not pass"
            living = [mutant for mutant in living if bench.passes(test, mutant.sql)]
        verdict.survivors += [
            mutant
            for mutant in living
            if not positions_in_doubt(
                sqlglot.parse_one(mutant.sql, dialect="duckdb"), unique_in(model)
            )
        ]
    return verdict


def table(verdicts: Iterable[Verdict]) -> str:
    """How many mutants of each model were made, and how many passed every test."""
    lines = [f"{'model':<28}{'mutants':>9}{'killed':>9}{'equivalent':>12}"]
    total = Counter()
    for verdict in verdicts:
        figures = Counter(made=verdict.made.total(), alive=len(verdict.survivors))
        total.update(figures)
        lines.append(_line(verdict.model, figures))
    return "\n".join([*lines, "-" * len(lines[0]), _line("total", total)])


def _line(name: str, figures: Counter[str]) -> str:
    made, alive = figures["made"], figures["alive"]
    return f"{name:<28}{made:>9,}{made - alive:>9,}{alive:>12,}"
