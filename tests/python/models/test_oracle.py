"""The warehouse against the oracle, value for value.

Three meetings: the oracle with the unit tests' rows (both were written from the contract, so a
slip of either shows before any SQL runs), with the small seeded warehouse, and with histories
that hypothesis makes up: ties, exact window edges, accounts with no row and with one, amounts of
0.01 and of 10^12, no beneficiary, no label, thresholds other than the default ones.
"""

import os
import random
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import network_oracle
import oracle
from compiled import CompiledModels
from conftest import ROOT, Warehouse

# ── Comparing ────────────────────────────────────────────────────────────────────────────────


def agrees(column: str, actual: object, expected: object, exact: Decimal | None) -> bool:
    """Equal; the irrational columns may be on either side of a tie that doubles cannot see."""
    if exact is None or actual is None:
        return actual == expected
    if column != "log_amount" and abs(exact) >= oracle.BOUND:
        return actual == oracle.BOUND.copy_sign(exact)
    # Half a unit of the last decimal, and the few last bits of a chain of double operations.
    half = Decimal("0.005") if column == "baseline_deviation_30d" else Decimal("0.00005")
    return abs(actual - exact) <= half + abs(exact) * Decimal("1e-14")


def differences(
    actual_rows: Iterable[Mapping[str, object]],
    expected_rows: Mapping[int, Mapping[str, object]],
    unrounded: Mapping[tuple[int, str], Decimal],
) -> list[str]:
    """One line per value that differs, and per row or column that only one side has."""
    actual_rows = {row["transaction_no"]: row for row in actual_rows}
    found = [
        f"T{number} stands on one side only" for number in actual_rows.keys() ^ expected_rows.keys()
    ]
    for number in sorted(actual_rows.keys() & expected_rows.keys()):
        actual, expected = actual_rows[number], expected_rows[number]
        found += [
            f"T{number} {column} stands on one side only"
            for column in sorted(actual.keys() ^ expected.keys())
        ]
        found += [
            f"T{number} {column}: warehouse {actual[column]!r}, oracle {expected[column]!r}"
            for column in expected
            if column in actual
            and not agrees(
                column, actual[column], expected[column], unrounded.get((number, column))
            )
        ]
    return found


def no_difference(found: list[str]) -> None:
    shown = "\n".join(found[:20])
    assert not found, f"{len(found)} differences, the first ones:\n{shown}"


def rows_of(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, object]]:
    result = con.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def expected_alerts(rows: Mapping[int, Mapping[str, object]]) -> set[tuple]:
    return {
        (
            row["transaction_id"],
            name,
            severity,
            row["timestamp"],
            row["customer_id"],
            row["sender_account_id"],
            row["amount"],
        )
        for row in rows.values()
        for name, severity in oracle.SEVERITIES.items()
        if row[f"rule_{name}"] == 1
    }


# The network's columns and rules, and what the scorecard says, have oracles of their own.
TRANSACTIONS = """
    select columns(lambda n: not regexp_matches(n, '^(net|network|priority)_')) from transactions
"""

ALERTS = """
    select
        transaction_id, rule_name, severity, timestamp, customer_id, sender_account_id, amount
    from alerts
    where rule_set = 'notebook'
"""


# ── The oracle and the unit tests ────────────────────────────────────────────────────────────

UNIT_TESTS = {
    test["name"]: test
    for path in sorted((ROOT / "dbt_project").rglob("*.unit_tests.yml"))
    # What the oracle's answers are measured by, and what has an oracle of its own.
    if path.parent.name not in ("evaluation", "network", "worklist")
    for test in yaml.safe_load(path.read_text())["unit_tests"]
    # In words: test_reasons.py. The logs compare builds, of which the oracle knows one.
    if test["model"] not in ("alerts", "account_ledger", "hit_log", "rule_log")
}
NETWORK_RULES = network_oracle.RULES
ALL_RULES = {f"rule_{rule.name}": rule for rule in oracle.RULES}
ALL_RULES |= {f"network_rule_{rule.name}": rule for rule in NETWORK_RULES}
MOMENTS = {"timestamp", "flow_origin_at"}
DATES = {"date", "window_start"}


def typed(row: Mapping[str, object]) -> dict[str, object]:
    """A YAML row as the oracle takes it: moments, dates, and decimals where YAML says float."""
    values = dict(row)
    for column, value in row.items():
        if column in MOMENTS and value is not None:
            values[column] = datetime.fromisoformat(value)
        elif column in DATES and value is not None:
            values[column] = date.fromisoformat(value)
        elif isinstance(value, float) or re.fullmatch(r"\d+\.\d+", str(value)):
            values[column] = Decimal(str(value))  # quoted where a float would lose its end
    return values


def by_number(rows: list[dict]) -> dict[int, dict]:
    return {row["transaction_no"]: row for row in rows}


def oracles_answer(model: str, given: dict[str, list[dict]]) -> list[dict[str, object]]:
    """What the oracle says to the inputs of one unit test."""
    match model:
        case "account_velocity":
            found = oracle.account_velocity(
                given["stg_transactions"],
                given["stg_dormant_accounts"],
                given["stg_inactive_accounts"],
                given["stg_generation_run"][0]["time_precision"],
            )
        case "customer_velocity":
            found = oracle.customer_velocity(
                given["stg_transactions"], given["stg_generation_run"][0]["time_precision"]
            )
        case "account_balances":
            found = oracle.account_balances(given["stg_transactions"], given["stg_accounts"])
        case "stg_transactions":
            ids = [row["transaction_id"] for row in given["transactions"]]
            return [{"transaction_id": i, "transaction_no": int(i[1:])} for i in ids]
        case "rule_thresholds":
            return [oracle.thresholds_of(given["vars"])]
        case "rule_hits":
            return [
                {"transaction_no": row["transaction_no"], "rule_name": rule.name}
                for row in given["transactions"]
                for flag, rule in ALL_RULES.items()
                if row.get(flag) == 1
            ]
        case "beneficiary_risk":
            risk = oracle.beneficiary_risk(given["stg_beneficiaries"])
            return [{"beneficiary_id": id_, "high_risk_beneficiary": f} for id_, f in risk.items()]
        case "transaction_features":
            found = oracle.transaction_features(
                given["stg_transactions"],
                given["stg_accounts"],
                given["stg_customers"],
                given["stg_devices"],
                given["stg_beneficiaries"],
                {
                    r["beneficiary_id"]: r["high_risk_beneficiary"]
                    for r in given["beneficiary_risk"]
                },
                given["stg_generation_run"][0].get("window_start"),
                given["stg_generation_run"][0]["time_precision"],
                by_number(given["account_velocity"]),
                by_number(given["customer_velocity"]),
                by_number(given["account_balances"]),
                unit=given["vars"].get("money_unit", 1),
            )
            of_network = by_number(given["transaction_network"])
            for number, row in found.items():
                row.update(of_network.get(number, {}))
                if given["stg_generation_run"][0]["time_precision"] == "day":
                    row["net_inflow_gap_seconds"] = None
        case "transaction_rules":
            # The test's own thresholds only: a rule that reads another one's fails here.
            (thresholds,) = given["rule_thresholds"]
            rules = {
                flag: rule
                for flag, rule in ALL_RULES.items()
                if not any(
                    t.startswith(f"{rule.name}__")
                    for t in (*oracle.THRESHOLDS, *network_oracle.THRESHOLDS)
                )
                or any(t.startswith(f"{rule.name}__") for t in thresholds)
            }
            found = {
                row["transaction_no"]: {
                    flag: rule.fires(row, thresholds) for flag, rule in rules.items()
                }
                for row in given["transaction_features"]
            }
        case "transactions":
            severities = dict.fromkeys(oracle.SEVERITIES, 0) | {
                r["rule_name"]: r["severity"] for r in given["rule_catalogue"]
            }
            found = {}
            for row in given["transaction_rules"]:
                totals = oracle.rule_totals(
                    [name for name in oracle.SEVERITIES if row.get(f"rule_{name}") == 1], severities
                )
                scores = oracle.scores(
                    totals["rule_trigger_count"],
                    row.get("label"),
                    row.get("amount_to_balance_ratio"),
                )
                network = sum(row.get(f"network_rule_{rule.name}") or 0 for rule in NETWORK_RULES)
                found[row["transaction_no"]] = (
                    row | totals | scores | {"network_trigger_count": network}
                )
            for row in given.get("transaction_priority", []):  # test_scorecard.py has its oracle
                found[row["transaction_no"]]["priority_score"] = row["priority_score"]
        case _:
            pytest.fail(f"the oracle does not know the model {model}")
    return [{"transaction_no": number, **values} for number, values in found.items()]


@pytest.mark.parametrize("name", UNIT_TESTS)
def test_the_oracle_and_the_unit_tests_agree(name: str) -> None:
    test = UNIT_TESTS[name]
    given = {
        re.findall(r"\w+", entry["input"])[-1]: [typed(row) for row in entry["rows"]]
        for entry in test["given"]
    }
    given["vars"] = typed(test.get("overrides", {}).get("vars", {}))
    expected = [typed(row) for row in test["expect"]["rows"]]
    columns = expected[0].keys() if expected else ()
    actual = [
        {column: row[column] for column in columns} for row in oracles_answer(test["model"], given)
    ]
    # Python compares as numbers: 1 and 1.0000 are equal, whatever YAML made of them.
    assert len(actual) == len(expected)
    for row in expected:
        assert row in actual


# ── The oracle and a seeded warehouse ────────────────────────────────────────────────────────


def raw_of(con: duckdb.DuckDBPyConnection) -> oracle.Raw:
    (run,) = rows_of(con, "select window_start, time_precision from raw.generation_run")
    return oracle.Raw(
        transactions=rows_of(con, "from raw.transactions"),
        accounts=rows_of(con, "from raw.accounts"),
        customers=rows_of(con, "from raw.customers"),
        devices=rows_of(con, "from raw.devices"),
        beneficiaries=rows_of(con, "from raw.beneficiaries"),
        dormant_accounts=rows_of(con, "from raw.dormant_accounts"),
        inactive_accounts=rows_of(con, "from raw.inactive_accounts"),
        window_start=run["window_start"],
        time_precision=run["time_precision"],
    )


def test_the_small_warehouse_holds_the_oracles_values(small_warehouse: Warehouse) -> None:
    unrounded: dict[tuple[int, str], Decimal] = {}
    with small_warehouse.connect() as con:
        expected = oracle.warehouse(raw_of(con), unrounded=unrounded)
        no_difference(differences(rows_of(con, TRANSACTIONS), expected, unrounded))
        alerts = con.execute(ALERTS).fetchall()
    assert len(alerts) == len(set(alerts))
    assert set(alerts) == expected_alerts(expected)


# ── The oracle and made-up histories ─────────────────────────────────────────────────────────

# What a history is made of. Small pools of values on the edges of the contract: chance alone
# would never put two rows exactly thirty days apart.
HOUR, DAY = 3_600, 86_400
SETS = ("dormant", "inactive")
PACES = {
    "busy": (0, 0, 1, 60, HOUR - 1, HOUR, HOUR + 1, DAY - 1, DAY, DAY + 1),
    "steady": (0, HOUR, DAY, 7 * DAY - 1, 7 * DAY, 7 * DAY + 1, 30 * DAY - 1, 30 * DAY),
    "monthly": (0, 1, 2 * DAY, 30 * DAY - 1, 30 * DAY, 30 * DAY + 1),
    "dormant": (0, 1, 30 * DAY - 1, 30 * DAY, 30 * DAY, 30 * DAY + 1, 30 * DAY + 1),
    "inactive": (0, 1, 45 * DAY - 1, 45 * DAY, 45 * DAY, 45 * DAY + 1, 46 * DAY - 1),
}
AMOUNTS = tuple(
    Decimal(amount)
    for amount in (
        *("0.01", "0.02", "0.03", "1.00", "9.99", "10.00", "100.00", "100.01", "999.99"),
        *("1000.00", "1000.01", "5000.00", "5000.01", "8000.00", "8500.00", "9999.00", "9999.01"),
        *("10000.00", "10000.01", "20000.01", "30000.01", "50000.01", "100000.01", "500000.00"),
        *("1000000.00", "12345678.90", "999999999999.99", "1000000000000.00"),
    )
)
BALANCES = tuple(map(Decimal, ("0.00", "0.99", "1.00", "1.01", "200.00", "22026.47", "1000000.00")))
WINDOW_START = date(2025, 9, 1)
FIRST_MOMENTS = tuple(
    datetime.fromisoformat(moment)
    for moment in (
        *("2025-09-01 00:00:00", "2025-09-05 21:59:59", "2025-09-06 00:00:00"),
        *("2025-09-07 23:59:59", "2025-10-01 05:59:59", "2025-12-28 23:30:00"),
        *("2025-10-01 08:59:59", "2025-10-01 17:59:59", "2025-11-15 12:00:00"),
    )
)

CUSTOMER_POOLS = {
    "customer_risk_rating": ("low", "very_high"),
    "pep_flag": (0, 1),
    "occupation": ("salaried", "student", "unemployed", "freelancer"),
    "industry": ("retail", "real_estate", "construction", "unknown"),
    "account_type": ("retail", "corporate", "business", "savings"),
    "kyc_level": ("low", "medium", "high"),
    "income_bracket": ("low", "medium"),
    "country_risk": ("low", "high"),
}
DEVICES = [
    {
        "device_id": f"D{number}",
        "device_age_days": (89, 90, 91, 30)[number % 4],
        "rooted_flag": number & 1,
        "os_type": "android",
        "vpn_flag": number >> 1 & 1,
        "emulator_flag": number >> 2 & 1,
    }
    for number in range(8)
]
BENEFICIARIES = [
    {
        "beneficiary_id": f"B{number}",
        "beneficiary_type": ("individual", "merchant", "crypto", "offshore")[number % 4],
        "beneficiary_country_risk": ("low", "medium", "high")[number // 4],
    }
    for number in range(12)
]

ROW = st.fixed_dictionaries(
    {
        "account": st.sampled_from((0, 0, 0, 1, 2)),
        "habitual": st.sampled_from((True, True, True, True, True, False)),
        # A gap after the row before or after an earlier one: so a row is on the edge of the
        # window of several others.
        "after": st.sampled_from((-1, -1, -1, 0, 0, 1, 2, 5)),
        "gap": st.integers(0, 9),
        "amount": st.one_of(
            st.sampled_from(AMOUNTS),
            st.integers(1, 2_000_000).map(lambda c: Decimal(c).scaleb(-2)),
        ),
        "debit_credit": st.sampled_from(("debit", "credit")),
        "cash_flag": st.integers(0, 1),
        "channel": st.sampled_from(("mobile", "web", "branch", "atm")),
        "device": st.integers(0, len(DEVICES) - 1),
        "beneficiary": st.none() | st.integers(0, len(BENEFICIARIES) - 1),
        "label": st.sampled_from((0, 1, None)),
        "flow": st.sampled_from((None, None, None, -1, 0, 1, 90_061)),
    }
)
LONG = st.lists(ROW, min_size=8, max_size=20)
ROWS = LONG | LONG | LONG | st.lists(ROW, max_size=1)
HISTORIES = st.lists(
    st.fixed_dictionaries(
        {
            "rows": ROWS,
            # What the customer pays again and again: a baseline without deviation, or almost.
            "habit": st.none() | st.sampled_from(AMOUNTS),
            "start": st.sampled_from(FIRST_MOMENTS),
            "pace": st.sampled_from(tuple(PACES)),
            "accounts": st.lists(
                st.fixed_dictionaries(
                    {
                        "avg_balance": st.sampled_from(BALANCES),
                        "account_open_days": st.sampled_from((0, 30, 59, 60, 89, 90, 2000)),
                        "set": st.sampled_from((None, *SETS)),
                    }
                ),
                min_size=3,
                max_size=3,
            ),
            **{column: st.sampled_from(pool) for column, pool in CUSTOMER_POOLS.items()},
        }
    ),
    min_size=4,
    max_size=6,
)
# Whole numbers around the values that histories reach, so that every edge is met by some example.
WHAT_IFS = st.just({}) | st.fixed_dictionaries(
    {
        name: st.sampled_from(
            (1, 2, 3, 5)
            if name.endswith(("count", "ratio", "zscore"))
            else (60, 90, 91)
            if name.endswith("days")
            else (10, 1_000, 5_000, 9_999, 10_000, 1_000_000)
        )
        for name in oracle.THRESHOLDS
    }
)


def raw_from(histories: list[dict], order: random.Random) -> oracle.Raw:
    """Raw tables of disjoint customers; ids are a permutation, as in the contract."""
    numbers = list(range(sum(len(history["rows"]) for history in histories)))
    order.shuffle(numbers)
    raw = oracle.Raw([], [], [], DEVICES, BENEFICIARIES, [], [], WINDOW_START, "second")
    for c, history in enumerate(histories):
        customer = {column: history[column] for column in CUSTOMER_POOLS}
        raw.customers.append(
            {"customer_id": f"C{c}", "age": 40, "customer_since_days": 100, **customer}
        )
        for a, account in enumerate(history["accounts"]):
            account_id = f"A{3 * c + a}"
            # The first account of a customer who falls silent belongs to the set that is watched.
            watched = history["pace"] if a == 0 else None
            if (kind := watched if watched in SETS else account["set"]) is not None:
                getattr(raw, f"{kind}_accounts").append({"account_id": account_id})
            raw.accounts.append(
                {
                    "account_id": account_id,
                    "customer_id": f"C{c}",
                    "avg_balance": account["avg_balance"],
                    "account_open_days": account["account_open_days"],
                }
            )
        pace = PACES[history["pace"]]
        moments: list[datetime] = []
        for row in history["rows"]:
            now = history["start"]
            if moments:
                gap = pace[row["gap"] % len(pace)]
                now = moments[row["after"] % len(moments)] + timedelta(seconds=gap)
            moments.append(now)
            account_id = f"A{3 * c + row['account']}"
            external = row["beneficiary"] is not None
            habitual = row["habitual"] and history["habit"] is not None
            flow = row["flow"]
            raw.transactions.append(
                {
                    "transaction_id": f"T{numbers.pop()}",
                    "customer_id": f"C{c}",
                    "sender_account_id": account_id,
                    "receiver_account_id": None if external else account_id,
                    "beneficiary_id": f"B{row['beneficiary']}" if external else None,
                    "device_id": f"D{row['device']}",
                    "timestamp": now,
                    "amount": history["habit"] if habitual else row["amount"],
                    "channel": row["channel"],
                    "debit_credit": row["debit_credit"],
                    "transaction_type": "cash_deposit" if row["cash_flag"] else "UPI",
                    "cash_flag": row["cash_flag"],
                    "synthetic_flow_id": None if flow is None else "F0",
                    "flow_depth": None if flow is None else 1,
                    "hop_number": None if flow is None else 1,
                    "flow_origin_at": None if flow is None else now - timedelta(seconds=flow),
                    "fraud_type": None if row["label"] is None else "normal",
                    "label": row["label"],
                    "scheme_id": None,
                    "role": None,
                }
            )
    order.shuffle(raw.transactions)
    return raw


# The same examples every time, and no minutes of shrinking: a difference names its row.
# SMARTSENTRY_EXAMPLES=1000 looks at that many new ones, and shrinks what it finds.
EXAMPLES = os.environ.get("SMARTSENTRY_EXAMPLES")
any_history = settings(
    max_examples=int(EXAMPLES or 60),
    derandomize=EXAMPLES is None,
    phases=[Phase.generate] + ([Phase.shrink] if EXAMPLES else []),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@any_history
@given(histories=HISTORIES, what_if=WHAT_IFS, order=st.integers(0, 2**16))
def test_made_up_histories_get_the_oracles_values(
    models: CompiledModels, histories: list[dict], what_if: dict[str, int], order: int
) -> None:
    raw = raw_from(histories, random.Random(order))
    unrounded: dict[tuple[int, str], Decimal] = {}
    expected = oracle.warehouse(raw, oracle.THRESHOLDS | what_if, unrounded)
    con = models.run(raw, what_if)
    no_difference(differences(rows_of(con, TRANSACTIONS), expected, unrounded))
    assert sorted(con.execute(ALERTS).fetchall()) == sorted(expected_alerts(expected))
