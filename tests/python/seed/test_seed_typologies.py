"""Every typology keeps the figures of the contract's table; typed here by hand from it."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import sys
import types

import numpy as np
import pytest

from seed_gen import typologies
from seed_gen.blocks.generate import generate
from seed_gen.blocks.plan import Plan
from seed_gen.config import load_config
from seed_gen.figures.fields import between, fraction, trait
from seed_gen.schemes import lookalikes
from seed_gen.typologies.base import Payments
from seed_helpers import DAY, ROOT, frame, near_share, plan, transactions

WINDOW_DAYS = 122
NIGHT_WEIGHTS = np.array([4, 4, 4, 4, 3, 2, *[1] * 10, 2, 2, 3, 3, 4, 4, 4, 4])

# fraud_type: rows per scheme, within days, log-mean and sigma, fractions of the window
PAYMENTS = {
    "ATO": ((1, 4), 1, 10.5, 0.8, (0.70, 0.99)),
    "identity_fraud": ((1, 1), 1, 11.0, 0.6, (0.0, 0.25)),
    "dormant_ATO": ((2, 5), 2, 11.0, 0.7, (0.55, 1.0)),
    "dormant_to_offshore": ((1, 3), 2, 11.5, 0.5, (0.55, 1.0)),
    "inactive_ATO": ((3, 7), 3, 11.2, 0.9, (0.55, 1.0)),
    "inactive_to_offshore": ((1, 4), 3, 12.0, 0.5, (0.55, 1.0)),
}
DEPOSITS = {
    "smurfing": ((4, 8), 2, (8_500, 9_999), (0.0, 1.0)),
    "dormant_smurfing": ((3, 6), 3, (8_500, 9_999), (0.55, 1.0)),
    "inactive_smurfing": ((3, 7), 3, (8_000, 9_999), (0.55, 1.0)),
}
# fraud_type: accounts, rows, days between the first and the last row of a scheme at its usual pace
GRAPHS = {
    "fan_in": ((7, 13), (6, 12), 9),
    "fan_out": ((7, 13), (6, 12), 9),
    "cycle": ((4, 8), (4, 8), 14),
    "scatter_gather": ((5, 9), (6, 14), 10),
    "gather_scatter": ((7, 15), (6, 14), 10),
    "bipartite": ((5, 8), (6, 15), 9),
    "stack": ((6, 8), (8, 12), 10),
    "funnel_account": ((4, 7), (6, 15), 12),
    "rapid_movement": ((3, 7), (4, 12), 16),
    "round_tripping": ((2, 4), (3, 9), 22),
}
SILENT = [name for name in (*PAYMENTS, *DEPOSITS) if name.startswith(("dormant", "inactive"))]
OPEN_ENDED = ("mule_ring", "layering", "ATO", "smurfing", "identity_fraud")


def crimes(name):
    return transactions(f"fraud_type = '{name}'")


def test_there_are_twenty_one_and_each_is_a_module_of_its_own():
    expected = {"mule_ring", "layering", *PAYMENTS, *DEPOSITS, *GRAPHS}
    assert set(typologies.registry()) == expected
    assert len(expected) == len(typologies.ACTIVE) == 21
    for name in typologies.ACTIVE:
        module = importlib.import_module(f"seed_gen.typologies.{name}")
        assert typologies.registry()[module.TYPOLOGY.name] is module.TYPOLOGY
    assert set(transactions("label = 1")["fraud_type"]) == expected


def test_the_docs_name_an_honest_look_alike_of_each():
    text = (ROOT / "docs/generator.md").read_text()
    [table] = re.findall(r"<!-- lookalikes -->\n(.*?)<!-- end -->", text, re.S)
    rows = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(named) == sorted(typologies.registry())
    assert all(len(row) == 3 and row[1].strip() and row[2].strip() for row in rows)
    # What stands in code quotes beside a typology is the name of a look-alike.
    quoted = {name for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    assert quoted <= set(lookalikes.registry())


@pytest.mark.parametrize("name", PAYMENTS)
def test_amounts_of_payments_are_lognormal_with_the_given_figures(name):
    _, _, mean, sigma, _ = PAYMENTS[name]
    rows = crimes(name)
    modest = rows["skipped_signal"] == "amount"
    assert 0 < modest.mean() < 0.3
    assert np.log(rows[modest]["rupees"]).mean() < mean - 1
    logs = np.log(rows[~modest]["rupees"])
    size = len(logs)
    assert abs(logs.mean() - mean) < 5 * sigma / np.sqrt(size) + 0.02
    assert abs(logs.std() / sigma - 1) < 5 / np.sqrt(2 * size) + 0.02


@pytest.mark.parametrize("name", [*PAYMENTS, *DEPOSITS])
def test_rows_lie_within_their_part_of_the_window(name):
    low, high = (PAYMENTS | DEPOSITS)[name][-1]
    second = crimes(name)["second"]
    assert second.min() >= low * WINDOW_DAYS * DAY
    assert second.max() < high * WINDOW_DAYS * DAY


@pytest.mark.parametrize("name", [*PAYMENTS, *DEPOSITS])
def test_direction_and_kind(name):
    rows = crimes(name)
    if name in DEPOSITS:
        assert (rows["cash_flag"] == 1).all()
        assert (rows["transaction_type"] == "cash_deposit").all()
        assert (rows["debit_credit"] == "credit").all()
        assert set(rows["channel"]) == {"branch", "atm"}
        low, high = DEPOSITS[name][2]
        minds = rows["skipped_signal"].fillna("") != "amount"
        assert rows[minds]["rupees"].between(low, high).all()
        assert rows[~minds]["rupees"].between(3_000, 14_000).all()
        assert 0 < (~minds).mean() < 0.3
    else:
        assert (rows["debit_credit"] == "debit").all()
        assert (rows["cash_flag"] == 0).all()
        assert rows["beneficiary_id"].notna().all()


@pytest.mark.parametrize("name", SILENT)
def test_a_silent_accounts_scheme_has_its_size_and_lasts_no_longer_than_given(name):
    ends, within, *_ = (PAYMENTS | DEPOSITS)[name]
    schemes = crimes(name).groupby("sender_account_id")["second"].agg(["size", "min", "max"])
    assert schemes["size"].between(*ends).all()
    assert schemes["size"].nunique() == ends[1] - ends[0] + 1
    assert ((schemes["max"] - schemes["min"]) <= within * DAY).all()


def test_smurfing_comes_in_bursts_of_4_to_8_within_two_days():
    bursts = crimes("smurfing").groupby("scheme_id")["second"].agg(["size", "min", "max"])
    assert set(bursts["size"]) == {4, 5, 6, 7, 8}
    assert ((bursts["max"] - bursts["min"]) <= 2 * DAY).all()


def test_a_takeover_is_one_to_four_payments_within_hours_and_an_account_is_hit_once():
    rows = crimes("ATO")
    schemes = rows.groupby("scheme_id")["second"].agg(["size", "min", "max"])
    assert set(schemes["size"]) == {1, 2, 3, 4}
    assert schemes["size"].mean() == pytest.approx(2.5, abs=0.2)
    assert (schemes["max"] - schemes["min"]).max() < 6 * 3_600
    assert (rows.groupby("sender_account_id")["scheme_id"].nunique() == 1).all()


@pytest.mark.parametrize(("name", "set_name"), [(n, n.split("_")[0]) for n in SILENT])
def test_silent_typologies_stay_in_their_set(name, set_name):
    assert crimes(name)[f"is_{set_name}"].all()


@pytest.mark.parametrize("name", [*OPEN_ENDED, *GRAPHS])
def test_open_typologies_leave_the_silent_accounts_alone(name):
    rows = crimes(name)
    assert not rows["is_dormant"].any()
    assert not rows["is_inactive"].any()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("dormant_ATO", 0.60),
        ("dormant_smurfing", 0.25),
        ("dormant_to_offshore", 0.30),
        ("inactive_ATO", 0.35),
        ("inactive_smurfing", 0.20),
        ("inactive_to_offshore", 0.20),
    ],
)
def test_part_of_the_silent_set_that_a_typology_takes(name, part):
    assert crimes(name)["sender_account_id"].nunique() == pytest.approx(125 * part, abs=1)


def test_mule_rings():
    rows = crimes("mule_ring")
    assert rows["second"].min() >= 0.50 * WINDOW_DAYS * DAY
    assert rows["second"].max() < 0.99 * WINDOW_DAYS * DAY
    logs = np.log(rows["rupees"])
    assert abs(logs.mean() - 9.5) < 0.1
    assert abs(logs.std() - 0.5) < 0.05
    devices = []
    for _, ring in rows.groupby("synthetic_flow_id"):
        assert len(ring) == 80
        by_account = ring.groupby("sender_account_id")
        assert (by_account.size() == 8).all()
        assert len(by_account) == 10
        assert ring["beneficiary_id"].nunique() == 1
        assert (ring["flow_depth"] == 10).all()
        assert (by_account["hop_number"].nunique() == 1).all()
        first = by_account[["second", "hop_number"]].min().sort_values("hop_number")
        assert first["hop_number"].tolist() == list(range(1, 11))
        assert first["second"].is_monotonic_increasing
        devices.append(ring["device_id"].nunique())
    # Most rings share the device and pay into the high-risk pool, some miss that signal.
    assert np.mean(np.array(devices) == 1) > 0.6
    assert rows["high_risk"].mean() > 0.6


def test_layering_chains():
    rows = crimes("layering")
    assert rows["second"].min() >= 0.60 * WINDOW_DAYS * DAY
    assert rows["second"].max() < 0.99 * WINDOW_DAYS * DAY
    first = np.log(rows[rows["hop_number"] == 1]["rupees"])
    assert abs(first.mean() - 9.0) < 5 * 0.8 / np.sqrt(len(first)) + 0.02
    assert abs(first.std() - 0.8) < 0.1
    assert rows["beneficiary_id"].isna().all()
    for _, chain in rows.sort_values("hop_number").groupby("synthetic_flow_id"):
        senders, receivers = chain["sender_account_id"].tolist(), chain["receiver_account_id"]
        assert chain["hop_number"].tolist() == [1, 2, 3]
        assert len(set(senders)) == 3
        assert receivers.tolist() == [senders[1], senders[2], senders[0]]
        gaps = np.diff(chain["second"])
        assert gaps.min() >= 5 * 60
        assert gaps.max() <= 30 * 60
        cents = np.rint(chain["rupees"].to_numpy() * 100).astype(int)
        assert (cents[1:] * 100 >= cents[:-1] * 70).all()
        assert (cents[1:] * 100 <= cents[:-1] * 95).all()


def graph(name):
    """Return the rows of a graph pattern, with `payee`, the receiver or the outsider."""
    rows = transactions(f"fraud_type = '{name}'", scale="0.3").copy()
    rows["payee"] = rows["receiver_account_id"].fillna(rows["beneficiary_id"])
    slow = frame("select scheme_id, slow_flag, account_count from raw.schemes", scale="0.3")
    return rows.merge(slow, on="scheme_id")


@pytest.mark.parametrize("name", GRAPHS)
def test_graph_patterns_keep_their_size_and_pace(name):
    accounts, sizes, days = GRAPHS[name]
    rows = graph(name)
    schemes = rows.groupby("scheme_id")
    assert schemes.size().between(*sizes).all()
    assert schemes.size().nunique() > 1
    assert schemes["account_count"].first().between(*accounts).all()
    lasted = (schemes["second"].max() - schemes["second"].min()) / DAY
    slow = schemes["slow_flag"].first() == 1
    assert 0 < slow.sum() < 0.5 * len(slow)
    assert lasted[~slow].max() < days
    assert lasted[slow].median() > 1.5 * lasted[~slow].median()


@pytest.mark.parametrize("name", GRAPHS)
def test_most_rows_of_graph_patterns_stay_below_the_lines_of_the_rules(name):
    rows = graph(name)
    assert (rows["rupees"] < 50_000).mean() > 0.85
    assert (rows["rupees"] > 1_000).mean() > 0.90


def test_the_shape_of_fans():
    for _, scheme in graph("fan_in").groupby("scheme_id"):
        assert scheme["payee"].nunique() == 1
        assert scheme["sender_account_id"].is_unique
    for _, scheme in graph("fan_out").groupby("scheme_id"):
        assert scheme["sender_account_id"].nunique() == 1
        assert scheme["payee"].is_unique


def test_a_cycle_is_closed_and_shrinks():
    for _, scheme in graph("cycle").sort_values("hop_number").groupby("scheme_id"):
        payers = scheme["sender_account_id"].tolist()
        assert len(set(payers)) == len(payers) == scheme["flow_depth"].iloc[0]
        assert scheme["payee"].tolist() == [*payers[1:], payers[0]]
        assert scheme["second"].is_monotonic_increasing
        assert scheme["rupees"].iloc[-1] < scheme["rupees"].iloc[0]


def test_the_shape_of_gathering_and_scattering():
    for _, scheme in graph("scatter_gather").groupby("scheme_id"):
        out, back = (scheme[scheme["hop_number"] == hop] for hop in (1, 2))
        assert out["sender_account_id"].nunique() == back["payee"].nunique() == 1
        assert set(out["payee"]) == set(back["sender_account_id"])
        passed = out.merge(back, left_on="payee", right_on="sender_account_id")
        assert (passed["second_y"] > passed["second_x"]).all()
    for _, scheme in graph("gather_scatter").groupby("scheme_id"):
        into, out = (scheme[scheme["hop_number"] == hop] for hop in (1, 2))
        assert set(into["payee"]) == set(out["sender_account_id"])
        assert into["payee"].nunique() == 1
        assert out["payee"].is_unique
        assert into["second"].max() < out["second"].min()
        assert out["rupees"].sum() < 1.05 * into["rupees"].sum()


@pytest.mark.parametrize(("name", "layers"), [("bipartite", 1), ("stack", 2)])
def test_every_account_of_a_layer_pays_every_one_of_the_next(name, layers):
    for _, scheme in graph(name).groupby("scheme_id"):
        assert set(scheme["hop_number"]) == set(range(1, layers + 1))
        for _, layer in scheme.groupby("hop_number"):
            pairs = layer["sender_account_id"].nunique() * layer["payee"].nunique()
            assert (
                len(layer) == pairs == len(layer[["sender_account_id", "payee"]].drop_duplicates())
            )


def test_what_enters_a_funnel_leaves_it_for_one_account():
    rows = graph("funnel_account")
    assert rows["cash_flag"].mean() == pytest.approx(1 / 3, abs=0.001)
    assert (rows[rows["cash_flag"] == 1]["rupees"] < 8_000).mean() > 0.7
    for _, scheme in rows.groupby("scheme_id"):
        funnel = scheme[scheme["role"] == "collector"]
        assert funnel["sender_account_id"].nunique() == 1
        assert funnel[funnel["hop_number"] == 2]["payee"].nunique() == 1
        assert scheme[scheme["role"] == "source"]["sender_account_id"].is_unique


def test_rapid_movement_leaves_within_the_day():
    rows = graph("rapid_movement").sort_values(["scheme_id", "second"])
    for _, scheme in rows.groupby("scheme_id"):
        [mule] = scheme[scheme["role"] == "mule"]["sender_account_id"].unique()
        came = scheme[scheme["payee"] == mule]["second"].to_numpy()
        for left in scheme[scheme["sender_account_id"] == mule]["second"]:
            assert ((came < left) & (left - came < DAY)).any()


def test_a_round_trip_comes_back_from_outside():
    for _, scheme in graph("round_tripping").groupby("scheme_id"):
        [source] = scheme[scheme["hop_number"] == 1]["sender_account_id"].unique()
        back = scheme[scheme["hop_number"] == 3]
        assert set(back["sender_account_id"]) == {source}
        assert set(back["debit_credit"]) == {"credit"}
        assert scheme["beneficiary_id"].nunique() == 1
        away = scheme[scheme["hop_number"] == 1]["rupees"].sum()
        assert 0.6 * away < back["rupees"].sum() < away


def test_takeovers_use_a_foreign_device_and_mostly_high_risk_beneficiaries():
    for name in ("ATO", "dormant_ATO", "inactive_ATO"):
        rows = crimes(name)
        foreign = (rows["device_id"] != rows["home_device_id"]).mean()
        assert 0.75 < foreign < 1.0, name
    assert 0.85 < crimes("ATO")["high_risk"].mean() < 1.0
    one_device = crimes("dormant_ATO").groupby("sender_account_id")["device_id"].nunique()
    assert (one_device == 1).all()


@pytest.mark.parametrize("name", ["dormant_to_offshore", "inactive_to_offshore"])
def test_offshore_typologies_pay_crypto_and_offshore_only(name):
    assert set(crimes(name)["beneficiary_type"]) == {"crypto", "offshore"}


def test_identity_fraud_happens_once_while_the_account_is_younger_than_60_days():
    rows = crimes("identity_fraud")
    assert (rows["account_open_days"] + rows["day"] < 60).all()
    assert rows["sender_account_id"].is_unique


def test_hours_are_night_weighted_but_not_always():
    rows = transactions("label = 1 and coalesce(hop_number, 1) = 1")
    hours = np.bincount(rows["hour"], minlength=24) / len(rows)
    # A scheme that misses the signal keeps daytime hours; all others follow the weights.
    assert np.corrcoef(hours, NIGHT_WEIGHTS)[0, 1] > 0.95
    night = rows["hour"].isin([22, 23, 0, 1, 2, 3, 4, 5]).mean()
    assert 0.40 < night < 29 / 57


def test_dormant_accounts_wake_by_a_scheme_or_honestly_after_35_days_of_silence():
    rows = transactions("is_dormant")
    early_end = 0.20 * WINDOW_DAYS * DAY
    for _, account in rows.groupby("sender_account_id"):
        second = account["second"].to_numpy()
        early = second < early_end
        assert 3 <= early.sum() <= 8
        assert (account["label"].to_numpy()[early] == 0).all()
        late = second[~early]
        assert late.min() >= 0.55 * WINDOW_DAYS * DAY
        assert late.min() - second[early].max() >= 35 * DAY
        honest = ((account["label"] == 0) & ~early).sum()
        assert 5 <= honest <= 15
        crime = account[account["label"] == 1]
        if len(crime):  # the first scheme begins when the silence ends
            assert crime["second"].min() == late.min()


def test_two_schemes_of_a_dormant_account_never_overlap():
    rows = transactions("is_dormant and label = 1")
    spans = rows.groupby(["sender_account_id", "fraud_type"])["second"].agg(["min", "max"])
    spans = spans.reset_index().sort_values(["sender_account_id", "min"])
    carried = spans.groupby("sender_account_id").size()
    assert set(carried) == {1, 2}
    before = spans.groupby("sender_account_id")["max"].shift(1)
    second = before.notna()
    assert second.sum() > 20
    assert (spans.loc[second, "min"] > before[second]).all()


def test_some_dormant_accounts_come_back_honestly():
    rows = transactions("is_dormant")
    honest = (rows.groupby("sender_account_id")["label"].max() == 0).sum()
    assert honest > 10


def test_inactive_accounts_come_back_by_one_scheme_or_honestly_after_45_days():
    rows = transactions("is_inactive")
    early_end = 0.20 * WINDOW_DAYS * DAY
    honest_returns = 0
    for _, account in rows.groupby("sender_account_id"):
        second = account["second"].to_numpy()
        early = second < early_end
        assert 2 <= early.sum() <= 6
        late = account[~early]
        assert len(late)
        assert late["second"].min() - second[early].max() >= 45 * DAY
        assert late[late["label"] == 1]["fraud_type"].nunique() <= 1
        assert 12 <= (late["label"] == 0).sum() <= 30
        if late["label"].any():
            assert late["label"].iloc[0] == 1
        honest_returns += (late["label"] == 0).all()
    assert honest_returns == pytest.approx(125 * 0.25, abs=1)


def test_below_the_default_rate_most_silent_accounts_carry_no_scheme():
    rows = transactions("is_dormant or is_inactive", fraud_rate="0.01")
    carried = rows[rows["label"] == 1].groupby("fraud_type")["sender_account_id"].nunique()
    assert carried["dormant_ATO"] == pytest.approx(125 * 0.60 / 4, abs=1)
    assert carried["inactive_ATO"] == pytest.approx(125 * 0.35 / 4, abs=1)


def test_shares_of_what_the_silent_typologies_leave():
    crime = transactions("label = 1")
    rest = crime[~(crime["is_dormant"] | crime["is_inactive"])]
    graphs = rest["fraud_type"].isin(GRAPHS)
    assert graphs.mean() == pytest.approx(0.20, abs=0.01)
    rows = rest["fraud_type"].value_counts()
    for name in GRAPHS:
        assert rows[name] == pytest.approx(0.02 * len(rest), abs=12), name
    total = len(rest) - graphs.sum()
    assert near_share(rows["mule_ring"], total, 0.25, sigmas=4)
    assert near_share(rows["layering"], total, 0.25, sigmas=2)
    assert near_share(rows["smurfing"], total, 0.24, sigmas=4)
    assert near_share(rows["ATO"], total, 0.25, sigmas=4)
    assert rows["identity_fraud"] <= 0.0105 * total


def test_a_lower_rate_takes_fewer_and_a_higher_one_adds_to_the_open_ended_only():
    def schemes(rate):
        made = plan(scale="1", fraud_rate=rate)
        return {
            name: sum(block.schemes.get(name, 0) for block in made.blocks)
            for name in made.config.typologies
        }

    low, usual, high = schemes("0.01"), schemes("0.04"), schemes("0.10")
    assert usual["dormant_ATO"] == 750
    for name in SILENT:
        assert low[name] == pytest.approx(usual[name] / 4, abs=1)
        assert high[name] == usual[name]
    for name in ("mule_ring", "layering", "ATO", "smurfing", *GRAPHS):
        assert low[name] == pytest.approx(usual[name] / 4, rel=0.1, abs=1)
        assert high[name] > 2 * usual[name]
    # The accounts younger than 60 days are the limit; the takeovers take the rest.
    pool = sum(len(pools["new"]) for pools in plan(scale="1").pools)
    assert 0.9 * pool < usual["identity_fraud"] <= high["identity_fraud"] == pool


@pytest.mark.parametrize("rate", ["0.001", "0.01", "0.04", "0.10"])
def test_the_rate_is_met_at_scale_1_with_every_typology(rate):
    made = plan(scale="1", fraud_rate=rate)
    assert made.fraud_rows / made.rows == pytest.approx(float(rate), rel=0.05)
    for name in made.config.typologies:
        assert sum(block.schemes[name] for block in made.blocks) >= 1


def test_the_plan_is_what_is_generated_and_no_fraudulent_row_is_a_copy():
    for options in ({}, {"fraud_rate": "0.10"}):
        made = plan(scale="0.1", **options)
        rows = transactions(**options)
        assert len(rows) == made.rows
        assert rows["label"].sum() == made.fraud_rows == made.fraud_target
        crime = rows[rows["label"] == 1]
        assert not crime.duplicated(["sender_account_id", "second", "rupees"]).any()


def test_rate_0_is_honest_and_leaves_the_rest_of_the_data_in_place():
    assert frame("select sum(label)::int as n from raw.transactions", fraud_rate="0")["n"][0] == 0
    sql = "select fingerprints::varchar as prints from raw.generation_run"
    honest, usual = (json.loads(frame(sql, **o)["prints"][0]) for o in ({"fraud_rate": "0"}, {}))
    same = {table for table in honest if honest[table] == usual[table]}
    assert same == set(honest) - {"transactions", "schemes"}


def test_one_more_is_one_module_and_one_name(monkeypatch):
    @dataclasses.dataclass(frozen=True)
    class Bribery(Payments):
        name: str = trait("bribery")
        volume: float = fraction(0.10)
        payments: tuple[int, int] = between(2, 2)

    module = types.ModuleType("seed_gen.typologies.bribery")
    module.TYPOLOGY = Bribery()
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(typologies, "ACTIVE", (*typologies.ACTIVE, "bribery"))
    made = Plan(load_config(None, {"scale": "0.05"}))
    assert made.fraud_rows == made.fraud_target
    code = made.fraud_types.index("bribery")
    rows = sum(int((block.rows.fraud == code).sum()) for block in generate(made))
    assert rows == pytest.approx(0.10 / 1.35 * made.fraud_rows * 0.83, rel=0.1)


def test_a_small_scale_has_one_scheme_of_each_and_says_by_how_much_it_overshoots():
    made = plan(scale="0.05", fraud_rate="0.001")
    schemes = {
        name: sum(block.schemes.get(name, 0) for block in made.blocks)
        for name in made.config.typologies
    }
    assert min(schemes.values()) == schemes["mule_ring"] == schemes["stack"] == 1
    assert made.fraud_rows > made.fraud_target
