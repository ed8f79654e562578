"""Data that say the day of a transaction and not its time: unknown is null, and never 0."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import oracle
from conftest import Warehouse
from smartsentry.cli import main
from test_network_oracle import compare
from test_oracle import TRANSACTIONS, differences, no_difference, raw_of, rows_of

TIMED = (
    *("hour", "is_night", "is_business_hours", "txn_count_last_1hr", "cust_txn_count_last_1hr"),
    "net_inflow_gap_seconds",
)
# The rules that read one of them.
RULES = {
    *("night_transaction", "branch_night_txn", "rapid_burst"),
    *("high_acct_velocity_1hr", "high_cust_velocity_1hr"),
    *("passed_on_quickly", "chain_of_transfers"),
}
OF_THE_NETWORK = {"passed_on_quickly", "chain_of_transfers"}


@pytest.fixture(scope="module")
def daily(small_warehouse: Warehouse, shared: Callable[..., Path]) -> Warehouse:
    """The small data with every time at midnight, rebuilt with every data test."""

    def make(folder: Path) -> None:
        copy = small_warehouse.copy(folder)
        with copy.connect(read_only=False) as con:
            con.execute(
                "update raw.transactions set timestamp = date_trunc('day', timestamp),"
                " flow_origin_at = date_trunc('day', flow_origin_at)"
            )
            con.execute("update raw.generation_run set time_precision = 'day'")
        built = copy.dbt("build", "--warn-error", "--exclude-resource-type", "unit_test")
        assert built.returncode == 0, built.stdout

    return Warehouse.of(shared("daily", make))


def test_only_what_needs_the_time_of_day_is_null(daily: Warehouse) -> None:
    with daily.connect() as con:
        known = rows_of(
            con,
            f"select {', '.join(f'count({c}) as {c}' for c in TIMED)},"
            " count(date) as date, count(txn_count_last_24hr) as day from transactions",
        )[0]
        (rows,) = con.execute("select count(*) from transactions").fetchone()
    assert known == dict.fromkeys(TIMED, 0) | {"date": rows, "day": rows}


def test_every_other_value_is_what_the_oracle_finds_at_midnight(daily: Warehouse) -> None:
    unrounded: dict = {}
    with daily.connect() as con:
        expected = oracle.warehouse(raw_of(con), unrounded=unrounded)
        no_difference(differences(rows_of(con, TRANSACTIONS), expected, unrounded))


def test_so_are_the_ledger_and_the_network_columns(daily: Warehouse) -> None:
    with daily.connect() as con:
        compare(con, rows_of(con, "from raw.transactions"), time_precision="day")


def test_the_calendar_and_the_amounts_are_those_of_the_timed_data(
    daily: Warehouse, small_warehouse: Warehouse
) -> None:
    same = (
        *("day_of_week", "date", "month", "week_of_year", "is_weekend", "is_round_amount"),
        *("amount_to_balance_ratio", "log_amount", "account_open_days", "cust_unique_accounts_30d"),
    )
    query = f"select transaction_no, {', '.join(same[:-1])} from transactions order by all"
    with daily.connect() as con, small_warehouse.connect() as timed:
        assert con.execute(query).fetchall() == timed.execute(query).fetchall()


def test_its_rules_are_not_applicable_and_the_others_are(daily: Warehouse) -> None:
    reads = {
        rule
        for rule, (inputs,) in _by_rule(daily, "select rule_name, inputs from rule_applicability")
        if set(inputs.split()) & set(TIMED)
    }
    assert reads == RULES
    for rule, (applicable, share) in _by_rule(
        daily, "select rule_name, is_applicable, share_with_inputs from rule_applicability"
    ):
        assert applicable == (rule not in RULES)
        assert share > 0 if applicable else share == 0
    flags = ", ".join(
        f"sum({'network_' if rule in OF_THE_NETWORK else ''}rule_{rule})" for rule in sorted(RULES)
    )
    with daily.connect() as con:
        assert con.execute(f"select {flags} from transactions").fetchone() == (0,) * len(RULES)
        found = con.execute("select distinct rule_name from alerts").fetchall()
    assert not {name for (name,) in found} & RULES


def test_what_is_unknown_of_a_rule_is_null_and_not_0(daily: Warehouse) -> None:
    for rule, figures in _by_rule(
        daily,
        "select rule_name, true_positives, false_positives, precision, recall, lift, is_dead"
        " from rule_performance",
    ):
        if rule in RULES:
            assert figures == (None, None, None, None, None, 0)
    names = ", ".join(f"'{rule}'" for rule in RULES)
    with daily.connect() as con:
        for figures in (
            "count(true_positives) + count(recall) from threshold_sweep",
            "count(transaction_recall) from rule_typology_recall",
        ):
            query = f"select count(*) > 0, {figures} where rule_name in ({names})"
            assert con.execute(query).fetchone() == (True, 0)


def test_report_and_summary_say_so(
    daily: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTSENTRY_DB", str(daily.path))
    written = CliRunner().invoke(main, ["report", "--to", str(tmp_path / "report.html")])
    assert written.exit_code == 0, written.output
    text = (tmp_path / "report.html").read_text()
    for rule in RULES:
        assert re.search(rf"{rule}</?\w*[^\n]{{0,80}}not applicable", text), rule


def _by_rule(warehouse: Warehouse, query: str) -> list[tuple[str, tuple]]:
    with warehouse.connect() as con:
        return [(rule, tuple(rest)) for rule, *rest in con.execute(query).fetchall()]
