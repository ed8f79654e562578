"""What no detector may use tells nothing: ids, order of rows, nulls, last digits of time and money.

Measured on the raw tables alone, with any one column and one threshold or one value. Features,
rules and scores are measured where they are built.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from raw_layer import contract
from seed_helpers import frame, transactions

SCALE = "0.2"
BASE_F1 = 2 * 0.04 / (1 + 0.04)  # of calling every row a crime


def best_f1(values: pd.Series, label: np.ndarray) -> float:
    """Return the best F1 of `column <= x`, `column > x` and `column = x` over all x."""
    grouped = pd.DataFrame({"x": values, "y": label}).groupby("x")["y"].agg(["sum", "size"])
    crimes, rows, total = grouped["sum"].to_numpy(), grouped["size"].to_numpy(), label.sum()
    below, rows_below = crimes.cumsum(), rows.cumsum()
    above, rows_above = total - below, len(label) - rows_below
    found = [
        2 * crimes / (rows + total),
        2 * below / (rows_below + total),
        2 * above / (rows_above + total),
    ]
    return float(np.concatenate(found).max())


@pytest.fixture(scope="module")
def rows():
    return transactions(scale=SCALE)


def numbers(ids: pd.Series) -> pd.Series:
    return ids.str[1:].astype("float64").fillna(-1)


@pytest.mark.parametrize(
    "column",
    [
        "transaction_id",
        "customer_id",
        "sender_account_id",
        "receiver_account_id",
        "beneficiary_id",
        "device_id",
    ],
)
def test_no_id_gives_a_label_away(rows, column):
    assert best_f1(numbers(rows[column]), rows["label"].to_numpy()) < BASE_F1 + 0.03


def test_neighbouring_transaction_ids_are_unrelated(rows):
    by_id = rows.assign(number=numbers(rows["transaction_id"])).sort_values("number")
    label = by_id["label"].to_numpy()
    expected = label.mean() ** 2
    both = (label[1:] * label[:-1]).mean()
    assert both == pytest.approx(expected, abs=5 * np.sqrt(expected / len(label)))
    same_account = (
        by_id["sender_account_id"].to_numpy()[1:] == by_id["sender_account_id"].to_numpy()[:-1]
    )
    share = rows["sender_account_id"].value_counts(normalize=True)
    assert same_account.mean() == pytest.approx((share**2).sum(), rel=0.1)


def test_the_order_of_the_rows_in_the_file_gives_no_label_away():
    found = frame("select rowid as place, label from raw.transactions", scale="0.3")
    assert best_f1(found["place"], found["label"].to_numpy()) < 0.15


def test_which_column_is_null_gives_no_label_away(rows):
    label = rows["label"].to_numpy()
    nullable = [c for c in contract.TRANSACTIONS.columns if c.nullable and not c.ground_truth]
    assert {column.name for column in nullable} == {"receiver_account_id", "beneficiary_id"}
    for column in nullable:
        assert best_f1(rows[column.name].isna(), label) < 0.15
    # A null among the answers says nothing but what they say: honest rows have none of them.
    truth = [c.name for c in contract.TRANSACTIONS.columns if c.nullable and c.ground_truth]
    assert (
        rows.loc[label == 0, [t for t in truth if t not in ("label", "fraud_type")]]
        .isna()
        .all(axis=None)
    )


def test_the_last_digits_of_time_and_amount_give_no_label_away(rows):
    label = rows["label"].to_numpy()
    cents = np.rint(rows["rupees"] * 100).astype(int)
    for digits in (
        rows["second"] % 60,
        rows["second"] // 60 % 60,
        cents % 10,
        cents % 100,
        cents % 1_000,
        (cents % 10_000 == 0).astype(int),
        (cents % 100_000 == 0).astype(int),
    ):
        assert best_f1(pd.Series(digits), label) < 0.12


@pytest.mark.parametrize(
    "column",
    [
        "rupees",
        "signed",
        "hour",
        "day",
        "channel",
        "debit_credit",
        "transaction_type",
        "cash_flag",
        "high_risk",
        "beneficiary_type",
        "beneficiary_country_risk",
        "kyc_level",
        "account_type",
        "occupation",
        "account_open_days",
        "avg_balance",
        "is_dormant",
        "is_inactive",
        "foreign_device",
        "ratio",
    ],
)
def test_no_raw_column_separates_crime_by_one_value_or_threshold(rows, column):
    made = rows.assign(
        signed=rows["rupees"].where(rows["debit_credit"] == "credit", -rows["rupees"]),
        foreign_device=rows["device_id"] != rows["home_device_id"],
        ratio=rows["rupees"] / rows["avg_balance"].clip(lower=1),
    )
    values = made[column]
    if values.isna().any():
        values = values.astype("object").fillna("none").astype(str)
    assert best_f1(values, rows["label"].to_numpy()) < 0.5
