"""Nothing that a rule reads knows the answer: read from the compiled SQL, not from names.

Ground truth is what the contract marks as such. From there every column of every model that is made
of it, by value or by which rows there are, must carry the mark too, and no other may. The one way
out is `known_outcomes`: what is made of it is marked `learnt_from` instead, and no alert is.
"""

from graphlib import TopologicalSorter

import pytest
import sqlglot
from sqlglot.optimizer.qualify import qualify

from compiled import Compiled
from conftest import Warehouse
from lineage import ROWS, dependencies

FOLDERS = ("staging", "features", "network", "rules", "worklist", "marts")
TAUGHT_BY = "known_outcomes"  # a list of answers: which rows there are is an answer too


def marked(node: dict, mark: str = "ground_truth") -> set[str]:
    """The columns that a model or a raw table declares as ground truth, or as learnt."""
    return {
        name
        for name, column in node["columns"].items()
        if (column.get("meta") or column.get("config", {}).get("meta", {})).get(mark)
    }


class Found(dict[str, set[str]]):
    """By model: the columns made of ground truth; `learnt`: those made of known outcomes."""

    learnt: dict[str, set[str]]


@pytest.fixture(scope="module")
def answers(compiled: Compiled) -> Found:
    """Of each model before the evaluation: the columns made of ground truth."""
    models = compiled.models(*FOLDERS)
    known = {
        ("raw", name, column) for name, node in compiled.sources.items() for column in marked(node)
    }
    taught: set[tuple[str, str, str]] = set()
    found = Found()
    found.learnt = {}
    parents = {name: compiled.parents(name) & set(models) for name in models}
    for name in TopologicalSorter(parents).static_order():
        node = compiled.nodes[name]
        reads = dependencies(compiled.tree(name))
        assert reads.keys() - {ROWS} == compiled.columns(name).keys(), name
        found[name] = {column for column, read in reads.items() if read & known}
        found.learnt[name] = {column for column, read in reads.items() if read & taught}
        passed_on = taught if name == TAUGHT_BY else known
        passed_on |= {(node["schema"], node["alias"], column) for column in found[name]}
        taught |= {(node["schema"], node["alias"], column) for column in found.learnt[name]}
    return found


def test_the_contract_marks_the_answers(compiled: Compiled) -> None:
    truth = {
        *("label", "fraud_type", "synthetic_flow_id", "flow_depth", "hop_number"),
        *("flow_origin_at", "scheme_id", "role"),
    }
    assert marked(compiled.sources["transactions"]) == truth


def test_what_is_made_of_the_answer_is_marked_and_nothing_else(
    compiled: Compiled, answers: Found
) -> None:
    assert len(answers) > 25
    for name, columns in answers.items():
        assert columns - {ROWS} == marked(compiled.nodes[name]), name
        assert (ROWS in columns) == (name == TAUGHT_BY), (
            f"which rows {name} has depends on the answer"
        )


def test_what_is_learnt_is_marked_and_nothing_else(compiled: Compiled, answers: Found) -> None:
    for name, columns in answers.learnt.items():
        assert columns - {ROWS} == marked(compiled.nodes[name], "learnt_from"), name
        assert columns.isdisjoint(answers[name]), f"{name} holds the answer itself"
    having = {name for name, columns in answers.learnt.items() if columns}
    # Which rows a scorecard has, and which rows are cases, depends on outcomes.
    rows_too = {"scorecard", "case_members", "case_transactions", "cases", "case_queue"}
    rows_too |= {"new_cases"}
    assert {n for n, columns in answers.learnt.items() if ROWS in columns} == rows_too
    assert having - rows_too == {
        *("transaction_priority", "case_lines", "transactions", "case_decisions"),
    }
    assert answers.learnt["transactions"] == {"priority_score"}
    assert answers.learnt["case_decisions"] == {"is_known_case"}


def test_the_catalogue_says_what_is_learnt(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        found = con.execute(
            "select table_name, column_name from column_catalogue"
            " where learnt_from = 'known_outcomes' and is_ground_truth = 0"
        ).fetchall()
        assert ("transactions", "priority_score") in found
        assert ("scorecard", "points") in found
        others = "select count(*) from column_catalogue where learnt_from <> 'known_outcomes'"
        assert con.execute(others).fetchone() == (0,)


def test_no_feature_rule_or_alert_knows_the_answer(answers: Found) -> None:
    for name in ("account_velocity", "customer_velocity", "account_balances"):
        assert answers[name] == set()
    for name in ("account_ledger", "transfer_links", "transaction_network"):
        assert answers[name] == set()
    for name in ("rule_hits", "alerts", "account_risk", "customer_risk"):
        assert answers[name] == answers.learnt[name] == set()
    for name in ("cases", "case_queue", "case_transactions", "decided_transactions"):
        assert answers[name] == set()
    # Beside the features: what the rules and their totals add knows nothing more.
    assert answers["transaction_rules"] == answers["transaction_features"]
    scores = {"fraud_intensity_score", "fraud_intensity_band"}
    assert answers["transactions"] == answers["transaction_features"] | scores
    derived = {"time_since_origin_txn", "fraud_intensity_score", "fraud_intensity_band"}
    assert derived <= answers["transactions"]
    assert not {column for column in answers["transactions"] if column.startswith("rule_")}


@pytest.mark.parametrize(
    "query",
    [
        "select label as x from t",
        "select count(*) as x from t where label = 0",
        "select count(*) as x from (select amount from t where label = 0)",
        "select sum(amount) over (partition by label) as x from t",
        "select sum(amount) over w as x from t window w as (order by label)",
        "with a as (select label as y from t), b as (select y from a) select y as x from b",
        "select t.amount as x from t inner join t as u on t.id = u.id and u.label = 1",
        "select (select max(label) from t) as x",
        "select u.amount as x from t left join t as u on t.id = u.id and u.label = 1",
        "with a as (select * from t where label = 1) select a.id as x from t left join a on true",
        "with a as (select id from t where label = 1)"
        " select case when a.id is null then 0 else 1 end as x from t left join a on a.id = t.id",
        "select amount as x from t where id in (select id from t where label = 1)",
        "select amount as x from t union all select label from t",
        "select distinct on (label) amount as x from t",
        "select amount as x from t qualify row_number() over (order by label) = 1",
        "select amount as x from t group by amount, label",
    ],
)
def test_every_way_to_the_answer_is_seen(query: str) -> None:
    def reads(query: str) -> set[tuple[str, str, str]]:
        query = query.replace("from t", "from raw.t").replace("join t", "join raw.t")
        tree = sqlglot.parse_one(query, dialect="duckdb")
        schema = {"raw": {"t": {"id": "varchar", "amount": "decimal(18,2)", "label": "tinyint"}}}
        return dependencies(qualify(tree, schema=schema, dialect="duckdb"))["x"]

    assert ("raw", "t", "label") in reads(query)
    assert ("raw", "t", "label") not in reads(query.replace("label", "id"))
