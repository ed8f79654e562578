"""What a banker looks at first: payment systems, who holds what, and how few commit the crimes."""

from __future__ import annotations

import numpy as np
import pytest

from raw_layer.errors import BadInputError
from seed_gen.blocks.generate import generate_block
from seed_gen.blocks.plan import Plan
from seed_gen.config import load_config
from seed_gen.draws.rows import KINDS
from seed_gen.figures.world import BehaviourFigures
from seed_helpers import frame, plan, transactions, value

SCALE = "0.2"
# ₹; the least and the most that a system carries, typed here from the contract.
LIMITS = {
    "UPI": (0, 100_000),
    "IMPS": (0, 500_000),
    "RTGS": (200_000, np.inf),
    "DD": (1_000, np.inf),
}
ATM_DAILY = {
    "retail": 25_000,
    "savings": 40_000,
    "current": 75_000,
    "corporate": 100_000,
    "business": 100_000,
}
VICTIMS = ("victim", "impostor")
EXITS = ["crypto", "offshore"]


@pytest.mark.parametrize("name", LIMITS)
def test_a_payment_system_keeps_its_limits_in_honest_and_in_criminal_hands(name):
    low, high = LIMITS[name]
    rows = transactions(f"transaction_type = '{name}'", scale=SCALE)
    assert len(rows) > 100
    assert rows["rupees"].between(low, high).all()


def test_the_system_of_a_payment_says_no_more_of_a_crime_than_its_amount():
    rows = transactions("cash_flag = 0 and channel = 'mobile'", scale=SCALE)
    band = np.floor(np.log(rows["rupees"]) * 2)
    shares = rows.assign(upi=rows["transaction_type"] == "UPI").groupby([band, "label"])["upi"]
    found = shares.agg(["mean", "size"]).unstack()
    found = found[found["size"][1] > 100]
    assert len(found) >= 5
    error = 0.5 / np.sqrt(found["size"][1])
    assert ((found["mean"][1] - found["mean"][0]).abs() < 4 * error).all()


def test_most_upi_payments_are_small():
    upi = transactions("label = 0 and transaction_type = 'UPI'", scale=SCALE)["rupees"]
    assert 1_000 < upi.mean() < 2_000
    assert 200 < upi.median() < 700
    assert (upi < 500).mean() > 0.4


def test_a_machine_pays_hundreds_and_no_more_than_a_days_limit():
    rows = transactions("channel = 'atm' and transaction_type = 'cash_withdrawal'", scale="1")
    assert (rows["rupees"] % 100 == 0).all()
    drawn = rows.groupby(["account_type", "sender_account_id", "day"])["rupees"].sum()
    most = drawn.groupby(level=0).max()
    assert (most <= most.index.map(ATM_DAILY)).all()
    assert (most > 0.9 * most.index.map(ATM_DAILY)).all()  # the limit is met


def test_branches_are_open_on_working_days():
    rows = transactions("channel = 'branch'", scale="1")
    days = {day: BehaviourFigures().is_working_day(day) for day in set(rows["timestamp"].dt.date)}
    working = rows["timestamp"].dt.date.map(days)
    outside = ~(working & rows["hour"].between(10, 15))
    assert 0 < outside[rows["label"] == 0].mean() < 0.005
    assert 0 < outside[rows["label"] == 1].mean() < 0.3
    # Sundays, second and fourth Saturdays, Gandhi Jayanti, Laxmi Pujan and Christmas.
    assert sum(1 for open_ in days.values() if not open_) <= 17 + 8 + 3
    assert not BehaviourFigures().is_working_day(plan().clock.start.replace(month=10, day=2))


def test_cash_above_the_pan_line_is_a_companys():
    rows = transactions("cash_flag = 1 and rupees > 50000 and transaction_type <> 'DD'", scale="1")
    company = rows["account_type"].isin(["corporate", "business", "current"])
    assert len(rows) > 100
    assert company.all()


def test_students_are_young_and_pensioners_old():
    people = frame("from raw.customers", scale="1")
    assert (people[people["occupation"] == "retired"]["age"] < 50).mean() < 0.03
    assert (people[people["occupation"] == "student"]["age"] > 35).mean() < 0.03


def test_companies_belong_to_business_people_and_hold_more():
    people = frame("from raw.customers", scale="1")
    company = people["account_type"].isin(["corporate", "business"])
    shares = company.groupby(people["occupation"]).mean()
    assert shares["business_owner"] > 0.9
    for occupation in ("student", "retired", "unemployed", "salaried", "government_employee"):
        assert shares[occupation] < 0.03
    balance = frame(
        "select account_type, median(avg_balance) as b from raw.accounts "
        "join raw.customers using (customer_id) group by account_type",
        scale="1",
    ).set_index("account_type")["b"]
    assert balance[["corporate", "business"]].min() > 3 * balance[["retail", "savings"]].max()


def test_income_and_industry_follow_from_the_occupation():
    people = frame("from raw.customers", scale="1")
    low = (people["income_bracket"] == "low").groupby(people["occupation"]).mean()
    high = (people["income_bracket"] == "high").groupby(people["occupation"]).mean()
    assert low["student"] > 2 * low["salaried"] > 2 * low["business_owner"]
    assert high["business_owner"] > 2 * high["salaried"] > 10 * high["student"]
    works = ~people["occupation"].isin(["student", "retired", "unemployed"])
    assert (people["industry"] == "unknown")[works].mean() < 0.02


def test_every_customer_has_an_account():
    assert (
        value("select count(*) from raw.customers anti join raw.accounts using (customer_id)") == 0
    )


def test_few_customers_pay_crypto_or_offshore_and_always_the_same():
    rows = transactions("label = 0", scale="1")
    exits = rows[rows["beneficiary_type"].isin(EXITS)]
    assert 0.005 < len(exits) / len(rows) < 0.015
    assert exits["customer_id"].nunique() < 0.12 * rows["customer_id"].nunique()
    per_customer = exits.groupby("customer_id").size()
    assert per_customer.nlargest(len(per_customer) // 3).sum() > 0.6 * len(exits)


def parts_in_crime(**options):
    """Return the shares of the active customers who launder, who are victims, and who are either.

    Whoever is paid by an account of a scheme takes part in it, and an impostor counts as both.
    """
    rows = frame(
        "select customer_id, receiver_account_id, label, role from raw.transactions", **options
    )
    owner = frame("select account_id, customer_id from raw.accounts", **options)
    owner = owner.set_index("account_id")["customer_id"]
    crime = rows[rows["label"] == 1]
    criminal = crime[crime["role"] != "victim"]
    launders = {*criminal["customer_id"], *owner[criminal["receiver_account_id"].dropna()]}
    victims = set(crime[crime["role"].isin(VICTIMS)]["customer_id"])
    active = rows["customer_id"].nunique()
    return len(launders) / active, len(victims) / active, len(launders | victims) / active


@pytest.mark.parametrize("seed", ["42", "7"])
def test_few_launder_and_victims_are_a_minority(seed):
    launders, victims, _ = parts_in_crime(scale="1", seed=seed)
    assert launders <= 0.05
    assert victims <= 0.30


def test_at_a_real_worlds_rate_next_to_nobody_has_a_part_in_crime():
    *_, either = parts_in_crime(scale="1", fraud_rate="0.001")
    assert either <= 0.015


def test_a_launderer_works_in_many_schemes_and_lives_besides():
    rows = transactions(scale=SCALE)
    crime = rows[rows["role"].isin(["mule", "smurf", "source", "collector", "shell"])]
    accounts = crime.groupby("sender_account_id")
    assert accounts["scheme_id"].nunique().median() >= 10
    assert accounts["fraud_type"].nunique().median() >= 4
    lives = rows[(rows["label"] == 0) & rows["sender_account_id"].isin(set(accounts.groups))]
    assert lives.groupby("sender_account_id").size().median() > 30


def test_launderers_and_victims_are_different_accounts_chosen_once_and_for_all():
    made, again = plan(scale=SCALE), Plan(load_config(None, {"scale": SCALE}))
    for pools, other in zip(made.pools, again.pools, strict=True):
        assert (pools["launderers"] == other["launderers"]).all()
        assert not set(pools["launderers"]) & set(pools["victims"])
    chosen = {f"A{number}" for pools in made.pools for number in pools["launderers"]}
    rows = transactions("role in ('mule', 'smurf', 'source', 'collector', 'shell')", scale=SCALE)
    assert set(rows["sender_account_id"]) <= chosen
    assert set(rows["receiver_account_id"].dropna()) <= chosen


def test_both_shares_are_figures():
    def cast(**figures):
        made = load_config(None, {"scale": "0.1"})
        crime = type(made.crime)(**figures)
        pools = Plan(type(made)(**{**vars(made), "crime": crime})).pools
        return [sum(len(part[name]) for part in pools) for name in ("launderers", "victims")]

    usual, more = cast(), cast(launderer_share=0.05, victim_share=0.3)
    assert usual == [pytest.approx(0.025 * 2_500, abs=1), pytest.approx(0.2 * 2_500, abs=1)]
    assert more == [pytest.approx(0.05 * 2_500, abs=1), pytest.approx(0.3 * 2_500, abs=1)]


def test_a_system_can_be_changed_in_the_configuration(tmp_path):
    file = tmp_path / "c.toml"
    file.write_text("[payments.web_RTGS]\nleast = 50000\n[payments.mobile_UPI]\nmost = 20000\n")
    made = Plan(load_config(file, {"scale": "0.02"}))
    rows = generate_block(made, made.blocks[0]).rows
    name = np.array([kind.transaction_type for kind in KINDS])[rows.kind]
    assert 1_900_000 < rows.cents[name == "UPI"].max() <= 2_000_000
    assert 5_000_000 <= rows.cents[name == "RTGS"].min() < 10_000_000
    file.write_text("[payments.web_SWIFT]\nleast = 1\n")
    with pytest.raises(BadInputError, match=r"payments\.web_SWIFT"):
        load_config(file, {})
