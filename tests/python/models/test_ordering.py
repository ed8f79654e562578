"""No value depends on the order in which rows arrive: read from the SQL, tried in determinism."""

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from compiled import Compiled
from ordering import inexact_sums, positions_in_doubt, unique_in

BEFORE_EVALUATION = ("staging", "features", "network", "rules", "worklist", "marts")
FOLDERS = (*BEFORE_EVALUATION, "evaluation")


def test_no_position_is_in_doubt(compiled: Compiled) -> None:
    found = {
        name: positions_in_doubt(compiled.parsed(name), unique_in(name))
        for name in compiled.models(*FOLDERS)
    }
    assert len(found) > 40
    assert {name: doubts for name, doubts in found.items() if doubts} == {}


def test_no_sum_is_inexact(compiled: Compiled) -> None:
    found = {
        name: inexact_sums(compiled.typed_tree(name))
        for name in compiled.models(*BEFORE_EVALUATION)
    }
    assert {name: sums for name, sums in found.items() if sums} == {}


@pytest.mark.parametrize(
    "query",
    [
        "select lag(a) over (partition by b order by timestamp) from t",
        "select row_number() over (order by timestamp) from t",
        "select row_number() over () from t",
        "select lead(a ignore nulls) over (order by timestamp) from t",
        "select sum(a) over (order by timestamp rows unbounded preceding) from t",
        "select sum(a) over w from t window w as (order by timestamp rows unbounded preceding)",
        "select row_number() over w from t window w as (order by timestamp)",
        "select first_value(a) over (order by transaction_no, timestamp) from t",
        "select arg_max(a, timestamp) from t",
        "select any_value(a) from t",
        "select string_agg(a, ',') from t",
    ],
)
def test_a_position_in_doubt_is_noticed(query: str) -> None:
    assert positions_in_doubt(sqlglot.parse_one(query, dialect="duckdb"), ("transaction_no",))


@pytest.mark.parametrize(
    "query",
    [
        "select lag(a) over (partition by b order by timestamp, transaction_no) from t",
        "select count(*) over (order by timestamp range unbounded preceding) from t",
        "select row_number() over w from t window w as (order by timestamp, transaction_no)",
        "select string_agg(a, ',' order by transaction_no) from t",
        "select max(a) over (partition by b) from t",
    ],
)
def test_a_fixed_position_is_left_alone(query: str) -> None:
    assert not positions_in_doubt(sqlglot.parse_one(query, dialect="duckdb"), ("transaction_no",))


TYPES = {"amount": "decimal(18,2)", "ratio": "double", "n": "bigint"}


def typed(aggregate: str) -> exp.Expression:
    tree = sqlglot.parse_one(f"select {aggregate} as x from t", dialect="duckdb")
    tree = qualify(tree, schema={"t": TYPES}, dialect="duckdb")
    return annotate_types(tree, schema={"t": TYPES}, dialect="duckdb")


@pytest.mark.parametrize(
    "aggregate",
    [
        *("sum(ratio)", "avg(amount)", "stddev(amount)", "var_pop(ratio)", "sum(amount * 1e0)"),
        *("sum(cast(amount as double)) over (order by n)", "sum(amount / 3)"),
        *("sum(unheard_of(n))", "sum(sqrt(n))", "sum(case when n > 1 then ratio end)"),
    ],
)
def test_an_inexact_sum_is_noticed(aggregate: str) -> None:
    assert inexact_sums(typed(aggregate))


@pytest.mark.parametrize("aggregate", ["sum(amount)", "sum(n)", "sum(amount * n)", "count(*)"])
def test_an_exact_sum_is_left_alone(aggregate: str) -> None:
    assert not inexact_sums(typed(aggregate))
