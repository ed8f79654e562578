"""A threshold is what its var says, or the var is refused before any SQL runs."""

import re
from decimal import Decimal
from types import SimpleNamespace

import pytest
import yaml
from dbt.config.utils import parse_cli_yaml_string
from dbt_common.clients.jinja import get_environment
from dbt_common.exceptions.macros import MacroReturn

import network_oracle
import oracle
from conftest import ROOT, Warehouse
from test_oracle import rows_of
from test_rules import CELL

VARS = yaml.safe_load((ROOT / "dbt_project.yml").read_text())["vars"]
UNIT = "money_unit"
MONEY, SCORE, COUNT = (
    "high_value_transfer__amount",
    "amount_spike_30d__zscore",
    "rapid_burst__txn_count",
)
AGE = "new_account_offshore__account_open_days"
# Sections 7 and 8 of the contract.
BOUNDS = {
    "net_busy_account_transfers": 50,
    "net_chain_hours": 48,
    "net_return_days": 14,
    "net_amount_share_min": 0.5,
    "net_amount_share_max": 1.05,
    "net_max_hops": 6,
    "scorecard_prior_rows": 20,
    "outcome_delay_days": 7,
    "case_share": 0.01,
    "first_case_line": 184,
    "case_gap_days": 7,
    "cases_per_day": 20,
}
SOURCES = [
    *("dbt_project/rule_book/rule_lines.sql", "dbt_project/rule_book/network_lines.sql"),
    *("macros/rules/each_rule.sql", "dbt_project/rule_book/threshold_inputs.sql"),
    *("macros/rules/threshold.sql", "macros/rules/money_unit.sql"),
    *(
        "macros/rules/network_bound.sql",
        "macros/rules/worklist_bound.sql",
        "macros/run/require_known_vars.sql",
    ),
]


class Refused(Exception):
    """What dbt prints as a compilation error."""


def macros(typed: str, pinned: dict[str, object] | None = None) -> SimpleNamespace:
    """The project's own macros in dbt's own Jinja, as after `dbt build --vars '<typed>'`.

    A parse by dbt takes ten seconds a case. `pinned` are the vars of a unit test.
    """
    given = parse_cli_yaml_string(typed, "vars")
    seen = VARS | given | (pinned or {})

    def refuse(message: str) -> None:
        raise Refused(message)

    def give_back(value: object) -> None:
        raise MacroReturn(value)

    def callable_by_others(name: str):
        def call(*arguments: object) -> object:
            try:
                return getattr(module, f"dbt_macro__{name}")(*arguments)
            except MacroReturn as returned:
                return returned.value

        return call

    text = "".join((ROOT / source).read_text() for source in SOURCES)
    names = re.findall(r"{% macro (\w+)\(", text)
    context = {
        "var": seen.__getitem__,
        "flags": SimpleNamespace(INVOCATION_COMMAND=f"dbt build --vars {typed} --select alerts"),
        "invocation_args_dict": {"vars": given},
        "exceptions": SimpleNamespace(raise_compiler_error=refuse),
        "modules": SimpleNamespace(re=re),
        "return": give_back,
        "execute": True,
        "project_name": "smartsentry",
    }
    context |= {name: callable_by_others(name) for name in names}
    module = get_environment().from_string(text, globals=context).make_module()
    return SimpleNamespace(**{name: context[name] for name in names})


@pytest.mark.parametrize(
    ("name", "typed", "literal"),
    [
        (MONEY, "200000", "200000 as decimal(18, 2)"),
        (MONEY, "0", "0 as decimal(18, 2)"),
        (MONEY, "0.01", "0.01 as decimal(18, 2)"),
        (MONEY, "200000.50", "200000.50 as decimal(18, 2)"),
        (MONEY, "200000.500", "200000.500 as decimal(18, 2)"),
        (MONEY, "99999999999999", "99999999999999 as decimal(18, 2)"),
        (MONEY, "9999999999999.99", "9999999999999.99 as decimal(18, 2)"),
        (SCORE, "2.5001", "2.5001 as decimal(18, 4)"),
        (SCORE, "0.0001", "0.0001 as decimal(18, 4)"),
        (COUNT, "0", "0 as integer"),
        (COUNT, "5.0", "5.0 as integer"),
        (COUNT, "2147483647", "2147483647 as integer"),
        (AGE, "365", "365 as integer"),
    ],
)
def test_a_value_that_the_column_holds_becomes_its_literal(
    name: str, typed: str, literal: str
) -> None:
    for spelling in ("{%s: %s}", '{"%s": %s}', "%s: %s", "{'%s' : %s}"):
        assert macros(spelling % (name, typed)).threshold(name).strip() == f"cast({literal})"


NUMBER = "allowed is a number from 0 to below 1e14 with at most 2 decimals and 15 digits"
SCORES = "allowed is a number from 0 to below 1e14 with at most 4 decimals and 15 digits"
WHOLE = "allowed is a whole number from 0 to 2147483647"


@pytest.mark.parametrize(
    ("name", "typed", "got", "allowed"),
    [
        # what YAML reads as another number than stands there
        (MONEY, "010", "010", NUMBER),
        (MONEY, "010.5", "010.5", NUMBER),
        (MONEY, "0x10", "0x10", NUMBER),
        (MONEY, "0b11", "0b11", NUMBER),
        (MONEY, "200:00", "200:00", NUMBER),
        (MONEY, "1_000", "1_000", NUMBER),
        (COUNT, "010", "010", WHOLE),
        (COUNT, "1:30", "1:30", WHOLE),
        (AGE, "0o17", '"0o17"', WHOLE),
        (MONEY, "!!int 010", "!!int", NUMBER),
        (MONEY, "&a 010", "&a", NUMBER),
        # what the column would round
        (MONEY, "0.001", "0.001", NUMBER),
        (MONEY, "200000.005", "200000.005", NUMBER),
        (MONEY, "200000.000000000001", "200000.000000000001", NUMBER),
        (MONEY, "99999999999999.99", "99999999999999.99", NUMBER),
        (SCORE, "2.50001", "2.50001", SCORES),
        (SCORE, "1.0e-5", "1.0e-5", SCORES),
        (COUNT, "2.5", "2.5", WHOLE),
        # out of range
        (MONEY, "-1", "-1", NUMBER),
        (MONEY, "-0.0", "-0.0", NUMBER),
        (MONEY, "100000000000000", "100000000000000", NUMBER),
        (MONEY, "1.0e+14", "1.0e+14", NUMBER),
        (MONEY, ".inf", ".inf", NUMBER),
        (MONEY, "-.inf", "-.inf", NUMBER),
        (MONEY, ".nan", "nan", NUMBER),
        (COUNT, "2147483648", "2147483648", WHOLE),
        (COUNT, "3000000000", "3000000000", WHOLE),
        (AGE, "-30", "-30", WHOLE),
        # no number
        (MONEY, "'5'", '"5"', NUMBER),
        (MONEY, "'100000'", '"100000"', NUMBER),
        (MONEY, "1e5", '"1e5"', NUMBER),
        (MONEY, "1 000", '"1 000"', NUMBER),
        (MONEY, "₹5", '"\\u20b95"', NUMBER),
        (MONEY, "true", "true", NUMBER),
        (MONEY, "no", "false", NUMBER),
        (MONEY, "null", "null", NUMBER),
        (MONEY, "", "null", NUMBER),
        (MONEY, "[1]", "[1]", NUMBER),
        (MONEY, "[1, 2]", "[1, 2]", NUMBER),
        (MONEY, "{a: 1}", "{'a': 1}", NUMBER),
        (MONEY, "2025-01-01", "2025-01-01", NUMBER),
        (MONEY, "2025-01-01 10:00:00", "2025-01-01 10:00:00", NUMBER),
        (SCORE, "2025-01-01", "2025-01-01", SCORES),
        (COUNT, '"1); drop table raw.accounts; --"', '"1); drop table raw.accounts; --"', WHOLE),
    ],
)
def test_another_value_is_refused_by_name(name: str, typed: str, got: str, allowed: str) -> None:
    with pytest.raises(Refused) as refused:
        macros(f"{{{name}: {typed}}}").threshold(name)
    assert str(refused.value).startswith(f"threshold {name}: got {got}, {allowed}")
    assert "\n" not in str(refused.value)


def test_a_unit_tests_own_vars_are_not_judged_by_the_command_line() -> None:
    pinned = macros(f"{MONEY}: 010", {MONEY: 75000.05})
    assert pinned.threshold(MONEY).strip() == "cast(75000.05 as decimal(18, 2))"


@pytest.mark.parametrize("value", [0.001, -1, "5", 99999999999999.98])
def test_a_bad_value_in_the_project_file_is_refused(value: object) -> None:
    with pytest.raises(Refused, match=f"threshold {MONEY}: got .*, {NUMBER}"):
        macros("{}", {MONEY: value}).threshold(MONEY)


def test_the_project_file_spells_its_numbers_plainly() -> None:
    """YAML reads `010` as 8, and nothing but the file's text tells it from 8."""
    text = (ROOT / "dbt_project.yml").read_text().partition("\nvars:\n")[2]
    spelt = dict(re.findall(r"^  (\w+): (\S+)$", text, re.M))
    assert spelt.keys() == VARS.keys()
    assert [n for n, v in spelt.items() if not re.fullmatch(r"(0|[1-9]\d*)(\.\d+)?", v)] == []


def test_an_unknown_var_is_refused() -> None:
    with pytest.raises(Refused, match="unknown var 5: allowed are money_unit and the thresholds"):
        macros(f"{{{MONEY}: 1,5}}").require_known_vars()
    with pytest.raises(Refused, match="unknown var high_value_transfer_amount: allowed are"):
        macros("{high_value_transfer_amount: 5}").require_known_vars()
    with pytest.raises(Refused, match=r"unknown var net_hops: allowed are .*, net_max_hops, "):
        macros("{net_hops: 3}").require_known_vars()
    macros(f"{{{MONEY}: 5, {UNIT}: 80, net_max_hops: 3, case_gap_days: 3}}").require_known_vars()


def test_an_unknown_input_is_refused() -> None:
    with pytest.raises(Refused, match="threshold x__jumps: nothing is known of the input jumps"):
        macros("{}").threshold_input("x__jumps")


NETWORK = {name: float(value) for name, value in network_oracle.THRESHOLDS.items()}


def test_the_defaults_are_the_numbers_of_the_cell_and_of_the_network_rules() -> None:
    assert VARS == CELL | NETWORK | {UNIT: 1} | BOUNDS
    assert macros("{}").threshold_names() == [*CELL, *NETWORK]


# The command of docs/rules.md to the letter, and a var of each kind, some at the ends of their
# ranges.
RULES_PAGE = (ROOT / "docs/rules.md").read_text()
WHAT_IFS = {
    "docs/rules.md": re.search(r"dbt build --vars\s+'([^']+)'", RULES_PAGE)[1],
    "another unit": "{money_unit: 80, high_value_transfer__amount: 160000.4}",
    "other bounds": "{net_busy_account_transfers: 1000, net_chain_hours: 168, net_return_days: 90,"
    " net_amount_share_min: 0, net_amount_share_max: 10, net_max_hops: 2}",
    "another work list": "{case_gap_days: 1, cases_per_day: 1}",
    "each kind": "{large_cash_deposit__amount: 0, structuring_pattern__amount_min: 9999.5,"
    " high_acct_volume_7d__total_amount: 99999999999999, amount_spike_30d__zscore: 2.5001,"
    " high_amount_to_balance__ratio: 99999999999999, rapid_burst__txn_count: 0,"
    " new_account_offshore__account_open_days: 2147483647,"
    " new_device_large_txn__device_age_days: 365, chain_of_transfers__hops: 0,"
    " collects_and_pays__share: 0.0001, passed_on_quickly__seconds: 2147483647,"
    " many_new_payees__amount: 0, cash_in_transfer_out__counterparties_max: 0}",
}


@pytest.mark.parametrize("typed", WHAT_IFS.values(), ids=WHAT_IFS)
def test_a_what_if_builds_with_every_test_and_the_tables_show_it(
    small_warehouse: Warehouse, tmp_path, typed: str
) -> None:
    copy = small_warehouse.copy(tmp_path)
    built = copy.dbt("build", "--vars", typed)
    assert built.returncode == 0, built.stdout
    given = {n: value for n, value in yaml.safe_load(typed).items() if n not in BOUNDS}
    unit = given.pop(UNIT, 1)
    step = Decimal(1000) / unit
    with copy.connect() as con:
        (in_force,) = rows_of(con, "from rule_thresholds")
        shown = dict(con.execute("select rule_name, thresholds from rule_catalogue").fetchall())
        recorded = con.execute("select money_unit from build_info").fetchall()
        (wrong, round_ones) = con.execute(
            "select count_if(is_round_amount != (amount >= $step and amount % $step = 0)::int),"
            " sum(is_round_amount) from transactions",
            {"step": step},
        ).fetchone()
        in_rupees = con.execute("select count(*) from alerts where reason like '%₹%'").fetchone()
    expected = oracle.thresholds_of(
        given | {UNIT: unit}, oracle.THRESHOLDS | network_oracle.THRESHOLDS
    )
    assert {name: float(value) for name, value in in_force.items()} == {
        name: float(value) for name, value in expected.items()
    }
    for name in given:
        rule, input_name = name.split("__")
        value = Decimal(str(in_force[name])).normalize()
        assert f"{input_name} {value:f}" in shown[rule].split(", ")
    assert recorded == [(unit,)]
    assert wrong == 0 and round_ones > 0
    assert (in_rupees > (0,)) == (unit == 1)


@pytest.mark.parametrize(
    ("unit", "typed", "literal"),
    [
        ("1", "10.50", "10.50"),
        ("1.0", "10", "10"),
        ("80", "10", "0.13"),  # 0.125: a tie goes away from zero
        ("80", "9999", "124.99"),
        ("80.25", "100000", "1246.11"),
        ("0.012", "10", "833.33"),
        ("0.000001", "0.01", "10000.00"),
        ("200000", "999.99", "0.00"),
        ("200000", "1000", "0.01"),
        ("3", "99999999999999", "33333333333333.00"),
        ("7", "99999999999999", "14285714285714.14"),
    ],
)
def test_money_is_divided_by_the_unit_and_rounded_once(unit: str, typed: str, literal: str) -> None:
    project = macros(f"{{{UNIT}: {unit}, {MONEY}: {typed}, {SCORE}: 4, {COUNT}: 3}}")
    assert project.threshold(MONEY).strip() == f"cast({literal} as decimal(18, 2))"
    assert project.threshold(SCORE).strip() == "cast(4 as decimal(18, 4))"
    assert project.threshold(COUNT).strip() == "cast(3 as integer)"


@pytest.mark.parametrize(
    ("typed", "got"),
    [
        *(("0", "0"), ("0.0", "0.0"), ("-80", "-80"), ("200001", "200001"), (".inf", ".inf")),
        *(
            (".nan", "nan"),
            ("010", "010"),
            ("0.0000001", "0.0000001"),
            ("80.1234567", "80.1234567"),
        ),
        *(
            ("80.1234567", "80.1234567"),
            ("1:20", "1:20"),
            ("8e1", '"8e1"'),
            ("8.0e+1", "8.0e+1"),
            ("'80'", '"80"'),
        ),
        *(("true", "true"), ("null", "null"), ("INR", '"INR"'), ("[80]", "[80]")),
        ('"1); drop table raw.accounts; --"', '"1); drop table raw.accounts; --"'),
    ],
)
def test_another_unit_is_refused_by_name(typed: str, got: str) -> None:
    allowed = "allowed is a number above 0 and up to 200000 with at most 6 decimals"
    with pytest.raises(Refused) as refused:
        macros(f"{{{UNIT}: {typed}}}").threshold(MONEY)
    assert str(refused.value).startswith(f"money_unit: got {got}, {allowed}")
    assert "\\n" not in str(refused.value)


def test_a_threshold_that_its_unit_makes_too_large_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        macros(f"{{{UNIT}: 0.5, {MONEY}: 50000000000000}}").threshold(MONEY)
    assert str(refused.value) == (
        f"threshold {MONEY}: got 50000000000000, which is 100000000000000.00 with money_unit 0.5,"
        " allowed is a result below 1e14"
    )


def test_the_step_of_round_amounts_is_never_0() -> None:
    assert macros(f"{{{UNIT}: 200000}}").round_amount_step() == "0.01"
    assert macros("{}").round_amount_step() == "1000"


@pytest.mark.parametrize(
    ("name", "least", "most", "step"),
    [
        ("net_busy_account_transfers", "1", "1000", "1"),
        ("net_chain_hours", "1", "168", "1"),
        ("net_return_days", "7", "90", "1"),
        ("net_amount_share_min", "0", "1", "0.0001"),
        ("net_amount_share_max", "1", "10", "0.0001"),
        ("net_max_hops", "2", "6", "1"),
        ("scorecard_prior_rows", "1", "10000", "1"),
        ("outcome_delay_days", "0", "365", "1"),
        ("case_share", "0.0001", "0.5", "0.0001"),
        ("first_case_line", "0", "100000", "1"),
        ("case_gap_days", "1", "90", "1"),
        ("cases_per_day", "1", "10000", "1"),
    ],
)
def test_a_bound_is_within_its_range_or_refused(
    name: str, least: str, most: str, step: str
) -> None:
    macro = "network_bound" if name.startswith("net_") else "worklist_bound"
    for typed in (least, most):
        assert getattr(macros(f"{{{name}: {typed}}}"), macro)(name) == typed
    kind = "whole number" if step == "1" else "number"
    outside = (Decimal(least) - Decimal(step), Decimal(most) + Decimal(step))
    finer = Decimal(least) + Decimal(step) / 10
    for typed in (*outside, finer, "'5'", "true", "null", ".nan", ".inf", "[1]", "1e0", "010"):
        with pytest.raises(Refused) as refused:
            getattr(macros(f"{{{name}: {typed}}}"), macro)(name)
        assert str(refused.value).startswith(f"{name}: got ")
        assert f", allowed is a {kind} from {least} to {most}" in str(refused.value)


def test_no_bounds_allowed_let_a_chain_look_back_further_than_a_return() -> None:
    """`transfer_links` takes the chain's window as part of the return's."""
    bounds = macros("{}").network_bounds()
    assert 3600 * bounds["net_chain_hours"][1] <= 86400 * bounds["net_return_days"][0]
    assert bounds["net_amount_share_min"][1] <= bounds["net_amount_share_max"][0]
