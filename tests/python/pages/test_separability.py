"""Hard for a rule, learnable for a model: how well the features tell crime, at a fixed scale."""

import re

import numpy as np
import pytest

from conftest import ROOT, Warehouse, build
from smartsentry.pages import separability
from smartsentry.pages.html import query_text
from smartsentry.pages.separability import Boosting, Data

SCALE = "0.1"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    arguments = ("--select", "+transactions", "column_catalogue", "--exclude-resource-type")
    folder = tmp_path_factory.mktemp("learn")
    return build(folder, SCALE, "build", *arguments, "unit_test", "test")


@pytest.fixture(scope="session")
def data(built: Warehouse) -> Data:
    with built.connect() as con:
        return separability.read(con)


@pytest.fixture(scope="session")
def model(data: Data) -> Boosting:
    return separability.boosting(data)


def test_what_carries_ground_truth_is_no_feature(built: Warehouse, data: Data) -> None:
    models = built.artifact("manifest.json")["nodes"].values()
    [wide] = [m for m in models if m["resource_type"] == "model" and m["name"] == "transactions"]
    answers = {
        name
        for name, column in wide["columns"].items()
        if column["config"]["meta"].keys() & {"ground_truth", "learnt_from"}
    }
    assert {"label", "role", "scheme_id", "fraud_intensity_score", "priority_score"} <= answers
    ids = {name for name in wide["columns"] if name.endswith("_id")}
    network = {name for name in wide["columns"] if name.startswith(("net_", "network_"))}
    assert len(network) == 15 + 13
    assert set(data.features) == set(wide["columns"]) - answers - ids - network - {
        "transaction_no",
        "timestamp",
        "date",
    }


def test_a_part_of_the_accounts_is_read_whole(built: Warehouse, data: Data) -> None:
    with built.connect() as con:
        query = query_text("realism_hardness")
        assert "/ 2500" in query
        part = separability.read(con, query.replace("2500", "500"))
    numbers = np.unique(part.account)
    assert 450 <= len(numbers) <= 550
    assert len(part.label) == np.isin(data.account, numbers).sum()


def test_a_column_is_measured_both_ways_and_by_value() -> None:
    label = np.array([0, 0, 1, 1, 0, 0])
    for values, expected in (([1, 2, 3, 3, 1, 2], 1.0), ([3, 2, 1, 1, 3, 2], 1.0)):
        column = separability.pd.Series(values, dtype=float)
        assert separability.best_f1_of_a_column(column, label) == expected
    middle = separability.pd.Series([1.0, 3.0, 2.0, 2.0, 1.0, 3.0])
    assert separability.best_f1_of_a_column(middle, label) == 1.0
    nothing = separability.pd.Series(np.ones(6))
    assert separability.best_f1_of_a_column(nothing, label) == pytest.approx(0.5)


def test_no_column_separates_crime(data: Data) -> None:
    name, found = next(iter(separability.f1_by_column(data).items()))
    assert found < 0.5, name


def test_no_small_tree_separates_crime(data: Data) -> None:
    assert separability.f1_of_a_tree(data) < 0.7


def test_a_model_learns_crime_but_not_by_heart(model: Boosting) -> None:
    assert 0.85 < model.roc_auc < 0.99
    # Each typology against all honest rows: none is a caricature, none is beyond learning.
    found = list(model.roc_auc_by_typology.values())
    assert len(found) == 21
    assert np.median(found) < 0.985
    assert min(found) > 0.55


def test_other_silent_accounts_come_back_with_large_sums_too(model: Boosting) -> None:
    silent = {
        name: auc
        for name, auc in model.roc_auc_by_typology.items()
        if name.startswith(("dormant_", "inactive_"))
    }
    assert len(silent) == 6
    assert max(silent.values()) < 0.995, silent


def as_markdown(data: Data, model: Boosting) -> str:
    """Return the table of docs/generator.md; further digits would be noise."""
    column, f1 = next(iter(separability.f1_by_column(data).items()))
    by_typology = list(model.roc_auc_by_typology.items())
    (least, low), (most, high) = by_typology[0], by_typology[-1]
    median = by_typology[len(by_typology) // 2][1]
    rows = [
        ("best F1 of one column and one threshold or value", "below 0.5", f"{f1:.2f} (`{column}`)"),
        ("best F1 of a tree of depth 3", "below 0.7", f"{separability.f1_of_a_tree(data):.2f}"),
        (
            "ROC-AUC of gradient boosting, on accounts it has not seen",
            "0.85 to 0.99",
            f"{model.roc_auc:.2f}",
        ),
        ("PR-AUC of the same", "–", f"{model.pr_auc:.2f}"),
        (
            "its ROC-AUC by typology: the least, the median, the most",
            "median below 0.985",
            f"{low:.2f} (`{least}`), {median:.2f}, {high:.2f} (`{most}`)",
        ),
    ]
    lines = ["| measure | bound | found |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)]) + "\n"


def test_the_docs_say_what_is_found(data: Data, model: Boosting) -> None:
    text = (ROOT / "docs/generator.md").read_text()
    [table] = re.findall(r"<!-- separability -->\n(.*?)<!-- end -->", text, re.S)
    found = as_markdown(data, model)
    assert table == found, f"paste the new figures:\n{found}"
