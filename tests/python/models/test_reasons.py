"""Every alert says why, in words that hold: its own values, the thresholds in force, its rows."""

import re
from decimal import Decimal

import duckdb
import pytest

import network_oracle
from conftest import Warehouse
from test_rules import RULES

THRESHOLDS = {
    name: dict(threshold.split("=") for threshold in thresholds) for name, _, *thresholds in RULES
}
THRESHOLDS |= {name: {} for name in network_oracle.SEVERITIES}
for named, limit in network_oracle.THRESHOLDS.items():
    THRESHOLDS[named.split("__")[0]][named.split("__")[1]] = str(limit)


def rupees(amount: Decimal) -> str:
    """Group digits as India does: the last three, then pairs."""
    whole, paise = f"{amount:.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    pairs = []
    while head:
        pairs.insert(0, head[-2:])
        head = head[:-2]
    return f"₹{','.join([*pairs, tail])}.{paise}"


# The observed columns that each condition of notebook 2c, cell C-4, tests and that are no flag, and
# what explains them: the amount, the baseline, the silence.
MONEY = ("amount", "total_amount", "cust_total_amount", "baseline_mean", "baseline_deviation")
MONEY += ("net_in_amount", "net_out_amount")
PASSED_ON = ("net_in_amount_48h", "net_out_amount_48h", "net_pass_through_ratio_48h")
OBSERVED = {
    "large_cash_deposit": ["amount"],
    "cash_just_below_threshold": ["amount"],
    "high_value_transfer": ["amount"],
    "micro_transaction": ["amount"],
    "round_amount_large": ["amount"],
    "night_transaction": ["time", "amount"],
    "weekend_high_value": ["amount", "weekday"],
    "dormant_account_activation": ["amount", "sender_account_id", "days_since_previous_txn"],
    "high_acct_velocity_1hr": ["txn_count_last_1hr", "sender_account_id"],
    "high_acct_velocity_24hr": ["txn_count_last_24hr", "sender_account_id"],
    "high_acct_velocity_7d": ["txn_count_last_7d", "sender_account_id"],
    "high_acct_volume_24hr": ["total_amount_last_24hr", "sender_account_id"],
    "high_acct_volume_7d": ["total_amount_last_7d", "sender_account_id"],
    "amount_spike_30d": [
        *("amount_zscore_30d", "amount"),
        *("baseline_count_30d", "baseline_mean_30d", "baseline_deviation_30d"),
    ],
    "rapid_burst": ["txn_count_last_1hr", "sender_account_id"],
    "high_cust_velocity_1hr": ["cust_txn_count_last_1hr", "customer_id"],
    "high_cust_velocity_24hr": ["cust_txn_count_last_24hr", "customer_id"],
    "high_cust_volume_24hr": ["cust_total_amount_last_24hr", "customer_id"],
    "high_cust_volume_30d": ["cust_total_amount_last_30d", "customer_id"],
    "low_kyc_high_amount": ["kyc_level", "amount"],
    "new_account_large_txn": ["account_open_days", "amount"],
    "high_amount_to_balance": ["amount_to_balance_ratio", "amount"],
    "very_high_risk_customer": ["customer_risk_rating", "customer_id"],
    "pep_high_value": ["amount", "customer_id"],
    "high_risk_country_sender": ["country_risk", "customer_id"],
    "corporate_large_cash": ["account_type", "amount"],
    "high_risk_beneficiary": ["beneficiary_id", "beneficiary_type", "beneficiary_country_risk"],
    "crypto_transfer": ["beneficiary_type", "beneficiary_id"],
    "offshore_transfer": ["beneficiary_type", "beneficiary_id"],
    "high_risk_bene_country": ["beneficiary_country_risk", "beneficiary_id"],
    "rooted_device": ["device_id"],
    "vpn_proxy_detected": ["device_id"],
    "emulator_detected": ["device_id"],
    "new_device_large_txn": ["device_age_days", "amount"],
    "atm_high_withdrawal": ["amount"],
    "branch_night_txn": ["channel", "time", "amount"],
    "structuring_pattern": ["amount"],
    "multiple_small_cash": ["txn_count_last_7d", "amount"],
    "high_risk_industry": ["industry"],
    "student_high_value": ["occupation", "amount"],
    "unemployed_large_transfer": ["occupation", "amount"],
    "freelancer_offshore": ["occupation", "beneficiary_type"],
    "pep_crypto_transfer": ["beneficiary_type", "customer_id"],
    "very_high_risk_offshore": ["customer_risk_rating", "beneficiary_type"],
    "low_kyc_offshore": ["kyc_level", "beneficiary_type"],
    "low_income_large_txn": ["income_bracket", "amount"],
    "vpn_offshore": ["beneficiary_type", "device_id"],
    "emulator_crypto": ["beneficiary_type", "device_id"],
    "new_account_offshore": ["account_open_days", "beneficiary_type"],
    "new_acct_high_cust_velocity": ["account_open_days", "cust_txn_count_last_24hr"],
    "payee_collects": ["amount", "receiver_account_id", "net_peer_in_counterparties_7d"],
    "payee_distributes": ["amount", "receiver_account_id", "net_peer_out_counterparties_7d"],
    "many_new_payees": [
        *("amount", "receiver_account_id", "sender_account_id", "net_out_counterparties_7d"),
    ],
    "burst_of_new_counterparties": [
        *("amount", "receiver_account_id", "sender_account_id", "net_new_counterparties_7d"),
    ],
    "collects_and_pays": [
        *("amount", "receiver_account_id", "sender_account_id", "net_in_counterparties_7d"),
        *PASSED_ON,
    ],
    "passed_on_quickly": ["amount", "receiver_account_id", "net_inflow_gap_seconds"],
    "pass_through_to_new_payee": [
        *("amount", "receiver_account_id", "sender_account_id"),
        *PASSED_ON,
    ],
    "cash_in_transfer_out": [
        *("amount", "sender_account_id", "net_in_counterparties_7d"),
        *PASSED_ON,
    ],
    "chain_of_transfers": [
        *("amount", "receiver_account_id", "net_chain_hops", "net_inflow_gap_seconds"),
    ],
    "money_returns": ["amount", "receiver_account_id", "net_return_hops"],
    "device_of_many_customers": [
        *("amount", "beneficiary_id", "device_id"),
        *("net_device_customers_30d", "net_beneficiary_payers_30d"),
    ],
    "shared_risky_beneficiary": [
        *("amount", "beneficiary_id", "sender_account_id", "net_beneficiary_payers_30d"),
    ],
}


def hours(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def said(column: str, value: object) -> str:
    """Return how a value stands in a sentence."""
    if column.startswith(MONEY) and not column.endswith(("zscore_30d", "ratio")):
        return rupees(value)
    return hours(value) if column.endswith("_seconds") else str(value)


def said_threshold(input_name: str, value: str) -> str:
    if input_name.startswith(MONEY):
        return rupees(Decimal(value)).removesuffix(".00")
    return hours(int(value)) if input_name == "seconds" else value


def stands_in(part: str, sentence: str) -> bool:
    """Whether the part stands in the sentence and not as a piece of a longer number or name."""
    return re.search(rf"(?<![\w,.₹]){re.escape(part)}(?![\w]|[,.]\d)", sentence) is not None


@pytest.fixture(scope="module")
def examples(default_warehouse: Warehouse) -> dict[str, list[dict]]:
    """Up to 40 alerts of each rule with the wide row of each."""
    with default_warehouse.connect() as con:
        result = con.execute(
            """
            with few as (
                select rule_name, transaction_no
                from rules.rule_hits
                qualify row_number() over (partition by rule_name order by transaction_no) <= 40
            )
            select alerts.rule_name, alerts.reason, strftime(transactions.timestamp, '%H:%M:%S')
                as time, dayname(transactions.timestamp) as weekday, transactions.*
            from few
            inner join transactions using (transaction_no)
            inner join alerts using (transaction_id, rule_name)
            """
        )
        columns = [column[0] for column in result.description]
        examples: dict[str, list[dict]] = {}
        for row in result.fetchall():
            example = dict(zip(columns, row, strict=True))
            examples.setdefault(example["rule_name"], []).append(example)
    return examples


@pytest.mark.parametrize("rule", OBSERVED)
def test_the_reason_tells_the_values_and_the_thresholds(examples, rule: str) -> None:
    assert examples.get(rule), f"{rule} has no alert"
    for example in examples[rule]:
        reason = example["reason"]
        assert reason and reason[0].isupper() | (reason[0] in "₹0123456789") and reason[-1] == "."
        if {"amount", "beneficiary_type", "beneficiary_country_risk"} & set(OBSERVED[rule]):
            direction = (
                rf"({example['debit_credit'].title()}|.* {example['debit_credit']}) (of|to|from) "
            )
            assert re.match(direction, reason), reason
        if any(re.search(r"^(?!net_).*(_count|_amount)_", column) for column in OBSERVED[rule]):
            assert " in and out " in reason
        for column in OBSERVED[rule]:
            assert stands_in(said(column, example[column]), reason), (column, reason)
        for input_name, value in THRESHOLDS[rule].items():
            assert stands_in(said_threshold(input_name, value), reason), (input_name, reason)


def test_every_rule_is_looked_at() -> None:
    assert list(OBSERVED) == list(THRESHOLDS)


# What the rows behind an alert of the network have in common, as SQL over the rows shown, which are
# `rows`, and the alerted one, `it`; and what of them must be the value in the wide row.
WITH_WHOM = (
    "distinct case when rows.sender_account_id = {0} then coalesce(rows.receiver_account_id,"
)
WITH_WHOM += " 'B' || rows.beneficiary_id) else rows.sender_account_id end"
# The alerted row is shown though it may move the peer's money the other way.
WITH_PEER = WITH_WHOM.format("it.receiver_account_id") + ") filter (where rows.is_alerted = 0"
WITH_PEER += " or rows.debit_credit = '{0}'"
COUNTED = {
    "payee_collects": (WITH_PEER.format("debit"), "net_peer_in_counterparties_7d"),
    "payee_distributes": (WITH_PEER.format("credit"), "net_peer_out_counterparties_7d"),
    "many_new_payees": (WITH_WHOM.format("it.sender_account_id"), "net_out_counterparties_7d"),
    "device_of_many_customers": ("distinct wide.customer_id", "net_device_customers_30d"),
    "shared_risky_beneficiary": (
        "distinct case when rows.debit_credit = 'debit' and wide.cash_flag = 0"
        " then rows.sender_account_id end",
        "net_beneficiary_payers_30d",
    ),
}


@pytest.mark.parametrize("rule", COUNTED)
def test_the_rows_of_a_network_alert_are_those_it_counted(
    small_warehouse: Warehouse, rule: str
) -> None:
    counted, column = COUNTED[rule]
    with small_warehouse.connect() as con:
        alerts = con.execute(
            "select alert_id from alerts where rule_name = ? order by alert_id limit 20", [rule]
        ).fetchall()
        assert alerts
        for (alert_id,) in alerts:
            found, expected, itself = con.execute(
                f"select count({counted}), any_value(it.{column}), sum(rows.is_alerted)"
                " from alert_transactions(?) as rows"
                " inner join transactions as wide using (transaction_id)"
                " cross join (from transactions where transaction_id = ?) as it",
                [alert_id, alert_id.split("-")[0]],
            ).fetchone()
            assert (found, itself) == (expected, 1), alert_id


def test_the_rows_of_a_chain_are_linked_to_it(small_warehouse: Warehouse) -> None:
    """As many hops back as the chain is long, and each row linked to one that is shown."""
    payer = "if(debit_credit = 'debit', sender_account_id, receiver_account_id)"
    payee = "if(debit_credit = 'debit', receiver_account_id, sender_account_id)"
    with small_warehouse.connect() as con:
        alerts = con.execute(
            "select alert_id, rule_name, net_chain_hops, net_return_hops, net_inflow_gap_seconds"
            " from alerts inner join transactions using (transaction_id)"
            " where rule_name in ('chain_of_transfers', 'money_returns', 'passed_on_quickly')"
            " qualify row_number() over (partition by rule_name order by alert_id) <= 15"
        ).fetchall()
        assert len({rule for _, rule, *_ in alerts}) == 3
        for alert_id, rule, hops, back, gap in alerts:
            rows = con.execute(
                f"select seconds_before, {payer}, {payee}, is_alerted"
                " from alert_transactions(?) order by seconds_before desc, is_alerted",
                [alert_id],
            ).fetchall()
            *before, itself = rows
            assert itself[3] == 1 and sum(row[3] for row in rows) == 1
            assert len(rows) >= (back if rule == "money_returns" else hops)
            for row in before:
                assert any(row[2] == later[1] and row[0] >= later[0] for later in rows), alert_id
            if rule == "money_returns":
                assert itself[2] in {row[1] for row in before}
                assert all(row[0] <= 14 * 86_400 for row in before)
            else:
                assert gap in {row[0] for row in before}


def test_no_alert_is_silent(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        assert (
            con.execute(
                "select count(*), count(reason) from alerts having count(*) != count(reason)"
            ).fetchall()
            == []
        )


@pytest.fixture
def writable(small_warehouse: Warehouse, tmp_path):
    with small_warehouse.copy(tmp_path).connect(read_only=False) as con:
        yield con


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0.01", "₹0.01"),
        ("999.99", "₹999.99"),
        ("1000", "₹1,000.00"),
        ("99999.99", "₹99,999.99"),
        ("100000", "₹1,00,000.00"),
        ("1234567.8", "₹12,34,567.80"),
        ("9999999999999999.99", "₹9,99,99,99,99,99,99,999.99"),
    ],
)
def test_money_is_grouped_as_in_india(writable, amount: str, text: str) -> None:
    (alert_id,) = writable.execute(
        "select min(alert_id) from alerts where rule_name = 'high_value_transfer'"
    ).fetchone()
    writable.execute(
        "update transactions set amount = ?::decimal(18, 2) where transaction_id = ?",
        [amount, alert_id.split("-")[0]],
    )
    (reason,) = writable.execute(
        "select reason from alerts where alert_id = ?", [alert_id]
    ).fetchone()
    assert re.fullmatch(rf"(Debit|Credit) of {re.escape(text)}, above ₹1,00,000\.", reason)
    assert rupees(Decimal(amount)) == text


def test_the_reason_tells_the_threshold_that_was_in_force(writable) -> None:
    writable.execute("update rule_thresholds set structuring_pattern__amount_min = 8250.5")
    writable.execute("update rule_thresholds set amount_spike_30d__zscore = 3.25")
    reasons = dict(
        writable.execute(
            "select rule_name, min(reason) from alerts"
            " where rule_name in ('structuring_pattern', 'amount_spike_30d') group by all"
        ).fetchall()
    )
    assert ", between ₹8,250.50 and ₹9,999." in reasons["structuring_pattern"]
    assert (
        " standard deviations above the mean, more than 3.25. The " in reasons["amount_spike_30d"]
    )


# Whose rows a windowed rule looks at, how far back, and what must come out of them.
WINDOWS = {
    "high_acct_velocity_1hr": ("sender_account_id", 1, "txn_count_last_1hr", None),
    "high_acct_velocity_24hr": ("sender_account_id", 24, "txn_count_last_24hr", None),
    "high_acct_velocity_7d": ("sender_account_id", 168, "txn_count_last_7d", None),
    "high_acct_volume_24hr": ("sender_account_id", 24, None, "total_amount_last_24hr"),
    "high_acct_volume_7d": ("sender_account_id", 168, None, "total_amount_last_7d"),
    "rapid_burst": ("sender_account_id", 1, "txn_count_last_1hr", None),
    "high_cust_velocity_1hr": ("customer_id", 1, "cust_txn_count_last_1hr", None),
    "high_cust_velocity_24hr": ("customer_id", 24, "cust_txn_count_last_24hr", None),
    "high_cust_volume_24hr": ("customer_id", 24, None, "cust_total_amount_last_24hr"),
    "high_cust_volume_30d": ("customer_id", 720, None, "cust_total_amount_last_30d"),
    "multiple_small_cash": ("sender_account_id", 168, "txn_count_last_7d", None),
    "new_acct_high_cust_velocity": ("customer_id", 24, "cust_txn_count_last_24hr", None),
}


@pytest.mark.parametrize("rule", WINDOWS)
def test_the_rows_of_an_alert_are_those_of_its_window(
    default_warehouse: Warehouse, examples, rule: str
) -> None:
    owner, hours, count, total = WINDOWS[rule]
    with default_warehouse.connect() as con:
        for example in examples[rule][:3]:
            rows = con.execute(
                "select transaction_id, amount, is_alerted from alert_transactions(?)",
                [f"{example['transaction_id']}-{rule}"],
            ).fetchall()
            window = con.execute(
                f"select transaction_id from transactions where {owner} = ?"
                f" and timestamp between ?::timestamp - interval {hours} hours and ?",
                [example[owner], example["timestamp"], example["timestamp"]],
            ).fetchall()
            assert {row[0] for row in rows} == {row[0] for row in window}
            assert [row[0] for row in rows if row[2]] == [example["transaction_id"]]
            if count:
                assert len(rows) == example[count]
            if total:
                assert sum(row[1] for row in rows) == example[total]


def test_the_rows_of_a_spike_are_its_baseline_and_itself(
    default_warehouse: Warehouse, examples
) -> None:
    with default_warehouse.connect() as con:
        for example in examples["amount_spike_30d"][:5]:
            amounts = con.execute(
                "select amount::double, is_alerted from alert_transactions(?)",
                [f"{example['transaction_id']}-amount_spike_30d"],
            ).fetchall()
            baseline = [amount for amount, alerted in amounts if not alerted]
            mean = sum(baseline) / len(baseline)
            variance = sum((amount - mean) ** 2 for amount in baseline) / (len(baseline) - 1)
            score = (float(example["amount"]) - mean) / variance**0.5
            assert score == pytest.approx(float(example["amount_zscore_30d"]), abs=1e-3)
            assert len(baseline) == example["baseline_count_30d"]
            assert mean == pytest.approx(float(example["baseline_mean_30d"]), abs=0.0051)
            assert variance**0.5 == pytest.approx(
                float(example["baseline_deviation_30d"]), abs=0.0051
            )


def test_the_rows_of_other_alerts(default_warehouse: Warehouse, examples) -> None:
    with default_warehouse.connect() as con:
        for example in examples["dormant_account_activation"][:5]:
            before, itself = con.execute(
                "select timestamp, is_alerted, seconds_before from alert_transactions(?)",
                [f"{example['transaction_id']}-dormant_account_activation"],
            ).fetchall()
            assert (before[1], itself[1]) == (0, 1)
            assert before[2] > 30 * 86400
        for example in examples["night_transaction"][:5]:
            assert con.execute(
                "select transaction_id from alert_transactions(?)",
                [f"{example['transaction_id']}-night_transaction"],
            ).fetchall() == [(example["transaction_id"],)]


def test_tables_and_alerts_are_found_in_any_case(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        for asked in ("alerts", "raw.transactions", "main.rule_catalogue", "case_file"):
            found = con.execute("from describe_table(?)", [asked]).fetchall()
            assert len(found) > 1
            for spelt in (asked.upper(), asked.title()):
                assert con.execute("from describe_table(?)", [spelt]).fetchall() == found
        (alert_id,) = con.execute(
            "select alert_id from alerts where rule_name = 'rapid_burst' order by 1 limit 1"
        ).fetchone()
        found = con.execute("from alert_transactions(?)", [alert_id]).fetchall()
        assert len(found) > 1
        for spelt in (alert_id.lower(), alert_id.upper()):
            assert con.execute("from alert_transactions(?)", [spelt]).fetchall() == found


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("case_file('Cx')", "Unknown customer Cx: give a customer_id of the table customers."),
        ("case_file(null)", "Unknown customer null: give a customer_id of the table customers."),
        (
            "alert_transactions('T1-no_such_rule')",
            "Unknown alert T1-no_such_rule: give an alert_id of the view alerts.",
        ),
        ("case_money('K0')", "Unknown case K0: give a case_id of the table cases."),
        (
            "priority_reasons('C1')",
            "Unknown transaction C1: give a transaction_id of the table transactions.",
        ),
        (
            "describe_table('ALERT')",
            "Unknown table ALERT: give a name as column_catalogue has it.",
        ),
    ],
)
@pytest.mark.parametrize("query", ["from {}", "select count(*) from {}", "from {} limit 1"])
def test_an_unknown_name_is_an_error(
    small_warehouse: Warehouse, query: str, call: str, said: str
) -> None:
    """Whatever is asked of the rows, and whatever an optimizer leaves out of the query."""
    with small_warehouse.connect() as con, pytest.raises(duckdb.InvalidInputException) as error:
        con.execute(query.format(call)).fetchall()
    assert str(error.value) == f"Invalid Input Error: {said}"


def test_customers_whose_ids_differ_in_case_are_two(writable) -> None:
    """A bank's own ids are taken as they are."""
    (customer,) = writable.execute("select min(customer_id) from customers").fetchone()
    assert writable.execute("from case_file(?)", [customer]).fetchall()
    with pytest.raises(duckdb.InvalidInputException):
        writable.execute("from case_file(?)", [customer.lower()]).fetchall()


def test_an_alert_shows_the_rows_that_its_catalogue_row_states(writable) -> None:
    (alert_id, count) = writable.execute(
        "select alert_id, txn_count_last_24hr from alerts"
        " inner join transactions using (transaction_id) where rule_name = 'rapid_burst'"
        " and txn_count_last_24hr > txn_count_last_1hr order by 1 limit 1"
    ).fetchone()
    writable.execute("update rules.rule_catalogue set window_seconds = 86400")
    assert len(writable.execute("from alert_transactions(?)", [alert_id]).fetchall()) == count
    writable.execute("update rules.rule_catalogue set scope = 'transaction', window_kind = null")
    assert len(writable.execute("from alert_transactions(?)", [alert_id]).fetchall()) == 1


def test_a_case_file_holds_everything_in_time_order(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        (customer,) = con.execute(
            "select customer_id from customer_risk where accounts > 1"
            " and transactions between 30 and 300 order by alerts desc, customer_id limit 1"
        ).fetchone()
        rows = con.execute("select happened_at, event, details from case_file(?)", [customer])
        events = rows.fetchall()
        counted = {
            "customer": 1,
            "account": "accounts where customer_id = $customer",
            "transaction": "transactions where customer_id = $customer",
            "alert": "alerts where customer_id = $customer",
            "named by another": (
                "transactions where customer_id != $customer and receiver_account_id in"
                " (select account_id from accounts where customer_id = $customer)"
            ),
        }
        for event, source in counted.items():
            expected = source
            if isinstance(source, str):
                (expected,) = con.execute(
                    f"select count(*) from {source}", {"customer": customer}
                ).fetchone()
            assert sum(kind == event for _, kind, _ in events) == expected, event
        columns = {column[0] for column in rows.description}
    assert [at for at, _, _ in events] == sorted(at for at, _, _ in events)
    assert all(details for _, _, details in events)
    assert not columns & {"label", "fraud_type", "fraud_intensity_score"}


def test_a_case_file_explains_each_debit_beyond_the_balance(writable) -> None:
    """A balance that stops at 0 would otherwise look like a slip of the arithmetic."""
    (customer,) = writable.execute("select min(customer_id) from transactions").fetchone()
    writable.execute(
        "update transactions set debit_credit = 'debit', amount = 150, balance_before_txn = 100,"
        " balance_after_txn = 0 where customer_id = ?",
        [customer],
    )
    told = "select distinct details like ? from case_file(?) where event = 'transaction'"
    beyond = "%, balance ₹100.00 to ₹0.00. The debit is ₹50.00 above the balance, %"
    assert writable.execute(told, [beyond, customer]).fetchall() == [(True,)]
    for within in ("amount = 100", "amount = 150, debit_credit = 'credit'"):
        writable.execute(f"update transactions set {within} where customer_id = ?", [customer])
        assert writable.execute(told, ["% above the balance%", customer]).fetchall() == [(False,)]


def test_table_macros_go_with_the_file(small_warehouse: Warehouse, tmp_path) -> None:
    """In a copy under another name, read-only and locked, each gives the columns it declares."""
    copy = small_warehouse.copy(tmp_path)
    copy.path.rename(tmp_path / "moved.duckdb")
    settings = {"enable_external_access": "false", "lock_configuration": "true"}
    with duckdb.connect(tmp_path / "moved.duckdb", read_only=True, config=settings) as con:
        macros = con.execute(
            "select table_name, description from column_catalogue"
            " where data_type = 'table macro' order by 1"
        ).fetchall()
        assert [name for name, _ in macros] == [
            *("alert_transactions", "case_file", "case_money", "describe_table"),
            "priority_reasons",
        ]
        for name, description in macros:
            declared = con.execute(
                "select column_name, data_type from column_catalogue"
                " where table_name = ? and ordinal > 0 order by ordinal",
                [name],
            ).fetchall()
            made = con.execute(f"describe from {name}('x')").fetchall()
            assert [(row[0], row[1].lower()) for row in made] == declared
            assert con.execute(
                "select comment from duckdb_functions() where function_name = ?", [name]
            ).fetchone() == (description,)
        (alert_id, customer, case) = con.execute(
            "select min(alert_id), min(customer_id), (select min(case_id) from cases) from alerts"
        ).fetchone()
        for call in (
            f"alert_transactions('{alert_id}')",
            f"case_file('{customer}')",
            f"case_money('{case}')",
            "describe_table('alerts')",
            "describe_table('raw.transactions')",
            "priority_reasons('T1')",
        ):
            assert con.execute(f"select count(*) from {call}").fetchone()[0] > 0, call
