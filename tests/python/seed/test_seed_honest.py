"""Honest behaviour has the distributions of the contract, and does what crime does too."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest

from seed_gen.bank.population import BUSINESS
from seed_gen.bank.segments import NAMES
from seed_gen.blocks.generate import generate_block
from seed_gen.blocks.plan import Plan
from seed_gen.config import load_config
from seed_gen.draws.rows import IS_CREDIT
from seed_gen.figures.fields import DayWeights
from seed_gen.schemes.lookalikes import registry
from seed_helpers import frame, near_share, plan, transactions, value

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
    business = plan(scale=SCALE).population.status == BUSINESS
    assert business.sum() == 5
    assert weekly.iloc[-5:].min() > 100
    large = [f"A{number}" for number in np.nonzero(business)[0]]
    assert (size[large] > size.quantile(0.998)).all()
    kinds = everyday().groupby("sender_account_id")["account_type"].first()
    assert set(kinds[large]) <= {"corporate", "business", "current"}


def test_hours_follow_the_daytime_profile():
    rows = honest("transaction_type <> 'salary_credit'")  # employers keep office hours
    found = np.bincount(rows["hour"], minlength=24) / len(rows)
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
    # UPI has amounts of its own; it also carries small sums of the others, and they large ones.
    logs = np.log(rows[~rows["transaction_type"].isin(["UPI", "salary_credit"])]["rupees"])
    assert logs.median() == pytest.approx(mean, abs=0.3)
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
    assert rows["hour"].between(10, 15).all()
    assert (rows["timestamp"].dt.day_of_week < 6).all()
    assert "2025-10-02" not in set(rows["timestamp"].dt.strftime("%Y-%m-%d"))
    assert set(rows["beneficiary_type"]) == {"merchant"}
    by_account = rows.groupby("sender_account_id")
    assert (by_account.size() == 4).all()
    assert (by_account["beneficiary_id"].nunique() == 1).all()
    assert set(rows["occupation"]) == {"salaried", "government_employee", "retired"}


@pytest.mark.parametrize("rate", ["0", "0.04", "0.2"])
def test_no_debit_is_made_that_the_account_cannot_pay(rate):
    made = Plan(load_config(None, {"scale": "0.05", "fraud_rate": rate}))
    for block in made.blocks:
        rows = generate_block(made, block).rows
        before = balances(made, rows)
        beyond = ~IS_CREDIT[rows.kind] & (rows.cents > before)
        assert beyond[rows.fraud == 0].mean() < 0.001
        assert beyond[rows.fraud > 0].sum() <= 0.01 * (rows.fraud > 0).sum()
        assert IS_CREDIT[rows.kind[rows.fraud == 0]].mean() == pytest.approx(0.50, abs=0.04)


def test_owners_who_do_not_mind_their_balance_receive_larger_sums_before_they_pay():
    def credits(careful):
        made = Plan(with_figures("behaviour", careful_share=careful))
        rows = [generate_block(made, block).rows for block in made.blocks]
        return sum(int(part.cents[IS_CREDIT[part.kind]].sum()) for part in rows)

    assert credits(1.0) < 0.97 * credits(0.0)


def balances(made, rows):
    """Walk through the balances of a block row by row, which the seeder itself never does."""
    balance = dict(enumerate(made.population.balance_cents.tolist()))
    before = []
    for account, cents, kind in zip(rows.account.tolist(), rows.cents, rows.kind, strict=True):
        before.append(balance[account])
        balance[account] = max(0, balance[account] + (cents if IS_CREDIT[kind] else -cents))
    return np.array(before)


def with_figures(group, **figures):
    made = load_config(None, {"scale": "0.05", "fraud_rate": "0"})
    return dataclasses.replace(
        made, **{group: dataclasses.replace(getattr(made, group), **figures)}
    )


# Segments and routines.


def segment(rows):
    """Return each row's segment, from what the tables say of the customer, by the docs' rules."""
    firm = rows["account_type"].isin(["corporate", "business"]) | (
        (rows["account_type"] == "current")
        & rows["occupation"].isin(["self_employed", "business_owner"])
    )
    by_occupation = {
        "salaried": "employee",
        "government_employee": "employee",
        "retired": "pensioner",
        "self_employed": "freelancer",
        "business_owner": "freelancer",
    }
    return rows["occupation"].replace(by_occupation).where(~firm, "company")


def ordinary():
    """Honest rows of ordinary accounts, the few large businesses apart."""
    rows = everyday()
    business = np.nonzero(plan(scale=SCALE).population.status == BUSINESS)[0]
    rows = rows[~rows["sender_account_id"].isin([f"A{number}" for number in business])]
    return rows.assign(segment=segment(rows))


def test_segments_follow_from_occupation_and_account_type():
    rows = ordinary()
    population = plan(scale=SCALE).population
    number = rows["sender_account_id"].str[1:].astype(int).to_numpy()
    assert (np.array(NAMES)[population.segment[number]] == rows["segment"]).all()
    assert set(rows["segment"]) == set(NAMES)


def test_segments_live_differently():
    rows = ordinary()
    accounts = rows.groupby("segment")["sender_account_id"].nunique()
    busy = rows.groupby("segment").size() / accounts
    assert busy["company"] > 1.3 * busy["employee"] > 1.3 * busy["unemployed"]
    # Against the usual amount of the customer's KYC level.
    usual = rows["kyc_level"].map({"low": 7.0, "medium": 8.0, "high": 9.5})
    shift = np.log(rows["rupees"]) - usual
    shift = shift[(rows["cash_flag"] == 0) & (rows["transaction_type"] != "salary_credit")]
    median = shift.groupby([rows["segment"], rows["debit_credit"]]).median()
    assert median["company", "credit"] < median["company", "debit"] - 0.2  # many small receipts
    assert median["freelancer", "credit"] > median["employee", "credit"] + 0.3  # irregular income
    assert median["student", "debit"] < median["employee", "debit"] - 0.1
    # A shop is paid by strangers, a household by those it knows.
    receipts = rows[(rows["debit_credit"] == "credit") & rows["receiver_account_id"].notna()]
    receipts = receipts[receipts["cash_flag"] == 0]
    payers = receipts.groupby(["segment", "sender_account_id"])["receiver_account_id"]
    variety = (payers.nunique() / payers.size())[payers.size() > 15].groupby("segment").median()
    assert variety["company"] > 1.5 * variety["employee"]


def kept(name):
    """Return the rows of the everyday accounts that keep a routine, as pairs with their number."""
    made = plan(scale=SCALE)
    marks = made.routines[name]
    rows = everyday()
    number = rows["sender_account_id"].str[1:].astype(int).to_numpy()
    return rows[marks[number]], int(marks.sum())


@pytest.mark.parametrize(
    ("name", "months"), [("rent", 4), ("phone", 4), ("allowance", 4), ("power", 4), ("wages", 4)]
)
def test_a_monthly_routine_is_paid_on_one_day_to_the_same_payee(name, months):
    made = plan(scale=SCALE)
    routine = made.config.routines[name]
    rows, accounts = kept(name)
    assert accounts > 100
    direction = "credit" if routine.credit else "debit"
    rows = rows[(rows["debit_credit"] == direction) & (rows["cash_flag"] == 0)]
    payee = rows["receiver_account_id"].fillna(rows["beneficiary_id"])
    day = rows["timestamp"].dt.day
    exact = [] if routine.varies else ["rupees"]  # the same sum each time
    series = rows.assign(payee=payee, at=day).groupby(
        ["sender_account_id", "payee", "at", "transaction_type", *exact]
    )["timestamp"]
    low, high = routine.days
    found = series.agg(lambda moments: moments.dt.month.nunique()).reset_index()
    found = found[(found["timestamp"] == months) & found["at"].between(low, high)]
    # By chance, others pay someone four times on one day of the month too, but rarely.
    assert found["sender_account_id"].nunique() >= accounts
    per_account = found.groupby("sender_account_id").size()
    assert per_account.median() == routine.payees
    paid = rows.merge(found, on="sender_account_id")
    paid = paid[paid["beneficiary_id"] == paid["payee"]]
    kind = {"merchants": "merchant", "individuals": "individual"}[routine.payee]
    # Of accounts without another routine, whose payments would be taken for this one's.
    alone = sum(marks.astype(int) for marks in made.routines.values()) == 1
    paid = paid[alone[paid["sender_account_id"].str[1:].astype(int).to_numpy()]]
    assert len(paid) > 50
    assert (paid["beneficiary_type"] == kind).mean() > 0.9  # beneficiaries at random would be 30%


def test_the_weekly_shopping_is_on_one_weekday():
    rows, accounts = kept("shopping")
    rows = rows[(rows["debit_credit"] == "debit") & (rows["cash_flag"] == 0)]
    payee = rows["receiver_account_id"].fillna(rows["beneficiary_id"])
    weekday = rows["timestamp"].dt.day_of_week
    weeks = rows.assign(week=rows["day"] // 7).groupby([rows["sender_account_id"], payee, weekday])[
        "week"
    ]
    most = weeks.nunique().groupby(level=0).max()
    assert accounts > 100
    assert (most >= 17).all()


def test_a_payroll_is_many_debits_within_hours_of_one_day():
    rows, _ = kept("wages")
    rows = rows[(rows["debit_credit"] == "debit") & rows["timestamp"].dt.day.between(24, 28)]
    days = rows.groupby(["sender_account_id", rows["timestamp"].dt.date]).size()
    assert (days >= 8).groupby(level=0).sum().ge(4).mean() > 0.99


def test_a_routine_is_a_part_of_the_activity_not_an_addition():
    made = plan(scale=SCALE)
    for name, routine in made.config.routines.items():
        rows = routine.rows(made.clock)
        assert (made.activity[made.routines[name]] >= routine.needs * rows).all()
    assert (made.routine_rows <= made.activity).all()
    assert 0.08 < made.routine_share < 0.25


def test_holidays_are_quiet_and_the_days_before_diwali_busy():
    rows = everyday()
    rows = rows[rows["transaction_type"] != "salary_credit"]
    by_day = rows.groupby(rows["timestamp"].dt.strftime("%Y-%m-%d")).size()
    for quiet in ("2025-10-02", "2025-12-25"):  # both a Thursday, compared with the next
        later = str(np.datetime64(quiet) + 7 if quiet < "2025-12" else np.datetime64(quiet) - 7)
        # Rents are paid on 2 October as on any other day, and weigh more when all else is quiet.
        assert by_day[quiet] < 0.97 * by_day[later]
    assert by_day["2025-10-18"] > 1.2 * by_day["2025-10-11"]
    thirds = rows.groupby(np.minimum((rows["timestamp"].dt.day - 1) // 10, 2)).size()
    assert thirds[0] / 40 > 1.05 * thirds[2] / 42


def test_special_days_are_figures():
    made = with_figures("behaviour", special_days=DayWeights({"12-25": 5.0, "2025-10-20": 0.5}))
    weight = made.behaviour.day_weight
    assert weight(date(2025, 12, 25)) == pytest.approx(5 * weight(date(2025, 12, 24)), rel=0.05)
    assert weight(date(2026, 12, 25)) > 4
    assert weight(date(2025, 10, 20)) == pytest.approx(0.5 * weight(date(2026, 10, 19)))


def test_prices_end_as_prices_do():
    rows = ordinary()
    rows = rows[(rows["cash_flag"] == 0) & (rows["debit_credit"] == "debit")]
    rupees = rows["rupees"]
    below = rupees[(rupees > 100) & (rupees < 10_000)]
    endings = (below % 100).round(2)
    assert endings.isin([49.0, 99.0]).mean() == pytest.approx(0.10 + 0.24 * 0.02, abs=0.02)
    assert ((rupees * 100).round() % 100 == 50).mean() == pytest.approx(0.02, abs=0.01)
    above = rupees[rupees > 10_000]
    assert (above % 1_000 == 999).mean() == pytest.approx(0.10, abs=0.02)


def test_rows_come_in_bursts():
    """Burstiness of Goh and Barabási: 0 where each row comes by chance, 1 at most."""
    rows = everyday().sort_values(["sender_account_id", "second"])
    gaps = rows.groupby("sender_account_id")["second"].diff().dropna()
    by_account = gaps.groupby(rows.loc[gaps.index, "sender_account_id"]).agg(
        ["mean", "std", "size"]
    )
    lively = by_account[by_account["size"] >= 20]
    burstiness = (lively["std"] - lively["mean"]) / (lively["std"] + lively["mean"])
    assert 0.12 < burstiness.median() < 0.5


def test_ties_in_time_occur_within_accounts():
    rows = transactions(scale=SCALE)
    assert rows.duplicated(["sender_account_id", "timestamp"]).sum() > 10


def test_counterparties_repeat():
    rows = honest("cash_flag = 0 and receiver_account_id is not null")
    rows = rows.groupby("sender_account_id").filter(lambda account: 20 <= len(account) < 200)
    most = rows.groupby("sender_account_id")["receiver_account_id"].agg(
        lambda names: names.value_counts(normalize=True).iloc[0]
    )
    assert most.median() > 0.35


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
