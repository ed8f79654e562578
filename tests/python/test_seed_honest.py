"""Honest behaviour has the distributions of the contract, and does what crime does too."""

from __future__ import annotations

import numpy as np
import pytest
from seed_helpers import frame, near_share, plan, transactions, value

from seed_gen.lookalikes import registry
from seed_gen.population import BUSINESS

SCALE = "0.2"
HOURS = np.array([1, 1, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 5, 6, 6, 6, 5, 5, 4, 4, 3, 2, 2, 1]) / 83

CATEGORIES = {
    ("customers", "kyc_level"): {"low": 0.20, "medium": 0.50, "high": 0.30},
    ("customers", "customer_risk_rating"): {
        "low": 0.50,
        "medium": 0.30,
        "high": 0.15,
        "very_high": 0.05,
    },
    ("customers", "occupation"): {
        "salaried": 0.30,
        "self_employed": 0.15,
        "business_owner": 0.12,
        "student": 0.08,
        "retired": 0.10,
        "government_employee": 0.10,
        "freelancer": 0.08,
        "unemployed": 0.07,
    },
    ("customers", "industry"): {
        "finance": 0.12,
        "retail": 0.14,
        "healthcare": 0.10,
        "technology": 0.13,
        "real_estate": 0.09,
        "manufacturing": 0.10,
        "education": 0.08,
        "hospitality": 0.08,
        "construction": 0.07,
        "unknown": 0.09,
    },
    ("customers", "account_type"): {
        "retail": 0.35,
        "corporate": 0.15,
        "savings": 0.25,
        "current": 0.15,
        "business": 0.10,
    },
    ("customers", "income_bracket"): {"low": 0.30, "medium": 0.50, "high": 0.20},
    ("customers", "country_risk"): {"low": 0.60, "medium": 0.30, "high": 0.10},
    ("customers", "pep_flag"): {0: 0.97, 1: 0.03},
    ("devices", "os_type"): {"android": 0.45, "ios": 0.40, "windows": 0.10, "unknown": 0.05},
    ("devices", "rooted_flag"): {0: 0.95, 1: 0.05},
    ("devices", "vpn_flag"): {0: 0.92, 1: 0.08},
    ("devices", "emulator_flag"): {0: 0.97, 1: 0.03},
    ("beneficiaries", "beneficiary_type"): {
        "individual": 0.60,
        "merchant": 0.30,
        "crypto": 0.05,
        "offshore": 0.05,
    },
    ("beneficiaries", "beneficiary_country_risk"): {"low": 0.65, "medium": 0.25, "high": 0.10},
}
RANGES = {
    ("customers", "age"): (21, 70),
    ("customers", "customer_since_days"): (30, 3650),
    ("accounts", "account_open_days"): (30, 2000),
    ("devices", "device_age_days"): (30, 1500),
}


def honest(where="true"):
    return transactions(f"label = 0 and {where}", scale=SCALE)


def everyday():
    """Honest rows of accounts that neither sleep nor are a busy business."""
    return honest("not is_dormant and not is_inactive")


@pytest.mark.parametrize(("table", "column"), CATEGORIES)
def test_categories_have_the_configured_probabilities(table, column):
    expected = CATEGORIES[table, column]
    found = frame(f'select "{column}" from raw.{table}', scale="1")[column].value_counts()
    assert set(found.index) == set(expected)
    for name, probability in expected.items():
        assert near_share(found[name], found.sum(), probability), name


@pytest.mark.parametrize(("table", "column"), RANGES)
def test_ranges_include_both_ends_and_are_even(table, column):
    low, high = RANGES[table, column]
    found = frame(f"select {column} from raw.{table}", scale="1")[column]
    assert found.min() == low
    assert found.max() == high
    assert found.mean() == pytest.approx((low + high) / 2, rel=0.02)


def test_average_balances_are_lognormal():
    logs = np.log(frame("select avg_balance::double as b from raw.accounts", scale="1")["b"])
    assert logs.mean() == pytest.approx(10, abs=0.03)
    assert logs.std() == pytest.approx(1, abs=0.02)


def test_about_fifty_honest_transactions_per_account():
    rows = len(honest())
    assert rows / 5_000 == pytest.approx(50, rel=0.02)


def test_activity_has_a_heavy_tail():
    size = everyday().groupby("sender_account_id").size().sort_values()
    assert (size < size.mean()).mean() > 0.7
    weekly = size / (122 / 7)
    business = plan(scale=SCALE).population.segment == BUSINESS
    assert business.sum() == 5
    assert weekly.iloc[-5:].min() > 100
    assert set(size.index[-5:]) == {f"A{number}" for number in np.nonzero(business)[0]}
    kinds = everyday().groupby("sender_account_id")["account_type"].first()
    assert set(kinds[size.index[-5:]]) <= {"corporate", "business", "current"}


def test_hours_follow_the_daytime_profile():
    found = np.bincount(honest()["hour"], minlength=24) / len(honest())
    assert np.abs(found - HOURS).max() < 0.005


def test_sundays_are_quieter():
    days = honest().groupby(honest()["timestamp"].dt.day_of_week).size()
    assert days[6] < 0.95 * days[:5].mean()


def test_channels_and_counterparties():
    rows = honest()
    expected = {"mobile": 0.50, "web": 0.30, "branch": 0.10, "atm": 0.10}
    for channel, part in expected.items():
        assert (rows["channel"] == channel).mean() == pytest.approx(part, abs=0.012)
    transfers = rows[(rows["cash_flag"] == 0) & (rows["transaction_type"] != "salary_credit")]
    inside = transfers["receiver_account_id"].notna().mean()
    assert inside == pytest.approx(0.40, abs=0.03)


@pytest.mark.parametrize(("level", "mean"), [("low", 7.0), ("medium", 8.0), ("high", 9.5)])
def test_amounts_follow_the_kyc_level(level, mean):
    rows = everyday()
    rows = rows[(rows["kyc_level"] == level) & (rows["cash_flag"] == 0)]
    logs = np.log(rows[rows["rupees"] >= 10]["rupees"])
    assert logs.median() == pytest.approx(mean, abs=0.1)
    # The middle half of a lognormal of sigma 1 spans 1.349; look-alikes widen it a little.
    middle = logs.quantile(0.75) - logs.quantile(0.25)
    assert middle == pytest.approx(1.349, rel=0.15)


def test_round_and_micro_amounts_occur():
    rows = honest()
    assert ((rows["rupees"] % 1_000 == 0) & (rows["rupees"] >= 1_000)).mean() > 0.08
    for amount in (500, 1_000, 2_000, 5_000, 10_000, 20_000):
        assert (rows["rupees"] == amount).sum() > 50
    micro = rows[rows["rupees"] < 10]
    assert len(micro) / len(rows) == pytest.approx(0.012, abs=0.004)
    assert (micro["transaction_type"] == "UPI").mean() > 0.9


def test_salaries_come_from_one_merchant_on_the_first_days_of_every_month():
    rows = honest("transaction_type = 'salary_credit'")
    assert set(rows["timestamp"].dt.day) == {1, 2, 3}
    assert set(rows["timestamp"].dt.month) == {9, 10, 11, 12}
    assert set(rows["beneficiary_type"]) == {"merchant"}
    by_account = rows.groupby("sender_account_id")
    assert (by_account.size() == 4).all()
    assert (by_account["beneficiary_id"].nunique() == 1).all()
    assert set(rows["occupation"]) == {"salaried", "government_employee", "retired"}


def test_money_comes_in_as_well_as_goes_out_and_few_rows_sit_at_zero():
    rows = transactions(scale=SCALE)
    signed = rows["rupees"].where(rows["debit_credit"] == "credit", -rows["rupees"])
    running = signed.groupby(rows["sender_account_id"]).cumsum()
    lowest = np.minimum(running.groupby(rows["sender_account_id"]).cummin(), -rows["avg_balance"])
    at_floor = (running - lowest) < 0.005
    assert at_floor.mean() < 0.15
    assert (honest()["debit_credit"] == "credit").mean() == pytest.approx(0.47, abs=0.03)


def test_ties_in_time_occur_within_accounts():
    rows = transactions(scale=SCALE)
    assert rows.duplicated(["sender_account_id", "timestamp"]).sum() > 10


def test_counterparties_repeat():
    rows = honest("cash_flag = 0 and receiver_account_id is not null")
    rows = rows.groupby("sender_account_id").filter(lambda account: 20 <= len(account) < 200)
    most = rows.groupby("sender_account_id")["receiver_account_id"].agg(
        lambda names: names.value_counts(normalize=True).iloc[0]
    )
    assert most.median() > 0.4


# What each typology shows occurs in honest behaviour as well: at least this many honest rows.
HONEST_SIGNALS = {
    "a new phone or a borrowed device": ("device_id <> home_device_id", 5_000),
    "a deposit of about 9,500": (
        "transaction_type = 'cash_deposit' and rupees between 8500 and 9999",
        1_500,
    ),
    "such a deposit at night": (
        "transaction_type = 'cash_deposit' and rupees between 8500 and 9999 "
        "and hour in (22, 23, 0, 1, 2, 3)",
        200,
    ),
    "a large payment to crypto or offshore": (
        "debit_credit = 'debit' and beneficiary_type in ('crypto', 'offshore') and rupees > 50000",
        300,
    ),
    "a large payment at night from another device": (
        "debit_credit = 'debit' and device_id <> home_device_id and rupees > 30000 "
        "and hour in (22, 23, 0, 1, 2, 3, 4, 5) and high_risk",
        10,
    ),
    "a new account's large payment": (
        "account_open_days + day < 60 and rupees > 50000 and debit_credit = 'debit'",
        10,
    ),
    "a large payment of an account back from silence": (
        "(is_dormant or is_inactive) and day > 66 and rupees > 10000",
        50,
    ),
}


@pytest.mark.parametrize("signal", HONEST_SIGNALS)
def test_crimes_signals_occur_honestly(signal):
    where, least = HONEST_SIGNALS[signal]
    assert len(honest(where)) >= least


def test_many_accounts_share_a_device_and_a_high_risk_beneficiary_honestly():
    rows = honest("high_risk and debit_credit = 'debit'")
    shared = rows.groupby(["device_id", "beneficiary_id"])["sender_account_id"].nunique()
    assert (shared >= 8).sum() >= 3


def test_families_share_a_home_device():
    shared = value(
        "select count(*) from (select device_id from raw.account_devices join raw.accounts "
        "using (account_id) group by 1 having count(distinct customer_id) > 2)"
    )
    assert shared > 50


def test_friends_pass_money_on_within_the_hour():
    sql = """
        select count(*) from raw.transactions as a join raw.transactions as b
        on b.sender_account_id = a.receiver_account_id
            and b.receiver_account_id <> a.sender_account_id
            and b."timestamp" between a."timestamp" and a."timestamp" + interval 45 minutes
        where a.label = 0 and b.label = 0
            and a.debit_credit = 'debit' and b.debit_credit = 'debit'
            and a.sender_account_id <> a.receiver_account_id
            and b.sender_account_id <> b.receiver_account_id
    """
    assert value(sql, scale=SCALE) > 200


@pytest.mark.parametrize("name", registry())
def test_every_lookalike_has_a_scheme_in_the_plan_and_no_label(name):
    made = plan(scale=SCALE)
    assert sum(block.schemes[name] for block in made.blocks) >= 1
    assert name not in made.fraud_types
