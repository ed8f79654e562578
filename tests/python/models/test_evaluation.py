"""The evaluation tables against the same measures computed in pandas, and their corners."""

import math
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import network_oracle
from compiled import Compiled
from conftest import Warehouse
from test_rules import RULES

RULE_NAMES = [name for name, *_ in RULES]
RULE_COLUMNS = [f"rule_{name}" for name in RULE_NAMES]
NETWORK = list(network_oracle.SEVERITIES)
NETWORK_COLUMNS = [f"network_rule_{name}" for name in NETWORK]
FLAGS = dict(zip(RULE_NAMES + NETWORK, RULE_COLUMNS + NETWORK_COLUMNS, strict=True))
SETS = {"notebook": RULE_NAMES, "network": NETWORK}
SET_OF = {name: rule_set for rule_set, names in SETS.items() for name in names}


@pytest.fixture(scope="module")
def wide(small_warehouse: Warehouse) -> pd.DataFrame:
    """Every transaction, numbers as numbers."""
    with small_warehouse.connect() as con:
        frame = con.sql("from transactions").df()
    for column in frame.columns:
        if isinstance(frame[column].iloc[0], Decimal):
            frame[column] = frame[column].astype(float)
    return frame


@pytest.fixture(scope="module")
def tables(small_warehouse: Warehouse):
    """Read an evaluation table as a list of dictionaries, decimals as floats."""

    def read(name: str, con: duckdb.DuckDBPyConnection | None = None) -> list[dict]:
        with con or small_warehouse.connect() as con:
            result = con.execute(f"from {name}")
            columns = [column[0] for column in result.description]
            rows = result.fetchall()
        return [
            {
                column: float(cell) if isinstance(cell, Decimal) else cell
                for column, cell in zip(columns, row, strict=True)
            }
            for row in rows
        ]

    return read


def share(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator else None


def same(found: float | None, expected: float | None) -> bool:
    """Equal up to the rounding to four decimals; null only where it is expected."""
    if found is None or expected is None:
        return found is expected
    return abs(found - expected) <= 0.5001e-4


def wilson(hits: int, trials: int) -> tuple[float, float] | tuple[None, None]:
    if trials == 0:
        return None, None
    z = 1.959963984540054
    p = hits / trials
    centre = (p + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * math.sqrt(p * (1 - p) / trials + z**2 / (4 * trials * trials))
    return centre - half, centre + half


def test_rule_performance(wide: pd.DataFrame, tables) -> None:
    rows = tables("rule_performance")
    assert sorted(row["rule_name"] for row in rows) == sorted(FLAGS)
    fraud = int(wide.label.sum())
    base_rate = fraud / len(wide)
    for row in rows:
        assert row["rule_set"] == SET_OF[row["rule_name"]]
        fired = wide[FLAGS[row["rule_name"]]] == 1
        alerts, hits = int(fired.sum()), int((fired & (wide.label == 1)).sum())
        misses = alerts - hits
        precision, recall = share(hits, alerts), share(hits, fraud)
        low, high = wilson(hits, alerts)
        assert (row["alerts"], row["true_positives"], row["false_positives"]) == (
            alerts,
            hits,
            misses,
        )
        assert same(row["precision"], precision)
        assert same(row["precision_low"], low) and same(row["precision_high"], high)
        assert same(row["recall"], recall)
        harmonic = 2 * precision * recall / (precision + recall) if hits else 0.0
        assert same(row["f1"], harmonic)
        assert same(row["lift"], precision / base_rate if alerts else None)
        assert same(row["false_positive_rate"], misses / (len(wide) - fraud))
        assert same(row["alerts_per_1000"], 1000 * alerts / len(wide))
        assert row["is_dead"] == (alerts == 0)


def lift_is(found: float | None, recall: float, honest_rate: float) -> bool:
    """Whether a lift is the recall over the rate; null where the rate is 0."""
    return same(found, recall / honest_rate if honest_rate else None)


def test_recall_by_typology_and_coverage(wide: pd.DataFrame, tables) -> None:
    fraud, honest = wide[wide.label == 1], wide[wide.label == 0]
    recall = {(row["rule_name"], row["fraud_type"]): row for row in tables("rule_typology_recall")}
    coverage = {(row["fraud_type"], row["rule_set"]): row for row in tables("typology_coverage")}
    assert len(recall) == len(FLAGS) * fraud.fraud_type.nunique()
    assert set(coverage) == {(name, of) for name in set(fraud.fraud_type) for of in SETS}
    uncovered = 0
    with_schemes = 0
    for fraud_type, rows in fraud.groupby("fraud_type"):
        schemes = rows.scheme_id.nunique()
        with_schemes += schemes > 0
        lows: dict[str, list[float]] = {rule_set: [] for rule_set in SETS}
        for name, flag in FLAGS.items():
            found = rows[rows[flag] == 1]
            row = recall[name, fraud_type]
            alarms = int(honest[flag].sum())
            assert row["rule_set"] == SET_OF[name]
            assert same(row["honest_alert_rate"], alarms / len(honest))
            assert lift_is(row["lift"], len(found) / len(rows), alarms / len(honest))
            low = wilson(len(found), len(rows))[0] / wilson(alarms, len(honest))[1]
            assert row["lift_low"] == pytest.approx(low, abs=1e-4)
            lows[row["rule_set"]].append(row["lift_low"])
            assert row["transactions"] == len(rows)
            assert row["transactions_found"] == len(found)
            assert same(row["transaction_recall"], len(found) / len(rows))
            assert row["schemes"] == schemes
            assert row["schemes_found"] == found.scheme_id.nunique()
            assert same(row["scheme_recall"], share(row["schemes_found"], schemes))
        for rule_set, names in SETS.items():
            columns = [FLAGS[name] for name in names]
            by_rule = {name: int(rows[FLAGS[name]].sum()) for name in names}
            found = rows[rows[columns].any(axis=1)]
            alarms = int(honest[columns].any(axis=1).sum())
            row = coverage[fraud_type, rule_set]
            if len(found):
                assert by_rule[row["best_rule"]] == max(by_rule.values())
                assert same(row["best_rule_recall"], max(by_rule.values()) / len(rows))
            else:
                assert row["best_rule"] is None and row["best_rule_recall"] is None
            assert row["transactions_found"] == len(found)
            assert row["transactions_uncovered"] == len(rows) - len(found)
            assert same(row["transaction_recall"], len(found) / len(rows))
            assert same(row["honest_alert_rate"], alarms / len(honest))
            assert lift_is(row["lift"], len(found) / len(rows), alarms / len(honest))
            assert row["best_lift_low"] == max(lows[rule_set])
            assert row["schemes_found"] == found.scheme_id.nunique()
            assert row["is_uncovered"] == (max(lows[rule_set]) < 2)
            uncovered += row["is_uncovered"]
    assert with_schemes >= 2
    assert 0 < uncovered < len(coverage)


def test_overlap(wide: pd.DataFrame, tables) -> None:
    flags = wide[list(FLAGS.values())].to_numpy(dtype=np.int64)
    together = flags.T @ flags
    position = {name: number for number, name in enumerate(FLAGS)}
    rows = tables("rule_overlap")
    assert len(rows) == len(FLAGS) * (len(FLAGS) - 1) / 2
    for row in rows:
        a, b = position[row["rule_a"]], position[row["rule_b"]]
        both, alerts_a, alerts_b = together[a, b], together[a, a], together[b, b]
        assert row["rule_a"] < row["rule_b"]
        assert row["rule_set_a"] == SET_OF[row["rule_a"]]
        assert row["rule_set_b"] == SET_OF[row["rule_b"]]
        assert row["transactions_both"] == both
        assert same(row["jaccard"], share(both, alerts_a + alerts_b - both))
        assert same(row["share_of_a"], share(both, alerts_a))
        assert same(row["share_of_b"], share(both, alerts_b))


def test_marginal_value_is_what_the_union_loses(wide: pd.DataFrame, tables) -> None:
    fraud = (wide.label == 1).to_numpy()
    flows = wide.scheme_id.where(fraud)
    all_schemes = flows.nunique()
    for row in tables("rule_marginal_value"):
        names = SETS[row["rule_set"]]
        flags = wide[[FLAGS[name] for name in names]].to_numpy(dtype=bool)
        found_by_all = flags.any(axis=1)
        without = np.delete(flags, names.index(row["rule_name"]), axis=1).any(axis=1)
        lost = found_by_all & ~without
        schemes_lost = flows[found_by_all].nunique() - flows[without].nunique()
        assert row["alerts_alone"] == lost.sum()
        assert row["fraud_alone"] == (lost & fraud).sum()
        assert same(row["recall_lost"], (lost & fraud).sum() / fraud.sum())
        assert row["schemes_alone"] == schemes_lost
        assert same(row["scheme_recall_lost"], schemes_lost / all_schemes)


def test_calibration_and_budgets_rank_by_the_risk_score(wide: pd.DataFrame, tables) -> None:
    edges = [-1, 20, 40, 60, 80, 100]
    bands = pd.cut(wide.rule_risk_score, edges, labels=False) + 1
    rates = []
    for row in sorted(tables("score_calibration"), key=lambda row: row["band_no"]):
        rows = wide[bands == row["band_no"]]
        rate = share(int(rows.label.sum()), len(rows))
        assert (row["transactions"], row["fraudulent"]) == (len(rows), rows.label.sum())
        assert same(row["fraud_rate"], rate)
        known = [lower for lower in rates if lower is not None]
        assert row["is_out_of_order"] == bool(rate is not None and known and rate < known[-1])
        rates.append(rate)

    ranked = wide.sort_values(["rule_risk_score", "transaction_no"], ascending=[False, True])
    budgets = {"top 100": 100, "top 1,000": 1000, "top 10,000": 10000}
    budgets["top 1%"] = math.ceil(len(wide) / 100)
    rows = tables("alert_budget")
    assert {row["budget"] for row in rows} == set(budgets)
    for row in rows:
        reviewed = ranked.head(budgets[row["budget"]])
        assert row["transactions"] == len(reviewed)
        assert row["true_positives"] == reviewed.label.sum()
        assert row["lowest_score"] == reviewed.rule_risk_score.min()
        assert same(row["precision"], reviewed.label.mean())
        assert same(row["recall"], reviewed.label.sum() / wide.label.sum())


# Every numeric threshold of notebook 2c, cell C-4, and of the network rules, left open: (rule,
# input) → which transactions fire at the value x, and whether a lower or a higher value fires more.
CONDITIONS = {
    ("large_cash_deposit", "amount"): (lambda t, x: (t.cash_flag == 1) & (t.amount > x), "lower"),
    ("cash_just_below_threshold", "amount_min"): (
        lambda t, x: (t.cash_flag == 1) & (t.amount >= x) & (t.amount <= 9999),
        "lower",
    ),
    ("high_value_transfer", "amount"): (lambda t, x: t.amount > x, "lower"),
    ("micro_transaction", "amount"): (lambda t, x: t.amount < x, "higher"),
    ("round_amount_large", "amount"): (
        lambda t, x: (t.is_round_amount == 1) & (t.amount >= x),
        "lower",
    ),
    ("weekend_high_value", "amount"): (lambda t, x: (t.is_weekend == 1) & (t.amount > x), "lower"),
    ("dormant_account_activation", "amount"): (
        lambda t, x: (t.dormancy_flag == 1) & (t.amount > x),
        "lower",
    ),
    ("high_acct_velocity_1hr", "txn_count"): (lambda t, x: t.txn_count_last_1hr > x, "lower"),
    ("high_acct_velocity_24hr", "txn_count"): (lambda t, x: t.txn_count_last_24hr > x, "lower"),
    ("high_acct_velocity_7d", "txn_count"): (lambda t, x: t.txn_count_last_7d > x, "lower"),
    ("high_acct_volume_24hr", "total_amount"): (lambda t, x: t.total_amount_last_24hr > x, "lower"),
    ("high_acct_volume_7d", "total_amount"): (lambda t, x: t.total_amount_last_7d > x, "lower"),
    ("amount_spike_30d", "zscore"): (lambda t, x: t.amount_zscore_30d > x, "lower"),
    ("rapid_burst", "txn_count"): (lambda t, x: t.txn_count_last_1hr > x, "lower"),
    ("high_cust_velocity_1hr", "txn_count"): (lambda t, x: t.cust_txn_count_last_1hr > x, "lower"),
    ("high_cust_velocity_24hr", "txn_count"): (
        lambda t, x: t.cust_txn_count_last_24hr > x,
        "lower",
    ),
    ("high_cust_volume_24hr", "total_amount"): (
        lambda t, x: t.cust_total_amount_last_24hr > x,
        "lower",
    ),
    ("high_cust_volume_30d", "total_amount"): (
        lambda t, x: t.cust_total_amount_last_30d > x,
        "lower",
    ),
    ("low_kyc_high_amount", "amount"): (
        lambda t, x: (t.kyc_level == "low") & (t.amount > x),
        "lower",
    ),
    ("new_account_large_txn", "account_open_days"): (
        lambda t, x: (t.account_open_days < x) & (t.amount > 10000),
        "higher",
    ),
    ("new_account_large_txn", "amount"): (
        lambda t, x: (t.account_open_days < 60) & (t.amount > x),
        "lower",
    ),
    ("high_amount_to_balance", "ratio"): (lambda t, x: t.amount_to_balance_ratio > x, "lower"),
    ("pep_high_value", "amount"): (lambda t, x: (t.pep_flag == 1) & (t.amount > x), "lower"),
    ("corporate_large_cash", "amount"): (
        lambda t, x: (
            t.account_type.isin(["corporate", "business"]) & (t.cash_flag == 1) & (t.amount > x)
        ),
        "lower",
    ),
    ("new_device_large_txn", "device_age_days"): (
        lambda t, x: (t.device_age_days < x) & (t.amount > 10000),
        "higher",
    ),
    ("new_device_large_txn", "amount"): (
        lambda t, x: (t.device_age_days < 90) & (t.amount > x),
        "lower",
    ),
    ("atm_high_withdrawal", "amount"): (
        lambda t, x: (t.channel == "atm") & (t.amount > x),
        "lower",
    ),
    ("structuring_pattern", "amount_min"): (
        lambda t, x: (t.cash_flag == 1) & (t.amount >= x) & (t.amount <= 9999),
        "lower",
    ),
    ("multiple_small_cash", "txn_count"): (
        lambda t, x: (t.cash_flag == 1) & (t.txn_count_last_7d > x) & (t.amount < 10000),
        "lower",
    ),
    ("multiple_small_cash", "amount"): (
        lambda t, x: (t.cash_flag == 1) & (t.txn_count_last_7d > 5) & (t.amount < x),
        "higher",
    ),
    ("student_high_value", "amount"): (
        lambda t, x: (t.occupation == "student") & (t.amount > x),
        "lower",
    ),
    ("unemployed_large_transfer", "amount"): (
        lambda t, x: (t.occupation == "unemployed") & (t.amount > x),
        "lower",
    ),
    ("low_income_large_txn", "amount"): (
        lambda t, x: (t.income_bracket == "low") & (t.amount > x),
        "lower",
    ),
    ("new_account_offshore", "account_open_days"): (
        lambda t, x: (t.account_open_days < x) & (t.beneficiary_type == "offshore"),
        "higher",
    ),
    ("new_acct_high_cust_velocity", "account_open_days"): (
        lambda t, x: (t.account_open_days < x) & (t.cust_txn_count_last_24hr > 10),
        "higher",
    ),
    ("new_acct_high_cust_velocity", "txn_count"): (
        lambda t, x: (t.account_open_days < 90) & (t.cust_txn_count_last_24hr > x),
        "lower",
    ),
    ("payee_collects", "counterparties"): (
        lambda t, x: t.net_peer_in_counterparties_7d >= x,
        "lower",
    ),
    ("payee_distributes", "counterparties"): (
        lambda t, x: t.net_peer_out_counterparties_7d >= x,
        "lower",
    ),
    ("many_new_payees", "counterparties"): (lambda t, x: many_new_payees(t, x, 2000), "lower"),
    ("many_new_payees", "amount"): (lambda t, x: many_new_payees(t, 6, x), "lower"),
    ("burst_of_new_counterparties", "counterparties"): (lambda t, x: burst(t, x, 10000), "lower"),
    ("burst_of_new_counterparties", "amount"): (lambda t, x: burst(t, 6, x), "lower"),
    ("collects_and_pays", "counterparties"): (lambda t, x: collects(t, x, 5000), "lower"),
    ("collects_and_pays", "amount"): (lambda t, x: collects(t, 6, x), "lower"),
    ("passed_on_quickly", "seconds"): (lambda t, x: t.net_inflow_gap_seconds <= x, "higher"),
    ("pass_through_to_new_payee", "amount"): (
        lambda t, x: new_account(t) & (t.net_pass_through_ratio_48h >= 0.8) & (t.amount >= x),
        "lower",
    ),
    ("cash_in_transfer_out", "amount"): (
        lambda t, x: (
            (t.cash_flag == 0)
            & (t.debit_credit == "debit")
            & (t.net_counterparty_is_new == 1)
            & (t.net_in_counterparties_7d <= 1)
            & (t.net_pass_through_ratio_48h >= 0.5)
            & (t.amount >= x)
        ),
        "lower",
    ),
    ("chain_of_transfers", "hops"): (lambda t, x: chain(t, x, 86400, 5000), "lower"),
    ("chain_of_transfers", "seconds"): (lambda t, x: chain(t, 3, x, 5000), "higher"),
    ("chain_of_transfers", "amount"): (lambda t, x: chain(t, 3, 86400, x), "lower"),
    ("money_returns", "hops"): (lambda t, x: t.net_return_hops >= x, "lower"),
    ("device_of_many_customers", "customers"): (
        lambda t, x: (t.net_device_customers_30d >= x) & (t.net_beneficiary_payers_30d >= 4),
        "lower",
    ),
    ("shared_risky_beneficiary", "accounts"): (
        lambda t, x: (
            (t.high_risk_beneficiary == 1)
            & (t.net_counterparty_is_new == 1)
            & (t.net_beneficiary_payers_30d >= x)
        ),
        "lower",
    ),
}


def new_account(t: pd.DataFrame) -> pd.Series:
    return t.net_chain_hops.notna() & (t.net_counterparty_is_new == 1)


def many_new_payees(t: pd.DataFrame, counterparties: float, amount: float) -> pd.Series:
    debit = new_account(t) & (t.debit_credit == "debit")
    return debit & (t.net_out_counterparties_7d >= counterparties) & (t.amount >= amount)


def burst(t: pd.DataFrame, counterparties: float, amount: float) -> pd.Series:
    met = t.net_new_counterparties_7d >= counterparties
    return new_account(t) & met & (t.amount >= amount)


def collects(t: pd.DataFrame, counterparties: float, amount: float) -> pd.Series:
    debit = t.net_chain_hops.notna() & (t.debit_credit == "debit") & (t.amount >= amount)
    paid = t.net_in_counterparties_7d >= counterparties
    return debit & paid & (t.net_pass_through_ratio_48h >= 0.5)


def chain(t: pd.DataFrame, hops: float, seconds: float, amount: float) -> pd.Series:
    soon = t.net_inflow_gap_seconds <= seconds
    return (t.net_chain_hops >= hops) & soon & (t.amount >= amount)


THRESHOLDS = {
    (name, input_name): float(value)
    for name, _, *thresholds in RULES
    for input_name, value in (threshold.split("=") for threshold in thresholds)
    if not input_name.endswith("_max")
}
FIXED = ("counterparties_max", "payers", "share")
THRESHOLDS |= {
    (name, input_name): float(value)
    for (name, input_name), value in (
        (named.split("__"), value) for named, value in network_oracle.THRESHOLDS.items()
    )
    if input_name not in FIXED
}
KINDS = dict.fromkeys(("txn_count", "counterparties", "accounts", "customers", "hops"), "count")
KINDS |= dict.fromkeys(("account_open_days", "device_age_days", "seconds"), "age")


def test_sweep_covers_every_threshold_from_half_to_double(tables) -> None:
    steps: dict[tuple[str, str], list[dict]] = {}
    for row in tables("threshold_sweep"):
        steps.setdefault((row["rule_name"], row["input_name"]), []).append(row)
    assert set(steps) == set(THRESHOLDS) == set(CONDITIONS)
    for key, rows in steps.items():
        in_force = THRESHOLDS[key]
        values = [row["threshold_value"] for row in rows]
        assert len(values) == len(set(values)) >= min(5, in_force + 2)
        assert min(values) <= 0.7 * in_force and max(values) == 2 * in_force
        assert min(values) >= math.floor(in_force / 2)
        assert [row["threshold_value"] for row in rows if row["is_in_force"]] == [in_force]
        if key[1] in KINDS:
            assert all(value == int(value) for value in values)
        else:
            assert min(values) == in_force / 2


def test_sweep_finds_what_the_moved_rule_would(wide: pd.DataFrame, tables) -> None:
    fraud = wide.label == 1
    for row in tables("threshold_sweep"):
        fires, _ = CONDITIONS[row["rule_name"], row["input_name"]]
        fired = fires(wide, row["threshold_value"])
        hits = int((fired & fraud).sum())
        assert row["alerts"] == fired.sum(), row
        assert row["true_positives"] == hits, row
        assert same(row["precision"], share(hits, int(fired.sum())))
        assert same(row["recall"], hits / fraud.sum())


def test_only_one_threshold_of_a_rule_moves_at_a_time() -> None:
    """The scenarios move thresholds of one kind together; so a rule may have one of each kind."""
    moved = [(name, KINDS.get(input_name, "amount")) for name, input_name in THRESHOLDS]
    assert len(moved) == len(set(moved))


def test_sample_lies_just_below_the_line(wide: pd.DataFrame, tables) -> None:
    samples: dict[tuple[str, str], list[dict]] = {}
    for row in tables("below_the_line_sample"):
        samples.setdefault((row["rule_name"], row["input_name"]), []).append(row)
    assert set(samples) == set(THRESHOLDS)
    full = 0
    for key, rows in samples.items():
        numbers = [row["sample_no"] for row in rows]
        found = rows[0]["band_transactions"]
        assert sorted(numbers) == (list(range(1, min(found, 59) + 1)) if found else [0])
        assert {row["is_short"] for row in rows} == {int(found < 59)}
        full += found >= 59
        fires, direction = CONDITIONS[key]
        in_force = THRESHOLDS[key]
        edge = round(in_force * (0.8 if direction == "lower" else 1.2), 4)
        if KINDS.get(key[1]) == "count":  # whole numbers, at least one away
            edge = min(round(edge), in_force - 1)
        band = fires(wide, edge) & ~fires(wide, in_force)
        assert found == band.sum(), key
        if found:
            assert {row["transaction_id"] for row in rows} <= set(wide.transaction_id[band])
            assert {row["band_edge"] for row in rows} == {edge}
    assert full > 10


def test_risk_tables(wide: pd.DataFrame, tables) -> None:
    for table, key, owner in (
        ("customer_risk", "customer_id", "customer_id"),
        ("account_risk", "account_id", "sender_account_id"),
    ):
        groups = dict(tuple(wide.groupby(owner)))
        rows = tables(table)
        assert len(rows) > len(groups) - 1
        for row in rows:
            own = groups.get(row[key])
            if own is None:
                assert (row["transactions"], row["alerts"], row["worst_severity"]) == (0, 0, 0)
                assert row["last_alert_at"] is None and row["highest_rule_risk_score"] is None
                continue
            alerts = own.rule_trigger_count + own.network_trigger_count
            alerted = own[alerts > 0]
            assert row["transactions"] == len(own)
            assert row["alerted_transactions"] == len(alerted)
            assert row["alerts"] == alerts.sum()
            severities = [
                severity * own[FLAGS[name]].max()
                for name, severity in network_oracle.SEVERITIES.items()
            ]
            assert row["worst_severity"] == max(own.max_rule_severity.max(), *severities)
            assert row["highest_rule_risk_score"] == own.rule_risk_score.max()
            latest = None if alerted.empty else alerted.timestamp.max().to_pydatetime()
            assert row["last_alert_at"] == latest


def test_run_summary_says_what_the_notebooks_printed(
    small_warehouse: Warehouse, wide: pd.DataFrame, tables
) -> None:
    said = {(row["section"], row["item"]): row["value"] for row in tables("run_summary")}
    with small_warehouse.connect() as con:
        customers, accounts, devices, beneficiaries = (
            con.sql(f"from {table}").df()
            for table in ("customers", "accounts", "devices", "beneficiaries")
        )
        dormant = len(con.sql("from dormant_account_set").df())

    # Notebook 1, cells 4 to 9
    expected = {
        ("customers", "rows"): len(customers),
        ("customers", "columns"): customers.shape[1],
        ("customers", "pep_customers"): customers.pep_flag.sum(),
        ("customers", "pep_customers_percent"): 100 * customers.pep_flag.mean(),
        ("customers", "very_high_risk_customers"): (
            customers.customer_risk_rating == "very_high"
        ).sum(),
        ("accounts", "rows"): len(accounts),
        ("accounts", "columns"): 14,
        ("accounts", "orphan_customer_ids"): 0,
        ("accounts", "accounts_open_below_60_days"): (accounts.account_open_days < 60).sum(),
        ("accounts", "median_avg_balance"): accounts.avg_balance.astype(float).median(),
        ("devices", "rooted_devices"): devices.rooted_flag.sum(),
        ("devices", "vpn_users_percent"): 100 * devices.vpn_flag.mean(),
        ("devices", "emulators"): devices.emulator_flag.sum(),
        ("devices", "account_device_map_entries"): len(accounts),
        ("beneficiaries", "high_risk_pool"): beneficiaries.high_risk_beneficiary.sum(),
        ("beneficiaries", "crypto"): (beneficiaries.beneficiary_type == "crypto").sum(),
        ("beneficiaries", "account_beneficiaries_map_entries"): len(accounts),
    }
    for column in ("customer_risk_rating", "kyc_level", "income_bracket", "country_risk"):
        for value, count in customers[column].value_counts().items():
            expected[column, value] = count
    checks = [value for (section, _), value in said.items() if section == "entity_checks"]
    assert checks == [1] * 5
    top = [value for (section, _), value in said.items() if section == "occupation, top 5"]
    assert sorted(top) == sorted(customers.occupation.value_counts().head(5))

    # Notebook 2c, C-4 to C-6
    firings = wide[RULE_COLUMNS].sum()
    network_firings = wide[NETWORK_COLUMNS].sum()
    for section, counts in (("rules", firings), ("network_rules", network_firings)):
        top_ten = {item: value for (of, item), value in said.items() if of == f"{section}, top 10"}
        assert sorted(top_ten.values()) == sorted(counts)[-10:]
        assert all(counts[FLAGS[name]] == value for name, value in top_ten.items())
    scores, label = wide.fraud_intensity_score, wide.label
    expected |= {
        ("rules", "rules"): 50,
        ("rules", "firings"): firings.sum(),
        ("rules", "firings_per_transaction"): firings.sum() / len(wide),
        ("network_rules", "rules"): 12,
        ("network_rules", "firings"): network_firings.sum(),
        ("network_rules", "firings_per_transaction"): network_firings.sum() / len(wide),
        ("fraud_intensity_score", "mean_of_fraud"): scores[label == 1].mean(),
        ("fraud_intensity_score", "mean_of_legitimate"): scores[label == 0].mean(),
        ("fraud_intensity_band", "very_low"): (scores <= 20).sum(),
        ("fraud_intensity_band", "critical"): (scores > 80).sum(),
        ("fraud_intensity_band, percent", "low"): 100 * ((scores > 20) & (scores <= 40)).mean(),
        ("transactions", "rows"): len(wide),
        ("transactions", "columns"): wide.shape[1],
        ("transactions", "fraud_rate"): label.mean(),
        ("transactions", "beneficiary_id_null_percent"): 100 * wide.beneficiary_id.isna().mean(),
        ("transactions", "device_id_null_percent"): 0,
        ("transactions", "receiver_and_beneficiary"): 0,
        ("transactions", "receiver_nor_beneficiary"): 0,
        ("transactions", "dormancy_flag_set"): wide.dormancy_flag.sum(),
        ("transactions", "dormant_accounts"): dormant,
        ("transactions", "balance_after_txn_mean"): wide.balance_after_txn.mean(),
        ("transactions", "balance_after_txn_zero_percent"): 100
        * (wide.balance_after_txn == 0).mean(),
        ("transactions", "legitimate_balance_after_txn_zero_percent"): 100
        * (wide[wide.label == 0].balance_after_txn == 0).mean(),
        ("transactions", "running_balance_txn_amount_positive"): (
            wide.running_balance_txn_amount > 0
        ).sum(),
        ("transactions", "running_balance_txn_amount_negative"): (
            wide.running_balance_txn_amount < 0
        ).sum(),
        ("transactions", "time_since_origin_txn_not_null"): wide.time_since_origin_txn.count(),
    }
    for column in (
        "account_open_days",
        "txn_count_last_24hr",
        "cust_txn_count_last_24hr",
        "cust_unique_accounts_30d",
    ):
        expected["transactions", f"{column}_min"] = wide[column].min()
        expected["transactions", f"{column}_max"] = wide[column].max()
    wrong = {
        key: (said.get(key), value)
        for key, value in expected.items()
        if key not in said or not same(said[key], float(value))
    }
    assert wrong == {}


def test_the_median_of_two_balances_keeps_half_a_paisa(compiled: Compiled, tmp_path: Path) -> None:
    path = shutil.copy(compiled.built.path, tmp_path)
    with duckdb.connect() as con:
        con.execute(f"attach '{path}' as \"{compiled.database}\"")
        con.execute(f'use "{compiled.database}"')
        con.execute(
            "delete from accounts"
            " where account_id not in (select account_id from accounts order by account_id limit 2)"
        )
        con.execute(
            "update accounts set avg_balance ="
            " case when account_id = (select min(account_id) from accounts) then 1 else 1.01 end"
        )
        (median,) = con.execute(
            f"select value from ({compiled.sql('run_summary')}) where item = 'median_avg_balance'"
        ).fetchone()
    assert median == Decimal("1.0050")


# What needs no label; everything else in these tables is null without labels.
NEEDS_NO_LABEL = {
    "rule_performance": {
        "rule_name",
        "rule_set",
        "severity",
        "category",
        "alerts",
        "alerts_per_1000",
        "is_dead",
        "is_applicable",
    },
    "rule_marginal_value": {"rule_name", "rule_set", "alerts", "alerts_alone"},
    "score_calibration": {
        "band_no",
        "rule_risk_band",
        "lowest_score",
        "highest_score",
        "transactions",
        "is_out_of_order",
    },
    "alert_budget": {"budget", "transactions", "lowest_score"},
    "threshold_sweep": {
        "rule_name",
        "rule_set",
        "input_name",
        "factor",
        "threshold_value",
        "is_in_force",
        "alerts",
    },
}


def test_without_labels_counts_stay_and_the_rest_is_null(
    small_warehouse: Warehouse, unlabelled: Warehouse, tables
) -> None:
    for table, kept in NEEDS_NO_LABEL.items():
        labelled_rows = tables(f"{table} order by all", small_warehouse.connect())
        rows = tables(f"{table} order by all", unlabelled.connect())
        assert len(rows) == len(labelled_rows)

        def stay(row: dict, kept: set[str] = kept) -> tuple:
            return tuple(row[column] for column in sorted(kept - {"is_out_of_order"}))

        assert sorted(map(stay, rows), key=str) == sorted(map(stay, labelled_rows), key=str)
        for row in rows:
            assert {row[column] for column in set(row) - kept} <= {None}, table
    with unlabelled.connect() as con:
        for table in ("rule_typology_recall", "typology_coverage", "scheme_transactions"):
            assert con.execute(f"select count(*) from {table}").fetchone() == (0,)
        assert con.execute(
            "select count(label), count(fraud_type), count(transaction_id) > 0"
            " from below_the_line_sample"
        ).fetchone() == (0, 0, True)
        for query in ("from rule_overlap order by all", "select count(reason) from alerts"):
            with small_warehouse.connect() as labelled:
                assert con.execute(query).fetchall() == labelled.execute(query).fetchall()
        nulls = con.execute("select item from run_summary where value is null order by 1")
        assert [item for (item,) in nulls.fetchall()] == [
            "fraud_rate",
            "legitimate_balance_after_txn_zero_percent",
            "mean_of_fraud",
            "mean_of_legitimate",
        ]


def test_summary_names_what_an_officer_must_hear_of(small_warehouse: Warehouse, tmp_path) -> None:
    from smartsentry.query.summary import summary_text

    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute("update rule_performance set is_dead = rule_name = 'vpn_offshore'")
        con.execute("update typology_coverage set is_uncovered = 0")
        con.execute("update score_calibration set is_out_of_order = rule_risk_band = 'high'")
        text = summary_text(con, copy.path)
    assert "rules that never fire: vpn_offshore\n" in text
    assert "less fraud than the band below: high\n" in text
    assert "typologies that no rule finds" not in text
