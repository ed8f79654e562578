"""How hard the labels are to predict: by one column, by a small tree, by gradient boosting.

Columns with ground truth or learnt from it, ids and timestamps are left out. `make realism` shows
these figures, and tests check their bounds. `orders` compares the priority of the work list with
models that learn from the same past.
"""

import dataclasses

import duckdb
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

# A row's time and order, which a detector must not memorise.
_PLACES = {"transaction_no", "timestamp", "date"}
# Weights of a fraudulent row relative to an honest one; they move a tree's splits.
_TREE_WEIGHTS = (1, 3, 6)
_ACCOUNT = "sender_account_id"
_FLAGS = ("rule_", "network_rule_")
_TOTALS = {"rule_trigger_count", "rule_risk_score", "rule_risk_band"}
# How long the scorecard waits for an outcome by default, and how many days are measured.
_DELAY, _LAST_DAYS = pd.Timedelta(days=7), pd.Timedelta(days=49)

ALL_ROWS = "from transactions order by transaction_no"


@dataclasses.dataclass(frozen=True)
class Data:
    """The features, all numeric, and each row's label, fraud type and account."""

    features: pd.DataFrame
    label: np.ndarray
    fraud_type: np.ndarray
    account: np.ndarray


@dataclasses.dataclass(frozen=True)
class Boosting:
    """The scores of gradient boosting on accounts that it was not trained on."""

    roc_auc: float
    pr_auc: float
    roc_auc_by_typology: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Order:
    """How well a score puts fraud first, on rows that it was not made from."""

    name: str
    roc_auc: float
    average_precision: float
    in_first_percent: float


def _features(con: duckdb.DuckDBPyConnection, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that a model may learn from, as numbers."""
    marked = con.execute(
        "select column_name from column_catalogue where schema_name = 'main'"
        " and table_name = 'transactions' and (is_ground_truth = 1 or learnt_from is not null)"
    ).fetchall()
    answers = {name for (name,) in marked}
    names = _PLACES | {name for name in map(str, rows) if name.endswith("_id")}
    features = rows.drop(columns=list(answers | names))
    for name in features:
        if not pd.api.types.is_numeric_dtype(features[name]):
            as_number = pd.to_numeric(features[name], errors="coerce")
            texts = as_number.isna() & features[name].notna()
            codes = features[name].astype("category").cat.codes
            features[name] = codes if texts.any() else as_number
    return features.astype("float64")


def read(con: duckdb.DuckDBPyConnection, query: str = ALL_ROWS) -> Data:
    """Read features and labels from a query on `transactions`."""
    rows = con.sql(query).df()
    features = _features(con, rows)
    # The question is how well one account or customer gives itself away. That the network tells
    # more is its purpose; the network rules are measured for themselves.
    network = [name for name in map(str, features) if name.startswith(("net_", "network_"))]
    return Data(
        features.drop(columns=network),
        rows["label"].to_numpy(),
        rows["fraud_type"].to_numpy(),
        rows[_ACCOUNT].str[1:].astype(int).to_numpy(),
    )


def best_f1(label: np.ndarray, score: np.ndarray) -> float:
    """Return the best F1 of any threshold on a score."""
    precision, recall, _ = precision_recall_curve(label, score)
    return float((2 * precision * recall / np.maximum(precision + recall, 1e-12)).max())


def best_f1_of_a_column(values: pd.Series, label: np.ndarray) -> float:
    """Return the best F1 of `column <= x`, `column > x` and `column = x` over all x."""
    grouped = pd.DataFrame({"x": values.fillna(-1e18), "y": label}).groupby("x")["y"]
    crimes, rows = grouped.sum().to_numpy(), grouped.size().to_numpy()
    total, below, rows_below = crimes.sum(), crimes.cumsum(), rows.cumsum()
    above, rows_above = total - below, rows.sum() - rows_below
    found = [
        2 * crimes / (rows + total),
        2 * below / (rows_below + total),
        2 * above / (rows_above + total),
    ]
    return float(np.concatenate(found).max())


def f1_by_column(data: Data) -> dict[str, float]:
    """Return the best F1 of each column, the best column first."""
    found = {
        str(name): best_f1_of_a_column(values, data.label) for name, values in data.features.items()
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def f1_of_a_tree(data: Data, depth: int = 3) -> float:
    """Return the best F1 of any tree of a depth, on its own training rows."""
    found = []
    with threadpool_limits(1):
        for weight in _TREE_WEIGHTS:
            tree = DecisionTreeClassifier(
                max_depth=depth, class_weight={0: 1, 1: weight}, random_state=0
            ).fit(data.features, data.label)
            found.append(best_f1(data.label, tree.predict_proba(data.features)[:, 1]))
    return max(found)


def boosting(data: Data) -> Boosting:
    """Train on two thirds of the accounts and measure on the others.

    The split is by account, so a scheme of one account is not on both sides.
    """
    test = np.unique(data.account, return_inverse=True)[1] % 3 == 0
    # At twice the learning rate the model is less stable and finds less.
    model = HistGradientBoostingClassifier(
        max_iter=100, max_leaf_nodes=15, learning_rate=0.1, random_state=0
    )
    with threadpool_limits(1):
        model.fit(data.features[~test], data.label[~test])
        score = model.predict_proba(data.features[test])[:, 1]
    label, kinds = data.label[test], data.fraud_type[test]
    by_typology = {}
    for kind in sorted(set(kinds) - {"normal"}):
        chosen = (kinds == kind) | (kinds == "normal")
        by_typology[kind] = float(roc_auc_score(label[chosen], score[chosen]))
    return Boosting(
        float(roc_auc_score(label, score)),
        float(average_precision_score(label, score)),
        dict(sorted(by_typology.items(), key=lambda item: item[1])),
    )


def orders(con: duckdb.DuckDBPyConnection, query: str) -> list[Order]:
    """Compare the priority with the risk score and with models, on rows of the last seven weeks.

    The models learn what the scorecard of each month knew: the outcomes of rows from more than
    seven days before it began. Rows of a month that has no scorecard are left out; if there are no
    others, the list is empty.
    """
    rows = con.sql(query).df()
    labelled = rows["label"].notna()
    rows = rows[labelled].reset_index(drop=True)
    features = _features(con, rows)
    flags = [name for name in map(str, features) if name.startswith(_FLAGS) and name not in _TOTALS]
    label = rows["label"].to_numpy(dtype="int64")
    moment = rows["timestamp"]
    measured = moment.dt.normalize() > moment.dt.normalize().max() - _LAST_DAYS
    scores: dict[str, np.ndarray] = {
        "rule_risk_score": rows["rule_risk_score"].to_numpy(dtype="float64"),
        "priority_score": rows["priority_score"].to_numpy(dtype="float64"),
    }
    seen = np.zeros(len(rows), dtype=bool)
    for (first,) in con.execute("select distinct month from scorecard order by month").fetchall():
        begins = pd.Timestamp(first)
        month = (measured & (moment >= begins) & (moment < begins + pd.DateOffset(months=1))).array
        known = (moment + _DELAY < begins).array
        if not month.any() or len(np.unique(label[known])) < 2:
            continue
        seen |= month
        for what, columns in (("flags", flags), ("all", list(features))):
            for name, model in _learners():
                with threadpool_limits(1):
                    model.fit(features.loc[known, columns], label[known])
                    found = model.predict_proba(features.loc[month, columns])[:, 1]
                place = scores.setdefault(f"{name}_on_{what}", np.zeros(len(rows)))
                place[month] = found
    if len(np.unique(label[seen])) < 2:
        return []
    return [_order(name, label[seen], score[seen]) for name, score in scores.items()]


def _learners() -> list[tuple[str, LogisticRegression | HistGradientBoostingClassifier]]:
    regression = make_pipeline(
        SimpleImputer(keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=300),
    )
    boosting = HistGradientBoostingClassifier(
        max_iter=100, max_leaf_nodes=15, learning_rate=0.1, random_state=0
    )
    return [("regression", regression), ("boosting", boosting)]


def _order(name: str, label: np.ndarray, score: np.ndarray) -> Order:
    first = np.argsort(-score, kind="stable")[: -(-len(score) // 100)]
    return Order(
        name,
        float(roc_auc_score(label, score)),
        float(average_precision_score(label, score)),
        float(label[first].mean()),
    )
