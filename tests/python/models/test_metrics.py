"""dbt's metrics give the figures that the pages print."""

import re

import pytest

from conftest import Warehouse
from smartsentry.pages import html


def sql_of(semantic: dict, metric: str) -> str:
    """The metric as MetricFlow would compute it over the whole table."""
    [model] = semantic["semantic_models"]
    measures = {measure["name"]: measure for measure in model["measures"]}
    metrics = {one["name"]: one for one in semantic["metrics"]}
    one = metrics[metric]
    params = one["type_params"]
    if one["type"] == "ratio":
        over, under = params["numerator"]["name"], params["denominator"]["name"]
        return f"({sql_of(semantic, over)} / nullif({sql_of(semantic, under)}, 0))"
    measure = measures[params["measure"]["name"]]
    expression = measure["expr"] or measure["name"]
    aggregate = {"sum": "sum(", "count_distinct": "count(distinct "}[measure["agg"]]
    return f"{aggregate}{expression})"


# metric → the page's figure: an analysis and its column, or the columns of a division
SHOWN: dict[str, str] = {
    "transactions": "key.transactions",
    "amount": "key.amount",
    "customers": "key.customers",
    "alerts": "key.alerts",
    "alerted_transactions": "key.alerted_transactions",
    "alerted_share": "key.alerted_transactions / key.transactions",
    "labelled_transactions": "key.labelled",
    "fraudulent_transactions": "key.fraudulent",
    "fraudulent_alerted_transactions": "key.fraudulent_alerted",
    "fraud_rate": "key.fraudulent / key.labelled",
    "alert_recall": "key.fraudulent_alerted / key.fraudulent",
    # No page has these over all rules; tables of the warehouse do.
    "alert_precision": "(select sum(label) / count(label) from alerted)",
    "labelled_alerted_transactions": "(select count(label) from alerted)",
    "alerted_amount": "(select sum(amount) from alerted)",
    "alerted_customers": "(select count(distinct customer_id) from alerts)",
}

ALERTED = "from transactions semi join alerts using (transaction_id)"


@pytest.fixture(scope="module")
def semantic(small_warehouse: Warehouse) -> dict:
    return small_warehouse.artifact("semantic_manifest.json")


def test_every_metric_is_compared(semantic: dict) -> None:
    assert {metric["name"] for metric in semantic["metrics"]} == SHOWN.keys()
    assert all(metric["label"] and metric["description"] for metric in semantic["metrics"])
    [model] = semantic["semantic_models"]
    assert model["node_relation"]["relation_name"].endswith('"main"."transactions"')
    used = {
        metric["type_params"]["measure"]["name"]
        for metric in semantic["metrics"]
        if metric["type"] == "simple"
    }
    assert used == {measure["name"] for measure in model["measures"]}


@pytest.mark.parametrize("metric", SHOWN)
def test_a_metric_is_the_figure_that_is_shown(
    small_warehouse: Warehouse, semantic: dict, metric: str
) -> None:
    key = html.query_text("report_key_figures")
    shown = re.sub(r"\bkey\.(\w+)", r"(select \1 from key)", SHOWN[metric])
    with small_warehouse.connect() as con:
        [(found, expected)] = con.execute(
            f"with key as materialized ({key}), alerted as ({ALERTED})"
            f" select cast({sql_of(semantic, metric)} as double), cast({shown} as double)"
            " from transactions"
        ).fetchall()
    assert found == pytest.approx(expected, rel=1e-12) and found > 0


def test_dimensions_are_columns(small_warehouse: Warehouse, semantic: dict) -> None:
    [model] = semantic["semantic_models"]
    parts = [*model["dimensions"], *model["entities"]]
    columns = [part["expr"] or part["name"] for part in parts]
    with small_warehouse.connect() as con:
        con.execute(f"select {', '.join(columns)} from transactions limit 1")
        [(days, first, last)] = con.execute(
            "select count(*), min(date_day), max(date_day) from days"
        ).fetchall()
    assert days == (last - first).days + 1, "the table of days has no gap"
